"""The worker process that draws pieces of the film and feeds them to the encoder.

Frames go to ffmpeg raw, through a pipe; ffmpeg burns the text and encodes in the same pass. The pieces are
encoded alike and each begins with a closed group of pictures, so they can be joined without encoding again.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import cv2
import numpy as np
from PIL import Image

from servers.chassis.media import commands
from servers.chassis.worker_main import Report, serve
from servers.compose.clips import Clip, ClipSource, Row
from servers.compose.encoding import TAGS, Encoding
from servers.compose.frames import Drawing, Still
from servers.compose.layers import Inset, Logo, Place, open_logo
from servers.compose.render_settings import time_scale
from servers.compose.stills import appeal, rgb, side_by_side
from servers.compose.timeline import Change, Shot, Timeline

_PIPE_BYTES = 1024 * 1024
_REPORT_EVERY = 5


def encode(arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Draws and encodes the frames from `first` up to `end`; reports how many are done."""
    film = _Film(arguments["film"])
    first, end = arguments["first"], arguments["end"]
    layers = film.layers()
    drawing = film.drawing().frames(first, end, layers)
    log = Path(f"{arguments['out']}.log")
    process = _start_encoder(film, arguments, log)
    try:
        _feed(process, drawing, report)
    except BrokenPipeError:
        pass  # the encoder ended by itself: its exit code says so below, and its log says why
    except BaseException:
        process.kill()
        raise
    finally:
        drawing.close()
        for layer in layers:
            layer.close()
        code = process.wait()
    if code != 0:
        lines = log.read_text(errors="replace").splitlines()[-12:]
        raise RuntimeError(commands.ended(code, lines))
    return {"frames": end - first}


def _feed(process: subprocess.Popen[bytes], frames: Iterable[Row], report: Report) -> None:
    if process.stdin is None:
        raise RuntimeError("the encoder has no pipe")
    with process.stdin as pipe:
        _widen(pipe)
        for count, row in enumerate(frames, start=1):
            _write(pipe, row)
            if count % _REPORT_EVERY == 0:
                report({"frames": count})


def cover(arguments: dict[str, Any], _: Report) -> dict[str, Any]:
    """Draws the frames `frames`, without text, and keeps the one that makes the best cover as a JPEG."""
    best = max((_drawn(*one) for one in _single(arguments)), key=appeal)
    Image.fromarray(best).save(arguments["out"], "JPEG", quality=90, optimize=True)
    return {}


def strip(arguments: dict[str, Any], _: Report) -> dict[str, Any]:
    """Draws the frames `frames`, without text, and puts them side by side into a JPEG."""
    made = side_by_side([_drawn(*one) for one in _single(arguments)])
    made.save(arguments["out"], "JPEG", quality=85, optimize=True)
    return {"width": made.width, "height": made.height}


def _single(arguments: Mapping[str, Any]) -> Iterator[tuple[_Film, int]]:
    return ((_Film(one["film"]), one["frame"]) for one in arguments["frames"])


def _drawn(film: _Film, at: int) -> Row:
    """One frame as RGB."""
    layers = film.layers()
    drawing = film.drawing().frames(at, at + 1, layers)
    try:
        return rgb(next(drawing).reshape(film.height * 3 // 2, film.width), film.width, film.height)
    finally:
        drawing.close()
        for layer in layers:
            layer.close()


def check_logo(arguments: dict[str, Any], _: Report) -> dict[str, Any]:
    """Brings a logo to its size and keeps its pixels in a file of ours."""
    rgba = open_logo(
        Path(arguments["path"]), arguments["field"], arguments["width"], arguments["most_height"]
    )
    np.save(arguments["out"], rgba)
    return {"width": rgba.shape[1], "height": rgba.shape[0]}


class _Film:
    """The description of a film as it came through JSON."""

    def __init__(self, film: Mapping[str, Any]) -> None:
        self._film = film
        self.width: int = film["width"]
        self.height: int = film["height"]
        self.fps = Fraction(film["fps"])

    def drawing(self) -> Drawing:
        shots = tuple(
            Shot(**{**shot["place"], "change": Change(shot["place"]["change"])})
            for shot in self._film["shots"]
        )
        what = {index: self._shown(shot) for index, shot in enumerate(self._film["shots"])}
        return Drawing(Timeline(self.fps, shots), (self.width, self.height), what)

    def _shown(self, shot: Mapping[str, Any]) -> Still | ClipSource | str:
        if still := shot.get("still"):
            return Still(**{**still, "path": Path(still["path"])}, width=self.width, height=self.height)
        if clip := shot.get("clip"):
            return self._clip(clip)
        color: str = shot["color"]
        return color

    def _clip(self, clip: Mapping[str, Any]) -> ClipSource:
        return ClipSource(**{**clip, "path": Path(clip["path"])}, fps=self.fps)

    def layers(self) -> list[Logo | Inset]:
        made: list[Logo | Inset] = []
        for layer in self._film["layers"]:
            place = Place(**layer["place"])
            if "clip" in layer:
                source = self._clip(layer["clip"])
                made.append(Inset(Clip(source), source.width, source.height, place))
            else:
                rgba = np.load(layer["path"])
                made.append(Logo(rgba, layer["opacity"], place))
        return made


def _start_encoder(film: _Film, arguments: Mapping[str, Any], log: Path) -> subprocess.Popen[bytes]:
    rate = f"{film.fps.numerator}/{film.fps.denominator}"
    raw = ("-pix_fmt", "yuv420p", "-video_size", f"{film.width}x{film.height}", "-framerate", rate)
    script = arguments.get("script")
    # Names of our making only, relative to the folder that ffmpeg runs in: nothing to escape.
    burn = ("-vf", f"ass=filename={script}:fontsdir=fonts") if script else ()
    command = commands.command(
        [
            "-y",
            *(*commands.CONFINED, "-f", "rawvideo", *raw, *TAGS, "-i", "pipe:0"),
            *burn,
            *Encoding(**arguments["encoding"]).arguments(film.fps),
            *("-fps_mode", "passthrough", "-video_track_timescale", str(time_scale(film.fps))),
            *("-bitexact", "-f", "mp4", f"file:{arguments['out']}"),
        ]
    )
    # The log goes to a file: a pipe that nobody reads while frames are drawn could fill and block.
    with log.open("wb") as written:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=written,
            cwd=arguments["folder"],
            env={**os.environ, **arguments["environment"]},
            bufsize=0,
        )


def _write(stream: IO[bytes], row: Row) -> None:
    view = row.data
    while view:
        view = view[stream.write(view) :]


def _widen(stream: IO[bytes]) -> None:
    """A larger pipe spares half of the switching between drawing and encoding (Linux)."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        fcntl.fcntl(stream.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


if __name__ == "__main__":
    cv2.setNumThreads(1)
    serve({"encode": encode, "cover": cover, "strip": strip, "check_logo": check_logo})
