"""The motion provider's worker process: sets a stage, films it, and has ffmpeg encode the frames."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

from servers.chassis.media import commands
from servers.chassis.redaction import without_paths
from servers.chassis.worker_main import serve
from servers.video import picture
from servers.video.atmosphere import Atmosphere
from servers.video.movement import Time
from servers.video.shot import Shot

_REPORT_SECONDS = 0.2


def film(arguments: dict[str, Any], progress: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Makes one clip into the file `path`.

    Arguments: picture (path), layers (see `picture.staged`), path, width, height, rate (a fraction,
    "30000/1001"), frames, move (a kind of `shot.KINDS`), amount, air (a kind of `atmosphere.KINDS`, "none",
    or "": what the picture shows falling), stirs (some of `wording.STIRS`), loop, seed, threads. Returns
    what was passed over.
    """
    import cv2

    cv2.setNumThreads(1)
    size = (arguments["width"], arguments["height"])
    frames, loop, seed = arguments["frames"], arguments["loop"], arguments["seed"]
    span = Time(float(frames / Fraction(arguments["rate"])), loop)
    shot = Shot(arguments["move"], arguments["amount"], span.seconds, seed, loop)
    asked = arguments["air"]
    plan = picture.Plan(size, shot, span, seed, frozenset(arguments["stirs"]), falls=asked != "none")
    stage, setting = picture.staged(Path(arguments["picture"]), arguments["layers"], plan)
    falls = (asked or setting.falling) if asked != "none" else ""
    air = Atmosphere(falls, size, span, shot, seed) if falls else None
    with tempfile.TemporaryFile() as log:
        encoder = subprocess.Popen(_encode(arguments), stdin=subprocess.PIPE, stdout=log, stderr=log)
        assert encoder.stdin is not None
        try:
            row, reported = None, time.monotonic()
            for index in range(frames):
                # A loop's last frame is the one before its first; a single move arrives on its last frame.
                t = index / frames if loop else index / max(frames - 1, 1)
                row = stage.planes(t, row)
                if air is not None:
                    air.draw(row, t)
                encoder.stdin.write(row.data)
                if time.monotonic() - reported > _REPORT_SECONDS:
                    reported = time.monotonic()
                    progress({"fraction": (index + 1) / frames})
            encoder.stdin.close()
        except BrokenPipeError:
            pass  # its exit code and its log say why
        if encoder.wait() != 0:
            raise RuntimeError(f"ffmpeg failed with code {encoder.returncode}: {_end_of(log)}")
    return {"passed_over": setting.passed_over}


def _encode(arguments: dict[str, Any]) -> list[str]:
    """The ffmpeg command: raw planar frames in, H.264 in MP4 out, the same bytes each time."""
    size = f"{arguments['width']}x{arguments['height']}"
    source = [*commands.CONFINED, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", size]
    colour = [
        "-color_range",
        "tv",
        "-colorspace",
        "bt709",
        "-color_primaries",
        "bt709",
        "-color_trc",
        "bt709",
    ]
    return [
        *commands.command([*source, "-framerate", arguments["rate"], "-i", "pipe:0"]),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-threads", str(arguments["threads"])),
        *("-pix_fmt", "yuv420p", *colour, "-fps_mode", "cfr", "-an"),
        *("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact"),
        *("-movflags", "+faststart", "-f", "mp4", "-y", f"file:{arguments['path']}"),
    ]


def _end_of(log: IO[bytes]) -> str:
    log.seek(0, 2)
    log.seek(max(0, log.tell() - 800))
    return without_paths(log.read().decode(errors="replace").strip()) or "it said nothing"


if __name__ == "__main__":
    serve({"film": film})
