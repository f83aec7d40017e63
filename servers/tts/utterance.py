"""What is to be said, ready for the engine: the spoken text, and which written words its words stand for.

The spoken text may differ from the written one ("5 kilometres" for "5 km", an alias for an abbreviation);
every spoken word knows the written words that it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from servers.chassis.media.espeak.pieces import Gap, spoken_form
from servers.chassis.text import is_cjk
from servers.chassis.words import LONGEST_WORD, Span, words_of
from servers.tts.readings import readings


@dataclass(frozen=True)
class Manner:
    """How words are said, beside what the request says."""

    voice: str = ""
    """A voice of the catalogue; empty for the request's."""
    rate: float = 1.0
    """Factor on the request's speed."""
    semitones: float = 0.0
    """Added to the request's shift of the pitch."""
    decibels: float = 0.0
    """Level beside that of the rest."""
    phonemes: bool = False
    """True for words in the engine's own phonemes, in double square brackets."""


PLAIN = Manner()


@dataclass(frozen=True)
class Word:
    """A word, or several that are said for one written word."""

    spoken: Span
    """Its place in the utterance's text."""
    written: tuple[Span, ...]
    """The written words it says, which share its time; none where nothing was written."""
    manner: Manner = PLAIN


@dataclass(frozen=True)
class Pause:
    """A pause that was asked for between two words."""

    gap: Gap = Gap.NONE
    """The pause is at least that of such a gap."""
    seconds: float | None = None
    """Its length; None to leave it to the gap and the punctuation."""
    strength: float = 0.0
    """Seconds at speed 1, shorter when the speech is quicker."""


@dataclass
class Utterance:
    """What is to be said. It grows by its methods, from front to back."""

    text: str = ""
    words: list[Word] = field(default_factory=list)
    pauses: dict[int, Pause] = field(default_factory=dict)
    """Pauses behind the words of these numbers; -1 is before the first word."""
    warnings: list[str] = field(default_factory=list)
    left_out: int = 0
    """Pictographs that are not spoken."""

    def warn(self, warning: str) -> None:
        """Notes what was not done as asked, once."""
        if warning not in self.warnings:
            self.warnings.append(warning)

    def plain(self, text: str, places: Sequence[Span], manner: Manner, language: str) -> None:
        """Adds written text; `places` are its characters' places in the request."""
        form, left_out = spoken_form(text)
        self.left_out += left_out
        words = words_of(form)
        done = first = 0
        for reading in readings(form, language):
            span, last = reading.span, first
            while last < len(words) and words[last].start < span.start:
                last += 1
            behind = last
            while behind < len(words) and words[behind].start < span.end:
                behind += 1
            if (last > first and words[last - 1].end > span.start) or (
                behind > last and words[behind - 1].end > span.end
            ):
                continue  # It would cut a word: that is read as the engine does.
            self._as_written(form, Span(done, span.start), words[first:last], places, manner)
            written = tuple(place for word in words[last:behind] for place in places_of(word, places))
            self.instead(reading.spoken, written, manner)
            done, first = span.end, behind
        self._as_written(form, Span(done, len(form)), words[first:], places, manner)

    def _as_written(
        self, form: str, span: Span, words: Sequence[Span], places: Sequence[Span], manner: Manner
    ) -> None:
        part = form[span.start : span.end]
        self._apart(part)
        shift = len(self.text) - span.start
        self.text += part
        for word in words:
            spoken = Span(word.start + shift, word.end + shift)
            self.words.append(Word(spoken, places_of(word, places), manner))

    def instead(self, spoken: str, written: tuple[Span, ...], manner: Manner) -> None:
        """Adds what is said instead of the written words."""
        spoken = spoken.strip()
        if not spoken:
            return
        self._apart(spoken)
        start = len(self.text)
        self.text += spoken
        self.words.append(Word(Span(start, len(self.text)), written, manner))

    def pause(self, pause: Pause) -> None:
        """Adds a pause here; pauses at one place add up, gaps do not."""
        after = len(self.words) - 1
        before = self.pauses.get(after, Pause())
        seconds = [each for each in (before.seconds, pause.seconds) if each is not None]
        self.pauses[after] = Pause(
            max(before.gap, pause.gap),
            sum(seconds) if seconds else None,
            max(before.strength, pause.strength),
        )

    def _apart(self, following: str) -> None:
        """Keeps what comes next from running together with what came before."""
        before, first = self.text[-1:], following[:1]
        if before.isalnum() and first.isalnum() and not (is_cjk(before) and is_cjk(first)):
            self.text += " "


def of_text(text: str, language: str) -> Utterance:
    """A plain text as it is said; places are those in the text."""
    utterance = Utterance()
    utterance.plain(text, [Span(at, at + 1) for at in range(len(text))], PLAIN, language)
    return utterance


def places_of(word: Span, places: Sequence[Span]) -> tuple[Span, ...]:
    """Where a word stands in the request: one place, or more where a TimedWord could not hold it."""
    found: list[Span] = []
    for place in places[word.start : word.end]:
        if found and place.end - found[-1].start <= LONGEST_WORD:
            found[-1] = Span(found[-1].start, place.end)
        else:
            found.append(place)
    return tuple(found)
