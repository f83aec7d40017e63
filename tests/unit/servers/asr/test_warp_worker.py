"""Words found by warping, against times that are known.

Other voices of espeak-ng at other speeds tell their own times; `known.RECORDING`, spoken by flite from pieces
of a person's speech, is farther from what the worker speaks itself.
"""

from __future__ import annotations

import statistics
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from servers.chassis.media import commands
from servers.chassis.media.alignment.synthesis import spoken
from servers.chassis.media.alignment.worker import RATE, align
from servers.chassis.media.espeak.voices import catalogue, data_folder
from servers.chassis.words import words_of
from tests.unit.servers.asr.known import RECORDING, STARTS, TEXT

ENGLISH = (
    "A hungry fox came to a vineyard at 7:30 in the morning. The grapes were ripe, round and full of juice. "
    "He jumped once, he jumped twice, and on the 3rd try, about 1.5 metres high, he fell flat on his back."
)
CHINESE = (
    "从前有一只饥饿的狐狸，走进了一座葡萄园。葡萄又大又圆，挂得很高。他跳了一次，又跳了一次，怎么也够不着。"
    "最后他说：“这些葡萄一定是酸的！”然后就回家去了。"
)
OTHERS = {
    "de": "Ein hungriger Fuchs kam in einen Weinberg und sah die reifen Trauben hoch über sich hängen.",
    "hi": "एक भूखी लोमड़ी अंगूर के बाग में आई और ऊपर लटकते हुए अंगूर देखे।",
    "ja": "おなかをすかせたきつねが、ぶどうえんにやってきました。",
    "ru": "Голодная лиса пришла в виноградник и увидела спелый виноград высоко над собой.",
}


def voices(language: str) -> list[str]:
    """The two voices that the engine offers for a language."""
    folder = data_folder()
    assert folder is not None
    known = catalogue(folder)
    female = known.for_language(language)
    return [known.file_of(female), known.file_of(female.partition("+")[0])]


def recording(path: Path, text: str, language: str, variant: str, speed: float) -> list[tuple[float, float]]:
    """Speaks into raw samples at 16 kHz, the pauses between pieces drawn out; times of the words."""
    words = words_of(text)
    speech = spoken(
        text,
        words,
        voice=voices(language)[1] + variant,
        words_per_minute=170 * speed,
        language="cmn" if language == "zh" else language,
        report=lambda fraction: None,
    )
    lead = np.zeros(RATE // 2, np.int16)
    time = np.arange(len(speech.samples) * RATE // speech.rate) * (speech.rate / RATE)
    samples = np.interp(time, np.arange(len(speech.samples)), speech.samples).astype(np.int16)
    np.concatenate([lead, samples, lead]).tofile(path)
    return [(0.5 + first / speech.rate, 0.5 + end / speech.rate) for first, end in speech.words]


def found(path: Path, text: str, language: str) -> dict[str, Any]:
    """What the worker answers."""
    arguments = {
        "path": str(path),
        "text": text,
        "voices": voices(language),
        "language": "cmn" if language == "zh" else language,
    }
    return align(arguments, lambda report: None)


def errors(answer: dict[str, Any], starts: list[float]) -> list[float]:
    return [abs(word[2] - start) for word, start in zip(answer["words"], starts, strict=True)]


@pytest.fixture(scope="module")
def fox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fox") / "fox.pcm"
    raw = ("-ac", "1", "-ar", str(RATE), "-f", "s16le", str(path))
    subprocess.run([commands.executable(), *commands.QUIET, "-i", str(RECORDING), *raw], check=True)
    return path


@pytest.mark.parametrize("variant", ["+m3", "+f4"])
@pytest.mark.parametrize("speed", [0.8, 1.3])
@pytest.mark.parametrize(("language", "text"), [("en", ENGLISH), ("zh", CHINESE)], ids=["en", "zh"])
def test_words_of_another_voice_at_another_speed_are_found(
    tmp_path: Path, language: str, text: str, speed: float, variant: str
) -> None:
    truth = recording(tmp_path / "pcm", text, language, variant, speed)
    answer = found(tmp_path / "pcm", text, language)
    assert answer["found"]
    starts = errors(answer, [start for start, _ in truth])
    ends = [abs(word[3] - end) for word, (_, end) in zip(answer["words"], truth, strict=True)]
    assert statistics.median(starts) < 0.03
    assert statistics.median(ends) < 0.03
    assert np.percentile(starts, 95) < 0.1


@pytest.mark.parametrize("language", OTHERS)
def test_other_languages_are_found(tmp_path: Path, language: str) -> None:
    text = OTHERS[language]
    truth = recording(tmp_path / "pcm", text, language, "+m3", 1.2)
    answer = found(tmp_path / "pcm", text, language)
    assert answer["found"]
    assert statistics.median(errors(answer, [start for start, _ in truth])) < 0.06


def test_words_of_a_natural_voice_are_found(fox: Path) -> None:
    answer = found(fox, TEXT, "en")
    assert answer["found"]
    assert statistics.median(errors(answer, STARTS)) < 0.06
    assert max(errors(answer, STARTS)) < 0.3


def test_noise_and_a_long_pause_do_not_lead_astray(fox: Path, tmp_path: Path) -> None:
    samples = np.fromfile(fox, np.int16)
    cut, pause = round(4.2 * RATE), 3 * RATE
    paused = np.concatenate([samples[:cut], np.zeros(pause, np.int16), samples[cut:]])
    noise = np.random.default_rng(0).normal(0, 150, len(paused))
    (paused + noise).clip(-32768, 32767).astype(np.int16).tofile(tmp_path / "pcm")
    answer = found(tmp_path / "pcm", TEXT, "en")
    assert answer["found"]
    moved = [start + (3 if start > 4.2 else 0) for start in STARTS]
    assert statistics.median(errors(answer, moved)) < 0.06


def test_every_letter_and_digit_belongs_to_a_word_in_order(tmp_path: Path) -> None:
    text = "The 3 foxes 🦊 said “狐狸很饿” (twice!), then — at 7:30 — left; ὁ κύων, ok?"
    recording(tmp_path / "pcm", text, "en", "+m3", 1.0)
    words = found(tmp_path / "pcm", text, "en")["words"]
    assert [(first, end) for first, end, *_ in words] == [(span.start, span.end) for span in words_of(text)]
    covered = {place for first, end, *_ in words for place in range(first, end)}
    assert {place for place, char in enumerate(text) if char.isalnum()} <= covered
    edges = [edge for *_, start, end, _ in words for edge in (start, end)]
    assert edges == sorted(edges)


@pytest.mark.parametrize(
    "other",
    [
        "Completely different words were never said by anybody in this recording of ours.",
        "Completely different words were never said by anybody in this recording of ours. " * 20,
        " ".join(reversed(TEXT.split())),
    ],
)
def test_a_text_that_is_not_spoken_is_spread_and_says_so(fox: Path, other: str) -> None:
    answer = found(fox, other, "en")
    assert not answer["found"]
    assert len(answer["words"]) == len(words_of(other))
    assert answer["words"][-1][3] == pytest.approx(len(np.fromfile(fox, np.int16)) / RATE)


@pytest.mark.parametrize("samples", [0, 50, 8000])
def test_silence_holds_no_words(tmp_path: Path, samples: int) -> None:
    silence: npt.NDArray[np.int16] = np.zeros(samples, np.int16)
    silence.tofile(tmp_path / "pcm")
    answer = found(tmp_path / "pcm", "a fox", "en")
    assert not answer["found"]
    assert answer["words"][1][3] == pytest.approx(samples / RATE)
