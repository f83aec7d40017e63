"""Follows what stands on a story's stage from scene to scene: who, where, in what weather, at what hour.

What a scene leaves unsaid is carried forward, so that pictures belong together. A pronoun brings back who was
spoken of last, as far as it can speak of them: "she" no king, "it" no person. The place holds until the text
names another; the weather holds while the place does; the hour and the season until others come.

What is only talked of, between quotation marks or after a speaker's name, is not there: the wolf that a fox
tells of stays out of the picture, the grapes that it calls sour are in it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from servers.script.lexicon import LEXICON, Action, Noun
from servers.script.nouns import Mention, Reader
from servers.script.paragraphs import label_of

CAST = ("animal", "person")
PLACES = ("place", "building")
AIR = ("time", "season", "weather", "sky")
MOOD = "mood"
_MOST_CAST = 3
_MOST_THINGS = 4
_MOST_PLACES = 2
_MOST_AIR = {"time": 1, "season": 1, "weather": 2, "sky": 2}
_TALKING = LEXICON.english_actions["talking"]
_SOMEBODY = {"he": LEXICON.english["man"], "she": LEXICON.english["woman"]}

# What the sun, a river or the wind does, whoever else is there.
_OF_NATURE = ("blowing", "flowing", "growing", "shining", "burning", "floating", "rising")

_WET = ("rain", "drizzle", "storm", "snow", "blizzard", "hail", "fog")
_QUOTED = re.compile(r'“[^”]*”?|"[^"]*"?|「[^」]*」?|『[^』]*』?|«[^»]*»?')
_SENTENCE = re.compile(r"[^.!?。！？…\n]+[.!?。！？…\n]*|[.!?。！？…\n]+")
_PRONOUN = re.compile(
    r"\b(?:(?P<he>he|him|himself)|(?P<she>she|herself)"
    r"|(?P<they>they|(?:both|all|some|many|most|two|three|four) of them)"
    r"|(?P<it>it(?! (?:is|was|has|had|rained|rains|snowed|snows|seems|seemed|took|takes|began|will|would"
    r"|can)\b)))\b"
    r"|(?P<zh_they>[他她它牠][们們])|(?P<zh_he>他)|(?P<zh_she>她)|(?P<zh_it>[它牠])",
    re.I,
)
# What of its looks a character keeps.
_LOOKS = re.compile(
    r"(?:\b(?:old|young|little|small|tiny|big|large|huge|tall|fat|thin|red|white|black|brown|gr[ae]y|golden|silver"
    r"|green|blue|yellow|spotted|striped|hungry|wise|brave)\b,? ?)+$",
    re.I,
)
_CHINESE_LOOKS = re.compile(
    r"(?:[小老大白黑红灰金胖瘦]|[红白黑灰金棕黄绿]色的?|年轻的|年老的|美丽的|漂亮的|饥饿的|聪明的|勇敢的|骄傲的)+$"
)
_NEITHER = ("robot", "baby", "ghost", "monster", "alien", "snowman")
_OF_WHAT = re.compile(r"[落掉飘飞跑跳走爬游流]{1,2}[下来出进起过去]{0,2}的")
"""落下来的是雪: what follows falls, not who was spoken of."""
_SPEAKS_OF = {
    "he": ("person", "he"),
    "she": ("person", "she"),
    "zh_he": ("person", "he"),
    "zh_she": ("person", "she"),
    "it": ("animal", ""),
    "zh_it": ("animal", ""),
}


@dataclasses.dataclass(frozen=True)
class View:
    """What one scene shows."""

    cast: Sequence[Noun]
    """Who, the one the scene is about first."""
    things: Sequence[Noun]
    """What else is there, in the order of the text."""
    setting: Sequence[Noun]
    """Where."""
    air: Sequence[Noun]
    """Hour, season, weather, lights in the sky."""
    moods: Sequence[Noun]
    """How it feels."""
    deeds: Sequence[tuple[Noun | None, Action]]
    """Who does what, in order; None for what nature does."""

    @property
    def nouns(self) -> list[Noun]:
        """All of it, as a prompt names it."""
        return [*self.cast, *self.things, *self.setting, *self.air, *self.moods]


class Stage:
    """What is known of the story's stage when a scene begins."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._recent: list[Noun] = []
        """Who was on the stage, who was spoken of last first."""
        self._place: list[Noun] = []
        self._air: list[Noun] = []
        self._looks: dict[Noun, str] = {}
        self._pronouns: dict[Noun, str] = {}
        """Which of "he" and "she" the text has used for whom it could be either."""
        self._talked: list[Noun] = []
        """Which animals were only talked of last: "it" may be one of them."""

    def look_of(self, noun: Noun, chinese: bool) -> str:
        """A character as the text has described it so far, e.g. "old grey wolf"."""
        look = self._looks.get(noun, "")
        return f"{look}{noun.chinese}" if chinese else f"{look} {noun.english}".strip()

    def next(self, text: str) -> View:
        """What the scene of that text shows."""
        told = _told(text)
        cast: list[Noun] = []
        meant: set[Noun] = set()
        deeds: dict[Action, Noun | None] = {}
        mentions: list[Mention] = []
        for sentence in _SENTENCE.findall(told):
            read = self._reader.read(sentence)
            mentions += read
            meant |= self._sentence(sentence, read, cast, deeds)
        there = [one.entry for one in mentions if isinstance(one.entry, Noun) and one.here]
        quoted = self._quoted(text, told)
        things = _once(noun for noun in [*there, *quoted] if noun.kind not in (*CAST, *PLACES, *AIR, MOOD))
        # Where somebody comes from is no other place, unless no place is known yet.
        away = {one.entry for one in mentions if one.elsewhere} if self._place else set()
        place = _once(noun for noun in there if noun.kind in PLACES and noun not in away)
        if place and not set(place) & set(self._place):
            self._air = [noun for noun in self._air if noun.kind in ("time", "season")]
        self._place = place or self._place
        over = {one.entry for one in mentions if one.over}
        named = _once(noun for noun in there if noun.kind in AIR and noun not in over)
        self._air = _changed([noun for noun in self._air if not over or noun.kind != "weather"], named)
        self._talked = _once(noun for noun in quoted if noun.kind == "animal") or self._talked
        setting = self._place[:_MOST_PLACES]
        speaking = self._speaking(text)
        for noun in speaking[:1]:
            deeds.setdefault(_TALKING, noun)
        if not things and not place and set(cast) <= set(speaking) and cast:
            things = _once(noun for noun in quoted if noun.kind in PLACES)
        if not cast and not things and not place:  # nothing but talk: show what it is about, or to whom
            things = _once(noun for noun in quoted if noun.kind in PLACES)
            cast = [] if things else self._recent[:_MOST_CAST]
            if not cast and not things and not setting:
                cast = _once(noun for noun in quoted if noun.kind in CAST)
        # Who is only meant by a pronoun takes no place from who is named.
        while len(cast) > _MOST_CAST and (only_meant := [noun for noun in cast if noun in meant]):
            cast.remove(only_meant[-1])
        shown = cast[:_MOST_CAST]
        return View(
            shown,
            things[:_MOST_THINGS],
            setting,
            self._air,
            _once(noun for noun in there if noun.kind == MOOD)[:1],
            [(who, deed) for deed, who in deeds.items() if who is None or who in shown],
        )

    def _sentence(
        self, sentence: str, read: Sequence[Mention], cast: list[Noun], deeds: dict[Action, Noun | None]
    ) -> set[Noun]:
        """Takes one sentence in: its people, pronouns and deeds, as they come. Returns who was only meant."""
        words: list[tuple[int, Mention | re.Match[str]]] = [(one.at, one) for one in read]
        words += [(found.start(), found) for found in _PRONOUN.finditer(sentence)]
        words.sort(key=lambda word: word[0])
        spoken_of: list[Noun] = []
        meant: set[Noun] = set()
        first_acting: list[Noun] = []
        who = self._recent[0] if self._recent else None
        if words and not sentence.isascii() and self._is_subject(words[0][1]):
            who = None  # 水滴落下来: nobody falls
        for _, word in words:
            if isinstance(word, Mention):
                entry = word.entry
                if isinstance(entry, Action):
                    if entry.english in _OF_NATURE and (who is None or not first_acting):
                        deeds.setdefault(entry, None)
                    # An English sentence names its subject again; a Chinese one need not.
                    elif (
                        who is not None
                        and word.acts
                        and not _OF_WHAT.match(sentence, word.at)
                        and (first_acting or not sentence[word.at].isascii())
                    ):
                        deeds.setdefault(entry, who)
                    continue
                if entry.kind not in CAST or not word.here:
                    continue
                self._remember(entry, sentence[: word.at])
                brought, acts = [entry], word.acts
            else:
                brought, acts = self._meant(word, spoken_of), True
                meant.update(noun for noun in brought if noun not in cast)
                who = brought[0] if brought else None
            spoken_of += brought
            if brought and acts:
                who = brought[0]
                first_acting += brought
            cast.extend(noun for noun in brought if noun not in cast)
        if not first_acting and who is not None and any(who is doer for doer in deeds.values()):
            cast.extend(() if who in cast else (who,))
        latest = _once([*first_acting, *spoken_of])
        self._recent = [*latest, *(noun for noun in self._recent if noun not in latest)]
        return meant - {word.entry for _, word in words if isinstance(word, Mention)}

    @staticmethod
    def _is_subject(word: Mention | re.Match[str]) -> bool:
        """True for a thing that a Chinese sentence begins with, where it is what acts."""
        entry = word.entry if isinstance(word, Mention) else None
        return isinstance(entry, Noun) and entry.kind in (
            "feature",
            "sky",
            "weather",
            "thing",
            "vehicle",
            "plant",
        )

    def _remember(self, noun: Noun, before: str) -> None:
        found = _LOOKS.search(before) or _CHINESE_LOOKS.search(before)
        if found and found.group().lower().strip() not in (noun.english, noun.chinese):
            self._looks.setdefault(noun, " ".join(found.group().lower().replace(",", " ").split()))

    def _meant(self, pronoun: re.Match[str], spoken_of: Sequence[Noun]) -> list[Noun]:
        """Whom a pronoun speaks of: of this sentence the first who fits, else who was on the stage last."""
        kind = str(pronoun.lastgroup)
        known = _once([*spoken_of, *self._recent])
        if kind in ("they", "zh_they"):
            return [] if spoken_of else known[:_MOST_CAST]
        sort, word = _SPEAKS_OF[kind]
        if not word:
            animals = [noun for noun in known if noun.kind == sort] or self._talked
            return (animals or [noun for noun in known if _is_it(noun)])[:1]
        fitting = [noun for noun in known if (noun.pronoun or self._pronouns.get(noun, word)) == word]
        people = [noun for noun in fitting if noun.kind == sort]
        # A fox may be "she". Who is named in no word that we know is a man or a woman all the same.
        found = (people or fitting or [_SOMEBODY[word]])[0]
        self._pronouns.setdefault(found, word)
        return [found]

    def _speaking(self, text: str) -> list[Noun]:
        """Who is named before a line of dialogue."""
        labels = "\n".join(label_of(line) for line in text.split("\n"))
        entries = [one.entry for one in self._reader.read(labels)]
        return _once(entry for entry in entries if isinstance(entry, Noun) and entry.kind in CAST)

    def _quoted(self, text: str, told: str) -> list[Noun]:
        """What is talked of and may well be at hand: things, not people, places or the weather."""
        if told == text:
            return []
        spoken = self._reader.read("".join("。" if a == b else a for a, b in zip(text, told, strict=True)))
        return [one.entry for one in spoken if isinstance(one.entry, Noun) and one.here]


