"""What ImageGen costs over a bare diffusers loop with the same settings, on models made for the purpose.

The two take turns, so that a machine that slows down slows both. The models are small ones with the real
classes (see `tests.models.tiny`), large enough that a picture takes about a second; with one that takes
longer, what the mesh adds weighs less. Where others use the machine too, the time of the processor, which
counts server, client and worker together, tells more than the clock. Needs torch: `make bench NAME=models`
installs it.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import grpc
import psutil

from reelmesh.imagegen.v1 import imagegen_pb2, imagegen_pb2_grpc
from servers.chassis import logs, serve
from servers.chassis.settings import Settings
from servers.imagegen.__main__ import SERVER
from tests.bench import report

TEXT_TOKENS = 32
LARGE = (64, 20)
"""Side in pixels and steps of the pictures that are made one after the other."""
SMALL = (32, 20)
"""The same of those that are batched: small enough that one alone leaves the processor idle."""
BATCH = 8


@contextmanager
def _bare(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench._models_bare", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class Took(NamedTuple):
    """Seconds of the clock, and of the processor in all processes together."""

    clock: float
    processor: float


def _used() -> float:
    """Seconds of the processor that this process and the models' have used."""
    mine = psutil.Process()
    times = [process.cpu_times() for process in (mine, *mine.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def _ask(process: subprocess.Popen[str], *words: object) -> Took:
    """What the bare loop took for it."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(" ".join(map(str, words)) + "\n")
    process.stdin.flush()
    clock, processor = process.stdout.readline().split()
    return Took(float(clock), float(processor))


class _Mesh:
    """The ImageGen server with the models, and a client of it."""

    def __init__(self, stub: imagegen_pb2_grpc.ImageGenServiceStub) -> None:
        self._stub = stub
        self._number = 0

    async def draw(self, model: str, size: int, steps: int, count: int, at_once: int) -> Took:
        """What so many pictures take, asked for so many at a time."""
        turn = asyncio.Semaphore(at_once)

        async def one(seed: int) -> None:
            async with turn:
                self._number += 1
                request = imagegen_pb2.GenerateRequest(
                    request_id=f"bench-{self._number}",
                    engine="diffusers",
                    model=model,
                    prompt=f"a fox and {seed} grapes",
                    width_pixels=size,
                    height_pixels=size,
                    steps=steps,
                    seed=seed,
                )
                async for _ in self._stub.Generate(request):
                    pass

        begin, used = time.perf_counter(), _used()
        await asyncio.gather(*(one(seed) for seed in range(count)))
        return Took(time.perf_counter() - begin, _used() - used)


def _settings(folder: Path, home: str) -> None:
    """The server's settings, in the environment: two models, of which the device holds one."""
    known = {"path": str(folder / "one"), "text_tokens": TEXT_TOKENS, "preview_steps": 0}
    models = {
        "single": {**known, "batch": 1},
        "batched": {**known, "batch": BATCH},
        "other": {**known, "path": str(folder / "other"), "batch": 1},
    }
    os.environ |= {
        "REELMESH_MESH__HOME": home,
        "REELMESH_STORAGE__LOW_SPACE_BYTES": "0",
        "REELMESH_IMAGEGEN__CAPACITY": "64",
        "REELMESH_IMAGEGEN__OPTIONS": json.dumps({"diffusers": {"models": models}}),
        "REELMESH_MODELS__DEVICES": '["cpu"]',
        "REELMESH_MODELS__RESERVE_BYTES": "0",
        "REELMESH_MODELS__MEMORY_BYTES": '{"cpu": 1}',
    }


async def _measure(folder: Path, home: str, rounds: int, pictures: int) -> dict[str, list[Took]]:
    logs.set_up("bench", "error")
    took: dict[str, list[Took]] = {
        name: [] for name in ("bare", "mesh", "bare small", "mesh batched", "bare load", "switch")
    }
    _settings(folder, home)
    running = await serve.start(SERVER, Settings(), f"unix:{home}/imagegen.sock")
    with _bare(folder / "one") as bare:
        async with grpc.aio.insecure_channel(running.address) as channel:
            mesh = _Mesh(imagegen_pb2_grpc.ImageGenServiceStub(channel))
            await mesh.draw("single", *LARGE, 1, 1)  # loads the model and starts everything
            _ask(bare, "draw", *LARGE, 1)
            for _ in range(rounds):
                took["bare"].append(_ask(bare, "draw", *LARGE, pictures))
                took["mesh"].append(await mesh.draw("single", *LARGE, pictures, 2))
                small = pictures * 4
                took["bare small"].append(_ask(bare, "draw", *SMALL, small))
                took["mesh batched"].append(await mesh.draw("batched", *SMALL, small, small))
                took["bare load"].append(_ask(bare, "load", folder / "one", folder / "other"))
                took["switch"].append(await _switch(mesh))
    await running.stop(0)
    return took


async def _switch(mesh: _Mesh) -> Took:
    """What it takes to change to the other model and back, the pictures themselves not counted."""
    quick = (SMALL[0], 1, 1, 1)
    there, back = await mesh.draw("other", *quick), await mesh.draw("single", *quick)
    stay, still = await mesh.draw("single", *quick), await mesh.draw("single", *quick)
    return Took(*(a + b - c - d for a, b, c, d in zip(there, back, stay, still, strict=True)))


def main(quick: bool) -> dict[str, float]:
    """Runs the comparison; see the module's docstring."""
    from tests.models import tiny

    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # for both sides
    rounds, pictures = (3, 3) if quick else (5, 6)
    with tempfile.TemporaryDirectory(prefix="rm-") as home:
        folder = Path(home) / "models"
        for name in ("one", "other"):
            tiny.flux(folder / name, layers=4, heads=8)
        took = asyncio.run(_measure(folder, home, rounds, pictures))

    def ratio(one: str, other: str, part: int = 0) -> float:
        return statistics.median(a[part] / b[part] for a, b in zip(took[one], took[other], strict=True))

    rows = [
        [name, *(report.number(statistics.median(part)) for part in zip(*found, strict=True))]
        for name, found in took.items()
    ]
    print(report.table(rows, ["median of a round", "seconds", "processor"]))
    print(f"rounds: {rounds}, pictures a round: {pictures} one by one, {pictures * 4} batched by {BATCH}")
    return {
        "imagegen_over_bare_loop": ratio("bare", "mesh"),
        "imagegen_over_bare_loop_processor": ratio("bare", "mesh", 1),
        "batched_over_bare_loop": ratio("bare small", "mesh batched"),
        "batched_over_bare_loop_processor": ratio("bare small", "mesh batched", 1),
        "switch_over_bare_load": ratio("switch", "bare load"),
    }
