"""Puts into words what is to be seen in a scene, and how it moves.

A prompt reads as a painter is told: who does what, then what else is there, where, at what hour and season,
in what weather and mood. It is in the language of the text.
"""

from __future__ import annotations

import dataclasses

from reelmesh.script.v1.script_pb2 import PromptParts
from servers.script.lexicon import Action, Noun
from servers.script.presence import without_similes
from servers.script.stage import View

_EXCERPT_CHARACTERS = 300
_ENGLISH_MOVES = ("slow push in", "slow pull back", "slow pan to the left", "slow pan to the right")
_CHINESE_MOVES = ("镜头缓缓推近", "镜头缓缓拉远", "镜头缓缓向左平移", "镜头缓缓向右平移")
# What a still picture does not show.
_UNSEEN = ("talking", "looking")
_MOST_DEEDS = 2

# How what is in the air moves, by the noun's English word.
_AIR_MOVES = {
    "rain": ("rain falling", "雨落下"),
    "drizzle": ("rain falling", "雨落下"),
    "snow": ("snow falling", "雪花飘落"),
    "blizzard": ("snow driving", "风雪呼啸"),
    "storm": ("rain driving, trees swaying", "风雨大作，树木摇晃"),
    "wind": ("wind blowing, leaves swaying", "风吹过，树叶摇动"),
    "fog": ("fog drifting", "雾气飘动"),
    "haze": ("haze drifting", "雾霾飘动"),
    "cloud": ("clouds drifting", "云朵飘动"),
    "star": ("stars twinkling", "星星闪烁"),
}
# How what is there moves by itself.
_THING_MOVES = {
    "sea": ("waves rolling", "海浪起伏"),
    "beach": ("waves rolling", "海浪起伏"),
    "wave": ("waves rolling", "海浪起伏"),
    "river": ("water flowing", "河水流动"),
    "stream": ("water flowing", "溪水流动"),
    "lake": ("water rippling", "水面泛起涟漪"),
    "waterfall": ("water falling", "瀑布飞泻"),
    "fire": ("flames flickering", "火焰跳动"),
    "lamp": ("light flickering", "灯光闪动"),
    "lantern": ("light flickering", "灯光闪动"),
    "smoke": ("smoke rising", "炊烟升起"),
    "soup": ("steam rising", "热气升腾"),
    "pot": ("steam rising", "热气升腾"),
    "kettle": ("steam rising", "热气升腾"),
    "tea": ("steam rising", "热气升腾"),
}


@dataclasses.dataclass(frozen=True)
class Prompt:
    """What is to be seen in one scene, and how it moves."""

    image: str
    motion: str


def write(text: str, view: View, language: str, parts: PromptParts, seed: int) -> Prompt:
    """The prompts of the scene that shows `view`. `seed` varies the camera."""
    chinese = is_chinese(language)
    comma = "，" if chinese else ", "
    setting = [] if parts.setting.strip() else list(view.setting)
    nouns = [noun for noun in view.nouns if noun in setting or noun not in view.setting]
    words = {noun: named(noun, chinese) for noun in nouns}
    company = sum(noun.kind == "person" for noun in view.cast) > 1
    for who, deed in view.deeds:
        if who in words and (deed.english not in _UNSEEN or (company and deed.english == "talking")):
            words[who] = _happening(who, deed, chinese)
            break
    # A text about what the lexicon does not know is its own best description.
    known = view.cast or view.things or setting or any(noun.kind == "sky" for noun in view.air)
    said = [] if known else [" ".join(without_similes(text).split())[:_EXCERPT_CHARACTERS]]
    core = comma.join([*said, *words.values()])
    pieces = (parts.prefix, core, parts.setting, parts.suffix)
    image = comma.join(piece.strip() for piece in pieces if piece.strip())
    return Prompt(image, comma.join(_motion(view, chinese, seed)))


def _motion(view: View, chinese: bool, seed: int) -> list[str]:
    moves = _CHINESE_MOVES if chinese else _ENGLISH_MOVES
    happens = [_happening(who, deed, chinese) for who, deed in view.deeds[:_MOST_DEEDS]]
    air = [_AIR_MOVES[noun.english][chinese] for noun in view.air if noun.english in _AIR_MOVES]
    around = (*view.things, *view.setting)
    things = [_THING_MOVES[noun.english][chinese] for noun in around if noun.english in _THING_MOVES]
    by_itself = dict.fromkeys([*air[:1], *things[:1]])
    return [*happens, *by_itself, moves[seed % len(moves)]]


def _happening(who: Noun | None, deed: Action, chinese: bool) -> str:
    if who is None:
        return deed.chinese if chinese else deed.english
    if chinese:
        apart = " " if who.chinese[-1].isascii() else ""
        return f"{who.chinese}{apart}{deed.chinese}"
    return f"{who.english} {deed.english}"


def named(noun: Noun, chinese: bool) -> str:
    """The noun's canonical word in the text's language."""
    return noun.chinese if chinese else noun.english


def is_chinese(language: str) -> bool:
    """True for a tag of Chinese."""
    return language.partition("-")[0].lower() == "zh"