def _is_it(noun: Noun) -> bool:
    """True for whom "it" may speak of though it is no animal: a robot, and a character of the user's own."""
    own = LEXICON.english.get(noun.english) is not noun
    return not noun.pronoun and (own or noun.english in _NEITHER)


def _told(text: str) -> str:
    """The text with blanks in place of what is only said: between quotation marks, or behind a label."""
    lines = []
    for line in _QUOTED.sub(lambda found: " " * len(found.group()), text).split("\n"):
        label = label_of(line)
        if label:
            end = line.index(label) + len(label)
            line = line[:end] + " " * (len(line) - end)
        lines.append(line)
    return "\n".join(lines)


def _changed(old: Sequence[Noun], new: Sequence[Noun]) -> list[Noun]:
    """The new hour, weather or season, and what stays of the old. The lights in the sky go with the hour."""

    def matter(noun: Noun) -> str:
        return "time" if noun.kind == "sky" else noun.kind

    named = {matter(noun) for noun in new}
    if any(noun.english in _WET for noun in new):  # the sun of the scene before is behind the clouds
        old = [noun for noun in old if noun.english != "sun"]
    kept = sorted(
        [*new, *(noun for noun in old if matter(noun) not in named)], key=lambda noun: AIR.index(noun.kind)
    )
    return [
        noun
        for kind, alike in groupby(kept, key=lambda noun: noun.kind)
        for noun in [*alike][: _MOST_AIR[kind]]
    ]


def _once(nouns: Iterable[Noun]) -> list[Noun]:
    return list(dict.fromkeys(nouns))
