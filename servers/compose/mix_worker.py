"""The worker process that mixes sound: narrations to the sample, music looped, faded and ducked.

The film is mixed in blocks, and every sound is read from its file by block, so memory does not grow with
the film. When somebody speaks is known, so the music's gain is computed rather than followed: it is down
when speech begins, not a moment later.
"""

from __future__ import annotations

import mmap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from servers.chassis.worker_main import Report, serve

Samples = NDArray[np.float32]
"""Moments x 2 channels."""

_RATE = 48_000
_BLOCK = 8 * _RATE
_DOWN = round(0.25 * _RATE)
"""Samples that ducking takes before speech begins."""
_UP = round(0.6 * _RATE)
"""Samples that the music takes to come back."""
_BREATH = round(1.2 * _RATE)
"""Silence between two stretches of speech that the music does not come back for."""
_SEAM = round(0.5 * _RATE)
"""Samples over which music that is looped crosses into its own beginning."""


def mix(arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Mixes the first `until` of `samples` moments into one raw file."""
    total, until = int(arguments["samples"]), int(arguments["until"])
    sounds = [_Heard(sound) for sound in arguments["sounds"]]
    bed = _Music(arguments["bed"], arguments["speech"], total) if arguments["bed"] else None
    with Path(arguments["out"]).open("wb") as out:
        for first in range(0, until, _BLOCK):
            end = min(first + _BLOCK, until)
            block = np.zeros((end - first, 2), dtype=np.float32)
            for sound in sounds:
                sound.add(block, first)
            if bed is not None:
                block += bed.part(first, end)
            out.write(block.astype("<f4").tobytes())
            for samples in [sound.samples for sound in sounds] + ([] if bed is None else [bed.samples]):
                _let_go(samples)
            report({"fraction": end / until})
    return {}


class _Heard:
    """A sound at its place."""

    def __init__(self, sound: Mapping[str, Any]) -> None:
        self._at: int = sound["at"]
        self._length: int = sound["samples"]
        self.samples = _open(sound["path"])
        self._gain = 10.0 ** (sound["gain_db"] / 20.0)
        self._fade: int = min(sound["fade"], self._length // 2)

    def add(self, block: Samples, first: int) -> None:
        begin = max(first, self._at)
        end = min(first + len(block), self._at + self._length)
        if begin >= end:
            return
        place = np.arange(begin - self._at, end - self._at)
        part = self.samples[begin - self._at : end - self._at]
        if self._fade:
            edge = np.minimum(place + 1, self._length - place) / (self._fade + 1)
            part = part * np.minimum(edge, 1.0).astype(np.float32)[:, None]
        block[begin - first : end - first] += part * np.float32(self._gain)


class _Music:
    """The music and its gain over the film."""

    def __init__(self, bed: Mapping[str, Any], speech: Sequence[Sequence[int]], total: int) -> None:
        self.samples = _open(bed["path"])
        self._length: int = bed["samples"]
        self._seam = min(_SEAM, self._length // 4)
        self._total = total
        self._fade_in, self._fade_out = bed["fade_in"], bed["fade_out"]
        self._times, self._gains = envelope(speech, bed["gain_db"], bed["duck_db"])

    def part(self, first: int, end: int) -> Samples:
        place = np.arange(first, end)
        gain = 10.0 ** (np.interp(place, self._times, self._gains) / 20.0)
        if self._fade_in:
            gain *= np.clip(place / self._fade_in, 0.0, 1.0)
        if self._fade_out:
            gain *= np.clip((self._total - 1 - place) / self._fade_out, 0.0, 1.0)
        return self._looped(place) * gain.astype(np.float32)[:, None]

    def _looped(self, place: NDArray[np.int64]) -> Samples:
        """The music at any place; its end crosses into its beginning at equal power."""
        period = self._length - self._seam
        again = place >= self._length
        index = np.where(again, place % period, np.minimum(place, self._length - 1))
        samples = np.array(self.samples[index])
        # The seam at the end of each round is the beginning of the next: blended where the round begins.
        seam = (place >= period) & (place % period < self._seam)
        if seam.any():
            at = place[seam] % period
            angle = (at / self._seam * (np.pi / 2))[:, None]
            samples[seam] = self.samples[at] * np.sin(angle) + self.samples[at + period] * np.cos(angle)
        return samples.astype(np.float32)


def envelope(
    speech: Sequence[Sequence[int]], gain_db: float, duck_db: float
) -> tuple[list[float], list[float]]:
    """The music's gain as corners of a line: places in samples, and decibels.

    Args:
        speech: first and last sample of every stretch of speech, in order.
        gain_db: while nobody speaks.
        duck_db: how much lower it is under speech.
    """
    times: list[float] = [0.0]
    gains: list[float] = [gain_db]
    for begin, end in _joined(speech):
        times += [max(float(begin - _DOWN), times[-1]), float(begin), float(end), float(end + _UP)]
        gains += [gain_db, gain_db - duck_db, gain_db - duck_db, gain_db]
    return times, gains


def _joined(speech: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Stretches of speech with the short silences between them closed."""
    joined: list[tuple[int, int]] = []
    for begin, end in speech:
        if joined and begin - joined[-1][1] < max(_BREATH, _DOWN + _UP):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def _open(path: str) -> Samples:
    return np.memmap(path, dtype="<f4", mode="r").reshape(-1, 2)


def _let_go(samples: Samples) -> None:
    """What was read of a mapped file is not to count as ours for ever: a long film has gigabytes."""
    mapped = getattr(samples, "_mmap", None)
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


if __name__ == "__main__":
    serve({"mix": mix})
