"""Writes what is to be seen, and how it moves, for each scene of a story.

A prompt names the scene's own nouns first, who before what. What a scene leaves unsaid is carried forward, so
that pictures belong together: who was last on the stage where the scene speaks of "she", the place, the
weather, the hour, the season. What is only talked of, between quotation marks, is seen where it is said, but
not carried, and does not happen.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Sequence

from reelmesh.script.v1.script_pb2 import PromptParts
from servers.script.lexicon import Action, Noun
from servers.script.nouns import Mention, read

_CAST = ("animal", "person")
_PLACES = ("place", "building")
_AIR = ("weather", "time", "season", "sky")
_NO_TAGS = (*_AIR, "feature")
_MOST_OF_A_KIND = 3
_EXCERPT_CHARACTERS = 300
_ENGLISH_MOVES = ("slow push in", "slow pull back", "slow pan to the left", "slow pan to the right")
_CHINESE_MOVES = ("镜头缓缓推近", "镜头缓缓拉远", "镜头缓缓向左平移", "镜头缓缓向右平移")
# What a still picture does not show.
_UNSEEN = ("talking", "looking")

# What the sun, a river or the wind does, whoever else is there.
_OF_NATURE = ("blowing", "flowing", "growing", "shining")

_QUOTED = re.compile(r'“[^”]*”?|"[^"]*"?|「[^」]*」?|『[^』]*』?|«[^»]*»?')
_ONE = re.compile(r"\b(?:he|she)\b|[他她它牠](?!们|們)", re.I)
_MANY = re.compile(r"\bthey\b|[他她它牠][们們]", re.I)


@dataclasses.dataclass(frozen=True)
class Prompt:
    """What is to be seen in one scene, and how it moves."""

    image: str
    motion: str


@dataclasses.dataclass(frozen=True)
class _View:
    """What one scene shows."""

    seen: Sequence[Noun]
    """Who first, then what, where and when."""
    deeds: Sequence[tuple[Noun | None, Action]]
    """Who does what, in order."""


def write(texts: Sequence[str], language: str, parts: PromptParts, seeds: Sequence[int]) -> list[Prompt]:
    """One prompt for each scene's text. `seeds` vary the camera."""
    stage = _Stage(texts, parts.setting)
    chinese = _is_chinese(language)
    return [
        _prompt(text, stage.next(text), chinese, parts, seed) for text, seed in zip(texts, seeds, strict=True)
    ]


def tags(text: str, language: str, most: int = 8) -> list[str]:
    """The nouns a text speaks of most, most telling first."""
    chinese = _is_chinese(language)
    counted = Counter(noun for noun in _mentioned(read(text)) if noun.kind not in _NO_TAGS)
    return [_named(noun, chinese) for noun, _ in counted.most_common(most)]


class _Stage:
    """What is known of the story's stage when a scene begins."""

    def __init__(self, texts: Sequence[str], setting: str) -> None:
        counted = Counter(noun for text in texts for noun in _mentioned(read(text)))
        self._place = [] if setting else _commonest(counted, _PLACES)
        self._cast = _commonest(counted, _CAST)
        self._air: list[Noun] = []

    def next(self, text: str) -> _View:
        """What the scene of that text shows."""
        mentions = read(text)
        said = _nouns(mentions)
        told, quoted = _QUOTED.subn(" ", text)
        shown = read(told) if quoted else mentions
        lasting = _nouns(shown)
        named = _of(said, _CAST)
        # Who is only meant by a pronoun takes no place from who is named.
        meant = self._meant(told)[: max(0, _MOST_OF_A_KIND - len(named))]
        cast = list(dict.fromkeys([*meant, *named]))
        things = [noun for noun in said if noun.kind not in (*_CAST, *_PLACES, *_AIR)]
        air = _changed(self._air, _of(said, _AIR))
        place = _of(said, _PLACES) or self._place
        seen = _bounded([*(cast or self._cast), *things]) + place[:3] + air[:3]
        self._cast = [noun for noun in cast if noun in lasting or noun in self._cast] or self._cast
        self._place = _of(lasting, _PLACES) or self._place
        self._air = _changed(self._air, _of(lasting, _AIR))
        return _View(seen, _deeds(shown, seen))

    def _meant(self, told: str) -> Sequence[Noun]:
        """Who of the scenes before is spoken of by a pronoun, ahead of any name."""
        for pronoun, meant in ((_ONE, self._cast[:1]), (_MANY, self._cast)):
            found = pronoun.search(told)
            if found is not None and not _of(_nouns(read(told[: found.start()])), _CAST):
                return meant
        return ()


