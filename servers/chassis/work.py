"""Work: slow work that outlives its callers, is joined by request id, queued, and never lost sight of.

A piece of work runs in a task of its own. A caller joins it and sees its current progress first; a second
caller with the same (owner, method, request_id) sees the same work. When the last caller has left, the work
lingers for a while and is then cancelled. Finished results, and failures that a repetition would only
repeat, are kept for those who come back, bounded in bytes and time.
"""

from __future__ import annotations

import asyncio
import collections
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from google.protobuf.message import Message

from reelmesh.common.v1.progress_pb2 import Progress
from servers.chassis.context import CallContext
from servers.chassis.errors import (
    UNCONFIRMED,
    AlreadyExists,
    Cancelled,
    Fault,
    ResourceExhausted,
    Unavailable,
)

MIN_GAP_SECONDS = 0.1
"""At most ten reports a second reach a caller."""
MAX_SILENCE_SECONDS = 8.0
"""A report is repeated before ten seconds of silence are over."""


class WorkKey(NamedTuple):
    """What identifies a piece of work."""

    owner: str
    method: str
    """Full name of the RPC, "package.Service/Method"."""
    request_id: str


Run = Callable[["Work"], Awaitable[Message]]
"""Does the work: reports through `Work.report`, returns the result message."""


@dataclass(frozen=True)
class Limits:
    """Bounds of one server's work. Units as in `servers.chassis.settings.WorkSettings`."""

    capacity: int = 1
    queue: int = 256
    linger_seconds: float = 30.0
    keep_results_seconds: float = 3600.0
    keep_results_bytes: int = 64 * 2**20


