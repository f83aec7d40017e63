"""How a text is laid out: its title line, its paragraphs, and the lines in a paragraph that stand alone.

Offsets are Unicode code points into the text as it was given; nothing is rewritten.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from servers.chassis import words

TITLE_COLUMNS = 80
"""Longest title, counting wide characters as two columns: 80 Latin letters or 40 Chinese characters."""

VERSE_COLUMNS = 50
"""Lines of prose that someone wrapped are longer than this; shorter ones may be verse."""

_LINE_BREAK = re.compile(r"\r\n|[\r\n\u2028\u2029]")
_BLANK_LINES = re.compile(r"(?:\r\n|[\r\n\u2028\u2029])[^\S\r\n\u2028\u2029]*(?:\r\n|[\r\n\u2028\u2029])\s*")
_HEADING = re.compile(r"\s*#{1,6}\s")
_CHAPTER = re.compile(
    r"\s*(?:第[一二三四五六七八九十百千零〇\d]{1,6}[章节回幕部卷]|(?:chapter|part|act)\s+[\divxlc]+\b)", re.I
)
_NUMBERED = re.compile(r"\s*(?:\d{1,3}(?:[.)）．]\s|[、．])|[(（]?[一二三四五六七八九十]{1,3}[)）、])")
_LABEL = re.compile(
    r"\s*(?P<name>[^\W\d_a-z][^\W\d_]{0,30}(?:[ .'’-]{1,2}[^\W\d_]{1,30}){0,2}|[\u3400-\u9fff·]{1,8})"
    r"\s?[:：]\s*(?=[^\s/])"
)
_INTRODUCES = re.compile(r".*[:：]\s*$")
_LIST_ITEM = re.compile(
    r"\s*(?:[-*+•·▪◦‣–—]\s|[(（]?\d{1,3}[.)）．]\s|\d{1,3}[、．]|[(（][一二三四五六七八九十\da-z]{1,3}[)）]"
    r"|[一二三四五六七八九十]{1,3}、|[a-z][.)]\s)"
)
_INDENT = "\u3000"


class Span(words.Span):
    """A range of the text: `text[start:end]`."""

    __slots__ = ()

    def of(self, text: str) -> str:
        """The characters of the range."""
        return text[self.start : self.end]


def trimmed(text: str, start: int, end: int) -> Span:
    """The range without the white space at both ends; an empty range when there is nothing else."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)


def paragraphs(text: str) -> list[Span]:
    """The runs of lines between blank lines, trimmed. White space alone is no paragraph."""
    found: list[Span] = []
    start = 0
    for blank in _BLANK_LINES.finditer(text):
        found.append(trimmed(text, start, blank.start()))
        start = blank.end()
    found.append(trimmed(text, start, len(text)))
    return [span for span in found if span.start < span.end]


def title_of(text: str, spans: list[Span]) -> Span | None:
    """The first paragraph when it is a title: one short line, no list item, without a mark at its end.

    The last paragraph is never a title: it is all there is to say. Nor is the first of several chapters'.
    """
    if len(spans) < 2 or not is_heading(text, spans[0]):
        return None
    rest = text[spans[0].end :]
    if _CHAPTER.match(spans[0].of(text)) and any(_CHAPTER.match(span.of(text)) for span in spans[1:]):
        return None
    return spans[0] if any(char.isalnum() for char in rest) else None


def is_heading(text: str, span: Span) -> bool:
    """True for one short line that ends without a mark, or that is marked as a heading ("# ...")."""
    line = span.of(text)
    if _LINE_BREAK.search(line) or columns(line) > TITLE_COLUMNS or _is_list_item(line):
        return False
    if not any(char.isalnum() for char in line):
        return False
    return bool(_HEADING.match(line)) or not ends_with_mark(line)


