"""The same film by others: MoviePy 2, the plain ffmpeg graph, and the encoder alone on finished frames."""

from __future__ import annotations

import itertools
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.chassis.media import commands
from tests.bench import report

CORES = len(os.sched_getaffinity(0))
FADE_SECONDS = 0.5
_CHUNK_FRAMES = 120
_X264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "23")
_BT709 = ("-color_range", "tv", "-colorspace", "bt709")


@dataclass(frozen=True)
class Spent:
    """What some work took."""

    seconds: float
    """On the clock."""
    cpu_seconds: float
    """Of all cores."""


def encoder_alone(film: Path, folder: Path, size: tuple[int, int]) -> Spent:
    """What encoding a film's own frames takes, decoding and disk apart, as fast as any arrangement does it.

    The frames are decoded part by part to raw files in memory. Tried are as many encoders as cores with one
    thread each, and one encoder with a thread for each core; the faster counts, part by part.
    """
    frame_bytes = size[0] * size[1] * 3 // 2
    decode = subprocess.Popen(
        [commands.executable(), "-v", "error", "-i", str(film), "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"],
        stdout=subprocess.PIPE,
    )
    assert decode.stdout is not None
    spent: list[Spent] = []
    parts = [folder / f"part-{number}.yuv" for number in range(CORES)]
    while True:
        filled: list[Path] = []
        for part in parts:
            if data := decode.stdout.read(_CHUNK_FRAMES * frame_bytes):
                part.write_bytes(data)
                filled.append(part)
        if not filled:
            break
        apart = _spent(partial(_all_at_once, [_encode(part, size, 1) for part in filled]))
        one = _spent(partial(_one_by_one, [_encode(part, size, CORES) for part in filled]))
        spent.append(min(apart, one, key=lambda each: each.seconds))
    decode.wait()
    return Spent(sum(each.seconds for each in spent), sum(each.cpu_seconds for each in spent))


def _encode(part: Path, size: tuple[int, int], threads: int) -> list[str]:
    raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{size[0]}x{size[1]}", "-r", "30", "-i", str(part)]
    return [*raw, *_X264, "-threads", str(threads), "-f", "null", "-"]


def plain_ffmpeg(
    request: ComposeRequest, paths: dict[str, Path], script: Path, seconds: float, out: Path
) -> float:
    """Seconds for the film by one graph of ffmpeg's own filters: zoompan, xfade, ass, overlay, amix."""
    width, height = request.canvas.width_pixels, request.canvas.height_pixels
    inputs: list[str] = []
    graph: list[str] = []
    scenes = len(request.scenes)
    for index, scene in enumerate(request.scenes):
        inputs += ["-i", str(paths[scene.picture.digest])]
        frames = round((seconds + (FADE_SECONDS if index + 1 < scenes else 0)) * 30)
        graph.append(
            f"[{index}:v]scale={2 * width}:{2 * height}:force_original_aspect_ratio=increase,"
            f"crop={2 * width}:{2 * height},zoompan=z='1+0.12*on/{frames}':x='iw/2-iw/zoom/2':"
            f"y='ih/2-ih/zoom/2':d={frames}:s={width}x{height}:fps=30,format=yuv420p[v{index}]"
        )
    last = "v0"
    for index in range(1, scenes):
        graph.append(
            f"[{last}][v{index}]xfade=transition=fade:duration={FADE_SECONDS}:"
            f"offset={index * seconds - FADE_SECONDS / 2}[x{index}]"
        )
        last = f"x{index}"
    logo, speech, music = scenes, scenes + 1, 2 * scenes + 1
    inputs += ["-i", str(paths[request.overlays[0].picture.digest])]
    for scene in request.scenes:
        inputs += ["-i", str(paths[scene.narration.digest])]
    inputs += ["-stream_loop", "-1", "-i", str(paths[request.music.audio.digest])]
    graph.append(f"[{logo}:v]scale={round(width * 0.15)}:-1[logo]")
    graph.append(f"[{last}]ass={script.name}:fontsdir=fonts[t];[t][logo]overlay=W-w-43:43[video]")
    for index in range(scenes):
        at = round(index * seconds * 1000)
        graph.append(f"[{speech + index}:a]aresample=48000,adelay={at}:all=1[a{index}]")
    voices = "".join(f"[a{index}]" for index in range(scenes))
    graph.append(
        f"{voices}amix=inputs={scenes}:normalize=0,asplit[voice][key];[{music}:a]aresample=48000,volume=-18dB[m];"
        "[m][key]sidechaincompress[ducked];[voice][ducked]amix=inputs=2:duration=first:normalize=0,loudnorm[audio]"
    )
    arguments = [*inputs, "-filter_complex", ";".join(graph), "-map", "[video]", "-map", "[audio]"]
    arguments += ["-t", str(scenes * seconds), *_X264, *_BT709, "-c:a", "aac", "-ar", "48000", str(out)]
    return _spent(partial(_run, arguments, script.parent)).seconds


def moviepy(
    request: ComposeRequest, paths: dict[str, Path], font: Path, seconds: float, folder: Path
) -> float:
    """Seconds for a film by MoviePy 2, in an environment of its own that is made the first time."""
    python = report.OUT / "moviepy" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(python.parents[1])], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "moviepy>=2.2,<3"]
        subprocess.run(install, check=True)
    film = {
        "width": request.canvas.width_pixels,
        "height": request.canvas.height_pixels,
        "seconds": seconds,
        "fade": FADE_SECONDS,
        "cores": CORES,
        "font": str(font),
        "logo": str(paths[request.overlays[0].picture.digest]),
        "music": str(paths[request.music.audio.digest]),
        "out": str(folder / "moviepy.mp4"),
        "scenes": [
            {
                "picture": str(paths[scene.picture.digest]),
                "narration": str(paths[scene.narration.digest]),
                "words": [
                    [word.text, word.start.ToNanoseconds() / 1e9, word.end.ToNanoseconds() / 1e9]
                    for word in scene.words
                ],
            }
            for scene in request.scenes
        ],
    }
    described, program = folder / "moviepy.json", Path(__file__).with_name("_compose_moviepy.py")
    described.write_text(json.dumps(film))
    said = subprocess.run(
        [str(python), str(program), str(described)], check=True, capture_output=True, text=True
    )
    return float(said.stdout.split()[-1])


def _all_at_once(jobs: Sequence[list[str]]) -> None:
    with ThreadPoolExecutor(len(jobs)) as pool:
        list(pool.map(_run, jobs, itertools.repeat(None)))


def _one_by_one(jobs: Sequence[list[str]]) -> None:
    for job in jobs:
        _run(job)


def _run(arguments: Sequence[str], folder: Path | None = None) -> None:
    subprocess.run([commands.executable(), "-v", "error", "-y", *arguments], check=True, cwd=folder)


def _spent(work: Callable[[], object]) -> Spent:
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    seconds, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(seconds, cpu)