@dataclass(eq=False)
class Work:
    """One piece of running or queued work."""

    key: WorkKey
    fingerprint: bytes
    context: CallContext
    joinable: bool
    accept_time: float = field(default_factory=time.time)
    start_time: float | None = None
    progress: Progress = field(default_factory=lambda: Progress(stage="accepted"))
    listeners: int = 0
    outcome: Message | Fault | None = None
    task: asyncio.Task[None] | None = None
    linger: asyncio.TimerHandle | None = None
    stopped_by: Fault | None = None
    unwanted: bool = False
    """A caller has said so, with CancelWork. False while callers merely left, or the server stops."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def report(self, progress: Progress) -> None:
        """Takes a report of the engine's. The fraction never falls."""
        progress.fraction = min(1.0, max(progress.fraction, self.progress.fraction, 0.0))
        progress.stage = progress.stage or self.progress.stage
        self.progress = progress
        self.wake()

    def wake(self) -> None:
        """Tells every listener that something is new."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def changed(self, timeout: float) -> None:
        """Waits until something is new, or the time is over."""
        event = self._changed
        try:
            async with asyncio.timeout(timeout):
                await event.wait()
        except TimeoutError:
            return


@dataclass(frozen=True)
class _Kept:
    fingerprint: bytes
    outcome: Message | Fault
    size_bytes: int
    expire_time: float


class WorkTable:
    """All work of one server."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._work: dict[WorkKey, Work] = {}
        self._waiting: collections.deque[tuple[Work, asyncio.Future[None]]] = collections.deque()
        self._running = 0
        self._kept: collections.OrderedDict[WorkKey, _Kept] = collections.OrderedDict()
        self._kept_bytes = 0
        self._draining = False

    @property
    def running(self) -> int:
        """How many pieces hold a slot."""
        return self._running

    @property
    def queued(self) -> int:
        """How many wait for one."""
        return len(self._waiting)

    def find(self, owner: str, request_id: str, method: str = "") -> list[Work]:
        """The owner's unfinished work of that id, in one method or in all."""
        return [
            work
            for key, work in self._work.items()
            if key.owner == owner and key.request_id == request_id and method in ("", key.method)
        ]

    def listed(self, owner: str) -> list[Work]:
        """The owner's unfinished work, running first, then by age."""
        mine = (work for key, work in self._work.items() if key.owner == owner)
        return sorted(mine, key=lambda work: (work.start_time is None, work.accept_time))

    async def join(
        self, key: WorkKey, fingerprint: bytes, context: CallContext, run: Run, *, joinable: bool = True
    ) -> AsyncGenerator[Message]:
        """The work's progress from now on, and its result, last. Starts the work where there is none.

        Raises:
            AlreadyExists: the id belongs to another request.
            ResourceExhausted: the queue is full.
            Unavailable: the server is stopping.
            Fault: whatever ended the work.
        """
        kept = self._recall(key)
        if kept is not None:
            _same_request(key, kept.fingerprint, fingerprint)
            if isinstance(kept.outcome, Fault):
                raise kept.outcome
            yield kept.outcome
            return
        work = self._work.get(key)
        if work is not None:
            _same_request(key, work.fingerprint, fingerprint)
        else:
            work = self._accept(Work(key, fingerprint, context, joinable), run)
        self._enter(work)
        try:
            async for report in _listen(work):
                yield report
        finally:
            self._leave(work)

    def cancel(self, work: Work, fault: Fault | None = None) -> None:
        """Ends a piece of work; its callers get `fault`. Without one, a caller has asked for it."""
        work.unwanted = work.unwanted or fault is None
        work.stopped_by = work.stopped_by or fault or Cancelled("the work was cancelled")
        if work.task is not None:
            work.task.cancel()

    async def drain(self, grace_seconds: float) -> None:
        """Takes no new work, lets what there is finish, and ends the rest with UNAVAILABLE."""
        self._draining = True
        tasks = [work.task for work in self._work.values() if work.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=grace_seconds)
        for work in list(self._work.values()):
            self.cancel(work, Unavailable("the server is stopping; call again with the same request_id"))
        if tasks:
            await asyncio.wait(tasks)

    def _accept(self, work: Work, run: Run) -> Work:
        if self._draining:
            raise Unavailable("the server is stopping; call again with the same request_id")
        if self._running >= self.limits.capacity and len(self._waiting) >= self.limits.queue:
            raise ResourceExhausted(
                f"{self._running} pieces of work run and {len(self._waiting)} wait; no more are taken",
                retry_after_seconds=5,
                reason="QUEUE_FULL",
            )
        self._work[work.key] = work
        work.task = asyncio.create_task(self._do(work, run))
        return work

    async def _do(self, work: Work, run: Run) -> None:
        holds_slot = False
        try:
            await self._take_slot(work)
            holds_slot = True
            work.start_time = time.time()
            work.outcome = await run(work)
        except Fault as fault:
            work.outcome = work.stopped_by or fault
        except asyncio.CancelledError:
            work.outcome = work.stopped_by or Cancelled("the work was cancelled")
        finally:
            if holds_slot:
                self._give_slot()
            if work.linger is not None:
                work.linger.cancel()
            del self._work[work.key]
            self._keep(work)
            work.wake()

    async def _take_slot(self, work: Work) -> None:
        if self._running < self.limits.capacity and not self._waiting:
            self._running += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (work, turn)
        self._waiting.append(entry)
        self._tell_positions()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_slot()
            else:
                self._waiting.remove(entry)
                self._tell_positions()
            raise

    def _give_slot(self) -> None:
        self._running -= 1
        self.admit()

    def admit(self) -> None:
        """Gives free slots to those who wait. Call it after the capacity was raised."""
        while self._waiting and self._running < self.limits.capacity:
            work, turn = self._waiting.popleft()
            if turn.cancelled():
                continue
            self._running += 1
            work.report(Progress(stage="starting"))
            turn.set_result(None)
        self._tell_positions()

    def _tell_positions(self) -> None:
        for position, (work, _) in enumerate(self._waiting):
            work.report(Progress(stage="queued", queue_position=position))

    def _enter(self, work: Work) -> None:
        work.listeners += 1
        if work.linger is not None:
            work.linger.cancel()
            work.linger = None

    def _leave(self, work: Work) -> None:
        work.listeners -= 1
        if work.listeners or work.outcome is not None:
            return
        # Work without an id can not be found again: nobody could ever get its result.
        seconds = self.limits.linger_seconds if work.joinable else 0.0
        work.linger = asyncio.get_running_loop().call_later(
            seconds, self.cancel, work, Cancelled("every caller left")
        )

    def _keep(self, work: Work) -> None:
        outcome = work.outcome
        definite = isinstance(outcome, Message) or (
            isinstance(outcome, Fault)
            and not outcome.retryable
            and not isinstance(outcome, Cancelled)
            # Nobody knows yet: who asks again wants it looked up again.
            and outcome.reason != UNCONFIRMED
        )
        if not work.joinable or not definite or outcome is None:
            return
        size = outcome.ByteSize() if isinstance(outcome, Message) else 1024
        if size > self.limits.keep_results_bytes:
            return
        expire_time = time.monotonic() + self.limits.keep_results_seconds
        self._kept[work.key] = _Kept(work.fingerprint, outcome, size, expire_time)
        self._kept_bytes += size
        while self._kept_bytes > self.limits.keep_results_bytes:
            self._kept_bytes -= self._kept.popitem(last=False)[1].size_bytes

    def _recall(self, key: WorkKey) -> _Kept | None:
        now = time.monotonic()
        while self._kept and next(iter(self._kept.values())).expire_time <= now:
            self._kept_bytes -= self._kept.popitem(last=False)[1].size_bytes
        return self._kept.get(key)


def _same_request(key: WorkKey, known: bytes, given: bytes) -> None:
    if known != given:
        raise AlreadyExists(f"request_id: {key.request_id} was used with another request; choose a new one")


async def _listen(work: Work) -> AsyncGenerator[Message]:
    """Progress, thinned but never silent for long, then the outcome."""
    sent: Progress | None = None
    while work.outcome is None:
        latest = work.progress
        if latest is not sent:
            sent = latest
            yield latest
            pause = asyncio.get_running_loop().time() + MIN_GAP_SECONDS
            while work.outcome is None and (left := pause - asyncio.get_running_loop().time()) > 0:
                await work.changed(left)
        else:
            await work.changed(MAX_SILENCE_SECONDS)
            sent = None if work.progress is sent else sent
    if isinstance(work.outcome, Fault):
        raise work.outcome
    yield work.outcome
