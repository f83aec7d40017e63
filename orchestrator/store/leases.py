"""Leases of executions: which replica runs a job now, and which job is taken next.

A lease is taken, kept, given back and taken away by single statements. With every change of hands its token
grows, and every write of an execution names the token it was given: who was stopped and wakes up writes
nothing. Leases expire by the database's clock, never by a replica's. SQLite belongs to one process, which
holds the file's lock: there a lease ends with the process, and needs no time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    TextClause,
    and_,
    bindparam,
    cast,
    delete,
    exists,
    extract,
    func,
    insert,
    null,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.store.presence import LOCKS
from orchestrator.store.rows import CommandRow, JobRow, now
from orchestrator.store.schema import UNENDED, WAITING, commands, jobs

CALM_SECONDS = 5
"""Time after the database's start in which no replica counts as gone: each has to find its way back first."""
CLOCK = cast(extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger)
"""The database's clock."""


def gone(calm_seconds: float, holder: str = "lease_holder") -> TextClause:
    """Whether the replica that a column names has no session any more. See `presence`."""
    return text(
        f"{holder} NOT IN (SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = :locks) "
        "AND pg_postmaster_start_time() < clock_timestamp() - make_interval(secs => :calm)"
    ).bindparams(locks=LOCKS, calm=calm_seconds)


_GONE = gone(CALM_SECONDS)
Lease = tuple[str, int]
"""(job id, token)."""


@dataclass(frozen=True)
class Leases:
    """The leases as one replica sees them."""

    holder: int
    """The replica's number, drawn anew at every start."""
    seconds: float
    """How long a lease lasts without a sign of progress."""
    expire: bool
    """Whether leases expire. Not on SQLite."""

    def until(self) -> ColumnElement[Any]:
        """The time until which a lease lasts that is given or renewed now."""
        return CLOCK + int(self.seconds * 1e6) if self.expire else null()

    async def claim(
        self, connection: AsyncConnection, limit: int, *, least: int = 0, besides: Collection[str] = ()
    ) -> list[JobRow]:
        """Takes up to `limit` waiting jobs of priority `least` or more: high priority first, then by turn.

        `besides`: owners whose jobs are left alone.
        """
        query = select(jobs.c.id).where(WAITING).order_by(text("priority DESC"), jobs.c.turn, jobs.c.id)
        if least:
            query = query.where(jobs.c.priority >= least)
        if besides:
            query = query.where(jobs.c.owner.not_in(besides))
        return await self._take(connection, query.limit(limit))

    async def claim_commanded(
        self, connection: AsyncConnection, kinds: Collection[str], limit: int
    ) -> list[JobRow]:
        """Takes jobs of which something was asked and that nobody holds, whether they wait or not."""
        asked = exists().where(commands.c.job_id == jobs.c.id, commands.c.kind.in_(kinds))
        return await self._take(
            connection, select(jobs.c.id).where(jobs.c.lease_holder.is_(None), UNENDED, asked).limit(limit)
        )

    async def _take(self, connection: AsyncConnection, query: Select[Any]) -> list[JobRow]:
        picked = query.with_for_update(skip_locked=True).cte("picked")
        taken = (
            update(jobs)
            .where(jobs.c.id.in_(select(picked.c.id)))
            .values(lease_holder=self.holder, lease_token=jobs.c.lease_token + 1, lease_until=self.until())
            .returning(jobs)
        )
        rows = [JobRow(**row._mapping) for row in await connection.execute(taken)]
        return sorted(rows, key=lambda row: (-row.priority, row.turn, row.id))

    async def renew(self, connection: AsyncConnection, ids: Collection[str]) -> set[str]:
        """Keeps the leases of jobs that go forward. Each write of an execution does so, too. Returns the jobs
        of which there is one still."""
        if not self.expire or not ids:
            return set(ids)
        held = and_(jobs.c.lease_holder == self.holder, jobs.c.id.in_(bindparam("ids", expanding=True)))
        renewed = update(jobs).where(held).values(lease_until=self.until()).returning(jobs.c.id)
        return set((await connection.execute(renewed, {"ids": list(ids)})).scalars())

    async def release(self, connection: AsyncConnection, leases: Sequence[Lease] | None) -> int:
        """Gives leases back. None: all there are. Returns how many."""
        held = jobs.c.lease_holder == self.holder
        if leases is not None:
            held = and_(held, tuple_(jobs.c.id, jobs.c.lease_token).in_(leases))
        return await self._free(connection, held)

    async def reap(self, connection: AsyncConnection) -> int:
        """Takes the leases away that have expired, and those of replicas that are gone. Returns how many."""
        if not self.expire:
            return 0
        return await self._free(
            connection, and_(jobs.c.lease_holder.is_not(None), or_(jobs.c.lease_until < CLOCK, _GONE))
        )

    async def clear(self, connection: AsyncConnection) -> int:
        """Takes all leases away. For who knows that there is no other replica."""
        return await self._free(connection, jobs.c.lease_holder.is_not(None))

    async def _free(self, connection: AsyncConnection, which: ColumnElement[bool]) -> int:
        query: Select[Any] = select(jobs.c.id).where(which).with_for_update(skip_locked=True)
        freed = update(jobs).where(jobs.c.id.in_(select(query.cte("freed").c.id)))
        free = {"lease_holder": None, "lease_until": None, "lease_token": jobs.c.lease_token + 1}
        return (await connection.execute(freed.values(**free))).rowcount

    async def asked(self, connection: AsyncConnection) -> list[CommandRow]:
        """What was asked of the executions of this replica and is not done yet, in order."""
        query = (
            select(commands)
            .join(jobs, jobs.c.id == commands.c.job_id)
            .where(jobs.c.lease_holder == self.holder)
            .order_by(commands.c.id)
        )
        return [CommandRow(**row._mapping) for row in await connection.execute(query)]


async def next_turn(connection: AsyncConnection, owner: str, priority: int) -> int:
    """The turn of a job that begins to wait: fair shares among owners, as in start-time fair queueing.

    It comes after the owner's other unfinished jobs, and not before the first of those that wait: who has a
    thousand jobs waiting takes turns with everybody else, and who had none for long can not catch up.
    """
    own = select(func.max(jobs.c.turn)).where(jobs.c.owner == owner, UNENDED)
    first = select(func.min(jobs.c.turn)).where(WAITING, jobs.c.priority == priority)
    last, waiting = (await connection.execute(select(own.scalar_subquery(), first.scalar_subquery()))).one()
    return max((last or 0) + 1, waiting or 0)


async def ask(connection: AsyncConnection, job_id: str, kind: str, body: str) -> int:
    """Stores what is asked of a job's execution. Returns the command's id."""
    asked = insert(commands).values(job_id=job_id, kind=kind, body=body, time=now()).returning(commands.c.id)
    command_id: int = (await connection.execute(asked)).scalar_one()
    return command_id


async def is_open(connection: AsyncConnection, command_id: int) -> bool:
    """Whether a command is not done yet."""
    return (await connection.execute(select(exists().where(commands.c.id == command_id)))).scalar_one()


def done(ids: Collection[int], of_jobs: Collection[str]) -> Any:
    """The statement that removes commands, and all those of some jobs."""
    return delete(commands).where(or_(commands.c.id.in_(ids), commands.c.job_id.in_(of_jobs)))
