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
from sqlalchemy import delete
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
from orchestrator.store.appending import Append, Transaction
from orchestrator.store.schema import events
from orchestrator.store.store import Store
from reelmesh.orchestrator.v1.events_pb2 import Event, ExecutionChanged
from reelmesh.orchestrator.v1.job_service_pb2 import WatchJobRequest, WatchJobResponse
from servers.chassis.errors import OutOfRange, ResourceExhausted
from servers.chassis.settings import MeshSettings
from tests.unit.orchestrator.test_store import add_job

OWNER = "ann"


@dataclass(eq=False)
class Watcher:
    """One who watches, and what it has seen."""

    stream: AsyncIterator[bytes] | None = None
    reading: asyncio.Task[bytes] | None = None
    seen: int | None = None
    """The last sequence it knows of; None: it has no cursor yet."""


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
        self.store = await Store.open(URL.create("sqlite", database=str(Path(self.folder.name) / "jobs.db")))
        self.log = LiveLog()
        self.store.on_events = self.log.committed
        limiter = Limiter()
        mesh = Mesh({}, MeshSettings(home=Path(self.folder.name)), Patience())
        rules = replace(Rules(), idle_seconds=3600.0)
        limits = Limits(self.store, limiter)
        world = World(self.store, mesh, limiter, self.log, Usual(), rules, limits)
        self.watching = Watching(world, Driver(world))
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
