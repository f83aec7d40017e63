"""Subtitles: captions placed in the film, and written as SubRip and WebVTT.

SubRip has no specification; players agree on numbered blocks and comma decimals. WebVTT: W3C
"WebVTT: The Web Video Text Tracks Format".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from servers.compose.lines import Caption, Measure, captions
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


@dataclass(frozen=True)
class Spoken:
    """What is spoken in one scene. Times in seconds of the film."""

    start: float
    """When the words' time 0 is."""
    end: float
    """When the scene's own time ends: nothing of it is shown longer."""
    text: str
    words: Sequence[Word]


def cues(scenes: Iterable[Spoken], measure: Measure, width: float) -> list[Cue]:
    """The film's captions: in order, none overlapping another."""
    made: list[Cue] = []
    for scene in scenes:
        moved = [
            Word(word.text, word.start + scene.start, word.end + scene.start, word.first, word.last)
            for word in scene.words
        ]
        shown = [c for c in captions(pieces(scene.text, moved), measure, width) if c.start < scene.end]
        for index, caption in enumerate(shown):
            following = shown[index + 1].start if index + 1 < len(shown) else scene.end
            end = min(max(caption.end + _LINGER, caption.start + _LEAST_SHOWN), following, scene.end)
            if end > caption.start:
                made.append(Cue(caption.start, end, caption))
    return made


def srt(film: Sequence[Cue]) -> str:
    """The cues as SubRip."""
    blocks = (
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{_plain(cue.caption.text)}\n"
        for number, cue in enumerate(film, start=1)
    )
    return "\n".join(blocks)


def vtt(film: Sequence[Cue], language: str = "") -> str:
    """The cues as WebVTT."""
    head = f"WEBVTT\nLanguage: {language}\n" if language else "WEBVTT\n"
    blocks = (
        f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{_entities(_plain(cue.caption.text))}\n"
        for cue in film
    )
    return "\n".join((head, *blocks))


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
