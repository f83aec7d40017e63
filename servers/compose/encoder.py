"""The video encoder of one piece of the film, in the process that draws it. Runs in a worker process.

Frames are handed over in memory: a pipe to an encoder of its own costs a tenth of the time and twice the
memory. Only VA-API has to be fed that way, since PyAV lacks what moves frames to its device. The pieces are
encoded alike and each begins with a closed group of pictures, so they can be joined without encoding again,
see `servers.compose.fragments`.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import av.error
import numpy as np

from servers.chassis.media import commands
from servers.compose.clips import Row
from servers.compose.render_settings import FLAGS, time_scale

_BT709 = 1
_LIMITED = 1
_TAGS = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
_VAAPI_DEVICE = "/dev/dri/renderD128"


def open_encoder(
    path: Path, size: tuple[int, int], fps: Fraction, codec: str, options: Mapping[str, str]
) -> Encoder | PipedEncoder:
    """The encoder of a name: see `Encoder`."""
    kind = PipedEncoder if codec.endswith("_vaapi") else Encoder
    return kind(path, size, fps, codec, options)


class Encoder:
    """Encodes frames into a file; leave the `with` block to finish it."""

    def __init__(
        self, path: Path, size: tuple[int, int], fps: Fraction, codec: str, options: Mapping[str, str]
    ) -> None:
        """Opens the encoder.

        Args:
            path: of the fragmented MP4 to write.
            size: width and height, even.
            fps: frames per second.
            codec: name of the encoder as libavcodec knows it, e.g. "libx264".
            options: the encoder's own options.

        Raises:
            RuntimeError: there is no such encoder, or it does not take the options.
        """
        self._size = size
        self._count = 0
        self._file = av.open(
            str(path),
            "w",
            format="mp4",
            options={
                "video_track_timescale": str(time_scale(fps)),
                "fflags": "+bitexact",
                "movflags": FLAGS,
            },
        )
        try:
            stream: Any = self._file.add_stream(codec, rate=fps, options=dict(options))
            stream.width, stream.height = size
            stream.pix_fmt = "yuv420p"
            stream.time_base = 1 / fps
            context = stream.codec_context
            context.time_base = 1 / fps
            context.color_range, context.colorspace = _LIMITED, _BT709
            context.color_primaries, context.color_trc = _BT709, _BT709
            context.open()
        except (av.error.FFmpegError, ValueError) as error:
            self._file.close()
            raise RuntimeError(f"the encoder {codec} does not open: {error}") from error
        self._stream = stream
        self._time_base = 1 / fps

    def __enter__(self) -> Encoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._file.mux(self._stream.encode(None))
        finally:
            self._file.close()

    def write(self, row: Row) -> None:
        """Encodes the next frame, given as a row of planar I420. The row is free for another afterwards."""
        width, height = self._size
        frame = av.VideoFrame(width, height, "yuv420p")
        end = 0
        for plane, shrink in zip(frame.planes, (1, 2, 2), strict=True):
            wide, high = width // shrink, height // shrink
            begin, end = end, end + wide * high
            room = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)
            room[:high, :wide] = row[begin:end].reshape(high, wide)
        frame.pts, frame.time_base = self._count, self._time_base
        self._count += 1
        self._file.mux(self._stream.encode(frame))


class PipedEncoder:
    """The same by an ffmpeg of its own."""

    def __init__(
        self, path: Path, size: tuple[int, int], fps: Fraction, codec: str, options: Mapping[str, str]
    ) -> None:
        """Starts it; see `Encoder`. A name that ends in "_vaapi" has the frames moved to that device."""
        device = codec.endswith("_vaapi")
        raw = ("-pix_fmt", "yuv420p", "-video_size", f"{size[0]}x{size[1]}", "-framerate", str(fps))
        self._log = path.with_suffix(".log")
        command = commands.command(
            [
                *("-y", *(("-vaapi_device", _VAAPI_DEVICE) if device else ())),
                *(*commands.CONFINED, "-f", "rawvideo", *raw, *_TAGS, "-i", "pipe:0"),
                *(("-vf", "format=nv12,hwupload") if device else ()),
                *(
                    "-c:v",
                    codec,
                    *(part for name, value in options.items() for part in (f"-{name}:v", value)),
                ),
                *("-fps_mode", "passthrough", "-video_track_timescale", str(time_scale(fps)), *_TAGS),
                *("-bitexact", "-movflags", FLAGS, "-f", "mp4", f"file:{path}"),
            ]
        )
        # The log goes to a file: a pipe that nobody reads while frames are drawn could fill and block.
        with self._log.open("wb") as written:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=written, bufsize=0
            )

    def __enter__(self) -> PipedEncoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        if kind is not None and kind is not BrokenPipeError:
            self._process.kill()
        if code := self._process.wait():
            lines = self._log.read_text(errors="replace").splitlines()[-12:]
            raise RuntimeError(commands.ended(code, lines)) from error

    def write(self, row: Row) -> None:
        """See `Encoder.write`."""
        assert self._process.stdin is not None
        view = row.data
        while view:
            view = view[self._process.stdin.write(view) :]
