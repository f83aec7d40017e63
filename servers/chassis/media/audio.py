"""Sound as arrays: reading and writing WAV, where there is speech, level, fades.

For worker processes only: it needs numpy. Samples are 16-bit integers of one channel, shape (n,).
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]
FULL_SCALE = 32768.0

WINDOW_SECONDS = 0.005
_SPEECH_BELOW_PEAK_DB = -38.0
_FLOOR_DBFS = -66.0
_BLOCK_SAMPLES = 1 << 18


def read_wav(path: Path) -> tuple[Samples, int]:
    """The samples and the rate in hertz of a WAV file of one 16-bit channel.

    Raises:
        ValueError: it has more channels or another sample width.
    """
    with wave.open(str(path), "rb") as file:
        if file.getnchannels() != 1 or file.getsampwidth() != 2:
            raise ValueError("only WAV files of one 16-bit channel are read")
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16), file.getframerate()


def write_wav(path: Path, samples: Samples, rate: int) -> None:
    """Writes a WAV file of one 16-bit channel; `rate` in hertz."""
    with wave.open(str(path), "wb") as file:
        _set_header(file, rate)
        file.writeframes(samples.astype("<i2").tobytes())


def wav_from_pcm(pcm: Path, path: Path, rate: int, gain: float) -> int:
    """Writes raw 16-bit samples of the machine's byte order as WAV, times `gain`; returns their number.

    It goes block by block, so memory stays level whatever the length.
    """
    count = 0
    with pcm.open("rb") as source, wave.open(str(path), "wb") as file:
        _set_header(file, rate)
        while block := source.read(2 * _BLOCK_SAMPLES):
            samples = np.frombuffer(block, np.int16).astype(np.float32) * gain
            file.writeframes(np.clip(np.rint(samples), -32768, 32767).astype("<i2").tobytes())
            count += len(samples)
    return count


def activity(samples: Samples, rate: int) -> npt.NDArray[np.bool_]:
    """Whether each window of `WINDOW_SECONDS` holds sound, shape (ceil(n / window),).

    A window counts when its level (RMS) is less than 38 dB under the loudest window's and over -66 dBFS.
    """
    levels = window_levels(samples, rate)
    if not len(levels):
        return np.zeros(0, np.bool_)
    least = max(float(levels.max()) * _ratio(_SPEECH_BELOW_PEAK_DB), FULL_SCALE * _ratio(_FLOOR_DBFS))
    return levels > least


def window_levels(samples: Samples, rate: int) -> npt.NDArray[np.float32]:
    """Level (RMS, in sample units) of each window of `WINDOW_SECONDS`; the last may be shorter."""
    size = window_samples(rate)
    padded = np.zeros(-(-len(samples) // size) * size, np.float32)
    padded[: len(samples)] = samples
    levels: npt.NDArray[np.float32] = np.sqrt(np.mean(padded.reshape(-1, size) ** 2, axis=1))
    return levels


def window_samples(rate: int) -> int:
    """Samples in one window of `WINDOW_SECONDS` at `rate` hertz."""
    return max(1, round(rate * WINDOW_SECONDS))


def speech_bounds(active: npt.NDArray[np.bool_], rate: int, length: int) -> tuple[int, int]:
    """Samples at which speech begins and ends (exclusive); (0, 0) where there is none."""
    where = np.flatnonzero(active)
    if not len(where):
        return 0, 0
    size = window_samples(rate)
    return int(where[0]) * size, min(length, (int(where[-1]) + 1) * size)


def faded(samples: Samples, rate: int, seconds: float) -> Samples:
    """A copy that swells and fades over `seconds` at its ends, so that joins do not click."""
    size = min(round(rate * seconds), len(samples) // 2)
    result = samples.astype(np.float32)
    if size:
        ramp = (np.arange(size, dtype=np.float32) + 0.5) / size
        result[:size] *= ramp
        result[-size:] *= ramp[::-1]
    return np.rint(result).astype(np.int16)


class SpeechLevel:
    """Level of speech that arrives in pieces: RMS over the windows that hold sound, and the peak."""

    def __init__(self) -> None:
        self._squares = 0.0
        self._windows = 0
        self._peak = 0.0

    def add(self, samples: Samples, rate: int) -> None:
        """Takes one more piece."""
        if not len(samples):
            return
        spoken = window_levels(samples, rate)[activity(samples, rate)]
        self._squares += float(np.sum(spoken.astype(np.float64) ** 2))
        self._windows += len(spoken)
        self._peak = max(self._peak, float(np.max(np.abs(samples.astype(np.int32)))))

    @property
    def heard(self) -> bool:
        """Whether there was any sound at all."""
        return self._windows > 0

    @property
    def dbfs(self) -> float:
        """Level of the speech in dB relative to full scale; -inf where there was none."""
        rms = (self._squares / self._windows) ** 0.5 / FULL_SCALE if self._windows else 0.0
        return 20 * float(np.log10(rms)) if rms else float("-inf")

    def gain_to(self, dbfs: float, *, ceiling_dbfs: float) -> float:
        """Factor that brings the speech to `dbfs`, or less where its peak would pass `ceiling_dbfs`."""
        if not self._windows or not self._peak:
            return 1.0
        return min(_ratio(dbfs - self.dbfs), _ratio(ceiling_dbfs) * FULL_SCALE / self._peak)


def _ratio(decibels: float) -> float:
    return float(10 ** (decibels / 20))


def _set_header(file: wave.Wave_write, rate: int) -> None:
    file.setnchannels(1)
    file.setsampwidth(2)
    file.setframerate(rate)
