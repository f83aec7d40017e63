"""A text cut into pieces that are spoken one by one, each short enough to be held in memory."""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from servers.chassis.media.espeak.tongues import tongue
from servers.chassis.words import Span

LONGEST_PIECE = 400
"""Code points. A piece grows over it only when it is one word."""

_SENTENCE_MARKS = frozenset(".!?…。！？؟।॥።")
_CLAUSE_MARKS = frozenset(",;:—–，；：、،؛")

# Blocks of pictographs, and what joins and colours them: spoken by name they would only disturb.
_EMOJI = (
    (0x200D, 0x200D),
    (0x20E3, 0x20E3),
    (0x2300, 0x23FF),
    (0x2600, 0x27BF),
    (0x2B00, 0x2BFF),
    (0xFE0E, 0xFE0F),
    (0x1F000, 0x1FAFF),
    (0xE0000, 0xE007F),
)


class Gap(enum.IntEnum):
    """What stands between two words, the weightier the larger."""

    NONE = 0
    CLAUSE = 1
    SENTENCE = 2
    PARAGRAPH = 3


@dataclass(frozen=True)
class Piece:
    """A stretch of the text with the words it holds."""

    span: Span
    words: Sequence[Span]
    tongue: str
    """The language whose voice reads it, as `tongues.tongue` tells; empty for the voice's own."""
    gap: Gap
    """What follows it."""


def spoken_form(text: str) -> tuple[str, int]:
    """The text as the engine gets it, of the same length, and how many pictographs were left out.

    Pictographs become spaces; letters in a compatibility form (full width, mathematical) become plain ones,
    and the digits of every script 0 to 9.
    """
    left_out = 0
    spoken: list[str] = []
    for char in text:
        if _is_emoji(char):
            left_out += unicodedata.category(char) == "So"
            spoken.append(" ")
        elif char.isascii() or unicodedata.category(char) not in ("Lu", "Ll", "Lo", "Nd"):
            spoken.append(char)
        elif char.isdecimal():
            spoken.append(str(unicodedata.decimal(char)))
        else:
            plain = unicodedata.normalize("NFKC", char)
            spoken.append(plain if len(plain) == 1 else char)
    return "".join(spoken), left_out


def gap_after(text: str, words: Sequence[Span], index: int) -> Gap:
    """What stands between word `index` and the next, or the text's end."""
    after = words[index + 1].start if index + 1 < len(words) else len(text)
    between = text[words[index].end : after]
    lines = between.count("\n")
    if lines > 1 or index + 1 == len(words):
        return Gap.PARAGRAPH
    if any(char in _SENTENCE_MARKS for char in between):
        return Gap.PARAGRAPH if lines else Gap.SENTENCE
    return Gap.CLAUSE if any(char in _CLAUSE_MARKS for char in between) else Gap.NONE


def pieces_of(text: str, words: Sequence[Span], language: str) -> list[Piece]:
    """Cuts a text at paragraphs and where another voice must read; within long ones at sentences, clauses or,
    at worst, words.

    `language` is the voice's primary tag.
    """
    tongues = [tongue(text[word.start : word.end], language) for word in words]
    pieces: list[Piece] = []
    first = 0
    while first < len(words):
        last = _last_word(text, words, tongues, first)
        end = words[last + 1].start if last + 1 < len(words) else len(text)
        span = Span(words[first].start, end)
        pieces.append(Piece(span, words[first : last + 1], tongues[first], gap_after(text, words, last)))
        first = last + 1
    return pieces


def _last_word(text: str, words: Sequence[Span], tongues: Sequence[str], first: int) -> int:
    best, best_gap = first, Gap.NONE
    for index in range(first, len(words)):
        if index > first and words[index].end - words[first].start > LONGEST_PIECE:
            return best
        gap = gap_after(text, words, index)
        if gap is Gap.PARAGRAPH or (index + 1 < len(words) and tongues[index + 1] != tongues[first]):
            return index
        if gap >= best_gap:
            best, best_gap = index, gap
    return len(words) - 1


def _is_emoji(char: str) -> bool:
    code = ord(char)
    return code > 0x200C and any(first <= code <= last for first, last in _EMOJI)