def _prompt(text: str, view: _View, chinese: bool, parts: PromptParts, seed: int) -> Prompt:
    comma = "，" if chinese else ", "
    doing = next(((who, deed) for who, deed in view.deeds if who and deed.english not in _UNSEEN), None)
    words = [_named(noun, chinese) for noun in view.seen]
    if doing is not None and doing[0] in view.seen:
        words[view.seen.index(doing[0])] = _happening(*doing, chinese)
    # A text about what the lexicon does not know is its own best description.
    core = comma.join(words) or " ".join(text.split())[:_EXCERPT_CHARACTERS]
    pieces = (parts.prefix, core, parts.setting, parts.suffix)
    image = comma.join(piece.strip() for piece in pieces if piece.strip())
    moves = _CHINESE_MOVES if chinese else _ENGLISH_MOVES
    happens = [_happening(who, deed, chinese) for who, deed in view.deeds[:2]]
    weather = [_named(noun, chinese) for noun in view.seen if noun.kind == "weather"]
    return Prompt(image, comma.join([*happens, *weather[:1], moves[seed % len(moves)]]))


def _deeds(mentions: Sequence[Mention], seen: Sequence[Noun]) -> list[tuple[Noun | None, Action]]:
    """Each action once, with who was last named before it, or else whom the scene shows first."""
    who = next((noun for noun in seen if noun.kind in _CAST), None)
    deeds: dict[Action, Noun | None] = {}
    for mention in mentions:
        if isinstance(mention.entry, Action):
            deeds.setdefault(mention.entry, None if mention.entry.english in _OF_NATURE else who)
        elif mention.entry.kind in _CAST and mention.acts and mention.entry in seen:
            who = mention.entry
    return [(who, deed) for deed, who in deeds.items()]


def _happening(who: Noun | None, deed: Action, chinese: bool) -> str:
    if who is None:
        return deed.chinese if chinese else deed.english
    return f"{who.chinese}{deed.chinese}" if chinese else f"{who.english} {deed.english}"


def _mentioned(mentions: Sequence[Mention]) -> list[Noun]:
    return [mention.entry for mention in mentions if isinstance(mention.entry, Noun)]


def _nouns(mentions: Sequence[Mention]) -> list[Noun]:
    """Each noun once, in the order of first mention."""
    return list(dict.fromkeys(_mentioned(mentions)))


def _of(nouns: Sequence[Noun], kinds: Sequence[str]) -> list[Noun]:
    return [noun for noun in nouns if noun.kind in kinds]


def _changed(old: Sequence[Noun], new: Sequence[Noun]) -> list[Noun]:
    """The new hour, weather or season, and what stays of the old. The lights in the sky go with the hour."""

    def matter(noun: Noun) -> str:
        return "time" if noun.kind == "sky" else noun.kind

    named = {matter(noun) for noun in new}
    return [*new, *(noun for noun in old if matter(noun) not in named)]


def _commonest(counted: Counter[Noun], kinds: Sequence[str]) -> list[Noun]:
    return [noun for noun, _ in counted.most_common() if noun.kind in kinds][:1]


def _bounded(seen: Sequence[Noun]) -> list[Noun]:
    """No more of a kind than a picture can hold."""
    counted: Counter[str] = Counter()
    kept = []
    for noun in seen:
        counted[noun.kind] += 1
        if counted[noun.kind] <= _MOST_OF_A_KIND:
            kept.append(noun)
    return kept


def _named(noun: Noun, chinese: bool) -> str:
    return noun.chinese if chinese else noun.english


def _is_chinese(language: str) -> bool:
    return language.partition("-")[0].lower() == "zh"
