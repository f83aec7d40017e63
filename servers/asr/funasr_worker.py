"""The worker process that runs FunASR; it keeps the models that it has loaded."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from servers.asr.heard import segments_of
from servers.chassis.worker_main import Report, serve

RATE = 16_000
_LOADED: dict[str, Any] = {}
_MOST_LOADED = 2


def transcribe(arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Writes down what is said in `path`, raw 16-bit samples of one channel at 16 kHz.

    Arguments: path, models (model, vad_model, punc_model, spk_model), timestamps, device, hub, batch_seconds,
    language, hotwords.
    Returns: segments (see `servers.asr.heard`), language as a tag names it, or "".
    """
    report({"stage": "loading", "fraction": 0.0})
    model = _model(arguments)
    samples = np.fromfile(arguments["path"], np.int16)
    seconds = len(samples) / RATE
    report({"stage": "listening", "fraction": 0.1})
    if not samples.any():
        return {"segments": [], "language": ""}

    def progress(done: Any, total: Any) -> None:
        report(
            {"stage": "listening", "fraction": 0.1 + 0.85 * min(1.0, float(done) / max(float(total), 1.0))}
        )

    with_vad = bool(arguments["models"]["vad_model"])
    more: dict[str, Any] = {"sentence_timestamp": True} if with_vad else {}
    if arguments["hotwords"]:
        more["hotword"] = " ".join(arguments["hotwords"])
    answer = model.generate(
        input=samples.astype(np.float32) / 32768.0,
        fs=RATE,
        batch_size_s=arguments["batch_seconds"],
        language=arguments["language"].partition("-")[0],
        use_itn=True,
        output_timestamp=arguments["timestamps"],
        progress_callback=progress,
        disable_pbar=True,
        **more,
    )
    segments, language = segments_of(answer, seconds)
    return {"segments": segments, "language": language}


def _model(arguments: dict[str, Any]) -> Any:
    key = json.dumps([arguments["models"], arguments["device"], arguments["hub"]], sort_keys=True)
    if key not in _LOADED:
        from funasr import AutoModel

        while len(_LOADED) >= _MOST_LOADED:
            _LOADED.pop(next(iter(_LOADED)))
        given = {name: path for name, path in arguments["models"].items() if path}
        _LOADED[key] = AutoModel(
            **given,
            device=arguments["device"],
            hub=arguments["hub"],
            disable_update=True,
            disable_pbar=True,
            log_level="ERROR",
        )
    _LOADED[key] = _LOADED.pop(key)  # the one used last is the last to go
    return _LOADED[key]


if __name__ == "__main__":
    serve({"transcribe": transcribe})
