"""How web and mail addresses are read: host and path, without the scheme and the query."""

from __future__ import annotations

import re

from servers.tts import numerals

ADDRESS = (
    r"(?<![A-Za-z0-9_@.-])(?:(?P<scheme>https?://)?(?P<www>www\.)?|(?P<mail>[A-Za-z0-9_.+-]{1,64}@))"
    r"(?P<host>(?:[A-Za-z0-9-]{1,63}\.){1,5}(?P<top>[A-Za-z]{2,24}))"
    r"(?P<path>(?:/[A-Za-z0-9_.~%-]{0,100}[A-Za-z0-9_~-]){0,20}/?)(?P<query>[?#][A-Za-z0-9_=&%.+~-]{0,1000})?(?![A-Za-z0-9_@])"
)
"""An address of either kind."""

_TOPS = frozenset("com org net edu gov io cn uk de fr jp eu ai app dev info co tv me us ca au".split())
_LONGEST_PATH = 40
_MARKS = {
    "zh": dict(zip(".-@/_+~%", "点 杠 at 斜杠 下划线 加 波浪线 百分号".split(), strict=True)),
    "en": dict(zip(".-@/_+~%", "dot dash at slash underscore plus tilde percent".split(), strict=True)),
}


def spoken(match: re.Match[str], language: str) -> str | None:
    """What is said of an address; None where it only looks like one ("e.g.")."""
    certain = match["scheme"] or match["www"] or match["mail"]
    if not certain and match["top"] not in _TOPS:
        return None
    path = (match["path"] or "").rstrip("/")
    text = (match["mail"] or "") + match["host"] + (path if len(path) <= _LONGEST_PATH else "")
    marks = _MARKS[numerals.family(language) or "en"]
    return " ".join("".join(f" {marks[char]} " if char in marks else char for char in text).split())
