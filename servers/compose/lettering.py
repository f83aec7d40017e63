"""Text over the frames: drawn once for each change of it, then laid over. Runs in a worker process.

libass draws a text as it stands over a black and over a white frame; what is the same in both is the text,
and by how much they differ is how much of the picture shines through. Every frame then only blends the
rectangle that holds text, and what is blended is the same for translucent text, outlines and shadows.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import cv2
import numpy as np

from servers.chassis.media import commands
from servers.compose.clips import fill
from servers.compose.layers import Frame, Sheet, blend, planes

_BLACK, _WHITE = 16, 235
_GREY = 128


class Lettering:
    """The text of one piece of the film, drawn as it is needed: frames are asked for in order."""

    def __init__(self, text: Mapping[str, Any], size: tuple[int, int], fps: Fraction, folder: Path) -> None:
        """Starts to draw.

        Args:
            text: "script", the name of a script in the folder; "states", first frame and end of every
                stretch over which nothing in it changes, in order; "environment" for libass.
            size: width and height of the frame.
            fps: frames per second.
            folder: where the script and the fonts lie.
        """
        self._size = size
        self._states: Sequence[tuple[int, int]] = [(first, end) for first, end in text["states"]]
        self._next = 0
        self._sheet: Sheet | None = None
        self._both = np.empty(2 * size[0] * size[1] * 3 // 2, dtype=np.uint8)
        self._log = folder / f"{text['script']}.log"
        self._process = self._start(text, fps, folder)

    def draw(self, frame: Frame, number: int) -> None:
        """Lays the text of the piece's frame `number` over its planes."""
        while self._next < len(self._states) and self._states[self._next][0] <= number:
            self._sheet = self._read()
            self._next += 1
        if self._sheet is not None and number < self._states[self._next - 1][1]:
            blend(frame, self._sheet)

    def close(self) -> None:
        """Ends libass."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _start(self, text: Mapping[str, Any], fps: Fraction, folder: Path) -> subprocess.Popen[bytes]:
        width, height = self._size
        numbers = "+".join(f"eq(n,{first})" for first, _ in self._states)
        # Names of our making only, relative to the folder that ffmpeg runs in: nothing to escape.
        draw = (
            "format=yuv420p,setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709,"
            f"select='{numbers}',ass=filename={text['script']}:fontsdir=fonts"
        )
        ground = [*commands.CONFINED, "-f", "lavfi", "-i"]
        shape = f"s={width}x{height}:r={fps.numerator}/{fps.denominator}"
        command = commands.command(
            [
                *(*ground, f"color=c=black:{shape}", *ground, f"color=c=white:{shape}"),
                "-filter_complex",
                f"[0:v]{draw}[under];[1:v]{draw}[over];[under][over]vstack",
                *("-frames:v", str(len(self._states)), "-fps_mode", "passthrough"),
                *("-filter_complex_threads", "1", "-f", "rawvideo", "pipe:1"),
            ]
        )
        with self._log.open("wb") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder,
                env={**os.environ, **text["environment"]},
                bufsize=0,
            )

    def _read(self) -> Sheet | None:
        stream: IO[bytes] | None = self._process.stdout
        if stream is None or not fill(stream, self._both.data):
            lines = self._log.read_text(errors="replace").splitlines()[-12:]
            raise RuntimeError(commands.ended(self._process.wait(), lines))
        width, height = self._size
        return _sheet(planes(self._both, width, 2 * height), height)


def _sheet(both: Frame, height: int) -> Sheet | None:
    """The text that stands over black in the upper half and over white in the lower; None without any."""
    shine = cv2.subtract(both[0][height:], both[0][:height])
    inked = shine < _WHITE - _BLACK
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not len(rows):
        return None
    top, left = int(rows[0]) // 2 * 2, int(columns[0]) // 2 * 2
    bottom, right = int(rows[-1]) // 2 * 2 + 2, int(columns[-1]) // 2 * 2 + 2
    rest = shine[top:bottom, left:right].astype(np.float32) / (_WHITE - _BLACK)
    small = cv2.resize(rest, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    luma = both[0][top:bottom, left:right] - _BLACK * rest
    chroma = [plane[top // 2 : bottom // 2, left // 2 : right // 2] - _GREY * small for plane in both[1:]]
    return Sheet.of(left, top, (luma, chroma[0], chroma[1]), (rest, small))
