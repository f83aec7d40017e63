"""From timed words and the text they were spoken from to pieces of text that can be shown and lit.

Speech engines time words without the punctuation between them, and skip some. Here the text is what is
shown and the words only say when: every character of the text lands in exactly one piece, closing
punctuation clings to the piece before it, opening punctuation to the piece after it, and text that no word
covers gets its time from its neighbours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from servers.chassis.text import is_cjk

_LONGEST_WORD = 24
"""A run of letters longer than this may be broken."""
_LONGEST_CJK_WORD = 4
"""A run of CJK characters up to this long is kept together when one word covers it."""
_OPENING = frozenset("“‘「『（《〈【〔［｛([{«‹¿¡$#@￥€£")
_AMBIGUOUS = frozenset("\"'")
_GAP = re.compile(r"\s+")
_DASH = re.compile(r"(\s+[–—]+)(\s+)")


@dataclass(frozen=True)
class Word:
    """A spoken word. Times in seconds."""

    text: str
    start: float
    end: float
    first: int = 0
    """Where it begins in the text, in code points."""
    last: int = 0
    """Where it ends, exclusive; 0 when its place is unknown."""


@dataclass(frozen=True)
class Piece:
    """A run of text that is not broken, with when it is spoken."""

    text: str
    """With the punctuation that clings to it; without spaces around it."""
    start: float
    end: float
    spaced: bool = False
    """Whether a space stands before it."""
    fresh: bool = False
    """Whether a new paragraph begins with it."""


@dataclass(frozen=True)
class _Span:
    """A stretch of the text, and its times once they are known."""

    first: int
    last: int
    start: float | None = None
    end: float | None = None


def pieces(text: str, words: Sequence[Word]) -> list[Piece]:
    """Splits a text into pieces in time.

    Args:
        text: what was spoken, as written. Empty: the words themselves are shown.
        words: the words in order; those whose place in the text is unknown are looked for in it.

    Returns:
        The pieces in order; none when no word is known. Their times never go backwards.
    """
    if not words:
        return []
    if not text.strip():
        text, words = _joined(words)
    placed = _placed(text, words)
    if not placed:
        text, words = _joined(words)
        placed = _placed(text, words)
    spans = _timed(list(_spans(text, placed)), placed[0].start, placed[-1].end)
    return _clothed(text, spans)


def _joined(words: Sequence[Word]) -> tuple[str, list[Word]]:
    """The words as a text of their own: spaces between them but not between CJK."""
    text, placed = "", []
    for word in words:
        shown = _GAP.sub(" ", word.text).strip()
        if not shown:
            continue
        if text and not (is_cjk(text[-1]) and is_cjk(shown[0])):
            text += " "
        placed.append(replace(word, first=len(text), last=len(text) + len(shown)))
        text += shown
    return text, placed


def _placed(text: str, words: Sequence[Word]) -> list[Word]:
    """The words that have a place in the text, in its order, without overlap, times never going back."""
    found: list[Word] = []
    at, now = 0, 0.0
    folded = text.casefold() if len(text.casefold()) == len(text) else text.lower()
    for word in words:
        first, last = word.first, min(word.last, len(text))
        if not (at <= first < last):
            first = folded.find(word.text.casefold(), at) if word.text.strip() else -1
            last = first + len(word.text)
            if first < 0 or first - at > 200 or last > len(text):
                continue
        start = max(word.start, now)
        now = max(word.end, start)
        found.append(Word(text[first:last], start, now, first, last))
        at = last
    return found


def _spans(text: str, words: Sequence[Word]) -> Iterator[_Span]:
    """Covers every letter of the text: by words where there are, by runs of letters between them."""
    at = 0
    for word in words:
        yield from _untimed(text, at, word.first)
        if _breakable(word.text):
            yield from _shared_out(word)
        else:
            yield _Span(word.first, word.last, word.start, word.end)
        at = word.last
    yield from _untimed(text, at, len(text))


def _breakable(text: str) -> bool:
    if len(text) > _LONGEST_WORD:
        return True
    return any(map(str.isspace, text)) or (len(text) > _LONGEST_CJK_WORD and any(map(is_cjk, text)))


def _shared_out(word: Word) -> Iterator[_Span]:
    """A word too long to stand unbroken: its runs and characters share its time by their length."""
    parts = list(_untimed(word.text, 0, len(word.text)))
    total = sum(part.last - part.first for part in parts) or 1
    spoken = 0
    for part in parts:
        start = word.start + (word.end - word.start) * spoken / total
        spoken += part.last - part.first
        end = word.start + (word.end - word.start) * spoken / total
        yield _Span(word.first + part.first, word.first + part.last, start, end)


def _untimed(text: str, first: int, last: int) -> Iterator[_Span]:
    """Runs of letters between two places, CJK characters one by one."""
    begin: int | None = None
    for at in range(first, last):
        char = text[at]
        solid = not (char.isspace() or _is_mark(char))
        if begin is not None and (not solid or is_cjk(char) or at - begin >= _LONGEST_WORD):
            yield _Span(begin, at)
            begin = None
        if solid and is_cjk(char):
            yield _Span(at, at + 1)
        elif solid and begin is None:
            begin = at
    if begin is not None:
        yield _Span(begin, last)


def _is_mark(char: str) -> bool:
    """Punctuation and symbols that stand beside words; marks that combine with a letter belong to it."""
    return unicodedata.category(char)[0] in "PS" and char not in "-'’&%°+@#$€£￥"


def _timed(spans: list[_Span], begin: float, end: float) -> list[_Span]:
    """Gives spans without time the room between their neighbours, shared by length."""
    timed: list[_Span] = []
    index = 0
    while index < len(spans):
        if spans[index].start is not None:
            timed.append(spans[index])
            index += 1
            continue
        stop = index
        while stop < len(spans) and spans[stop].start is None:
            stop += 1
        before = timed[-1].end if timed else begin
        after = spans[stop].start if stop < len(spans) else end
        low = begin if before is None else before
        high = max(low, end if after is None else after)
        total = sum(span.last - span.first for span in spans[index:stop])
        spoken = 0
        for span in spans[index:stop]:
            start = low + (high - low) * spoken / total
            spoken += span.last - span.first
            timed.append(replace(span, start=start, end=low + (high - low) * spoken / total))
        index = stop
    return timed


def _clothed(text: str, spans: Sequence[_Span]) -> list[Piece]:
    """Gives the punctuation between spans to the one before or the one after."""
    made: list[Piece] = []
    at = 0
    owed = ""
    for index, span in enumerate(spans):
        suffix, gap, prefix = _parted(text[at : span.first], first=not made)
        if made and suffix:
            made[-1] = replace(made[-1], text=made[-1].text + suffix)
        elif suffix:
            owed = suffix
        shown = owed + prefix + text[span.first : span.last]
        owed = ""
        start, end = span.start or 0.0, span.end or 0.0
        made.append(Piece(shown, start, end, spaced=bool(gap) and index > 0, fresh="\n" in gap))
        at = span.last
    tail = _GAP.sub(" ", text[at:]).strip()
    if made and tail:
        made[-1] = replace(made[-1], text=made[-1].text + tail)
    return made


def _parted(between: str, *, first: bool) -> tuple[str, str, str]:
    """What stands between two spans, as (end of the former, white space, beginning of the latter)."""
    if first:
        return "", "", _GAP.sub(" ", between).strip()
    if dash := _DASH.fullmatch(between):
        return _GAP.sub(" ", dash.group(1)), dash.group(2), ""
    space = _GAP.search(between)
    if space:
        rest = _GAP.sub(" ", between[space.end() :])
        return between[: space.start()], space.group(), rest
    for at, char in enumerate(between):
        opens = char in _OPENING or unicodedata.category(char) in ("Ps", "Pi")
        if opens or (char in _AMBIGUOUS and at > 0):
            return between[:at], "", between[at:]
    return between, "", ""
