"""Titles, streets, companies and numbered names in English, which the speech engine breaks at their dots."""

from __future__ import annotations

import re
from collections.abc import Mapping

from servers.tts import numerals

_TITLES: Mapping[str, str] = {
    "Dr": "Doctor",
    "Mr": "Mister",
    "Mrs": "Missus",
    "Ms": "Miz",
    "Prof": "Professor",
    "St": "Saint",
    "Mt": "Mount",
    "Gen": "General",
    "Lt": "Lieutenant",
    "Sgt": "Sergeant",
    "Capt": "Captain",
    "Col": "Colonel",
    "Gov": "Governor",
    "Sen": "Senator",
    "Rep": "Representative",
    "Rev": "Reverend",
}
"""Before a name."""
_BEHIND: Mapping[str, str] = {
    "Jr": "Junior",
    "Sr": "Senior",
    "Inc": "Incorporated",
    "Ltd": "Limited",
    "Corp": "Corporation",
    "Co": "Company",
    "Dr": "Drive",
    "St": "Street",
    "Ave": "Avenue",
    "Blvd": "Boulevard",
    "Rd": "Road",
}
"""Behind a name, in the middle of a sentence or at its end."""
_RULERS = (
    "Henry|Louis|Elizabeth|George|Charles|William|Edward|James|Richard|Napoleon|Pius|John Paul|Benedict"
    "|Gregory|Philip|Peter|Catherine|Alexander|Nicholas|Frederick|Ramesses|Leo|Mary|Darius|Xerxes"
)
_NAME = r"(?:[A-Z][\w'’]+|\d(?:st|nd|rd|th))"
_ROMAN = r"(?=[IVX]{2})(?P<said>X{0,3}(?:IX|IV|V?I{0,3}))"
_VALUES = {"I": 1, "V": 5, "X": 10}


def _roman(digits: str) -> int:
    values = [_VALUES[digit] for digit in digits]
    following = [*values[1:], 0]
    return sum(-value if value < after else value for value, after in zip(values, following, strict=True))


def _ruler(match: re.Match[str], language: str) -> str:
    return f"the {numerals.ordinal(_roman(match['said']), 'en')}"


def _numbered(match: re.Match[str], language: str) -> str:
    return numerals.cardinal(_roman(match["said"]))


def _title(match: re.Match[str], language: str) -> str:
    return _TITLES[match["title"]]


def _behind(match: re.Match[str], language: str) -> str:
    return _BEHIND[match["short"]]


PATTERNS = (
    (rf"\b(?P<said>(?P<title>{'|'.join(_TITLES)})\.)(?=\s(?:[A-ZÀ-Þ]|and\s(?:Mrs|Ms|Dr)\b))", _title),
    (
        rf"(?:[A-Z][\w'’]+|\d(?:st|nd|rd|th)),?\s(?P<said>(?P<short>{'|'.join(_BEHIND)})\.)(?=\s[a-z]|[,;:)’'])",
        _behind,
    ),
    (
        rf"(?:[A-Z][\w'’]+|\d(?:st|nd|rd|th)),?\s(?P<said>(?P<short>{'|'.join(_BEHIND)}))(?=\.(?:\s|$))",
        _behind,
    ),
    (rf"\b(?:{_RULERS})\s{_ROMAN}(?!\w)", _ruler),
    (rf"\b[A-Z][a-z]+\s{_ROMAN}(?!\w)", _numbered),
)
