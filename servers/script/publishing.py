"""Words for publishing a film: its title, a description, tags."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from servers.chassis.text import is_cjk
from servers.script.abbreviations import STARTERS
from servers.script.lexicon import LEXICON, Noun
from servers.script.nouns import Reader
from servers.script.paragraphs import Span, ends_with_mark, label_of
from servers.script.prompts import is_chinese, named
from servers.script.sentences import split_paragraph

_TITLE_CHARACTERS = 60
_DESCRIPTION_CHARACTERS = 240
_QUOTES = "\"'”’」』"
_MOST_TAGS = 8
_FEW_TAGS = 3
_AIR = ("weather", "time", "season", "sky", "mood")
_UNTAGGED = (*_AIR, "feature")
_ITEM = re.compile(r"[(（]?(?:\d{1,3}|[一二三四五六七八九十]{1,3})[.)）、．]\s*")
_ENGLISH_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w’'-]*[a-z0-9](?: (?:of |the )?[A-Z][\w’'-]*){0,3}")
_LATIN_NAME = re.compile(r"(?<![\w/.@])[A-Z][A-Za-z0-9+#-]+(?: [A-Z][A-Za-z0-9+#-]*){0,3}(?![\w/@])")
_WORK = re.compile(r"《([^《》]{1,30})》")
_DATES = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may june july
    august september october november december
    """.split()
)


def title(sentences: Sequence[str]) -> str:
    """The first sentence, or the beginning of it, without its full stop, its number or who says it."""
    first = " ".join(sentences[0].split()) if sentences else ""
    if label := label_of(first):
        first = first[first.index(label) + len(label) :].lstrip(" :：")
    if number := _ITEM.match(first):
        first = first[number.end() :] or first
    return _cut(first, _TITLE_CHARACTERS).rstrip(".。:：,，")


def description(sentences: Iterable[str], language: str) -> str:
    """The first sentences. What no mark ends, such as a list's items, is set apart by a semicolon."""
    apart = "；" if is_chinese(language) else ";"
    told = ""
    for sentence in sentences:
        words = joined(" ".join(line.split()) for line in sentence.splitlines())
        told = joined([told, words if ends_with_mark(words) else words + apart])
        if len(told) > 2 * _DESCRIPTION_CHARACTERS:
            break
    return _cut(told.rstrip(apart), _DESCRIPTION_CHARACTERS)


def tags(text: str, language: str, reader: Reader) -> list[str]:
    """What a text speaks of most, nouns and names, most telling first."""
    chinese = is_chinese(language)
    nouns = [one.entry for one in reader.read(text) if isinstance(one.entry, Noun) and one.here]
    counted = Counter(named(noun, chinese) for noun in nouns if noun.kind not in _UNTAGGED)
    known = {noun.casefold() for noun in counted}
    counted.update(name for name in _names(text, chinese) if name.casefold() not in known)
    found = [name for name, _ in counted.most_common(_MOST_TAGS)]
    if len(found) < _FEW_TAGS:
        more = Counter(
            named(noun, chinese) for noun in nouns if noun.kind in _UNTAGGED and noun.kind != "mood"
        )
        found += [name for name, _ in more.most_common(_FEW_TAGS - len(found))]
    return found


def _names(text: str, chinese: bool) -> Iterable[str]:
    if chinese:
        yield from _WORK.findall(text)
    for found in (_LATIN_NAME if chinese else _ENGLISH_NAME).finditer(text):
        name = found.group().removesuffix("'s").removesuffix("’s")
        plain = name.lower()
        if (
            1 < len(name) <= 40
            and plain.partition(" ")[0] not in STARTERS
            and plain not in _DATES
            and plain not in LEXICON.english
        ):
            yield name


def joined(parts: Iterable[str]) -> str:
    """The parts as one text, with a space between them where their script has spaces."""
    whole = ""
    for part in (part.strip() for part in parts):
        last = (whole.rstrip(_QUOTES) or whole)[-1:]
        apart = last and part and not _unspaced(last) and not _unspaced(part[:1])
        whole += f" {part}" if apart else part
    return whole


def _unspaced(char: str) -> bool:
    """True for a character beside which no space stands: of Chinese, Japanese or Thai, or a wide mark."""
    return is_cjk(char) or unicodedata.east_asian_width(char) in "WF" or "\u0e00" <= char <= "\u0eff"


def _cut(text: str, most: int) -> str:
    """The text, or its beginning up to a sentence's or else a word's end."""
    if len(text) <= most:
        return text
    begun = text[: 2 * most]
    ends = [one.end for one in split_paragraph(begun, Span(0, len(begun))) if most // 4 < one.end <= most]
    if ends:
        return text[: ends[-1]]
    head = text[:most]
    space = head.rfind(" ")
    return (head[:space] if space > most // 2 else head).rstrip(" ,，;；:：") + "…"
