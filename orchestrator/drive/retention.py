"""Takes away what is old, on a schedule: finished jobs, events, remembered results, assets without a name.

A job goes in one transaction, with a note of the assets it named. An asset goes only when nothing of its
owner's names it any more, and no lease of Storage's holds it: what was written or found of late may be in the
hands of somebody who is about to name it. Every run leaves a row in `sweeps` and a line in the log.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass

import structlog

from orchestrator.drive.mesh import STORAGE, CallFailed
from orchestrator.drive.world import World
from orchestrator.store import retention
from orchestrator.store.appending import Transaction
from orchestrator.store.retention import Due, Swept
from orchestrator.store.rows import now
from servers.chassis.context import CallContext
from servers.chassis.errors import Unavailable

DAY = 86_400_000_000
LOOKS = 10
"""How often in the time between two runs each replica looks whether one is due: another may have done it."""
DELETE_SECONDS = 2.0
"""How long writes wait at most for Storage to delete. What takes longer is tried again by the next run."""
AT_ONCE = 1000
_log = structlog.get_logger("reelmesh.retention")


@dataclass(frozen=True)
class Keep:
    """How long things are kept. None: for ever."""

    every_seconds: float = 3600.0
    jobs_days: float | None = None
    deleted_days: float | None = None
    events_days: float | None = None
    remembered_days: float | None = None


class Retention:
    """The task that sweeps."""

    def __init__(self, world: World, keep: Keep) -> None:
        self.keep = keep
        """Can be changed while running."""
        self._world = world
        self._store = world.store
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins."""
        self._task = asyncio.create_task(self._run(), name="retention")

    async def close(self) -> None:
        """Ends. A run under way is cut off, and another goes on with what is left."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self.sweep()
            except Unavailable as fault:
                _log.warning("nothing can be swept now", cause=str(fault))
            await asyncio.sleep(self.keep.every_seconds / LOOKS)

    async def sweep(self) -> Swept | None:
        """One run, unless it is too early for one."""
        every = int(self.keep.every_seconds * 1e6)
        sweep_id = await self._store.transact(lambda t: retention.begin(t.connection, every))
        if sweep_id is None:
            return None
        swept = Swept()
        try:
            await self._old(swept)
            await self._assets(swept)
        except Exception as fault:  # noted, and the next run goes on
            if not isinstance(fault, Unavailable | CallFailed):
                _log.error("sweeping failed", exc_info=fault)
            swept.error = str(fault) or type(fault).__name__
        number = sweep_id
        await self._store.transact(lambda t: retention.end(t.connection, number, swept))
        _log.info("swept", sweep=sweep_id, **asdict(swept))
        return swept

    async def _old(self, swept: Swept) -> None:
        due = Due(_before(self.keep.jobs_days), _before(self.keep.deleted_days))
        gone = [True]
        while any(gone):
            async with self._store.read() as connection:
                found = await retention.old_jobs(connection, due)
            gone = [
                await self._store.transact(lambda t: retention.purge(t, owner, job_id, due))  # noqa: B023
                for owner, job_id in found
            ]
            swept.jobs += sum(gone)
        if self._store.claims is not None:
            await self._store.claims.sweep()
        before = _before(self.keep.events_days)
        while before and (
            count := await self._store.transact(lambda t: retention.trim(t.connection, before))
        ):
            swept.events += count
        before = _before(self.keep.remembered_days)
        while before and (
            count := await self._store.transact(lambda t: retention.forget(t.connection, before))
        ):
            swept.remembered += count

    async def _assets(self, swept: Swept) -> None:
        if not self._world.mesh.has(STORAGE):
            return
        async with self._store.read() as connection:
            orphaned = await retention.orphaned(connection)
        for owner, candidates in orphaned.items():
            begun = now()
            named = await self._named(owner, candidates)
            free = sorted(candidates - named)
            await self._store.transact(lambda t: retention.adopted(t.connection, owner, named))  # noqa: B023
            for start in range(0, len(free), AT_ONCE):
                swept.assets += await self._delete(owner, set(free[start : start + AT_ONCE]), begun)

    async def _named(self, owner: str, candidates: set[str]) -> set[str]:
        named: set[str] = set()
        async with self._store.read() as connection:
            async for some in retention.names(connection, owner):
                named |= some & candidates
                await asyncio.sleep(0)
        return named

    async def _delete(self, owner: str, free: set[str], begun: int) -> int:
        """Deletes assets while nobody can write what would name one, after a look for who did of late."""

        async def work(transaction: Transaction) -> int:
            connection = transaction.connection
            await retention.hold(connection)
            async for some in retention.names(connection, owner, since=begun):
                free.difference_update(some)
            try:
                async with asyncio.timeout(DELETE_SECONDS):
                    leased = await self._world.mesh.delete(CallContext(owner=owner), free)
            except TimeoutError:
                return 0
            await retention.adopted(connection, owner, free - leased)
            return len(free - leased)

        return await self._store.transact(work) if free else 0


def _before(days: float | None) -> int:
    """The time before which things are old. 0: never."""
    return 0 if days is None else max(0, now() - int(days * DAY))
