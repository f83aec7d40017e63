"""Joining encoded pieces, sound and text into the film, without encoding anything again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from servers.chassis.media import commands, ffmpeg
from servers.compose.codecs import H264, Codec
from servers.compose.fragments import joined
from servers.compose.render_settings import time_scale

_TIMEOUT_SECONDS = 1800.0
_ISO_639_2 = {
    "ar": "ara", "bn": "ben", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa",
    "fa": "fas", "fi": "fin", "fr": "fra", "he": "heb", "hi": "hin", "hu": "hun", "id": "ind", "it": "ita",
    "ja": "jpn", "ko": "kor", "ms": "msa", "nb": "nob", "nl": "nld", "no": "nor", "pl": "pol", "pt": "por",
    "ro": "ron", "ru": "rus", "sk": "slk", "sv": "swe", "ta": "tam", "te": "tel", "th": "tha", "tr": "tur",
    "uk": "ukr", "ur": "urd", "vi": "vie", "yue": "yue", "zh": "zho",
}  # fmt: skip


@dataclass(frozen=True)
class Chapter:
    """A titled part of the film. Seconds."""

    start: Fraction
    end: Fraction
    title: str


@dataclass(frozen=True)
class About:
    """What is written into the film's metadata."""

    title: str
    description: str
    language: str
    """BCP-47."""
    chapters: Sequence[Chapter]


async def join(
    folder: Path,
    pieces: Sequence[tuple[Path, int]],
    fps: Fraction,
    sound: Path,
    about: About,
    soft: Sequence[tuple[Path, str]] = (),
    *,
    codec: Codec = H264,
    name: str = "film",
) -> Path:
    """Joins the film's pieces and adds its sound, its metadata and, where wanted, a text track.

    Args:
        folder: where all of it lies.
        pieces: the encoded pieces in order, each with its length in frames.
        fps: frames per second.
        sound: the encoded sound.
        about: for the metadata.
        soft: subtitles as SubRip and their languages, for tracks that a player can switch.
        codec: of the pieces; it tells the container.
        name: of the film's file, without ending.

    Raises:
        Internal: ffmpeg failed.
    """
    described = folder / f"{name}-about.txt"
    out = folder / (f"{name}.webm" if codec.webm else f"{name}.mp4")
    seen = await asyncio.to_thread(joined, pieces, fps, folder / f"{name}-pieces.mp4")
    described.write_text(metadata(about), encoding="utf-8")
    arguments = [
        *commands.source(seen, "mov"),
        *commands.source(sound, codec.demuxer),
        *commands.source(described, "ffmetadata"),
        *(part for path, _ in soft for part in commands.source(path, "srt")),
        *("-map", "0:v:0", "-map", "1:a:0"),
        *(part for index in range(len(soft)) for part in ("-map", f"{3 + index}:s:0")),
        *("-map_metadata", "2", "-map_chapters", "2", "-c:v", "copy", "-c:a", "copy"),
        *(("-c:s", "webvtt" if codec.webm else "mov_text") if soft else ()),
        *_languages("s", [language for _, language in soft]),
        *_languages("a", [about.language]),
        *(() if codec.webm else ("-video_track_timescale", str(time_scale(fps)))),
        *("-bitexact", *codec.muxer, f"file:{out}"),
    ]
    await ffmpeg.run(arguments, timeout_seconds=_TIMEOUT_SECONDS)
    seen.unlink()
    return out


def _languages(kind: str, languages: Sequence[str]) -> list[str]:
    """Arguments that name the languages of the tracks of a kind."""
    named: list[str] = []
    for index, language in enumerate(languages):
        named += [f"-metadata:s:{kind}:{index}", f"language={iso_639_2(language)}"]
    return named


def metadata(about: About) -> str:
    """Title, description and chapters in ffmpeg's FFMETADATA1 format."""
    lines = [";FFMETADATA1"]
    lines += [f"title={_escaped(about.title)}"] if about.title else []
    lines += [f"description={_escaped(about.description)}"] if about.description else []
    for chapter in about.chapters:
        start, end = (round(time * 1000) for time in (chapter.start, chapter.end))
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={start}", f"END={end}"]
        lines.append(f"title={_escaped(chapter.title)}")
    return "\n".join(lines) + "\n"


def iso_639_2(language: str) -> str:
    """A BCP-47 language as the three letters that MP4 has room for; "und" where it is not known."""
    primary = language.split("-")[0].lower()
    return _ISO_639_2.get(primary, primary if len(primary) == 3 else "und")


def _escaped(text: str) -> str:
    printable = (char if char.isprintable() else " " if char != "\n" else char for char in text)
    return "".join(f"\\{char}" if char in "=;#\\\n" else char for char in printable)
