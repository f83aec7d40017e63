"""From the engine's reports to the time of every word."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from servers.chassis.media.espeak.library import CLAUSE_END, WORD, Event
from servers.chassis.media.espeak.timing import place
from servers.chassis.words import words_of

WINDOW = 10
LOUD = np.ones(100, np.bool_)


@given(
    st.text(st.sampled_from("ab狐3. ,"), min_size=1, max_size=40),
    st.lists(
        st.builds(
            Event,
            st.sampled_from((WORD, CLAUSE_END)),
            st.integers(0, 45),
            st.integers(0, 5),
            st.integers(0, 1000),
        ),
        max_size=30,
    ),
    st.lists(st.booleans(), min_size=100, max_size=100),
)
def test_words_are_in_order_and_never_overlap_whatever_the_engine_tells(
    text: str, events: list[Event], active: list[bool]
) -> None:
    words = words_of(text)
    events.sort(key=lambda event: event.sample)
    spans = place(words, events, np.array(active), WINDOW, 1000)
    assert len(spans) == len(words)
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(edges)
    assert not edges or (edges[0] >= 0 and edges[-1] <= 1000)


def test_a_told_word_begins_where_it_was_told() -> None:
    words = words_of("one two three")
    events = [Event(WORD, 0, 3, 0), Event(WORD, 4, 3, 300), Event(WORD, 8, 5, 600)]
    assert place(words, events, LOUD, WINDOW, 1000) == [(0, 300), (300, 600), (600, 1000)]


def test_words_that_were_passed_over_share_the_time_of_the_one_before() -> None:
    words = words_of("狐假虎威")
    events = [Event(WORD, 0, 1, 0), Event(WORD, 2, 1, 600)]
    assert place(words, events, LOUD, WINDOW, 1000) == [(0, 300), (300, 600), (600, 800), (800, 1000)]


def test_silence_belongs_to_no_word() -> None:
    active = LOUD.copy()
    active[40:60] = False
    words = words_of("你好，世")
    events = [Event(WORD, 0, 1, 0), Event(CLAUSE_END, 2, 0, 550), Event(WORD, 3, 1, 550)]
    assert place(words, events, active, WINDOW, 1000) == [(0, 200), (200, 400), (600, 1000)]


def test_the_end_of_a_clause_tells_where_the_next_begins() -> None:
    words = words_of("one, two")
    events = [Event(WORD, 0, 3, 0), Event(CLAUSE_END, 4, 0, 500)]
    assert place(words, events, LOUD, WINDOW, 1000)[1] == (500, 1000)
