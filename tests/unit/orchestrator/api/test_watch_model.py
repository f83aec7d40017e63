"""The stream against its model: a watcher gets every event once, in order, or OUT_OF_RANGE."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from sqlalchemy import delete, update
from sqlalchemy.engine import URL

from orchestrator.api.watch import Watching
from orchestrator.drive.driver import Driver
from orchestrator.drive.frames import News
from orchestrator.drive.limiting import Limits
from orchestrator.drive.limits import Limiter
from orchestrator.drive.log import LiveLog
from orchestrator.drive.mesh import Mesh, Patience
from orchestrator.drive.usual import Usual
from orchestrator.drive.world import Rules, World
from orchestrator.store import retention
from orchestrator.store.appending import Append, Transaction
from orchestrator.store.retention import Due
from orchestrator.store.schema import events, jobs
from orchestrator.store.store import Store
from reelmesh.orchestrator.v1.events_pb2 import Event, ExecutionChanged, StepPlanned
from reelmesh.orchestrator.v1.job_service_pb2 import (
    WatchJobRequest,
    WatchJobResponse,
    WatchJobsRequest,
    WatchJobsResponse,
)
from servers.chassis import paging
from servers.chassis.errors import OutOfRange, ResourceExhausted
from servers.chassis.settings import MeshSettings
from tests.unit.orchestrator.conftest import eventually
from tests.unit.orchestrator.stores import add_job

OWNER = "ann"


@dataclass(eq=False)
class Watcher:
    """One who watches, and what it has seen."""

    stream: AsyncIterator[bytes] | None = None
    reading: asyncio.Task[bytes] | None = None
    seen: int | None = None
    """The last sequence it knows of; None: it has no cursor yet."""


async def opened_in(folder: Path) -> tuple[Store, LiveLog, Watching]:
    """A store, and those who watch it."""
    store = await Store.open(URL.create("sqlite", database=str(folder / "jobs.db")))
    log = LiveLog()
    store.on_events = log.committed
    limiter = Limiter()
    mesh = Mesh({}, MeshSettings(home=folder), Patience())
    rules = replace(Rules(), idle_seconds=3600.0)
    world = World(store, mesh, limiter, log, Usual(), rules, Limits(store, limiter))
    return store, log, Watching(world, Driver(world))


class Streams(RuleBasedStateMachine):
    """Events, disconnects, reconnects, slow watchers and retention, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory(prefix="rm-")
        self.written = 0
        self.purged = 0
        self.watchers = [Watcher() for _ in range(3)]
        self.loop.run_until_complete(self._open())

    async def _open(self) -> None:
        self.store, self.log, self.watching = await opened_in(Path(self.folder.name))
        self.job_id = await add_job(self.store)

    def teardown(self) -> None:
        async def close() -> None:
            for watcher in self.watchers:
                await self._leave(watcher)
            await self.store.close()

        self.loop.run_until_complete(close())
        self.loop.close()
        self.folder.cleanup()

    async def _leave(self, watcher: Watcher) -> None:
        if watcher.reading is not None:
            watcher.reading.cancel()
            await asyncio.gather(watcher.reading, return_exceptions=True)
        if watcher.stream is not None:
            await watcher.stream.aclose()  # type: ignore[attr-defined]
        watcher.stream = watcher.reading = None

    async def _read(self, watcher: Watcher, answers: int) -> None:
        """Reads so many answers, or all that must come now."""
        for _ in range(answers):
            if watcher.stream is None or watcher.seen == self.written:
                return
            reading = watcher.reading or asyncio.ensure_future(anext(watcher.stream))
            watcher.reading = None
            try:
                answer = await reading
            except OutOfRange:
                watcher.stream = None
                assert watcher.seen is not None
                assert watcher.seen < self.purged
                watcher.seen = None  # it begins anew without a cursor
            except ResourceExhausted:
                watcher.stream = None
            else:
                self._take(watcher, WatchJobResponse.FromString(answer).event)

    def _take(self, watcher: Watcher, event: Event) -> None:
        if event.HasField("snapshot"):
            assert watcher.seen is None
            watcher.seen = event.sequence
        else:
            assert watcher.seen is not None
            assert event.sequence == watcher.seen + 1  # once, in order, none left out
            assert event.execution_changed.number == event.sequence
            watcher.seen = event.sequence

    @rule(count=st.integers(1, 5))
    def something_happens(self, count: int) -> None:
        told = [
            Event(job_id=self.job_id, execution_changed=ExecutionChanged(number=self.written + n + 1))
            for n in range(count)
        ]
        self.loop.run_until_complete(self.store.append(Append(self.job_id, OWNER, told)))
        self.written += count

    @rule(who=st.integers(0, 2))
    def connects(self, who: int) -> None:
        watcher = self.watchers[who]
        if watcher.stream is None:
            request = WatchJobRequest(job_id=self.job_id, after_sequence=watcher.seen, follow=True)
            watcher.stream = self.watching.job(OWNER, request)
            watcher.reading = self.loop.create_task(anext(watcher.stream))  # type: ignore[arg-type]

    @rule(who=st.integers(0, 2), answers=st.integers(1, 6))
    def reads(self, who: int, answers: int) -> None:
        self.loop.run_until_complete(self._read(self.watchers[who], answers))

    @rule(who=st.integers(0, 2))
    def goes_away(self, who: int) -> None:
        """What was on its way to it is lost: it comes back with the last one that it took."""
        self.loop.run_until_complete(self._leave(self.watchers[who]))

    @rule()
    def falls_behind(self) -> None:
        """Fills every backlog, as if nobody had read for long."""
        for subscription in self.log._by_job.get(self.job_id, ()):
            while subscription._fault is None:
                subscription.push(News(Event(job_id=self.job_id, sequence=1)))

    @precondition(lambda self: self.written > self.purged)
    @rule(data=st.data())
    def is_purged(self, data: st.DataObject) -> None:
        upto = data.draw(st.integers(self.purged + 1, self.written))

        async def work(transaction: Transaction) -> None:
            old = (events.c.job_id == self.job_id, events.c.sequence <= upto)
            await transaction.connection.execute(delete(events).where(*old))

        self.loop.run_until_complete(self.store.transact(work))
        self.purged = upto

    @rule(who=st.integers(0, 2))
    def catches_up(self, who: int) -> None:
        """Whatever happened before, a watcher that reads to the end has seen all there is."""
        watcher = self.watchers[who]
        while watcher.seen != self.written:  # cut off, or out of range: it comes back as it was told
            self.connects(who)
            self.loop.run_until_complete(self._read(watcher, 1_000))
        assert watcher.seen == self.written


