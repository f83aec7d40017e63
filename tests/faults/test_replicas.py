"""Two orchestrators, each a process of its own, on one PostgreSQL database: what holds for both together."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import grpc
import pytest

from reelmesh.orchestrator.v1 import job_service_pb2 as pb
from reelmesh.orchestrator.v1 import limit_service_pb2 as limits_pb
from reelmesh.orchestrator.v1.job_pb2 import Job, JobSpec, JobState
from reelmesh.orchestrator.v1.job_service_pb2_grpc import JobServiceStub
from reelmesh.orchestrator.v1.limit_service_pb2_grpc import LimitServiceStub
from tests.faults.studio import Process
from tests.postgres import Postgres
from tests.unit.orchestrator.conftest import ENDED, as_owner, speech, states
from tests.unit.orchestrator.fake_servers import FakeMesh, Toy
from tests.unit.orchestrator.stores import engine

ANN = as_owner("ann")


class Replica:
    """An orchestrator's process, and a client of it."""

    def __init__(self, process: Process, channel: grpc.aio.Channel) -> None:
        self.process = process
        self.jobs: Any = JobServiceStub(channel)  # type: ignore[no-untyped-call, unused-ignore]
        self.limits: Any = LimitServiceStub(channel)  # type: ignore[no-untyped-call, unused-ignore]

    async def submit(self, spec: JobSpec, owner: str = "ann") -> str:
        request = pb.SubmitJobRequest(spec=spec)
        job_id: str = (await self.jobs.SubmitJob(request, metadata=as_owner(owner))).job.id
        return job_id

    async def until(self, job_id: str, holds: Callable[[Job], bool], owner: str = "ann") -> Job:
        while True:
            request = pb.GetJobRequest(job_id=job_id)
            job: Job = (await self.jobs.GetJob(request, metadata=as_owner(owner))).job
            if holds(job):
                return job
            await asyncio.sleep(0.02)

    async def ended(self, job_id: str, owner: str = "ann") -> Job:
        return await self.until(job_id, lambda job: job.state in ENDED, owner)

    async def limit(self, name: str, **values: Any) -> None:
        await self.limits.SetLimit(limits_pb.SetLimitRequest(limit=limits_pb.Limit(name=name, **values)))


Studio = tuple[Replica, Replica, Toy]


@pytest.fixture
async def studio(sockets: Path, postgres: Postgres) -> AsyncIterator[Studio]:
    """Two replicas that have one lease each at most, and the server that they call."""
    url = (await postgres.database()).render_as_string()
    mesh = FakeMesh(sockets)
    await mesh.start("storage", "tts", capacity=256)
    environment = {
        "REELMESH_ORCHESTRATOR__SERVERS": json.dumps(mesh.addresses),
        "REELMESH_ORCHESTRATOR__DATABASE": url,
        "REELMESH_ORCHESTRATOR__LEASE_SECONDS": "30",
        "REELMESH_ORCHESTRATOR__LIMITS__OVERALL": "256",
        "REELMESH_ORCHESTRATOR__LIMITS__TTS": "256",
        "REELMESH_ORCHESTRATOR__ACTIVE": "4",
    }
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(mesh.stop)
        replicas = []
        for number in range(2):
            address = f"unix:{sockets}/replica-{number}"
            arguments = ["-m", "orchestrator", "--listen", address]
            process = Process(f"replica {number}", arguments, environment, sockets / f"log-{number}")
            await process.start()
            stack.push_async_callback(process.end)
            channel = await stack.enter_async_context(grpc.aio.insecure_channel(address))
            replicas.append(Replica(process, channel))
        for replica in replicas:
            await replica.jobs.ListJobs(pb.ListJobsRequest(), metadata=ANN, wait_for_ready=True)
        yield replicas[0], replicas[1], mesh.toys["tts"]


async def shared_out(
    studio: Studio, postgres: Postgres, spec: Callable[[int], JobSpec], running: int
) -> list[str]:
    """Submits more jobs than one replica takes; waits until both have some, and so many calls run."""
    jobs = [await studio[number % 2].submit(spec(number)) for number in range(8)]  # type: ignore[union-attr]
    while studio[2].running < running or await holders(postgres) < 2:  # noqa: ASYNC110 - nobody sets an event
        await asyncio.sleep(0.02)
    return jobs


async def holders(postgres: Postgres) -> int:
    """How many replicas hold jobs."""
    opened = engine(postgres.url())
    try:
        async with opened.begin() as connection:
            found = await connection.exec_driver_sql("SELECT count(DISTINCT lease_holder) FROM jobs")
            return int(found.scalar_one())
    finally:
        await opened.dispose()


