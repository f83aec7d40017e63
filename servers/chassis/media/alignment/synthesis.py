"""A text spoken by espeak-ng so that a recording of it can be laid beside.

For worker processes only: it loads the library, which is GPL-3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from servers.chassis.media import audio
from servers.chassis.media.audio import Samples
from servers.chassis.media.espeak.library import Speaker, loaded
from servers.chassis.media.espeak.pieces import Piece, pieces_of, spoken_form
from servers.chassis.media.espeak.timing import place
from servers.chassis.media.espeak.tongues import file_for
from servers.chassis.media.espeak.voices import catalogue, data_folder
from servers.chassis.words import Span

_GAP_SECONDS = 0.1


@dataclass(frozen=True)
class Speech:
    """A synthesis."""

    samples: Samples
    rate: int
    """Samples a second."""
    words: Sequence[tuple[int, int]]
    """First and end sample of each word of the text, pauses left out."""

    @property
    def seconds(self) -> float:
        """How long its words last."""
        return sum(end - first for first, end in self.words) / self.rate


def spoken(
    text: str,
    words: Sequence[Span],
    *,
    voice: str,
    words_per_minute: float,
    language: str,
    report: Callable[[float], None],
) -> Speech:
    """Speaks a text whose words are `words` with a voice of `language`; reports how far it is, 0 to 1."""
    said, _ = spoken_form(text)
    parts: list[Samples] = []
    times: list[tuple[int, int]] = []
    length = 0
    with loaded() as speaker:
        gap = np.zeros(round(_GAP_SECONDS * speaker.rate), np.int16)
        for piece in pieces_of(text, words, language):
            samples, spans = _piece(speaker, said, piece, voice, words_per_minute)
            times += [(length + first, length + end) for first, end in spans]
            parts += [samples, gap]
            length += len(samples) + len(gap)
            report(piece.span.end / len(text))
        rate = speaker.rate
    return Speech(np.concatenate(parts), rate, times)


def _piece(
    speaker: Speaker, text: str, piece: Piece, voice: str, words_per_minute: float
) -> tuple[Samples, list[tuple[int, int]]]:
    folder = data_folder()
    assert folder is not None
    samples, events = speaker.speak(
        text[piece.span.start : piece.span.end],
        voice=file_for(piece.tongue, voice, catalogue(folder)),
        words_per_minute=words_per_minute,
        semitones=0.0,
    )
    words = [Span(word.start - piece.span.start, word.end - piece.span.start) for word in piece.words]
    active = audio.activity(samples, speaker.rate)
    return samples, place(words, events, active, audio.window_samples(speaker.rate), len(samples))
