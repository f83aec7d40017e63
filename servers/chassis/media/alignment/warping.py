"""The way through a recording that passes the frames of a synthesis in order and fits them best.

For worker processes only: it needs numpy. Dynamic time warping after Sakoe and Chiba, "Dynamic programming
algorithm optimization for spoken word recognition" (1978), in the form where every frame of the recording is
given one frame of the synthesis: the next costs nothing, to stay or to skip costs a little. A frame that
stands for a pause may be stayed in or passed over for nothing. So each row of the table hangs on the one
before only, and is computed at once.

A first pass over the speech alone, in coarse frames, finds the neighbourhood; a second one stays within it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from servers.chassis.media.alignment.features import Floats

Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_LONGEST_STEP = 3
"""How many frames of the synthesis may be gone at once: the recording may be that much faster."""
_STAY, _SKIP = 2.0, 2.5
"""What it costs to stay in a frame, and to skip one, against a mean distance of about 6."""
LARGEST_TABLE = 60_000_000
"""Cells of the first pass: 7 minutes of speech in its finest frames. One cell is one byte."""
_LEAST_COARSE_FRAMES = 5
_HALF_WIDTH = 120
"""Fine frames on either side of what the coarse pass found."""
_REFINING = 6
"""How much finer a pass may be than the one before."""


@dataclass(frozen=True)
class Path:
    """Where each frame of a recording stands in the synthesis."""

    places: Indices
    """Rising indices of the synthesis' frames, one for each frame of the recording."""
    distance: float
    """Mean distance of the frames that are paired."""


def warp(
    heard: Floats, speech: Flags, spoken: Floats, pauses: Flags, *, largest_table: int = LARGEST_TABLE
) -> Path | None:
    """The best path of a recording through a synthesis.

    Args:
        heard: features of the recording, shape (n, d).
        speech: which of its frames are speech rather than silence, shape (n,).
        spoken: features of the synthesis, shape (m, d).
        pauses: which of its frames stand for a pause of any length, none included, shape (m,).
        largest_table: cells that the first, coarsest pass may compute.

    Returns: None when the recording is too short to hold the text.
    """
    said = np.flatnonzero(speech) if speech.any() else np.arange(len(heard))
    words = np.flatnonzero(~pauses)
    if not len(said) or not len(words):
        return None
    places = _neighbourhood(heard[said], spoken[words], largest_table)
    if places is None:
        return None
    near = np.interp(np.arange(len(heard)), said, words[places])
    return _within(heard, spoken, pauses, near, _HALF_WIDTH)


def _neighbourhood(heard: Floats, spoken: Floats, largest_table: int) -> Indices | None:
    """About where each frame of the recording stands, both without their pauses."""
    size = _LEAST_COARSE_FRAMES
    while len(heard) / size * (len(spoken) / size) > largest_table:
        size *= _REFINING
    near: npt.NDArray[np.float64] | None = None
    while True:
        coarse_heard, coarse_spoken = _coarse(heard, size), _coarse(spoken, size)
        middle = np.full(len(coarse_heard), len(coarse_spoken) / 2)
        half = len(coarse_spoken)
        if near is not None:
            middle = near[np.minimum(np.arange(len(coarse_heard)) * size + size // 2, len(heard) - 1)] / size
            half = _HALF_WIDTH
        path = _within(coarse_heard, coarse_spoken, np.zeros(len(coarse_spoken), np.bool_), middle, half)
        if path is None:
            return None
        centres = np.arange(len(coarse_heard)) * size + (size - 1) / 2
        near = np.interp(np.arange(len(heard)), centres, path.places * size + (size - 1) / 2)
        if size == _LEAST_COARSE_FRAMES:
            return np.clip(np.rint(near).astype(np.int64), 0, len(spoken) - 1)
        size //= _REFINING


def _coarse(frames: Floats, size: int) -> Floats:
    """Means of `size` frames each; the last may be of fewer."""
    firsts = np.arange(0, len(frames), size)
    counts = np.diff(np.append(firsts, len(frames)))[:, None]
    means: Floats = (np.add.reduceat(frames, firsts, axis=0) / counts).astype(np.float32)
    means /= np.maximum(means.std(axis=0), 1e-3)
    return means


def _within(
    heard: Floats, spoken: Floats, pauses: Flags, near: npt.NDArray[np.float64], half: int
) -> Path | None:
    """The best path that keeps within `half` frames of `near`."""
    rows, columns = len(heard), len(spoken)
    width = min(2 * half + 1, columns)
    starts = np.clip(np.rint(near).astype(np.int64) - half, 0, columns - width)
    starts[0], starts[-1] = 0, columns - width
    starts = np.maximum.accumulate(starts)
    steps, totals = _forward(heard, spoken, pauses, starts, width)
    # The synthesis ends at its last frame, or before it where that is a pause.
    ends = totals[-1 - int(pauses[-1]) :]
    if not np.isfinite(ends).any():
        return None
    place = columns - len(ends) + int(np.argmin(ends))
    places = np.empty(rows, np.int64)
    for index in range(rows - 1, -1, -1):
        places[index] = place
        place -= int(steps[index, place - starts[index]])
    apart = np.linalg.norm(heard - spoken[places], axis=1)
    counted = ~pauses[places]
    return Path(places, float(apart[counted].mean()) if counted.any() else float(apart.mean()))


def _forward(
    heard: Floats, spoken: Floats, pauses: Flags, starts: Indices, width: int
) -> tuple[npt.NDArray[np.uint8], Floats]:
    """The best last step to every cell of the windows, and what the last row's cells cost in all.

    A cost is infinite where no path comes.
    """
    stay, skip_one, skip_two = _step_costs(pauses)
    squares = np.einsum("ij,ij->i", spoken, spoken)
    own = np.einsum("ij,ij->i", heard, heard)
    steps = np.zeros((len(heard), width), np.uint8)
    # The row before, with room on both sides for steps that come from outside its window. Before the first,
    # the path stands in front of the synthesis, whose first frame may be a pause that is passed over.
    pad = _LONGEST_STEP
    row = np.full(2 * (pad + width), np.inf, np.float32)
    row[pad - 1] = 0.0
    before = 0
    for index, (first, step) in enumerate(zip(starts.tolist(), steps, strict=True)):
        shift = min(first - before, width + pad)
        window = slice(first, first + width)
        best = row[pad + shift : pad + shift + width] + stay[window]
        for length, cost in enumerate((None, skip_one, skip_two), 1):
            other = row[pad + shift - length : pad + shift - length + width]
            other = other if cost is None else other + cost[window]
            step[other < best] = length
            np.minimum(best, other, out=best)
        away = squares[window] - 2.0 * (spoken[window] @ heard[index]) + own[index]
        best += np.sqrt(np.maximum(away, 0.0, out=away), out=away)
        # Only differences matter, and large sums would round them away.
        lowest = best.min()
        row[pad : pad + width] = best - lowest if np.isfinite(lowest) else best
        row[pad - 1] = np.inf
        before = first
    return steps, row[pad : pad + width]


def _step_costs(pauses: Flags) -> tuple[Floats, Floats, Floats]:
    """What it costs to stay in each frame, and to come to it over one or over two others."""
    skipped = np.where(pauses, 0.0, _SKIP).astype(np.float32)
    stay = np.where(pauses, 0.0, _STAY).astype(np.float32)
    one, two = np.zeros_like(skipped), np.zeros_like(skipped)
    one[1:] = skipped[:-1]
    two[2:] = skipped[1:-1] + skipped[:-2]
    return stay, one, two
