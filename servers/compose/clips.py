"""Frames of a moving clip, by number, at the film's size and rate. Runs in a worker process.

A clip is decoded by an ffmpeg of its own, forwards as a stream. Shorter than its scene, it is played forth
and back; for the way back a short run of frames at a time is decoded and kept, so memory stays bounded
however long the clip is.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from servers.chassis.media import commands
from servers.chassis.worker_main import Refused

Row = NDArray[np.uint8]
"""One frame as a row of planar I420."""

_RUN = 24
"""Frames that are kept on the way back."""
_SKIP = 48
"""Frames that are read over rather than seeked over."""


@dataclass(frozen=True)
class ClipSource:
    """A clip as it is to be shown."""

    path: Path
    demuxer: str
    frames: int
    """How many frames it has at the film's rate."""
    fps: Fraction
    width: int
    height: int
    filters: str
    """Filters that bring a frame to this size; numbers and names of ours only."""
    field: str
    """The request's field that named it."""


class Clip:
    """Decodes a clip on demand. Close it at the end."""

    def __init__(self, source: ClipSource) -> None:
        self._source = source
        self._bytes = source.width * source.height * 3 // 2
        self._process: subprocess.Popen[bytes] | None = None
        self._next = 0
        self._last: tuple[int, Row] | None = None
        self._run: dict[int, Row] = {}
        self._length = source.frames

    def frame(self, number: int) -> Row:
        """The frame to show `number` frames after the clip's beginning. Not to be written to.

        Raises:
            Refused: nothing of the clip can be decoded.
        """
        index = self._forth_and_back(number)
        if self._last is not None and self._last[0] == index:
            return self._last[1]
        if index in self._run:
            return self._run[index]
        if self._last is not None and index < self._last[0]:
            return self._backwards(index)
        return self._forwards(index)

    def close(self) -> None:
        """Ends the decoder."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    def _forth_and_back(self, number: int) -> int:
        period = max(1, 2 * (self._length - 1))
        place = number % period
        return place if place < self._length else period - place

    def _forwards(self, index: int) -> Row:
        if self._process is None or not self._next <= index < self._next + _SKIP:
            self._open(index)
        while True:
            row = self._read()
            if row is None:
                return self._ended(index)
            self._last = (self._next - 1, row)
            if self._next > index:
                return row

    def _ended(self, index: int) -> Row:
        """The clip is shorter than it said: from now on it turns where it truly ends."""
        if self._last is None:
            if index == 0:
                raise Refused(self._source.field, "must be a video that can be decoded; this one is broken")
            self._length = max(1, index // 2)
            return self.frame(self._length - 1)
        self._length = self._last[0] + 1
        return self._last[1]

    def _backwards(self, index: int) -> Row:
        begin = max(0, index - _RUN + 1)
        self._open(begin)
        self._run = {}
        while self._next <= index and (row := self._read()) is not None:
            self._run[self._next - 1] = row
        self.close()
        self._last = None
        if not self._run:
            return self._forwards(0)
        return self._run[min(index, max(self._run))]

    def _open(self, index: int) -> None:
        self.close()
        source = self._source
        seek = ["-ss", f"{float(index / source.fps):.6f}"] if index else []
        self._process = subprocess.Popen(
            commands.command(
                [
                    *commands.source(source.path, source.demuxer, "-threads", "1", *seek),
                    *("-map", "0:v:0", "-an", "-vf", source.filters, "-fps_mode", "passthrough"),
                    *("-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:1"),
                ]
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        self._next = index

    def _read(self) -> Row | None:
        if self._process is None or self._process.stdout is None:
            return None
        row = np.empty(self._bytes, dtype=np.uint8)
        if not fill(self._process.stdout, row.data):
            self.close()
            return None
        self._next += 1
        return row


def fill(stream: IO[bytes], room: memoryview) -> bool:
    """Reads until the room is full; False when the stream ends before."""
    at = 0
    while at < len(room):
        count = stream.readinto(room[at:])  # type: ignore[attr-defined]
        if not count:
            return False
        at += count
    return True
