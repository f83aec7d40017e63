"""What the compose tests share: a store in a folder, made-up media, and a finished film taken apart."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import shutil
import subprocess
import threading
import wave
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
from numpy.typing import NDArray
from PIL import Image

from reelmesh.common.v1.asset_pb2 import Asset, MediaFacts
from reelmesh.common.v1.speech_pb2 import TimedWord
from reelmesh.compose.v1 import timeline_pb2 as parts
from servers.chassis.errors import NotFound
from servers.chassis.media import commands
from servers.compose.defaults import set_seconds
from servers.compose.engine import FfmpegEngine


@dataclass
class Desk:
    """A WorkContext over a plain folder: assets by digest, scratch beside them."""

    root: Path
    owner: str = "tester"
    request_id: str = "request"
    assets: dict[str, Path] = field(default_factory=dict)

    @property
    def scratch(self) -> Path:
        folder = self.root / "scratch"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def kept(self) -> Path:
        return self.root / "kept"

    async def path(self, asset: Asset, name: str) -> Path:
        if asset.digest not in self.assets:
            raise NotFound("asset", asset.digest, field=name, what="is not in the store")
        return self.assets[asset.digest]

    async def store(self, path: Path, media_type: str, facts: MediaFacts | None = None) -> Asset:
        asset = self.give(path.read_bytes(), media_type)
        path.unlink()
        if facts is not None:
            asset.facts.CopyFrom(facts)
        return asset

    def give(self, content: bytes, media_type: str = "") -> Asset:
        """Puts bytes into the store."""
        digest = hashlib.sha256(content).hexdigest()
        blobs = self.root / "blobs"
        blobs.mkdir(parents=True, exist_ok=True)
        self.assets[digest] = blobs / digest
        self.assets[digest].write_bytes(content)
        return Asset(digest=digest, size_bytes=len(content), media_type=media_type)

    def picture(
        self, rgb: NDArray[np.uint8] | tuple[int, int, int], size: tuple[int, int] = (360, 640)
    ) -> Asset:
        """A PNG of pixels or of one colour."""
        image = Image.new("RGB", size, rgb) if isinstance(rgb, tuple) else Image.fromarray(rgb)
        path = self.root / "picture.png"
        image.save(path)
        return self.give(path.read_bytes(), "image/png")

    def sound(self, samples: NDArray[np.float64], rate: int = 48_000) -> Asset:
        """A mono WAV of samples from -1 to 1."""
        path = self.root / "sound.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes((samples * 32767).astype("<i2").tobytes())
        return self.give(path.read_bytes(), "audio/wav")

    def tone(self, seconds: float, hertz: float = 440.0, volume: float = 0.3, rate: int = 48_000) -> Asset:
        return self.sound(volume * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate), rate)

    def clip(self, source: str, *more: str) -> Asset:
        """A clip made by a generating filter of ffmpeg."""
        path = self.root / "clip.mp4"
        arguments = ["-f", "lavfi", "-i", source, *more, "-pix_fmt", "yuv420p", str(path)]
        subprocess.run([commands.executable(), "-y", "-loglevel", "error", *arguments], check=True)
        return self.give(path.read_bytes(), "video/mp4")


def words(text: str, start: float = 0.1, each: float = 0.3) -> list[TimedWord]:
    """Every word of a text, or character of a Chinese one, spoken evenly."""
    made: list[TimedWord] = []
    for match in re.finditer(r"[A-Za-z0-9']+|[\u4e00-\u9fff]", text):
        word = TimedWord(text=match.group(), char_start=match.start(), char_end=match.end())
        set_seconds(word.start, start)
        set_seconds(word.end, start + each * 0.9)
        start += each
        made.append(word)
    return made


def canvas(width: int = 180, height: int = 320, fps: float = 15.0, **more: Any) -> parts.Canvas:
    return parts.Canvas(width_pixels=width, height_pixels=height, frames_per_second=fps, **more)


async def run(engine: FfmpegEngine, request: Any, desk: Desk) -> Any:
    """Resolves and runs; the last message."""
    shutil.rmtree(desk.root / "scratch", ignore_errors=True)
    last = None
    async for message in engine.run(engine.resolve(request).request, desk):
        last = message
    return last


@dataclass(frozen=True)
class Film:
    """A film's streams, decoded."""

    path: Path

    def frames(self) -> NDArray[np.uint8]:
        """All frames: number x height x width x RGB."""
        with av.open(str(self.path)) as container:
            return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])

    def luma(self) -> NDArray[np.uint8]:
        """All frames' first plane, as encoded."""
        with av.open(str(self.path)) as container:
            return np.stack([frame.to_ndarray()[: frame.height] for frame in container.decode(video=0)])

    def times(self) -> list[Fraction]:
        """When each frame is shown."""
        with av.open(str(self.path)) as container:
            return [frame.pts * frame.time_base for frame in container.decode(video=0)]

    def samples(self) -> NDArray[np.float32]:
        """The sound as a player hears it: moments x 2, 48 kHz."""
        raw = subprocess.run(
            [
                commands.executable(),
                "-loglevel",
                "error",
                "-i",
                str(self.path),
                "-map",
                "0:a:0",
                "-f",
                "f32le",
                "-",
            ],
            capture_output=True,
            check=True,
        ).stdout
        return np.frombuffer(raw, dtype="<f4").reshape(-1, 2)

    def loudness(self) -> tuple[float, float]:
        """Integrated loudness in LUFS and true peak in dBTP."""
        arguments = ["-i", str(self.path), "-map", "0:a:0", "-af", "ebur128=peak=true", "-f", "null", "-"]
        said = subprocess.run(
            [commands.executable(), "-hide_banner", *arguments], capture_output=True, text=True
        )
        loud = re.findall(r"I:\s+(-?[\d.]+) LUFS", said.stderr)[-1]
        peak = re.findall(r"Peak:\s+(-?[\d.]+|-inf) dBFS", said.stderr)[-1]
        return float(loud), float(peak)


def film_of(desk: Desk, asset: Asset) -> Film:
    return Film(desk.assets[asset.digest])


class Stage:
    """An engine in a loop and thread of its own, for tests that are not asynchronous themselves."""

    def __init__(self, **settings: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.engine = FfmpegEngine(settings)

    def shoot(self, request: Any, desk: Desk) -> Any:
        """Resolves and runs a request; its result."""
        return asyncio.run_coroutine_threadsafe(run(self.engine, request, desk), self._loop).result()

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self.engine.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def processes_below(pid: int) -> list[str]:
    """Command lines of what a process has started, and its children have, and that still runs."""
    lines: list[str] = []
    for child in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # a zombie, too, runs no more
            lines.append(" ".join(child.cmdline()))
    return lines
