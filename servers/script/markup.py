"""What of a text's layout is not read out: marks of headings and lists, emphasis, links, repeated speakers.

A story is often written as people write for each other, in Markdown or as a dialogue with a name before
each line. A voice that says "asterisk asterisk" helps nobody; where the marks stood, the pause stays.

One voice reads all parts of a dialogue, so the name before a line is read as a reader of plays would read it.
Only where the same speaker goes on is it left out.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Iterator

from servers.script.paragraphs import Span, label_of, lines_of, trimmed

_HEADING = re.compile(r"[^\S\n]*#{1,6}[^\S\n]+")
_QUOTED = re.compile(r"(?:[^\S\n]*>)+[^\S\n]*")
_BULLET = re.compile(r"[^\S\n]*[-*+•·▪◦‣][^\S\n]+(?:\[[ xX]\][^\S\n]+)?")
_RULE = re.compile(r"\s*([-*_=~])(?:\s*\1){2,}\s*$")
_LINK = re.compile(r"(?P<open>!?\[)[^\[\]\n]+(?P<close>\]\((?:https?://|/|\.|#|mailto:)[^()\s]*\))")
_EMPHASIS = (
    re.compile(r"(?P<open>\*\*|__)(?=[^\s*_])[^\n]{1,500}?(?<=[^\s*_])(?P<close>(?P=open))"),
    re.compile(r"(?<![\w*])(?P<open>\*)(?=[^\s*])[^*\n]+(?<=[^\s*])(?P<close>\*)(?![\w*])"),
    re.compile(r"(?<![\w_])(?P<open>_)(?=[^\s_])[^_\n]+(?<=[^\s_])(?P<close>_)(?![\w_])"),
    re.compile(r"(?<!`)(?P<open>`{1,3})(?!`)[^`\n]+(?P<close>(?P=open))(?!`)"),
)


class Reading:
    """A text as it is read out: without its marks, and with a pause where a line ends unmarked."""

    def __init__(self, text: str, pauses: Iterable[int] = ()) -> None:
        """`pauses` are places where a line ends without a mark: a heading, an item, a line of verse."""
        self._text = text
        self._cuts = _merged(sorted(_cuts(text), key=lambda cut: (cut.start, cut.end)))
        self._ends = [cut.end for cut in self._cuts]
        self._pauses = sorted(pauses)

    def of(self, span: Span) -> str:
        """What is read of a range. A blank line stands where a pause is due: every voice pauses there."""
        kept: list[str] = []
        at = span.start
        for number in range(bisect.bisect_right(self._ends, span.start), len(self._cuts)):
            cut = self._cuts[number]
            if cut.start >= span.end:
                break
            kept.append(self._paused(at, max(at, cut.start)))
            at = min(cut.end, span.end)
        kept.append(self._paused(at, span.end))
        return "".join(kept).strip()

    def _paused(self, start: int, end: int) -> str:
        pieces: list[str] = []
        first, last = bisect.bisect_left(self._pauses, start + 1), bisect.bisect_left(self._pauses, end)
        for pause in self._pauses[first:last]:
            pieces.append(self._text[start:pause])
            start = pause
        return "\n".join([*pieces, self._text[start:end]])


def _cuts(text: str) -> Iterator[Span]:
    lines = list(lines_of(text, Span(0, len(text))))
    labels = [label_of(line.of(text)) for line in lines]
    dialogue = len({label for label in labels if label}) > 1
    before = ""
    for line, label in zip(lines, labels, strict=True):
        words = line.of(text)
        if not words.strip():
            continue
        if _RULE.match(words):
            yield trimmed(text, line.start, line.end)
            continue
        yield from _of_line(words, line.start)
        if dialogue and label and label == before:
            colon = min(at for at in (words.find(":"), words.find("：")) if at >= 0)
            yield Span(line.start, line.end - len(words[colon + 1 :].lstrip()))
        before = label


def _of_line(words: str, start: int) -> Iterator[Span]:
    at = 0
    for opening in (_QUOTED, _HEADING, _BULLET):
        if found := opening.match(words, at):
            # A mark with nothing behind it marks nothing.
            if not words[found.end() :].strip():
                break
            yield Span(start + at, start + found.end())
            at = found.end()
            bare = words.rstrip().rstrip("#")
            if opening is _HEADING and bare[-1:].isspace():
                yield Span(start + max(at, len(bare.rstrip())), start + len(words))
    for pattern in (_LINK, *_EMPHASIS):
        for found in pattern.finditer(words, at):
            yield Span(start + found.start("open"), start + found.end("open"))
            yield Span(start + found.start("close"), start + found.end("close"))


def _merged(cuts: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for cut in cuts:
        if merged and cut.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, cut.end))
        else:
            merged.append(cut)
    return merged
