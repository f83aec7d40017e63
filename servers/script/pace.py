"""How long a text takes to speak, estimated from its characters.

The weights are those of an unhurried narrator: about 150 English words or 250 Chinese characters a
minute, pauses included. They are estimates for dividing a text; the speech engine tells the true times.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from servers.chassis.text import is_han, is_hangul, is_kana

HAN_SECONDS = 0.21
KANA_SECONDS = 0.14
HANGUL_SECONDS = 0.19
LETTER_SECONDS = 0.068
DIGIT_SECONDS = 0.22
STOP_SECONDS = 0.5
CLAUSE_SECONDS = 0.22

_STOPS = frozenset(".!?。！？｡．।؟۔…")
_CLAUSES = frozenset(",;:，、；：—–،؛")
_MARKS = _STOPS | _CLAUSES


class _Weights(dict[str, float]):
    """Seconds of each character, found once."""

    def __missing__(self, char: str) -> float:
        self[char] = seconds = _weight(char)
        return seconds


_WEIGHTS = _Weights()


def clock(text: str) -> list[float]:
    """The estimated time in seconds at which each character begins, and, last, the end of the text.

    The time of a range is `times[end] - times[start]`.
    """
    return list(accumulate(_weights(text), initial=0.0))


def seconds(text: str) -> float:
    """The estimated time in seconds that the text takes to speak."""
    return sum(_weights(text))


def _weights(text: str) -> Iterator[float]:
    before = ""
    for char in text:
        # A voice pauses once for "......" or ". . .", not for each mark.
        yield 0.0 if char == before and char in _MARKS else _WEIGHTS[char]
        before = before if char.isspace() else char


def _weight(char: str) -> float:
    if char in _STOPS:
        return STOP_SECONDS
    if char in _CLAUSES:
        return CLAUSE_SECONDS
    if is_han(char):
        return HAN_SECONDS
    if is_kana(char):
        return KANA_SECONDS
    if is_hangul(char):
        return HANGUL_SECONDS
    if char.isdigit():
        return DIGIT_SECONDS
    return LETTER_SECONDS if char.isalnum() else 0.0
