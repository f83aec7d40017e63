"""What SSML must keep, checked without saying anything: quick at any length, for a server's event loop."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.parsers import expat

from servers.tts import prosody
from servers.tts.utterance import PLAIN, Pause

DEEPEST = 100
"""Elements within one another."""
LONGEST_BREAK_SECONDS = 20.0
ALL_BREAKS_SECONDS = 600.0

_BREAKS: Mapping[str, float] = {
    "none": 0.0,
    "x-weak": 0.1,
    "weak": 0.2,
    "medium": 0.4,
    "strong": 0.7,
    "x-strong": 1.2,
}
_TIME = re.compile(r"\+?(\d+(?:\.\d*)?|\.\d+)(ms|s)")
SILENT = frozenset({"metadata", "meta", "lexicon", "desc", "lookup"})
"""Elements whose text is not spoken."""


class Malformed(Exception):
    """The SSML breaks a rule; the message names line and column."""

    def __init__(self, rule: str, line: int, column: int) -> None:
        super().__init__(f"{rule} (line {line}, column {column})")


def check(ssml: str) -> bool:
    """Whether there is anything to say in a document.

    Raises:
        Malformed: it is not well-formed, has a document type, is no `speak` element or an attribute is wrong.
    """
    return _Checker(ssml).speaks


class _Checker:
    """Reads one document for its faults alone."""

    def __init__(self, ssml: str) -> None:
        self.speaks = False
        """Whether a letter or a digit was found that is spoken."""
        self._depth = self._silent = 0
        self._breaks = 0.0
        self._parser = parser()
        self._parser.StartElementHandler = self._starts
        self._parser.EndElementHandler = self._ends
        self._parser.CharacterDataHandler = self._characters
        parse(self._parser, ssml)

    def _starts(self, name: str, attributes: dict[str, str]) -> None:
        name = name.removeprefix("ssml:")
        if not self._depth and name != "speak":
            raise wrong(self._parser, f"must be a speak element, not {name[:40]}")
        self._depth += 1
        if self._depth > DEEPEST + 1:
            raise wrong(self._parser, f"must not hold more than {DEEPEST} elements within one another")
        self._silent += name in SILENT
        if not attributes:
            return
        try:
            if name == "break":
                self._breaks += pause_of(attributes).seconds or 0.0
            elif name == "prosody":
                prosody.of_prosody(attributes, PLAIN, _ignored)
            elif name == "emphasis":
                prosody.of_emphasis(attributes, PLAIN, _ignored)
        except ValueError as fault:
            raise wrong(self._parser, str(fault)) from None
        if self._breaks > ALL_BREAKS_SECONDS:
            raise wrong(self._parser, f"must not hold more than {ALL_BREAKS_SECONDS:g} s of breaks")
        if name == "sub" and any(char.isalnum() for char in attributes.get("alias", "")):
            self.speaks = True

    def _ends(self, name: str) -> None:
        self._depth -= 1
        self._silent -= name.removeprefix("ssml:") in SILENT

    def _characters(self, data: str) -> None:
        if not self._silent and any(char.isalnum() for char in data):
            self.speaks = True
            self._parser.CharacterDataHandler = None


def pause_of(attributes: Mapping[str, str]) -> Pause:
    """The pause of a break element.

    Raises:
        ValueError: an attribute breaks its rule, which the message names.
    """
    time, strength = attributes.get("time"), attributes.get("strength", "medium")
    if time is not None:
        found = _TIME.fullmatch(time.strip())
        seconds = float(found[1]) / (1000 if found[2] == "ms" else 1) if found else -1.0
        if not 0 <= seconds <= LONGEST_BREAK_SECONDS:
            raise ValueError(
                f'break has time="{time[:40]}", which must be like "500ms" or "2s", '
                f"at most {LONGEST_BREAK_SECONDS:g}s"
            )
        return Pause(seconds=seconds)
    if strength not in _BREAKS:
        raise ValueError(f'break has strength="{strength[:40]}", which must be one of {", ".join(_BREAKS)}')
    return Pause(seconds=0.0, strength=_BREAKS[strength])


def _ignored(_: str) -> None:
    """Warnings are for whoever says it."""


def parser() -> expat.XMLParserType:
    made = expat.ParserCreate()
    made.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def refuse(*_: object) -> None:
        raise wrong(made, "must not hold a document type")

    made.StartDoctypeDeclHandler = refuse
    return made


def parse(parser: expat.XMLParserType, ssml: str) -> None:
    try:
        parser.Parse(ssml, True)
    except expat.ExpatError as error:
        rule = f"is not well-formed XML: {expat.ErrorString(error.code)}"
        raise Malformed(rule, error.lineno, error.offset + 1) from None


def wrong(parser: expat.XMLParserType, rule: str) -> Malformed:
    return Malformed(rule, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)
