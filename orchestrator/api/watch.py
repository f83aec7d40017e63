"""Watching: a snapshot or a replay from the store, then what happens live, without a gap or a repetition.

A watcher subscribes first and reads the store then. What is committed between the two is in both, and is told
apart by its sequence.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence

from orchestrator.api import views
from orchestrator.drive.driver import Driver
from orchestrator.drive.frames import News, frame
from orchestrator.drive.log import Subscription, rung
from orchestrator.drive.world import World
from orchestrator.store import queries
from orchestrator.store.rows import JobRow, now, timestamp
from reelmesh.orchestrator.v1.events_pb2 import Event, Idle, Snapshot
from reelmesh.orchestrator.v1.job_pb2 import Execution, Job, StepInstance
from reelmesh.orchestrator.v1.job_service_pb2 import WatchJobRequest, WatchJobsRequest
from servers.chassis import paging
from servers.chassis.errors import InvalidArgument, NotFound, OutOfRange, Unavailable

PART_BYTES = 2_500_000
"""Most bytes of step instances in one part of a snapshot."""
Page = list[tuple[int, bytes]]
PAGE = 500
"""Events read from the store at once."""


class Watching:
    """Serves those who watch."""

    def __init__(self, world: World, driver: Driver) -> None:
        self._world = world
        self._driver = driver
        self._reading: dict[tuple[str, int, bool, int], asyncio.Task[Page]] = {}

    async def job(self, owner: str, request: WatchJobRequest) -> AsyncIterator[bytes]:
        """The events of one job as encoded WatchJobResponses; see the contract's WatchJob.

        Raises:
            NotFound: there is no such job.
            OutOfRange: the cursor is older than the log, or lies in the future.
            ResourceExhausted: the watcher does not keep up.
            Unavailable: the orchestrator is stopping.
        """
        log = self._world.log
        subscription = log.subscribe(request.job_id, wants_progress=not request.without_progress)
        try:
            async for answer in self._events(owner, request, subscription):
                yield answer
        finally:
            log.unsubscribe(request.job_id, subscription)

    async def _events(
        self, owner: str, request: WatchJobRequest, subscription: Subscription
    ) -> AsyncIterator[bytes]:
        if request.HasField("after_sequence"):
            last = request.after_sequence
            job = await self._checked(owner, request.job_id, last)
            state = job.state
            async for event, answer in self._replay(request.job_id, last, job.sequence):
                last = event.sequence
                state = event.job_changed.state if event.HasField("job_changed") else state
                yield answer
        else:
            job, parts = await self._snapshot(owner, request.job_id)
            last, state = job.sequence, job.state
            for part in parts:
                yield News(part).frame
        while request.follow or state not in queries.ENDED or not subscription.empty:
            news = await subscription.next(self._world.rules.idle_seconds)
            if news is None:
                idle = Event(sequence=last, time=timestamp(now()), job_id=request.job_id, idle=Idle())
                yield News(idle).frame
                continue
            event = news.event
            if event.HasField("step_progressed"):
                if event.sequence >= last:
                    yield news.frame
            elif event.sequence > last:
                if event.sequence > last + 1:  # written by another replica, and not heard of here
                    async for _, answer in self._replay(request.job_id, last, event.sequence - 1):
                        yield answer
                last = event.sequence
                state = event.job_changed.state if event.HasField("job_changed") else state
                yield news.frame

    async def jobs(self, owner: str, request: WatchJobsRequest) -> AsyncIterator[bytes]:
        """The events of all of the owner's jobs as encoded WatchJobsResponses; see the contract's WatchJobs.

        Raises:
            InvalidArgument: the cursor is not one of this server's.
            OutOfRange: retention has taken events after the cursor away.
            Unavailable: the orchestrator is stopping.
        """
        bell = self._world.log.bell(owner)
        try:
            last = await self._cursor(request.cursor)
            while True:
                bell.clear()
                page = await self._page(owner, last, with_steps=request.with_steps)
                for last, answer in page:  # noqa: B007  (read on from it)
                    yield answer
                if self._world.log.closed:
                    raise Unavailable("the orchestrator is stopping: watch again from the last cursor seen")
                if not page and not await rung(bell, self._world.rules.idle_seconds):
                    idle = Event(time=timestamp(now()), idle=Idle())
                    yield frame(idle.SerializeToString(), paging.encode(str(last)))
        finally:
            self._world.log.unbell(owner, bell)

    async def _page(self, owner: str, after: int, *, with_steps: bool) -> Page:
        """The events after one, as answers. Many who stand at the same place, and were woken together, share
        a query and the bytes."""
        place = (owner, after, with_steps, self._world.log.rings)
        reading = self._reading.get(place)
        if reading is None:

            async def read() -> Page:
                async with self._world.store.read() as connection:
                    if await queries.latest_trim(connection, owner) > after:
                        raise OutOfRange("events after the cursor are gone: watch again without one")
                    found = await queries.owner_events_after(
                        connection, owner, after, with_steps=with_steps, limit=PAGE
                    )
                return [(id, frame(body, paging.encode(str(id)))) for id, body in found]

            reading = self._reading[place] = asyncio.create_task(read())
            reading.add_done_callback(lambda _: self._reading.pop(place, None))
        return await asyncio.shield(reading)

    async def _cursor(self, cursor: str) -> int:
        async with self._world.store.read() as connection:
            latest = await queries.latest_event_id(connection)
        if not cursor:
            return latest
        try:
            last = int(paging.decode(cursor))
        except (ValueError, InvalidArgument):
            last = -1
        if not 0 <= last <= latest:
            raise InvalidArgument(("cursor", "is not a cursor of this server"))
        return last

    async def _checked(self, owner: str, job_id: str, after: int) -> JobRow:
        async with self._world.store.read() as connection:
            row = await queries.job(connection, owner, job_id)
            if row is None:
                raise NotFound("job", job_id)
            oldest = await queries.oldest_sequence(connection, job_id)
        first = row.sequence + 1 if oldest is None else oldest
        if after + 1 < first:
            raise _too_old(first)
        if after > row.sequence:
            raise OutOfRange(f"the latest sequence is {row.sequence}")
        return row

    async def _replay(self, job_id: str, after: int, last: int) -> AsyncIterator[tuple[Event, bytes]]:
        """The stored events after a sequence, up to another, with their encoded answers.

        Raises:
            OutOfRange: retention has taken some of them away meanwhile.
        """
        while after < last:
            async with self._world.store.read() as connection:
                page = await queries.events_after(connection, job_id, after, min(PAGE, last - after))
            if not page or page[0][0] != after + 1:
                raise _too_old(page[0][0] if page else last + 1)
            for after, body in page:  # noqa: B007  (read on from it)
                yield Event.FromString(body), frame(body)

    async def _snapshot(self, owner: str, job_id: str) -> tuple[JobRow, list[Event]]:
        async with self._world.store.read() as connection:
            row = await queries.job(connection, owner, job_id)
            if row is None:
                raise NotFound("job", job_id)
            execution = await queries.execution(connection, row.execution_id)
            steps = await queries.step_rows(connection, row.execution_id)
        shown = views.execution(execution, steps, self._driver.find(job_id)) if execution else None
        return row, list(_parts(row, views.job(row, shown)))


def _too_old(first: int) -> OutOfRange:
    fault = OutOfRange(f"the log begins with sequence {first}: watch again without a cursor")
    fault.metadata["oldest_sequence"] = str(first)
    return fault


def _parts(row: JobRow, job: Job) -> Iterator[Event]:
    """A snapshot in parts that stay well below gRPC's limit."""
    instances = list(job.execution.steps)
    job.execution.ClearField("steps")
    chunks = list(_chunks(instances, max(PART_BYTES - job.ByteSize(), 1)))
    for position, chunk in enumerate(chunks):
        part = job if position == 0 else Job(id=job.id, execution=Execution(id=job.execution.id))
        part.execution.steps.extend(chunk)
        yield Event(
            sequence=row.sequence,
            time=timestamp(now()),
            job_id=row.id,
            execution_id=row.execution_id,
            snapshot=Snapshot(job=part, complete=position == len(chunks) - 1),
        )


def _chunks(instances: Sequence[StepInstance], first_bytes: int) -> Iterator[list[StepInstance]]:
    chunk: list[StepInstance] = []
    room = first_bytes
    for instance in instances:
        size = instance.ByteSize() + 8
        if size > room:
            yield chunk
            chunk, room = [], PART_BYTES
        chunk.append(instance)
        room -= size
    yield chunk
