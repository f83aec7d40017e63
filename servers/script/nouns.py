"""Reads in a text what can be painted, and what happens in it, by the lexicon."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence

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
        "that her one two three four five ten many several few more old young big small little great tall high wide "
        "long dark bright white black red green golden grey gray brown blue yellow fresh hot cold warm new and".split()
    )
)
_NEGATIONS = frozenset("not never cannot nor neither without".split())
_CHINESE_NEGATIONS = ("不", "没", "没有", "没能", "别", "未", "不能", "不敢", "不会", "不要", "不想", "不肯")
# "Since dawn" is not the hour of the scene; nor is 从早上.
_ELSEWHEN = frozenset("since until till before after".split())
_CHINESE_OBJECT = ("把", "将", "被", "对", "给", "向")
_CHINESE_ELSEWHEN = ("从", "自", "自从", "直到", "等到")

# What stands between "no" and the noun that is not there: "no big bad wolf", "no sign of a wolf".
_ABSENT = re.compile(
    r"\b(?:no(?! (?:one|longer|doubt|sooner|matter|more than)\b)|without|nor|neither|not (?:a|an|any|one)|never (?:a|an|any)"
    r"|n[’']t (?:a|an|any))(?: (?:a|an|any|the|his|her|its|their|single|more|other|sign of|trace of))*"
    r"(?: (?!and\b|but\b|so\b|that\b)[a-z]+)?(?: (?:big|bad|small|little|great|old|young|tall|long|dark|green|red))*"
    r"(?: (?:a|an|the))? $",
    re.I,
)
_CHINESE_ABSENT = re.compile(
    r"(?:没有|没|毫无|并无|不见|看不见|看不到|不是|并非|没了|无)(?:一|任何|什么|半|几|多少)?[只个条头匹棵朵滴点丝片张把辆艘座位名根块]?(?:的)?$"
)
# What something is only likened to: "like a lake", "as tall as a tower", 像一面镜子.
_LIKENED = re.compile(
    r"(?:(?<!\bi )(?<!\byou )(?<!\bwe )(?<!\bthey )(?<!\bto )(?<!n[’']t )(?<!\bwould )(?<!\balso )\blike"
    r"|\bas [a-z]+ as|\bas (?:if|though))(?: (?:a|an|the|two|his|her|its|their|some))?(?: [a-z]+)? $",
    re.I,
)
_CHINESE_LIKENED = re.compile(r"(?:像|好像|仿佛|如同|犹如|好比|似的?)[^，。！？；、：,.!?;:]{0,6}$")
# Where something comes from, or what it is of, is not where the story is.
_ELSEWHERE = re.compile(
    r"\b(?:from|of|about|than|beyond|towards?|called|named|reach|leave|left|of all)"
    r"(?: (?:a|an|the|his|her|its|their|this|that))?(?: [a-z]+)? $",
    re.I,
)
_CHINESE_ELSEWHERE = re.compile(r"(?:从|离|关于|离开|向往|想念|通往|来自)[^，。！？；、：,.!?;:]{0,3}$")
_OVER = re.compile(r"[a-z]* (?:(?:had|has|was|were|is) )?(?:stopped|ended|ceased|passed|over|cleared|lifted|gone|died down)\b", re.I)
_CHINESE_OVER = re.compile(r"(?:终于|渐渐|慢慢|已经|都|也|就)?(?:停|止|过后|过去|散|歇|住了)")
_STOPPED = re.compile(r"\b(?:stopped|ceased|after the|no longer) $", re.I)
_LOOK_AROUND = 40
_PLACES = ("place", "building")


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
        named = {word: figure.noun for figure in figures for word in figure.words if word.strip()}
        self._named = {word.casefold(): noun for word, noun in named.items()}
        longest = sorted(named, key=lambda word: (-len(word), word))
        self._pattern = re.compile("|".join(map(_pattern, longest))) if longest else None

    def read(self, text: str) -> list[Mention]:
        """What a text speaks of, in the order of its words and as often as it does.

        What does not happen ("did not laugh", 不敢吃) and another hour than the scene's ("since dawn") are left
        out. What is not there ("no wolf", 没有狼) is told as such.
        """
        found: list[Mention] = []
        if self._pattern is not None:
            for match in self._pattern.finditer(text):
                found.append(Mention(match.start(), self._named[match.group().casefold()]))
            # A figure's name holds no other nouns.
            text = self._pattern.sub(_hidden, text)
        plain = simplified(text)
        return sorted([*found, *_english(plain), *_chinese(plain)], key=lambda mention: mention.at)


def read(text: str) -> list[Mention]:
    """What a text speaks of, as a Reader without figures reads it."""
    return _PLAIN.read(text)


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
    lead = text[max(0, at - _LOOK_AROUND) : at]
    acts = not _PREPOSITIONS.intersection(before)
    here = not _ABSENT.search(lead) and not _LIKENED.search(lead)
    elsewhere = entry.kind in _PLACES and bool(_ELSEWHERE.search(lead))
    end = at + len(phrase)
    over = entry.kind == "weather" and bool(_OVER.match(text[end : end + _LOOK_AROUND]) or _STOPPED.search(lead))
    return Mention(at, entry, acts, here, elsewhere, over)


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
    """and but then or so to also always often still soon just already suddenly slowly quickly quietly happily again once
    now was were is are am be been being had has have did do does will would could can may might must should all both
    he she it they who which that i we you there up down out away off back""".split()
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
        lead = text[max(0, at - 12) : at]
        here = not _CHINESE_ABSENT.search(lead) and not _CHINESE_LIKENED.search(lead)
        elsewhere = entry.kind in _PLACES and bool(_CHINESE_ELSEWHERE.search(lead))
        over = entry.kind == "weather" and bool(_CHINESE_OVER.match(text, match.end()))
        yield Mention(at, entry, not before.endswith(_CHINESE_OBJECT), here, elsewhere, over)


def _counts(entry: Noun | Action, before: str) -> bool:
    if isinstance(entry, Action):
        return not before.endswith(_CHINESE_NEGATIONS)
    return entry.kind != "time" or not before.endswith(_CHINESE_ELSEWHEN)


_PLAIN = Reader()
