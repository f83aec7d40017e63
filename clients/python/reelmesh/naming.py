"""Names of published files: a template filled in, safe on every file system and never outside its folder."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping
from pathlib import PurePosixPath

from reelmesh import errors

FIELDS = ("title", "publish_title", "name", "number", "batch", "job", "date", "lang")
"""What a template may hold, in braces."""

ENDINGS: Mapping[str, str] = {
    "application/x-subrip": ".srt",
    "audio/flac": ".flac",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".opus",
    "audio/wav": ".wav",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "text/vtt": ".vtt",
    "text/x-ssa": ".ass",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
}
"""Endings of files by media type."""

STEM_BYTES = 180
"""Longest name without its ending: file systems take 255 bytes, and endings and numbers come behind it."""
FOLDERS = 8
TEMPLATE_CHARACTERS = 1000

# Unsafe on one system or another, or invisible and misleading (controls, line breaks, changes of direction).
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f/\\:*?\"<>|\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)
_SPACES = re.compile(r"\s+")
_OF_WINDOWS = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)", re.IGNORECASE
)


class Template:
    """A name with fields in braces, e.g. "{number} {title}"; "/" puts files into folders."""

    def __init__(self, text: str) -> None:
        """Reads it.

        Raises:
            InvalidArgument: it names a field that there is not, or makes no name.
        """
        self._parts = [_parsed(part) for part in text.split("/")]
        if not text.strip() or len(text) > TEMPLATE_CHARACTERS or len(self._parts) > FOLDERS:
            raise _fault(f"must have 1 to {TEMPLATE_CHARACTERS} characters and at most {FOLDERS - 1} folders")
        if any(not part or _literal(part) in (".", "..") for part in self._parts):
            raise _fault("must not begin or end with '/', nor hold '//', '.' or '..' between two '/'")

    @property
    def fields(self) -> frozenset[str]:
        """The fields that it holds."""
        return frozenset(field for part in self._parts for _, field in part if field)

    def fill(self, values: Mapping[str, str], otherwise: str) -> PurePosixPath:
        """The name with the values put in, without an ending: a relative path with no way out of it.

        `otherwise` takes the place of a part of which nothing safe is left.
        """
        filled = ("".join(text + values.get(field, "") for text, field in part) for part in self._parts)
        return PurePosixPath(*(safe(part) or safe(otherwise) or "film" for part in filled))


def safe(text: str) -> str:
    """Text as one part of a path: Unicode is kept, what is unsafe becomes "-". May be empty."""
    plain = _SPACES.sub(" ", unicodedata.normalize("NFC", text))
    plain = _UNSAFE.sub("-", plain).strip(" .-")  # a leading dot hides a file, a leading dash is an option
    if _OF_WINDOWS.match(plain):
        plain = f"_{plain}"
    return plain.encode()[:STEM_BYTES].decode(errors="ignore").strip(" .-")


def _parsed(part: str) -> list[tuple[str, str]]:
    """Pairs of text and the field behind it."""
    pairs = []
    try:
        for text, field, form, conversion in string.Formatter().parse(part):
            if field is not None and (field not in FIELDS or form or conversion):
                told = field + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
                raise _fault(
                    f"{{{told}}} is no field; there are " + ", ".join(f"{{{one}}}" for one in FIELDS)
                )
            pairs.append((text, field or ""))
    except ValueError as error:
        raise _fault(str(error).lower()) from None
    return pairs


def _literal(part: list[tuple[str, str]]) -> str:
    """The part's text where it holds no field."""
    return "" if any(field for _, field in part) else "".join(text for text, _ in part).strip()


def _fault(rule: str) -> errors.InvalidArgument:
    return errors.InvalidArgument(f"name: {rule}")
