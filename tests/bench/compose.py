"""Composing a film, beside the encoder alone, the plain ffmpeg graph and MoviePy 2; edits; memory; shaking.

The film: 60 s, 1080x1920, 30 frames a second, 12 detailed pictures under Ken Burns, crossfades of half a
second, lit words, a logo, narration and ducked music, x264 veryfast at crf 23 (--quick: 15 s, 3 scenes).
MoviePy makes its first seconds and is scaled to the whole. Memory is the proportional set size of all
processes of the call, taken ten times a second.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import cv2
import numpy as np
import psutil

from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.chassis.media.fonts import default_font
from tests.bench import _compose_film as film
from tests.bench import _compose_peers as peers
from tests.bench import report

_MB = 2**20


def main(quick: bool) -> dict[str, float]:
    """Figures: see the table in the README."""
    with tempfile.TemporaryDirectory(prefix="rm-", dir=os.environ.get("BENCH_FOLDER")) as folder:
        return _Bench(Path(folder), quick).run()


class _Bench:
    def __init__(self, folder: Path, quick: bool) -> None:
        self._folder = folder
        self._quick = quick
        self._scenes = 3 if quick else 12
        (folder / "media").mkdir()
        self._store = film.Store(folder / "media")
        self._rows: list[list[object]] = []

    def run(self) -> dict[str, float]:
        whole = film.request(self._store, self._scenes)
        length = film.SCENE_SECONDS * self._scenes
        with Host(self._folder, self._store) as host:
            full = host.compose(whole)
            peak = host.peak_mb
            figures = self._edits(host, whole, full)
            figures |= self._preview(host, whole, full)
            figures["kenburns_jitter_pixels"] = self._shaking(host)
        made = Path(full["film"])
        limit = peers.encoder_alone(made, self._folder, (1080, 1920))
        self._row("the encoder alone, on finished frames", limit.seconds)
        plain = self._plain(whole, full["script"])
        scenes = 1 if self._quick else 2
        short = film.request(self._store, scenes)
        shortened = peers.moviepy(
            short, self._store.paths, default_font().path, film.SCENE_SECONDS, self._folder
        )
        by_moviepy = shortened * self._scenes / scenes
        self._row(f"MoviePy 2 (from {film.SCENE_SECONDS * scenes:.0f} s of it)", by_moviepy)
        figures |= {
            "compose_seconds": full["seconds"],
            "compose_over_limit": full["seconds"] / limit.seconds,
            "compose_over_limit_cpu": full["cpu_seconds"] / limit.cpu_seconds,
            "moviepy_over_compose": by_moviepy / full["seconds"],
            "plain_ffmpeg_over_compose": plain / full["seconds"],
            "peak_mb_12_scenes": peak,
            "peak_mb_200_scenes": self._long_film(),
        }
        print(report.table(self._rows, [f"{length:.0f} s of film, {peers.CORES} cores", "seconds"]))
        return figures

    def _row(self, name: str, seconds: float) -> None:
        self._rows.append([name, f"{seconds:.1f}"])
        print(f"{name}: {seconds:.1f} s", file=sys.stderr, flush=True)

    def _edits(self, host: Host, whole: ComposeRequest, full: dict[str, Any]) -> dict[str, float]:
        """What each kind of change costs, as a share of the whole; all begin from the same film."""
        self._row("the whole film", full["seconds"])
        picture, sentence, music, logo = (ComposeRequest() for _ in range(4))
        for edit in (picture, sentence, music, logo):
            edit.CopyFrom(whole)
        middle = self._scenes // 2
        picture.scenes[middle].picture.CopyFrom(self._store.picture(99))
        # As real ones do, the other sentence moves what follows by no whole number of frames.
        film.speak(self._store, sentence.scenes[middle], 5, film.SCENE_SECONDS + 0.43)
        music.music.audio.CopyFrom(self._store.music(1))
        music.loudness_lufs = -14
        logo.overlays[0].opacity = 0.5
        seconds: dict[str, float] = {}
        for name, edit in (
            ("one picture changed", picture),
            ("one sentence changed", sentence),
            ("music and loudness changed", music),
            ("the logo changed", logo),
        ):
            made = host.compose(edit)
            seconds[name] = made["seconds"]
            self._row(f"{name} ({made['reused']} of {made['pieces']} pieces used again)", made["seconds"])
            if edit is music and made["reused"] != made["pieces"]:
                raise AssertionError("a video frame was encoded again for other music")
        changed = (seconds["one picture changed"], seconds["one sentence changed"])
        return {
            "edit_over_full": max(changed) / full["seconds"],
            "music_edit_over_full": seconds["music and loudness changed"] / full["seconds"],
            "logo_edit_over_full": seconds["the logo changed"] / full["seconds"],
        }

    def _preview(self, host: Host, whole: ComposeRequest, full: dict[str, Any]) -> dict[str, float]:
        small = ComposeRequest()
        small.CopyFrom(whole)
        small.preview = True
        made = host.compose(small)
        self._row("the preview", made["seconds"])
        self._row("the preview's first playable bytes", made["first_preview_seconds"])
        return {
            "preview_over_full": made["seconds"] / full["seconds"],
            "preview_first_seconds": made["first_preview_seconds"],
        }

    def _shaking(self, host: Host) -> float:
        """Of a scene encoded almost without loss: at crf 23 it would be the encoder's quarter pixels."""
        one = film.request(self._store, 1)
        one.output.crf, one.output.preset = 1, "ultrafast"
        one.subtitles.mode = parts.SUBTITLE_MODE_NONE
        return jitter(Path(host.compose(one)["film"]))

    def _plain(self, whole: ComposeRequest, words: str) -> float:
        """The same words as a script for ffmpeg's own filter."""
        folder = self._folder / "plain"
        (folder / "fonts").mkdir(parents=True)
        font = default_font()
        (folder / "fonts" / font.path.name).symlink_to(font.path)
        script = folder / "film.ass"
        script.write_bytes(Path(words).read_bytes())
        out = folder / "film.mp4"
        seconds = peers.plain_ffmpeg(whole, self._store.paths, script, film.SCENE_SECONDS, out)
        self._row("the plain ffmpeg graph", seconds)
        return seconds

    def _long_film(self) -> float:
        """Peak of a film of 200 scenes, 15 minutes (--quick: 24 scenes).

        Six frames a second: what is held at once does not depend on their number, and it takes a fifth.
        """
        scenes, seconds = (24, 1.0) if self._quick else (200, 4.5)
        long = film.request(self._store, scenes)
        long.canvas.frames_per_second = 6
        for index, scene in enumerate(long.scenes):
            film.speak(self._store, scene, index, seconds)
        with Host(self._folder / "long", self._store) as host:
            made = host.compose(long)
            self._row(f"a film of {scenes} scenes, {scenes * seconds / 60:.0f} min", made["seconds"])
            print(f"at its peak: {host.at_peak}", file=sys.stderr)
            return host.peak_mb


