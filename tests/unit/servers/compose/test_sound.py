"""The film's sound: ducking, looping, loudness, and silence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.chassis.errors import InvalidArgument
from servers.compose.defaults import set_seconds
from servers.compose.mix_worker import envelope
from tests.unit.servers.compose.studio import Desk, Stage, canvas, film_of

RATE = 48_000
SPEECH, MUSIC = 1000.0, 200.0
STRETCHES = st.lists(st.integers(1, 20 * RATE), min_size=2, max_size=12, unique=True).map(
    lambda places: [tuple(sorted(places)[i : i + 2]) for i in range(0, len(places) // 2 * 2, 2)]
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def request(desk: Desk, *seconds: float) -> ComposeRequest:
    made = ComposeRequest(canvas=canvas(64, 64, 10))
    made.output.preset = "ultrafast"
    for length in seconds:
        scene = made.scenes.add()
        scene.picture.CopyFrom(desk.picture((10, 20, 30), (64, 64)))
        set_seconds(scene.duration, length)
    return made


def level(samples: NDArray[np.float32], hertz: float, start: float, length: float = 0.3) -> float:
    """How loud one tone is at a time, in decibels."""
    part = samples[round(start * RATE) : round((start + length) * RATE)].mean(axis=1)
    probe = np.exp(-2j * np.pi * hertz * np.arange(len(part)) / RATE)
    return float(20 * np.log10(abs(np.dot(part, probe)) / len(part) + 1e-9))


def test_music_is_ducked_under_speech_by_what_was_asked(desk: Desk, stage: Stage) -> None:
    made = request(desk, 3.0, 3.0, 3.0)
    made.scenes[1].narration.CopyFrom(desk.tone(2.6, SPEECH))
    made.music.audio.CopyFrom(desk.tone(20.0, MUSIC))
    made.music.duck_db = 12.0
    samples = film_of(desk, stage.shoot(made, desk).film).samples()
    alone, under, after = (level(samples, MUSIC, time) for time in (1.5, 4.0, 6.8))
    assert alone - under == pytest.approx(12.0, abs=1.0)
    assert after == pytest.approx(alone, abs=1.0)
    assert level(samples, MUSIC, 3.0) - under < 1.5, "it is down when speech begins"


def test_short_music_is_looped_without_a_gap_and_faded_at_both_ends(desk: Desk, stage: Stage) -> None:
    made = request(desk, 8.0)
    made.music.audio.CopyFrom(desk.tone(1.5, MUSIC))
    samples = film_of(desk, stage.shoot(made, desk).film).samples()
    levels = [level(samples, MUSIC, time, 0.1) for time in np.arange(0.6, 5.8, 0.1)]
    # A tone crossing into itself at another phase dips or rises; it is never gone.
    assert max(levels) - min(levels) < 12.0
    assert np.abs(samples[:48]).max() < 0.1 * np.abs(samples).max()
    assert np.abs(samples[-48:]).max() < 0.1 * np.abs(samples).max()


def test_nothing_clicks_where_a_narration_begins_and_ends(desk: Desk, stage: Stage) -> None:
    made = request(desk, 1.0, 1.0)
    loud = np.full(RATE // 2, 0.8)
    made.scenes[1].narration.CopyFrom(desk.sound(loud))
    samples = film_of(desk, stage.shoot(made, desk).film).samples()
    assert np.abs(np.diff(samples, axis=0)).max() < 0.2 * np.abs(samples).max()


@pytest.mark.parametrize("target", [-14.0, -23.0])
def test_loudness_is_on_target_and_true_peak_below_minus_one(desk: Desk, stage: Stage, target: float) -> None:
    """Speech-like sound: bursts with peaks far above their mean."""
    random = np.random.default_rng(1)
    bursts = np.repeat(random.uniform(0.02, 1.0, 60) ** 2, RATE // 10)
    # Speech has little above 4 kHz; white noise would lose to the encoder what it is measured by.
    noise = np.convolve(random.normal(0.0, 0.6, len(bursts)), np.hanning(14) / 7, "same") * bursts
    made = request(desk, 6.0)
    made.scenes[0].narration.CopyFrom(desk.sound(np.clip(noise, -1.0, 1.0)))
    made.loudness_lufs = target
    loudness, peak = film_of(desk, stage.shoot(made, desk).film).loudness()
    assert loudness == pytest.approx(target, abs=0.7)
    assert peak < -1.0


def test_a_film_without_sound_has_a_silent_track_of_its_length(desk: Desk, stage: Stage) -> None:
    samples = film_of(desk, stage.shoot(request(desk, 1.5), desk).film).samples()
    assert len(samples) == round(1.5 * RATE)
    assert np.abs(samples).max() < 1e-4


def test_one_recording_for_the_whole_film_is_heard_from_its_beginning(desk: Desk, stage: Stage) -> None:
    made = request(desk, 1.0, 1.0)
    made.narration.CopyFrom(desk.tone(2.5, SPEECH))
    result = stage.shoot(made, desk)
    assert result.duration.ToNanoseconds() == 2_500_000_000, "the last scene lasts until the recording ends"
    samples = film_of(desk, result.film).samples()
    assert level(samples, SPEECH, 0.05) == pytest.approx(level(samples, SPEECH, 2.1), abs=0.5)


def test_a_clips_own_sound_is_heard_only_where_it_is_wanted(desk: Desk, stage: Stage) -> None:
    clip = desk.clip("testsrc=s=64x64:r=10:d=2", "-f", "lavfi", "-i", "sine=f=600:d=2", "-shortest")
    made = request(desk, 2.0, 2.0)
    made.transition.kind = parts.TRANSITION_KIND_CUT
    for scene in made.scenes:
        scene.clip.CopyFrom(clip)
    made.scenes[1].clip_gain_db = 0.0
    samples = film_of(desk, stage.shoot(made, desk).film).samples()
    assert level(samples, 600.0, 2.5) - level(samples, 600.0, 0.5) > 40.0


@given(STRETCHES, st.floats(-30, 0), st.floats(0, 30))
def test_the_musics_gain_is_low_all_through_speech_and_never_jumps(
    speech: list[tuple[int, int]], gain: float, duck: float
) -> None:
    times, gains = envelope(speech, gain, duck)
    assert times == sorted(times)
    for begin, end in speech:
        for place in (begin, (begin + end) // 2, end):
            assert np.interp(place, times, gains) == pytest.approx(gain - duck, abs=1e-6)
    assert all(gain - duck - 1e-9 <= value <= gain + 1e-9 for value in gains)


def test_sound_effects_begin_at_their_sample_in_the_film_or_in_a_scene(tmp_path: Path, stage: Stage) -> None:
    desk = Desk(tmp_path)
    made = ComposeRequest(canvas=canvas(64, 64, 10), keep_loudness=True)
    made.output.preset = "ultrafast"
    for name in ("one", "two"):
        set_seconds(made.scenes.add(id=name, picture=desk.picture((0, 0, 0), (64, 64))).duration, 1.0)
    click = desk.tone(0.05, 3000.0, 0.8)
    for at, scene, gain in ((0.25, "", 0.0), (0.5, "two", -12.0)):
        effect = made.sound_effects.add(audio=click, scene_id=scene, gain_db=gain)
        set_seconds(effect.at, at)
    heard = np.abs(film_of(desk, stage.shoot(made, desk).film).samples()[:, 0])
    first = int(np.argmax(heard > 0.1))
    assert abs(first - 12_000) < 200
    second = 60_000 + int(np.argmax(heard[60_000:] > 0.05))
    assert abs(second - 72_000) < 200
    peaks = heard[12_000:15_000].max(), heard[72_000:75_000].max()
    assert 20 * np.log10(peaks[0] / peaks[1]) == pytest.approx(12.0, abs=1.0)
    made.sound_effects[1].scene_id = "three"
    with pytest.raises(InvalidArgument, match=r"sound_effects\[1\]\.scene_id: must be the id of a scene"):
        stage.shoot(made, desk)


def test_loudness_is_left_alone_where_it_is_to_be_kept(tmp_path: Path, stage: Stage) -> None:
    desk = Desk(tmp_path)
    made = ComposeRequest(canvas=canvas(64, 64, 10), keep_loudness=True)
    made.output.preset = "ultrafast"
    made.scenes.add(picture=desk.picture((0, 0, 0), (64, 64)), narration=desk.tone(2.0, 997.0, 0.05))
    heard = film_of(desk, stage.shoot(made, desk).film).samples()[:, 0]
    assert np.abs(heard[20_000:60_000]).max() == pytest.approx(0.05 / np.sqrt(2), rel=0.1)


def test_music_that_is_looped_does_not_click_at_its_seams(tmp_path: Path, stage: Stage) -> None:
    """A tone that stops in the middle of a wave: cut and begun again, it would jump."""
    desk = Desk(tmp_path)
    made = ComposeRequest(canvas=canvas(64, 64, 10), keep_loudness=True)
    made.output.preset = "ultrafast"
    set_seconds(made.scenes.add(picture=desk.picture((0, 0, 0), (64, 64))).duration, 7.0)
    made.music.audio.CopyFrom(desk.tone(2.0 + 0.25 / 300.0, 300.0, 0.4))
    made.music.gain_db = 0.0
    heard = film_of(desk, stage.shoot(made, desk).film).samples()[:, 0]
    inside = heard[24_000:-100_000]
    assert np.abs(np.diff(inside)).max() < 1.5 * 0.4 * 2 * np.pi * 300 / 48_000
    assert np.abs(inside).reshape(-1, 100)[:, :].max(axis=1).min() > 0.02, "it never stops"
