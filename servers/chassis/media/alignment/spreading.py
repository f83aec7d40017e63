"""Times for the words that a recogniser could not find: a share of what lies between those it found."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

_SHORTEST_WORD_SECONDS = 0.05


def spread(
    lengths: Sequence[int], told: dict[int, tuple[float, float, float]], seconds: float
) -> list[tuple[float, float, float]]:
    """A place for every word: those told, and between them the others by their length, in order.

    A place is start and end in seconds and a confidence, 0 for words that were not told.

    Words that have no time of their own (between two that touch) take it from the one before.
    """
    placed: list[tuple[float, float, float]] = []
    for is_told, run in itertools.groupby(range(len(lengths)), key=lambda index: index in told):
        indices = list(run)
        if is_told:
            placed += [told[index] for index in indices]
            continue
        start = placed[-1][1] if placed else 0.0
        end = told[indices[-1] + 1][0] if indices[-1] + 1 < len(lengths) else seconds
        if placed and end - start < _SHORTEST_WORD_SECONDS * len(indices):
            before = placed[-1]
            start = before[0] + (before[1] - before[0]) / 2
            placed[-1] = (before[0], start, before[2])
        weights = list(itertools.accumulate((lengths[index] for index in indices), initial=0))
        edges = [start + (max(end, start) - start) * weight / weights[-1] for weight in weights]
        placed += [(first, last, 0.0) for first, last in itertools.pairwise(edges)]
    return placed
