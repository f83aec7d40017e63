"""Bytes of the user's files as text: what a byte order mark says, UTF-8, or else what `--encoding` names."""

from __future__ import annotations

import codecs
import contextlib

from reelmesh.cli.failures import UsageError

DEFAULT = "utf-8"
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def checked(name: str | None) -> str:
    """An encoding by the name that Python has for it; UTF-8 where none is given.

    Raises:
        UsageError: there is none of that name.
    """
    try:
        "".encode(name or DEFAULT)
        return codecs.lookup(name or DEFAULT).name
    except (LookupError, ValueError, UnicodeError):
        raise UsageError(f"--encoding {name}: is no encoding; give e.g. utf-8, gbk, big5, cp1252") from None


def decoded(raw: bytes, encoding: str, errors: str = "strict") -> str:
    """The text. Whatever is UTF-8 is read as that, for a folder may hold files of both kinds.

    Raises:
        UnicodeDecodeError: it is not of that encoding.
    """
    for mark, named in _MARKS:
        if raw.startswith(mark):
            strict = errors if named == "utf-8" else "strict"
            return raw.removeprefix(mark).decode(named, "ignore" if errors == "ignore" else strict)
    if encoding != DEFAULT:
        with contextlib.suppress(UnicodeDecodeError):
            return raw.decode(DEFAULT)
    return raw.decode(encoding, errors)


def rule(encoding: str) -> str:
    """What is told of bytes that are not of the encoding."""
    if encoding == DEFAULT:
        return 'is not UTF-8 text: save it as UTF-8 (Excel: "CSV UTF-8"), or name its --encoding, e.g. gbk'
    return f"is neither UTF-8 text nor {encoding}, which --encoding names"
