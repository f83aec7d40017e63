"""Taking away what is old: jobs, events, remembered results; and finding what names an asset."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Select, and_, delete, insert, or_, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.store import queries
from orchestrator.store.appending import Transaction, insert_new
from orchestrator.store.rows import JobRow, now
from orchestrator.store.schema import (
    ENDED,
    events,
    executions,
    jobs,
    orphans,
    remembered,
    scene_edits,
    steps,
    sweeps,
    trims,
)

PAGE = 200
ONE_SWEEP = 0x7377
"""Key of the advisory lock under which a sweep begins."""
_DIGEST = re.compile(rb"@([0-9a-f]{64})")
"""A digest in a serialised message: a string is written after its length, and "@" is 64."""


@dataclass
class Swept:
    """How much a run of retention removed."""

    jobs: int = 0
    events: int = 0
    remembered: int = 0
    assets: int = 0
    error: str = ""


def digests(blobs: Iterable[bytes | None]) -> set[str]:
    """The assets that serialised messages name."""
    return {found.decode() for blob in blobs if blob for found in _DIGEST.findall(blob)}


async def begin(connection: AsyncConnection, every_microseconds: int) -> int | None:
    """Begins a run, if none has begun for so long. Returns its id."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_SWEEP})
    time = now()
    recent = select(sweeps.c.id).where(sweeps.c.start_time.between(time - every_microseconds, time)).limit(1)
    if (await connection.execute(recent)).first() is not None:
        return None
    row = {"start_time": time, **asdict(Swept())}
    found = await connection.execute(insert(sweeps).values(**row).returning(sweeps.c.id))
    sweep_id: int = found.scalar_one()
    return sweep_id


async def end(connection: AsyncConnection, sweep_id: int, swept: Swept) -> None:
    """Notes what a run did."""
    done = {"end_time": now(), **asdict(swept)}
    await connection.execute(update(sweeps).where(sweeps.c.id == sweep_id).values(**done))


@dataclass(frozen=True)
class Due:
    """Which jobs go."""

    ended_before: int = 0
    """By their end, microseconds since the epoch. 0: none."""
    hidden_before: int = 0
    """By when DeleteJob hid them."""

    def holds_for(self, row: JobRow) -> bool:
        """Whether a job goes."""
        ended = row.state in queries.ENDED and row.end_time is not None and row.end_time < self.ended_before
        return ended or (row.delete_time is not None and row.delete_time < self.hidden_before)


async def old_jobs(connection: AsyncConnection, due: Due) -> list[tuple[str, str]]:
    """(owner, id) of some jobs that are due."""
    ended = and_(ENDED, jobs.c.end_time < due.ended_before)
    query = select(jobs.c.owner, jobs.c.id).where(or_(ended, jobs.c.delete_time < due.hidden_before))
    query = query.limit(PAGE)
    return [(row.owner, row.id) for row in await connection.execute(query)]


async def purge(transaction: Transaction, owner: str, job_id: str, due: Due) -> bool:
    """Removes a job with everything of it, unless it has been run again or brought back meanwhile."""
    connection = transaction.connection
    row = await queries.job(connection, owner, job_id, lock=True, hidden=True)
    if row is None or not due.holds_for(row):
        return False
    named = digests([row.spec, row.result])
    for blobs in _blobs_of_jobs([job_id]):
        named |= digests((await connection.execute(blobs)).scalars())
    await _orphan(connection, owner, named)
    await _note(connection, select(events.c.owner, events.c.id).where(events.c.job_id == job_id))
    await connection.execute(delete(jobs).where(jobs.c.id == job_id))
    transaction.notice.deleted.add(job_id)
    return True


async def trim(connection: AsyncConnection, before: int) -> int:
    """Removes some events of jobs that ended before a time. Sequences stay, so that no cursor ever lies."""
    ended = select(jobs.c.id).where(ENDED, jobs.c.end_time < before)
    some = select(events.c.owner, events.c.id).where(events.c.job_id.in_(ended)).order_by(events.c.id)
    found = await _note(connection, some.limit(PAGE * 10))
    return (await connection.execute(delete(events).where(events.c.id.in_(found)))).rowcount if found else 0


