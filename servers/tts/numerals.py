"""Numbers in words where the speech engine needs them: digits one by one, ordinals, years, dates.

English and Chinese have all of it; for another language digits are parted and the rest is left to the
engine's own reading (None).
"""

from __future__ import annotations

import calendar
import unicodedata

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ((1_000_000_000, "billion"), (1_000_000, "million"), (1_000, "thousand"), (100, "hundred"))
_ODD_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_HAN_DIGITS = "零一二三四五六七八九"
_HAN_PLACES = ("", "十", "百", "千")
_HAN_SCALES = ("", "万", "亿", "万亿")
_TELEPHONE_ONE = "幺"
_MARKS = {
    "en": {
        ".": "dot",
        "-": "dash",
        "@": "at",
        "/": "slash",
        "_": "underscore",
        "+": "plus",
        "#": "hash",
        "*": "star",
    },
    "zh": {".": "点", "-": "杠", "@": "at", "/": "斜杠", "_": "下划线", "+": "加", "#": "井号", "*": "星号"},
}
_MONTH_FIRST = frozenset({"en", "en-us", "en-ph"})


def family(language: str) -> str:
    """ "en", "zh" or "" for any other language."""
    primary = language.lower().split("-")[0]
    return "zh" if primary in ("zh", "cmn", "yue") else "en" if primary == "en" else ""


def cardinal(number: int) -> str:
    """A number from 0 to below 10**12 in English words."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return f"{_TENS[tens]} {_ONES[ones]}" if ones else _TENS[tens]
    for size, name in _SCALES:
        if number >= size:
            many, rest = divmod(number, size)
            return f"{cardinal(many)} {name}" + (f" {cardinal(rest)}" if rest else "")
    raise AssertionError(number)


def han(number: str) -> str:
    """A number of digits, with or without decimals, in Chinese words; the engine misreads those over 99."""
    whole, point, part = number.partition(".")
    if len(whole) > 16 or (len(whole) > 1 and whole[0] == "0"):
        said = digit_by_digit(whole, "zh")
    else:
        said = _han_whole(int(whole))
    return f"{said}点{digit_by_digit(part, 'zh')}" if point else said


def _han_whole(number: int) -> str:
    groups = []
    for scale in _HAN_SCALES:
        number, group = divmod(number, 10_000)
        groups.append((group, scale))
    said = ""
    gap = False
    for group, scale in reversed(groups):
        if not group:
            gap = bool(said)
            continue
        said += ("零" if said and (gap or group < 1000) else "") + _han_group(group, before=scale) + scale
        gap = False
    if said.startswith("一十"):  # ten to nineteen, alone or counting a scale
        said = said[1:]
    return said or "零"


def _han_group(number: int, before: str) -> str:
    if number == 2 and before:
        return "两"
    said, gap = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if not digit:
            gap = bool(said)
            continue
        name = "两" if digit == 2 and place == 3 else _HAN_DIGITS[digit]
        said += ("零" if gap else "") + name + _HAN_PLACES[place]
        gap = False
    return said


def ordinal(number: int, language: str) -> str | None:
    """The ordinal number in words."""
    match family(language):
        case "zh":
            return f"第{han(str(number))}"
        case "en":
            head, _, last = cardinal(number).rpartition(" ")
            last = _ODD_ORDINALS.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
            return f"{head} {last}".strip()
        case _:
            return None


def year(number: int, language: str) -> str:
    """A year as people say it: "nineteen ninety nine", 一九九九."""
    match family(language):
        case "zh":
            return digit_by_digit(str(number), language)
        case "en":
            century, rest = divmod(number, 100)
            if not 1100 <= number < 10_000 or number % 1000 < 10:
                return cardinal(number) if number < 10**12 else str(number)
            if not rest:
                return f"{cardinal(century)} hundred"
            return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"
        case _:
            return str(number)


def date(years: int | None, month: int | None, day: int | None, language: str) -> str | None:
    """A date in words; None where there is no such date or the language is not known."""
    if (month is not None and not 1 <= month <= 12) or not 0 < (years or 1) < 10_000:
        return None
    if day is not None and not 1 <= day <= (calendar.monthrange(years or 2000, month)[1] if month else 31):
        return None
    match family(language):
        case "zh":
            parts = [
                f"{year(years, language)}年" if years is not None else "",
                f"{han(str(month))}月" if month is not None else "",
                f"{han(str(day))}日" if day is not None else "",
            ]
            return "".join(parts)
        case "en":
            parts = [
                calendar.month_name[month] if month is not None else "",
                (ordinal(day, language) or "") if day is not None else "",
                year(years, language) if years is not None else "",
            ]
            return " ".join(part for part in parts if part)
        case _:
            return None


def date_order(language: str) -> str:
    """How dates of three numbers are written, unless the year is first."""
    if family(language) == "zh":
        return "ymd"
    return "mdy" if language.lower() in _MONTH_FIRST else "dmy"


def digit_by_digit(text: str, language: str, *, telephone: bool = False) -> str:
    """The digits and letters of a text, each by itself."""
    digits = [str(unicodedata.digit(char, -1)) if char.isdigit() else char for char in text if char.isalnum()]
    match family(language):
        case "zh":
            said = [_HAN_DIGITS[int(digit)] if digit in "0123456789" else _letter(digit) for digit in digits]
            return "".join(_TELEPHONE_ONE if telephone and each == "一" else each for each in said)
        case "en":
            return " ".join(
                _ONES[int(digit)] if digit in "0123456789" else _letter(digit) for digit in digits
            )
        case _:
            # Commas, lest the engine takes "5 123" for one number.
            return ", ".join(digits)


def spelled(text: str, language: str) -> str:
    """Every letter, digit and known mark of a text by its name."""
    marks = _MARKS.get(family(language), {})
    said = []
    for char in text:
        if char.isdigit():
            said.append(digit_by_digit(char, language))
        elif char in marks:
            said.append(marks[char])
        elif char.isalpha():
            said.append(_letter(char) if family(language) else char)
    return " ".join(said) if family(language) else ", ".join(said)


def plus(language: str) -> str:
    """The mark "+" by its name."""
    return _MARKS.get(family(language), {}).get("+", "+")


def _letter(char: str) -> str:
    # "A" by itself is taken for the article; this is how the engine says the letter.
    return "eigh" if char in "aA" else char.upper()
