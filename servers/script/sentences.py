"""Divides a text into sentences, in Latin and CJK scripts and where they mix, by rules.

A mark that can end a sentence is weighed with what stands around it: the word before (abbreviations,
initials, acronyms, list numbers), what closes after it (quotation marks and brackets belong to the sentence
they close), and the word that follows (a small letter or "said the fox" goes on). Sentences never run
across paragraphs, list items, headings or lines of verse.

Every character that is not white space lies in exactly one sentence.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from itertools import pairwise

from servers.chassis.text import is_cjk, speakable
from servers.script import abbreviations
from servers.script.paragraphs import Span, ends_with_mark, headings, lines_apart, trimmed

_LATIN_MARKS = ".!?…‽⁇⁈⁉‼"
_FULL_MARKS = "。！？｡．।॥؟۔։።។။"
_CLOSERS = "\"'”’」』»›)）]】〉》〗｝}*_"
_QUOTE_CLOSERS = "\"'”’」』»›"
_OPENERS = "\"'“‘「『«‹(（[【〈《〖"
_PAIRS = {"“": "”", "「": "」", "『": "』", "«": "»"}

_MARKS = re.compile(
    rf"[{_LATIN_MARKS}{_FULL_MARKS}]+(?:[ \u00a0\u202f]?[{re.escape(_LATIN_MARKS + _FULL_MARKS)}]+)?"
    rf"(?P<closers>(?:[{re.escape(_CLOSERS)}]|[ \u00a0\u202f][»›]|\[\d{{1,3}}\])*)"
)
_URL = re.compile(
    r"(?:https?://|www\.)[^\s\u3000-\u9fff“”\"<>]+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]+\.[\w.-]+", re.ASCII
)
_WORD_BEFORE = re.compile(r"(?:[^\W\d_]+\.)*[^\W\d_]+$")
_WORD_AFTER = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_ROMAN = re.compile(r"[IVXLC]+")
_NAME_SPEAKS = re.compile(r"(?:(?:Mrs?|Ms|Dr|Prof|St)\.? )?(?P<name>[^\W\d_]+)\s+(?P<verb>[^\W\d_]+)")
_CHINESE_ATTRIBUTION = re.compile(
    rf"[^。！？!?，,；;：:“「『\n]{{0,14}}[{abbreviations.CHINESE_SPEECH}](?:[了着著过過道]|起来|了起来)?[。！？!?，,：:…；]"
)
_LOOK_AROUND = 40


@dataclasses.dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: `text[start:end]`."""

    start: int
    end: int
    paragraph: int
    """Number of its paragraph, from 0."""
    in_quotation: bool
    """True when it ends inside a quotation that goes on in the next sentence."""
    heading: bool = False
    """True when it heads what follows it."""


def split(text: str, paragraphs: list[Span]) -> list[Sentence]:
    """The sentences of the paragraphs, in order."""
    heads = {span.end for span in headings(text, paragraphs)}
    return [
        dataclasses.replace(sentence, heading=sentence.end in heads)
        for number, span in enumerate(paragraphs)
        for sentence in split_paragraph(text, span, number)
    ]


def pauses(text: str, sentences: list[Sentence]) -> Iterator[int]:
    """Where a line ends a sentence without a mark, as after a heading, an item or a line of verse."""
    for one, after in pairwise(sentences):
        if text.count("\n", one.end, after.start) != 1:
            continue
        if not ends_with_mark(text[max(one.start, one.end - _LOOK_AROUND) : one.end]):
            yield one.end


def split_paragraph(text: str, paragraph: Span, number: int = 0) -> list[Sentence]:
    """The sentences of one paragraph. What can not be spoken ("* * *", an emoji) joins its neighbour."""
    spans = [span for part in lines_apart(text, paragraph) for span in _split_part(text, part)]
    sentences: list[Sentence] = []
    depth = _Depth()
    for span in _joined(text, spans):
        depth.read(span.of(text))
        sentences.append(Sentence(span.start, span.end, number, depth.inside))
    if sentences:
        sentences[-1] = dataclasses.replace(sentences[-1], in_quotation=False)
    return sentences


