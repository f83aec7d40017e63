"""SSML 1.1 (W3C) becomes an utterance: markup is read, what is not known is told, its text is spoken.

The XML is read by expat as a stream. Document types are refused, so there are no entities but XML's own
five and characters by number, and nothing is ever fetched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from servers.chassis.media.espeak.pieces import Gap
from servers.chassis.media.espeak.voices import Catalogue
from servers.chassis.text import guess_language
from servers.chassis.words import Span, words_of
from servers.tts import phonetics, prosody, say_as, ssml_rules
from servers.tts.ssml_rules import SILENT, check
from servers.tts.utterance import Manner, Pause, Utterance, of_text, places_of

MOST_WARNINGS = 20

_SAID_OTHERWISE = frozenset({"sub", "say-as", "phoneme"})
_THROUGH = frozenset({"mark", "w", "token"})
"""Elements that change nothing and do not part the text around them."""
_GAPS: Mapping[str, Gap] = {
    "p": Gap.PARAGRAPH,
    "paragraph": Gap.PARAGRAPH,
    "s": Gap.SENTENCE,
    "sentence": Gap.SENTENCE,
}
_LANGUAGE = "xml:lang"


@dataclass(frozen=True)
class _Inside:
    """One open element."""

    name: str
    attributes: Mapping[str, str]
    manner: Manner
    language: str


def of_ssml(ssml: str, *, known: Catalogue, voice: str, language: str) -> Utterance:
    """What an SSML document says; places are those in the string.

    Args:
        ssml: the document.
        known: the voices that it may name.
        voice: the voice that speaks where it names none.
        language: the language of what it does not mark, a BCP-47 tag.

    Raises:
        Malformed: it is not well-formed, has a document type, is no `speak` element or an attribute is wrong.
    """
    check(ssml)
    return _Reader(ssml, known, voice, language).read()


def language_of(ssml: str) -> str:
    """The BCP-47 language that the document names first, or else that its characters point to.

    Raises:
        Malformed: it is not well-formed or has a document type.
    """
    told: list[str] = []
    said: list[str] = []
    parser = ssml_rules.parser()

    def root(name: str, attributes: dict[str, str]) -> None:
        told.append(attributes.get(_LANGUAGE, ""))
        parser.StartElementHandler = None

    parser.StartElementHandler = root
    parser.CharacterDataHandler = said.append
    ssml_rules.parse(parser, ssml)
    # Only the root speaks for the whole.
    return (
        told[0]
        if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", told[0])
        else guess_language("".join(said))
    )


class _Reader:
    """Reads one document."""

    def __init__(self, ssml: str, known: Catalogue, voice: str, language: str) -> None:
        self._ssml = ssml
        self._known = known
        self._voice = voice
        self._open = [_Inside("", {}, Manner(), language)]
        self._said = Utterance()
        self._chars: list[str] = []
        self._places: list[Span] = []
        self._otherwise = 0
        """How many open elements say something else than their text."""
        self._byte = self._at = 0
        self._bytes = ssml.encode()
        self._parser = ssml_rules.parser()
        self._parser.StartElementHandler = self._starts
        self._parser.EndElementHandler = self._ends
        self._parser.CharacterDataHandler = self._characters

    def read(self) -> Utterance:
        ssml_rules.parse(self._parser, self._ssml)
        del self._said.warnings[MOST_WARNINGS:]
        return self._said

    def _starts(self, name: str, attributes: dict[str, str]) -> None:
        name = name.removeprefix("ssml:")
        if name not in _THROUGH and not self._otherwise:
            self._flush()
        outer = self._open[-1]
        inside = _Inside(name, attributes, outer.manner, outer.language)
        if not self._otherwise:
            inside = self._entered(inside)
        self._open.append(inside)
        self._otherwise += name in _SAID_OTHERWISE or name in SILENT

    def _entered(self, inside: _Inside) -> _Inside:
        """What an element changes for what it holds."""
        name, attributes = inside.name, inside.attributes
        if tag := attributes.get(_LANGUAGE, ""):
            inside = self._in_language(inside, tag)
        if name in _GAPS:
            self._said.pause(Pause(_GAPS[name]))
        elif name == "break":
            self._said.pause(ssml_rules.pause_of(attributes))
        elif name in ("prosody", "emphasis"):
            change = prosody.of_prosody if name == "prosody" else prosody.of_emphasis
            inside = replace(inside, manner=change(attributes, inside.manner, self._said.warn))
        elif name == "voice":
            inside = self._in_voice(inside)
        elif name not in {"speak", "lang", *_SAID_OTHERWISE, *SILENT, *_THROUGH}:
            self._said.warn(f"the SSML element {name[:40]} is not known: its text is spoken as it is")
        return inside

    def _ends(self, name: str) -> None:
        name = name.removeprefix("ssml:")
        inside = self._open[-1]
        otherwise = name in _SAID_OTHERWISE or name in SILENT
        if not (self._otherwise - otherwise):
            if name in SILENT:
                self._chars, self._places = [], []
            elif name in _SAID_OTHERWISE:
                self._say_otherwise(inside)
            elif name not in _THROUGH:
                self._flush()
            if name in _GAPS:
                self._said.pause(Pause(_GAPS[name]))
        self._otherwise -= otherwise
        self._open.pop()

    def _characters(self, data: str) -> None:
        byte = self._parser.CurrentByteIndex
        self._at += len(self._bytes[self._byte : byte].decode())
        self._byte = byte
        # As it is written but for "&amp;" and the like, and for "\r\n", which is read as "\n".
        if self._ssml.startswith("&", self._at) and not self._in_cdata(data):
            ends = [self._ssml.index(";", self._at) + 1]
        elif data == "\n" and self._ssml.startswith("\r\n", self._at):
            ends = [self._at + 2]
        else:
            ends = list(range(self._at + 1, self._at + len(data) + 1))
        starts = [self._at, *ends[:-1]]
        self._chars += data
        self._places += [Span(start, end) for start, end in zip(starts, ends, strict=True)]

    def _in_cdata(self, data: str) -> bool:
        """Whether the "&" here is one of a CDATA section, where it stands for itself."""
        return len(data) > 1 or data != _referred(self._ssml[self._at : self._at + 12])

    def _flush(self) -> None:
        """Says the text that was gathered. Line breaks mean nothing in XML."""
        if self._chars:
            text = "".join(" " if char in "\r\n\t" else char for char in self._chars)
            inside = self._open[-1]
            self._said.plain(text, self._places, inside.manner, inside.language)
        self._chars, self._places = [], []

    def _say_otherwise(self, inside: _Inside) -> None:
        """Says what a sub, say-as or phoneme element stands for; where that fails, its text."""
        text = "".join(self._chars)
        written = tuple(place for word in words_of(text) for place in places_of(word, self._places))
        attributes, manner, spoken = inside.attributes, inside.manner, ""
        if inside.name == "sub":
            spoken = of_text(attributes.get("alias", ""), inside.language).text
        elif inside.name == "say-as":
            kind, format_ = attributes.get("interpret-as", ""), attributes.get("format", "")
            spoken = say_as.spoken(" ".join(text.split()), kind, format_, inside.language) or ""
            if not spoken and kind not in say_as.AS_USUAL:
                self._said.warn(
                    f'say-as "{kind[:40]}" can not be read of "{text[:40].strip()}": spoken as usual'
                )
        else:
            ph, alphabet = attributes.get("ph", ""), attributes.get("alphabet", "ipa")
            phonemes = phonetics.espeak_phonemes(ph, alphabet, inside.language)
            if phonemes:
                spoken, manner = f"[[{phonemes}]]", replace(manner, phonemes=True)
            else:
                self._said.warn(
                    f'the phonemes "{ph[:40]}" are not known to this engine: "{text[:40]}" is read'
                )
        if any(char.isalnum() for char in spoken):
            self._said.instead(spoken, written, manner)
            self._chars, self._places = [], []
        else:
            self._flush()

    def _in_language(self, inside: _Inside, tag: str) -> _Inside:
        if tag.lower() == inside.language.lower():
            return inside
        now = inside.manner.voice or self._voice
        if found := self._known.find_language(tag):
            base = found.partition("+")[0]
        else:
            self._said.warn(f'no voice of this engine speaks "{tag[:40]}": read as {inside.language}')
            return inside
        # The same timbre, unless it is the same voice anyway: "en" in the mouth of en-gb is no change.
        if base.partition("-")[0] == now.partition("-")[0].partition("+")[0] and "-" not in tag:
            return replace(inside, language=tag)
        return self._with_voice(replace(inside, language=tag), base + "".join(now.partition("+")[1:]))

    def _in_voice(self, inside: _Inside) -> _Inside:
        attributes = inside.attributes
        if name := attributes.get("name", ""):
            for each in name.split():
                if not (voice := self._known.find(each)):
                    continue
                language = attributes.get(_LANGUAGE) or self._known.language_of(voice)
                return self._with_voice(replace(inside, language=language), voice)
            self._said.warn(f'the voice "{name[:40]}" is not one of this engine: the voice is kept')
        if tag := (attributes.get("languages", "").split() or [""])[0].partition(":")[0]:
            inside = self._in_language(inside, tag)
        variant = {"female": "+f2", "male": ""}.get(attributes.get("gender", ""))
        if variant is None:
            return inside
        return self._with_voice(inside, (inside.manner.voice or self._voice).partition("+")[0] + variant)

    def _with_voice(self, inside: _Inside, voice: str) -> _Inside:
        kept = "" if voice == self._voice else voice
        return replace(inside, manner=replace(inside.manner, voice=kept))


def _referred(source: str) -> str:
    """The character that a reference such as "&amp;" or "&#x41;" at the beginning of `source` stands for."""
    found = re.match(r"&(?:#(\d+)|#x([0-9A-Fa-f]+)|(amp|lt|gt|quot|apos));", source)
    if found is None:
        return ""
    if found[3]:
        return {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}[found[3]]
    code = int(found[1]) if found[1] else int(found[2], 16)
    return chr(code) if code < 0x110000 else ""
