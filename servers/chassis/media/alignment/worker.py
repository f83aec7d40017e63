"""The worker process that aligns any language: it speaks the text too and warps the recording onto that.

The voice is the one of those offered that the recording fits best, and speaks at the recording's pace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from servers.chassis.media.alignment.features import FRAMES_PER_SECOND, Floats, Sound, listen
from servers.chassis.media.alignment.spreading import spread
from servers.chassis.media.alignment.synthesis import Speech, spoken
from servers.chassis.media.alignment.warping import Path, warp
from servers.chassis.words import Span, words_of
from servers.chassis.worker_main import Report, serve

RATE = 16_000
_WORDS_PER_MINUTE = 170.0
_SLOWEST, _FASTEST = 80.0, 450.0
"""Words a minute that the voice can speak at."""
_QUIET_SHARE = 0.05
"""Share of the frames that count as quiet where a recording has no silence."""
_LEAST_GAIN = 0.06
"""How much nearer the text must be to the recording than its words in reverse order. Measured: 0.1 to 0.56
for texts that are spoken (the least for a natural voice under noise), at most 0.03 for texts that are not."""
_FEWEST_TOLD_APART = 5
"""Words that a text must have for its order to tell anything."""


@dataclass(frozen=True)
class _Reference:
    """The frames to warp onto: each word's, with one pause before, between and behind them."""

    frames: Floats
    pauses: npt.NDArray[np.bool_]
    bounds: Sequence[tuple[int, int]]
    """Each word's first and end frame."""

    def through(self, heard: Sound) -> Path | None:
        return warp(heard.frames, heard.active, self.frames, self.pauses)

    def reversed_words(self) -> _Reference:
        order = [0]
        for first, end in reversed(self.bounds):
            order += [*range(first, end), 0]
        return _Reference(self.frames[order], self.pauses[order], ())


def align(arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Finds the words of `text` in `path`, raw 16-bit samples of one channel at 16 kHz.

    Arguments: text, path, voices (as the library calls them, one or more), language (their primary tag).
    Returns: words as [char_start, char_end, start, end, confidence] with times in seconds, one for each word
    of the text; `found`: whether they were found, else the words are spread over the recording.
    """
    text = arguments["text"]
    spans = words_of(text)
    samples = np.fromfile(arguments["path"], np.int16)
    heard = listen(samples, RATE)
    best = _best(text, spans, heard, arguments, report) if heard.active.any() else None
    told: dict[int, tuple[float, float, float]] = {}
    if best is not None:
        edges = np.searchsorted(best.path.places, np.array(best.reference.bounds)) / FRAMES_PER_SECOND
        told = {
            index: (float(start), float(end), 0.0) for index, (start, end) in enumerate(edges) if start < end
        }
    placed = spread([span.end - span.start for span in spans], told, len(samples) / RATE)
    words = [
        [span.start, span.end, start, end, confidence]
        for span, (start, end, confidence) in zip(spans, placed, strict=True)
    ]
    return {"words": words, "found": best is not None}


@dataclass(frozen=True)
class _Fit:
    reference: _Reference
    path: Path


def _best(
    text: str, spans: Sequence[Span], heard: Sound, arguments: dict[str, Any], report: Report
) -> _Fit | None:
    """The best fit of the voices; None where the text is not in the recording."""
    voices = arguments["voices"]
    share = 0.9 / (len(voices) + 1)

    def speak(voice: str, words_per_minute: float, step: int) -> Speech:
        return spoken(
            text,
            spans,
            voice=voice,
            words_per_minute=words_per_minute,
            language=arguments["language"],
            report=lambda done: report({"fraction": share * (step + 0.5 * done)}),
        )

    seconds = float(heard.active.sum()) / FRAMES_PER_SECOND
    pace = _WORDS_PER_MINUTE * speak(voices[0], _WORDS_PER_MINUTE, 0).seconds / seconds
    pace = min(max(pace, _SLOWEST), _FASTEST)
    best: _Fit | None = None
    for step, voice in enumerate(voices, 1):
        reference = _reference(speak(voice, pace, step), heard)
        path = reference.through(heard)
        if path is not None and (best is None or path.distance < best.path.distance):
            best = _Fit(reference, path)
    if best is None or len(spans) < _FEWEST_TOLD_APART:
        return best
    other = best.reference.reversed_words().through(heard)
    fits = other is None or best.path.distance < other.distance * (1 - _LEAST_GAIN)
    return best if fits else None


def _reference(speech: Speech, heard: Sound) -> _Reference:
    sound = listen(speech.samples, speech.rate)
    last = len(sound.frames) - 1
    pause = len(sound.frames)
    picked = [pause]
    bounds: list[tuple[int, int]] = []
    for first, end in speech.words:
        begin = min(round(first * FRAMES_PER_SECOND / speech.rate), last)
        stop = min(max(begin + 1, round(end * FRAMES_PER_SECOND / speech.rate)), pause)
        bounds.append((len(picked), len(picked) + stop - begin))
        picked += [*range(begin, stop), pause]
    frames = np.concatenate([sound.frames, _silence(heard)[None]])
    indices = np.array(picked)
    return _Reference(frames[indices], indices == pause, bounds)


def _silence(heard: Sound) -> Floats:
    """What the recording sounds like where nobody speaks."""
    quiet = ~heard.active
    if quiet.sum() < _QUIET_SHARE * len(quiet):
        loudness = heard.frames[:, 0]
        quiet = loudness <= np.quantile(loudness, _QUIET_SHARE)
    mean: Floats = heard.frames[quiet].mean(axis=0)
    return mean


if __name__ == "__main__":
    serve({"align": align})
