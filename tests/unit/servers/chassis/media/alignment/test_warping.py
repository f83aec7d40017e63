"""The path through a recording: found where it is known, and never out of order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servers.chassis.media.alignment.warping import LARGEST_TABLE, warp

DIMENSIONS = 6


def synthesis(words: list[int], seed: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Words of the given numbers of frames, smooth as speech is, with a pause before, between and behind."""
    generator = np.random.default_rng(seed)
    frames, pauses = [np.full((1, DIMENSIONS), -4.0)], [True]
    for length in words:
        walk = np.cumsum(generator.normal(size=(length, DIMENSIONS)), axis=0)
        frames += [3 * np.sin(walk), np.full((1, DIMENSIONS), -4.0)]
        pauses += [False] * length + [True]
    return np.concatenate(frames).astype(np.float32), np.array(pauses)


@st.composite
def recordings(draw: st.DrawFn) -> tuple[list[int], int, list[int]]:
    """Lengths of words, a seed, and for each pause how many frames it lasts in the recording."""
    words = draw(st.lists(st.integers(5, 40), min_size=1, max_size=12))
    silences = draw(
        st.lists(st.sampled_from([0, 0, 5, 60]), min_size=len(words) + 1, max_size=len(words) + 1)
    )
    return words, draw(st.integers(0, 1000)), silences


def spoken_slowly(pauses: npt.NDArray[np.bool_], silences: list[int], seed: int) -> npt.NDArray[np.int64]:
    """The synthesis' frame behind each frame of a recording, whose speech is a fifth slower."""
    generator = np.random.default_rng(seed + 1)
    left = iter(silences)
    counts = [next(left) if pause else 1 + int(generator.random() < 0.2) for pause in pauses]
    return np.repeat(np.arange(len(pauses)), counts)


@settings(max_examples=40)
@given(recordings())
def test_a_known_warp_is_found(recording: tuple[list[int], int, list[int]]) -> None:
    words, seed, silences = recording
    frames, pauses = synthesis(words, seed)
    truth = spoken_slowly(pauses, silences, seed)
    path = warp(frames[truth], ~pauses[truth], frames, pauses)
    assert path is not None
    assert len(path.places) == len(truth)
    assert path.places[0] <= 2
    assert path.places[-1] >= len(frames) - 2
    steps = np.diff(path.places)
    assert steps.min(initial=0) >= 0
    assert steps.max(initial=0) <= 3
    assert np.median(np.abs(path.places - truth)) <= 1


def test_coarse_passes_lead_to_the_same_path() -> None:
    frames, pauses = synthesis([30] * 120, seed=5)
    truth = spoken_slowly(pauses, [0, 30] * 60 + [0], seed=5)
    heard = frames[truth] + np.random.default_rng(6).normal(0, 0.5, (len(truth), DIMENSIONS))
    heard = heard.astype(np.float32)
    paths = [
        warp(heard, ~pauses[truth], frames, pauses, largest_table=size) for size in (LARGEST_TABLE, 100_000)
    ]
    for path in paths:
        assert path is not None
        assert np.abs(path.places - truth).max() < 30
        assert np.median(np.abs(path.places - truth)) <= 1


def test_what_fits_is_nearer_than_what_does_not() -> None:
    frames, pauses = synthesis([20] * 10, seed=1)
    other, _ = synthesis([20] * 10, seed=2)
    same = warp(frames, ~pauses, frames, pauses)
    different = warp(other, ~pauses, frames, pauses)
    assert same is not None
    assert different is not None
    assert same.distance == pytest.approx(0, abs=0.01)
    assert different.distance > 1


def test_a_recording_too_short_for_the_text_has_no_path() -> None:
    frames, pauses = synthesis([30] * 10, seed=3)
    assert warp(frames[:40], ~pauses[:40], frames, pauses) is None
    assert warp(frames[:0], pauses[:0], frames, pauses) is None
