"""From what the engine reports while it speaks to the time of every word.

The engine tells when it begins a word, with a place in the text; but it passes over some words (the last
Chinese character before a comma, the second half of a hyphenation), and some places are off by one within
numbers. Words it did not tell share the time between those it did, by their length.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from servers.chassis.media.espeak.library import CLAUSE_END, WORD, Event
from servers.chassis.words import Span, shared


def place(
    words: Sequence[Span],
    events: Sequence[Event],
    active: npt.NDArray[np.bool_],
    window: int,
    length: int,
) -> list[tuple[int, int]]:
    """Start and end sample of each word: in order, never overlapping, within [0, length].

    Args:
        words: places in the text that the events' positions count in.
        events: what the engine told, in the order of time.
        active: for every window of `window` samples, whether it holds sound.
        window: samples in a window.
        length: samples of the sound.
    """
    if not words:
        return []
    told = _told_starts(words, events, length)
    told[0] = 0 if told[0] is None else told[0]
    known = [index for index, start in enumerate(told) if start is not None]
    spans: list[tuple[int, int]] = []
    for index, following in zip(known, [*known[1:], len(words)], strict=True):
        start = told[index] or 0
        limit = (told[following] or 0) if following < len(words) else length
        spans += shared(words[index:following], *_sounding(start, limit, active, window))
    return spans


def _told_starts(words: Sequence[Span], events: Sequence[Event], length: int) -> list[int | None]:
    """For each word the sample at which the engine says it begins; rising, None where it did not say."""
    starts = [word.start for word in words]
    ends = [word.end for word in words]
    told: list[int | None] = [None] * len(words)
    for event in events:
        if event.kind != WORD:
            continue
        index = bisect.bisect_right(ends, event.position)
        while index < len(words) and starts[index] < event.position + max(1, event.length):
            if told[index] is None:
                told[index] = event.sample
                break
            index += 1
    for event in events:
        # Where the first word of a clause was passed over, the end of the clause before it tells its time.
        index = bisect.bisect_left(starts, event.position)
        if event.kind == CLAUSE_END and 0 < index < len(words) and told[index] is None:
            told[index] = event.sample
    latest = -1
    for index, sample in enumerate(told):
        if sample is None:
            continue
        if latest < sample < length:
            latest = sample
        else:
            told[index] = None
    return told


def _sounding(start: int, limit: int, active: npt.NDArray[np.bool_], window: int) -> tuple[int, int]:
    """The part of [start, limit) from its first to its last sound; all of it where there is none."""
    first, last = start // window, -(-limit // window)
    where = np.flatnonzero(active[first:last])
    if not len(where):
        return start, limit
    begin = max(start, (first + int(where[0])) * window)
    end = min(limit, (first + int(where[-1]) + 1) * window)
    return (begin, end) if begin < end else (start, limit)
