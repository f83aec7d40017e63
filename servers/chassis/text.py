"""What the characters of a text tell of it: its language, its script, whether it can be spoken."""

from __future__ import annotations

import unicodedata
from collections import Counter

# Inclusive ranges of code points. Sources: the block names of the Unicode Character Database.
_HAN = (
    (0x3005, 0x3007),
    (0x3021, 0x3029),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x323AF),
)
_KANA = ((0x3041, 0x309F), (0x30A1, 0x30FA), (0x30FC, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F))
_HANGUL = ((0x1100, 0x11FF), (0x3131, 0x318E), (0xAC00, 0xD7A3))

# Scripts that one language dominates, by the first word of their characters' Unicode names.
_LANGUAGE_OF_SCRIPT = {
    "ARABIC": "ar",
    "ARMENIAN": "hy",
    "BENGALI": "bn",
    "CYRILLIC": "ru",
    "DEVANAGARI": "hi",
    "ETHIOPIC": "am",
    "GEORGIAN": "ka",
    "GREEK": "el",
    "GUJARATI": "gu",
    "GURMUKHI": "pa",
    "HEBREW": "he",
    "KANNADA": "kn",
    "KHMER": "km",
    "LAO": "lo",
    "LATIN": "en",
    "MALAYALAM": "ml",
    "MYANMAR": "my",
    "SINHALA": "si",
    "TAMIL": "ta",
    "TELUGU": "te",
    "THAI": "th",
    "TIBETAN": "bo",
}

# A Chinese character says about as much as a word of five letters; without the weight, one English name in a
# Chinese sentence would turn it into English.
_IDEOGRAPH_WEIGHT = 5

# Enough to tell a language, and quick on a text of any length.
_SAMPLE_CHARACTERS = 20_000


def is_han(char: str) -> bool:
    """True for a Chinese character (an ideograph shared by Chinese, Japanese and older Korean)."""
    return _within(char, _HAN)


def is_kana(char: str) -> bool:
    """True for Japanese hiragana and katakana, halfwidth forms included."""
    return _within(char, _KANA)


def is_hangul(char: str) -> bool:
    """True for Korean letters and syllables."""
    return _within(char, _HANGUL)


def is_cjk(char: str) -> bool:
    """True for a letter of a script written without spaces between words: Han or kana.

    Hangul is not one of them: Korean puts spaces between words.
    """
    return is_han(char) or is_kana(char)


def speakable(text: str) -> bool:
    """True when the text holds a letter or a digit of any script, so that a voice has something to say."""
    return any(char.isalnum() for char in text)


def guess_language(text: str) -> str:
    """The BCP-47 primary tag of the language that the text's characters point to, e.g. "en" or "zh".

    Only scripts are told apart, so every text in Latin letters is "en", in Cyrillic "ru", in Arabic "ar":
    the most used language of the script. Text without any letter is "en".
    """
    weights: Counter[str] = Counter()
    for char, count in Counter(text[:_SAMPLE_CHARACTERS]).items():
        tag, weight = _language_of(char)
        if tag:
            weights[tag] += weight * count
    # Japanese mixes kana with ideographs, so ideographs speak for it as soon as kana are more than a
    # stray の in a Chinese text.
    if weights["ja"] * 10 >= weights["zh"] and weights["ja"] > 0:
        weights["ja"] += weights.pop("zh", 0)
    # Equal weights: the alphabetically first, so that the answer never hangs on the order of characters.
    return min(weights, key=lambda tag: (-weights[tag], tag)) if weights.total() else "en"


def _language_of(char: str) -> tuple[str, int]:
    if char.isascii():
        return ("en", 1) if char.isalpha() else ("", 0)
    if is_han(char):
        return "zh", _IDEOGRAPH_WEIGHT
    if is_kana(char):
        return "ja", _IDEOGRAPH_WEIGHT // 2
    if is_hangul(char):
        return "ko", _IDEOGRAPH_WEIGHT // 2
    if not char.isalpha():
        return "", 0
    script = unicodedata.name(char, "").partition(" ")[0]
    return _LANGUAGE_OF_SCRIPT.get(script, ""), 1


def _within(char: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    code = ord(char)
    return code >= ranges[0][0] and any(first <= code <= last for first, last in ranges)
