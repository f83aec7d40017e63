"""The worker process that listens with pocketsphinx: 16 kHz samples in, words with their times out.

Frames are 10 ms. Recordings are heard by stretches of speech.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from pocketsphinx import Decoder, Endpointer

from servers.asr.pronunciation import phones_of
from servers.chassis.media.alignment.spreading import spread
from servers.chassis.media.audio import Samples, window_levels, window_samples
from servers.chassis.words import words_of
from servers.chassis.worker_main import Report, serve

RATE = 16_000
_FRAMES_PER_SECOND = 100
_LONGEST_UTTERANCE_SECONDS = 30.0
_NOISE_LEVEL = 8.0
"""RMS of the noise laid under a recording, in units of a 16-bit sample: -72 dBFS."""
_NOISE_SECONDS = 10
_MARGIN_SECONDS = 0.3
_QUIET_WINDOWS = 20
_PAUSE_SECONDS = 0.5
"""Silence that ends a segment."""
_LONG_SEGMENT_SECONDS = 6.0
_PAUSE_IN_LONG_SECONDS = 0.15
"""Silence that ends a segment which has become long."""
_BEAMS = (1e-48, 1e-90)
"""How widely to search for a text, one after the other until it is found."""
_LEAST_FOUND = 0.9
"""Share of the words that must be found, from the first on."""


def transcribe(arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Writes down what is said in `path`, raw 16-bit samples of one channel at 16 kHz.

    Returns: segments, each a list of words as [text, start, end, confidence], seconds.
    """
    samples = _samples(arguments["path"])
    decoder = Decoder(samprate=RATE, loglevel="FATAL")
    words: list[list[Any]] = []
    for first, end in _utterances(samples):
        words += _heard(decoder, samples[first:end], first / RATE)
        report({"fraction": end / len(samples)})
    return {"segments": _segments(words)}


