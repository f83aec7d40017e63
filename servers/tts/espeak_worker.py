"""The worker process that speaks with espeak-ng: text in, a WAV file and the times of its words out.

A text is spoken piece by piece and written as it comes, so that memory stays level; a second pass over the
file brings it to its level.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from servers.chassis.media import audio
from servers.chassis.media.espeak.library import Speaker, loaded
from servers.chassis.media.espeak.pieces import Gap, Piece, pieces_of, spoken_form
from servers.chassis.media.espeak.timing import place
from servers.chassis.words import Span, words_of
from servers.chassis.worker_main import Refused, Report, serve

LEAD_SECONDS = 0.05
TAIL_SECONDS = 0.15
"""Silence before the first and behind the last sound."""

PAUSE_SECONDS = {Gap.NONE: 0.02, Gap.CLAUSE: 0.2, Gap.SENTENCE: 0.4, Gap.PARAGRAPH: 0.7}
"""Silence between two pieces at speed 1. Within a piece the engine makes the pauses."""

LEVEL_DBFS = -20.0
CEILING_DBFS = -1.5
_FADE_SECONDS = 0.005
_CHINESE_VOICE = "sit/cmn"


def speak(arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Speaks `text` into the WAV file `path`.

    Arguments: text, voice (as the library calls it), words_per_minute, speed (of the pauses), semitones,
    han_is_foreign, path.
    Returns: rate in hertz, samples, words as [char_start, char_end, first sample, end sample], left_out
    (how many pictographs were not spoken).
    """
    text = arguments["text"]
    spoken, left_out = spoken_form(text)
    words = words_of(text)
    if not words:
        raise Refused("text", "must hold a letter or a digit: there is nothing to speak")
    pieces = pieces_of(text, words, han_is_foreign=arguments["han_is_foreign"])
    path = Path(arguments["path"])
    raw = path.with_suffix(".pcm")
    level = audio.SpeechLevel()
    timed: list[tuple[int, int, int, int]] = []
    with loaded() as speaker, raw.open("wb") as file:
        written = _silence(file, LEAD_SECONDS, speaker.rate)
        for index, piece in enumerate(pieces):
            samples, spans = _spoken(speaker, spoken, piece, arguments)
            level.add(samples, speaker.rate)
            timed += [
                (word.start, word.end, written + first, written + end)
                for word, (first, end) in zip(piece.words, spans, strict=True)
            ]
            file.write(samples.tobytes())
            written += len(samples)
            if index + 1 < len(pieces):
                written += _silence(file, PAUSE_SECONDS[piece.gap] / arguments["speed"], speaker.rate)
            report({"fraction": 0.95 * piece.span.end / len(text)})
        written += _silence(file, TAIL_SECONDS, speaker.rate)
        rate = speaker.rate
    if not level.heard:
        raise Refused("text", "holds nothing that this voice can say")
    audio.wav_from_pcm(raw, path, rate, level.gain_to(LEVEL_DBFS, ceiling_dbfs=CEILING_DBFS))
    raw.unlink()
    return {"rate": rate, "samples": written, "words": timed, "left_out": left_out}


def _spoken(
    speaker: Speaker, text: str, piece: Piece, arguments: dict[str, Any]
) -> tuple[audio.Samples, list[tuple[int, int]]]:
    """One piece's sound, without silence at its ends, and the samples of its words."""
    voice = arguments["voice"]
    if piece.foreign:
        _, plus, variant = voice.partition("+")
        voice = _CHINESE_VOICE + plus + variant
    samples, events = speaker.speak(
        text[piece.span.start : piece.span.end],
        voice=voice,
        words_per_minute=arguments["words_per_minute"],
        semitones=arguments["semitones"],
    )
    active = audio.activity(samples, speaker.rate)
    begin, end = audio.speech_bounds(active, speaker.rate, len(samples))
    words = [Span(word.start - piece.span.start, word.end - piece.span.start) for word in piece.words]
    spans = place(words, events, active, audio.window_samples(speaker.rate), len(samples))
    cut = [(_within(first, begin, end), _within(last, begin, end)) for first, last in spans]
    return audio.faded(samples[begin:end], speaker.rate, _FADE_SECONDS), cut


def _within(sample: int, begin: int, end: int) -> int:
    return min(max(sample, begin), end) - begin


def _silence(file: BinaryIO, seconds: float, rate: int) -> int:
    count = round(seconds * rate)
    file.write(np.zeros(count, np.int16).tobytes())
    return count


if __name__ == "__main__":
    serve({"speak": speak})
