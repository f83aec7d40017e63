"""The worker process that speaks with espeak-ng: text or SSML in, a WAV file and the times of its words out.

A text is spoken piece by piece and written as it comes, so that memory stays level; a second pass over the
file brings it to its level.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from servers.chassis.media import audio
from servers.chassis.media.espeak.library import FASTEST_RATE, SLOWEST_RATE, Speaker, loaded
from servers.chassis.media.espeak.pieces import Gap, Piece, gap_after, pieces_of
from servers.chassis.media.espeak.pitch import within_reach
from servers.chassis.media.espeak.timing import place
from servers.chassis.media.espeak.tongues import UNREAD, file_for, script_of
from servers.chassis.media.espeak.voices import Catalogue, catalogue, data_folder
from servers.chassis.text import is_cjk
from servers.chassis.words import Span, shared
from servers.chassis.worker_main import Refused, Report, serve
from servers.tts.ssml import of_ssml
from servers.tts.ssml_rules import Malformed
from servers.tts.utterance import Manner, Pause, Utterance, Word, of_text

LEAD_SECONDS = 0.05
TAIL_SECONDS = 0.15
"""Silence before the first and behind the last sound."""

PAUSE_SECONDS = {Gap.NONE: 0.02, Gap.CLAUSE: 0.2, Gap.SENTENCE: 0.4, Gap.PARAGRAPH: 0.7}
"""Silence between two pieces at speed 1. Within a piece the engine makes the pauses."""

LEVEL_DBFS = -20.0
CEILING_DBFS = -1.5
_FADE_SECONDS = 0.005
UNREAD_SECONDS = 0.25
"""Silence in place of a word that no voice reads."""


def speak(arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Speaks `text` or `ssml` into the WAV file `path`.

    Arguments: text, ssml, language, voice (as the catalogue calls it), words_per_minute, speed (of the
    pauses), semitones, path.
    Returns: rate in hertz, samples, left_out (how many pictographs were not spoken), warnings. Beside the WAV
    file, with the suffix ".words", stand the words: char_start, char_end, first sample and end sample of
    each, as 64-bit integers of the machine's byte order.
    """
    said = _utterance(arguments)
    if not said.words:
        raise Refused(
            "ssml" if arguments["ssml"] else "text",
            "must hold a letter or a digit: there is nothing to speak",
        )
    _warn_of_limits(said, arguments)
    path = Path(arguments["path"])
    raw = path.with_suffix(".pcm")
    level = audio.SpeechLevel()
    timed: list[tuple[int, int, int, int]] = []
    # Nothing is made louder than the engine speaks, lest it is clipped; the whole is levelled at the end.
    loudest = max(0.0, *(word.manner.decibels for word in said.words))
    with loaded() as speaker, raw.open("wb") as file:
        written = _silence(file, LEAD_SECONDS, speaker.rate)
        written += _silence(file, _pause(said, -1, Gap.NONE, arguments["speed"]), speaker.rate)
        for part, pause in _parts(said, arguments):
            _warn_of_scripts(said, part, arguments)
            samples, spans = _spoken(speaker, said, part, arguments)
            samples = _levelled(samples, part.manner.decibels - loudest)
            level.add(samples, speaker.rate)
            for word, (first, end) in zip(part.words, spans, strict=True):
                timed += [
                    (place.start, place.end, written + begin, written + stop)
                    for place, (begin, stop) in zip(
                        word.written, shared(word.written, first, end), strict=True
                    )
                ]
            file.write(samples.tobytes())
            written += len(samples) + _silence(file, pause, speaker.rate)
            report({"fraction": 0.95 * part.piece.span.end / len(said.text)})
        written += _silence(file, TAIL_SECONDS, speaker.rate)
        rate = speaker.rate
    if not level.heard:
        raise Refused("ssml" if arguments["ssml"] else "text", "holds nothing that this voice can say")
    audio.wav_from_pcm(raw, path, rate, level.gain_to(LEVEL_DBFS, ceiling_dbfs=CEILING_DBFS))
    raw.unlink()
    # In a file: tens of thousands of words in the answer would hold up the server that reads it.
    np.asarray(timed, np.int64).tofile(path.with_suffix(".words"))
    return {
        "rate": rate,
        "samples": written,
        "left_out": said.left_out,
        "warnings": said.warnings,
    }


@dataclass(frozen=True)
class _Part:
    """A piece, the words it says, and how."""

    piece: Piece
    words: Sequence[Word]
    manner: Manner
    goes_on: bool
    """True when the sentence goes on behind it."""


def _utterance(arguments: dict[str, Any]) -> Utterance:
    if not arguments["ssml"]:
        return of_text(arguments["text"], arguments["language"])
    try:
        return of_ssml(
            arguments["ssml"], known=_catalogue(), voice=arguments["voice"], language=arguments["language"]
        )
    except Malformed as malformed:
        raise Refused("ssml", str(malformed)) from None


def _warn_of_limits(said: Utterance, arguments: dict[str, Any]) -> None:
    """Notes what the markup asks for beyond what the engine can do."""
    for manner in dict.fromkeys(word.manner for word in said.words):
        if (
            manner.rate != 1.0
            and not SLOWEST_RATE <= arguments["words_per_minute"] * manner.rate <= FASTEST_RATE
        ):
            said.warn("a rate in the SSML is beyond what espeak-ng can do; the nearest was taken")
        shift = arguments["semitones"] + manner.semitones
        if manner.semitones and within_reach(shift) != shift:
            said.warn("a pitch in the SSML is beyond what espeak-ng can do; the nearest was taken")