def headings(text: str, spans: list[Span]) -> Iterator[Span]:
    """The lines that head what follows them: headings, numbered ones too, and what introduces a list."""
    for number, span in enumerate(spans):
        after = spans[number + 1].of(text) if number + 1 < len(spans) else ""
        if is_heading(text, span) or (_is_numbered_heading(span.of(text)) and not _is_list_item(after)):
            if after:
                yield span
            continue
        lines = list(lines_of(text, span))
        for line, below in zip(lines, [*(line.of(text) for line in lines[1:]), after], strict=True):
            words = line.of(text)
            if _heads(words) or (_INTRODUCES.fullmatch(words) and _is_list_item(below)):
                yield trimmed(text, line.start, line.end)


def _is_numbered_heading(paragraph: str) -> bool:
    if _LINE_BREAK.search(paragraph) or columns(paragraph) > TITLE_COLUMNS or ends_with_mark(paragraph):
        return False
    return bool(_NUMBERED.match(paragraph))


def label_of(line: str) -> str:
    """Who speaks a line of dialogue, "Anna" of "Anna: Where to?"; "" where the line names nobody."""
    found = _LABEL.match(line)
    return found["name"] if found else ""


def lines_of(text: str, span: Span) -> Iterator[Span]:
    """The lines of a range, without their breaks."""
    start = span.start
    for found in _LINE_BREAK.finditer(text, span.start, span.end):
        yield Span(start, found.start())
        start = found.end()
    yield Span(start, span.end)


def heading_text(line: str) -> str:
    """A title line as people would write it: without '#', quotation marks of books, byte order mark."""
    plain = line.replace("\ufeff", "").strip().lstrip("#").rstrip(" :：").strip()
    if plain.startswith("《") and plain.endswith("》") and plain.count("《") == 1:
        plain = plain[1:-1]
    return " ".join(plain.split())


def lines_apart(text: str, paragraph: Span) -> Iterator[Span]:
    """The parts of a paragraph across whose edges no sentence runs: list items, headings, verse.

    A line break that someone's editor put into prose is no edge.
    """
    start = paragraph.start
    for edge in _edges(text, paragraph):
        part = trimmed(text, start, edge)
        if part.start < part.end:
            yield part
        start = edge
    part = trimmed(text, start, paragraph.end)
    if part.start < part.end:
        yield part


def columns(line: str) -> int:
    """Width of a line in columns of a terminal: wide characters count as two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)


def _edges(text: str, paragraph: Span) -> Iterator[int]:
    body = paragraph.of(text)
    breaks = list(_LINE_BREAK.finditer(body))
    if not breaks:
        return
    starts = [0, *(found.end() for found in breaks)]
    lines = [body[a:b] for a, b in zip(starts, [*starts[1:], len(body)], strict=True)]
    verse = all(columns(line.strip()) <= VERSE_COLUMNS for line in lines)
    for above, line, start in zip(lines, lines[1:], starts[1:], strict=False):
        if _stands_alone(line) or _heads(above) or (verse and _verse_edge(above.strip(), line.strip())):
            yield paragraph.start + start


def _stands_alone(line: str) -> bool:
    return line.startswith(_INDENT) or _is_list_item(line) or _heads(line) or bool(label_of(line))


def _heads(line: str) -> bool:
    if _HEADING.match(line):
        return True
    return bool(_CHAPTER.match(line)) and columns(line) <= TITLE_COLUMNS and not ends_with_mark(line)


def _is_list_item(line: str) -> bool:
    return bool(_LIST_ITEM.match(line)) and not _CHAPTER.match(line)


def _verse_edge(above: str, line: str) -> bool:
    """Verse without punctuation: the line ends in a letter, and the next begins like a new one."""
    if not above or not line or not above[-1].isalnum():
        return False
    return line[0].isupper() or not (line[0].islower() or line[0].isascii())


def ends_with_mark(line: str) -> bool:
    """True when the line, but for what closes or clings, ends in a mark that a title does not end in."""
    bare = line.rstrip().rstrip("\"'”’」』)）]】\u200b\ufeff")
    return bool(bare) and bare[-1] in ".。．｡!！?？…,，、;；:：—।؟۔"
