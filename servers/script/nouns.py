"""Reads in a text what can be painted, and what happens in it, by the lexicon."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from servers.script.lexicon import LEXICON, Action, Noun, simplified

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LONGEST_ENGLISH = max(len(words.split()) for words in (*LEXICON.english, *LEXICON.english_actions))

_CHINESE = sorted(
    {*LEXICON.chinese, *LEXICON.chinese_actions, *LEXICON.others}, key=lambda word: (-len(word), word)
)
# The longest word first. Most characters begin no word: the look ahead passes over them quickly.
_CHINESE_WORD = re.compile(rf"(?=[{''.join({word[0] for word in _CHINESE})}])(?:{'|'.join(_CHINESE)})")

_DETERMINERS = frozenset("a an the this these those my your his its our their some any no every each".split())
# A word that is as often a verb is a noun after one of these.
_PREPOSITIONS = frozenset(
    "of in on at to into under over by with from through across near behind beside above below".split()
)
_BEFORE_NOUN = (
    _DETERMINERS
    | _PREPOSITIONS
    | frozenset(
        "that her one two three old young big small little great tall high wide long dark bright white "
        "black red green golden".split()
    )
)
_NEGATIONS = frozenset("not never cannot nor neither without".split())
_CHINESE_NEGATIONS = ("不", "没", "没有", "没能", "别", "未", "不能", "不敢", "不会", "不要", "不想", "不肯")
# "Since dawn" is not the hour of the scene; nor is 从早上.
_ELSEWHEN = frozenset("since until till before after".split())
_CHINESE_OBJECT = ("把", "将", "被", "对", "给", "向")
_CHINESE_ELSEWHEN = ("从", "自", "自从", "直到", "等到")


@dataclasses.dataclass(frozen=True, slots=True)
class Mention:
    """One place where a text speaks of something."""

    at: int
    """Where its word begins."""
    entry: Noun | Action
    acts: bool = True
    """False for a noun that hangs on a preposition: what happens next is not its doing."""


def read(text: str) -> list[Mention]:
    """What a text speaks of, in the order of its words and as often as it does.

    What does not happen ("did not laugh", 不敢吃) and another hour than the scene's ("since dawn") are left
    out.
    """
    plain = simplified(text)
    return sorted([*_english(plain), *_chinese(plain)], key=lambda mention: mention.at)


def _english(text: str) -> Iterator[Mention]:
    words = [
        (match.start(), match.group().lower().replace("’", "'"))
        for match in _WORD.finditer(text)
        if match.group().replace("’", "'").isascii()
    ]
    at = 0
    while at < len(words):
        taken = 1
        before = [word for _, word in words[max(0, at - 2) : at]]
        for length in range(min(_LONGEST_ENGLISH, len(words) - at), 0, -1):
            phrase = " ".join(word for _, word in words[at : at + length])
            entry = _english_entry(phrase, before)
            if entry is not None:
                yield Mention(words[at][0], entry, acts=not _PREPOSITIONS.intersection(before))
                taken = length
                break
        at += taken


def _english_entry(phrase: str, before: list[str]) -> Noun | Action | None:
    """What a word or phrase means after the one or two words before it."""
    last = before[-1] if before else ""
    noun = LEXICON.english.get(phrase) or LEXICON.english.get(phrase.removesuffix("'s"))
    if noun is not None and (phrase not in LEXICON.doubtful or last in _BEFORE_NOUN):
        return None if noun.kind == "time" and _ELSEWHEN.intersection(before) else noun
    action = LEXICON.english_actions.get(phrase)
    # "A walk", "the building": no verb.
    if action is None or last in _DETERMINERS:
        return None
    return None if any(word in _NEGATIONS or word.endswith("n't") for word in before) else action


def _chinese(text: str) -> Iterator[Mention]:
    for match in _CHINESE_WORD.finditer(text):
        at, word = match.start(), match.group()
        entry = LEXICON.chinese.get(word) or LEXICON.chinese_actions.get(word)
        before = text[max(0, at - 2) : at]
        if entry is not None and _counts(entry, before):
            yield Mention(at, entry, acts=not before.endswith(_CHINESE_OBJECT))


def _counts(entry: Noun | Action, before: str) -> bool:
    if isinstance(entry, Action):
        return not before.endswith(_CHINESE_NEGATIONS)
    return entry.kind != "time" or not before.endswith(_CHINESE_ELSEWHEN)