async def _note(connection: AsyncConnection, which: Select[Any]) -> list[int]:
    """Notes that some events (owner, id) are taken away. Returns their ids."""
    rows = (await connection.execute(which)).all()
    latest: dict[str, int] = {}
    for row in rows:
        latest[row.owner] = max(row.id, latest.get(row.owner, 0))
    for owner, event_id in sorted(latest.items()):
        noted = {"owner": owner, "event_id": event_id}
        later = update(trims).where(trims.c.owner == owner, trims.c.event_id < event_id)
        await connection.execute(insert_new(connection.dialect.name, trims), [noted])
        await connection.execute(later.values(event_id=event_id))
    return [row.id for row in rows]


async def forget(connection: AsyncConnection, before: int) -> int:
    """Removes some remembered results that were made before a time."""
    query = select(remembered).where(remembered.c.create_time < before).limit(PAGE)
    rows = (await connection.execute(query)).all()
    for row in rows:
        await _orphan(connection, row.owner, digests([row.result]))
    keys = [(row.owner, row.digest) for row in rows]
    if keys:
        which = tuple_(remembered.c.owner, remembered.c.digest).in_(keys)
        await connection.execute(delete(remembered).where(which, remembered.c.create_time < before))
    return len(rows)


async def orphaned(connection: AsyncConnection) -> dict[str, set[str]]:
    """The orphans, by owner."""
    found: dict[str, set[str]] = {}
    for row in await connection.execute(select(orphans)):
        found.setdefault(row.owner, set()).add(row.digest)
    return found


async def adopted(connection: AsyncConnection, owner: str, ids: Collection[str]) -> None:
    """Takes assets off the list: they are gone, or something names them."""
    listed = list(ids)
    for start in range(0, len(listed), PAGE):
        part = and_(orphans.c.owner == owner, orphans.c.digest.in_(listed[start : start + PAGE]))
        await connection.execute(delete(orphans).where(part))


async def names(connection: AsyncConnection, owner: str, since: int = 0) -> AsyncIterator[set[str]]:
    """The assets that anything of an owner's names, in parts. `since`: that has named them since a time."""
    after = ""
    while True:
        query = select(jobs.c.id, jobs.c.spec, jobs.c.result).where(jobs.c.owner == owner, jobs.c.id > after)
        if since:
            query = query.where(or_(jobs.c.create_time >= since, jobs.c.end_time.is_(None)))
        rows = (await connection.execute(query.order_by(jobs.c.id).limit(PAGE // 10))).all()
        if not rows:
            break
        after = rows[-1].id
        yield digests(blob for row in rows for blob in (row.spec, row.result))
        for blobs in _blobs_of_jobs([row.id for row in rows], since):
            yield digests((await connection.execute(blobs)).scalars())
    key = b""
    while True:
        kept = select(remembered.c.digest, remembered.c.result).where(
            remembered.c.owner == owner, remembered.c.digest > key, remembered.c.create_time >= since
        )
        results = (await connection.execute(kept.order_by(remembered.c.digest).limit(PAGE))).all()
        if not results:
            return
        key = results[-1].digest
        yield digests(row.result for row in results)


def _blobs_of_jobs(ids: Sequence[str], since: int = 0) -> list[Select[Any]]:
    """What is stored of some jobs, beside themselves, that can name assets."""
    of_jobs = executions.c.job_id.in_(ids)
    results = select(steps.c.result).join(executions, executions.c.id == steps.c.execution_id).where(of_jobs)
    return [
        select(executions.c.graph).where(of_jobs),
        results.where(steps.c.end_time >= since) if since else results,
        select(scene_edits.c.edit).where(scene_edits.c.job_id.in_(ids)),
    ]


async def hold(connection: AsyncConnection) -> None:
    """Lets nobody write what names assets until the transaction has ended. On SQLite nobody can, anyway."""
    if connection.dialect.name == "postgresql":
        await connection.execute(
            text("LOCK TABLE jobs, executions, steps, remembered, scene_edits IN SHARE MODE")
        )


async def _orphan(connection: AsyncConnection, owner: str, named: Collection[str]) -> None:
    if named:
        rows = [{"owner": owner, "digest": digest} for digest in sorted(named)]
        await connection.execute(insert_new(connection.dialect.name, orphans), rows)
