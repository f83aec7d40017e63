"""One rule of reading, and the patterns that the rules of both languages are made of."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A pattern and what is said for it."""

    pattern: re.Pattern[str]
    """Its group "said", where it has one, is what is said otherwise; the rest stands around it."""
    spoken: Callable[[re.Match[str], str], str | None]
    """From a match and the BCP-47 language; None where it is to be read as usual."""


NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
"""Digits with commas between thousands and a decimal point."""

NOT_WITHIN = r"(?<![A-Za-z0-9_])(?<![0-9][.,:/\-–])"
"""Before a number: it does not go on a word or another number."""

NOT_GOING_ON = r"(?![A-Za-z0-9_])(?![.,:/\-–][0-9])"
"""Behind a number: no letter or digit goes on with it."""


def plain(number: str) -> str:
    """A number without commas, as the engine reads it."""
    return number.replace(",", "")
