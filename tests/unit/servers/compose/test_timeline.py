"""The laws of the timeline: exact lengths, no gap, no overlap of narrations."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from servers.compose.timeline import Change, Timeline, Wish, lay, pieces

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


@given(FILMS, st.integers(min_value=2, max_value=200))
def test_pieces_cover_the_film_once_and_show_one_shot_or_a_whole_change(film: Timeline, target: int) -> None:
    cut = pieces(film, target)
    assert cut[0].first == 0
    assert cut[-1].end == film.frames
    assert all(piece.end == following.first for piece, following in itertools.pairwise(cut))
    for piece in cut:
        shot = film.shots[piece.shot]
        assert shot.shown_from <= piece.first < piece.end <= shot.shown_until
        if piece.into is None:
            assert piece.end - piece.first <= 1.5 * target + 1
            assert shot.start + shot.tail <= piece.first, "alone means after the change into it"
        else:
            into = film.shots[piece.into]
            assert piece.into == piece.shot + 1
            assert (piece.first, piece.end) == (into.shown_from, into.start + into.tail)


@given(st.lists(WISHES, min_size=3, max_size=8), st.integers(min_value=2, max_value=90), st.data())
def test_a_scene_that_grows_leaves_the_pieces_behind_it_as_they_were(
    wishes: list[Wish], target: int, data: st.DataObject
) -> None:
    """But for where they stand, as long as the changes beside it keep their lengths."""
    fps = Fraction(25)
    at = data.draw(st.integers(min_value=0, max_value=len(wishes) - 2))
    longer = [*wishes]
    longer[at] = replace(wishes[at], least=(wishes[at].least or Fraction(5)) + 30)
    before, after = lay(wishes, fps), lay(longer, fps)
    if [(s.lead, s.tail) for s in before.shots] != [(s.lead, s.tail) for s in after.shots]:
        return
    grown = after.frames - before.frames
    moved = [
        replace(piece, first=piece.first + grown, end=piece.end + grown)
        for piece in pieces(before, target)
        if piece.first >= before.shots[at + 1].shown_from
    ]
    assert [piece for piece in pieces(after, target) if piece.first >= moved[0].first] == moved


@given(st.lists(LENGTHS.filter(bool), min_size=1, max_size=100), RATES, LENGTHS)
def test_with_one_recording_boundaries_do_not_drift(
    lengths: list[Fraction], fps: Fraction, whole: Fraction
) -> None:
    film = lay([Wish(least=length) for length in lengths], fps, whole)
    assert film.seconds >= whole
    if min(lengths) * fps >= 2:
        for index, shot in enumerate(film.shots):
            assert abs(film.at(shot.start) - sum(lengths[:index])) <= Fraction(1, 2) / fps
