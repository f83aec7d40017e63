"""Calls under way, shared by all who want their result: two steps that ask for the same make one call.

Whoever wants a call that nobody makes flies it, in its own task; others join. Whoever flies or joined may
leave, and the flight goes on as long as somebody wants it: a task whose flight others want is left to them.
The outcome goes to all; one of them, the first to have joined that is still there, answers for it: it records
what the call cost and what is to be remembered. A flight keeps its name until that is on disk, so that nobody
makes the call again meanwhile. What other replicas call, `orchestrator.store.claims` knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from google.protobuf.message import Message
from google.rpc import code_pb2
from google.rpc.status_pb2 import Status

from orchestrator.drive.mesh import CallFailed
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
    task: asyncio.Task[None] | None
    """In which it is made."""
    called: bool = False
    """Whether a server may have its work."""
    outcome: Outcome | None = None
    """What it gave."""
    wanted_by: list[object] = field(default_factory=list)
    reports: dict[object, Callable[[Progress], None]] = field(default_factory=dict)
    landed: asyncio.Future[Outcome] | None = None
    """For those who joined it."""

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
        who: object,
        report: Callable[[Progress], None],
    ) -> Flight:
        """Begins a flight that `who` flies in the current task. `name` is None where its result can not be
        shared."""
        flight = Flight(request_id, name, asyncio.current_task(), wanted_by=[who], reports={who: report})
        self._by_request[request_id] = flight
        if name is not None:
            self._by_name[name] = flight
        return flight

    async def fly(self, flight: Flight, call: Awaitable[Outcome]) -> Outcome:
        """Makes the call.

        Raises:
            CallFailed: it failed.
        """
        try:
            flight.outcome = await call
        except BaseException as fault:
            self.forget(flight)
            if flight.landed is not None and not flight.landed.done():
                flight.landed.set_exception(fault if isinstance(fault, Exception) else _given_up())
                flight.landed.exception()  # perhaps everybody who could hear of it has left
            raise
        if flight.landed is not None and not flight.landed.done():
            flight.landed.set_result(flight.outcome)
        return flight.outcome

    async def join(self, flight: Flight, who: object, report: Callable[[Progress], None]) -> Outcome:
        """Waits for the outcome of a flight that another one flies. Whoever is cancelled here leaves it.

        Raises:
            CallFailed: the call failed.
        """
        flight.wanted_by.append(who)
        if flight.outcome is not None:
            return flight.outcome
        flight.reports[who] = report
        if flight.landed is None:
            flight.landed = asyncio.get_running_loop().create_future()
        try:
            return await asyncio.shield(flight.landed)
        except asyncio.CancelledError:
            self._leave(flight, who)
            raise

    def leave_to_others(self, flight: Flight, who: object) -> bool:
        """Lets go who flies it. False: nobody else wants the flight, so its task is to be cancelled."""
        if flight.outcome is not None or flight.wanted_by == [who] or who not in flight.wanted_by:
            return False
        self._leave(flight, who)
        return True

    def _leave(self, flight: Flight, who: object) -> None:
        flight.wanted_by.remove(who)
        flight.reports.pop(who, None)
        if not flight.wanted_by or flight.outcome is not None:
            self.forget(flight)  # nobody is to board it any more
        if not flight.wanted_by and flight.task is not None:
            flight.task.cancel()

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


def _given_up() -> CallFailed:
    return CallFailed(Status(code=code_pb2.CANCELLED, message="who made the call has left"))
