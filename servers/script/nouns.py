"""Finds what a text says that can be painted, and what happens in it, by the lexicon."""

from __future__ import annotations

import re
from collections.abc import Iterator

from servers.chassis.text import is_han
from servers.script.lexicon import LEXICON, Action, Noun, simplified

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LONGEST_CHINESE = max(map(len, (*LEXICON.chinese, *LEXICON.chinese_actions, *LEXICON.others)))
# A word that is as often a verb is a noun after one of these.
_BEFORE_NOUN = frozenset(
    "a an the this that these those my your his her its our their some any no every each one two three "
    "of in on at to into under over by with from through across near behind beside above below "
    "old young big small little great tall high wide long dark bright white black red green golden".split()
)
_RIPE = 3
"""Most words of an entry, e.g. "bunch of grapes"."""


def nouns(text: str) -> list[Noun]:
    """What can be painted, in the order of its first mention."""
    found: dict[Noun, None] = {}
    for entry in _entries(text):
        if isinstance(entry, Noun):
            found.setdefault(entry)
    return list(found)


def mentions(text: str) -> list[Noun]:
    """What can be painted, as often as it is mentioned."""
    return [entry for entry in _entries(text) if isinstance(entry, Noun)]


def actions(text: str) -> list[Action]:
    """What can be seen to happen, in the order of its first mention."""
    found: dict[Action, None] = {}
    for entry in _entries(text):
        if isinstance(entry, Action):
            found.setdefault(entry)
    return list(found)


def _entries(text: str) -> Iterator[Noun | Action]:
    plain = simplified(text)
    found = [*_english(plain), *_chinese(plain)]
    found.sort(key=lambda pair: pair[0])
    for _, entry in found:
        yield entry


def _english(text: str) -> Iterator[tuple[int, Noun | Action]]:
    words = [
        (match.start(), match.group().lower()) for match in _WORD.finditer(text) if match.group().isascii()
    ]
    at = 0
    while at < len(words):
        taken = 1
        for length in range(min(_RIPE, len(words) - at), 0, -1):
            phrase = " ".join(word for _, word in words[at : at + length])
            entry = _english_entry(phrase, words[at - 1][1] if at else "")
            if entry is not None:
                yield words[at][0], entry
                taken = length
                break
        at += taken


def _english_entry(phrase: str, before: str) -> Noun | Action | None:
    noun = LEXICON.english.get(phrase)
    if noun is not None and (phrase not in LEXICON.doubtful or before in _BEFORE_NOUN):
        return noun
    return LEXICON.english_actions.get(phrase)


def _chinese(text: str) -> Iterator[tuple[int, Noun | Action]]:
    at = 0
    while at < len(text):
        taken = 1
        if is_han(text[at]):
            for length in range(min(_LONGEST_CHINESE, len(text) - at), 0, -1):
                word = text[at : at + length]
                if word in LEXICON.others:
                    taken = length
                    break
                entry = LEXICON.chinese.get(word) or LEXICON.chinese_actions.get(word)
                if entry is not None:
                    yield at, entry
                    taken = length
                    break
        at += taken
