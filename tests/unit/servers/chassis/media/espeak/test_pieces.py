"""Cutting a text into pieces, and the form in which the engine gets it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.chassis.media.espeak.pieces import LONGEST_PIECE, Gap, gap_after, pieces_of, spoken_form
from servers.chassis.text import is_han
from servers.chassis.words import words_of

PROSE = st.text(st.sampled_from("ab狐 ,.!?\n。，😀"), max_size=1500)


@given(PROSE, st.sampled_from(["en", "cmn"]))
def test_pieces_hold_all_words_in_order_and_are_short(text: str, language: str) -> None:
    words = words_of(text)
    pieces = pieces_of(text, words, language)
    assert [word for piece in pieces for word in piece.words] == words
    for piece in pieces:
        first, last = piece.words[0], piece.words[-1]
        assert piece.span.start <= first.start <= last.end <= piece.span.end
        assert len(piece.words) == 1 or last.end - piece.span.start <= LONGEST_PIECE


@given(PROSE)
def test_chinese_within_another_language_stands_in_pieces_of_its_own(text: str) -> None:
    for piece in pieces_of(text, words_of(text), "en"):
        assert {is_han(text[word.start]) for word in piece.words} == {piece.tongue == "cmn"}


@pytest.mark.parametrize(
    ("between", "gap"),
    [
        (" ", Gap.NONE),
        (" \n", Gap.NONE),
        (", ", Gap.CLAUSE),
        ("，", Gap.CLAUSE),
        ("! ", Gap.SENTENCE),
        ("。”", Gap.SENTENCE),
        (".\n", Gap.PARAGRAPH),
        ("\n\n", Gap.PARAGRAPH),
    ],
)
def test_what_a_gap_is(between: str, gap: Gap) -> None:
    text = f"one{between}two"
    assert gap_after(text, words_of(text), 0) is gap


def test_long_paragraphs_are_cut_at_sentences() -> None:
    text = "The fox jumped over it. " * 60
    pieces = pieces_of(text, words_of(text), "en")
    assert len(pieces) > 1
    assert {piece.gap for piece in pieces[:-1]} == {Gap.SENTENCE}


@given(st.text(max_size=200))
def test_the_spoken_form_keeps_every_place(text: str) -> None:
    spoken, left_out = spoken_form(text)
    assert len(spoken) == len(text)
    assert 0 <= left_out <= len(text)
    assert [char for char in text if char.isascii()] == [
        new for old, new in zip(text, spoken, strict=True) if old.isascii()
    ]


def test_pictographs_are_left_out_and_counted_once_each() -> None:
    assert spoken_form("a👍🏽b ❤️ 𠀀") == ("a  b    𠀀", 2)
    assert spoken_form("２０ 𝒳，٣৪") == ("20 X，34", 0)