def align(arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Finds the words of `text` in `path`.

    Returns: words as [char_start, char_end, start, end, confidence] with times in seconds, one for each word
    of the text; `found`: whether they were found, else the words are spread over the recording.
    """
    text, samples = arguments["text"], _samples(arguments["path"])
    spans = words_of(text)
    told: dict[int, tuple[float, float, float]] = {}
    for attempt, beam in enumerate(_BEAMS):
        report({"fraction": attempt / len(_BEAMS)})
        if told := _aligned(beam, [text[span.start : span.end] for span in spans], samples):
            break
    placed = spread([span.end - span.start for span in spans], told, len(samples) / RATE)
    words = [
        [span.start, span.end, start, end, confidence]
        for span, (start, end, confidence) in zip(spans, placed, strict=True)
    ]
    return {"words": words, "found": bool(told)}


def _samples(path: str) -> Samples:
    """The recording over a faint, always equal noise.

    Digital silence, which only synthetic speech has, is so far from anything the acoustic model was trained
    on that the search loses its way in it.
    """
    recorded = np.fromfile(path, np.int16)
    noise = np.random.default_rng(0).normal(0, _NOISE_LEVEL, _NOISE_SECONDS * RATE)
    floor = np.resize(np.rint(noise).astype(np.int16), len(recorded))
    limit = 32767 - round(8 * _NOISE_LEVEL)
    return np.clip(recorded, -limit, limit) + floor


def _utterances(samples: Samples) -> Iterator[tuple[int, int]]:
    """First and end sample of the stretches to be heard one by one: speech with a margin around it."""
    margin = round(_MARGIN_SECONDS * RATE)
    stretches: list[tuple[int, int]] = []
    for first, end in _speech(samples):
        first, end = max(0, first - margin), min(len(samples), end + margin)
        if stretches and first <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], end)
        else:
            stretches.append((first, end))
    for first, end in stretches:
        while end - first > _LONGEST_UTTERANCE_SECONDS * RATE:
            cut = _quietest(samples, first, first + round(_LONGEST_UTTERANCE_SECONDS * RATE))
            yield first, cut
            first = cut
        yield first, end


def _speech(samples: Samples) -> Iterator[tuple[int, int]]:
    """Where the voice detector hears speech, in samples."""
    pointer = Endpointer(sample_rate=RATE)
    size = pointer.frame_bytes // 2
    speaking = False
    for position in range(0, len(samples), size):
        frame = samples[position : position + size].tobytes()
        if len(frame) == pointer.frame_bytes:
            pointer.process(frame)
        else:
            pointer.end_stream(frame)
        if speaking and not pointer.in_speech:
            yield round(pointer.speech_start * RATE), round(pointer.speech_end * RATE)
        speaking = bool(pointer.in_speech)
    if speaking:
        yield round(pointer.speech_start * RATE), len(samples)


def _quietest(samples: Samples, first: int, end: int) -> int:
    """The middle of the quietest tenth of a second in the last third of [first, end)."""
    begin = end - (end - first) // 3
    levels = window_levels(samples[begin:end], RATE)
    wide = np.convolve(levels, np.ones(_QUIET_WINDOWS), "valid")
    return begin + (int(np.argmin(wide)) + _QUIET_WINDOWS // 2) * window_samples(RATE)


def _heard(decoder: Decoder, utterance: Samples, offset: float) -> Iterator[list[Any]]:
    decoder.start_utt()
    decoder.process_raw(utterance.tobytes(), full_utt=True)
    decoder.end_utt()
    for part in decoder.seg() or ():
        name = part.word.partition("(")[0]
        if not name or name[0] in "<[+":
            continue
        start, end = part.start_frame, part.end_frame + 1
        yield [
            name,
            offset + start / _FRAMES_PER_SECOND,
            offset + end / _FRAMES_PER_SECOND,
            min(max(part.prob, 0.0), 1.0),
        ]


def _segments(words: Sequence[list[Any]]) -> list[list[list[Any]]]:
    segments: list[list[list[Any]]] = []
    for word in words:
        if segments:
            begin, end = segments[-1][0][1], segments[-1][-1][2]
            least = _PAUSE_SECONDS if end - begin < _LONG_SEGMENT_SECONDS else _PAUSE_IN_LONG_SECONDS
        if not segments or word[1] - end >= least:
            segments.append([])
        segments[-1].append(word)
    return segments


def _learn(decoder: Decoder, words: Sequence[str]) -> list[tuple[int, str]]:
    """Teaches the decoder each word under a name of ours; returns the index and name of those it can find.

    With names of our own a word such as "$5" is one word of the alignment, however many it is read as.
    """
    names: dict[str, str] = {}
    known: list[tuple[int, str]] = []
    for index, word in enumerate(words):
        if word not in names:
            ways = phones_of(word, decoder.lookup_word)
            name = f"_{len(names)}" if ways else ""
            for number, phones in enumerate(ways, 1):
                decoder.add_word(name if number == 1 else f"{name}({number})", phones, update=False)
            names[word] = name
        if names[word]:
            known.append((index, names[word]))
    return known


def _aligned(beam: float, words: Sequence[str], samples: Samples) -> dict[int, tuple[float, float, float]]:
    """Start, end and confidence of the words that can be read, by index; empty when they were not found.

    `beam` is how unlikely, against the best, a path may be at any frame and still be followed.
    """
    decoder = Decoder(samprate=RATE, loglevel="FATAL", lm=None, beam=beam, pbeam=beam, wbeam=beam**0.6)
    known = _learn(decoder, words)
    if not known:
        return {}
    decoder.set_align_text(" ".join(name for _, name in known))
    decoder.start_utt()
    decoder.process_raw(samples.tobytes(), full_utt=True)
    # Asked before the utterance is ended, the decoder also tells a path that stops short of the last words,
    # as it does when those are not quite what was said.
    found = [part for part in decoder.seg() or () if part.word.startswith("_")]
    decoder.end_utt()
    names = [part.word.partition("(")[0] for part in found]
    if len(found) < _LEAST_FOUND * len(known) or names != [name for _, name in known[: len(names)]]:
        return {}
    return {
        index: (
            part.start_frame / _FRAMES_PER_SECOND,
            (part.end_frame + 1) / _FRAMES_PER_SECOND,
            min(max(part.prob, 0.0), 1.0),
        )
        for (index, _), part in zip(known, found, strict=False)
    }


if __name__ == "__main__":
    serve({"align": align, "transcribe": transcribe})
