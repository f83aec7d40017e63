"""The worker process that speaks with Kokoro; it keeps the model that it has loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from servers.chassis.media import audio
from servers.chassis.worker_main import Refused, Report, serve

_LOADED: dict[tuple[str, str], Any] = {}


def speak(arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Speaks `text` into the WAV file `path`.

    Arguments: text, model and voices (files), voice, language (as espeak-ng calls it), speed (factor), path.
    """
    from kokoro_onnx import Kokoro

    key = (arguments["model"], arguments["voices"])
    if key not in _LOADED:
        _LOADED.clear()
        _LOADED[key] = Kokoro(*key)
    try:
        samples, rate = _LOADED[key].create(
            arguments["text"], voice=arguments["voice"], speed=arguments["speed"], lang=arguments["language"]
        )
    except ValueError as error:  # its word for a text without a sound that it knows
        raise Refused("text", f"can not be spoken: {error}"[:300]) from error
    whole = np.clip(np.rint(np.asarray(samples) * 32767.0), -32768, 32767).astype(np.int16)
    audio.write_wav(Path(arguments["path"]), whole, rate)
    return {}


if __name__ == "__main__":
    serve({"speak": speak})
