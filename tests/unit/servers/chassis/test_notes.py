"""Notes for people: what is left of a text without them, and where that stood."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servers.chassis.notes import Spoken, without_notes
from servers.chassis.words import Span


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("The fox #@#a red one#@# ran.", "The fox ran."),
        ("The fox#@#a red one#@#, ran.", "The fox, ran."),
        ("狐狸#@#红色的\n\n狐狸#@#跑了。", "狐狸跑了。"),
        ("One.\n#@# look here #@#\nTwo.", "One.\nTwo."),
        ("One.\r\n\r\n  #@#a#@# \r\n\r\nTwo.", "One.\r\n\r\n\r\nTwo."),
        ("#@#first#@#\nOne. #@#last#@#", "One."),
        ("#@#a#@# #@#b#@# c", " c"),
        ("#@#@#a#@#b", "b"),
        ("a #@# b", "a #@# b"),
        ("a #@#b#@# c #@# d", "a c #@# d"),
        ("#@##@#", ""),
    ],
)
def test_what_is_left(text: str, left: str) -> None:
    assert without_notes(text) == left


PARTS = st.lists(st.sampled_from(["#@#", "#", "@", "a", "b", " ", "\n", "\r\n"]), max_size=40).map("".join)


@settings(max_examples=400)
@given(PARTS, st.data())
def test_what_is_left_of_a_place_is_the_text_there(source: str, data: st.DataObject) -> None:
    spoken = Spoken(source)
    edges = [at for at, char in enumerate(spoken.text) if not char.isspace()]
    if not edges:
        return
    start, last = sorted((data.draw(st.sampled_from(edges)), data.draw(st.sampled_from(edges))))
    place = spoken.source(Span(start, last + 1))
    assert without_notes(source[place.start : place.end]) == spoken.text[start : last + 1]
