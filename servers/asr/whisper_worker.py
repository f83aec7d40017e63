"""The worker process that runs faster-whisper; it keeps the model that it has loaded."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np

from servers.chassis.media.alignment.timed import Event, placed
from servers.chassis.words import words_of
from servers.chassis.worker_main import Refused, Report, serve

RATE = 16_000
_LOADED: dict[tuple[str, str, str], Any] = {}


def transcribe(arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Writes down what is said in `path`, raw 16-bit samples of one channel at 16 kHz.

    Arguments: path, model, device, compute_type, language, hotwords, beam_size,
    temperatures, vad.
    Returns: segments, see `servers.asr.heard`.
    """
    report({"stage": "loading", "fraction": 0.0})
    model = _model(arguments)
    samples = np.fromfile(arguments["path"], np.int16)
    seconds = len(samples) / RATE
    report({"stage": "listening", "fraction": 0.1})
    if not samples.any():
        return {"segments": []}
    try:
        heard, _ = model.transcribe(
            samples.astype(np.float32) / 32768.0,
            language=arguments["language"],
            beam_size=arguments["beam_size"],
            hotwords=" ".join(arguments["hotwords"]) or None,
            temperature=arguments["temperatures"],
            vad_filter=arguments["vad"],
            word_timestamps=True,
        )
    except ValueError as error:  # its word for a language that it does not know
        raise Refused("language", str(error)[:200]) from error
    segments = []
    for one in heard:
        segment = _segment(one, seconds)
        if segment is not None:
            segments.append(segment)
        report({"stage": "listening", "fraction": 0.1 + 0.9 * min(1.0, float(one.end) / seconds)})
    return {"segments": segments}


def _segment(one: Any, seconds: float) -> dict[str, Any] | None:
    text = _plain(one.text)
    start, end = float(one.start), min(float(one.end), seconds)
    if start >= end or not any(char.isalnum() for char in text):
        return None
    events = [
        Event(_plain(word.word), float(word.start) - start, min(float(word.end), seconds) - start)
        for word in one.words or ()
    ]
    words = placed(text, words_of(text), events, end - start)
    return {
        "text": text,
        "start": start,
        "end": end,
        "speaker": "",
        "words": [
            [
                text[word.place.start : word.place.end],
                word.place.start,
                word.place.end,
                start + word.start,
                start + word.end,
            ]
            for word in words
        ],
    }


def _plain(text: str) -> str:
    """A text without control characters, and without letters that were cut in the middle of their bytes."""
    kept = (" " if unicodedata.category(char).startswith("C") or char == "\ufffd" else char for char in text)
    return " ".join("".join(kept).split())


def _model(arguments: dict[str, Any]) -> Any:
    key = (arguments["model"], arguments["device"], arguments["compute_type"])
    if key not in _LOADED:
        from faster_whisper import WhisperModel

        _LOADED.clear()
        _LOADED[key] = WhisperModel(key[0], device=key[1], compute_type=key[2])
    return _LOADED[key]


if __name__ == "__main__":
    serve({"transcribe": transcribe})