TestStreams = Streams.TestCase
TestStreams.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


async def test_an_answer_is_encoded_once_however_many_watch(tmp_path: Path) -> None:
    store, log, watching = await opened_in(tmp_path)
    job_id = await add_job(store)
    one_job = [watching.job(OWNER, WatchJobRequest(job_id=job_id, follow=True)) for _ in range(3)]
    all_jobs = [watching.jobs(OWNER, WatchJobsRequest(cursor=paging.encode("0"))) for _ in range(3)]
    for stream in one_job:
        await anext(stream)  # the snapshot
    later = [asyncio.ensure_future(anext(stream)) for stream in (*one_job, *all_jobs)]
    await eventually(lambda: len(log._by_owner.get(OWNER, ())) == len(all_jobs))
    await eventually(lambda: all(bell._waiters for bell in log._by_owner[OWNER]))
    event = Event(job_id=job_id, execution_changed=ExecutionChanged(number=1))
    await store.append(Append(job_id, OWNER, [event]))
    answers = await asyncio.gather(*later)
    assert len({id(answer) for answer in answers[:3]}) == 1
    assert len({id(answer) for answer in answers[3:]}) == 1
    for stream in (*one_job, *all_jobs):
        await stream.aclose()  # type: ignore[attr-defined]
    await store.close()


@dataclass(eq=False)
class Onlooker:
    """One who watches all jobs of an owner, and what it has seen."""

    owner: str
    with_steps: bool
    stream: AsyncIterator[bytes] | None = None
    cursor: str = ""
    place: int | None = None
    """How many of all events lie before where it goes on; None: it has no cursor yet."""


OWNERS = ("ann", "bob")