class _Depth:
    """Follows how deep in quotations a paragraph is."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._straight = False

    def read(self, text: str) -> None:
        for char in text:
            if char in _PAIRS:
                self._open.append(_PAIRS[char])
            elif self._open and char == self._open[-1]:
                self._open.pop()
            elif char == '"':
                self._straight = not self._straight

    @property
    def inside(self) -> bool:
        return bool(self._open) or self._straight


def _joined(text: str, spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    silent_before = False
    for span in spans:
        silent = not speakable(span.of(text))
        if joined and (silent or silent_before):
            joined[-1] = Span(joined[-1].start, span.end)
            silent_before = silent_before and silent
        else:
            joined.append(span)
            silent_before = silent
    return joined


def _split_part(text: str, part: Span) -> list[Span]:
    links = (found.span() for found in _URL.finditer(text, part.start, part.end))
    link = next(links, None)
    spans: list[Span] = []
    start = part.start
    for found in _MARKS.finditer(text, part.start, part.end):
        # A mark that ends a link ends the sentence; one within it is part of the link.
        while link is not None and link[1] <= found.end():
            link = next(links, None)
        if link is not None and link[0] < found.end():
            continue
        if found.end() < part.end and not _Mark(text, start, part.end, found).ends_sentence():
            continue
        spans.append(trimmed(text, start, found.end()))
        start = found.end()
        while start < part.end and text[start].isspace():
            start += 1
    return [*spans, Span(start, part.end)] if start < part.end else spans


class _Mark:
    """A mark that may end the sentence that begins at `begin`, with what closes after it."""

    def __init__(self, text: str, begin: int, limit: int, found: re.Match[str]) -> None:
        self.closers = found["closers"]
        self.run = found[0][: len(found[0]) - len(self.closers)]
        self.begin = text[begin : begin + 8]
        self.before = text[max(begin, found.start() - _LOOK_AROUND) : found.start()]
        rest = text[found.end() : min(limit, found.end() + _LOOK_AROUND)]
        self.after = rest.lstrip()
        self.gap = len(rest) > len(self.after)

    def ends_sentence(self) -> bool:
        if not self.after:
            return True
        if not self.gap and (self.after[0] in "，,、；;：:" or (self.after[0] in "-–—" and self.closers)):
            return False
        if self._attributed():
            return False
        if any(char in _FULL_MARKS for char in self.run):
            return self._full_mark_ends()
        if set(self.run) <= {".", "…", " "} and self.run != ".":
            return self._ellipsis_ends()
        return self._full_stop_ends() if self.run == "." else self._exclamation_ends()

    def _full_mark_ends(self) -> bool:
        if self.run == "．" and self.before[-1:].isdigit() and self.after[0].isdigit():
            return False
        bracketed = self.closers and not any(char in _QUOTE_CLOSERS for char in self.closers)
        # "他（真的！）来了" goes on; "（完。）" ended where it began.
        return not bracketed or self.gap or self.begin[:1] in "(（[【"

    def _ellipsis_ends(self) -> bool:
        if not speakable(self.before):
            return False
        if self.closers and any(char in _QUOTE_CLOSERS for char in self.closers):
            return self._begins_anew()
        if is_cjk(self.after[0]):
            return self.gap
        return self.gap and self._begins_anew() and self._next_word() != "I"

    def _exclamation_ends(self) -> bool:
        if is_cjk(self.after[0]) or self.after[0] in "“「『":
            return True
        return (self.gap or bool(self.closers)) and self._begins_anew()

    def _full_stop_ends(self) -> bool:
        if not self.gap and not self.closers:
            # "OK.然后" ends; "3.14", "example.com" and "3.苹果" do not.
            return (is_cjk(self.after[0]) or self.after[0] in "“「『") and not self.before[-1:].isdigit()
        if (
            len(self.before) <= 4
            and self.begin.startswith(self.before)
            and self.before.strip("([（").isdigit()
        ):
            return False
        if not self._begins_anew():
            return False
        found = _WORD_BEFORE.search(self.before)
        return self.closers != "" or found is None or self._ends_after(found[0])

    def _ends_after(self, word: str) -> bool:
        known, following = word.lower(), self._next_word()
        if known in abbreviations.TITLES:
            return False
        if known in abbreviations.NUMBERED:
            return not self.after[0].isdigit() and not _ROMAN.fullmatch(following)
        initial = len(word) == 1 and word.isupper()
        # "U.S." is one, "fox.org." is not.
        acronym = "." in word and all(len(part) < 3 for part in word.split("."))
        if not initial and not acronym and known not in abbreviations.OPEN_ENDED:
            return True
        if known == "etc" and not self.after[0].isdigit():
            return True
        return following.lower() in abbreviations.STARTERS or self.after[0] in _OPENERS

    def _begins_anew(self) -> bool:
        """True when what follows can begin a sentence: no small letter, no closing mark, no dash."""
        first = self.after.lstrip(_OPENERS + "¿¡")[:1]
        return bool(first) and not first.islower() and first not in "-–—,;:"

    def _next_word(self) -> str:
        found = _WORD_AFTER.match(self.after.lstrip(_OPENERS))
        return found[0] if found else ""

    def _attributed(self) -> bool:
        """True when a quotation closes here and the words after it say who spoke."""
        if not any(char in _QUOTE_CLOSERS for char in self.closers):
            return False
        if is_cjk(self.after[0]):
            return not self.gap and bool(_CHINESE_ATTRIBUTION.match(self.after))
        if self.after[0].islower():
            return True
        found = _NAME_SPEAKS.match(self.after)
        if found is None or found["verb"].lower() not in abbreviations.SPEECH_VERBS:
            return False
        return found["name"] == "I" or found["name"].lower() not in abbreviations.STARTERS
