"""A reader for TrueType and OpenType files: which characters a font has and how wide they are.

Only the tables that answer these questions are read (ISO/IEC 14496-22: `cmap` subtables 4 and 12, `head`,
`hhea`, `hmtx`, `name`), straight out of the mapped file, so that a server can lay out lines of text without
loading a font library.
"""

from __future__ import annotations

import bisect
import mmap
import struct
from collections.abc import Iterator
from pathlib import Path

_FAMILY, _TYPOGRAPHIC_FAMILY = 1, 16
_MOST_GROUPS = 200_000
_SYMBOL_TAGS = (b"true", b"OTTO", b"\x00\x01\x00\x00")


class BadFont(ValueError):
    """The file is no TrueType or OpenType font that can be read."""


class FontFile:
    """One face of a font file. Keeps the file mapped; only what is asked for is read."""

    def __init__(self, path: Path, face: int = 0) -> None:
        """Opens a face; `face` counts within a collection (.ttc).

        Raises:
            BadFont: it is no font, or lacks a table.
        """
        try:
            with path.open("rb") as file:
                self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._tables = self._directory(self._start(face))
            self._units_per_em = self._number(">H", self._tables[b"head"] + 18)
            self._advances = self._number(">H", self._tables[b"hhea"] + 34)
            self._firsts, self._ranges = self._character_map()
        except (OSError, ValueError, KeyError, struct.error, IndexError) as error:
            raise BadFont("not a TrueType or OpenType font that can be read") from error
        if not self._units_per_em or not self._advances:
            raise BadFont("a font without measures")
        self._widths: dict[str, float] = {}

    def has(self, char: str) -> bool:
        """Whether the font has a glyph for one character."""
        return self._glyph(ord(char)) != 0

    def advance(self, char: str) -> float:
        """How far a character moves the pen, as a share of the font's size; .notdef's where it has none."""
        width = self._widths.get(char)
        if width is None:
            glyph = min(self._glyph(ord(char)), self._advances - 1)
            width = self._number(">H", self._tables[b"hmtx"] + 4 * glyph) / self._units_per_em
            self._widths[char] = width
        return width

    def box(self) -> float:
        """Ascent and descent together as a share of the em, as Windows has them: what libass scales by."""
        if at := self._tables.get(b"OS/2"):
            ascent, descent = struct.unpack_from(">HH", self._data, at + 74)
            if ascent + descent:
                return float((ascent + descent) / self._units_per_em)
        ascent, descent = struct.unpack_from(">hh", self._data, self._tables[b"hhea"] + 4)
        return float((ascent - descent) / self._units_per_em)

    def families(self) -> list[str]:
        """The names of the family, the typographic one first."""
        at = self._tables.get(b"name")
        if at is None:
            return []
        _, count, strings = struct.unpack_from(">HHH", self._data, at)
        found: list[tuple[int, str]] = []
        for index in range(count):
            platform, _, _, name, length, offset = struct.unpack_from(">6H", self._data, at + 6 + 12 * index)
            if name in (_FAMILY, _TYPOGRAPHIC_FAMILY):
                raw = self._data[at + strings + offset : at + strings + offset + length]
                text = raw.decode("utf-16-be" if platform in (0, 3) else "latin-1", errors="replace")
                found.append((-name, text))
        return list(dict.fromkeys(text for _, text in sorted(found)))

    def _start(self, face: int) -> int:
        if self._data[:4] == b"ttcf":
            if face >= self._number(">L", 8):
                raise BadFont("no such face")
            return self._number(">L", 12 + 4 * face)
        if self._data[:4] not in _SYMBOL_TAGS:
            raise BadFont("not a font")
        return 0

    def _directory(self, start: int) -> dict[bytes, int]:
        count = self._number(">H", start + 4)
        records = (struct.unpack_from(">4sLLL", self._data, start + 12 + 16 * i) for i in range(count))
        return {tag: offset for tag, _, offset, _ in records}

    def _character_map(self) -> tuple[list[int], list[tuple[int, int, int]]]:
        """Ranges (first, last, first glyph) sorted by first, and their firsts for searching."""
        at = self._tables[b"cmap"]
        best, where = 0, 0
        for index in range(self._number(">H", at + 2)):
            platform, encoding, offset = struct.unpack_from(">HHL", self._data, at + 4 + 8 * index)
            kind = self._number(">H", at + offset)
            unicode_map = platform == 0 or (platform == 3 and encoding in (1, 10))
            if unicode_map and kind in (4, 12) and kind > best:
                best, where = kind, at + offset
        if not best:
            raise BadFont("no Unicode character map")
        ranges = sorted(self._groups(where) if best == 12 else self._segments(where))
        return [first for first, _, _ in ranges], ranges

    def _groups(self, at: int) -> Iterator[tuple[int, int, int]]:
        count = min(self._number(">L", at + 12), _MOST_GROUPS)
        for index in range(count):
            first, last, glyph = struct.unpack_from(">LLL", self._data, at + 16 + 12 * index)
            yield first, last, glyph

    def _segments(self, at: int) -> Iterator[tuple[int, int, int]]:
        count = self._number(">H", at + 6) // 2
        ends, starts, deltas, offsets = (
            at + 14,
            at + 16 + 2 * count,
            at + 16 + 4 * count,
            at + 16 + 6 * count,
        )
        for index in range(count):
            last, first = self._number(">H", ends + 2 * index), self._number(">H", starts + 2 * index)
            delta, offset = self._number(">H", deltas + 2 * index), self._number(">H", offsets + 2 * index)
            for char in range(first, min(last, 0xFFFE) + 1):
                if offset:
                    glyph = self._number(">H", offsets + 2 * index + offset + 2 * (char - first))
                    glyph = (glyph + delta) & 0xFFFF if glyph else 0
                else:
                    glyph = (char + delta) & 0xFFFF
                yield char, char, glyph

    def _glyph(self, char: int) -> int:
        index = bisect.bisect_right(self._firsts, char) - 1
        if index < 0:
            return 0
        first, last, glyph = self._ranges[index]
        return glyph + char - first if char <= last and glyph else 0

    def _number(self, form: str, at: int) -> int:
        number: int = struct.unpack_from(form, self._data, at)[0]
        return number
