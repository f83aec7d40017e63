"""What happens, live: every committed event, and progress, fanned out to those who watch.

Nothing is kept here. A watcher reads what it missed from the store, and subscribes before it reads, so that
nothing falls between the two. A watcher that does not keep up is cut off rather than held in memory.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Sequence

from orchestrator.drive.frames import News
from reelmesh.orchestrator.v1.events_pb2 import Event
from servers.chassis.errors import Fault, NotFound, ResourceExhausted, Unavailable

BACKLOG_LIMIT = 4096
"""Most events that wait for one watcher. Of progress a quarter of it."""
PROGRESS_LIMIT = BACKLOG_LIMIT // 4
COME_BACK_SECONDS = 1.0


class Subscription:
    """One watcher's backlog."""

    def __init__(self, *, wants_progress: bool = True) -> None:
        self.wants_progress = wants_progress
        self._backlog: deque[News] = deque()
        self._news = asyncio.Event()
        self._fault: Fault | None = None

    def push(self, news: News) -> None:
        """Adds an event; one too many cuts the watcher off."""
        if self._fault is not None:
            return
        if news.event.HasField("step_progressed") and (
            not self.wants_progress or len(self._backlog) >= PROGRESS_LIMIT
        ):
            return
        if len(self._backlog) >= BACKLOG_LIMIT:
            self.end(
                ResourceExhausted(
                    "the watcher fell too far behind: watch again from the last sequence seen",
                    retry_after_seconds=COME_BACK_SECONDS,
                    reason="WATCHER_TOO_SLOW",
                )
            )
            return
        self._backlog.append(news)
        self._news.set()

    def end(self, fault: Fault) -> None:
        """Cuts the watcher off. What is in the backlog is dropped: it will read it from the store."""
        self._fault = self._fault or fault
        self._backlog.clear()
        self._news.set()

    @property
    def empty(self) -> bool:
        """Whether nothing waits for the watcher."""
        return not self._backlog and self._fault is None

    async def next(self, timeout_seconds: float) -> News | None:
        """The next event; None when there was none in time.

        Raises:
            Fault: the watcher was cut off.
        """
        if not self._backlog and self._fault is None:
            self._news.clear()
            try:
                async with asyncio.timeout(timeout_seconds):
                    await self._news.wait()
            except TimeoutError:
                return None
        if self._fault is not None:
            raise self._fault
        return self._backlog.popleft()


class LiveLog:
    """Those who watch."""

    def __init__(self) -> None:
        self._by_job: dict[str, set[Subscription]] = {}
        self._wanting: Counter[str] = Counter()  # by job: those who want progress
        self._by_owner: dict[str, set[asyncio.Event]] = {}
        self._heads: dict[str, int] = {}
        self.rings = 0
        """How often bells were rung."""
        self._closed = False

    def subscribe(self, job_id: str, *, wants_progress: bool = True) -> Subscription:
        """A backlog that gets the events of one job from now on. Give it back with `unsubscribe`."""
        subscription = Subscription(wants_progress=wants_progress)
        self._by_job.setdefault(job_id, set()).add(subscription)
        self._wanting[job_id] += wants_progress
        if self._closed:
            subscription.end(_stopping())
        return subscription

    def unsubscribe(self, job_id: str, subscription: Subscription) -> None:
        """Forgets a watcher."""
        watchers = self._by_job.get(job_id, set())
        if subscription in watchers:
            watchers.remove(subscription)
            self._wanting[job_id] -= subscription.wants_progress
        if not watchers:
            self._by_job.pop(job_id, None)
            self._wanting.pop(job_id, None)
            self._heads.pop(job_id, None)

    def bell(self, owner: str) -> asyncio.Event:
        """An event that is set whenever something of the owner's is committed. See `unbell`."""
        bell = asyncio.Event()
        self._by_owner.setdefault(owner, set()).add(bell)
        return bell

    def unbell(self, owner: str, bell: asyncio.Event) -> None:
        """Forgets a bell."""
        bells = self._by_owner.get(owner, set())
        bells.discard(bell)
        if not bells:
            self._by_owner.pop(owner, None)

    def committed(self, events: Sequence[tuple[str, Event]]) -> None:
        """Tells of (owner, event) that were committed, in order.

        Where replicas take turns in writing a job, some may be missing: a watcher reads those from the store.
        """
        for _, event in events:
            watchers = self._by_job.get(event.job_id)
            if watchers:
                self._heads[event.job_id] = max(event.sequence, self._heads.get(event.job_id, 0))
                news = News(event)
                for subscription in watchers:
                    subscription.push(news)
        for owner in {owner for owner, _ in events}:
            self.ring(owner)

    def ring(self, owner: str | None) -> None:
        """Rings the bells of an owner. None: of all."""
        self.rings += 1
        for bells in self._by_owner.values() if owner is None else (self._by_owner.get(owner, ()),):
            for bell in bells:
                bell.set()

    @property
    def jobs(self) -> list[str]:
        """The jobs that are watched."""
        return list(self._by_job)

    def head(self, job_id: str) -> int:
        """The latest sequence of a watched job that its watchers were told of; 0: none so far."""
        return self._heads.get(job_id, 0)

    def progressed(self, event: Event) -> None:
        """Tells of progress."""
        news = News(event)
        for subscription in self._by_job.get(event.job_id, ()):
            subscription.push(news)

    def watched(self, job_id: str) -> bool:
        """Whether anybody watches a job."""
        return job_id in self._by_job

    def wants_progress(self, job_id: str) -> bool:
        """Whether anybody who watches a job wants to see progress."""
        return bool(self._wanting.get(job_id))

    def deleted(self, job_id: str) -> None:
        """Sends the watchers of a job away that is no more."""
        for subscription in tuple(self._by_job.get(job_id, ())):
            subscription.end(NotFound("job", job_id, what="was deleted"))

    @property
    def closed(self) -> bool:
        """Whether the orchestrator is stopping."""
        return self._closed

    def close(self) -> None:
        """Sends every watcher away: it watches again elsewhere, or later."""
        self._closed = True
        for subscriptions in self._by_job.values():
            for subscription in subscriptions:
                subscription.end(_stopping())
        for bells in self._by_owner.values():
            for bell in bells:
                bell.set()


def _stopping() -> Unavailable:
    return Unavailable("the orchestrator is stopping: watch again from the last sequence seen")


async def rung(bell: asyncio.Event, timeout_seconds: float) -> bool:
    """Waits for a bell, for a time. Whether it was rung."""
    try:
        async with asyncio.timeout(timeout_seconds):
            await bell.wait()
    except TimeoutError:
        return False
    return True
