"""How English words sound, in the phones of the CMU dictionary (ARPABET without stress).

The dictionary knows 130,000 words; numbers are spelled out, acronyms read by letters, and what is left is
read by rough rules of spelling: good enough to find a name in a recording, not to teach anyone English.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable

from servers.asr.numerals import spelled

Lookup = Callable[[str], str | None]
"""Phones of a dictionary word, separated by spaces; None when it is not there. "word(2)" is another way."""

MOST_WAYS = 4

_LETTERS = {
    "a": "EY",
    "b": "B IY",
    "c": "S IY",
    "d": "D IY",
    "e": "IY",
    "f": "EH F",
    "g": "JH IY",
    "h": "EY CH",
    "i": "AY",
    "j": "JH EY",
    "k": "K EY",
    "l": "EH L",
    "m": "EH M",
    "n": "EH N",
    "o": "OW",
    "p": "P IY",
    "q": "K Y UW",
    "r": "AA R",
    "s": "EH S",
    "t": "T IY",
    "u": "Y UW",
    "v": "V IY",
    "w": "D AH B AH L Y UW",
    "x": "EH K S",
    "y": "W AY",
    "z": "Z IY",
}

# Longest match first. Silent letters sound as nothing.
_SPELLINGS = {
    "tion": "SH AH N",
    "sion": "ZH AH N",
    "ough": "AO",
    "igh": "AY",
    "tch": "CH",
    "sch": "SH",
    "dge": "JH",
    "eau": "OW",
    "ch": "CH",
    "sh": "SH",
    "th": "TH",
    "ph": "F",
    "gh": "",
    "kn": "N",
    "wr": "R",
    "ck": "K",
    "qu": "K W",
    "ng": "NG",
    "ee": "IY",
    "ea": "IY",
    "oo": "UW",
    "ou": "AW",
    "ow": "OW",
    "ai": "EY",
    "ay": "EY",
    "oi": "OY",
    "oy": "OY",
    "au": "AO",
    "aw": "AO",
    "ie": "IY",
    "ei": "EY",
    "ey": "IY",
    "ar": "AA R",
    "er": "ER",
    "ir": "ER",
    "ur": "ER",
    "or": "AO R",
    "ce": "S",
    "ci": "S IH",
    "cy": "S IY",
    "ge": "JH",
    "a": "AE",
    "b": "B",
    "c": "K",
    "d": "D",
    "e": "EH",
    "f": "F",
    "g": "G",
    "h": "HH",
    "i": "IH",
    "j": "JH",
    "k": "K",
    "l": "L",
    "m": "M",
    "n": "N",
    "o": "OW",
    "p": "P",
    "q": "K",
    "r": "R",
    "s": "S",
    "t": "T",
    "u": "AH",
    "v": "V",
    "w": "W",
    "x": "K S",
    "y": "IY",
    "z": "Z",
}
_LONGEST_SPELLING = max(map(len, _SPELLINGS))


def phones_of(word: str, lookup: Lookup) -> list[str]:
    """The ways in which a word of a text may sound, each as phones separated by spaces; at most four.

    Empty when the word has no letter or digit that English can read, e.g. Chinese.
    """
    plain = _plain(word)
    found: list[list[str]] = []
    for reading in spelled(plain) if any(char.isdecimal() for char in plain) else [[plain]]:
        parts = [_ways(part, lookup) for part in reading]
        if parts and all(parts):
            found.append([" ".join(way) for way in itertools.islice(itertools.product(*parts), MOST_WAYS)])
    # One way of each reading before the second of any.
    ways = [way for turn in itertools.zip_longest(*found) for way in turn if way]
    return list(dict.fromkeys(ways))[:MOST_WAYS]


def _ways(word: str, lookup: Lookup) -> list[str]:
    lower = word.lower()
    if known := _in_dictionary(lower, lookup):
        return known
    letters = [char for char in word if char.isalpha()]
    if "." in word or (1 < len(letters) <= 5 and word.isupper()):
        return _by_letters(lower)
    parts = [part for part in lower.replace("-", " ").replace("_", " ").replace("&", " and ").split() if part]
    if len(parts) > 1:
        each = [_ways(part, lookup) for part in parts]
        if not all(each):
            return []
        return [" ".join(way) for way in itertools.islice(itertools.product(*each), MOST_WAYS)]
    if lower.endswith("'s") and (stems := _ways(lower[:-2], lookup)):
        return [f"{stem} Z" for stem in stems]
    read = _by_spelling(lower)
    return [read] if read else []


def _in_dictionary(word: str, lookup: Lookup) -> list[str]:
    names = [word, *(f"{word}({number})" for number in range(2, MOST_WAYS + 1))]
    return [phones for name in names if (phones := lookup(name))]


def _by_letters(word: str) -> list[str]:
    read = " ".join(_LETTERS[char] for char in word if char in _LETTERS)
    return [read] if read else []


def _by_spelling(word: str) -> str:
    if len(word) > 3 and word.endswith("e") and word[-2] not in "aeiou":
        word = word[:-1]
    phones: list[str] = []
    position = 0
    while position < len(word):
        for size in range(_LONGEST_SPELLING, 0, -1):
            piece = word[position : position + size]
            if piece in _SPELLINGS:
                phones += _SPELLINGS[piece].split()
                position += len(piece)
                break
        else:
            position += 1
    return " ".join(phone for phone, _ in itertools.groupby(phones))


def _plain(word: str) -> str:
    """Without accents, in plain letters and digits, with a straight apostrophe and hyphen."""
    decomposed = unicodedata.normalize("NFKD", word)
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return bare.translate(str.maketrans("’‐‑−", "'---"))
