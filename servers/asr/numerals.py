"""English words for what is written in digits and signs: "1,000", "3.5", "$5", "10:30", "21st", "2026"."""

from __future__ import annotations

import re

_ONES = (
    *(
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    ),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("_", "_", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_CURRENCIES = {"$": "dollars", "£": "pounds", "€": "euros", "¥": "yen", "₩": "won", "₹": "rupees"}
_SIGNS = {"+": "plus", "-": "minus", "−": "minus", "#": "number"}
_AFTER = {"%": "percent", "％": "percent", "°": "degrees", "℃": "degrees", "℉": "degrees"}
_LONGEST_CARDINAL = 15


def cardinal(number: int, joint: str = "") -> list[str]:
    """The words of a number under 10^15: 1205 is one thousand two hundred five.

    A `joint` such as "and" stands before the last two digits.
    """
    if number < 20:
        return [_ONES[number]]
    if number < 100:
        return [_TENS[number // 10], *([_ONES[number % 10]] if number % 10 else [])]
    size, name = next(scale for scale in _SCALES if number >= scale[0])
    rest = number % size
    joined = [joint] if joint and 0 < rest < 100 else []
    return [*cardinal(number // size, joint), name, *joined, *(cardinal(rest, joint) if rest else [])]


def ordinal(number: int) -> list[str]:
    """The words of an ordinal: 21 is twenty first."""
    *words, last = cardinal(number)
    if last in _ORDINALS:
        return [*words, _ORDINALS[last]]
    return [*words, last[:-1] + "ieth" if last.endswith("y") else last + "th"]


def year(number: int) -> list[str] | None:
    """The words of a year as people say it, e.g. nineteen eighty four; None when it is said as a number."""
    high, low = divmod(number, 100)
    if not 1100 <= number <= 2099 or 2000 <= number <= 2009:
        return None
    if low == 0:
        return [*cardinal(high), "hundred"]
    return [*cardinal(high), *(["oh"] if low < 10 else []), *cardinal(low)]


def spelled(token: str) -> list[list[str]]:
    """The ways in which a token with digits is read, each a list of words, the likeliest first.

    Mixed tokens such as "mp3" are read part by part.
    """
    currency = _CURRENCIES.get(token[:1], "")
    sign = _SIGNS.get(token[:1], "")
    body = token[1:] if currency or sign else token
    after = _AFTER.get(body[-1:], "")
    body = body[:-1] if after else body
    readings = []
    for reading in _read(body):
        words = [*([sign] if sign else []), *reading, *([currency] if currency else [])]
        readings.append([*words, *([after] if after else [])])
    if currency:
        # Some voices read the sign where it stands.
        readings.append([currency.removesuffix("s"), *_read(body)[0]])
    return readings


def _read(body: str) -> list[list[str]]:
    if match := re.fullmatch(r"(\d{1,2}):(\d{2})", body):
        hours, minutes = int(match[1]), int(match[2])
        low = ["oh"] if 0 < minutes < 10 else []
        return [[*cardinal(hours), *low, *(cardinal(minutes) if minutes else [])]]
    if match := re.fullmatch(r"([\d,]+)(?:st|nd|rd|th)", body, re.IGNORECASE):
        return [ordinal(_integer(match[1]))] if _is_short(match[1]) else [_digits(match[1])]
    if match := re.fullmatch(r"([\d,]+)\.(\d+)", body):
        whole = cardinal(_integer(match[1])) if _is_short(match[1]) else _digits(match[1])
        return [[*whole, "point", *_digits(match[2])]]
    if re.fullmatch(r"\d{1,3}(,\d{3})+|\d+", body):
        if not _is_short(body):
            return [_digits(body)]
        number = _integer(body)
        spoken_year = year(number) if "," not in body else None
        readings = [*([spoken_year] if spoken_year else []), cardinal(number), cardinal(number, "and")]
        return [reading for place, reading in enumerate(readings) if reading not in readings[:place]]
    words: list[str] = []
    for part in re.findall(r"\d+|[^\W\d_]+", body):
        if not part.isdecimal():
            words.append(part)
        else:
            words += cardinal(int(part)) if _is_short(part) else _digits(part)
    return [words]


def _is_short(digits: str) -> bool:
    return 0 < len(digits.replace(",", "")) <= _LONGEST_CARDINAL


def _integer(digits: str) -> int:
    return int(digits.replace(",", ""))


def _digits(text: str) -> list[str]:
    return [_ONES[int(char)] for char in text if char.isdecimal()]
