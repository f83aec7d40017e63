"""Slots for calls: whoever wants to make one waits here until its turn has come and no limit holds it back.

Who that is, `orchestrator.pure.fairness` decides; here are the clock and the waiting. What a call counts
against goes by names, which are those of the contract's limits:

    overall                 every call
    service/tts             those to one service: its pool
    engine/tts/espeak       those to one engine or provider of a service
    owner/ann               those of one owner's jobs
    key/nightly             those of the jobs that were submitted with one key

"owner/*" is for every owner that has no limit of its own, and so with every kind.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from orchestrator.pure.fairness import Ask, Limit, Scheduler, Usage, limits_of

OVERALL = "overall"
DEFAULT_WEIGHT = 1.0


def service(server: str) -> str:
    """Name of a service's limit."""
    return f"service/{server}"


def engine_of(server: str, engine: str) -> str:
    """Name of the limit of one engine of a service."""
    return f"engine/{server}/{engine}"


class Limiter:
    """Slots for calls."""

    def __init__(
        self, limits: Mapping[str, Limit] | None = None, weights: Mapping[str, float] | None = None
    ) -> None:
        """`limits` by name, `weights` by owner (1 where none is given)."""
        self._limits: Mapping[str, Limit] = {}
        self._weights: Mapping[str, float] = {}
        self._scheduler = Scheduler(
            lambda name: limits_of(self._limits)(name),
            lambda owner: self._weights.get(owner, self._weights.get("*", DEFAULT_WEIGHT)),
        )
        self._turns: dict[Ask, asyncio.Future[None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._limits, self._weights = dict(limits or {}), dict(weights or {})

    @asynccontextmanager
    async def slot(
        self,
        server: str,
        *,
        engine: str = "",
        owner: str = "",
        key: str = "",
        priority: int = 5,
        age: str = "",
    ) -> AsyncIterator[None]:
        """A slot for one call, from when one is free to the end of the block."""
        names = [service(server), OVERALL, f"owner/{owner}"]
        if engine:
            names.append(engine_of(server, engine))
        if key:
            names.append(f"key/{key}")
        ask = Ask(owner, tuple(names), priority, age)
        await self._enter(ask)
        try:
            yield
        finally:
            self._scheduler.remove(ask, _now())
            self._admit()

    def close_for(self, name: str, seconds: float) -> None:
        """Lets no further call through under a name for a while: the server said that it is full."""
        self._scheduler.close_until(name, _now() + seconds)
        self._admit()

    def change(self, limits: Mapping[str, Limit], weights: Mapping[str, float] | None = None) -> None:
        """Sets other limits. Calls under way go on; a lower limit holds for those after them."""
        self._limits, self._weights = dict(limits), dict(weights or {})
        self._scheduler.change(_now())
        self._admit()

    def reprioritize(self, age: str, priority: int) -> None:
        """Gives the calls of one job that wait a new priority."""
        self._scheduler.reprioritize(age, priority)

    def usage(self) -> dict[str, Usage]:
        """What goes on under every name; times are those of the loop's clock."""
        return self._scheduler.usage()

    def close(self) -> None:
        """Ends the timer."""
        if self._timer is not None:
            self._timer.cancel()

    async def _enter(self, ask: Ask) -> None:
        self._scheduler.add(ask)
        turn = self._turns[ask] = asyncio.get_running_loop().create_future()
        self._admit()
        try:
            if not turn.done():
                await turn
        except asyncio.CancelledError:
            self._turns.pop(ask, None)
            self._scheduler.remove(ask, _now())
            self._admit()
            raise

    def _admit(self) -> None:
        """Lets in whoever can go, and looks again when time alone lets another one in."""
        if not self._turns:
            return
        now = _now()
        for ask in self._scheduler.admit(now):
            turn = self._turns.pop(ask)
            if not turn.done():
                turn.set_result(None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._turns and (due := self._scheduler.due(now)) is not None:
            self._timer = asyncio.get_running_loop().call_at(due, self._admit)


def _now() -> float:
    return asyncio.get_running_loop().time()
