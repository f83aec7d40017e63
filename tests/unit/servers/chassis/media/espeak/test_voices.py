"""The voices, as read from the data files, against what the library knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from reelmesh.tts.v1.tts_pb2 import VOICE_GENDER_FEMALE, VOICE_GENDER_MALE
from servers.chassis.errors import InvalidArgument
from servers.chassis.media.espeak.library import loaded
from servers.chassis.media.espeak.voices import Catalogue, catalogue, data_folder


@pytest.fixture
def known() -> Catalogue:
    folder = data_folder()
    assert folder is not None
    return catalogue(folder)


@pytest.mark.parametrize(
    ("language", "voice"),
    [
        ("en", "en-us+f2"),
        ("en-GB", "en-gb+f2"),
        ("en-AU", "en-us+f2"),
        ("zh", "cmn+f2"),
        ("zh-CN", "cmn+f2"),
        ("zh-Hant-TW", "cmn+f2"),
        ("zh-HK", "yue+f2"),
        ("fr", "fr-fr+f2"),
        ("no", "nb+f2"),
        ("sr-Latn", "sr+f2"),
    ],
)
def test_the_default_voice_of_a_language(known: Catalogue, language: str, voice: str) -> None:
    assert known.for_language(language) == voice


def test_names_are_found_in_any_case_and_with_any_variant(known: Catalogue) -> None:
    assert known.named("EN-US") == "en-us"
    assert known.named("cmn+ANNIE") == "cmn+Annie"


@pytest.mark.parametrize("name", ["enus", "en-us+nobody", "+f2", "../../etc/passwd", "en-us+../f2"])
def test_an_unknown_voice_is_refused_with_near_names(known: Catalogue, name: str) -> None:
    with pytest.raises(InvalidArgument, match="is not a voice of this engine") as refused:
        known.named(name)
    assert refused.value.violations[0][0] == "voice"


def test_a_language_without_a_voice_is_refused(known: Catalogue) -> None:
    with pytest.raises(InvalidArgument, match='no voice for "xx"'):
        known.for_language("xx")


def test_about_a_hundred_languages_are_listed_with_gender(known: Catalogue) -> None:
    voices = known.listed("espeak")
    assert len({voice.languages[0].split("-")[0] for voice in voices}) > 95
    assert {voice.gender for voice in voices} == {VOICE_GENDER_FEMALE, VOICE_GENDER_MALE}
    assert len({voice.name for voice in voices}) == len(voices)


def test_the_library_speaks_with_every_voice(known: Catalogue, tmp_path: Path) -> None:
    with loaded() as speaker:
        for voice in known.base.values():
            samples, _ = speaker.speak("1", voice=voice.file, words_per_minute=300, semitones=0)
            assert len(samples) > 0, voice
