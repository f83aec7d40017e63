"""Names of files for people."""

from __future__ import annotations

import re
from collections.abc import Mapping

ENDINGS: Mapping[str, str] = {
    "application/json": ".json",
    "application/zip": ".zip",
    "audio/aac": ".aac",
    "audio/flac": ".flac",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "application/x-subrip": ".srt",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "text/plain": ".txt",
    "text/srt": ".srt",
    "text/vtt": ".vtt",
    "text/x-ssa": ".ass",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
}
LONGEST = 80
_UNSAFE = re.compile(r"[^\w .()-]+|_{2,}")


def ending(media_type: str) -> str:
    """The usual ending of a media type's files; empty where none is known."""
    return ENDINGS.get(media_type, "")


def plain(text: str) -> str:
    """Text as a file's name that every system takes: letters of any script, digits, "-", "_", ".", spaces."""
    return _UNSAFE.sub("-", text).strip(" .-_")[:LONGEST].rstrip(" .-_")


def file_name(path: str, media_type: str) -> str:
    """A name for the asset at a path of the results: "compose-film.mp4" for "compose.film"."""
    return (plain(path.replace(".", "-").replace("[", "-").replace("]", "")) or "asset") + ending(media_type)
