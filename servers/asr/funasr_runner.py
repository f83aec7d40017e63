"""A FunASR model with its helpers, in a device's worker process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from servers.asr.heard import segments_of
from servers.chassis.models.runner import Stop
from servers.chassis.worker_main import Report

RATE = 16_000
_HELPERS = ("model", "vad_model", "punc_model", "spk_model")
_SMALLER = 8
"""By how much less is recognised at once where memory ran out."""


class FunASRRunner:
    """See `servers.chassis.models.runner.Runner`."""

    def __init__(self, device: str, *, smaller: bool, models: Mapping[str, str], hub: str) -> None:
        """Loads `models`: model, vad_model, punc_model, spk_model, each a folder or a name of the hub."""
        from funasr import AutoModel

        given = {name: path for name, path in models.items() if path}
        self._with_vad = bool(models["vad_model"])
        self._model = AutoModel(
            **given, device=device, hub=hub, disable_update=True, disable_pbar=True, log_level="ERROR"
        )

    @property
    def footprint_bytes(self) -> int:
        """See `Runner.footprint_bytes`."""
        parts: list[Any] = [getattr(self._model, name, None) for name in _HELPERS]
        return sum(
            tensor.numel() * tensor.element_size()
            for part in parts
            if part is not None
            for tensor in (*part.parameters(), *part.buffers())
        )

    def run(
        self, batch: Sequence[dict[str, Any]], report: Report, stop: Stop, *, smaller: bool
    ) -> list[dict[str, Any]]:
        """See `Runner.run`. Each is raw 16-bit samples of one channel at 16 kHz in the file `path`, with
        timestamps, batch_seconds, language and hotwords; the answer has segments (see `servers.asr.heard`)
        and the language as a tag names it, or ""."""
        return [self._heard(one, report, stop, smaller) for one in batch]

    def close(self) -> None:
        """See `Runner.close`."""
        self._model = None

    def _heard(self, one: dict[str, Any], report: Report, stop: Stop, smaller: bool) -> dict[str, Any]:
        samples = np.fromfile(one["path"], np.int16)
        report({"stage": "listening", "fraction": 0.1})
        if not samples.any():
            return {"segments": [], "language": ""}

        def progress(done: Any, total: Any) -> None:
            stop()
            share = min(1.0, float(done) / max(float(total), 1.0))
            report({"stage": "listening", "fraction": 0.1 + 0.85 * share})

        more: dict[str, Any] = {"sentence_timestamp": True} if self._with_vad else {}
        if one["hotwords"]:
            more["hotword"] = " ".join(one["hotwords"])
        answer = self._model.generate(
            input=samples.astype(np.float32) / 32768.0,
            fs=RATE,
            batch_size_s=max(1, one["batch_seconds"] // (_SMALLER if smaller else 1)),
            language=one["language"].partition("-")[0],
            use_itn=True,
            output_timestamp=one["timestamps"],
            progress_callback=progress,
            disable_pbar=True,
            **more,
        )
        segments, language = segments_of(answer, len(samples) / RATE)
        return {"segments": segments, "language": language}
