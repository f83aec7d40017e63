"""The talking head's worker process: hears how loud the sound is, and draws mouth, eyes and sway."""

from __future__ import annotations

import math
import random
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

from servers.chassis.media import camera, commands
from servers.chassis.redaction import without_paths
from servers.chassis.worker_main import Refused, serve

_SAMPLE_RATE = 16_000
_REPORT_SECONDS = 0.2
_OPENING, _CLOSING = 0.6, 0.35
"""Share of the way to the new loudness that the mouth goes in a frame at 25 frames a second."""
_SILENCE = 0.01
"""Loudness (RMS of full scale) below which nothing is said."""
_BLINK_SECONDS = 0.18
_NECK = 0.7
"""Share of the head's width below which a neck is."""
_DARK = (38, 18, 22)
"""Colour within the mouth."""


@dataclass(frozen=True)
class Face:
    """Where the face is, in pixels; `sure`: the eyes may be drawn over."""

    x: float
    y: float
    width: float
    sure: bool


def speak(arguments: dict[str, Any], progress: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Makes one clip into the file `path`.

    Arguments: picture, sound, demuxer, path, width, height, rate (a fraction), frames, face ([x, y, width] in
    shares of the frame, or null), sway, seed, threads.
    """
    import cv2

    cv2.setNumThreads(1)
    size = (arguments["width"], arguments["height"])
    try:
        portrait = _covering(camera.decode(Path(arguments["picture"])), size)
    except camera.PictureRefused as refused:
        raise Refused("first_frame", str(refused)) from refused
    rate, frames = Fraction(arguments["rate"]), arguments["frames"]
    openness = _openness(arguments, float(rate), frames)
    face = _face(portrait, arguments["face"])
    head = _Head(portrait, face)
    blinks = _blinks(arguments["seed"], float(rate), frames) if face.sure else [0.0] * frames
    with tempfile.TemporaryFile() as log:
        encoder = subprocess.Popen(_encode(arguments), stdin=subprocess.PIPE, stdout=log, stderr=log)
        assert encoder.stdin is not None
        try:
            reported = time.monotonic()
            for index in range(frames):
                frame = head.drawn(openness[index], blinks[index])
                if arguments["sway"]:
                    frame = _swayed(frame, index / float(rate), arguments["seed"])
                encoder.stdin.write(frame.tobytes())
                if time.monotonic() - reported > _REPORT_SECONDS:
                    reported = time.monotonic()
                    progress({"fraction": (index + 1) / frames})
            encoder.stdin.close()
        except BrokenPipeError:
            pass  # its exit code and its log say why
        if encoder.wait() != 0:
            raise RuntimeError(f"ffmpeg failed with code {encoder.returncode}: {_end_of(log)}")
    return {}


class _Head:
    """The portrait, with what is needed to open its mouth and close its eyes."""

    def __init__(self, portrait: Any, face: Face) -> None:
        import numpy as np

        self._portrait = portrait
        self._face = face
        height, width = portrait.shape[:2]
        self._mouth = 0.36 * face.width  # its width
        self._line = face.y + 0.30 * face.width  # where the lips meet
        left, right = face.x - self._mouth, face.x + self._mouth
        top, bottom = self._line - 0.3 * self._mouth, self._line + 1.3 * self._mouth
        self._box = (
            max(0, int(left)),
            max(0, int(top)),
            min(width, math.ceil(right)),
            min(height, math.ceil(bottom)),
        )
        x0, y0, x1, y1 = self._box
        self._x, self._y = np.meshgrid(
            np.arange(x0, x1, dtype=np.float32), np.arange(y0, y1, dtype=np.float32)
        )

    def drawn(self, openness: float, blink: float) -> Any:
        """The portrait with its mouth so far open (0 to 1) and its eyes so far closed."""
        if openness < 0.01 and blink < 0.01:
            return self._portrait
        frame = self._portrait.copy()
        if openness >= 0.01:
            self._open(frame, openness)
        if blink >= 0.01:
            self._blink(frame, blink)
        return frame

    def _open(self, frame: Any, openness: float) -> None:
        """Lets the jaw drop: what is below the lips moves down, and what it leaves is dark."""
        import cv2
        import numpy as np

        x0, y0, x1, y1 = self._box
        if x1 - x0 < 4 or y1 - y0 < 4:
            return
        across = np.clip(1 - ((self._x - self._face.x) / (0.55 * self._mouth)) ** 2, 0, 1)
        drop = 0.5 * self._mouth * openness * across
        below = self._y - self._line
        fades = np.clip(1 - below / (1.2 * self._mouth), 0, 1)
        # Where it comes from: above the lips nothing moves; below, the drop that fades towards the chin.
        source = np.where(below > 0, np.maximum(self._y - drop * fades, self._line), self._y)
        moved = cv2.remap(
            self._portrait,
            self._x,
            source.astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        inside = np.clip(np.minimum(below + 0.5, drop * fades - below), 0, 1.5)[..., None] / 1.5
        inside = inside * (below >= 0)[..., None]
        dark = np.array(_DARK, dtype=np.float32)
        frame[y0:y1, x0:x1] = (moved * (1 - inside) + dark * inside).astype(np.uint8)

    def _blink(self, frame: Any, blink: float) -> None:
        """Draws lids of the colour of the skin below the eyes: above are brows, and the rims of glasses."""
        import cv2
        import numpy as np

        wide = 0.13 * self._face.width
        for side in (-0.2, 0.2):
            x, y = self._face.x + side * self._face.width, self._face.y - 0.10 * self._face.width
            below = frame[int(y + 1.05 * wide) : int(y + 1.5 * wide) + 1, max(0, int(x - 2)) : int(x + 3)]
            if below.size == 0:
                continue
            lid = tuple(float(value) for value in np.median(below.reshape(-1, 3), axis=0))
            axes = (max(1, int(wide)), max(1, int(0.55 * wide * blink)))
            cv2.ellipse(frame, (int(x), int(y)), axes, 0, 0, 360, lid, -1, cv2.LINE_AA)


def _covering(rgb: Any, size: tuple[int, int]) -> Any:
    """The picture scaled to cover the frame, and cut to its middle."""
    fitted = camera.fitted(rgb, size, 1.0)
    top, left = (fitted.shape[0] - size[1]) // 2, (fitted.shape[1] - size[0]) // 2
    return fitted[top : top + size[1], left : left + size[0]].copy()


def _face(portrait: Any, given: list[float] | None) -> Face:
    """Where the face is: as told, else the upper part of what stands out from the border, else a guess."""
    import numpy as np

    height, width = portrait.shape[:2]
    if given is not None:
        return Face(given[0] * width, given[1] * height, given[2] * width, sure=True)
    pixels = portrait.astype(np.int16)
    edge = max(2, min(width, height) // 40)
    border = np.concatenate(
        [part.reshape(-1, 3) for part in (pixels[:edge], pixels[:, :edge], pixels[:, -edge:])]
    )
    ground = np.median(border, axis=0)
    if np.abs(border - ground).max(axis=1).mean() < 24:  # one colour all around: the head stands out
        subject = np.abs(pixels - ground).max(axis=2) > 40
        rows = subject.mean(axis=1)
        tall = np.flatnonzero(rows > 0.08)
        if tall.size > 0.2 * height:
            top = int(tall[0])
            if found := _above_the_neck(subject, top):
                return found
            upper = subject[top : top + max(8, int(0.5 * tall.size))]
            columns = np.flatnonzero(upper.mean(axis=0) > 0.4)
            if columns.size > 0.1 * width:
                wide = min(float(columns.size), 0.9 * width)
                middle = float(columns.mean())
                return Face(middle, min(top + 0.62 * wide, 0.8 * height), wide, sure=True)
    wide = 0.4 * min(width, height)
    return Face(0.5 * width, 0.42 * height, wide, sure=False)


def _above_the_neck(subject: Any, top: int) -> Face | None:
    """The face of a head that a neck, narrower than itself and the shoulders, shows; None where none does."""
    import numpy as np

    height, width = subject.shape
    wide = np.convolve(subject.sum(axis=1), np.ones(max(1, height // 60)) / max(1, height // 60), "same")
    widest = np.maximum.accumulate(wide[top:])
    narrow = np.flatnonzero((wide[top:] < _NECK * widest) & (widest > 0.1 * width))
    if not narrow.size or wide[top + int(narrow[0]) :].max() < widest[narrow[0]]:
        return None
    head = float(widest[narrow[0]])
    columns = np.flatnonzero(subject[top : top + int(narrow[0])].any(axis=0))
    return Face(float(columns[0] + columns[-1]) / 2, top + 0.62 * head, head, sure=True)


def _openness(arguments: dict[str, Any], rate: float, frames: int) -> list[float]:
    """How far the mouth is open in each frame, 0 to 1, by how loud the sound is there."""
    import numpy as np

    source = commands.source(Path(arguments["sound"]), arguments["demuxer"])
    options = ["-vn", "-ac", "1", "-ar", str(_SAMPLE_RATE), "-t", f"{frames / rate:.3f}", "-f", "f32le"]
    heard = subprocess.run(
        commands.command([*source, *options, "pipe:1"]), capture_output=True, timeout=120, check=False
    )
    if heard.returncode != 0:
        raise Refused("driving_audio", "can not be decoded")
    samples = np.frombuffer(heard.stdout, dtype=np.float32)
    loud = []
    for index in range(frames):
        begin, end = int((index - 0.25) / rate * _SAMPLE_RATE), int((index + 1.25) / rate * _SAMPLE_RATE)
        part = samples[max(0, begin) : max(0, end)]
        loud.append(float(np.sqrt(np.mean(part**2))) if part.size else 0.0)
    voiced = [value for value in loud if value > _SILENCE]
    full = float(np.percentile(voiced, 90)) if voiced else 1.0
    opened, now = [], 0.0
    for value in loud:
        wanted = min(1.0, value / full) ** 0.7 if value > _SILENCE else 0.0
        pace = _OPENING if wanted > now else _CLOSING
        now += (wanted - now) * (1 - (1 - pace) ** (25.0 / rate))
        opened.append(now)
    return opened


def _blinks(seed: int, rate: float, frames: int) -> list[float]:
    """How far the eyes are closed in each frame: a blink every few seconds."""
    draw = random.Random(f"blink {seed}")
    closed = [0.0] * frames
    at = draw.uniform(0.8, 3.0)
    while at * rate < frames:
        for index in range(int(at * rate), min(frames, int((at + _BLINK_SECONDS) * rate) + 1)):
            closed[index] = math.sin(math.pi * min(1.0, max(0.0, (index / rate - at) / _BLINK_SECONDS)))
        at += draw.uniform(2.0, 5.0)
    return closed


def _swayed(frame: Any, seconds: float, seed: int) -> Any:
    """The frame turned and moved a little, as nobody holds quite still; enlarged so that no edge shows."""
    import cv2

    height, width = frame.shape[:2]
    start = random.Random(f"sway {seed}").uniform(0, 10)
    turn = 0.5 * math.sin(0.9 * (seconds + start))
    matrix = cv2.getRotationMatrix2D((width / 2, height * 0.8), turn, 1.03)
    matrix[0, 2] += 0.004 * width * math.sin(0.7 * (seconds + start))
    matrix[1, 2] += 0.003 * height * math.sin(1.3 * (seconds + start))
    return cv2.warpAffine(
        frame, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )


def _encode(arguments: dict[str, Any]) -> list[str]:
    """The ffmpeg command: raw frames and the sound in, H.264 and AAC in MP4 out."""
    size = f"{arguments['width']}x{arguments['height']}"
    frames = [*commands.CONFINED, "-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", size]
    sound = commands.source(Path(arguments["sound"]), arguments["demuxer"])
    tags = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
    seconds = float(arguments["frames"] / Fraction(arguments["rate"]))
    return [
        *commands.command([*frames, "-framerate", arguments["rate"], "-i", "pipe:0", *sound]),
        *("-map", "0:v:0", "-map", "1:a:0", "-t", f"{seconds:.6f}"),
        *("-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p", "-fps_mode", "cfr"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-threads", str(arguments["threads"])),
        *(*tags, "-af", "apad", "-c:a", "aac", "-b:a", "128k", "-ar", "48000", "-ac", "1"),
        *("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"),
        *("-movflags", "+faststart", "-f", "mp4", "-y", f"file:{arguments['path']}"),
    ]


def _end_of(log: IO[bytes]) -> str:
    log.seek(0, 2)
    log.seek(max(0, log.tell() - 800))
    return without_paths(log.read().decode(errors="replace").strip()) or "it said nothing"


if __name__ == "__main__":
    serve({"speak": speak})
