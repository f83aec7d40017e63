"""Breaking text into lines and captions.

Lines are broken where the sum of what makes a break bad is least: lines of unequal length, breaks away
from punctuation, a word left alone. Latin breaks at spaces; Chinese and Japanese between words, best after
a clause. No line begins with closing punctuation, because that is part of the piece before it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from servers.compose.words import Piece

Measure = Callable[[str], float]
"""Width of a text in any unit."""

_SENTENCE_ENDS = frozenset(".!?。！？…‼⁉؟।")
_CLAUSE_ENDS = frozenset(",;:，、；：—–-")
_CLOSERS = frozenset("\"'”’」』）》〉】〕］｝)]}»›")
_LONG_PAUSE = 0.7
"""Seconds of silence that end a caption."""
_MOST_LINES = 2
_AWAY_FROM_CLAUSE = 0.15
_WITHIN_CLAUSE = 1.2
"""Where no spaces are written, a break away from punctuation may fall into a word: worth a further line."""
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


def captions(pieces: Sequence[Piece], measure: Measure, width: float) -> list[Caption]:
    """Lays pieces out as captions of at most two lines.

    Args:
        pieces: the text in order.
        measure: width of a text.
        width: width of the widest line, in the same unit; a single piece may be wider.
    """
    made: list[Caption] = []
    for sentence in _sentences(pieces):
        lines = wrap(sentence, measure, width)
        for at in range(0, len(lines), _MOST_LINES):
            made.append(Caption(tuple(lines[at : at + _MOST_LINES])))
    return made


def wrap(pieces: Sequence[Piece], measure: Measure, width: float) -> list[tuple[Piece, ...]]:
    """Breaks one run of pieces into the lines that look best."""
    lengths = [measure((" " if piece.spaced else "") + piece.text) for piece in pieces]
    count = len(pieces)
    best = [0.0] + [float("inf")] * count
    came = [0] * (count + 1)
    for end in range(1, count + 1):
        length = 0.0
        for begin in range(end - 1, -1, -1):
            length += lengths[begin]
            if length > width and begin < end - 1:
                break
            badness = best[begin] + _badness(pieces, end, length / width)
            if badness < best[end]:
                best[end], came[end] = badness, begin
    lines: list[tuple[Piece, ...]] = []
    end = count
    while end > 0:
        lines.append(tuple(pieces[came[end] : end]))
        end = came[end]
    return lines[::-1]


def _badness(pieces: Sequence[Piece], end: int, fill: float) -> float:
    """What a line that ends before `end` and is filled to `fill` adds."""
    bad = _ANOTHER_LINE + (1.0 - min(fill, 1.0)) ** 2
    if end < len(pieces):
        if not _ends_with(pieces[end - 1].text, _CLAUSE_ENDS):
            bad += _AWAY_FROM_CLAUSE if pieces[end].spaced else _WITHIN_CLAUSE
        # "the", "of", "to" at the end of a line make the eye jump back.
        bad += _AFTER_SMALL_WORD if len(pieces[end - 1].text) <= 3 and pieces[end].spaced else 0.0
    return bad


def _sentences(pieces: Sequence[Piece]) -> list[list[Piece]]:
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
