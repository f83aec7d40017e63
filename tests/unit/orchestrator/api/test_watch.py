"""Watchers see every event once and in order, however they come and go."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import grpc
import pytest

from orchestrator.api.watch import PART_BYTES, _parts
from orchestrator.drive import frames
from orchestrator.drive.log import BACKLOG_LIMIT, LiveLog
from orchestrator.store.rows import JobRow
from reelmesh.orchestrator.v1 import job_service_pb2 as pb
from reelmesh.orchestrator.v1.events_pb2 import Event
from reelmesh.orchestrator.v1.job_pb2 import Execution, Job, JobState, StepInstance
from servers.chassis import paging
from servers.chassis.errors import NotFound, ResourceExhausted, Unavailable
from tests.unit.orchestrator.conftest import (
    ENDED,
    Orchestrator,
    Workbench,
    as_owner,
    speech,
    states,
    status_of,
)

STORED = ("job_changed", "execution_changed", "step_planned", "step_changed")


async def watch(orchestrator: Orchestrator, job_id: str, **request: Any) -> AsyncGenerator[Event]:
    call = orchestrator.jobs.WatchJob(
        pb.WatchJobRequest(job_id=job_id, **request), metadata=as_owner(request.pop("owner", "ann"))
    )
    try:
        async for response in call:
            yield response.event
    finally:
        call.cancel()


def is_stored(event: Event) -> bool:
    return event.WhichOneof("event") in STORED


async def test_a_watch_begins_with_a_snapshot_and_ends_with_the_job(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as orchestrator:
        job = await orchestrator.submit(speech("[hang] a", "b"))
        await orchestrator.until(job.id, lambda job: states(job) == {"s0": "RUNNING", "s1": "SUCCEEDED"})
        events = watch(orchestrator, job.id)
        first = await anext(events)
        assert first.snapshot.complete
        shown = first.snapshot.job
        assert states(shown) == {"s0": "RUNNING", "s1": "SUCCEEDED"}
        assert first.sequence == shown.sequence
        assert not shown.execution.HasField("graph")
        bench.mesh.toys["tts"].gate.set()
        rest = [event async for event in events]
    stored = [event for event in rest if is_stored(event)]
    assert [event.sequence for event in stored] == list(
        range(first.sequence + 1, first.sequence + 1 + len(stored))
    )
    assert stored[-1].job_changed.state == JobState.JOB_STATE_SUCCEEDED
    assert stored[-1].job_changed.result.assets


async def test_a_replay_is_the_whole_log_and_every_part_of_it(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as orchestrator:
        job = await orchestrator.submit(speech("a", "b", "[fail Unavailable 1]"))
        await orchestrator.ended(job.id)
        whole = [event async for event in watch(orchestrator, job.id, after_sequence=0)]
        assert [event.sequence for event in whole] == list(range(1, len(whole) + 1))
        assert all(is_stored(event) for event in whole)
        for after in range(len(whole) + 1):
            part = [event async for event in watch(orchestrator, job.id, after_sequence=after)]
            assert part == whole[after:]
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await anext(watch(orchestrator, job.id, after_sequence=len(whole) + 1))
        assert refused.value.code() == grpc.StatusCode.OUT_OF_RANGE


async def test_watchers_that_come_back_miss_nothing_and_see_nothing_twice(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    chance = random.Random(7)

    async def follow(orchestrator: Orchestrator, job_id: str) -> list[Event]:
        """Watches in pieces of random length, each from the last sequence seen."""
        seen: list[Event] = []
        while not (seen and seen[-1].job_changed.state in ENDED):
            last = seen[-1].sequence if seen else 0
            pieces = watch(orchestrator, job_id, after_sequence=last)
            async with contextlib.aclosing(pieces):
                async for event in pieces:
                    if is_stored(event):
                        seen.append(event)
                    if chance.random() < 0.3:
                        break
        return seen

    async with bench.orchestrator() as orchestrator:
        job = await orchestrator.submit(speech(*(f"{n}" for n in range(30))))
        logs = await asyncio.gather(*(follow(orchestrator, job.id) for _ in range(5)))
        whole = [event async for event in watch(orchestrator, job.id, after_sequence=0)]
    for log in logs:
        assert log == whole


async def test_a_watch_that_follows_sees_the_next_run(bench: Workbench) -> None:
    await bench.mesh.start("storage", "tts")
    async with bench.orchestrator() as orchestrator:
        job = await orchestrator.submit(speech("a"))
        await orchestrator.ended(job.id)
        events = watch(orchestrator, job.id, follow=True)
        assert (await anext(events)).snapshot.job.state == JobState.JOB_STATE_SUCCEEDED
        await orchestrator.jobs.RunJob(pb.RunJobRequest(job_id=job.id), metadata=as_owner("ann"))
        numbers = set()
        async for event in events:
            if event.HasField("execution_changed"):
                numbers.add(event.execution_changed.number)
            if event.job_changed.state in ENDED:
                assert event.job_changed.state == JobState.JOB_STATE_SUCCEEDED
                break
        assert numbers == {2}


async def test_progress_is_live_and_can_be_left_out(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as orchestrator:
        job = await orchestrator.submit(speech("[hang]", "[hang] too"))
        loud = [event async for event in watch_after(orchestrator, bench, job.id)]
        assert {event.step_progressed.step for event in loud if event.HasField("step_progressed")}
        again = [event async for event in watch(orchestrator, job.id, after_sequence=0)]
        assert not any(event.HasField("step_progressed") for event in again)


async def watch_after(orchestrator: Orchestrator, bench: Workbench, job_id: str) -> AsyncIterator[Event]:
    """The events of a job whose calls hang until progress was seen."""
    async for event in watch(orchestrator, job_id):
        if event.HasField("step_progressed"):
            assert 0 <= event.step_progressed.execution_fraction <= 1
            assert event.step_progressed.progress.stage
            bench.mesh.toys["tts"].gate.set()
        yield event


async def test_all_jobs_are_watched_with_a_cursor(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as orchestrator:
        first = await orchestrator.submit(speech("a"))
        await orchestrator.ended(first.id)
        await orchestrator.submit(speech("not ann's"), owner="bob")

        async def until_ended(job_id: str, **request: Any) -> list[pb.WatchJobsResponse]:
            seen = []
            call = orchestrator.jobs.WatchJobs(pb.WatchJobsRequest(**request), metadata=as_owner("ann"))
            async for response in call:
                seen.append(response)
                if response.event.job_id == job_id and response.event.job_changed.state in ENDED:
                    break
            call.cancel()
            return seen

        seen = await until_ended(first.id, cursor=paging.encode("0"))  # from the very first event
        second = await orchestrator.submit(speech("b"))
        rest = await until_ended(second.id, cursor=seen[-1].cursor, with_steps=True)
    assert {response.event.job_id for response in rest} == {second.id}
    assert any(response.event.HasField("step_changed") for response in rest)
    assert not any(response.event.HasField("step_changed") for response in seen)
    sequences = [response.event.sequence for response in rest if is_stored(response.event)]
    assert sequences == list(range(1, len(sequences) + 1))


async def test_a_cursor_that_is_not_ours_is_refused(bench: Workbench) -> None:
    async with bench.orchestrator() as orchestrator:
        for cursor in ("nonsense", "OTk5OTk5"):
            call = orchestrator.jobs.WatchJobs(pb.WatchJobsRequest(cursor=cursor), metadata=as_owner("ann"))
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await anext(aiter(call))
            assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_each_event_is_encoded_once_however_many_watch(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.mesh.start("tts")
    made: list[bytes] = []

    def frame(body: bytes, cursor: str = "") -> bytes:
        made.append(body)
        return real(body, cursor)

    real = frames.frame
    monkeypatch.setattr(frames, "frame", frame)
    async with bench.orchestrator() as orchestrator:
        job = await orchestrator.submit(speech("[hang] a", "[hang] b", "[hang] c"))
        await orchestrator.until(job.id, lambda job: set(states(job).values()) == {"RUNNING"})
        watches = [watch(orchestrator, job.id, without_progress=True) for _ in range(40)]
        stalled = watch(orchestrator, job.id, without_progress=True)  # reads no more than its first message
        for one in (*watches, stalled):
            assert (await anext(one)).HasField("snapshot")
        made.clear()
        bench.mesh.toys["tts"].gate.set()
        seen = await asyncio.gather(*(all_of(one) for one in watches))
        await stalled.aclose()
    assert all(events == seen[0] for events in seen)
    assert made == [event.SerializeToString() for event in seen[0]]


async def all_of(events: AsyncIterator[Event]) -> list[Event]:
    return [event async for event in events]


async def test_a_stopping_orchestrator_sends_watchers_away(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as orchestrator:
        job = await orchestrator.submit(speech("[hang]"))
        events = watch(orchestrator, job.id)
        await anext(events)
        stopping = asyncio.create_task(orchestrator.running.stop(0))
        with pytest.raises(grpc.aio.AioRpcError) as sent_away:
            async for _ in events:
                pass
        await stopping
    assert sent_away.value.code() == grpc.StatusCode.UNAVAILABLE


async def test_another_owner_sees_no_job(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    async with bench.orchestrator() as orchestrator:
        job = await orchestrator.submit(speech("a"))
        call = orchestrator.jobs.WatchJob(pb.WatchJobRequest(job_id=job.id), metadata=as_owner("bob"))
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await anext(aiter(call))
        assert refused.value.code() == grpc.StatusCode.NOT_FOUND
        assert status_of(refused.value).message


async def test_a_slow_watcher_is_cut_off_alone() -> None:
    log = LiveLog()
    slow, quick = log.subscribe("j"), log.subscribe("j")
    for sequence in range(1, BACKLOG_LIMIT + 2):
        log.committed([("ann", Event(job_id="j", sequence=sequence))])
        news = await quick.next(1)
        assert news is not None
        assert news.event.sequence == sequence
    with pytest.raises(ResourceExhausted, match="last sequence"):
        await slow.next(1)
    log.unsubscribe("j", slow)
    log.unsubscribe("j", quick)
    assert not log.watched("j")


async def test_progress_gives_way_before_events_do() -> None:
    log = LiveLog()
    watcher = log.subscribe("j")
    for _ in range(2 * BACKLOG_LIMIT):
        progress = Event(job_id="j")
        progress.step_progressed.step = "s"
        log.progressed(progress)
    log.committed([("ann", Event(job_id="j", sequence=1))])
    count = 0
    while (news := await watcher.next(0)) is not None and not news.event.sequence:
        count += 1
    assert news is not None
    assert count < BACKLOG_LIMIT


async def test_watchers_of_a_deleted_job_and_of_a_closed_log_are_told() -> None:
    log = LiveLog()
    watcher = log.subscribe("j")
    log.deleted("j")
    with pytest.raises(NotFound):
        await watcher.next(1)
    log.close()
    with pytest.raises(Unavailable):
        await log.subscribe("k").next(1)


def test_a_large_snapshot_comes_in_parts() -> None:
    row = JobRow("j", "ann", None, b"", b"", 2, 5, 0, None, "e", None, 7)
    steps = [StepInstance(step="narrate", index=n, request_id="x" * 5000) for n in range(1500)]
    events = list(_parts(row, Job(id="j", execution=Execution(id="e", steps=steps))))
    assert len(events) > 2
    assert all(event.ByteSize() < PART_BYTES + 10_000 for event in events)
    assert [event.snapshot.complete for event in events] == [False] * (len(events) - 1) + [True]
    assert [step for event in events for step in event.snapshot.job.execution.steps] == steps
    assert {event.sequence for event in events} == {7}
