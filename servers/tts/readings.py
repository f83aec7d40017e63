"""What is read otherwise than the speech engine would: money, dates, times, units, fractions, some acronyms.

Rules are patterns, the weightier first; where two lay claim to the same characters the first has them. A
language without rules here is left to the engine, which reads plain numbers in all of its languages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from servers.chassis.words import Span
from servers.tts import chinese, english, numerals
from servers.tts.rules import Rule

_RULES: Mapping[str, Sequence[Rule]] = {"en": english.RULES, "zh": chinese.RULES}


@dataclass(frozen=True)
class Reading:
    """What is said instead of a stretch of the text."""

    span: Span
    spoken: str


def readings(text: str, language: str) -> list[Reading]:
    """The readings of a text in its order; they do not overlap.

    Args:
        text: what is read.
        language: BCP-47 tag.
    """
    taken = bytearray(len(text))
    found: list[Reading] = []
    for rule in _RULES.get(numerals.family(language), ()):
        for match in rule.pattern.finditer(text):
            spoken = rule.spoken(match, language)
            start, end = match.span("said") if "said" in rule.pattern.groupindex else match.span()
            if spoken is None or any(taken[start:end]):
                continue
            taken[start:end] = b"\1" * (end - start)
            found.append(Reading(Span(start, end), spoken))
    return sorted(found, key=lambda reading: reading.span.start)
