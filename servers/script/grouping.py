"""Divides a run of indivisible pieces of time into groups near a target length.

The division with the least cost is found by dynamic programming. A group costs the square of how far its
length is from the target, in targets; ending a group where the text would rather go on costs extra, and so
does running over an edge such as the end of a paragraph. Far edits rarely move a near boundary: the best
division of one stretch hardly hangs on another.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

EDGE_COST = 0.12
"""Cost of a group that runs over an edge between paragraphs."""

LONGEST = 2.0
"""No group of several pieces is longer than this many targets."""

_FINEST = 1 / 24
"""Pieces shorter than this share of the target are joined first, so that time stays linear."""


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """Something that is never divided."""

    seconds: float
    cut_cost: float = 0.0
    """What it costs to end a group here."""
    edge: bool = False
    """True when an edge follows that a group should not run over."""


def divide(pieces: Sequence[Piece], target_seconds: float) -> list[range]:
    """The groups as ranges of indices into `pieces`, in order; together they hold every piece."""
    runs = _coarse(pieces, target_seconds * _FINEST)
    starts = _best_starts([_joined(pieces, run) for run in runs], target_seconds)
    groups: list[range] = []
    end = len(runs)
    while end > 0:
        start = starts[end]
        groups.append(range(runs[start].start, runs[end - 1].stop))
        end = start
    return groups[::-1]


def _best_starts(pieces: list[Piece], target: float) -> list[int]:
    """For each end, where the last group of the best division of `pieces[:end]` begins."""
    costs = [0.0] + [math.inf] * len(pieces)
    starts = [0] * (len(pieces) + 1)
    for end in range(1, len(pieces) + 1):
        length = crossings = 0.0
        for start in range(end - 1, -1, -1):
            length += pieces[start].seconds
            if length > LONGEST * target and start < end - 1:
                break
            crossings += EDGE_COST if pieces[start].edge and start < end - 1 else 0.0
            cost = costs[start] + crossings + (length / target - 1) ** 2
            if cost < costs[end]:
                costs[end], starts[end] = cost, start
        costs[end] += 0.0 if end == len(pieces) else pieces[end - 1].cut_cost
    return starts


def _coarse(pieces: Sequence[Piece], least: float) -> list[range]:
    runs: list[range] = []
    length = math.inf
    for index, piece in enumerate(pieces):
        if length < least:
            runs[-1] = range(runs[-1].start, index + 1)
            length += piece.seconds
        else:
            runs.append(range(index, index + 1))
            length = piece.seconds
    return runs


def _joined(pieces: Sequence[Piece], run: range) -> Piece:
    last = pieces[run.stop - 1]
    return Piece(sum(pieces[index].seconds for index in run), last.cut_cost, last.edge)
