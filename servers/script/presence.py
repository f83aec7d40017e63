"""Whether what a text names is there: not in "no wolf", "like a wolf" or "the rain stopped".

By what stands close before and after a word. English words may stand between ("no big bad wolf", "as tall as
a tower"), Chinese particles and measure words (没有一只鸟).
"""

from __future__ import annotations

import re
from typing import NamedTuple

_LOOK_AROUND = 40
_CHINESE_LOOK_AROUND = 12
_PLACES = ("place", "building")
_STUFF = ("plant", "feature", "thing")

_ABSENT = re.compile(
    r"\b(?:no(?! (?:one|longer|doubt|sooner|matter|more than)\b)|without|nor|neither|not (?:a|an|any|one)"
    r"|never (?:a|an|any)|n[’']t (?:a|an|any))"
    r"(?: (?:a|an|any|the|his|her|its|their|single|more|other|sign of|trace of))*"
    r"(?: (?!and\b|but\b|so\b|that\b)[a-z]+)?"
    r"(?: (?:big|bad|small|little|great|old|young|tall|long|dark|green|red))*(?: (?:a|an|the))? $",
    re.I,
)
_CHINESE_ABSENT = re.compile(
    r"(?:没有|没|毫无|并无|不见|看不见|看不到|不是|并非|没了|无)"
    r"(?:(?:一|任何|什么|半|几|多少)?[只个条头匹棵朵滴点丝片张把辆艘座位名根块]?(?:的)?"
    r"|[^，。！？；、：,.!?;:]{1,5}[和与或及、])$"
)
_LIKENED = re.compile(
    r"(?:(?<!\bi )(?<!\byou )(?<!\bwe )(?<!\bthey )(?<!\bto )(?<!n[’']t )(?<!\bwould )(?<!\balso )\blike"
    r"|\bas [a-z]+ as|\bas (?:if|though))(?: (?:a|an|the|two|his|her|its|their|some))?(?: [a-z]+)? $",
    re.I,
)
_CHINESE_LIKENED = re.compile(r"(?:像|好像|仿佛|如同|犹如|好比|似的?)[^，。！？；、：,.!?;:]{0,6}$")
# "A ball of rock" is no ball, and what is "made of oak" is no oak.
_AS_SHAPE = re.compile(r"\ba $", re.I)
_SHAPE = re.compile(
    r"(?:ball|ring|blanket|carpet|curtain|crown|wave|shower|storm|sea|river|mountain) of ", re.I
)
_MATERIAL = re.compile(
    r"\b(?:made|built|carved|woven|knitted|ball|block|lump|slab|sheet)s? (?:out )?of"
    r"(?: (?:a|the))?(?: [a-z]+){0,2} $",
    re.I,
)
_STREET = re.compile(r" (?:Street|Road|Avenue|Lane|Square|Hall|Station)\b")
_NOT_SO = re.compile(
    r"\b(?:not|never|no longer|far from|hardly|n[’']t)(?: (?!and\b|but\b|so\b)[a-z]+){0,6} $", re.I
)
_SIMILE = re.compile(
    r",?\s*(?:\bjust )?(?:(?<!\bi )(?<!\byou )(?<!\bwe )(?<!\bthey )(?<!\bto )(?<!n[’']t )(?<!\bwould )\blike"
    r"|\bas [a-z]+ as) (?:a|an|the|two|some|his|her|its|their)\b(?:(?! (?:and|but|or)\b)[^,.;:!?])*",
    re.I,
)
_CHINESE_SIMILE = re.compile(
    r"，?(?:就|很|好)?(?<![图画偶想佛雕石肖录影塑头铜])(?:像|仿佛|如同|犹如|好比)[^，。！？；、：,.!?;:]*"
)
# Where somebody comes from, or what something is of.
_ELSEWHERE = re.compile(
    r"\b(?:from|of|about|than|beyond|towards?|called|named|reach|leave|left)"
    r"(?: (?:a|an|the|his|her|its|their|this|that))?(?: [a-z]+)? $",
    re.I,
)
_CHINESE_ELSEWHERE = re.compile(r"(?:从|离|关于|离开|向往|想念|通往|来自)[^，。！？；、：,.!?;:]{0,3}$")
_OVER = re.compile(
    r"[a-z]* (?:(?:had|has|was|were|is) )?"
    r"(?:stopped|ended|ceased|passed|over|cleared|lifted|gone|died down)\b",
    re.I,
)
_STOPPED = re.compile(r"\b(?:stopped|ceased|after the|no longer) $", re.I)
_CHINESE_OVER = re.compile(r"(?:终于|渐渐|慢慢|已经|都|也|就)?(?:停|止|过后|过去|散|歇|住了)")


class Presence(NamedTuple):
    """How a thing that a text names is there."""

    here: bool
    """False for what is said not to be there, or is only likened to."""
    elsewhere: bool
    """True for a place that somebody comes from, or that something is of."""
    over: bool
    """True for weather that is said to have ended."""


def english(text: str, start: int, end: int, kind: str) -> Presence:
    """How the thing of some kind that `text[start:end]` names is there."""
    before, after = text[max(0, start - _LOOK_AROUND) : start], text[end : end + _LOOK_AROUND]
    return Presence(
        here=not any(found.search(before) for found in (_ABSENT, _LIKENED))
        and not (kind == "mood" and _NOT_SO.search(before))
        and not (kind in _STUFF and _MATERIAL.search(before))
        and not (text[start].isupper() and _STREET.match(text, end))
        and not (_AS_SHAPE.search(before) and _SHAPE.match(text, start)),
        elsewhere=kind in _PLACES and bool(_ELSEWHERE.search(before)),
        over=kind == "weather" and bool(_OVER.match(after) or _STOPPED.search(before)),
    )


def chinese(text: str, start: int, end: int, kind: str) -> Presence:
    """The same for a Chinese word."""
    before = text[max(0, start - _CHINESE_LOOK_AROUND) : start]
    return Presence(
        here=not _CHINESE_ABSENT.search(before) and not _CHINESE_LIKENED.search(before),
        elsewhere=kind in _PLACES and bool(_CHINESE_ELSEWHERE.search(before)),
        over=kind == "weather" and bool(_CHINESE_OVER.match(text, end)),
    )


def without_similes(text: str) -> str:
    """The text without what things in it are only likened to."""
    return _CHINESE_SIMILE.sub("", _SIMILE.sub("", text))
