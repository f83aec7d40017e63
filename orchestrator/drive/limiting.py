"""The limits that hold: those set in the database over those of the settings, the same for every replica.

Numbers hold for all replicas together: see `sharing`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy import delete, insert

from orchestrator.drive.limits import Limiter
from orchestrator.drive.log import rung
from orchestrator.drive.sharing import Sharing
from orchestrator.pure.fairness import NONE, Limit, Usage, limits_of
from orchestrator.store import queries
from orchestrator.store.appending import Transaction
from orchestrator.store.rows import LimitRow, now
from orchestrator.store.schema import limits as table
from orchestrator.store.store import Store
from servers.chassis.errors import Unavailable

POLL_SECONDS = 1.0
"""Time between two looks for limits that another replica was told of, and no notice told this one."""
ANY = "*"
"""In a notice: limits were set."""
_OWNER = "owner/"
_log = structlog.get_logger("reelmesh.limits")


@dataclass(frozen=True)
class Holding:
    """A limit as it holds, and what goes on under it here."""

    name: str
    limit: Limit
    weight: float
    is_set: bool
    usage: Usage | None
    closed_seconds: float


class Limits:
    """Keeps a limiter's limits as they are set."""

    def __init__(self, store: Store, limiter: Limiter) -> None:
        self._store = store
        self._limiter = limiter
        self._defaults: dict[str, tuple[Limit, float]] = {}
        self._set: dict[str, tuple[Limit, float]] = {}
        self._sharing = Sharing(store, limiter) if store.shared else None
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Reads what is set, and goes on reading it where other replicas may set something."""
        await self.read()
        if self._sharing is not None:
            await self._sharing.start()
            self._task = asyncio.create_task(self._poll(), name="limits")

    async def close(self) -> None:
        """Ends."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._sharing is not None:
            await self._sharing.close()

    def heard(self, names: Collection[str]) -> None:
        """Takes a hint that other replicas want parts of some limits, or gave some up."""
        if ANY in names:
            self._news.set()
        if self._sharing is not None:
            self._sharing.heard(names)

    def close_for(self, name: str, seconds: float) -> None:
        """Lets no further call through under a name for a while, here and elsewhere: the server is full."""
        self._limiter.close_for(name, seconds)
        if self._sharing is not None:
            self._sharing.close_for(name, seconds)

    def use(self, defaults: Mapping[str, tuple[Limit, float]]) -> None:
        """Takes the settings' (limit, weight) by name."""
        self._defaults = dict(defaults)
        self._apply()

    async def read(self) -> None:
        """Takes what is set in the database."""
        async with self._store.read() as connection:
            rows = await queries.limits_set(connection)
        found = {row.name: (_limit(row), row.weight) for row in rows}
        if found != self._set:
            self._set = found
            self._apply()

    async def set(self, name: str, limit: Limit, weight: float) -> Holding:
        """Sets a limit.

        Raises:
            Unavailable: the database can not be written now.
        """
        row = LimitRow(name, limit.at_once, limit.per_second, limit.burst, weight, limit.paused, now())

        async def work(transaction: Transaction) -> None:
            transaction.notice.freed.add(ANY)
            await transaction.connection.execute(delete(table).where(table.c.name == name))
            await transaction.connection.execute(insert(table).values(**vars(row)))

        await self._store.transact(work)
        _log.info(
            "limit set", limit=name, at_once=limit.at_once, per_second=limit.per_second, paused=limit.paused
        )
        await self.read()
        return self.holding(name)

    async def clear(self, name: str) -> Holding:
        """Lets the settings say again.

        Raises:
            Unavailable: the database can not be written now.
        """

        async def work(transaction: Transaction) -> None:
            transaction.notice.freed.add(ANY)
            await transaction.connection.execute(delete(table).where(table.c.name == name))

        await self._store.transact(work)
        _log.info("limit cleared", limit=name)
        await self.read()
        return self.holding(name)

    def list(self) -> list[Holding]:
        """All that are set or in the settings, and what goes on under other names."""
        names = {*self._defaults, *self._set, *self._limiter.usage()}
        return [self.holding(name) for name in sorted(names)]

    def holding(self, name: str) -> Holding:
        """One limit as it holds."""
        both = {**self._defaults, **self._set}
        usage = self._limiter.usage().get(name)
        closed = usage.closed_until - asyncio.get_running_loop().time() if usage is not None else 0.0
        limit = limits_of({key: one for key, (one, _) in both.items()})(name)
        weight = both.get(name, (NONE, 1.0))[1]
        return Holding(name, limit, weight, name in self._set, usage, max(0.0, closed))

    def _apply(self) -> None:
        both = {**self._defaults, **self._set}
        weights = {
            name.removeprefix(_OWNER): weight for name, (_, weight) in both.items() if name.startswith(_OWNER)
        }
        self._limiter.change({name: limit for name, (limit, _) in both.items()}, weights)
        if self._sharing is not None:
            self._sharing.changed()

    async def _poll(self) -> None:
        while True:
            self._news.clear()
            try:
                await self.read()
            except Unavailable as fault:
                _log.warning("limits can not be read now", cause=str(fault))
            await rung(self._news, POLL_SECONDS)


def _limit(row: LimitRow) -> Limit:
    return Limit(row.at_once, row.per_second, row.burst, row.paused)
