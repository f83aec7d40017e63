"""Calls that are shared, limits that are set while calls wait, deadlines."""

from __future__ import annotations

import time

import grpc
import pytest

from reelmesh.orchestrator.v1 import job_service_pb2 as pb
from reelmesh.orchestrator.v1 import limit_service_pb2 as limits_pb
from reelmesh.orchestrator.v1.job_pb2 import JobState
from reelmesh.orchestrator.v1.limit_service_pb2_grpc import LimitServiceStub
from tests.unit.orchestrator.conftest import Workbench, as_owner, eventually, speech, states


async def test_two_jobs_that_need_the_same_make_one_call(bench: Workbench) -> None:
    await bench.mesh.start("storage", "tts")
    toy = bench.mesh.toys["tts"]
    async with bench.orchestrator() as orchestrator:
        first = await orchestrator.submit(speech("[hang]"))
        await eventually(lambda: toy.running == 1)
        second = await orchestrator.submit(speech("[hang]"))
        await orchestrator.until(second.id, lambda job: states(job) == {"s0": "READY"})
        toy.gate.set()
        ended = [await orchestrator.ended(job.id) for job in (first, second)]
    assert [states(job)["s0"] for job in ended] == ["SUCCEEDED", "REMEMBERED"]
    assert ended[0].result.assets[0].asset == ended[1].result.assets[0].asset
    assert bench.mesh.calls("tts") == 1


async def test_work_goes_on_for_whoever_still_wants_it(bench: Workbench) -> None:
    await bench.mesh.start("storage", "tts")
    toy = bench.mesh.toys["tts"]
    async with bench.orchestrator() as orchestrator:
        first = await orchestrator.submit(speech("[hang] [paid]"))
        await eventually(lambda: toy.running == 1)
        second = await orchestrator.submit(speech("[hang] [paid]"))
        await orchestrator.until(second.id, lambda job: states(job) == {"s0": "READY"})
        await orchestrator.jobs.CancelJob(pb.CancelJobRequest(job_id=first.id), metadata=as_owner("ann"))
        cancelled = await orchestrator.ended(first.id)
        assert toy.cancelled == []
        toy.gate.set()
        ended = await orchestrator.ended(second.id)
    assert cancelled.state == JobState.JOB_STATE_CANCELLED
    assert states(ended) == {"s0": "SUCCEEDED"}
    assert ended.execution.cost.nanos == 250_000_000  # whoever is left answers for it
    assert bench.mesh.calls("tts") == 1


async def test_the_last_to_leave_ends_the_work(bench: Workbench) -> None:
    await bench.mesh.start("storage", "tts")
    toy = bench.mesh.toys["tts"]
    async with bench.orchestrator() as orchestrator:
        jobs = []
        for _ in range(2):
            jobs.append(await orchestrator.submit(speech("[hang]")))
            await eventually(lambda: toy.running == 1)
        await orchestrator.until(jobs[1].id, lambda job: states(job) == {"s0": "READY"})
        for job in jobs:
            await orchestrator.jobs.CancelJob(pb.CancelJobRequest(job_id=job.id), metadata=as_owner("ann"))
        await eventually(lambda: len(toy.cancelled) == 1)
        assert toy.running == 0


async def test_others_do_not_share_an_owners_calls(bench: Workbench) -> None:
    await bench.mesh.start("storage", "tts")
    toy = bench.mesh.toys["tts"]
    async with bench.orchestrator() as orchestrator:
        await orchestrator.submit(speech("[hang]"), owner="ann")
        await orchestrator.submit(speech("[hang]"), owner="bob")
        await eventually(lambda: toy.running == 2)
        toy.gate.set()


async def test_limits_are_set_while_calls_wait(bench: Workbench) -> None:
    await bench.mesh.start("storage", "tts")
    toy = bench.mesh.toys["tts"]
    async with bench.orchestrator() as orchestrator:
        limits = LimitServiceStub(orchestrator.channel)  # type: ignore[no-untyped-call, unused-ignore]
        paused = limits_pb.Limit(name="owner/ann", paused=True)
        await limits.SetLimit(limits_pb.SetLimitRequest(limit=paused))
        one = limits_pb.Limit(name="engine/tts/toy", at_once=1)
        await limits.SetLimit(limits_pb.SetLimitRequest(limit=one))
        await orchestrator.submit(speech("[hang]"), owner="ann")
        bobs = await orchestrator.submit(speech("[hang] a", "[hang] b"), owner="bob")
        await eventually(lambda: toy.running == 1)
        shown = {
            use.limit.name: use for use in (await limits.ListLimits(limits_pb.ListLimitsRequest())).limits
        }
        assert shown["owner/ann"].limit.paused
        assert shown["owner/ann"].is_set
        assert (shown["engine/tts/toy"].running, shown["owner/bob"].running) == (1, 1)
        assert not shown["service/tts"].is_set
        await limits.ClearLimit(limits_pb.ClearLimitRequest(name="engine/tts/toy"))
        await eventually(lambda: toy.running == 2)
        toy.gate.set()
        await orchestrator.ended(bobs.id, "bob")
        assert bench.mesh.calls("tts") == 2  # and none of ann's
    async with bench.orchestrator() as orchestrator:  # it is kept
        limits = LimitServiceStub(orchestrator.channel)  # type: ignore[no-untyped-call, unused-ignore]
        await limits.ClearLimit(limits_pb.ClearLimitRequest(name="owner/ann"))
        await eventually(lambda: bench.mesh.calls("tts") == 3)


