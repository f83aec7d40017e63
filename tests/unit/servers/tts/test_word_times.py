"""When words are spoken: the times that are given against the sound itself."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servers.asr.sphinx_worker import align
from servers.chassis.media.audio import read_wav
from servers.chassis.worker_main import Refused
from servers.tts.espeak_worker import LEAD_SECONDS, TAIL_SECONDS, speak

PAUSED_EN = "Grapes, foxes, crows, farmers, tigers. Ten, bold, dogs! Go? Up; down."
PAUSED_ZH = "葡萄，狐狸，老虎，农夫。一，二，三！走？上；下。"
STORY = (
    "A hungry fox came to a vineyard at 7:30 in the morning. The grapes were ripe, round and full of juice. "
    "He jumped once, he jumped twice, and on the 3rd try, about 1.5 metres high, he fell flat on his back."
)


def spoken(path: Path, text: str, voice: str, speed: float = 1.0) -> list[tuple[float, float]]:
    """Speaks into a WAV file; start and end of each word in seconds."""
    return _spoken(path, voice, speed, text=text, ssml="")


def marked(path: Path, ssml: str) -> list[tuple[float, float]]:
    """Speaks SSML in the same way."""
    return _spoken(path, "en-us+f2", 1.0, text="", ssml=ssml)


def _spoken(path: Path, voice: str, speed: float, **source: str) -> list[tuple[float, float]]:
    arguments: dict[str, Any] = {
        **source,
        "language": "en",
        "voice": voice,
        "words_per_minute": 170 * speed,
        "speed": speed,
        "semitones": 0.0,
        "path": str(path),
    }
    answer = speak(arguments, lambda _: None)
    words = np.fromfile(path.with_suffix(".words"), np.int64).reshape(-1, 4)
    return [(first / answer["rate"], end / answer["rate"]) for _, _, first, end in words.tolist()]


def onsets(samples: npt.NDArray[np.int16], rate: int) -> list[float]:
    """Where sound begins after 90 ms of quiet, in seconds: 1 ms at a time, against 1 % of the peak."""
    size = rate // 1000
    peaks = np.abs(samples[: len(samples) // size * size].astype(np.int32)).reshape(-1, size).max(axis=1)
    loud = np.flatnonzero(peaks > peaks.max() * 0.01)
    begins = [loud[0], *loud[1:][np.diff(loud) > 90]]
    return [float(begin) * size / rate for begin in begins]


@pytest.mark.parametrize(("text", "voice"), [(PAUSED_EN, "en-us"), (PAUSED_ZH, "cmn")])
@pytest.mark.parametrize("speed", [0.8, 1.0, 1.4])
def test_what_follows_a_pause_begins_when_the_sound_does(
    tmp_path: Path, text: str, voice: str, speed: float
) -> None:
    starts = [start for start, _ in spoken(tmp_path / "a.wav", text, voice, speed)]
    begins = onsets(*read_wav(tmp_path / "a.wav"))
    assert len(begins) >= 6
    for begin in begins:
        assert min(abs(begin - start) for start in starts) < 0.08, (begin, starts)


@pytest.mark.parametrize(("voice", "speed"), [("en-us+f2", 1.0), ("en-us", 1.4)])
def test_a_recogniser_finds_the_words_where_they_are_said_to_be(
    tmp_path: Path, voice: str, speed: float
) -> None:
    words = spoken(tmp_path / "a.wav", STORY, voice, speed)
    samples, rate = read_wav(tmp_path / "a.wav")
    at = np.arange(0, len(samples), rate / 16_000)
    np.interp(at, np.arange(len(samples)), samples).astype(np.int16).tofile(tmp_path / "a.pcm")
    found = align({"text": STORY, "path": str(tmp_path / "a.pcm")}, lambda _: None)
    assert found["found"]
    errors = [abs(told - heard) for (told, _), (_, _, heard, _, _) in zip(words, found["words"], strict=True)]
    assert statistics.median(errors) < 0.03
    assert sorted(errors)[int(0.85 * len(errors))] < 0.08


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=60), st.sampled_from(("en-us+f2", "cmn+f2", "ar", "th")))
def test_any_text_is_timed_in_order_or_refused(text: str, voice: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.wav"
        try:
            words = spoken(path, text, voice)
        except Refused:
            return
        samples, rate = read_wav(path)
    edges = [edge for word in words for edge in word]
    assert edges == sorted(edges)
    assert LEAD_SECONDS - 0.001 <= edges[0] <= edges[-1] <= len(samples) / rate


@pytest.mark.parametrize("text", ["老虎", "第一句", "狐狸看葡萄", "A 老虎"])
def test_the_last_character_has_its_share_of_time_without_a_full_stop(tmp_path: Path, text: str) -> None:
    start, end = spoken(tmp_path / "a.wav", text, "cmn+f2")[-1]
    assert end - start > 0.15


def test_a_voice_does_not_fall_where_a_sentence_goes_on(tmp_path: Path) -> None:
    """The same words end on another tone before a full stop than where only the manner changes."""
    path = tmp_path / "a.wav"
    ends = []
    for text in ("It ended.", "It ended <emphasis>well</emphasis>."):
        _, (start, end) = marked(path, f"<speak>{text}</speak>")[:2]
        samples, rate = read_wav(path)
        ends.append(pitch_at(samples, round((start + 0.75 * (end - start)) * rate), rate))
    assert ends[1] > 1.05 * ends[0]


def pitch_at(samples: npt.NDArray[np.int16], at: int, rate: int) -> float:
    """Fundamental in hertz around a sample, from 70 to 400, by autocorrelation."""
    half = rate // 40
    window = samples[at - half : at + half].astype(np.float64)
    likeness = np.correlate(window, window, "full")[2 * half - 1 :]
    low, high = rate // 400, rate // 70
    return float(rate / (low + int(np.argmax(likeness[low:high]))))


def test_the_time_of_day_changes_nothing(tmp_path: Path) -> None:
    spoken(tmp_path / "a.wav", "Hello.", "en-us+f2")
    second = int(time.time())
    while int(time.time()) == second:
        spoken(tmp_path / "b.wav", "Hello.", "en-us+f2")
    spoken(tmp_path / "b.wav", "Hello.", "en-us+f2")
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


@pytest.mark.parametrize(("text", "voice"), [(STORY, "en-us+f2"), (PAUSED_ZH, "cmn+f2")])
def test_the_sound_is_trimmed_level_and_ends_softly(tmp_path: Path, text: str, voice: str) -> None:
    words = spoken(tmp_path / "a.wav", text, voice)
    samples, rate = read_wav(tmp_path / "a.wav")
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > 60)
    assert abs(loud[0] / rate - LEAD_SECONDS) < 0.03
    assert abs((len(samples) - loud[-1]) / rate - TAIL_SECONDS) < 0.05
    assert words[0][0] == pytest.approx(LEAD_SECONDS, abs=0.001)
    assert words[-1][1] <= len(samples) / rate
    frames = samples[: len(samples) // 220 * 220].reshape(-1, 220).astype(np.float64)
    levels = np.sqrt((frames**2).mean(axis=1))
    speech = levels[levels > levels.max() / 50]
    assert 20 * np.log10(np.sqrt((speech**2).mean()) / 32768) == pytest.approx(-20, abs=2)
    assert np.abs(samples.astype(np.int32)).max() < 32768 * 10 ** (-1 / 20)
    assert np.abs(np.diff(samples[: int(0.06 * rate)].astype(np.int32))).max() < 3000


@pytest.mark.parametrize(
    ("source", "voice"),
    [
        ("The fox (狐狸) said مرحبا to Иван.\n\nThen it left.", "en-us+f2"),
        ("第一句，狐狸。\n\n他说hello，然后走了。" * 3, "cmn+f2"),
        (
            '<speak>a<break time="80ms"/>b<prosody rate="fast" pitch="high">c d</prosody>'
            '<prosody volume="loud">e</prosody><voice gender="male">f</voice></speak>',
            "en-us+f2",
        ),
    ],
)
def test_joins_do_not_click(tmp_path: Path, source: str, voice: str) -> None:
    """Where sound begins and ends beside a silence, it does so from and to almost nothing."""
    ssml = source.startswith("<")
    _spoken(tmp_path / "a.wav", voice, 1.0, text="" if ssml else source, ssml=source if ssml else "")
    samples, rate = read_wav(tmp_path / "a.wav")
    silent = np.concatenate([[False], samples == 0, [False]])
    edges = np.diff(silent.astype(np.int8))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    joins = [(begin, end) for begin, end in zip(begins, ends, strict=True) if end - begin > rate // 100]
    assert len(joins) > 3
    steps = [abs(int(samples[end])) for _, end in joins if end < len(samples)]
    steps += [abs(int(samples[begin - 1])) for begin, _ in joins if begin]
    assert max(steps) < 0.005 * 32768
