"""Reads in a text what can be painted, and what happens in it, by the lexicon."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence

from servers.script import presence
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
        """that her one two three four five ten many several few more old young big small little great tall
        high wide long dark bright white black red green golden grey gray brown blue yellow fresh hot cold
        warm new and thick thin heavy tiny huge empty full round soft hard sweet old-fashioned
        """.split()
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
    """False for a noun that hangs on a preposition: what happens next is not its doing. False for an action
    whose doer the lexicon does not know."""
    here: bool = True
    """False for what is said not to be there, or is only likened to."""
    elsewhere: bool = False
    """True for a place that somebody comes from, or that something is of."""
    over: bool = False
    """True for weather that is said to have ended."""


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """A character of the user's own, by the words that stand for it."""

    noun: Noun
    words: Sequence[str]


class Reader:
    """Reads texts in which some words stand for figures."""

    def __init__(self, figures: Sequence[Figure] = ()) -> None:
        named = {_plain(word): figure.noun for figure in figures for word in figure.words if word.strip()}
        self._named = {word.casefold(): noun for word, noun in named.items()}
        longest = sorted(named, key=lambda word: (-len(word), word))
        self._pattern = re.compile("|".join(map(_pattern, longest))) if longest else None

    def read(self, text: str) -> list[Mention]:
        """What a text speaks of, in the order of its words and as often as it does.

        What does not happen ("did not laugh", 不敢吃) and another hour than the scene's ("since dawn") are
        left out. What is not there ("no wolf", 没有狼) is told as such.
        """
        found: list[Mention] = []
        if self._pattern is not None:
            for match in self._pattern.finditer(text):
                noun = self._named.get(_plain(match.group()).casefold())
                if noun is not None:
                    found.append(Mention(match.start(), noun))
            # A figure's name holds no other nouns.
            text = self._pattern.sub(_hidden, text)
        plain = simplified(text)
        return sorted([*found, *_english(plain), *_chinese(plain)], key=lambda mention: mention.at)


def read(text: str) -> list[Mention]:
    """What a text speaks of, as a Reader without figures reads it."""
    return _PLAIN.read(text)


def _plain(word: str) -> str:
    return " ".join(word.split())


def _pattern(word: str) -> str:
    """A name as it may stand in a text: a capital counts where it has one, and Latin words are whole."""
    pieces = r"\s+".join(re.escape(piece) for piece in word.split())
    first, last = word.split()[0][0], word.split()[-1][-1]
    before = r"(?<![^\W\u3040-\u30ff\u3400-\u9fff])" if first.isascii() and first.isalnum() else ""
    after = r"(?![^\W\u3040-\u30ff\u3400-\u9fff])" if last.isascii() and last.isalnum() else ""
    return rf"{before}{pieces}{after}" if first.isupper() else rf"{before}(?i:{pieces}){after}"


def _hidden(match: re.Match[str]) -> str:
    return "".join("q" if char.isascii() else "□" for char in match.group())


def _english(text: str) -> Iterator[Mention]:
    words = [
        (match.start(), match.group().replace("’", "'"))
        for match in _WORD.finditer(text)
        if match.group().replace("’", "'").isascii()
    ]
    lower = [word.lower() for _, word in words]
    at = 0
    while at < len(words):
        taken = 1
        before = lower[max(0, at - 2) : at]
        for length in range(min(_LONGEST_ENGLISH, len(words) - at), 0, -1):
            phrase = " ".join(lower[at : at + length])
            entry = _english_entry(phrase, words[at][1][:1].isupper(), before)
            if entry is not None:
                yield _english_mention(text, words[at][0], phrase, entry, before)
                taken = length
                break
        at += taken


def _english_mention(text: str, at: int, phrase: str, entry: Noun | Action, before: list[str]) -> Mention:
    if isinstance(entry, Action):
        return Mention(at, entry, acts=_has_doer(before))
    acts = not _PREPOSITIONS.intersection(before)
    return Mention(at, entry, acts, *presence.english(text, at, at + len(phrase), entry.kind))


def _english_entry(phrase: str, capital: bool, before: list[str]) -> Noun | Action | None:
    """What a word or phrase means after the one or two words before it."""
    last = before[-1] if before else ""
    known = phrase if phrase in LEXICON.english else phrase.removesuffix("'s")
    noun = LEXICON.english.get(known)
    if noun is not None and known in LEXICON.names and not capital:
        noun = None
    # "Rain fell" tells of the weather, "Cook the rice" of no cook.
    begins = capital and noun is not None and noun.kind == "weather"
    if noun is not None and (phrase not in LEXICON.doubtful or last in _BEFORE_NOUN or begins):
        return None if noun.kind == "time" and _ELSEWHEN.intersection(before) else noun
    action = LEXICON.english_actions.get(phrase)
    # "A walk", "the building": no verb.
    if action is None or last in _DETERMINERS:
        return None
    return None if any(word in _NEGATIONS or word.endswith("n't") for word in before) else action


_PASSED_BY = frozenset(
    """and but then or so to also always often still soon just already suddenly slowly quickly quietly happily
    again once now was were is are am be been being had has have did do does will would could can may might
    must should all both he she it they who which that i we you there up down out away off back
    """.split()
)


def _has_doer(before: list[str]) -> bool:
    """False where the word before an action is a noun that the lexicon does not know: "the gnu ran"."""
    last = before[-1] if before else ""
    if not last or last in _PASSED_BY or last.endswith("ly") or last in LEXICON.english_actions:
        return True
    noun = LEXICON.english.get(last) or LEXICON.english.get(last.removesuffix("'s"))
    if noun is not None:
        return noun.kind in ("animal", "person") or bool(_PREPOSITIONS.intersection(before[:-1]))
    return set(last) == {"q"} or len(before) < 2 or before[-2] not in _DETERMINERS


def _chinese(text: str) -> Iterator[Mention]:
    for match in _CHINESE_WORD.finditer(text):
        at, word = match.start(), match.group()
        entry = LEXICON.chinese.get(word) or LEXICON.chinese_actions.get(word)
        before = text[max(0, at - 2) : at]
        if entry is None or not _counts(entry, before):
            continue
        if isinstance(entry, Action):
            yield Mention(at, entry)
            continue
        acts = not before.endswith(_CHINESE_OBJECT)
        yield Mention(at, entry, acts, *presence.chinese(text, at, match.end(), entry.kind))


def _counts(entry: Noun | Action, before: str) -> bool:
    if isinstance(entry, Action):
        return not before.endswith(_CHINESE_NEGATIONS)
    return entry.kind != "time" or not before.endswith(_CHINESE_ELSEWHEN)


_PLAIN = Reader()