@pytest.mark.parametrize("name", ["nonsense", "service/", "engine/tts", "owner/a b"])
async def test_a_limit_has_a_name_of_a_kind_that_there_is(bench: Workbench, name: str) -> None:
    async with bench.orchestrator() as orchestrator:
        limits = LimitServiceStub(orchestrator.channel)  # type: ignore[no-untyped-call, unused-ignore]
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await limits.SetLimit(limits_pb.SetLimitRequest(limit=limits_pb.Limit(name=name)))
        assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await limits.ClearLimit(limits_pb.ClearLimitRequest(name=name))
        assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_a_job_that_is_not_done_by_its_deadline_fails(bench: Workbench) -> None:
    await bench.mesh.start("storage", "tts")
    toy = bench.mesh.toys["tts"]
    async with bench.orchestrator() as orchestrator:
        spec = speech("[hang]")
        spec.deadline.FromNanoseconds(time.time_ns() + 300_000_000)
        ended = await orchestrator.ended((await orchestrator.submit(spec)).id)
        assert ended.state == JobState.JOB_STATE_FAILED
        assert ended.execution.error.code == grpc.StatusCode.DEADLINE_EXCEEDED.value[0]
        assert states(ended) == {"s0": "CANCELLED"}
        assert toy.running == 0


async def test_bulk_control_and_counts(bench: Workbench) -> None:
    await bench.mesh.start("storage", "tts")
    toy = bench.mesh.toys["tts"]
    as_ann = as_owner("ann")
    async with bench.orchestrator() as orchestrator:
        failing = [await orchestrator.submit(speech(f"[fail FailedPrecondition 1] {n}")) for n in range(3)]
        for job in failing:
            await orchestrator.ended(job.id)
        hanging = []
        for n in range(3):
            spec = speech(f"[hang] {n}")
            spec.labels["batch"] = "b"
            hanging.append(await orchestrator.submit(spec))
        other = await orchestrator.submit(speech("[hang] bob's"), owner="bob")

        async def control(action: pb.JobAction.ValueType, **labels: str) -> set[str]:
            request = pb.ControlJobsRequest(filter=pb.JobFilter(labels=labels), action=action)
            return set((await orchestrator.jobs.ControlJobs(request, metadata=as_ann)).job_ids)

        async def counts() -> dict[int, int]:
            found = await orchestrator.jobs.CountJobs(pb.CountJobsRequest(), metadata=as_ann)
            return {one.state: one.jobs for one in found.counts}

        assert await control(pb.JOB_ACTION_PAUSE, batch="b") == {job.id for job in hanging}
        for job in hanging:
            await orchestrator.until(job.id, lambda job: job.state == JobState.JOB_STATE_PAUSED)
        assert await counts() == {JobState.JOB_STATE_PAUSED: 3, JobState.JOB_STATE_FAILED: 3}
        assert await control(pb.JOB_ACTION_RESUME) == {job.id for job in hanging}
        assert await control(pb.JOB_ACTION_RETRY_FAILED) == {job.id for job in failing}
        for job in failing:
            ended = await orchestrator.ended(job.id)
            assert ended.execution.number == 2
        assert await control(pb.JOB_ACTION_CANCEL, batch="b") == {job.id for job in hanging}
        for job in hanging:
            ended = await orchestrator.ended(job.id)
            assert ended.state == JobState.JOB_STATE_CANCELLED
        hidden = await control(pb.JOB_ACTION_DELETE, batch="b")
        assert hidden == {job.id for job in hanging}
        listed = await orchestrator.jobs.ListJobs(pb.ListJobsRequest(), metadata=as_ann)
        assert {job.id for job in listed.jobs} == {job.id for job in failing}
        assert (await orchestrator.get(other.id, "bob")).state == JobState.JOB_STATE_RUNNING
        toy.gate.set()


async def test_a_hidden_job_comes_back(bench: Workbench) -> None:
    await bench.mesh.start("storage", "tts")
    as_ann = as_owner("ann")
    async with bench.orchestrator() as orchestrator:
        job = await orchestrator.ended((await orchestrator.submit(speech("a"))).id)
        await orchestrator.jobs.DeleteJob(pb.DeleteJobRequest(job_id=job.id), metadata=as_ann)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await orchestrator.get(job.id)
        assert refused.value.code() == grpc.StatusCode.NOT_FOUND
        request = pb.ListJobsRequest(show_deleted=True)
        (hidden,) = (await orchestrator.jobs.ListJobs(request, metadata=as_ann)).jobs
        assert hidden.HasField("delete_time")
        for caller, code in (("bob", grpc.StatusCode.NOT_FOUND),):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await orchestrator.jobs.UndeleteJob(
                    pb.UndeleteJobRequest(job_id=job.id), metadata=as_owner(caller)
                )
            assert refused.value.code() == code
        await orchestrator.jobs.UndeleteJob(pb.UndeleteJobRequest(job_id=job.id), metadata=as_ann)
        assert await orchestrator.get(job.id) == job
