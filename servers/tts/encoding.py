"""The formats that speech is delivered in: WAV, or what ffmpeg makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reelmesh.tts.v1.tts_pb2 import (
    AUDIO_FORMAT_FLAC,
    AUDIO_FORMAT_MP3,
    AUDIO_FORMAT_OPUS,
    AUDIO_FORMAT_WAV,
    AudioFormat,
)
from servers.chassis.media import commands, ffmpeg

_TIMEOUT_SECONDS = 300.0

# Without these a file would hold the encoder's version and, in Ogg, a random serial number.
_SAME_BYTES = ("-fflags", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "-1")


@dataclass(frozen=True)
class Coding:
    """One format."""

    media_type: str
    codec: str
    """Name of the codec as ffmpeg knows it."""
    suffix: str
    arguments: tuple[str, ...] = ()
    """ffmpeg's options; none for WAV, which is there already."""
    rate: int = 0
    """Sample rate in hertz where the codec forces one."""


CODINGS: Mapping[AudioFormat.ValueType, Coding] = {
    AUDIO_FORMAT_WAV: Coding("audio/wav", "pcm_s16le", ".wav"),
    AUDIO_FORMAT_MP3: Coding("audio/mpeg", "mp3", ".mp3", ("-c:a", "libmp3lame", "-b:a", "96k", "-f", "mp3")),
    AUDIO_FORMAT_OPUS: Coding(
        "audio/ogg", "opus", ".opus", ("-c:a", "libopus", "-b:a", "48k", "-ar", "48000", "-f", "ogg"), 48_000
    ),
    AUDIO_FORMAT_FLAC: Coding("audio/flac", "flac", ".flac", ("-c:a", "flac", "-f", "flac")),
}


async def encoded(wav: Path, coding: Coding) -> Path:
    """The sound of a WAV file in another format, beside it; the file itself where WAV is wanted.

    Raises:
        Fault: see `servers.chassis.media.ffmpeg.run`.
    """
    if not coding.arguments:
        return wav
    path = wav.with_suffix(coding.suffix)
    await ffmpeg.run(
        [*commands.source(wav, "wav"), *coding.arguments, *_SAME_BYTES, f"file:{path}"],
        timeout_seconds=_TIMEOUT_SECONDS,
    )
    return path
