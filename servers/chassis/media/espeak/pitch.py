"""Semitones to espeak-ng's pitch parameter, 0 to 100 with 50 in the middle.

The library's scale is neither linear nor logarithmic in frequency. The points below were measured: the mean
fundamental of one text spoken by five voices (en-us, en-us+f2, cmn+f2, fr, de+m3), whose spread is about one
semitone at the ends and 0.3 around the middle.
"""

from __future__ import annotations

import bisect

MIDDLE = 50
_STEP = 10
_SEMITONES = (-6.9, -5.5, -4.4, -3.0, -1.6, 0.0, 1.65, 3.4, 5.2, 7.1, 8.85)
"""Shift at 0, 10, 20, ... 100."""

LOWEST, HIGHEST = _SEMITONES[0], _SEMITONES[-1]
"""How far the engine can shift its pitch."""


def within_reach(semitones: float) -> float:
    """The shift nearest to the one asked for that the engine can do."""
    return min(max(semitones, LOWEST), HIGHEST)


def parameter(semitones: float) -> int:
    """The parameter for a shift; the nearest possible one where the engine can not shift as far."""
    wanted = within_reach(semitones)
    above = min(max(bisect.bisect_left(_SEMITONES, wanted), 1), len(_SEMITONES) - 1)
    low, high = _SEMITONES[above - 1], _SEMITONES[above]
    return round(_STEP * (above - 1 + (wanted - low) / (high - low)))