async def test_what_both_need_is_made_once(studio: Studio, postgres: Postgres) -> None:
    one, _, toy = studio
    jobs = await shared_out(studio, postgres, lambda _: speech("[hang] the same"), 1)
    toy.gate.set()
    ended = [await one.ended(job_id) for job_id in jobs]
    assert sorted(states(job)["s0"] for job in ended) == ["REMEMBERED"] * (len(jobs) - 1) + ["SUCCEEDED"]
    assert len({job.result.assets[0].asset.digest for job in ended}) == 1
    assert sum(toy.calls.values()) == 1
    toy.gate.clear()
    toy.calls.clear()
    jobs = await shared_out(studio, postgres, lambda _: speech("[hang] [fail InvalidArgument]"), 1)
    toy.gate.set()
    for job_id in jobs:
        assert (await one.ended(job_id)).state == JobState.JOB_STATE_FAILED
    assert 2 <= len(toy.calls) <= len(jobs)  # each replica asks under an id of its own
    assert set(toy.calls.values()) == {1}


async def test_a_replica_that_dies_leaves_its_calls_and_its_slots(studio: Studio, postgres: Postgres) -> None:
    one, other, toy = studio
    await one.limit("owner/ann", at_once=2)
    await shown(other, "owner/ann", 2)
    jobs = await shared_out(studio, postgres, lambda n: speech("[hang] the same", f"[hang] {n}"), 2)
    await one.process.end(signal.SIGKILL)  # whoever made the shared call: the other has it, or takes it over
    toy.gate.set()
    for job_id in jobs:
        assert (await other.ended(job_id)).state == JobState.JOB_STATE_SUCCEEDED
    assert toy.most <= 2
    assert set(toy.calls.values()) == {1}
    assert len(toy.calls) == len(jobs) + 1


async def test_limits_hold_for_both_together(studio: Studio, postgres: Postgres) -> None:
    one, other, toy = studio
    for at_once in (3, 1):  # one slot for two replicas has to go round
        await one.limit("service/tts", at_once=at_once)
        await shown(other, "service/tts", at_once)
        toy.gate.clear()
        toy.most = 0
        texts = [[f"[hang] {at_once} {n} {m}" for m in range(6)] for n in range(8)]
        jobs = await shared_out(studio, postgres, lambda n: speech(*texts[n]), at_once)  # noqa: B023
        toy.gate.set()
        for job_id in jobs:
            assert (await other.ended(job_id)).state == JobState.JOB_STATE_SUCCEEDED
        assert toy.most == at_once
    await one.limits.ClearLimit(limits_pb.ClearLimitRequest(name="service/tts"))
    await one.limit("owner/ann", per_second=20.0, burst=2)
    await shown(other, "owner/ann")
    begin = asyncio.get_running_loop().time()
    toy.calls.clear()
    jobs = await shared_out(studio, postgres, lambda n: speech(*(f"{n} {m}" for m in range(4))), 0)
    for job_id in jobs:
        assert (await other.ended(job_id)).state == JobState.JOB_STATE_SUCCEEDED
    # However slow the machine is, so many calls take at least as long as the rate says.
    assert asyncio.get_running_loop().time() - begin >= (len(toy.calls) - 2) / 20.0


async def test_a_full_server_is_left_alone_by_both(studio: Studio) -> None:
    one, other, toy = studio

    async def service(replica: Replica) -> limits_pb.LimitUse:
        listed: limits_pb.ListLimitsResponse = await replica.limits.ListLimits(limits_pb.ListLimitsRequest())
        return next(use for use in listed.limits if use.limit.name == "service/tts")

    await one.submit(speech("[busy 1 600]"))
    for replica in (one, other):
        while not (await service(replica)).HasField("closed_for"):  # noqa: ASYNC110 - nobody sets an event
            await asyncio.sleep(0.02)
    for number in range(8):  # more than one takes
        await other.submit(speech(f"{number}"))
    while (await service(one)).waiting + (await service(other)).waiting < 8:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    assert sum(toy.calls.values()) == 1


async def shown(replica: Replica, name: str, at_once: int = 0) -> None:
    """Waits until a replica has heard of a limit that was set at another."""
    while True:
        limits = (await replica.limits.ListLimits(limits_pb.ListLimitsRequest())).limits
        if any(use.is_set and use.limit.name == name and use.limit.at_once == at_once for use in limits):
            return
        await asyncio.sleep(0.02)