class Host:
    """A process that composes, and how much memory it and all below it take."""

    def __init__(self, folder: Path, store: film.Store, **settings: Any) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._store = store
        self.peak_mb = 0.0
        self.at_peak: dict[str, float] = {}
        self._cpu: dict[int, float] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench._compose_host", json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._watching = threading.Event()
        self._watch = threading.Thread(target=self._measure, daemon=True)
        self._watch.start()

    def __enter__(self) -> Host:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watching.set()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def compose(self, request: ComposeRequest) -> dict[str, Any]:
        """Makes a film; how long it took and what it was made of."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        written = self._folder / "request.bin"
        written.write_bytes(request.SerializeToString())
        call = {
            "request": str(written),
            "assets": {digest: str(path) for digest, path in self._store.paths.items()},
            "out": str(self._folder / "out"),
        }
        before = sum(self._cpu.values())
        print(json.dumps(call), file=self._process.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return {**answer, "cpu_seconds": sum(self._cpu.values()) - before}

    def _measure(self) -> None:
        own = psutil.Process(self._process.pid)
        while not self._watching.wait(0.1):
            seen: dict[str, float] = {}
            with contextlib.suppress(psutil.NoSuchProcess):
                for process in (own, *own.children(recursive=True)):
                    with contextlib.suppress(psutil.NoSuchProcess, OSError):
                        seen[f"{process.name()} {process.pid}"] = _pss_mb(process.pid)
                        times = process.cpu_times()
                        self._cpu[process.pid] = times.user + times.system
            if sum(seen.values()) > self.peak_mb:
                self.peak_mb, self.at_peak = sum(seen.values()), seen


def jitter(path: Path) -> float:
    """How far the camera's steps from frame to frame are from even, in pixels, at worst.

    The middle of the first scene's frames is followed by aligning each to the one before (enhanced
    correlation, with scale, since a zoom moves the middle least); a move that starts and stops softly is a
    smooth curve, so what is left after fitting one to the steps is shaking. What the estimate adds counts
    too.
    """
    enough = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-7)
    places: list[tuple[float, float]] = []
    before = None
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number > 120:
                break
            luma = frame.to_ndarray()[: frame.height]
            now = np.ascontiguousarray(luma[600:1112, 284:796]).astype(np.float32)
            if before is not None:
                begin = np.eye(2, 3, dtype=np.float32)
                _, found = cv2.findTransformECC(before, now, begin, cv2.MOTION_AFFINE, enough, None, 5)
                moved = found @ np.array([256.0, 256.0, 1.0]) - 256.0
                places.append((float(moved[0]), float(moved[1])))
            before = now
    steps = np.array(places)
    time_ = np.linspace(-1, 1, len(steps))
    left = [steps[:, axis] - np.polyval(np.polyfit(time_, steps[:, axis], 5), time_) for axis in (0, 1)]
    return float(np.abs(np.hypot(*left)).max())


def _pss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / _MB
    return 0.0
