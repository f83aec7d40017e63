"""What frames of a recording have in common, whatever its level and rate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from servers.chassis.media.alignment.features import FRAMES_PER_SECOND, listen

RATE = 16_000


def chirps(rate: int = RATE, level: float = 8000.0) -> npt.NDArray[np.int16]:
    """A second of rising tones, half a second of silence, a second of tones."""
    time = np.arange(rate) / rate
    tone = np.sin(2 * np.pi * (300 + 1200 * time) * time) + 0.5 * np.sin(2 * np.pi * 2500 * time**2)
    return (level * np.concatenate([tone, np.zeros(rate // 2), tone[::-1]])).astype(np.int16)


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100])
def test_a_second_has_a_hundred_frames_at_any_rate(rate: int) -> None:
    sound = listen(chirps(rate), rate)
    assert len(sound.frames) == len(sound.active) == pytest.approx(2.5 * FRAMES_PER_SECOND, abs=1)


def test_speech_is_where_the_sound_is() -> None:
    active = listen(chirps(), RATE).active
    assert active[5:95].all()
    assert not active[105:145].any()
    assert active[155:245].all()


def test_active_frames_have_no_mean_and_one_spread() -> None:
    sound = listen(chirps(), RATE)
    spoken = sound.frames[sound.active]
    assert np.abs(spoken.mean(axis=0)).max() < 0.3
    assert (spoken.std(axis=0) > 0.5).all()
    assert (spoken.std(axis=0) <= 1.05).all()


def test_level_and_rate_do_not_tell() -> None:
    loud = listen(chirps(level=12_000), RATE)
    for other in (listen(chirps(level=1500), RATE), listen(chirps(44_100), 44_100)):
        assert (loud.active == other.active).mean() > 0.97
        both = loud.active & other.active
        assert np.abs(loud.frames[both] - other.frames[both]).mean() < 0.15


@pytest.mark.parametrize("samples", [0, 1, 159, 160, 500, 16_000])
@pytest.mark.parametrize("value", [0, 3])
def test_silence_of_any_length_holds_no_speech(samples: int, value: int) -> None:
    sound = listen(np.full(samples, value, np.int16), RATE)
    assert len(sound.frames) == samples * FRAMES_PER_SECOND // RATE
    assert np.isfinite(sound.frames).all()
    assert not sound.active.any()
