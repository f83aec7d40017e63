"""Writes what is to be seen, and how it moves, for each scene of a story.

A prompt names the scene's own nouns first. What a scene leaves unsaid is carried forward, so that pictures
belong together: who was last on the stage where the scene speaks of "it", the place, the weather, the season.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

from reelmesh.script.v1.script_pb2 import PromptParts
from servers.script.lexicon import Action, Noun
from servers.script.nouns import actions, mentions, nouns

_CAST = ("animal", "person")
_PLACES = ("place", "feature", "building")
_AIR = ("weather", "time", "season", "sky")
_MOST_OF_A_KIND = {"animal": 3, "person": 3, "plant": 3, "food": 2, "thing": 3}
_EXCERPT_CHARACTERS = 300
_ENGLISH_MOVES = ("slow push in", "slow pull back", "slow pan to the left", "slow pan to the right")
_CHINESE_MOVES = ("镜头缓缓推近", "镜头缓缓拉远", "镜头缓缓向左平移", "镜头缓缓向右平移")


@dataclasses.dataclass(frozen=True)
class Prompt:
    """What is to be seen in one scene, and how it moves."""

    image: str
    motion: str


def write(texts: Sequence[str], language: str, parts: PromptParts, seeds: Sequence[int]) -> list[Prompt]:
    """One prompt for each scene's text. `seeds` vary the camera."""
    stage = _Stage(texts, parts.setting)
    chinese = language.split("-")[0] == "zh"
    written = []
    for text, seed in zip(texts, seeds, strict=True):
        seen = stage.next(text)
        words = [noun.chinese if chinese else noun.english for noun in seen]
        comma = "，" if chinese else ", "
        # A text about what the lexicon does not know is its own best description.
        core = comma.join(words) or " ".join(text.split())[:_EXCERPT_CHARACTERS]
        pieces = (parts.prefix, core, parts.setting, parts.suffix)
        image = comma.join(piece.strip() for piece in pieces if piece.strip())
        written.append(Prompt(image, _motion(text, seen, chinese, seed)))
    return written


def tags(text: str, language: str, most: int = 8) -> list[str]:
    """The nouns a text speaks of most, most telling first."""
    chinese = language.split("-")[0] == "zh"
    counted = Counter(noun for noun in mentions(text) if noun.kind not in _AIR)
    return [noun.chinese if chinese else noun.english for noun, _ in counted.most_common(most)]


class _Stage:
    """What is known of the story's stage when a scene begins."""

    def __init__(self, texts: Sequence[str], setting: str) -> None:
        counted = Counter(noun for text in texts for noun in mentions(text))
        self._place = [] if setting else _commonest(counted, _PLACES)
        self._cast = _commonest(counted, _CAST)
        self._air: list[Noun] = []

    def next(self, text: str) -> list[Noun]:
        """What is seen in the scene of that text, who first."""
        said = nouns(text)
        cast = [noun for noun in said if noun.kind in _CAST]
        place = [noun for noun in said if noun.kind in _PLACES]
        air = [noun for noun in said if noun.kind in _AIR]
        things = [noun for noun in said if noun.kind not in (*_CAST, *_PLACES, *_AIR)]
        self._cast = cast or self._cast
        self._place = place or self._place
        # A new hour replaces the old one; the season and the weather stay until others are named.
        self._air = [*air, *(old for old in self._air if old.kind not in {noun.kind for noun in air})]
        seen = _bounded([*self._cast, *things]) + self._place[:3] + self._air[:3]
        return list(dict.fromkeys(seen))


def _commonest(counted: Counter[Noun], kinds: Sequence[str]) -> list[Noun]:
    found = [noun for noun, _ in counted.most_common() if noun.kind in kinds]
    return found[:1]


def _bounded(seen: Sequence[Noun]) -> list[Noun]:
    """No more of a kind than a picture can hold."""
    counted: Counter[str] = Counter()
    kept = []
    for noun in seen:
        counted[noun.kind] += 1
        if counted[noun.kind] <= _MOST_OF_A_KIND.get(noun.kind, 2):
            kept.append(noun)
    return kept


def _motion(text: str, seen: Sequence[Noun], chinese: bool, seed: int) -> str:
    moves = _CHINESE_MOVES if chinese else _ENGLISH_MOVES
    happens = [_happening(action, seen, chinese) for action in actions(text)[:2]]
    weather = [noun.chinese if chinese else noun.english for noun in seen if noun.kind == "weather"]
    comma = "，" if chinese else ", "
    return comma.join([*happens, *weather[:1], moves[seed % len(moves)]])


def _happening(action: Action, seen: Sequence[Noun], chinese: bool) -> str:
    who = next((noun for noun in seen if noun.kind in _CAST), None)
    if who is None:
        return action.chinese if chinese else action.english
    return f"{who.chinese}{action.chinese}" if chinese else f"{who.english}: {action.english}"
