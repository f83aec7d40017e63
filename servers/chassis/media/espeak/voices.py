"""The voices of espeak-ng, read from the text files of its data folder without loading the library.

A voice file is lines of "attribute value"; `name`, `language <tag> [<priority>]` and `gender <word>` are
what counts here (espeak-ng's docs/voices.md). A base voice is named by its first language tag, e.g.
"en-us"; a variant changes its timbre and is put behind a plus sign, e.g. "en-us+f2".
"""

from __future__ import annotations

import difflib
import functools
import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reelmesh.tts.v1.tts_pb2 import VOICE_GENDER_FEMALE, VOICE_GENDER_MALE, Voice, VoiceGender

FEMALE_VARIANT = "f2"
"""The default timbre: a recogniser of natural English understood it best of sixteen variants tried."""

# Tags that people write, and the voice that speaks them. Others are found by the voices' own tags.
_SPOKEN_BY: Mapping[str, str] = {
    "en": "en-us",
    "fr": "fr-fr",
    "iw": "he",
    "no": "nb",
    "pt": "pt-br",
    "zh": "cmn",
    "zh-hk": "yue",
    "zh-mo": "yue",
    "zh-yue": "yue",
}
# Languages that are known better by another tag than espeak's.
_ALSO_KNOWN_AS: Mapping[str, tuple[str, ...]] = {"cmn": ("zh-CN", "zh-TW"), "yue": ("zh-HK",), "nb": ("no",)}


@dataclass(frozen=True)
class BaseVoice:
    """One voice file."""

    tag: str
    """Its first language tag, lower case: its name here."""
    file: str
    """Its file within the data's folder of languages: a name that the library knows every voice by."""
    title: str
    """Name for people, e.g. "English (America)"."""
    languages: tuple[str, ...]
    """BCP-47 tags it speaks, its own first."""


@dataclass(frozen=True)
class Catalogue:
    """All base voices and variants of one data folder."""

    base: Mapping[str, BaseVoice]
    variants: Mapping[str, VoiceGender.ValueType]

    def find(self, name: str) -> str:
        """The voice of that name as espeak-ng writes it, upper and lower case aside; empty where none is."""
        tag, plus, variant = name.partition("+")
        base = self.base.get(tag.lower())
        if base is None or not plus:
            return base.tag if base else ""
        spelled = next((known for known in self.variants if known.lower() == variant.lower()), "")
        return f"{base.tag}+{spelled}" if spelled else ""

    def named(self, name: str) -> str:
        """The voice of that name, as `find`.

        Raises:
            InvalidArgument: there is none; the message has near names.
        """
        if found := self.find(name):
            return found
        tag, _, variant = name.partition("+")
        base = self.base.get(tag.lower())
        if base is None:
            near = difflib.get_close_matches(tag.lower(), self.base, n=4, cutoff=0.4)
            raise _refused(("voice", f'"{name}" is not a voice of this engine{_hint(near)}'))
        spelled = {known.lower(): known for known in self.variants}
        near = difflib.get_close_matches(variant.lower(), spelled, n=4, cutoff=0.3)
        options = [f"{base.tag}+{spelled[each]}" for each in near or [FEMALE_VARIANT]]
        raise _refused(("voice", f'"{name}" is not a voice of this engine{_hint(options)}'))

    def find_language(self, language: str) -> str:
        """The default voice for a BCP-47 language; empty where none speaks it."""
        parts = language.lower().split("-")
        for length in range(len(parts), 0, -1):
            tag = "-".join(parts[:length])
            tag = _SPOKEN_BY.get(tag, tag)
            if tag in self.base:
                return f"{tag}+{FEMALE_VARIANT}"
            regional = sorted(known for known in self.base if known.startswith(f"{tag}-"))
            if regional:
                return f"{regional[0]}+{FEMALE_VARIANT}"
        return ""

    def for_language(self, language: str) -> str:
        """The default voice for a BCP-47 language, as `find_language`.

        Raises:
            InvalidArgument: no voice speaks it; the message has near tags.
        """
        if found := self.find_language(language):
            return found
        near = difflib.get_close_matches(language.lower(), self.base, n=4, cutoff=0.5)
        raise _refused(("language", f'this engine has no voice for "{language}"{_hint(near)}'))

    def language_of(self, voice: str) -> str:
        """The BCP-47 language that a voice of this catalogue speaks."""
        return self.base[voice.partition("+")[0]].languages[0]

    def file_of(self, voice: str) -> str:
        """What the library calls a voice of this catalogue."""
        tag, plus, variant = voice.partition("+")
        return self.base[tag].file + plus + variant

    def languages(self) -> list[str]:
        """Every BCP-47 tag that some voice speaks, sorted."""
        return sorted({tag for voice in self.base.values() for tag in voice.languages})

    def listed(self, engine: str) -> list[Voice]:
        """The voices worth listing: each base voice as it is and with the default variant."""
        voices = []
        for voice in self.base.values():
            languages = list(voice.languages)
            female = f"{voice.tag}+{FEMALE_VARIANT}"
            voices += [
                Voice(
                    name=female,
                    display_name=f"{voice.title}, female",
                    engine=engine,
                    languages=languages,
                    gender=VOICE_GENDER_FEMALE,
                ),
                Voice(
                    name=voice.tag,
                    display_name=f"{voice.title}, male",
                    engine=engine,
                    languages=languages,
                    gender=VOICE_GENDER_MALE,
                ),
            ]
        return voices


