"""What the pieces of one film have in common, so that they join: known to who encodes and who joins."""

from __future__ import annotations

from fractions import Fraction

_PIECE_SECONDS = 2

# Offsets of presentation that may be negative let every fragment begin at its own time, whatever the order of
# its frames: so a piece of one frame joins like any other, and no edit list is needed.
FLAGS = "+frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets+skip_trailer"
"""For the muxer that writes a piece, its "movflags"."""


def time_scale(fps: Fraction) -> int:
    """Ticks of a second in which every frame's time is a whole number."""
    return fps.numerator * max(1, 12_000 // fps.numerator)


def piece(fps: Fraction) -> int:
    """About how many frames are encoded as one piece: few, so that one scene keeps several cores busy."""
    return max(1, round(_PIECE_SECONDS * fps))


def group(fps: Fraction) -> int:
    """Most frames between two that a player can jump to: those of the longest piece."""
    return piece(fps) * 3 // 2 + 1
