"""Subtitles: captions placed in the film, and written as SubRip and WebVTT.

SubRip has no specification; players agree on numbered blocks and comma decimals. WebVTT: W3C
"WebVTT: The Web Video Text Tracks Format".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from servers.compose.lines import MOST_LINES, Caption, Measure, captions
from servers.compose.translations import shared_out
from servers.compose.words import Word, pieces

_LINGER = 0.6
"""Seconds that a caption stays after its last word, where nothing follows."""
_LEAST_SHOWN = 0.7
"""Seconds that a caption is shown at least, where the next one leaves it the room."""


@dataclass(frozen=True)
class Cue:
    """A caption from `start` to `end`, in seconds of the film. The caption's own times are the film's too."""

    start: float
    end: float
    caption: Caption
    others: Mapping[str, str] = field(default_factory=dict)
    """The same in other languages."""

    def text(self, language: str = "") -> str:
        """What is shown, in a language; without one, as it is spoken."""
        return self.others.get(language, "") if language else self.caption.text


@dataclass(frozen=True)
class Spoken:
    """What is spoken in one scene. Times in seconds of the film."""

    start: float
    """When the words' time 0 is."""
    end: float
    """When the scene's own time ends: nothing of it is shown longer."""
    text: str
    words: Sequence[Word]
    translations: Mapping[str, str] = field(default_factory=dict)
    """The text in other languages."""


def cues(scenes: Iterable[Spoken], measure: Measure, width: float, most_lines: int = MOST_LINES) -> list[Cue]:
    """The film's captions: in order, none overlapping another."""
    made: list[Cue] = []
    for scene in scenes:
        moved = [
            Word(word.text, word.start + scene.start, word.end + scene.start, word.first, word.last)
            for word in scene.words
        ]
        laid = captions(pieces(scene.text, moved), measure, width, most_lines)
        shown = [caption for caption in laid if caption.start < scene.end]
        others = {language: shared_out(text, shown) for language, text in scene.translations.items()}
        for index, caption in enumerate(shown):
            following = shown[index + 1].start if index + 1 < len(shown) else scene.end
            end = min(max(caption.end + _LINGER, caption.start + _LEAST_SHOWN), following, scene.end)
            if end > caption.start:
                told = {language: parts[index] for language, parts in others.items()}
                made.append(Cue(caption.start, end, caption, told))
    return made


def srt(film: Sequence[Cue], language: str = "") -> str:
    """The cues as SubRip, as they are spoken or in another language."""
    told = [(cue, text) for cue in film if (text := cue.text(language))]
    blocks = (
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{_plain(text)}\n"
        for number, (cue, text) in enumerate(told, start=1)
    )
    return "\n".join(blocks)


def vtt(film: Sequence[Cue], language: str = "") -> str:
    """The cues as WebVTT, as they are spoken or in another language."""
    blocks = (
        f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{_entities(_plain(text))}\n"
        for cue in film
        if (text := cue.text(language))
    )
    return "\n".join(("WEBVTT\n", *blocks))


def _plain(text: str) -> str:
    """No empty line may stand in a block: it would end it."""
    lines = ("".join(c for c in line if c.isprintable() or c == "\t").strip() for line in text.split("\n"))
    # An arrow would be read as a line of times.
    return "\n".join(line.replace("-->", "→") for line in lines if line) or " "


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(seconds: float, point: str) -> str:
    milliseconds = max(0, round(seconds * 1000))
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"
