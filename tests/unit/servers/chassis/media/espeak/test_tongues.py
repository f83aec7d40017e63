"""Who reads a word whose script is not the voice's own."""

from __future__ import annotations

import pytest

from servers.chassis.media.espeak.tongues import UNREAD, file_for, tongue
from servers.chassis.media.espeak.voices import catalogue, data_folder


@pytest.mark.parametrize(
    ("word", "language", "reader"),
    [
        ("hello", "cmn", ""),
        ("café", "ar", ""),
        ("2026", "he", ""),
        ("狐", "en", "cmn"),
        ("狐", "yue", ""),
        ("狐", "ja", "cmn"),
        ("こ", "cmn", "ja"),
        ("안녕", "en", "ko"),
        ("Привет", "cmn", "ru"),
        ("Привіт", "uk", ""),
        ("مرحبا", "en", "ar"),
        ("سلام", "fa", ""),
        ("שלום", "ar", "he"),
        ("3кг", "en", "ru"),
        ("λόγος", "en", "el"),
        ("π", "cmn", ""),
        ("µm", "en", ""),
        ("བཀྲ", "en", UNREAD),
    ],
)
def test_the_reader_of_a_word(word: str, language: str, reader: str) -> None:
    assert tongue(word, language) == reader


def test_a_reader_keeps_the_timbre_of_the_voice() -> None:
    folder = data_folder()
    assert folder is not None
    known = catalogue(folder)
    assert file_for("cmn", "gmw/en-US+f2", known) == "sit/cmn+f2"
    assert file_for("ar", "sit/cmn", known) == "sem/ar"
    assert file_for("", "sit/cmn+f2", known) == "sit/cmn+f2"
    assert file_for(UNREAD, "sit/cmn+f2", known) == "sit/cmn+f2"
