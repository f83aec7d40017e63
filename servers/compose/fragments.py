"""Pieces as fragmented MP4, and one such file of many: fragments one after another, nothing parsed anew.

Reading each piece by a demuxer costs as much as encoding a frame of it, since that decodes a few frames to
guess their order; here only the boxes of ISO/IEC 14496-12 that tell a fragment's time are touched.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from servers.chassis.errors import Internal
from servers.compose.render_settings import time_scale

_Box = tuple[bytes, int, int, int]
"""Kind, where it begins, where its content begins, its end."""


def joined(pieces: Sequence[tuple[Path, int]], fps: Fraction, out: Path) -> Path:
    """Writes the fragments of all pieces into one file. Blocks.

    Args:
        pieces: in order, each with its length in frames; their track has the time scale of `time_scale`.
        fps: frames per second.
        out: the file to write.

    Raises:
        Internal: a piece was encoded otherwise than the first, or is no fragmented MP4.
    """
    ticks = int(time_scale(fps) / fps)
    head, number, begin = b"", 0, 0
    with out.open("wb") as file:
        for path, frames in pieces:
            data = bytearray(path.read_bytes())
            own = b"".join(
                data[first:end] for kind, first, _, end in _boxes(data) if kind in (b"ftyp", b"moov")
            )
            if not head:
                file.write(own)
                head = own
            elif own != head:
                raise Internal("the film's pieces are not encoded alike")
            for kind, first, content, end in _boxes(data):
                if kind == b"moof":
                    number += 1
                    _move(data, content, end, number, begin * ticks)
                if kind in (b"moof", b"mdat"):
                    file.write(memoryview(data)[first:end])
            begin += frames
    return out


def _move(data: bytearray, first: int, end: int, number: int, by: int) -> None:
    """Gives a fragment its number, and moves it in time by some ticks."""
    for kind, _, content, box_end in _boxes(data, first, end):
        if kind == b"mfhd":
            struct.pack_into(">I", data, content + 4, number)
        elif kind == b"traf":
            for inner, _, inside, _ in _boxes(data, content, box_end):
                if inner == b"tfdt":
                    form = ">Q" if data[inside] == 1 else ">I"
                    (at,) = struct.unpack_from(form, data, inside + 4)
                    struct.pack_into(form, data, inside + 4, at + by)


def _boxes(data: bytearray, first: int = 0, end: int | None = None) -> Iterator[_Box]:
    """The boxes that follow each other in a part of a file."""
    end = len(data) if end is None else end
    while first < end:
        if end - first < 8:
            raise Internal("a piece of the film is cut off")
        size, kind = struct.unpack_from(">I4s", data, first)
        content = first + 8
        if size == 1 and end - first >= 16:  # the size did not fit and follows
            size, content = struct.unpack_from(">Q", data, content)[0], content + 8
        if size < content - first or first + size > end:
            raise Internal("a piece of the film is cut off")
        yield kind, first, content, first + size
        first += size
