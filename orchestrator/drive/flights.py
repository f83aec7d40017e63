"""Calls under way, shared by all who want their result: two steps that ask for the same make one call.

A flight belongs to nobody: whoever joined it may leave, and it goes on as long as somebody wants it. Its
outcome goes to all; one of them, the first to have joined that is still there, answers for it: it records
what the call cost and what is to be remembered. A flight keeps its name until that is on disk, so that nobody
makes the call again meanwhile. What other replicas call, `orchestrator.store.claims` knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from google.protobuf.message import Message

from reelmesh.common.v1.progress_pb2 import Progress


@dataclass(frozen=True)
class Outcome:
    """What a call gave."""

    result: Message
    seconds: float = 0.0
    """How long it took."""
    remembered: bool = False
    """Nothing was called: an earlier result stands for it."""


@dataclass(eq=False)
class Flight:
    """One call, from when it waits for a slot."""

    request_id: str
    """That of its call: the first one's who wanted it, or that under which another replica began it."""
    name: tuple[str, bytes] | None
    """(owner, digest) under which others find it; None: nobody can."""
    called: bool = False
    """Whether a server may have its work."""
    task: asyncio.Task[Outcome] = field(init=False)
    wanted_by: list[object] = field(default_factory=list)
    reports: dict[object, Callable[[Progress], None]] = field(default_factory=dict)

    def report(self, progress: Progress) -> None:
        """Tells all who wait how far it is."""
        for report in list(self.reports.values()):
            report(progress)

    def is_answered_by(self, who: object) -> bool:
        """Whether it is this one who records the outcome."""
        return bool(self.wanted_by) and self.wanted_by[0] is who


class Flights:
    """The calls under way."""

    def __init__(self) -> None:
        self._by_name: dict[tuple[str, bytes], Flight] = {}
        self._by_request: dict[str, Flight] = {}

    def find(self, name: tuple[str, bytes] | None) -> Flight | None:
        """The flight that gives the result of this name."""
        return self._by_name.get(name) if name is not None else None

    def begin(
        self,
        request_id: str,
        name: tuple[str, bytes] | None,
        call: Callable[[Flight], Awaitable[Outcome]],
    ) -> Flight:
        """Begins a call. `name` is None where its result can not be shared."""
        flight = Flight(request_id, name)

        async def fly() -> Outcome:
            try:
                return await call(flight)
            except BaseException:
                self.forget(flight)
                raise

        flight.task = asyncio.create_task(fly(), name=f"call {request_id}")
        flight.task.add_done_callback(_heard)
        self._by_request[request_id] = flight
        if name is not None:
            self._by_name[name] = flight
        return flight

    async def outcome(self, flight: Flight, who: object, report: Callable[[Progress], None]) -> Outcome:
        """Waits for a flight's outcome. Whoever is cancelled here leaves it; the last to leave ends it.

        Raises:
            CallFailed: the call failed.
        """
        flight.wanted_by.append(who)
        flight.reports[who] = report
        try:
            return await asyncio.shield(flight.task)
        except asyncio.CancelledError:
            flight.wanted_by.remove(who)
            if not flight.wanted_by or flight.task.done():
                self.forget(flight)  # nobody is to board it any more
                flight.task.cancel()
            raise
        finally:
            flight.reports.pop(who, None)

    def rename(self, flight: Flight, request_id: str) -> None:
        """The call is made under another request_id."""
        if self._by_request.get(flight.request_id) is flight:
            del self._by_request[flight.request_id]
        flight.request_id = request_id
        self._by_request[request_id] = flight

    def wanted(self, request_id: str) -> bool:
        """Whether somebody still wants the work of a request."""
        flight = self._by_request.get(request_id)
        return flight is not None and bool(flight.wanted_by)

    def forget(self, flight: Flight) -> None:
        """Takes its name off a flight: what it gave is on disk, or never will be."""
        if flight.name is not None and self._by_name.get(flight.name) is flight:
            del self._by_name[flight.name]
        if self._by_request.get(flight.request_id) is flight:
            del self._by_request[flight.request_id]


def _heard(task: asyncio.Task[Outcome]) -> None:
    """Takes notice of a failure that everybody who could hear of it had left."""
    if not task.cancelled():
        task.exception()