class AllStreams(RuleBasedStateMachine):
    """The same for all jobs of an owner, with jobs that end, are purged, and whose events are trimmed."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory(prefix="rm-")
        self.told: list[tuple[str, str, bool, int]] = []
        """(owner, job, whether of a step, sequence) of all events, in the order of their commits."""
        self.gone: set[str] = set()
        """Jobs whose events retention has taken."""
        self.jobs: dict[str, str] = {}
        """The owner of each job that goes on."""
        self.onlookers = [Onlooker(owner, steps) for owner in OWNERS for steps in (False, True)]
        self.loop.run_until_complete(self._open())

    async def _open(self) -> None:
        self.store, self.log, self.watching = await opened_in(Path(self.folder.name))

    def teardown(self) -> None:
        async def close() -> None:
            for onlooker in self.onlookers:
                await self._leave(onlooker)
            await self.store.close()

        self.loop.run_until_complete(close())
        self.loop.close()
        self.folder.cleanup()

    async def _leave(self, onlooker: Onlooker) -> None:
        if onlooker.stream is not None:
            await onlooker.stream.aclose()  # type: ignore[attr-defined]
        onlooker.stream = None

    def _next(self, onlooker: Onlooker) -> int | None:
        """The place of the next event that it has to see; None: there is none."""
        assert onlooker.place is not None
        for place in range(onlooker.place, len(self.told)):
            owner, job_id, of_step, _ = self.told[place]
            if owner == onlooker.owner and job_id not in self.gone and (onlooker.with_steps or not of_step):
                return place
        return None

    def _missed(self, onlooker: Onlooker) -> bool:
        """Whether retention has taken something that comes after what it has seen."""
        assert onlooker.place is not None
        return any(
            owner == onlooker.owner and job_id in self.gone
            for owner, job_id, _, _ in self.told[onlooker.place :]
        )

    async def _read(self, onlooker: Onlooker) -> None:
        """Reads to the end, or until it is sent away."""
        while onlooker.place is None or self._missed(onlooker) or self._next(onlooker) is not None:
            if onlooker.stream is None:
                request = WatchJobsRequest(cursor=onlooker.cursor, with_steps=onlooker.with_steps)
                onlooker.stream = self.watching.jobs(onlooker.owner, request)
                if onlooker.place is None:
                    await self._begin(onlooker)
                    continue
            try:
                answer = WatchJobsResponse.FromString(await anext(onlooker.stream))
            except OutOfRange:
                assert self._missed(onlooker)
                onlooker.stream, onlooker.place, onlooker.cursor = None, None, ""
                continue
            assert not self._missed(onlooker)
            place = self._next(onlooker)
            assert place is not None
            _, job_id, _, sequence = self.told[place]
            assert (answer.event.job_id, answer.event.sequence) == (job_id, sequence)
            onlooker.place, onlooker.cursor = place + 1, answer.cursor

    async def _begin(self, onlooker: Onlooker) -> None:
        """Without a cursor it sees what happens from now on; what has, must not come."""
        assert onlooker.stream is not None
        reading = asyncio.ensure_future(anext(onlooker.stream))
        begin = len(self.told)
        job_id = await self._add(onlooker.owner)
        while not reading.done():  # it may have begun to listen after the first of them
            await self._tell(job_id, of_step=False)
            await asyncio.sleep(0)
        answer = WatchJobsResponse.FromString(await reading)
        seen = (onlooker.owner, answer.event.job_id, False, answer.event.sequence)
        assert seen in self.told[begin:]
        onlooker.place, onlooker.cursor = self.told.index(seen) + 1, answer.cursor

    async def _add(self, owner: str) -> str:
        job_id = await add_job(self.store, owner)
        self.jobs[job_id] = owner
        return job_id

    async def _tell(self, job_id: str, *, of_step: bool) -> None:
        event = Event(job_id=job_id, execution_changed=ExecutionChanged())
        if of_step:
            event = Event(job_id=job_id, step_planned=StepPlanned(step="a"))
        owner = self.jobs[job_id]
        await self.store.append(Append(job_id, owner, [event]))
        self.told.append((owner, job_id, of_step, event.sequence))

    @rule(owner=st.sampled_from(OWNERS))
    def a_job_comes(self, owner: str) -> None:
        self.loop.run_until_complete(self._add(owner))

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), of_step=st.booleans())
    def something_happens(self, data: st.DataObject, of_step: bool) -> None:
        job_id = data.draw(st.sampled_from(sorted(self.jobs)))
        self.loop.run_until_complete(self._tell(job_id, of_step=of_step))

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), purged=st.booleans())
    def a_job_is_taken(self, data: st.DataObject, purged: bool) -> None:
        """It ends, and its time comes: it goes as a whole, or its events do."""
        job_id = data.draw(st.sampled_from(sorted(self.jobs)))
        owner = self.jobs.pop(job_id)

        async def work(transaction: Transaction) -> None:
            ended = update(jobs).where(jobs.c.id == job_id).values(state=5, end_time=1)
            await transaction.connection.execute(ended)
            if purged:
                assert await retention.purge(transaction, owner, job_id, Due(ended_before=2))
            else:
                await retention.trim(transaction.connection, 2)

        self.loop.run_until_complete(self.store.transact(work))
        if any(told[1] == job_id for told in self.told):
            self.gone.add(job_id)

    @rule(who=st.integers(0, 3))
    def reads(self, who: int) -> None:
        self.loop.run_until_complete(self._read(self.onlookers[who]))

    @rule(who=st.integers(0, 3))
    def goes_away(self, who: int) -> None:
        self.loop.run_until_complete(self._leave(self.onlookers[who]))


TestAllStreams = AllStreams.TestCase
TestAllStreams.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
