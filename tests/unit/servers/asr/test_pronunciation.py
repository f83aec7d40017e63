"""How words and numbers are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.asr.numerals import cardinal, ordinal, spelled
from servers.asr.pronunciation import MOST_WAYS, phones_of

DICTIONARY = {"the": "DH AH", "the(2)": "DH IY", "three": "TH R IY", "point": "P OY N T", "five": "F AY V"}


@pytest.mark.parametrize(
    ("token", "reading"),
    [
        ("1,000", "one thousand"),
        ("3.5", "three point five"),
        ("$5", "five dollars"),
        ("50%", "fifty percent"),
        ("10:30", "ten thirty"),
        ("7:05", "seven oh five"),
        ("21st", "twenty first"),
        ("12th", "twelfth"),
        ("1984", "nineteen eighty four"),
        ("2005", "two thousand five"),
        ("-3", "minus three"),
        ("mp3", "mp three"),
        ("1" * 20, " ".join(["one"] * 20)),
    ],
)
def test_the_likeliest_reading(token: str, reading: str) -> None:
    assert " ".join(spelled(token)[0]) == reading


def test_a_year_is_read_as_a_number_too() -> None:
    assert [" ".join(reading) for reading in spelled("2026")] == [
        "twenty twenty six",
        "two thousand twenty six",
        "two thousand and twenty six",
    ]


@given(st.integers(0, 10**15 - 1))
def test_every_number_has_words(number: int) -> None:
    assert all(word.isalpha() for word in cardinal(number))
    assert len({tuple(cardinal(number)), tuple(cardinal(number + 1))}) == 2 or number == 10**15 - 1
    assert ordinal(number)[-1] != cardinal(number)[-1]


def test_words_of_the_dictionary_sound_as_it_says() -> None:
    assert phones_of("The", DICTIONARY.get) == ["DH AH", "DH IY"]
    assert phones_of("3.5", DICTIONARY.get) == ["TH R IY P OY N T F AY V"]


def test_acronyms_are_read_by_letters_and_the_rest_by_spelling() -> None:
    assert phones_of("U.S.A", DICTIONARY.get) == ["Y UW EH S EY"]
    assert phones_of("Zorblax", DICTIONARY.get) == ["Z AO R B L AE K S"]
    assert phones_of("Zorblax’s", DICTIONARY.get) == ["Z AO R B L AE K S Z"]


@given(st.text(max_size=30))
def test_any_text_gives_few_ways_of_known_phones(word: str) -> None:
    ways = phones_of(word, DICTIONARY.get)
    assert len(ways) <= MOST_WAYS
    assert all(way and not set(way) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZ ") for way in ways)


def test_what_english_can_not_read_has_no_ways() -> None:
    assert phones_of("狐", DICTIONARY.get) == []
