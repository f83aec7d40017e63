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
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from orchestrator.pure.fairness import FOREVER, Ask, Limit, Scheduler, Usage, Want, limits_of

OVERALL = "overall"
DEFAULT_WEIGHT = 1.0
MARGIN = 0.8
"""Share of a lease's time after which a replica that could not renew it begins no more calls."""


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
            self._part,
            lambda owner: self._weights.get(owner, self._weights.get("*", DEFAULT_WEIGHT)),
        )
        self._turns: dict[Ask, asyncio.Future[None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._limits, self._weights = dict(limits or {}), dict(weights or {})
        self._targets: dict[str, int] | None = None
        self._until = self._trusted = FOREVER
        self.unknown = False
        """Whether a call waits of whose limit no part was taken yet, where limits are shared."""
        self.on_change: Callable[[], None] = lambda: None
        """Called when a call waits or has ended, where limits are shared."""

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
        names = [service(server)]
        if engine:
            names.append(engine_of(server, engine))
        if key:
            names.append(f"key/{key}")
        names += [f"owner/{owner}", OVERALL]
        ask = Ask(owner, tuple(names), priority, age)
        await self._enter(ask)
        try:
            yield
        finally:
            self._scheduler.remove(ask, _now())
            self._admit()
            if self._targets is not None:
                self.on_change()

    def close_for(self, name: str, seconds: float) -> None:
        """Lets no further call through under a name for a while: the server said that it is full."""
        self._scheduler.close_until(name, _now() + seconds)
        self._admit()

    def change(self, limits: Mapping[str, Limit], weights: Mapping[str, float] | None = None) -> None:
        """Sets other limits. Calls under way go on; a lower limit holds for those after them."""
        self._limits, self._weights = dict(limits), dict(weights or {})
        self._scheduler.change(_now())
        self._admit()

    def share(self, targets: Mapping[str, int], tokens: Mapping[str, int], seconds: float) -> None:
        """Takes this replica's part of limits that others share.

        `targets`: calls at once by name, 0 where there is none. `tokens`: calls that may begin now, of limits
        per second. After `seconds` without more of it, no call begins: others may have taken the parts then.
        """
        self._targets, self._until, self.unknown = dict(targets), _now() + seconds, False
        self._scheduler.change(_now())
        for name, number in tokens.items():
            self._scheduler.grant(name, number)
        self._admit()
        for name in tokens:
            self._scheduler.grant(name, 0)

    def trust(self, until: float) -> None:
        """Begins calls until a time, by the loop's clock: so long it is known which jobs are its own."""
        self._trusted = until
        self._admit()

    def wants(self) -> dict[str, Want]:
        """What waits, by the names of limits."""
        return self._scheduler.wants(_now())

    @property
    def has_rates(self) -> bool:
        """Whether there is any limit per second."""
        return any(limit.per_second is not None for limit in self._limits.values())

    def limit(self, name: str) -> Limit:
        """A limit as it holds for all replicas together."""
        return limits_of(self._limits)(name)

    def _part(self, name: str) -> Limit:
        """This replica's part of a limit."""
        limit = self.limit(name)
        if self._targets is None:
            return limit
        at_once = limit.at_once and self._targets.get(name, 0)
        self.unknown |= limit.at_once is not None and name not in self._targets
        return replace(limit, at_once=at_once, drawn=limit.per_second is not None)

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
        now = _now()
        if now < min(self._until, self._trusted) and self._scheduler.go(ask, now):
            return
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
        for ask in self._scheduler.admit(now) if now < min(self._until, self._trusted) else ():
            turn = self._turns.pop(ask)
            if not turn.done():
                turn.set_result(None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._turns and (due := self._scheduler.due(now)) is not None:
            self._timer = asyncio.get_running_loop().call_at(due, self._admit)
        if self._turns and self._targets is not None:
            self.on_change()


def _now() -> float:
    return asyncio.get_running_loop().time()
