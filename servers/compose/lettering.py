"""Text over the frames: drawn once for each change of it, then laid over. Runs in a worker process.

libass draws a text as it stands over a black and over a white frame; what is the same in both is the text,
and by how much they differ is how much of the picture shines through. Every frame then only blends the
rectangle that holds text, and what is blended is the same for translucent text, outlines and shadows.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from servers.chassis.media import commands
from servers.compose.clips import fill
from servers.compose.layers import Frame, Sheet, blend, planes

_BLACK, _WHITE = 16, 235
_GREY = 128
_INSTANT = 500
"""The time between the two is a frame's by twice this."""
_PIPE_BYTES = 1024 * 1024


class Lettering:
    """The text of one piece of the film. A layer."""

    def __init__(self, path: Path) -> None:
        """Opens what `letter` wrote."""
        self._sheets: list[tuple[int, int, Sheet]] = []
        with np.load(path) as kept:
            for number, (first, end, left, top) in enumerate(kept["places"].tolist()):
                parts = [kept[f"{name}{number}"] for name in ("y", "u", "v", "luma", "small")]
                sheet = Sheet(left, top, (parts[0], parts[1], parts[2]), (parts[3], parts[4], parts[4]))
                self._sheets.append((first, end, sheet))

    def draw(self, frame: Frame, number: int) -> None:
        """See `Layer.draw`."""
        for first, end, sheet in self._sheets:
            if first <= number < end:
                blend(frame, sheet)

    def close(self) -> None:
        """Nothing to end."""


def letter(script: Mapping[str, Any], size: tuple[int, int], fps: Fraction, folder: Path) -> None:
    """Draws the text of some pieces.

    Args:
        script: "name" of a script in the folder, in which the pieces follow each other; "environment" for
            libass; "pieces", each with "out", the file to write, "begin", its first frame in the script, and
            "states", first frame and end of every stretch over which nothing in it changes, in order.
        size: width and height of the frame.
        fps: frames per second.
        folder: where the script and the fonts lie.

    Raises:
        RuntimeError: libass failed.
    """
    numbers = [piece["begin"] + first for piece in script["pieces"] for first, _ in piece["states"]]
    drawn = _drawn(script, numbers, size, fps, folder)
    for piece in script["pieces"]:
        sheets = [(first, end, next(drawn)) for first, end in piece["states"]]
        _write([sheet for sheet in sheets if sheet[2] is not None], Path(piece["out"]))


def _drawn(
    script: Mapping[str, Any], numbers: Sequence[int], size: tuple[int, int], fps: Fraction, folder: Path
) -> Iterator[Sheet | None]:
    """The text as it stands in some frames of a script."""
    width, height = size
    log = folder / f"{script['name']}.log"
    under, over = (np.empty(width * height * 3 // 2, dtype=np.uint8) for _ in range(2))
    with (
        log.open("wb") as written,
        subprocess.Popen(
            _command(script["name"], numbers, size, fps),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=written,
            cwd=folder,
            env={**os.environ, **script["environment"]},
            bufsize=0,
        ) as process,
    ):
        assert process.stdout is not None
        if hasattr(fcntl, "F_SETPIPE_SZ"):  # spares most of the switching between the two (Linux)
            fcntl.fcntl(process.stdout.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        for _ in numbers:
            if not (fill(process.stdout, under.data) and fill(process.stdout, over.data)):
                break
            yield _sheet(planes(under, width, height), planes(over, width, height))
        else:
            return
    raise RuntimeError(commands.ended(process.returncode, log.read_text(errors="replace").splitlines()[-12:]))


def _command(name: str, numbers: Sequence[int], size: tuple[int, int], fps: Fraction) -> list[str]:
    # Each frame comes twice, at almost the same time, and is made white the second time: one libass draws
    # both, so it takes its memory once and finds the letters that it has just drawn.
    rate = 2 * fps
    steps = (
        "format=yuv420p,setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709",
        f"select='st(0,floor(n/2));{_one_of(numbers)}'",
        f"settb={rate.denominator}/{rate.numerator * _INSTANT}",
        f"setpts='PTS-mod(N,2)*{_INSTANT - 1}'",
        f"lutyuv=y={_WHITE}:enable='mod(n,2)'",
        # Names of our making only, relative to the folder that ffmpeg runs in: nothing to escape.
        f"ass=filename={name}:fontsdir=fonts",
        f"setpts=N*{_INSTANT}",
    )
    shape = f"s={size[0]}x{size[1]}:r={rate.numerator}/{rate.denominator}"
    return commands.command(
        [
            *(*commands.CONFINED, "-f", "lavfi", "-i", f"color=c=black:{shape}", "-vf", ",".join(steps)),
            *("-frames:v", str(2 * len(numbers)), "-fps_mode", "passthrough", "-filter_threads", "1"),
            *("-f", "rawvideo", "pipe:1"),
        ]
    )


def _one_of(numbers: Sequence[int]) -> str:
    """An expression that is true where variable 0 is one of these.

    Halved and halved again: ffmpeg nests at most 100 sums.
    """
    if len(numbers) == 1:
        return f"eq(ld(0),{numbers[0]})"
    middle = len(numbers) // 2
    return f"({_one_of(numbers[:middle])}+{_one_of(numbers[middle:])})"


def _sheet(under: Frame, over: Frame) -> Sheet | None:
    """The text that stands over black in one frame and over white in the other; None without any."""
    shine = cv2.subtract(over[0], under[0])
    ink = cv2.threshold(shine, _WHITE - _BLACK - 1, 255, cv2.THRESH_BINARY_INV)[1]
    left, top, width, high = cv2.boundingRect(ink)
    if not width:
        return None
    right, bottom = (left + width + 1) // 2 * 2, (top + high + 1) // 2 * 2
    left, top = left // 2 * 2, top // 2 * 2
    rest = shine[top:bottom, left:right].astype(np.float32) / (_WHITE - _BLACK)
    small = cv2.resize(rest, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    luma = under[0][top:bottom, left:right] - _BLACK * rest
    chroma = [plane[top // 2 : bottom // 2, left // 2 : right // 2] - _GREY * small for plane in under[1:]]
    return Sheet.of(left, top, (luma, chroma[0], chroma[1]), (rest, small))


def _write(sheets: Sequence[tuple[int, int, Sheet | None]], out: Path) -> None:
    arrays: dict[str, Any] = {}
    places: list[tuple[int, int, int, int]] = []
    for number, (first, end, sheet) in enumerate(sheets):
        assert sheet is not None
        places.append((first, end, sheet.left, sheet.top))
        names = (f"{name}{number}" for name in ("y", "u", "v", "luma", "small"))
        arrays.update(zip(names, (*sheet.adds, *sheet.stays[:2]), strict=True))
    np.savez(out, places=np.array(places, dtype=np.int64).reshape(-1, 4), **arrays)
