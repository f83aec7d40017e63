"""Breaking text into lines and captions.

Lines are broken where the sum of what makes a break bad is least: lines of unequal length, breaks away
from punctuation, a word left alone. Latin breaks at spaces; Chinese, Japanese and Thai between words or
phrases (see `servers.compose.phrases`), best after a clause. No line begins with closing punctuation, and
none holds punctuation alone, because that is part of the piece before it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from servers.compose.phrases import starts
from servers.compose.words import Piece

Measure = Callable[[str], float]
"""Width of a text in any unit."""

_SENTENCE_ENDS = frozenset(".!?。！？…‼⁉؟।")
_CLAUSE_ENDS = frozenset(",;:，、；：—–-")
_CLOSERS = frozenset("\"'”’」』）》〉】〕］｝)]}»›")
_LONG_PAUSE = 0.7
"""Seconds of silence that end a caption."""
MOST_LINES = 2
"""Of one caption, unless fewer are asked for."""
_AWAY_FROM_CLAUSE = 0.15
_BETWEEN_WORDS = 0.3
_WITHIN_WORD = 4.0
"""Where no spaces are written, a break may fall into a word: worth several further lines."""
_ANOTHER_LINE = 0.5
_AFTER_SMALL_WORD = 0.15


@dataclass(frozen=True)
class Caption:
    """What is shown at one time: one or two lines of pieces."""

    lines: tuple[tuple[Piece, ...], ...]

    @property
    def start(self) -> float:
        """Seconds at which the first piece is spoken."""
        return self.lines[0][0].start

    @property
    def end(self) -> float:
        """Seconds at which the last piece has been spoken."""
        return self.lines[-1][-1].end

    @property
    def text(self) -> str:
        """The lines, one below the other."""
        return "\n".join(line_text(line) for line in self.lines)


def line_text(line: Sequence[Piece]) -> str:
    """A line as one string."""
    return "".join((" " if piece.spaced and index else "") + piece.text for index, piece in enumerate(line))


def captions(
    pieces: Sequence[Piece], measure: Measure, width: float, most_lines: int = MOST_LINES
) -> list[Caption]:
    """Lays pieces out as captions of a few lines.

    Args:
        pieces: the text in order.
        measure: width of a text.
        width: width of the widest line, in the same unit; a single piece may be wider.
        most_lines: of one caption.
    """
    made: list[Caption] = []
    for sentence in sentences(pieces):
        lines = wrap(sentence, measure, width)
        for at in range(0, len(lines), most_lines):
            made.append(Caption(tuple(lines[at : at + most_lines])))
    return made


def wrap(pieces: Sequence[Piece], measure: Measure, width: float) -> list[tuple[Piece, ...]]:
    """Breaks one run of pieces into the lines that look best."""
    lengths = [measure((" " if piece.spaced else "") + piece.text) for piece in pieces]
    count = len(pieces)
    bad = breaks(pieces)
    best = [0.0] + [float("inf")] * count
    came = [0] * (count + 1)
    for end in range(1, count + 1):
        length = 0.0
        for begin in range(end - 1, -1, -1):
            length += lengths[begin]
            if length > width and begin < end - 1:
                break
            badness = best[begin] + _badness(pieces, end, length / width) + bad[end]
            if badness < best[end]:
                best[end], came[end] = badness, begin
    lines: list[tuple[Piece, ...]] = []
    end = count
    while end > 0:
        lines.append(tuple(pieces[came[end] : end]))
        end = came[end]
    return lines[::-1]


def _badness(pieces: Sequence[Piece], end: int, fill: float) -> float:
    """What a line that ends before `end` and is filled to `fill` adds, wherever it is broken."""
    bad = _ANOTHER_LINE + (1.0 - min(fill, 1.0)) ** 2
    # "the", "of", "to" at the end of a line make the eye jump back.
    small = end < len(pieces) and len(pieces[end - 1].text) <= 3 and pieces[end].spaced
    return bad + (_AFTER_SMALL_WORD if small else 0.0)


def breaks(pieces: Sequence[Piece]) -> list[float]:
    """How bad a break before each piece is, and, for nothing, one behind the last."""
    words = starts(line_text(pieces))
    bad = [0.0]
    place = 0
    for before, after in itertools.pairwise(pieces):
        place += len(before.text) + (1 if after.spaced else 0)
        if _ends_with(before.text, _CLAUSE_ENDS | _SENTENCE_ENDS):
            bad.append(0.0)
        elif after.spaced:
            bad.append(_AWAY_FROM_CLAUSE)
        else:
            bad.append(_BETWEEN_WORDS if place in words else _WITHIN_WORD)
    return [*bad, 0.0]


def ends_sentence(text: str) -> bool:
    """Whether a text ends as sentences do."""
    return _ends_with(text, _SENTENCE_ENDS)


def sentences(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """The pieces by sentences; a long pause and a new paragraph end one too."""
    runs: list[list[Piece]] = []
    for piece in pieces:
        if not runs or piece.fresh or _breaks_after(runs[-1][-1], piece):
            runs.append([])
        runs[-1].append(piece)
    return runs


def _breaks_after(piece: Piece, following: Piece) -> bool:
    if following.start - piece.end > _LONG_PAUSE:
        return True
    if not _ends_with(piece.text, _SENTENCE_ENDS):
        return False
    # "3.5", "e.g.this": a full stop within a word ends no sentence.
    return following.spaced or not piece.text.rstrip("".join(_CLOSERS)).endswith(".")


def _ends_with(text: str, marks: frozenset[str]) -> bool:
    bare = text.rstrip("".join(_CLOSERS))
    return bool(bare) and bare[-1] in marks