def data_folder() -> Path | None:
    """Where the wheel keeps espeak-ng's data; None when it is not installed. Imports nothing of it."""
    found = importlib.util.find_spec("espeakng_loader")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent / "espeak-ng-data"
    return folder if folder.is_dir() else None


@functools.cache
def catalogue(folder: Path) -> Catalogue:
    """Reads all voice files of a data folder. Some 250 small files, once."""
    base: dict[str, BaseVoice] = {}
    for path in sorted((folder / "lang").rglob("*")):
        if path.is_file():
            voice = _base_voice(path, folder)
            if voice is not None:
                base.setdefault(voice.tag, voice)
    variants = {path.name: _gender(_lines(path)) for path in sorted((folder / "voices" / "!v").iterdir())}
    return Catalogue(dict(sorted(base.items())), variants)


def _base_voice(path: Path, folder: Path) -> BaseVoice | None:
    """One voice file; None when the wheel lacks the dictionary that the voice reads by."""
    lines = _lines(path)
    tags = [words[1].lower() for words in lines if words[0] == "language" and len(words) > 1]
    tag = tags[0] if tags else path.name.lower()
    title = next((" ".join(words[1:]) for words in lines if words[0] == "name"), tag)
    dictionary = next((words[1] for words in lines if words[0] == "dictionary"), tag.partition("-")[0])
    if not (folder / f"{dictionary}_dict").is_file():
        return None
    file = path.relative_to(folder / "lang").as_posix()
    return BaseVoice(tag, file, title, (_as_written(tag), *_ALSO_KNOWN_AS.get(tag, ())))


def _gender(lines: Iterable[Sequence[str]]) -> VoiceGender.ValueType:
    # A voice that does not say is male: that is what espeak-ng's own formants sound like.
    said = next((words[1].lower() for words in lines if words[0] == "gender" and len(words) > 1), "male")
    return VOICE_GENDER_FEMALE if said == "female" else VOICE_GENDER_MALE


def _lines(path: Path) -> list[list[str]]:
    text = path.read_text(encoding="utf-8", errors="replace")
    return [words for line in text.splitlines() if (words := line.split("//")[0].split())]


def _as_written(tag: str) -> str:
    """A tag in BCP-47's usual case: "en-us" is "en-US", "cmn-latn-pinyin" is "cmn-Latn-pinyin"."""
    language, *rest = tag.split("-")
    sizes = {2: str.upper, 4: str.title}
    return "-".join([language, *(sizes.get(len(part), str.lower)(part) for part in rest)])


def _refused(violation: tuple[str, str]) -> Exception:
    # Only a server refuses; a worker that speaks need not hold gRPC.
    from servers.chassis.errors import InvalidArgument

    return InvalidArgument(violation)


def _hint(near: Sequence[str]) -> str:
    return f"; did you mean {', '.join(near)}?" if near else "; ListVoices lists them"
