"""The pitch that is asked for against the pitch that is heard."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.chassis.media.espeak import pitch
from servers.chassis.media.espeak.library import loaded

VOICED = "All men are mortal. We were away a year ago, you know. Many may long for more."


def fundamental(samples: npt.NDArray[np.int16], rate: int) -> float:
    """Geometric mean of the fundamental in hertz, by autocorrelation of loud windows."""
    found = []
    for begin in range(0, len(samples) - 2048, 512):
        window = samples[begin : begin + 2048].astype(np.float64)
        if window.std() < 1500:
            continue
        alike = np.fft.irfft(np.abs(np.fft.rfft(window - window.mean(), 8192)) ** 2)[:1200]
        lag = rate // 700 + int(alike[rate // 700 :].argmax())
        if alike[lag] > 0.5 * alike[0]:
            found.append(rate / lag)
    return float(np.exp(np.mean(np.log(found))))


def spoken(semitones: float) -> float:
    with loaded() as speaker:
        samples, _ = speaker.speak(VOICED, voice="gmw/en-US+f2", words_per_minute=170, semitones=semitones)
        return fundamental(samples, speaker.rate)


@pytest.mark.parametrize("semitones", [-6.0, -3.0, 3.0, 8.0])
def test_the_voice_is_as_much_higher_as_asked(semitones: float) -> None:
    assert 12 * np.log2(spoken(semitones) / spoken(0)) == pytest.approx(semitones, abs=0.6)


@given(st.floats(-20, 20), st.floats(-20, 20))
def test_higher_is_never_lower(one: float, other: float) -> None:
    assert (one < other) <= (pitch.parameter(one) <= pitch.parameter(other))
    assert 0 <= pitch.parameter(one) <= 100
    assert pitch.parameter(0) == pitch.MIDDLE
