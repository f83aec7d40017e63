"""What a file is, told from its first bytes.

ffmpeg guesses a format from content and name, and some of what it guesses are not media but lists of other
files or addresses to open: playlists, concatenations, numbered pictures. So nothing that a user supplies is
ever opened by guess: the first bytes name one of the formats below, whose demuxer opens no other file, and
that name is given to the decoder. Anything else is refused.

The signatures are those of the formats' own specifications (ISO/IEC 14496-12 `ftyp`, RFC 9559 for Matroska,
RFC 3533 for Ogg, RFC 9639 for FLAC, RIFF for WAV, AVI and WebP, ISO/IEC 13818-1 for transport streams).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path

from servers.chassis.errors import InvalidArgument

_HEAD_BYTES = 4096
_TS_PACKET = 188


class Kind(enum.Enum):
    """What a piece of media is to a viewer."""

    PICTURE = "picture"
    SOUND = "sound"
    VIDEO = "video"


@dataclass(frozen=True)
class Format:
    """One format of files."""

    demuxer: str
    """Name for ffmpeg's `-f`."""
    media_type: str
    """RFC 6838 media type of a file that has the kind below."""
    kind: Kind
    """What it usually is; a container of video may hold sound alone."""


PNG = Format("png_pipe", "image/png", Kind.PICTURE)
JPEG = Format("jpeg_pipe", "image/jpeg", Kind.PICTURE)
WEBP = Format("webp_pipe", "image/webp", Kind.PICTURE)
WAV = Format("wav", "audio/wav", Kind.SOUND)
MP3 = Format("mp3", "audio/mpeg", Kind.SOUND)
AAC = Format("aac", "audio/aac", Kind.SOUND)
FLAC = Format("flac", "audio/flac", Kind.SOUND)
OGG = Format("ogg", "audio/ogg", Kind.SOUND)
MP4 = Format("mov", "video/mp4", Kind.VIDEO)
QUICKTIME = Format("mov", "video/quicktime", Kind.VIDEO)
WEBM = Format("matroska", "video/webm", Kind.VIDEO)
MATROSKA = Format("matroska", "video/x-matroska", Kind.VIDEO)
AVI = Format("avi", "video/x-msvideo", Kind.VIDEO)
MPEG_TS = Format("mpegts", "video/mp2t", Kind.VIDEO)
GIF = Format("gif", "image/gif", Kind.VIDEO)

KNOWN = "PNG, JPEG, WebP; WAV, MP3, AAC, FLAC, Ogg; MP4, QuickTime, WebM, Matroska, AVI, MPEG-TS, GIF"
"""The formats that are read, for messages."""

_RIFF = {b"WAVE": WAV, b"AVI ": AVI, b"WEBP": WEBP}
_STARTS: tuple[tuple[bytes, Format], ...] = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"fLaC", FLAC),
    (b"OggS", OGG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
)


def sniff(path: Path, field: str = "asset") -> Format:
    """The format of a file.

    Args:
        path: the file.
        field: the request's field that named it, for the error.

    Raises:
        InvalidArgument: the file is none of the formats that are read, e.g. a playlist.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        if head.startswith(b"ID3") and len(head) >= 10:
            # A tag of any length may stand before MP3, AAC or FLAC; its size is 4 x 7 bits.
            size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
            file.seek(10 + size)
            found = recognise(file.read(_HEAD_BYTES))
            return found if found in (AAC, FLAC) else MP3
    found = recognise(head)
    if found is None:
        raise InvalidArgument((field, f"must be media of a known format ({KNOWN}); {_what(head)}"))
    return found


def recognise(head: bytes) -> Format | None:
    """The format that a file with these first bytes has; None when it is none of ours."""
    for start, format_ in _STARTS:
        if head.startswith(start):
            return format_
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return QUICKTIME if head[8:12] == b"qt  " else MP4
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return WEBM if b"webm" in head[:64] else MATROSKA
    if len(head) > 2 * _TS_PACKET and head[0] == head[_TS_PACKET] == head[2 * _TS_PACKET] == 0x47:
        return MPEG_TS
    if len(head) > 3 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return _mpeg_audio(head)
    return None


def _mpeg_audio(head: bytes) -> Format | None:
    """An MPEG audio frame's sync word: layer 0 is ADTS (AAC), the others are MP1 to MP3."""
    if head[1] & 0xF6 == 0xF0:
        return AAC
    layer, rate = head[1] >> 1 & 3, head[2] >> 4
    return MP3 if layer and rate not in (0, 15) else None


def _what(head: bytes) -> str:
    """What a refused file seems to be, for people."""
    if not head:
        return "this one is empty"
    text = head[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"#extm3u", b"ffconcat", b"file ", b"<?xml", b"<mpd", b"[playlist]")):
        return "this one is a list of other media"
    return "this one is none of them"
