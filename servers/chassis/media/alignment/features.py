"""What a recording sounds like, frame by frame, in numbers that two voices have in common.

For worker processes only: it needs numpy. Mel-frequency cepstra as in Davis and Mermelstein, "Comparison of
parametric representations for monosyllabic word recognition" (1980), with their slopes over time; mean and
variance of each are taken from the recording's own speech, which takes out most of what differs between
voices, microphones and levels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from servers.chassis.media.audio import Samples

Floats = npt.NDArray[np.float32]

FRAMES_PER_SECOND = 100
_WINDOW_SECONDS = 0.025
_LOWEST_HERTZ, _HIGHEST_HERTZ = 120.0, 7_000.0
_BANDS = 32
_CEPSTRA = 10
_SLOPE_FRAMES = 3
"""Frames on either side that a slope is measured over."""
_LIMIT = 3.0
"""Standard deviations beyond which a value tells no more."""
_FLOOR = 1e-5
"""Power of a band, against the loud parts' peaks, under which it is silent; keeps digital silence finite."""
_LOUD_PERCENTILE, _LOUD_EVERY = 99, 7
_LEAST_LOUD = 10.0
"""Loudness, in sample units, under which a recording holds nothing but silence."""
_ACTIVE_BELOW_LOUD_DB = -32.0
_BLOCK_FRAMES = 4096


@dataclass(frozen=True)
class Sound:
    """A recording in frames of 1 / `FRAMES_PER_SECOND` s; frame i is centred at (i + 0.5) of them."""

    frames: Floats
    """Shape (n, 20): cepstra and their slopes, normalised over the active frames."""
    active: npt.NDArray[np.bool_]
    """Whether a frame is loud enough to be speech, shape (n,)."""


def listen(samples: Samples, rate: int) -> Sound:
    """The features of a recording of one channel, `rate` samples a second."""
    cepstra, levels = _cepstra(samples, rate)
    active = _active(levels) & (_loudness(samples) >= _LEAST_LOUD)
    features = np.concatenate([cepstra, _slopes(cepstra)], axis=1)
    chosen = features[active] if active.any() else features
    if len(chosen):
        spread = chosen.std(axis=0)
        features = (features - chosen.mean(axis=0)) / np.maximum(spread, 1e-3)
    return Sound(np.clip(features, -_LIMIT, _LIMIT).astype(np.float32), active)


def _cepstra(samples: Samples, rate: int) -> tuple[Floats, Floats]:
    """Cepstra, shape (n, 10), and levels in dB, shape (n,)."""
    count = len(samples) * FRAMES_PER_SECOND // rate
    if not count:
        return np.empty((0, _CEPSTRA), np.float32), np.empty(0, np.float32)
    size = round(_WINDOW_SECONDS * rate)
    loud = _loudness(samples)
    padded = np.pad(samples.astype(np.float32) / max(loud, 1.0), size)
    centres = ((np.arange(count) + 0.5) * rate / FRAMES_PER_SECOND).astype(np.int64) + size - size // 2
    window = np.hanning(size).astype(np.float32)
    bank = _mel_bank(rate, size)
    turn = _cosines()
    cepstra = np.empty((count, _CEPSTRA), np.float32)
    levels = np.empty(count, np.float32)
    for first in range(0, count, _BLOCK_FRAMES):
        places = centres[first : first + _BLOCK_FRAMES, None] + np.arange(size)
        power = np.abs(np.fft.rfft(padded[places] * window)) ** 2 / np.sum(window**2)
        bands = np.log(power.astype(np.float32) @ bank + _FLOOR)
        cepstra[first : first + _BLOCK_FRAMES] = bands @ turn
        levels[first : first + _BLOCK_FRAMES] = bands.max(axis=1) * (10 / np.log(10))
    return cepstra, levels


def _loudness(samples: Samples) -> float:
    if not len(samples):
        return 0.0
    return float(np.percentile(np.abs(samples[::_LOUD_EVERY].astype(np.float32)), _LOUD_PERCENTILE))


def _active(levels: Floats) -> npt.NDArray[np.bool_]:
    if not len(levels):
        return np.zeros(0, np.bool_)
    loud = float(np.percentile(levels, 95))
    active: npt.NDArray[np.bool_] = levels > loud + _ACTIVE_BELOW_LOUD_DB
    return active


def _slopes(values: Floats) -> Floats:
    """Slope of the regression line through each value and its neighbours, along time."""
    if not len(values):
        return values
    padded = np.pad(values, ((_SLOPE_FRAMES, _SLOPE_FRAMES), (0, 0)), mode="edge")
    slopes = np.zeros_like(values)
    for step in range(1, _SLOPE_FRAMES + 1):
        ahead = padded[_SLOPE_FRAMES + step : _SLOPE_FRAMES + step + len(values)]
        behind = padded[_SLOPE_FRAMES - step : _SLOPE_FRAMES - step + len(values)]
        slopes += step * (ahead - behind)
    return slopes


def _mel_bank(rate: int, size: int) -> Floats:
    """Weights from the bins of a spectrum to triangular bands evenly spaced in mel, shape (bins, bands)."""
    hertz = np.fft.rfftfreq(size, 1 / rate)
    low, high = _mel(_LOWEST_HERTZ), _mel(_HIGHEST_HERTZ)
    edges = 700 * (np.exp(np.linspace(low, high, _BANDS + 2) / 1127) - 1)
    rising = (hertz[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hertz[:, None]) / (edges[2:] - edges[1:-1])
    bank = np.maximum(0, np.minimum(rising, falling))
    # Where bands are narrower than a bin one may hold none: it takes the bin next to its middle.
    nearest = np.abs(hertz[:, None] - edges[1:-1]).argmin(axis=0)
    bank[nearest, np.arange(_BANDS)] += bank.sum(axis=0) == 0
    weights: Floats = (bank / bank.sum(axis=0)).astype(np.float32)
    return weights


def _mel(hertz: float) -> float:
    return 1127 * float(np.log1p(hertz / 700))


def _cosines() -> Floats:
    """The discrete cosine transform (type II) from bands to cepstra, shape (bands, cepstra)."""
    band = (np.arange(_BANDS) + 0.5) * np.pi / _BANDS
    cosines: Floats = np.cos(band[:, None] * np.arange(_CEPSTRA)).astype(np.float32)
    return cosines
