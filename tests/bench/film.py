"""A whole film by the mesh, beside encoding its finished frames alone; and what an idle mesh costs.

The limit is the same encoder with the same settings, fed the film's own frames raw from a file, in the
arrangement that is fastest on few cores: as many encoders as cores, one thread each.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

import reelmesh
from reelmesh.mesh import discovery
from reelmesh.orchestrator.v1 import job_pb2
from servers.chassis.media import commands
from tests.bench import report

STORY = Path("examples/the-fox-and-the-grapes.txt")
WIDTH, HEIGHT, RATE = 1080, 1920, 30
CHUNK_FRAMES = 120
FRAME_BYTES = WIDTH * HEIGHT * 3 // 2
CORES = len(os.sched_getaffinity(0))


def main(quick: bool) -> dict[str, float]:
    """Figures: film_over_encode, film_seconds, mesh_ready_seconds, mesh_idle_pss_mb."""
    with tempfile.TemporaryDirectory(prefix="rm-") as folder:
        os.environ["REELMESH_MESH__HOME"] = f"{folder}/home"
        return asyncio.run(_measure(Path(folder), quick))


async def _measure(folder: Path, quick: bool) -> dict[str, float]:
    text = STORY.read_text(encoding="utf-8")
    if quick:
        text = "\n\n".join(text.split("\n\n")[:3])
    ratios, films, encodes, rows = [], [], [], []
    begin = time.perf_counter()
    async with reelmesh.local_mesh() as mesh, reelmesh.Client() as client:
        ready = time.perf_counter() - begin
        await asyncio.sleep(2)
        idle = _pss_mb(mesh)
        for turn in range(1 if quick else 3):
            video = reelmesh.NarratedVideo(text=text, seed=turn)
            begin = time.perf_counter()
            job = await client.wait(await client.submit(video))
            films.append(time.perf_counter() - begin)
            film = folder / "film.mp4"
            await client.download(job.result.film, film)
            encodes.append(await asyncio.to_thread(_encode_alone, film, folder))
            ratios.append(films[-1] / encodes[-1])
            rows = _by_step((await client.get(job)).execution)
            seconds = job.result.duration.ToNanoseconds() / 1e9
    print(report.table(rows, ["step (busy seconds of all its calls)", "calls", "seconds"]))
    print(f"\n{seconds:.1f} s of film: made in {films[-1]:.1f} s, encoded alone in {encodes[-1]:.1f} s")
    return {
        "film_over_encode": statistics.median(ratios),
        "film_seconds_over_length": films[-1] / seconds,
        "mesh_ready_seconds": ready,
        "mesh_idle_pss_mb": idle,
    }


def _by_step(execution: job_pb2.Execution) -> list[list[object]]:
    """Where the time goes: each step's calls and their busy seconds."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for step in execution.steps:
        if not step.HasField("start_time"):
            continue
        spent = step.end_time.ToNanoseconds() - step.start_time.ToNanoseconds()
        seconds[step.step].append(spent / 1e9)
    return [[name, len(spent), f"{sum(spent):.1f}"] for name, spent in seconds.items()]


def _pss_mb(mesh: discovery.Discovery) -> float:
    """Proportional set size of the mesh's servers and of the process they were forked from."""
    servers = [psutil.Process(pid) for pid in mesh.pids.values()]
    parents = {server.ppid() for server in servers} - {os.getpid()}
    processes = [*servers, *(psutil.Process(pid) for pid in parents)]
    return float(sum(process.memory_full_info().pss for process in processes)) / 2**20


def _encode_alone(film: Path, folder: Path) -> float:
    """Seconds to encode the film's frames, decoding and disk apart, with as many encoders as cores."""
    decode = subprocess.Popen(
        [commands.executable(), "-v", "error", "-i", str(film), "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"],
        stdout=subprocess.PIPE,
    )
    assert decode.stdout is not None
    spent = 0.0
    chunks = [folder / f"chunk-{number}.yuv" for number in range(CORES)]
    ended = False
    while not ended:
        filled = []
        for chunk in chunks:
            data = decode.stdout.read(CHUNK_FRAMES * FRAME_BYTES)
            ended = len(data) < CHUNK_FRAMES * FRAME_BYTES
            if data:
                chunk.write_bytes(data)
                filled.append(chunk)
            if ended:
                break
        begin = time.perf_counter()
        with ThreadPoolExecutor(CORES) as pool:
            list(pool.map(_encode, filled))
        spent += time.perf_counter() - begin
    decode.wait()
    return spent


def _encode(chunk: Path) -> None:
    arguments = [
        "-v",
        "error",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "yuv420p",
        "-s",
        f"{WIDTH}x{HEIGHT}",
        "-r",
        str(RATE),
    ]
    arguments += ["-i", str(chunk), "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-threads", "1"]
    subprocess.run([commands.executable(), *arguments, "-f", "null", "-"], check=True)
