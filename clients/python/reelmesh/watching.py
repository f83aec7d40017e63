"""Watching one job through any number of broken connections: nothing missed, nothing seen twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import grpc

from reelmesh import errors
from reelmesh.orchestrator.v1.events_pb2 import Event
from reelmesh.orchestrator.v1.job_service_pb2 import WatchJobRequest
from reelmesh.orchestrator.v1.job_service_pb2_grpc import JobServiceStub

FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 5.0
DOUBTFUL_ATTEMPTS = 5
"""How often in a row a stream may break with a status that says nothing definite."""
FIRST_ATTEMPTS = 8
"""How often the first connection is tried before the mesh counts as away."""

OnLost = Callable[[errors.ReelmeshError], None]
"""Told each time the connection is lost; the watch then goes on by itself."""

# Of no use to a watcher but to try again, however long it takes.
_AWAY = (errors.Unavailable, errors.ResourceExhausted, errors.Aborted, errors.DeadlineExceeded)
# As gRPC reports a server that was killed in the middle of a stream, but also a server's own fault.
_DOUBTFUL = (errors.Cancelled, errors.Internal)


@dataclass(frozen=True)
class Watch:
    """What is watched."""

    job_id: str
    after: int | None = None
    """Last sequence seen. None: begin with a snapshot."""
    follow: bool = False
    """Whether to go on after the job's end, for its next run."""
    progress: bool = True
    """Whether fine progress is wanted."""


@dataclass(frozen=True)
class WatchStub:
    """What a connection is made with."""

    stub: JobServiceStub
    metadata: tuple[tuple[str, str], ...] = ()


async def events(stub: Callable[[], WatchStub], watch: Watch, on_lost: OnLost) -> AsyncIterator[Event]:
    """The job's events; a snapshot in parts is given as one. `stub` is asked anew for each connection.

    Raises:
        ReelmeshError: a definite answer, such as NotFound; or the mesh can not be reached at the beginning.
    """
    stream = _Stream(watch)
    while True:
        try:
            made = stub()
            async for response in made.stub.WatchJob(stream.request(), metadata=made.metadata):
                event = stream.take(response.event)
                if event is not None:
                    yield event
            return
        except grpc.aio.AioRpcError as error:
            delay = stream.broke(errors.from_call(error, "the orchestrator"), on_lost)
        await asyncio.sleep(delay)


class _Stream:
    """Where a watch stands, over all its connections."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._last = watch.after
        self._parts: Event | None = None
        self._broken = 0
        self._connected = False

    def request(self) -> WatchJobRequest:
        """The request that goes on where the last connection ended."""
        self._parts = None
        return WatchJobRequest(
            job_id=self._watch.job_id,
            after_sequence=self._last,
            follow=self._watch.follow,
            without_progress=not self._watch.progress,
        )

    def take(self, event: Event) -> Event | None:
        """Notes an event; None when it is nothing to show."""
        self._broken, self._connected = 0, True
        kind = event.WhichOneof("event")
        if kind == "snapshot":
            return self._gather(event)
        if kind == "idle":
            return None
        if kind == "step_progressed":
            return event
        if self._last is not None and event.sequence <= self._last:
            return None
        self._last = event.sequence
        return event

    def _gather(self, event: Event) -> Event | None:
        if self._parts is None:
            self._parts = event
        else:
            self._parts.snapshot.job.execution.steps.extend(event.snapshot.job.execution.steps)
        if not event.snapshot.complete:
            return None
        whole, self._parts = self._parts, None
        whole.snapshot.complete = True
        self._last = event.sequence
        return whole

    def broke(self, error: errors.ReelmeshError, on_lost: OnLost) -> float:
        """Decides about a broken connection: raises the error, or gives the seconds to wait."""
        self._broken += 1
        if isinstance(error, errors.OutOfRange) and self._connected:
            self._last = None  # the log was cut while we were away: begin again with a snapshot
        elif isinstance(error, _AWAY):
            if not self._connected and self._broken >= FIRST_ATTEMPTS:
                raise error
        elif not _may_pass(error) or self._broken >= DOUBTFUL_ATTEMPTS:
            raise error
        on_lost(error)
        bound = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2.0 ** min(self._broken, 10))
        return max(error.retry_after or 0.0, random.uniform(bound / 2, bound))


def _may_pass(error: errors.ReelmeshError) -> bool:
    return isinstance(error, _DOUBTFUL) or (type(error) is errors.ReelmeshError and error.status is None)
