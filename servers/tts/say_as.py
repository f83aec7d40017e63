"""SSML's say-as: numbers, letters, dates and telephone numbers put into words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from servers.tts import numerals

AS_USUAL = frozenset(
    {"currency", "fraction", "unit", "measure", "number", "cardinal", "time", "name", "net", "address"}
)
"""What is read from the text as it is, say-as or not."""

_DATE_PARTS = re.compile(r"\d+")
_ORDERS = frozenset({"mdy", "dmy", "ymd", "ydm", "md", "dm", "ym", "my", "y", "m", "d"})


def spoken(text: str, kind: str, format_: str, language: str) -> str | None:
    """What is said of `text`; None where it is to be read as usual.

    Args:
        text: what the element holds, white space joined.
        kind: its interpret-as, e.g. "ordinal".
        format_: its format, e.g. "mdy" for a date.
        language: BCP-47 tag.
    """
    reader = _READERS.get(kind)
    return reader(text, format_, language) if reader and text else None


def _characters(text: str, format_: str, language: str) -> str:
    return numerals.spelled(text, language)


def _digits(text: str, format_: str, language: str) -> str | None:
    return numerals.digit_by_digit(text, language) if any(char.isdigit() for char in text) else None


def _cardinal(text: str, format_: str, language: str) -> str | None:
    plain = re.sub(r"(?<=\d)[, \u00a0\u202f](?=\d{3})", "", text)
    found = re.fullmatch(r"([+\-−]?)(\d+(?:\.\d+)?)", plain)
    if found is None or numerals.family(language) != "zh":
        return plain if found else None
    return {"": "", "+": "正"}.get(found[1], "负") + numerals.han(found[2])


def _ordinal(text: str, format_: str, language: str) -> str | None:
    found = re.fullmatch(r"\D{0,3}(\d{1,9})\D{0,3}", text.replace(",", ""))
    return numerals.ordinal(int(found[1]), language) if found else None


def _date(text: str, format_: str, language: str) -> str | None:
    order = (
        format_
        if format_ in _ORDERS
        else "ymd"
        if re.match(r"\d{3}", text)
        else numerals.date_order(language)
    )
    numbers = _DATE_PARTS.findall(text)
    if len(numbers) == 1 and len(numbers[0]) == 8 and len(order) == 3:
        numbers = _cut(numbers[0], order)
    if len(numbers) != len(order) or any(len(number) > 4 for number in numbers):
        return None
    parts = {letter: int(number) for letter, number in zip(order, numbers, strict=True)}
    return numerals.date(parts.get("y"), parts.get("m"), parts.get("d"), language)


def _cut(digits: str, order: str) -> list[str]:
    parts, at = [], 0
    for letter in order:
        size = 4 if letter == "y" else 2
        parts.append(digits[at : at + size])
        at += size
    return parts


def _telephone(text: str, format_: str, language: str) -> str | None:
    text = unicodedata.normalize("NFKC", text)
    groups = re.findall(r"\+|\d+|[A-Za-z]+", text)
    if not any(group.isdigit() for group in groups):
        return None
    said = [
        numerals.plus(language) if group == "+" else numerals.digit_by_digit(group, language, telephone=True)
        for group in groups
    ]
    return ", ".join(said).replace(f"{numerals.plus(language)}, ", f"{numerals.plus(language)} ")


_READERS: Mapping[str, Callable[[str, str, str], str | None]] = {
    "characters": _characters,
    "spell-out": _characters,
    "verbatim": _characters,
    "letters": _characters,
    "digits": _digits,
    "cardinal": _cardinal,
    "number": _cardinal,
    "ordinal": _ordinal,
    "date": _date,
    "telephone": _telephone,
}
