"""Notes for people in a text, between `#@#` and the next `#@#`: they are neither spoken nor shown.

A note alone on its lines goes with their line break, and one before white space with the spaces before it,
so that nothing of it is seen in what is left. A mark without a second one is text like any other.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator

from servers.chassis.words import Span

_MARK = "#@#"
_LINE_BREAKS = "\r\n\u2028\u2029"


def without_notes(text: str) -> str:
    """The text that is left when its notes are taken out."""
    return Spoken(text).text


class Spoken:
    """A text without its notes, that knows where its characters stood."""

    def __init__(self, source: str) -> None:
        self._starts = [0]
        """Where, in `text`, a run of characters begins that stood together."""
        self._shifts = [0]
        """How far behind its place in `text` that run stood."""
        kept: list[str] = []
        done = 0
        for note in _notes(source):
            kept.append(source[done : note.start])
            self._starts.append(note.start - self._shifts[-1])
            self._shifts.append(self._shifts[-1] + note.end - note.start)
            done = note.end
        self.text = "".join([*kept, source[done:]])

    def source(self, span: Span) -> Span:
        """Where a span that begins and ends with a letter or mark stood.

        What is left of that range of the source without its notes is the span's text.
        """
        return Span(self._place(span.start), self._place(span.end - 1) + 1)

    def _place(self, at: int) -> int:
        return at + self._shifts[bisect.bisect_right(self._starts, at) - 1]


def _notes(text: str) -> Iterator[Span]:
    """The notes with what goes with them, in order."""
    done = 0
    while (mark := text.find(_MARK, done)) >= 0:
        closing = text.find(_MARK, mark + len(_MARK))
        if closing < 0:
            return
        start, end = mark, closing + len(_MARK)
        while start > done and _is_space(text[start - 1]):
            start -= 1
        after = end
        while after < len(text) and _is_space(text[after]):
            after += 1
        if text[after : after + 1] in _LINE_BREAKS and (not start or text[start - 1] in _LINE_BREAKS):
            end = after + (2 if text.startswith("\r\n", after) else 1)
        elif end < len(text) and not text[end].isspace():
            start = mark
        done = min(end, len(text))
        yield Span(start, done)


def _is_space(char: str) -> bool:
    return char.isspace() and char not in _LINE_BREAKS