def _warn_of_scripts(said: Utterance, part: _Part, arguments: dict[str, Any]) -> None:
    """Notes words that the voice should read but can not."""
    piece = part.piece
    if piece.tongue == UNREAD:
        letters = filter(str.isalpha, said.text[piece.span.start : piece.span.end])
        script = script_of(next(letters)).title()
        said.warn(f"words in {script} letters were not spoken: espeak-ng has no voice that reads them")
    if piece.tongue == "cmn" and _language(part.manner, arguments) == "ja":
        said.warn(
            "Chinese characters in a Japanese text were read in Mandarin: espeak-ng reads only kana; "
            "write them in kana, or choose another engine"
        )


def _language(manner: Manner, arguments: dict[str, Any]) -> str:
    """The primary tag of the voice that speaks so."""
    voice: str = manner.voice or arguments["voice"]
    return voice.partition("+")[0].partition("-")[0]


def _catalogue() -> Catalogue:
    folder = data_folder()
    if folder is None:
        raise RuntimeError("espeak-ng is not installed")
    return catalogue(folder)


def _parts(said: Utterance, arguments: dict[str, Any]) -> Iterator[tuple[_Part, float]]:
    """The utterance cut where the manner changes or a pause was asked for, and at pieces' ends.

    Each part comes with the seconds of silence behind it.
    """
    spans = [word.spoken for word in said.words]
    speed = arguments["speed"]
    first = 0
    while first < len(spans):
        manner, last = said.words[first].manner, first
        while last + 1 < len(spans) and last not in said.pauses and said.words[last + 1].manner == manner:
            last += 1
        limit = spans[last + 1].start if last + 1 < len(spans) else len(said.text)
        own = _language(manner, arguments)
        done = first
        for piece in pieces_of(said.text[:limit], spans[first : last + 1], own):
            words = said.words[done : done + len(piece.words)]
            done += len(words)
            if done <= last:
                yield _Part(piece, words, manner, piece.gap is Gap.NONE), PAUSE_SECONDS[piece.gap] / speed
                continue
            gap = gap_after(said.text, spans, last) if done < len(spans) else None
            goes_on = gap is Gap.NONE and not said.pauses.get(last, Pause()).gap
            yield _Part(piece, words, manner, goes_on), _pause(said, last, gap, speed)
        first = last + 1


def _pause(said: Utterance, after: int, gap: Gap | None, speed: float) -> float:
    """Seconds of silence behind a word; `gap` is None at the end, where only what was asked for counts."""
    asked = said.pauses.get(after)
    if asked is None or asked.seconds is None:
        if gap is None or after < 0:
            return 0.0
        return PAUSE_SECONDS[max(gap, asked.gap if asked else Gap.NONE)] / speed
    least = PAUSE_SECONDS[asked.gap] if asked.gap and gap is not None and after >= 0 else 0.0
    return max(asked.seconds, asked.strength / speed, least / speed)


def _spoken(
    speaker: Speaker, said: Utterance, part: _Part, arguments: dict[str, Any]
) -> tuple[audio.Samples, list[tuple[int, int]]]:
    """One piece's sound, without silence at its ends, and the samples of its words."""
    piece, manner = part.piece, part.manner
    if piece.tongue == UNREAD:
        size = round(UNREAD_SECONDS * speaker.rate)
        spans = [(size * at, size * (at + 1)) for at in range(len(piece.words))]
        return np.zeros(size * len(spans), np.int16), spans
    own = _catalogue().file_of(manner.voice or arguments["voice"])
    voice = file_for(piece.tongue, own, _catalogue())
    text = said.text[piece.span.start : piece.span.end]
    if part.goes_on:
        text = _going_on(text)
    samples, events = speaker.speak(
        text,
        voice=voice,
        words_per_minute=arguments["words_per_minute"] * manner.rate,
        semitones=arguments["semitones"] + manner.semitones,
        phonemes=manner.phonemes,
    )
    active = audio.activity(samples, speaker.rate)
    begin, end = audio.speech_bounds(active, speaker.rate, len(samples))
    if len(loud := np.flatnonzero(samples[begin:end])):  # else the fades would fall into digital silence
        begin, end = begin + int(loud[0]), begin + int(loud[-1]) + 1
    words = [Span(word.start - piece.span.start, word.end - piece.span.start) for word in piece.words]
    spans = place(words, events, active, audio.window_samples(speaker.rate), len(samples))
    cut = [(_within(first, begin, end), _within(last, begin, end)) for first, last in spans]
    return audio.faded(samples[begin:end], speaker.rate, _FADE_SECONDS), cut


def _going_on(text: str) -> str:
    """The text with a comma, lest the voice falls at its end as at a full stop."""
    bare = text.rstrip(' \t\n(（["“‘')
    # Before a comma the engine does not tell the time of the last Chinese character.
    return f"{bare}," if bare[-1:].isalnum() and not is_cjk(bare[-1]) else text


def _levelled(samples: audio.Samples, decibels: float) -> audio.Samples:
    if not decibels:
        return samples
    louder: audio.Samples = np.rint(samples.astype(np.float32) * 10 ** (decibels / 20)).astype(np.int16)
    return louder


def _within(sample: int, begin: int, end: int) -> int:
    return min(max(sample, begin), end) - begin


def _silence(file: BinaryIO, seconds: float, rate: int) -> int:
    count = round(seconds * rate)
    file.write(np.zeros(count, np.int16).tobytes())
    return count


if __name__ == "__main__":
    serve({"speak": speak})
