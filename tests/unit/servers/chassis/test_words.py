"""The words of a text: what is one word, and that none of the text is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.chassis.words import LONGEST_WORD, words_of


def texts(text: str) -> list[str]:
    return [text[word.start : word.end] for word in words_of(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, world! «Oui», (he) said.", ["Hello", "world", "Oui", "he", "said"]),
        ("don't well-known it’s", ["don't", "well-known", "it’s"]),
        ("3.5 and 1,000; $5, 20% at 10:30.", ["3.5", "and", "1,000", "$5", "20%", "at", "10:30"]),
        ("the end.Then 1,two", ["the", "end.Then", "1", "two"]),
        ("U.S.A. — R&D…", ["U.S.A", "R&D"]),
        ("你好，世界3.5米iPhone的", ["你", "好", "世", "界", "3.5", "米", "iPhone", "的"]),
        ("😀𠀀😀a", ["𠀀", "a"]),
        ("テスト です", ["テ", "ス", "ト", "で", "す"]),
        ("สวัสดี", ["ส", "วั", "ส", "ดี"]),
        ("안녕하세요 세계", ["안녕하세요", "세계"]),
        ("cafe\u0301 nai\u0308ve", ["cafe\u0301", "nai\u0308ve"]),
        ("-5 to +3", ["-5", "to", "+3"]),
        ("😀 … !", []),
    ],
)
def test_what_one_word_is(text: str, words: list[str]) -> None:
    assert texts(text) == words


@given(st.text(max_size=300))
def test_every_letter_and_digit_belongs_to_exactly_one_word(text: str) -> None:
    words = words_of(text)
    covered = [position for word in words for position in range(word.start, word.end)]
    assert covered == sorted(set(covered))
    assert {position for position, char in enumerate(text) if char.isalnum()} <= set(covered)
    assert all(any(char.isalnum() for char in text[word.start : word.end]) for word in words)


def test_a_word_that_never_ends_is_cut() -> None:
    words = words_of("x" * 1000)
    assert [word.end - word.start for word in words] == [LONGEST_WORD] * (1000 // LONGEST_WORD)
