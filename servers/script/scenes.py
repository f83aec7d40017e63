"""Gathers sentences into scenes of a target length, and gives scenes ids that outlive edits elsewhere.

A paragraph is divided by itself, so an edit in one leaves the scenes of the others as they are. Only tiny
paragraphs (a line of dialogue) share scenes with their neighbours, and a heading goes with what it heads and
begins a scene.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from servers.chassis.text import speakable
from servers.script.grouping import LONGEST, Piece, divide
from servers.script.pace import clock
from servers.script.paragraphs import Span, trimmed
from servers.script.sentences import Sentence

TINY = 0.45
"""A paragraph shorter than this share of the target does not make a scene alone."""

LONGEST_TEXT = 20_000
"""Characters in one scene, as Compose takes them."""

_SENTENCE_CUT = 0.02
_QUOTATION_CUT = 0.2
_CLAUSE_CUT = 0.1
_GROWTH = 1.2

_CLAUSE_END = re.compile(r"(?:[，、；：،؛,;:](?!\d)|[—–]+|…+|\.{3,})[\"'”’」』)）》]*\s*")
_SPACE = re.compile(r"\s+")


@dataclasses.dataclass(frozen=True, slots=True)
class _Atom:
    """What a scene takes whole: a sentence, or a clause of one that is too long."""

    span: Span
    piece: Piece


def gather(text: str, sentences: Sequence[Sentence], target_seconds: float, most: int) -> list[Span]:
    """The scenes as ranges of the text: at most `most`, for which the target grows as it must.

    Sentences that can not be spoken are left out. A scene is longer than `LONGEST_TEXT` only where that many
    characters in a row can not be spoken. There are more than `most` only when fewer would be longer.
    """
    spoken = [sentence for sentence in sentences if speakable(text[sentence.start : sentence.end])]
    if not spoken:
        return []
    times = clock(text)
    target = max(target_seconds, 0.7 * (times[-1] - times[0]) / most)
    while True:
        scenes = list(_gather(text, spoken, times, target))
        if len(scenes) <= most:
            return [part for atoms in scenes for part in _bounded(atoms)]
        target *= _GROWTH


def atoms(text: str, sentences: Sequence[Sentence], target_seconds: float) -> list[Span]:
    """What scenes of that length are made of, in order: each spoken sentence, or a long one's clauses."""
    times = clock(text)
    return [
        atom.span
        for sentence in sentences
        if speakable(text[sentence.start : sentence.end])
        for atom in _atoms(text, sentence, times, target_seconds)
    ]


def cut(text: str, units: Sequence[Span], ends: Sequence[int], target_seconds: float) -> list[Span]:
    """The scenes that end behind the units of these numbers, in order; the last number is the last unit's.

    One that would be more than twice as long as the target, or hold too many characters, is divided further.
    """
    times = clock(text)
    found: list[Span] = []
    start = 0
    for end in ends:
        part = [
            _Atom(span, Piece(times[span.end] - times[span.start], _SENTENCE_CUT))
            for span in units[start : end + 1]
        ]
        long = times[part[-1].span.end] - times[part[0].span.start] > LONGEST * target_seconds
        groups = divide([atom.piece for atom in part], target_seconds) if long else [range(len(part))]
        found += [span for group in groups for span in _bounded([part[at] for at in group])]
        start = end + 1
    return found


def _bounded(atoms: Sequence[_Atom]) -> Iterator[Span]:
    """The atoms as one scene, or as several where one would hold too many characters."""
    start, end = atoms[0].span.start, atoms[0].span.end
    for atom in atoms[1:]:
        if atom.span.end - start > LONGEST_TEXT:
            yield Span(start, end)
            start = atom.span.start
        end = atom.span.end
    yield Span(start, end)


def stable_id(text: str, taken: set[str]) -> str:
    """An id made of the text alone, but for a counter where the same text came before; adds it to `taken`.

    White space does not count, so that re-wrapping a text changes no id.
    """
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    digest = hashlib.sha256(plain.encode()).hexdigest()[:12]
    name, count = digest, 1
    while name in taken:
        count += 1
        name = f"{digest}-{count}"
    taken.add(name)
    return name


def _gather(
    text: str, spoken: Sequence[Sentence], times: list[float], target: float
) -> Iterator[list[_Atom]]:
    """The scenes, each as what it is made of."""
    for block in _blocks(spoken, times, target):
        atoms = [atom for sentence in block for atom in _atoms(text, sentence, times, target)]
        atoms = _with_edges(atoms, block)
        for group in divide([atom.piece for atom in atoms], target):
            yield [atoms[at] for at in group]


