"""An orchestrator over real sockets, with a mesh of toys around it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import status_pb2

from orchestrator.building import SERVER
from reelmesh.orchestrator.v1 import job_service_pb2 as pb
from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
from reelmesh.orchestrator.v1.job_pb2 import Job, JobSpec, JobState
from reelmesh.orchestrator.v1.job_service_pb2_grpc import JobServiceStub
from servers.chassis import serve
from servers.chassis.settings import LimitSettings, OrchestratorSettings, RetrySettings, Settings
from tests.postgres import Postgres
from tests.unit.orchestrator.fake_servers import FakeMesh

ENDED = (JobState.JOB_STATE_SUCCEEDED, JobState.JOB_STATE_FAILED, JobState.JOB_STATE_CANCELLED)


class Orchestrator:
    """A running orchestrator and a client of it."""

    def __init__(self, running: serve.Running, channel: grpc.aio.Channel) -> None:
        self.running = running
        self.channel = channel
        self.jobs: Any = JobServiceStub(channel)  # type: ignore[no-untyped-call, unused-ignore]

    async def submit(self, spec: JobSpec, request_id: str = "", owner: str = "ann") -> Job:
        request = pb.SubmitJobRequest(spec=spec, request_id=request_id)
        response = await self.jobs.SubmitJob(request, metadata=as_owner(owner))
        job: Job = response.job
        return job

    async def get(self, job_id: str, owner: str = "ann") -> Job:
        response = await self.jobs.GetJob(pb.GetJobRequest(job_id=job_id), metadata=as_owner(owner))
        job: Job = response.job
        return job

    async def ended(self, job_id: str, owner: str = "ann") -> Job:
        """The job, when it has ended."""
        watch = self.jobs.WatchJob(pb.WatchJobRequest(job_id=job_id), metadata=as_owner(owner))
        async for _ in watch:
            pass
        return await self.get(job_id, owner)

    async def until(self, job_id: str, holds: Callable[[Job], bool]) -> Job:
        """The job, when it is as wanted."""
        job = await self.get(job_id)
        while not holds(job):
            await asyncio.sleep(0.01)
            job = await self.get(job_id)
        return job


class Workbench:
    """Makes orchestrators on one database, and the mesh around them."""

    def __init__(self, folder: Path, database: str = "") -> None:
        """`database`: its URL. Empty: a SQLite file in the home."""
        self.mesh = FakeMesh(folder)
        self._folder = folder
        self._database = database
        self._number = 0

    def settings(self, **orchestrator: Any) -> Settings:
        values: dict[str, Any] = {
            "servers": self.mesh.addresses,
            "retry": RetrySettings(initial_delay_seconds=0.01, max_delay_seconds=0.05),
            "limits": LimitSettings(),
            "connect_seconds": 0.2,
            "database": self._database,
            **orchestrator,
        }
        return Settings(orchestrator=OrchestratorSettings(**values))

    @contextlib.asynccontextmanager
    async def orchestrator(self, **orchestrator: Any) -> AsyncIterator[Orchestrator]:
        self._number += 1
        address = f"unix:{self._folder}/orchestrator-{self._number}"
        running = await serve.start(SERVER, self.settings(**orchestrator), address)
        try:
            async with grpc.aio.insecure_channel(running.address) as channel:
                yield Orchestrator(running, channel)
        finally:
            await running.stop(0)


@pytest.fixture(params=["sqlite", "postgresql"])
async def bench(request: pytest.FixtureRequest, sockets: Path) -> AsyncIterator[Workbench]:
    """A workbench on a database of each kind."""
    url = ""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        url = (await server.database()).render_as_string()
    bench = Workbench(sockets, url)
    try:
        yield bench
    finally:
        await bench.mesh.stop()


SQLITE = pytest.mark.parametrize("bench", ["sqlite"], indirect=True)
POSTGRESQL = pytest.mark.parametrize("bench", ["postgresql"], indirect=True)


async def eventually(holds: Callable[[], bool]) -> None:
    """Waits until something holds."""
    while not holds():  # noqa: ASYNC110 - nobody sets an event for it
        await asyncio.sleep(0.005)


def as_owner(owner: str) -> tuple[tuple[str, str], ...]:
    return (("reelmesh-owner", owner),)


def story(*lines: str) -> JobSpec:
    """A narrated video of one scene a line."""
    spec = JobSpec()
    spec.narrated_video.text = "\n".join(lines)
    return spec


def speech(*texts: str, **step: Any) -> JobSpec:
    """A graph of one independent `synthesize` for each text: s0, s1, ..."""
    graph = StepGraph()
    for number, text in enumerate(texts):
        graph.steps.add(id=f"s{number}", synthesize={"text": text}, **step)
    return JobSpec(graph=graph)


def states(job: Job) -> dict[str, str]:
    """The state of every step instance, by its key."""
    from reelmesh.orchestrator.v1.job_pb2 import StepState

    return {
        step.step + (f"[{step.index}]" if step.HasField("index") else ""): StepState.Name(step.state)
        .removeprefix("STEP_STATE_")
        for step in job.execution.steps
    }  # fmt: skip


def status_of(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    """The google.rpc.Status in an error's trailers."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            return status_pb2.Status.FromString(value)
    raise AssertionError("the error has no details")
