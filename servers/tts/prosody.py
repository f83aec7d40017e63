"""What SSML's prosody and emphasis elements change of the manner of speaking."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from servers.tts.utterance import Manner

_RATES: Mapping[str, float] = {
    "x-slow": 0.5,
    "slow": 0.75,
    "medium": 1.0,
    "default": 1.0,
    "fast": 1.3,
    "x-fast": 1.7,
}
_SEMITONES: Mapping[str, float] = {
    "x-low": -6.0,
    "low": -3.0,
    "medium": 0.0,
    "default": 0.0,
    "high": 3.0,
    "x-high": 6.0,
}
_DECIBELS: Mapping[str, float] = {
    "silent": -120.0,
    "x-soft": -12.0,
    "soft": -6.0,
    "medium": 0.0,
    "default": 0.0,
    "loud": 4.0,
    "x-loud": 8.0,
}
_EMPHASIS: Mapping[str, tuple[float, float, float]] = {
    "strong": (0.82, 2.0, 4.0),
    "moderate": (0.9, 1.0, 2.0),
    "none": (1.0, 0.0, 0.0),
    "reduced": (1.1, -1.0, -3.0),
}
"""Factor of the rate, semitones and decibels."""

_SLOWEST, _FASTEST = 0.2, 5.0
_FURTHEST_SEMITONES = 24.0
_LOUDEST_DECIBELS = 20.0
_MIDDLE_HERTZ = 180.0
"""About the mean of a voice between male and female: what "+20Hz" is reckoned from."""

_NUMBER = r"(?P<sign>[+-]?)(?P<number>\d+(?:\.\d*)?|\.\d+)"
_PERCENT = re.compile(_NUMBER + r"(?P<unit>%?)")
_PITCH = re.compile(_NUMBER + r"(?P<unit>st|%|Hz)", re.IGNORECASE)
_VOLUME = re.compile(_NUMBER + "dB", re.IGNORECASE)


def of_prosody(attributes: Mapping[str, str], manner: Manner, warn: Callable[[str], None]) -> Manner:
    """The manner within a prosody element.

    Raises:
        ValueError: an attribute breaks its rule, which the message names.
    """
    if "rate" in attributes:
        manner = replace(manner, rate=_bounded(manner.rate * _rate(attributes["rate"]), _SLOWEST, _FASTEST))
    if "pitch" in attributes:
        shift = manner.semitones + _pitch(attributes["pitch"], warn)
        manner = replace(manner, semitones=_bounded(shift, -_FURTHEST_SEMITONES, _FURTHEST_SEMITONES))
    if "volume" in attributes:
        level = manner.decibels + _volume(attributes["volume"], warn)
        manner = replace(manner, decibels=min(level, _LOUDEST_DECIBELS))
    for name in ("contour", "range", "duration"):
        if name in attributes:
            warn(f"prosody's {name} is not known to this engine and was passed over")
    return manner


def of_emphasis(attributes: Mapping[str, str], manner: Manner, warn: Callable[[str], None]) -> Manner:
    """The manner within an emphasis element.

    Raises:
        ValueError: the level is not one of SSML's.
    """
    level = attributes.get("level", "moderate")
    if level not in _EMPHASIS:
        raise ValueError(f'emphasis has level="{level[:40]}", which must be one of {", ".join(_EMPHASIS)}')
    rate, semitones, decibels = _EMPHASIS[level]
    return replace(
        manner,
        rate=_bounded(manner.rate * rate, _SLOWEST, _FASTEST),
        semitones=manner.semitones + semitones,
        decibels=manner.decibels + decibels,
    )


def _rate(value: str) -> float:
    if value in _RATES:
        return _RATES[value]
    found = _PERCENT.fullmatch(value.strip())
    if found is None:
        raise ValueError(f'prosody has rate="{value[:40]}", which must be like "slow", "80%" or "1.2"')
    number = float(found["number"]) / (100 if found["unit"] else 1)
    # SSML 1.1: "80%" is four fifths of the rate; SSML 1.0: "+20%" is a fifth more.
    signed = {"+": 1 + number, "-": 1 - number}.get(found["sign"], number)
    if signed <= 0:
        raise ValueError(f'prosody has rate="{value[:40]}", which must be over 0')
    return signed


def _pitch(value: str, warn: Callable[[str], None]) -> float:
    if value in _SEMITONES:
        return _SEMITONES[value]
    found = _PITCH.fullmatch(value.strip())
    if found is None:
        raise ValueError(
            f'prosody has pitch="{value[:40]}", which must be like "high", "+2st", "-10%" or "+20Hz"'
        )
    number = float(found["number"]) * (-1 if found["sign"] == "-" else 1)
    unit = found["unit"].lower()
    if unit == "st":
        return number
    if not found["sign"]:
        if unit == "%":
            return _semitones(number / 100)
        warn("prosody's pitch in hertz is known only as a change, such as +20Hz; it was passed over")
        return 0.0
    return _semitones(1 + number / (100 if unit == "%" else _MIDDLE_HERTZ))


def _semitones(ratio: float) -> float:
    return 12 * math.log2(max(ratio, 0.1))


def _volume(value: str, warn: Callable[[str], None]) -> float:
    if value in _DECIBELS:
        return _DECIBELS[value]
    found = _VOLUME.fullmatch(value.strip())
    if found is not None:
        return float(found["number"]) * (-1 if found["sign"] == "-" else 1)
    # SSML 1.0 had a scale from 0 to 100, where 100 is the default.
    found = _PERCENT.fullmatch(value.strip())
    if found is None:
        raise ValueError(f'prosody has volume="{value[:40]}", which must be like "soft" or "+6dB"')
    number = float(found["number"])
    ratio = {"+": 1 + number / 100, "-": 1 - number / 100}.get(found["sign"], number / 100)
    return 20 * math.log10(max(ratio, 1e-6))


def _bounded(value: float, least: float, most: float) -> float:
    return min(max(value, least), most)
