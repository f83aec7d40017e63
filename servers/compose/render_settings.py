"""What the pieces of one film have in common, so that they join: known to who encodes and who joins."""

from __future__ import annotations

from fractions import Fraction


def time_scale(fps: Fraction) -> int:
    """Ticks of a second in which every frame's time is a whole number."""
    return fps.numerator * max(1, 12_000 // fps.numerator)


def group(fps: Fraction) -> int:
    """Most frames between two that a player can jump to: two seconds of them."""
    return max(1, round(2 * fps))


def piece(fps: Fraction) -> int:
    """About how many frames are encoded as one piece: a whole number of groups."""
    return 2 * group(fps)
