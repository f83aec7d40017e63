"""Words in a script that a voice can not read, and the language whose voice reads them.

espeak-ng reads Latin letters in every voice; of most other scripts it knows in a foreign voice only the
names of the letters, or of the alphabet.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Mapping

from servers.chassis.media.espeak.voices import Catalogue
from servers.chassis.text import is_han, is_hangul, is_kana

UNREAD = "und"
"""BCP-47's "undetermined": no voice reads the word."""

_READERS: Mapping[str, tuple[str, ...]] = {
    "ARABIC": ("ar", "fa", "ur", "sd", "ug"),
    "ARMENIAN": ("hy", "hyw"),
    "BENGALI": ("bn", "as", "bpy"),
    "CHEROKEE": ("chr",),
    "CYRILLIC": tuple("ru uk be bg mk sr kk ky tt ba cv nog uz az tk bs".split()),
    "DEVANAGARI": ("hi", "mr", "ne", "kok"),
    "ETHIOPIC": ("am", "ti"),
    "GEORGIAN": ("ka",),
    "GREEK": ("el", "grc"),
    "GUJARATI": ("gu",),
    "GURMUKHI": ("pa",),
    "HAN": ("cmn", "yue", "hak"),
    "HANGUL": ("ko",),
    "HEBREW": ("he",),
    "KANA": ("ja",),
    "KANNADA": ("kn",),
    "MALAYALAM": ("ml",),
    "MYANMAR": ("my", "shn"),
    "ORIYA": ("or",),
    "SINHALA": ("si",),
    "TAMIL": ("ta",),
    "TELUGU": ("te",),
    "THAI": ("th",),
}
"""Primary tags of the voices that read a script, the one for everybody else first."""

_UNREAD = frozenset(
    "BALINESE BOPOMOFO CANADIAN COPTIC CUNEIFORM DESERET EGYPTIAN GOTHIC JAVANESE KHMER LAO MEETEI MONGOLIAN"
    " NKO OGHAM OL PHOENICIAN RUNIC SUNDANESE SYRIAC TAGALOG TAI THAANA TIBETAN TIFINAGH VAI YI".split()
)


@functools.lru_cache(maxsize=4096)
def tongue(word: str, language: str) -> str:
    """The language whose voice reads a word; `UNREAD` where none does.

    Empty where a voice of `language`, a primary tag, reads it itself.
    """
    letter = next((char for char in word if char.isalpha()), "a")
    script = script_of(letter)
    readers = _READERS.get(script)
    if readers is None:
        return UNREAD if script in _UNREAD else ""
    # One Greek letter is a symbol and has a name in every language: "α particles".
    return "" if language in readers or (script == "GREEK" and len(word) == 1) else readers[0]


def script_of(letter: str) -> str:
    """The script of a letter by the first word of its Unicode name; "HAN", "KANA" and "HANGUL" for those."""
    if letter.isascii():
        return "LATIN"
    if is_han(letter):
        return "HAN"
    if is_kana(letter):
        return "KANA"
    return "HANGUL" if is_hangul(letter) else unicodedata.name(letter, "").partition(" ")[0]


def file_for(reader: str, own: str, known: Catalogue) -> str:
    """What the library calls the voice of language `reader` in the timbre of `own`, which is the same kind
    of name; `own` itself where no other is needed or there is none.
    """
    found = known.find_language(reader) if reader not in ("", UNREAD) else ""
    if not found:
        return own
    _, plus, variant = own.partition("+")
    return known.file_of(found.partition("+")[0]) + plus + variant
