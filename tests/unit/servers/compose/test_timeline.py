"""The laws of the timeline: exact lengths, no gap, no overlap of narrations."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from servers.compose.timeline import Change, Timeline, Wish, lay, segments

RATES = st.sampled_from(
    [Fraction(1), Fraction(24), Fraction(25), Fraction(30), Fraction(30000, 1001), Fraction(60)]
)
LENGTHS = st.fractions(min_value=0, max_value=20, max_denominator=48_000)
WISHES = st.builds(
    Wish,
    narration=st.none() | LENGTHS,
    least=st.none() | st.fractions(min_value=Fraction(1, 100), max_value=20, max_denominator=1000),
    pause=st.fractions(min_value=0, max_value=2, max_denominator=100),
    change=st.sampled_from(Change),
    change_seconds=st.fractions(min_value=0, max_value=5, max_denominator=100),
)
FILMS = st.builds(lay, st.lists(WISHES, min_size=1, max_size=12), RATES)


@given(st.lists(WISHES, min_size=1, max_size=12), RATES)
def test_each_scene_holds_its_narration_and_pause_and_is_no_frame_longer(
    wishes: list[Wish], fps: Fraction
) -> None:
    film = lay(wishes, fps)
    for wish, shot in zip(wishes, film.shots, strict=True):
        wanted = wish.least or Fraction(0)
        if wish.narration is not None:
            wanted = max(wanted, wish.narration + wish.pause)
        elif wish.least is None:
            wanted = Fraction(5)
        assert shot.length == max(1, math.ceil(wanted * fps))


@given(FILMS)
def test_scenes_follow_each_other_without_gap_and_the_film_is_their_sum(film: Timeline) -> None:
    assert film.shots[0].start == 0
    for shot, following in zip(film.shots, film.shots[1:], strict=False):
        assert shot.end == following.start
    assert film.frames == sum(shot.length for shot in film.shots)
    assert film.seconds == Fraction(film.frames) / film.fps


@given(FILMS)
def test_a_change_lies_on_its_boundary_and_takes_at_most_half_of_the_shorter_scene(film: Timeline) -> None:
    assert film.shots[0].lead == film.shots[0].tail == 0
    for shot, following in zip(film.shots, film.shots[1:], strict=False):
        length = following.lead + following.tail
        assert 0 <= following.tail - following.lead <= 1
        assert 2 * length <= min(shot.length, following.length)
        assert shot.shown_until == following.start + following.tail
        assert shot.start + shot.tail <= following.shown_from, "two changes may not meet in one frame"


@given(FILMS)
def test_every_frame_shows_one_shot_or_a_rising_share_of_two(film: Timeline) -> None:
    seen = list(film.blends(0, film.frames))
    assert len(seen) == film.frames
    for number, blend in enumerate(seen):
        shot = film.shots[blend.shot]
        assert shot.shown_from <= number < shot.shown_until
        if blend.into is not None:
            assert blend.into == blend.shot + 1
            assert 0.0 < blend.share < 1.0
            if number and seen[number - 1].into == blend.into:
                assert blend.share > seen[number - 1].share


@given(FILMS, st.integers(min_value=2, max_value=200))
def test_pieces_cover_the_film_once_and_show_what_the_whole_shows(film: Timeline, target: int) -> None:
    cuts = segments(film, target)
    assert cuts[0][0] == 0
    assert cuts[-1][1] == film.frames
    assert all(end == first for (_, end), (first, _) in itertools.pairwise(cuts))
    assert all(first < end <= first + 2 * target + 1 for first, end in cuts)
    whole = [blend for first, end in cuts for blend in film.blends(first, end)]
    assert whole == list(film.blends(0, film.frames))


@given(st.lists(LENGTHS.filter(bool), min_size=1, max_size=100), RATES, LENGTHS)
def test_with_one_recording_boundaries_do_not_drift(
    lengths: list[Fraction], fps: Fraction, whole: Fraction
) -> None:
    film = lay([Wish(least=length) for length in lengths], fps, whole)
    assert film.seconds >= whole
    if min(lengths) * fps >= 2:
        for index, shot in enumerate(film.shots):
            assert abs(film.at(shot.start) - sum(lengths[:index])) <= Fraction(1, 2) / fps