def _blocks(spoken: Sequence[Sentence], times: list[float], target: float) -> Iterator[list[Sentence]]:
    """Runs of whole paragraphs that are divided together: mostly one paragraph each."""

    def tiny(sentences: Iterable[Sentence]) -> bool:
        return sum(times[one.end] - times[one.start] for one in sentences) < TINY * target

    runs: list[list[Sentence]] = []
    tiny_before = False
    for unit in _with_headings(spoken):
        if runs and tiny(unit) and tiny_before and not unit[0].heading:
            runs[-1].extend(unit)
        else:
            runs.append(unit)
        tiny_before = tiny(unit)
    held: list[Sentence] = []
    block: list[Sentence] = []
    for run in runs:
        # What is headed begins a scene, unless there is too little of it, or of what stands before.
        if run[0].heading and not tiny(run) and not tiny([*held, *block]):
            yield [*held, *block]
            block, held = run, []
        elif not tiny(run):
            if block:
                yield block
            block, held = [*held, *run], []
        elif block:
            block.extend(run)
        else:
            held.extend(run)
    yield block or held


def _with_headings(spoken: Sequence[Sentence]) -> Iterator[list[Sentence]]:
    """Paragraphs, each with the headings before it; one with headings in it is several."""
    unit: list[Sentence] = []
    headed = True
    """Whether the unit holds nothing but headings yet."""
    for sentence in spoken:
        begins = sentence.heading or (unit and unit[-1].paragraph != sentence.paragraph)
        if begins and not headed:
            yield unit
            unit, headed = [], True
        unit.append(sentence)
        headed = headed and sentence.heading
    if unit:
        yield unit


def _atoms(text: str, sentence: Sentence, times: list[float], target: float) -> Iterator[_Atom]:
    whole = Span(sentence.start, sentence.end)
    last_cost = _QUOTATION_CUT if sentence.in_quotation else _SENTENCE_CUT
    spans = list(_clauses(text, whole, times, target)) if _too_long(whole, times, target) else [whole]
    for span in spans:
        cost = last_cost if span is spans[-1] else _CLAUSE_CUT
        yield _Atom(span, Piece(times[span.end] - times[span.start], cost))


def _with_edges(atoms: list[_Atom], block: list[Sentence]) -> list[_Atom]:
    """Marks the last atom of each paragraph of a block."""
    ends = {a.end for a, b in pairwise(block) if a.paragraph != b.paragraph}
    return [
        _Atom(atom.span, Piece(atom.piece.seconds, 0.0, edge=True)) if atom.span.end in ends else atom
        for atom in atoms
    ]


def _too_long(span: Span, times: list[float], target: float) -> bool:
    return times[span.end] - times[span.start] > LONGEST * target or span.end - span.start > LONGEST_TEXT


def _clauses(text: str, sentence: Span, times: list[float], target: float) -> Iterator[Span]:
    """The sentence cut at its commas; where that does not help, between words, and last between letters."""
    ends = [found.end() for found in _CLAUSE_END.finditer(text, sentence.start, sentence.end)]
    for clause in _speakable_parts(text, sentence, ends):
        if _too_long(clause, times, target):
            yield from _speakable_parts(text, clause, _forced_cuts(text, clause, times, target))
        else:
            yield clause


def _speakable_parts(text: str, span: Span, ends: Iterable[int]) -> Iterator[Span]:
    """The span cut at `ends`; a part without a letter or digit stays with what stands around it."""
    last = next((at for at in range(span.end - 1, span.start - 1, -1) if text[at].isalnum()), span.start)
    start = first = span.start
    for end in ends:
        while first < span.end and not text[first].isalnum():
            first += 1
        if first < end <= last:
            yield trimmed(text, start, end)
            start = first = end
    yield trimmed(text, start, span.end)


def _forced_cuts(text: str, span: Span, times: list[float], target: float) -> Iterator[int]:
    """Cuts about one target apart, at white space where there is any."""
    start = span.start
    spaces = [found.end() for found in _SPACE.finditer(text, span.start, span.end)]
    ends = iter([*spaces, span.end])
    end = next(ends)
    for position in range(span.start + 1, span.end):
        while end <= position and end < span.end:
            end = next(ends)
        if times[position] - times[start] < target and position - start < LONGEST_TEXT // 2:
            continue
        near = times[end] - times[start] <= LONGEST * target and end - start <= LONGEST_TEXT
        at_space = text[position - 1].isspace()
        if at_space or (not near and not _clings(text[position])):
            yield position
            start = position


def _clings(char: str) -> bool:
    """True for what belongs to the character before it: accents, joiners, variation selectors."""
    return bool(unicodedata.combining(char)) or unicodedata.category(char) in {"Mn", "Me", "Mc", "Cf"}
