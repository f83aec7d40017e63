"""The worker process that speaks with Piper; it keeps the voices that it has loaded. Piper is GPL-3."""

from __future__ import annotations

import wave
from typing import Any

from servers.chassis.worker_main import Refused, Report, serve

_LOADED: dict[str, Any] = {}
_MOST_LOADED = 4


def speak(arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Speaks `text` into the WAV file `path`.

    Arguments: text, model (the voice's file), speaker (its number), speed (factor), path.
    """
    from piper import SynthesisConfig

    voice = _voice(arguments["model"])
    several = voice.config.num_speakers > 1
    config = SynthesisConfig(
        speaker_id=arguments["speaker"] if several else None,
        length_scale=voice.config.length_scale / arguments["speed"],
    )
    spoken = list(voice.synthesize(arguments["text"], config))
    if not spoken:
        raise Refused("text", "holds nothing that this voice can say")
    with wave.open(arguments["path"], "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(spoken[0].sample_rate)
        for chunk in spoken:
            file.writeframes(chunk.audio_int16_bytes)
    return {}


def _voice(model: str) -> Any:
    if model not in _LOADED:
        from piper import PiperVoice

        while len(_LOADED) >= _MOST_LOADED:
            _LOADED.pop(next(iter(_LOADED)))
        _LOADED[model] = PiperVoice.load(model)
    return _LOADED[model]


if __name__ == "__main__":
    serve({"speak": speak})
