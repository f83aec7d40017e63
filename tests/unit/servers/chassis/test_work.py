"""Work is joined, queued, lingers, is kept and is drained as the contract says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
from google.protobuf.message import Message

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.common.v1.progress_pb2 import Progress
from servers.chassis.context import CallContext
from servers.chassis.errors import (
    AlreadyExists,
    Cancelled,
    FailedPrecondition,
    Internal,
    ResourceExhausted,
    Unavailable,
)
from servers.chassis.work import Limits, Run, Work, WorkKey, WorkTable


class Job:
    """Work that waits for `go` and counts how often it ran."""

    def __init__(self, outcome: Message | Exception | None = None) -> None:
        self.go = asyncio.Event()
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()
        self.runs = 0
        self.outcome = outcome if outcome is not None else Asset(digest="d")

    async def __call__(self, work: Work) -> Message:
        self.runs += 1
        self.begun.set()
        work.report(Progress(stage="doing", fraction=0.5))
        try:
            await self.go.wait()
            if isinstance(self.outcome, Exception):
                raise self.outcome
            return self.outcome
        finally:
            self.ended.set()


def key(request_id: str = "r", owner: str = "ann") -> WorkKey:
    return WorkKey(owner, "s/M", request_id)


def join(table: WorkTable, job: Run, at: WorkKey | None = None, **more: object) -> AsyncGenerator[Message]:
    fingerprint = more.pop("fingerprint", b"f")
    assert isinstance(fingerprint, bytes)
    return table.join(at or key(), fingerprint, CallContext(), job, joinable=bool(more.get("joinable", True)))


async def result(stream: AsyncGenerator[Message]) -> Message:
    last = None
    async for message in stream:
        last = message
    assert last is not None
    return last


async def test_two_callers_share_one_run_and_both_get_its_result() -> None:
    table, job = WorkTable(Limits()), Job()
    first = asyncio.create_task(result(join(table, job)))
    await job.begun.wait()
    second = join(table, job)
    assert isinstance(await anext(second), Progress)
    job.go.set()
    assert await first == await result(second) == Asset(digest="d")
    assert job.runs == 1


async def test_who_joins_sees_the_current_progress_first() -> None:
    table, job = WorkTable(Limits()), Job()
    first = asyncio.create_task(result(join(table, job)))
    await job.begun.wait()
    seen = await anext(join(table, job))
    assert isinstance(seen, Progress)
    assert (seen.stage, seen.fraction) == ("doing", 0.5)
    job.go.set()
    await first


async def test_the_fraction_never_falls() -> None:
    table = WorkTable(Limits())
    fractions = []

    async def run(work: Work) -> Message:
        for fraction in (0.2, 0.6, 0.4, 2.0):
            work.report(Progress(stage="x", fraction=fraction))
            fractions.append(work.progress.fraction)
        return Asset()

    await result(join(table, run))
    assert fractions == [0.2, 0.6, 0.6, 1.0]


async def test_a_finished_result_is_given_again_without_a_run() -> None:
    table, job = WorkTable(Limits()), Job()
    job.go.set()
    await result(join(table, job))
    assert await result(join(table, job)) == Asset(digest="d")
    assert job.runs == 1


async def test_an_id_used_with_another_request_is_refused_running_and_kept() -> None:
    table, job = WorkTable(Limits()), Job()
    first = asyncio.create_task(result(join(table, job)))
    await job.begun.wait()
    with pytest.raises(AlreadyExists):
        await result(join(table, job, fingerprint=b"other"))
    job.go.set()
    await first
    with pytest.raises(AlreadyExists):
        await result(join(table, job, fingerprint=b"other"))


async def test_ids_of_different_owners_do_not_meet() -> None:
    table, ann, bob = WorkTable(Limits(capacity=2)), Job(Asset(digest="ann")), Job(Asset(digest="bob"))
    ann.go.set()
    bob.go.set()
    assert await result(join(table, ann, key(owner="ann"))) == Asset(digest="ann")
    assert await result(join(table, bob, key(owner="bob"))) == Asset(digest="bob")


async def test_definite_failures_are_kept_and_passing_ones_are_not() -> None:
    table = WorkTable(Limits())
    unknown = FailedPrecondition("paid?", reason="UNCONFIRMED")
    for fault, runs in ((FailedPrecondition("no"), 1), (Internal("oops"), 2), (unknown, 2)):
        job = Job(fault)
        job.go.set()
        for _ in range(2):
            with pytest.raises(type(fault)):
                await result(join(table, job, key(str(fault))))
        assert job.runs == runs


async def test_work_lingers_without_callers_and_can_be_joined_again() -> None:
    table, job = WorkTable(Limits(linger_seconds=60)), Job()
    stream = join(table, job)
    await anext(stream)
    await job.begun.wait()
    await stream.aclose()
    job.go.set()
    await job.ended.wait()
    assert await result(join(table, job)) == Asset(digest="d")
    assert job.runs == 1


async def test_work_that_nobody_wants_is_cancelled_after_the_linger_time() -> None:
    table, job = WorkTable(Limits(linger_seconds=0)), Job()
    stream = join(table, job)
    await anext(stream)
    await job.begun.wait()
    await stream.aclose()
    await job.ended.wait()
    assert job.runs == 1
    assert not table.find("ann", "r") or table.find("ann", "r")[0].outcome is not None


async def test_work_without_an_id_does_not_linger() -> None:
    table, job = WorkTable(Limits(linger_seconds=3600)), Job()
    stream = join(table, job, joinable=False)
    await anext(stream)
    await job.begun.wait()
    await stream.aclose()
    await job.ended.wait()
    assert not job.go.is_set()  # it did not end by itself


async def test_slots_are_kept_and_those_who_wait_know_their_place() -> None:
    table = WorkTable(Limits(capacity=1))
    jobs = [Job() for _ in range(3)]
    streams = [join(table, job, key(str(number))) for number, job in enumerate(jobs)]
    for stream in streams:
        await anext(stream)
    await jobs[0].begun.wait()
    positions = [table.find("ann", str(number))[0].progress for number in (1, 2)]
    assert [progress.queue_position for progress in positions] == [0, 1]
    assert (table.running, table.queued) == (1, 2)
    jobs[0].go.set()
    await jobs[1].begun.wait()
    assert not jobs[2].begun.is_set()
    assert table.find("ann", "2")[0].progress.queue_position == 0
    for job in jobs:
        job.go.set()
    assert [await result(stream) for stream in streams] == [Asset(digest="d")] * 3
    assert (table.running, table.queued) == (0, 0)


async def test_a_full_queue_turns_callers_away_and_says_when_to_come_back() -> None:
    table = WorkTable(Limits(capacity=1, queue=1))
    jobs = [Job() for _ in range(3)]
    running = [asyncio.create_task(result(join(table, jobs[n], key(str(n))))) for n in range(2)]
    await jobs[0].begun.wait()
    with pytest.raises(ResourceExhausted) as raised:
        await result(join(table, jobs[2], key("2")))
    assert any(detail.DESCRIPTOR.name == "RetryInfo" for detail in raised.value.details)
    for job in jobs:
        job.go.set()
    await asyncio.gather(*running)


async def test_cancelling_frees_the_slot_for_the_next() -> None:
    table = WorkTable(Limits(capacity=1))
    first, second = Job(), Job()
    callers = [
        asyncio.create_task(result(join(table, job, key(name))))
        for job, name in ((first, "1"), (second, "2"))
    ]
    await first.begun.wait()
    table.cancel(table.find("ann", "1")[0])
    await second.begun.wait()
    second.go.set()
    with pytest.raises(Cancelled):
        await callers[0]
    assert await callers[1] == Asset(digest="d")


async def test_cancelling_one_that_waits_leaves_the_queue_in_order() -> None:
    table = WorkTable(Limits(capacity=1))
    jobs = [Job() for _ in range(3)]
    callers = [asyncio.create_task(result(join(table, job, key(str(n))))) for n, job in enumerate(jobs)]
    await jobs[0].begun.wait()
    table.cancel(table.find("ann", "1")[0])
    with pytest.raises(Cancelled):
        await callers[1]
    jobs[0].go.set()
    await jobs[2].begun.wait()
    jobs[2].go.set()
    await callers[2]
    assert jobs[1].runs == 0
    assert (table.running, table.queued) == (0, 0)


async def test_draining_lets_work_finish_and_takes_no_more() -> None:
    table, job = WorkTable(Limits()), Job()
    caller = asyncio.create_task(result(join(table, job)))
    await job.begun.wait()
    drain = asyncio.create_task(table.drain(60))
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await result(join(table, Job(), key("new")))
    job.go.set()
    await drain
    assert await caller == Asset(digest="d")


async def test_draining_ends_what_outlasts_the_grace_time_with_unavailable() -> None:
    table, job = WorkTable(Limits()), Job()
    caller = asyncio.create_task(result(join(table, job)))
    await job.begun.wait()
    await table.drain(0)
    with pytest.raises(Unavailable):
        await caller
    assert job.ended.is_set()


async def test_kept_results_stay_within_their_bound() -> None:
    table = WorkTable(Limits(keep_results_bytes=250))
    jobs = {name: Job(Asset(digest="x" * 100)) for name in "abc"}
    for name, job in jobs.items():
        job.go.set()
        await result(join(table, job, key(name)))
    await result(join(table, jobs["c"], key("c")))
    await result(join(table, jobs["a"], key("a")))
    assert (jobs["a"].runs, jobs["c"].runs) == (2, 1)
