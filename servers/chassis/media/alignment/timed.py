"""Where the words of a text stand in its sound, from what an engine tells or an alignment finds. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from servers.chassis.media.alignment.spreading import spread
from servers.chassis.words import Span, shared


@dataclass(frozen=True)
class Event:
    """A word, or several, as an engine tells of it."""

    text: str
    start: float
    end: float
    """Seconds from the sound's begin."""


@dataclass(frozen=True)
class Timed:
    """One written word and its time in seconds."""

    place: Span
    start: float
    end: float


def placed(text: str, words: Sequence[Span], events: Sequence[Event], seconds: float) -> list[Timed]:
    """The words of a text by the events of an engine that spoke it.

    An event may hold several words ("New York", 狐狸), which share its time, or a part of one; a word that no
    event tells of takes its time from what lies between those that are told.
    """
    plain = "".join(_plain(char) for char in text)
    told: dict[int, tuple[float, float, float]] = {}
    cursor = first = 0
    for event in events:
        said = "".join(_plain(char) for char in event.text).strip()
        at = plain.find(said, cursor) if said else -1
        if at < 0:
            continue
        cursor = at + len(said)
        while first < len(words) and words[first].end <= at:
            first += 1
        inside = [index for index in range(first, len(words)) if words[index].start < cursor]
        if not inside or event.end <= event.start:
            continue
        spans = [words[index] for index in inside]
        nanos = round(event.start * 1e9), round(event.end * 1e9)
        for index, (start, end) in zip(inside, shared(spans, *nanos), strict=True):
            before = told.get(index)
            begin = before[0] if before is not None else start / 1e9
            told[index] = (begin, end / 1e9, 0.0)
    return [
        Timed(word, start, end)
        for word, (start, end, _) in zip(words, _in_order(words, told, seconds), strict=True)
    ]


def _in_order(
    words: Sequence[Span], told: dict[int, tuple[float, float, float]], seconds: float
) -> list[tuple[float, float, float]]:
    """A place for every word, none before the one before it."""
    latest = 0.0
    kept: dict[int, tuple[float, float, float]] = {}
    for index in sorted(told):
        start, end = max(told[index][0], latest), min(told[index][1], seconds)
        if start < end:
            kept[index] = (start, end, 0.0)
            latest = end
    return spread([word.end - word.start for word in words], kept, seconds)


def _plain(char: str) -> str:
    """One character in a form that is the same however it is written, and never longer or shorter."""
    small = unicodedata.normalize("NFKC", char).lower()
    return small if len(small) == 1 else char
