"""The orchestrator is killed, and finds its disk full: no step is lost, recorded twice or run twice.

The orchestrator is a real process; the servers around it live on and count what their engines run.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import resource
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from orchestrator.drive.retry import reason
from reelmesh.orchestrator.v1 import job_service_pb2 as pb
from reelmesh.orchestrator.v1.events_pb2 import Event
from reelmesh.orchestrator.v1.job_pb2 import Job, JobState, StepState
from reelmesh.orchestrator.v1.job_service_pb2_grpc import JobServiceStub
from tests.unit.orchestrator.conftest import (
    ENDED,
    Workbench,
    as_owner,
    eventually,
    speech,
    states,
    status_of,
    story,
)

ALL = ("storage", "script", "tts", "imagegen", "video", "asr", "compose")
ANN = as_owner("ann")
HARD_LIMIT = resource.RLIM_INFINITY


class Process:
    """An orchestrator in a process of its own, and a client of it."""

    def __init__(self, bench: Workbench, folder: Path) -> None:
        self._servers = json.dumps(bench.mesh.addresses)
        self._address = f"unix:{folder}/orchestrator"
        self._process: asyncio.subprocess.Process | None = None
        self._channel: grpc.aio.Channel | None = None

    async def start(self) -> None:
        environment = {**os.environ, "REELMESH_ORCHESTRATOR__SERVERS": self._servers}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "orchestrator", "--listen", self._address,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env=environment,
        )  # fmt: skip
        assert self._process.stdout is not None
        assert await self._process.stdout.readline()  # it listens
        self._channel = grpc.aio.insecure_channel(self._address)
        self.jobs = JobServiceStub(self._channel)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def end(self, how: signal.Signals) -> None:
        if self._channel is not None:
            await self._channel.close()
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(how)
            await self._process.wait()

    async def get(self, job_id: str) -> Job:
        return (await self.jobs.GetJob(pb.GetJobRequest(job_id=job_id), metadata=ANN)).job

    async def until(self, job_id: str, wanted: dict[str, str]) -> None:
        """Waits until the steps of a job stand as wanted."""
        while states(await self.get(job_id)) != wanted:  # noqa: ASYNC110 - nobody sets an event for it
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def orchestrator_in(sockets: Path) -> AsyncIterator[tuple[Process, Workbench]]:
    bench = Workbench(sockets)
    process = Process(bench, sockets)
    try:
        yield process, bench
    finally:
        await process.end(signal.SIGKILL)
        await bench.mesh.stop()


async def events_until(process: Process, job_id: str, after: int, count: int) -> list[Event]:
    """Up to `count` events after a sequence; fewer where the job ends before."""
    call = process.jobs.WatchJob(pb.WatchJobRequest(job_id=job_id, after_sequence=after), metadata=ANN)
    events: list[Event] = []
    async for response in call:
        if response.event.sequence > after and not response.event.HasField("step_progressed"):
            events.append(response.event)
            if len(events) >= count:
                break
    call.cancel()
    return events


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_killed_orchestrator_goes_on_and_repeats_nothing(sockets: Path, seed: int) -> None:
    chance = random.Random(seed)
    async with orchestrator_in(sockets) as (process, bench):
        await bench.mesh.start(*ALL)
        await process.start()
        spec = story(*(f"line {n} {'animate' * (n % 2)}" for n in range(6)))
        request = pb.SubmitJobRequest(request_id="once", spec=spec)
        job = (await process.jobs.SubmitJob(request, metadata=ANN)).job
        seen: list[Event] = []
        kills = 0
        while not (seen and seen[-1].job_changed.state in ENDED):
            last = seen[-1].sequence if seen else 0
            seen += await events_until(process, job.id, last, chance.randint(1, 25))
            if kills < 5:
                kills += 1
                await process.end(signal.SIGKILL)
                await process.start()
                again = await process.jobs.SubmitJob(request, metadata=ANN)
                assert again.job.id == job.id
        ended = await process.get(job.id)
        log = await events_until(process, job.id, 0, 100_000)
    assert ended.state == JobState.JOB_STATE_SUCCEEDED, ended.execution.error
    assert log == seen
    assert [event.sequence for event in log] == list(range(1, len(log) + 1))
    recorded = Counter(
        (event.step_changed.step.step, event.step_changed.step.index)
        for event in log
        if event.step_changed.step.state == StepState.STEP_STATE_SUCCEEDED
    )
    assert set(recorded.values()) == {1}
    assert sum(recorded.values()) == sum(state == "SUCCEEDED" for state in states(ended).values())
    for toy in bench.mesh.toys.values():
        assert set(toy.calls.values()) <= {1}  # the servers lived on: a repeated call joined or was answered


async def test_an_orchestrator_killed_while_cancelling_ends_the_calls(sockets: Path) -> None:
    async with orchestrator_in(sockets) as (process, bench):
        await bench.mesh.start("tts")
        await process.start()
        request = pb.SubmitJobRequest(spec=speech("[hang] a", "[hang] b"))
        job = (await process.jobs.SubmitJob(request, metadata=ANN)).job
        await process.until(job.id, {"s0": "RUNNING", "s1": "RUNNING"})
        cancelling = process.jobs.CancelJob(pb.CancelJobRequest(job_id=job.id), metadata=ANN)
        await process.end(signal.SIGKILL)
        await asyncio.gather(cancelling, return_exceptions=True)
        await process.start()
        await process.jobs.CancelJob(pb.CancelJobRequest(job_id=job.id), metadata=ANN)
        log = await events_until(process, job.id, 0, 1000)
        assert log[-1].job_changed.state == JobState.JOB_STATE_CANCELLED
        assert not bench.mesh.toys["tts"].running


async def test_a_stopped_orchestrator_ends_cleanly_and_goes_on(sockets: Path) -> None:
    async with orchestrator_in(sockets) as (process, bench):
        await bench.mesh.start("tts")
        await process.start()
        request = pb.SubmitJobRequest(spec=speech("[hang]"))
        job = (await process.jobs.SubmitJob(request, metadata=ANN)).job
        await process.until(job.id, {"s0": "RUNNING"})
        await process.end(signal.SIGTERM)
        bench.mesh.toys["tts"].gate.set()
        await process.start()
        log = await events_until(process, job.id, 0, 1000)
        assert log[-1].job_changed.state == JobState.JOB_STATE_SUCCEEDED
        assert set(bench.mesh.toys["tts"].calls.values()) == {1}


async def test_a_full_disk_is_told_and_waited_out(sockets: Path, own_settings: Path) -> None:
    async with orchestrator_in(sockets) as (process, bench):
        await bench.mesh.start("tts")
        await process.start()
        request = pb.SubmitJobRequest(spec=speech("[hang]"))
        job = (await process.jobs.SubmitJob(request, metadata=ANN)).job
        await process.until(job.id, {"s0": "RUNNING"})
        # No file of the process may grow beyond a page: the database refuses every write.
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, HARD_LIMIT))
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await process.jobs.SubmitJob(pb.SubmitJobRequest(spec=speech("b")), metadata=ANN)
        assert refused.value.code() == grpc.StatusCode.UNAVAILABLE
        assert reason(status_of(refused.value)) == "DATABASE_UNAVAILABLE"
        assert str(own_settings) not in (refused.value.details() or "")
        bench.mesh.toys["tts"].gate.set()
        await eventually(lambda: bool(bench.mesh.toys["tts"].done))  # done, but it can not be written
        assert states(await process.get(job.id)) == {"s0": "RUNNING"}
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (HARD_LIMIT, HARD_LIMIT))
        log = await events_until(process, job.id, 0, 1000)
        assert log[-1].job_changed.state == JobState.JOB_STATE_SUCCEEDED
        assert [event.sequence for event in log] == list(range(1, len(log) + 1))
