"""Several orchestrators on one PostgreSQL database: whichever is asked, it is as if there were one."""

from __future__ import annotations

import asyncio

from reelmesh.orchestrator.v1 import job_service_pb2 as pb
from reelmesh.orchestrator.v1.events_pb2 import Event
from reelmesh.orchestrator.v1.job_pb2 import JobState
from servers.chassis.settings import LimitSettings
from tests.unit.orchestrator.conftest import (
    ENDED,
    POSTGRESQL,
    Orchestrator,
    Workbench,
    as_owner,
    eventually,
    speech,
    states,
)

pytestmark = POSTGRESQL
ANN = {"metadata": as_owner("ann")}


async def log(orchestrator: Orchestrator, job_id: str) -> list[Event]:
    """The stored events of a job, as they come."""
    call = orchestrator.jobs.WatchJob(pb.WatchJobRequest(job_id=job_id, after_sequence=0), **ANN)
    return [
        response.event
        async for response in call
        if response.event.WhichOneof("event") not in ("step_progressed", "idle")
    ]


async def test_a_watcher_sees_the_same_stream_everywhere(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as one, bench.orchestrator() as other:
        job = await one.submit(speech("[hang] a", *(f"{n}" for n in range(20)), "[fail Unavailable 2]"))
        watching = [asyncio.create_task(log(replica, job.id)) for replica in (one, other)]
        await other.until(job.id, lambda job: list(states(job).values()).count("SUCCEEDED") == 21)
        bench.mesh.toys["tts"].gate.set()
        first, second = await asyncio.gather(*watching)
    assert first == second
    assert [event.sequence for event in first] == list(range(1, len(first) + 1))
    assert first[-1].job_changed.state == JobState.JOB_STATE_SUCCEEDED


async def test_all_jobs_are_watched_from_any_replica(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as one, bench.orchestrator() as other:
        call = other.jobs.WatchJobs(pb.WatchJobsRequest(with_steps=True, cursor="MA=="), **ANN)
        jobs = await asyncio.gather(*(replica.submit(speech("a")) for replica in (one, other) * 5))
        sequences: dict[str, list[int]] = {job.id: [] for job in jobs}
        ended = 0
        async for response in call:
            sequences[response.event.job_id].append(response.event.sequence)
            ended += response.event.job_changed.state in ENDED
            if ended == len(jobs):
                break
        call.cancel()
    for seen in sequences.values():
        assert seen == list(range(1, len(seen) + 1))


async def test_what_is_asked_of_a_job_reaches_the_replica_that_runs_it(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    toy = bench.mesh.toys["tts"]
    replicas: list[Orchestrator]
    async with bench.orchestrator() as one, bench.orchestrator() as other:
        replicas = [one, other]
        job = await one.submit(speech("[hang] a"))
        await one.until(job.id, lambda job: states(job) == {"s0": "RUNNING"})
        for replica in replicas:
            paused = await replica.jobs.PauseJob(pb.PauseJobRequest(job_id=job.id), **ANN)
            assert paused.job.state == JobState.JOB_STATE_PAUSED
            resumed = await replica.jobs.ResumeJob(pb.ResumeJobRequest(job_id=job.id), **ANN)
            assert resumed.job.state == JobState.JOB_STATE_RUNNING
            await replica.jobs.UpdateJob(pb.UpdateJobRequest(job_id=job.id, priority=7), **ANN)
        for replica in replicas:
            job = await one.submit(speech("[hang] b"))
            await one.until(job.id, lambda job: states(job) == {"s0": "RUNNING"})
            await replica.jobs.CancelJob(pb.CancelJobRequest(job_id=job.id), **ANN)
            assert (await replica.ended(job.id)).state == JobState.JOB_STATE_CANCELLED
        await eventually(lambda: len(toy.cancelled) == 2)


async def test_a_paused_job_is_nobodys_until_it_is_resumed(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator(limits=LimitSettings(tts=1)) as one:
        first = await one.submit(speech("[hang]"))
        await one.until(first.id, lambda job: states(job) == {"s0": "RUNNING"})
        job = await one.submit(speech("a"))
        await one.jobs.PauseJob(pb.PauseJobRequest(job_id=job.id), **ANN)
    bench.mesh.toys["tts"].gate.set()
    async with bench.orchestrator() as other:
        assert (await other.ended(first.id)).state == JobState.JOB_STATE_SUCCEEDED
        assert (await other.get(job.id)).state == JobState.JOB_STATE_PAUSED
        await other.jobs.ResumeJob(pb.ResumeJobRequest(job_id=job.id), **ANN)
        assert (await other.ended(job.id)).state == JobState.JOB_STATE_SUCCEEDED


async def test_a_replica_that_stops_hands_over_at_once(bench: Workbench) -> None:
    await bench.mesh.start("storage", "tts")
    toy = bench.mesh.toys["tts"]
    forever = {"lease_seconds": 3600.0, "remember": False, "limits": LimitSettings(tts=64)}
    async with bench.orchestrator(**forever) as other:
        async with bench.orchestrator(**forever) as one:
            jobs = [await replica.submit(speech("[hang] a", "b")) for replica in (one, other) * 5]
            for job in jobs:
                await one.until(job.id, lambda job: "RUNNING" in states(job).values())
        toy.gate.set()
        for job in jobs:
            assert (await other.ended(job.id)).state == JobState.JOB_STATE_SUCCEEDED
    assert set(toy.calls.values()) == {1}


async def test_one_request_id_makes_one_job_whichever_replica_hears_it(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    fresh = {"remember": False}
    async with bench.orchestrator(**fresh) as one, bench.orchestrator(**fresh) as other:
        jobs = await asyncio.gather(*(r.submit(speech("a"), request_id="once") for r in (one, other) * 10))
        assert len({job.id for job in jobs}) == 1
        await one.ended(jobs[0].id)
        request = pb.RunJobRequest(job_id=jobs[0].id, request_id="again")
        runs = await asyncio.gather(*(r.jobs.RunJob(request, **ANN) for r in (one, other) * 10))
        assert {run.job.execution.number for run in runs} == {2}
        assert (await other.ended(jobs[0].id)).state == JobState.JOB_STATE_SUCCEEDED
    assert bench.mesh.calls("tts") == 2
