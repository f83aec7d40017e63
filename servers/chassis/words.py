"""Where the words of a text stand: the units that are spoken, timed, and lit up in subtitles."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from servers.chassis.text import is_cjk

LONGEST_WORD = 200
"""Code points that a TimedWord's text may hold; a longer run is cut."""

# Scripts other than Han and kana that put no spaces between words: Thai, Lao, Myanmar, Khmer.
_UNSPACED = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF))

_JOIN_ANY = frozenset("'’-‐‑_@&")
_JOIN_DIGITS = frozenset(",:/：．")
_JOIN_WIDE_DIGITS = frozenset("，")
"""In a Chinese text this parts plain numbers: 3，5."""
_BEFORE_DIGIT = frozenset("$£€¥₩₹+-−#")
_AFTER_DIGIT = frozenset("%‰°％℃℉")


@dataclass(frozen=True)
class Span:
    """A stretch of a text, in code points, `end` exclusive."""

    start: int
    end: int


def words_of(text: str) -> list[Span]:
    """The words of a text in order; every letter and digit belongs to exactly one.

    In scripts with spaces a word is what stands between them, without the punctuation that clings to it:
    "don't", "well-known", "3.5", "1,000", "$5" and "20%" are one word each. In scripts without spaces
    (Chinese, Japanese, Thai, ...) each character is one, with the marks that belong to it.
    """
    words: list[Span] = []
    position = 0
    while position < len(text):
        if not _starts_word(text, position):
            position += 1
            continue
        end = _end_of_word(text, position)
        words.append(Span(position, end))
        position = end
    return words


def shared(words: Sequence[Span], start: int, end: int) -> list[tuple[int, int]]:
    """Words spread over [start, end) by their length in code points, each with its start and end."""
    total = sum(word.end - word.start for word in words)
    edges, done = [start], 0
    for word in words:
        done += word.end - word.start
        edges.append(start + (end - start) * done // total)
    return list(itertools.pairwise(edges))


def _starts_word(text: str, position: int) -> bool:
    char = text[position]
    if char.isalnum():
        return True
    following = text[position + 1 : position + 2]
    return char in _BEFORE_DIGIT and following.isdigit() and following.isascii()


def _end_of_word(text: str, start: int) -> int:
    end = start + 1
    if _is_unspaced(text[start]):
        while end < len(text) and _is_mark(text[end]):
            end += 1
        return end
    while end < len(text) and end - start < LONGEST_WORD:
        char = text[end]
        if (char.isalnum() and not _is_unspaced(char)) or _is_mark(char):
            end += 1
        elif char in _AFTER_DIGIT and text[end - 1].isdigit():
            return end + 1
        elif _joins(text, end):
            end += 1
        else:
            break
    return end


def _joins(text: str, position: int) -> bool:
    """Whether the punctuation at `position` stands inside a word, as in "don't" or "1,000"."""
    before, following = text[position - 1], text[position + 1 : position + 2]
    if not (before.isalnum() or _is_mark(before)) or not following.isalnum() or _is_unspaced(following):
        return False
    char = text[position]
    if char == ".":
        return before.isdigit() == following.isdigit()
    if char in _JOIN_WIDE_DIGITS:
        return before.isdigit() and following.isdigit() and not (before + following).isascii()
    return char in _JOIN_ANY or (char in _JOIN_DIGITS and before.isdigit() and following.isdigit())


def _is_unspaced(char: str) -> bool:
    code = ord(char)
    return is_cjk(char) or any(first <= code <= last for first, last in _UNSPACED)


def _is_mark(char: str) -> bool:
    return unicodedata.category(char).startswith("M")
