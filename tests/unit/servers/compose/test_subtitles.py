"""Subtitle files and the script that is burned."""

from __future__ import annotations

import itertools
import re
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from servers.chassis.media.fonts import default_font
from servers.compose.ass import Event, Script, Style, colour, escape, frame_at, subtitle_events
from servers.compose.subtitles import Cue, Spoken, cues, srt, vtt
from servers.compose.words import Word

TEXTS = st.text(max_size=60) | st.text(st.sampled_from("{}\\NnhbrK1&<>-\n:;,%'\" x狐"), max_size=60)
ROOM = 14.0


def film(*texts: str) -> list[Cue]:
    scenes = []
    for index, text in enumerate(texts):
        words = [
            Word(m.group(), i * 0.3, i * 0.3 + 0.3, m.start(), m.end())
            for i, m in enumerate(re.finditer(r"\S+", text))
        ]
        scenes.append(Spoken(10.0 * index, 10.0 * index + 10.0, text, words))
    return cues(scenes, default_font().width, ROOM)


def script(events: list[Event], fps: Fraction = Fraction(30)) -> Script:
    return Script(1080, 1920, fps, [Style("Subtitle", "Noto Sans SC", 65, 1.448)], events)


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_cues_are_in_order_and_never_overlap(texts: list[str]) -> None:
    made = film(*texts)
    assert all(cue.start < cue.end for cue in made)
    assert all(cue.end <= following.start + 1e-9 for cue, following in itertools.pairwise(made))


@given(TEXTS)
def test_subrip_has_as_many_blocks_as_cues_whatever_the_text(text: str) -> None:
    made = film(text)
    assert len(re.findall(r"^\d\d:\d\d:\d\d,\d{3} --> ", srt(made), re.MULTILINE)) == len(made)
    assert srt(made).count("-->") == len(made)
    assert "\n\n\n" not in srt(made)


@given(TEXTS)
def test_webvtt_holds_no_markup_of_the_text(text: str) -> None:
    body = vtt(film(text))
    assert body.startswith("WEBVTT\n")
    assert "<" not in body
    assert body.count("-->") == len(film(text))


@given(TEXTS)
def test_no_text_becomes_an_override_or_a_break(text: str) -> None:
    """What libass does with an event's text: `\\N`, `\\n` and `\\h` are escapes, `{...}` overrides."""
    made = escape(text)
    assert not re.search(r"\\[Nnh]", made)
    assert not re.search(r"(?<!\\)[{}]", made)
    assert not re.search(r"[\x00-\x1f\x7f\x85\u2028\u2029]", made)
    visible = made.replace("\\{", "{").replace("\\}", "}").replace("\u2060", "")
    wanted = "".join(" " if c in "\t\n\r\x0b\x0c\x85\u2028\u2029" else c for c in text)
    assert visible == "".join(c for c in wanted if c.isprintable() or c in "\u200d\u00a0").replace(
        "\u2060", ""
    )


@given(TEXTS)
def test_a_text_stays_in_its_own_line_of_the_script(text: str) -> None:
    events = list(subtitle_events(film(text), "Subtitle", Fraction(30), ("#FFFFFF", "#FFD84D")))
    body = script(events).text().split("[Events]\n")[1].splitlines()
    assert len(body) == 1 + len(events)
    assert all(line.startswith("Dialogue: 0,") for line in body[1:])


def test_one_word_is_lit_at_a_time_and_each_from_its_own_start() -> None:
    events = list(subtitle_events(film("one two three"), "Subtitle", Fraction(30), ("#FFFFFF", "#FFD84D")))
    assert [(event.first, re.findall(r"&\}(\w+)\{\\r\}", event.text)) for event in events] == [
        (0, ["one"]),
        (9, ["two"]),
        (18, ["three"]),
    ]
    assert events[0].end == events[1].first


def test_equal_colours_light_no_word() -> None:
    [event] = subtitle_events(film("one two three"), "Subtitle", Fraction(30), ("#FFFFFF", "#ffffff"))
    assert event.text == "one two three"


@given(
    st.sampled_from([Fraction(12), Fraction(24), Fraction(30), Fraction(30000, 1001), Fraction(50)]),
    st.integers(min_value=0, max_value=100_000),
    st.integers(min_value=1, max_value=1000),
)
def test_an_event_covers_exactly_its_frames(fps: Fraction, first: int, length: int) -> None:
    """libass shows an event from its start up to its end, at the time of each frame in milliseconds."""
    line = script([Event(first, first + length, "Subtitle", "x")], fps).text().splitlines()[-1]
    start, end = (_seconds(clock) for clock in line.split(",")[1:3])
    for frame in (first - 1, first, first + length - 1, first + length):
        if frame >= 0:
            shown = start <= Fraction(frame) / fps < end
            assert shown == (first <= frame < first + length)


def test_a_piece_of_a_script_counts_from_its_own_first_frame() -> None:
    whole = script([Event(0, 50, "Subtitle", "a"), Event(50, 100, "Subtitle", "b")])
    piece = whole.piece(40, 60)
    assert [(event.first, event.end, event.text) for event in piece.events] == [(0, 10, "a"), (10, 20, "b")]


def test_colours_are_written_blue_first() -> None:
    assert colour("#FFD84D") == "&H004DD8FF"
    assert colour("#000000", opacity=0.5) == "&H80000000"


def test_characters_that_the_font_lacks_are_left_out() -> None:
    assert escape("a😀b", missing="😀") == "ab"


def test_times_are_rounded_to_the_nearest_frame() -> None:
    assert frame_at(0.51, Fraction(30)) == 15


@given(st.integers(0, 10**6), st.integers(0, 400), st.sampled_from([24, 25, 30, 60]))
def test_a_word_keeps_its_frame_in_a_scene_that_moves(start: int, hundredths: int, fps: int) -> None:
    word = hundredths / 100
    assert frame_at(start / fps + word, Fraction(fps)) == start + frame_at(word, Fraction(fps))


def _seconds(clock: str) -> Fraction:
    hours, minutes, rest = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + Fraction(rest)
