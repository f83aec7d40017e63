"""Sums of money in English."""

from __future__ import annotations

import re
from collections.abc import Mapping

from servers.tts.rules import NOT_WITHIN, NUMBER, plain

_COINS: Mapping[str, tuple[str, str, str]] = {
    "$": ("dollar", "dollars", "cent"),
    "€": ("euro", "euros", "cent"),
    "£": ("pound", "pounds", "penny"),
    "¥": ("yen", "yen", ""),
    "￥": ("yuan", "yuan", ""),
    "₹": ("rupee", "rupees", ""),
    "₩": ("won", "won", ""),
}
_SCALES = {
    "k": "thousand",
    "m": "million",
    "mn": "million",
    "bn": "billion",
    "b": "billion",
    "tn": "trillion",
}

_CODES: Mapping[str, tuple[str, str]] = {
    "USD": ("US dollar", "US dollars"),
    "US": ("US dollar", "US dollars"),
    "EUR": ("euro", "euros"),
    "GBP": ("British pound", "British pounds"),
    "CNY": ("yuan", "yuan"),
    "RMB": ("yuan", "yuan"),
    "JPY": ("Japanese yen", "Japanese yen"),
    "CHF": ("Swiss franc", "Swiss francs"),
    "HKD": ("Hong Kong dollar", "Hong Kong dollars"),
    "HK": ("Hong Kong dollar", "Hong Kong dollars"),
    "AUD": ("Australian dollar", "Australian dollars"),
    "A": ("Australian dollar", "Australian dollars"),
    "CAD": ("Canadian dollar", "Canadian dollars"),
    "C": ("Canadian dollar", "Canadian dollars"),
    "INR": ("rupee", "rupees"),
    "KRW": ("won", "won"),
}
"""ISO 4217, and dollars by country."""


def _coded_money(match: re.Match[str], language: str) -> str:
    one, many = _CODES[(match["code"] or match["behind"]).upper().rstrip("$")]
    scale = (match["scale"] or "").strip().lower()
    number = plain(match["number"])
    return " ".join(
        f"{number} {_SCALES.get(scale, scale)} {one if number == '1' and not scale else many}".split()
    )


def _money(match: re.Match[str], language: str) -> str:
    one, many, coin = _COINS[match["sign"]]
    parts = match.groupdict()
    before = match.string[max(0, match.start() - 3) : match.start()].lower()
    if before.endswith((" a ", " an ")) or before in ("a ", "an "):
        many = one  # a 5 dollar bill
    amount, upper, scale = parts["number"], parts.get("upper"), (parts.get("scale") or "").strip().lower()
    said = plain(amount)
    if upper:
        return " ".join(f"{said} to {plain(upper)} {_SCALES.get(scale, scale)} {many}".split())
    if scale:
        return f"{said} {_SCALES.get(scale, scale)} {many}"
    whole, _, part = said.partition(".")
    if len(part) != 2 or not coin:
        return f"{said} {one if said == '1' else many}"
    cents = int(part)
    coins = f"{cents} {coin}" if cents == 1 else f"{cents} {'pence' if coin == 'penny' else coin + 's'}"
    if not whole.strip("0"):
        return coins if cents else f"zero {many}"
    notes = f"{whole} {one if whole == '1' else many}"
    return f"{notes} and {coins}" if cents else notes


_MONEY = "".join(_COINS)
_CODE = "|".join(code for code in _CODES if len(code) == 3)
_EACH = "month|year|week|day|night|hour|minute|second|person|head|unit|item|seat|share|kg|lb|mile|gallon"

PATTERNS = (
    (
        rf"(?<!\w)(?:(?P<code>{_CODE}|US\$|HK\$|A\$|C\$)\s?(?P<number>{NUMBER})"
        r"(?P<scale>\s(?:thousand|million|billion|trillion)|[kKmMbB]n?|tn)?(?P<behind>))(?!\w)",
        _coded_money,
    ),
    (
        rf"{NOT_WITHIN}(?P<number>{NUMBER})(?P<scale>\s(?:thousand|million|billion|trillion))?(?P<code>)"
        rf"\s(?P<behind>{_CODE})(?!\w)",
        _coded_money,
    ),
    (
        rf"(?P<sign>[{_MONEY}])\s?(?P<number>{NUMBER})(?:\s?[-–]\s?[{_MONEY}]?(?P<upper>{NUMBER}))?"
        r"(?P<scale>\s(?:thousand|million|billion|trillion)|[kKmMbB]n?|tn)?(?!\w)",
        _money,
    ),
    (rf"{NOT_WITHIN}(?P<number>{NUMBER})\s?(?P<sign>[€£])(?!\d)", _money),
    (rf"(?<=[\d%kmMbn])(?P<said>/)(?=(?:{_EACH})\b)", lambda *_: "per"),
)
