"""How many calls run at once: in all, and of each server.

Who waits is served by priority (9 first), then by the age of the job, then in the order of asking. A call
waits for its own server only: a full server holds back nobody who wants another one.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, order=True)
class Turn:
    """Who comes first. Smaller is earlier."""

    rank: int
    """9 less the priority."""
    age: str
    """The job's id: ids sort by the time they were made."""
    ticket: int


@dataclass
class _Gate:
    """The door of one server."""

    limit: int
    running: int = 0
    closed_until: float = 0.0
    opening: asyncio.TimerHandle | None = None
    waiting: list[tuple[Turn, asyncio.Future[None]]] = field(default_factory=list)


@dataclass(frozen=True)
class Load:
    """How full a server's limit is."""

    limit: int
    running: int
    waiting: int
    closed: bool


class Limiter:
    """Slots for calls."""

    def __init__(self, limits: Mapping[str, int], overall: int) -> None:
        """`limits` by the server's name; a server that is not named has the overall limit."""
        self._overall = overall
        self._running = 0
        self._gates = {server: _Gate(limit) for server, limit in limits.items()}
        self._tickets = itertools.count()

    @asynccontextmanager
    async def slot(self, server: str, *, priority: int = 5, age: str = "") -> AsyncIterator[None]:
        """A slot for one call, from when one is free to the end of the block."""
        gate = self._gate(server)
        await self._enter(gate, Turn(9 - priority, age, next(self._tickets)))
        try:
            yield
        finally:
            gate.running -= 1
            self._running -= 1
            self._admit()

    def close_for(self, server: str, seconds: float) -> None:
        """Lets no further call through to a server for a while: it said that it is full."""
        loop = asyncio.get_running_loop()
        gate = self._gate(server)
        until = loop.time() + seconds
        if until <= gate.closed_until:
            return
        gate.closed_until = until
        if gate.opening is not None:
            gate.opening.cancel()
        gate.opening = loop.call_at(until, self._open, gate)

    def change(self, limits: Mapping[str, int], overall: int) -> None:
        """Sets other limits. Calls under way go on; a lower limit holds for those after them."""
        self._overall = overall
        for server, gate in self._gates.items():
            gate.limit = limits.get(server, overall)
        for server in limits:
            self._gates.setdefault(server, _Gate(limits[server]))
        self._admit()

    def reprioritize(self, age: str, priority: int) -> None:
        """Gives the calls of one job that wait a new priority."""
        for gate in self._gates.values():
            gate.waiting = [
                (replace(turn, rank=9 - priority) if turn.age == age else turn, future)
                for turn, future in gate.waiting
            ]
            heapq.heapify(gate.waiting)

    def load(self) -> dict[str, Load]:
        """How full the limits are, by server."""
        return {
            server: Load(gate.limit, gate.running, len(gate.waiting), gate.opening is not None)
            for server, gate in self._gates.items()
        }

    def close(self) -> None:
        """Ends the timers."""
        for gate in self._gates.values():
            if gate.opening is not None:
                gate.opening.cancel()

    def _gate(self, server: str) -> _Gate:
        return self._gates.setdefault(server, _Gate(self._overall))

    async def _enter(self, gate: _Gate, turn: Turn) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(gate.waiting, (turn, future))
        self._admit()
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():  # let in and cancelled at the same moment
                gate.running -= 1
                self._running -= 1
            else:
                gate.waiting = [entry for entry in gate.waiting if entry[1] is not future]
                heapq.heapify(gate.waiting)
            self._admit()
            raise

    def _open(self, gate: _Gate) -> None:
        gate.opening = None
        self._admit()

    def _admit(self) -> None:
        """Lets in whoever can go, the earliest turn first."""
        while self._running < self._overall:
            free = [
                gate
                for gate in self._gates.values()
                if gate.waiting and gate.running < gate.limit and gate.opening is None
            ]
            if not free:
                return
            gate = min(free, key=lambda gate: gate.waiting[0][0])
            _, future = heapq.heappop(gate.waiting)
            if future.cancelled():
                continue
            gate.running += 1
            self._running += 1
            future.set_result(None)
