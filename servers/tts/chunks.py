"""A text cut where an engine takes no longer one: at paragraphs, sentences, clauses or, at worst, words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from servers.chassis.media.espeak.pieces import Gap, gap_after
from servers.chassis.words import Span, words_of

_OPENERS = "\"'“‘「『«‹(（[【〈《〖¿¡"


@dataclass(frozen=True)
class Chunk:
    """One stretch of a text that is spoken by one call."""

    span: Span
    gap: Gap
    """What follows it."""


def chunks_of(text: str, most: int, size: Callable[[str], int] = len) -> list[Chunk]:
    """The text in chunks of at most `most` by `size`; every word is in one of them, whole.

    One that fits is not cut, so that the voice keeps its flow. A single word that does not fit is a chunk.
    """
    words = words_of(text)
    if not words:
        return []
    found: list[Chunk] = []
    first = start = 0
    while first < len(words):
        last = _last_word(text, words, first, start, most, size)
        end = _cut(text, words, last)
        begin = start + len(text[start:end]) - len(text[start:end].lstrip())
        found.append(Chunk(Span(begin, begin + len(text[begin:end].rstrip())), gap_after(text, words, last)))
        first, start = last + 1, end
    return found


def _last_word(
    text: str, words: Sequence[Span], first: int, start: int, most: int, size: Callable[[str], int]
) -> int:
    """The last word of the chunk that begins with the word `first`: behind the weightiest gap that fits."""
    if size(text[start:]) <= most:
        return len(words) - 1
    best, best_gap, used = first, Gap.NONE, 0
    done = start
    for index in range(first, len(words)):
        end = _cut(text, words, index)
        used += size(text[done:end])
        done = end
        if used > most and index > first:
            break
        gap = gap_after(text, words, index)
        # A paragraph's end is worth a short chunk, a sentence's none: the later of two is better.
        if gap >= min(best_gap, Gap.SENTENCE):
            best, best_gap = index, gap
    return best


def _cut(text: str, words: Sequence[Span], index: int) -> int:
    """Where the text is cut behind a word: its marks go with it, opening ones with the next."""
    if index + 1 == len(words):
        return len(text)
    end = words[index + 1].start
    while end > words[index].end and text[end - 1] in _OPENERS:
        end -= 1
    return end
