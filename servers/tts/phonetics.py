"""Pronunciations in the International Phonetic Alphabet or X-SAMPA, in the phonemes of espeak-ng's English.

The engine has its own names for the phonemes of each language (its phsource/ph_english). Those of English are
known here; a symbol that English does not have makes the whole pronunciation unknown.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

_ENGLISH: Mapping[str, str] = {
    "ˈ": "'",
    "'": "'",
    "ˌ": ",",
    ".": "",
    "‿": "",
    " ": " ",
    "ː": "",
    "iː": "i:",
    "i": "i:",
    "ɪ": "I",
    "ɨ": "I",
    "eɪ": "eI",
    "e": "E",
    "ɛ": "E",
    "ɛː": "e@",
    "eə": "e@",
    "ɛə": "e@",
    "ɛɹ": "e@",
    "ɛr": "e@",
    "æ": "a",
    "a": "a",
    "aː": "A:",
    "ɑː": "A:",
    "ɑ": "A:",
    "ɑɹ": "A@",
    "ɑːɹ": "A@",
    "ɑr": "A@",
    "ɑːr": "A@",
    "ɒ": "0",
    "ɔ": "O:",
    "ɔː": "O:",
    "ɔɹ": "O@",
    "ɔːɹ": "O@",
    "ɔr": "O@",
    "ɔːr": "O@",
    "ɔɪ": "OI",
    "o": "oU",
    "oː": "oU",
    "oʊ": "oU",
    "əʊ": "oU",
    "ʊ": "U",
    "ʊə": "U@",
    "ʊɹ": "U@",
    "ʊr": "U@",
    "u": "u:",
    "uː": "u:",
    "ʌ": "V",
    "ə": "@",
    "əl": "@L",
    "ɐ": "V",
    "ɜ": "3:",
    "ɜː": "3:",
    "ɜɹ": "3:",
    "ɜːɹ": "3:",
    "ɜr": "3:",
    "ɜːr": "3:",
    "ɝ": "3:",
    "ɝː": "3:",
    "ɚ": "3",
    "əɹ": "3",
    "ər": "3",
    "aɪ": "aI",
    "aʊ": "aU",
    "ɪə": "i@",
    "ɪɹ": "i@3",
    "ɪr": "i@3",
    "p": "p",
    "pʰ": "p",
    "b": "b",
    "t": "t",
    "tʰ": "t",
    "ɾ": "t#",
    "d": "d",
    "k": "k",
    "kʰ": "k",
    "ɡ": "g",
    "g": "g",
    "tʃ": "tS",
    "ʧ": "tS",
    "t͡ʃ": "tS",
    "dʒ": "dZ",
    "ʤ": "dZ",
    "d͡ʒ": "dZ",
    "f": "f",
    "v": "v",
    "θ": "T",
    "ð": "D",
    "s": "s",
    "z": "z",
    "ʃ": "S",
    "ʒ": "Z",
    "h": "h",
    "x": "x",
    "m": "m",
    "n": "n",
    "n̩": "n-",
    "ŋ": "N",
    "l": "l",
    "ɫ": "l",
    "l̩": "@L",
    "ɹ": "r",
    "r": "r",
    "ɻ": "r",
    "j": "j",
    "w": "w",
    "ʍ": "w",
    "ʔ": "?",
}
_FROM_SAMPA: Mapping[str, str] = {
    '"': "ˈ",
    "%": "ˌ",
    ":": "ː",
    "@`": "ɚ",
    "3`": "ɝ",
    "r\\": "ɹ",
    "r\\`": "ɻ",
    "l=": "l̩",
    "n=": "n̩",
    "A": "ɑ",
    "{": "æ",
    "@": "ə",
    "3": "ɜ",
    "6": "ɐ",
    "E": "ɛ",
    "I": "ɪ",
    "O": "ɔ",
    "Q": "ɒ",
    "U": "ʊ",
    "V": "ʌ",
    "T": "θ",
    "D": "ð",
    "S": "ʃ",
    "Z": "ʒ",
    "N": "ŋ",
    "4": "ɾ",
    "5": "ɫ",
    "?": "ʔ",
    "W": "ʍ",
    "_h": "ʰ",
    "-": ".",
    **{char: char for char in "abcdefghijklmnopqrstuvwxyz. "},
}
_ALPHABETS = ("ipa", "x-sampa", "xsampa")
_LONGEST = 500


def espeak_phonemes(ph: str, alphabet: str, language: str) -> str:
    """The pronunciation in the engine's phonemes; empty where it can not be told in them."""
    if language.lower().split("-")[0] != "en" or alphabet.lower() not in _ALPHABETS or len(ph) > _LONGEST:
        return ""
    symbols: list[str] | None = [unicodedata.normalize("NFD", ph.strip())]
    if alphabet.lower() != "ipa":
        symbols = _cut(ph.strip(), _FROM_SAMPA)
    phonemes = _cut("".join(symbols), _ENGLISH) if symbols else None
    return "".join(phonemes or ()).strip()


def _cut(text: str, table: Mapping[str, str]) -> list[str] | None:
    """What the table has for the text's parts, the longest first; None where it has not all of them."""
    longest = max(map(len, table))
    found: list[str] = []
    at = 0
    while at < len(text):
        size = next((size for size in range(longest, 0, -1) if text[at : at + size] in table), 0)
        if not size:
            return None
        found.append(table[text[at : at + size]])
        at += size
    return found
