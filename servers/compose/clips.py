"""Frames of a moving clip, by number, at the film's size and rate. Runs in a worker process.

A clip is decoded by an ffmpeg of its own, forwards as a stream. Shorter than its scene, it goes on as it is
told: forth and back, again from its beginning, slowed down, or with its last frame. For the way back a short
run of frames at a time is decoded and kept, so memory stays bounded however long the clip is.
"""

from __future__ import annotations

import math
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO

import cv2
import numpy as np
from numpy.typing import NDArray

from servers.chassis.media import commands
from servers.chassis.worker_main import Refused

Row = NDArray[np.uint8]
"""One frame as a row of planar I420."""

_RUN = 24
"""Frames that are kept on the way back."""
_SAME = 1e-6
_LEAD_SECONDS = Fraction(1, 2)
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
    start: float = 0.0
    """Second of the clip to begin at; `frames` counts from there."""
    after: str = "ping_pong"
    """How it goes on behind its last frame: "ping_pong", "loop" or "freeze"."""
    speed: float = 1.0
    """Less than 1 slows it down: what falls between two of its frames is mixed of them."""


class Clip:
    """Decodes a clip on demand. Close it at the end."""

    def __init__(self, source: ClipSource) -> None:
        self._source = source
        self._bytes = source.width * source.height * 3 // 2
        self._process: subprocess.Popen[bytes] | None = None
        self._next = 0
        self._last: tuple[int, Row] | None = None
        self._before: tuple[int, Row] | None = None
        self._run: dict[int, Row] = {}
        self._length = source.frames

    def frame(self, number: int) -> Row:
        """The frame to show `number` frames after the clip's beginning. Not to be written to.

        Raises:
            Refused: nothing of the clip can be decoded.
        """
        if self._source.speed == 1.0:
            return self._frame(self._index(number))
        whole, share = divmod(number * self._source.speed, 1.0)
        earlier = self._frame(self._index(int(whole)))
        if share < _SAME:
            return earlier
        later = self._frame(self._index(int(whole) + 1))
        return np.asarray(cv2.addWeighted(earlier, 1.0 - share, later, share, 0.0), np.uint8).reshape(-1)

    def _frame(self, index: int) -> Row:
        """One frame of the clip, by its own number."""
        for known in (self._last, self._before):
            if known is not None and known[0] == index:
                return known[1]
        if index in self._run:
            return self._run[index]
        if self._last is not None and index < self._last[0] and self._source.after == "ping_pong":
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

    def _index(self, number: int) -> int:
        """The clip's own frame to show, by how it goes on behind its last."""
        if self._source.after == "freeze":
            return min(number, self._length - 1)
        if self._source.after == "loop":
            return number % self._length
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
            self._before, self._last = self._last, (self._next - 1, row)
            if self._next > index:
                return row

    def _ended(self, index: int) -> Row:
        """The clip is shorter than it said: from now on it turns where it truly ends."""
        if self._last is None:
            if index == 0:
                raise Refused(self._source.field, "must be a video that can be decoded; this one is broken")
            self._length = max(1, index // 2)
            return self._frame(self._length - 1)
        self._length = self._last[0] + 1
        return self._last[1]

    def _backwards(self, index: int) -> Row:
        begin = max(0, index - _RUN + 1)
        self._open(begin)
        self._run = {}
        while self._next <= index and (row := self._read()) is not None:
            self._run[self._next - 1] = row
        self.close()
        if not self._run:
            return self._forwards(0)
        return self._run[min(index, max(self._run))]

    def _open(self, index: int) -> None:
        self.close()
        source = self._source
        # Which of the clip's frames is shown when depends on the one before, so some are read before.
        lead = min(index, math.ceil(source.fps * _LEAD_SECONDS))
        at = source.start + float((index - lead) / source.fps)
        seek = ["-ss", f"{at:.6f}"] if at else []
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
        self._last = self._before = None
        self._next = index - lead
        while self._next < index and self._read() is not None:
            pass

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
