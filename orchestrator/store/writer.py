"""Group commit: concurrent small writes share one transaction, so the disk is waited for once for all.

Writes queue up while a commit is under way; the next commit takes them all, in the order they came. Each
write learns of its success only after the commit. A write that fails is left out and the others are done
again without it.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, bindparam, insert, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.store.rows import RememberedRow, StepRow
from orchestrator.store.schema import durations, events, executions, jobs, remembered, steps
from reelmesh.orchestrator.v1.events_pb2 import Event
from servers.chassis.errors import Unavailable

GROUP_LIMIT = 1000
SMOOTHING = 0.3
"""Weight of the newest call in a method's usual time."""

T = TypeVar("T")


class Gone(Exception):
    """The job was deleted: nothing of it can be written any more."""


@dataclass(frozen=True)
class Append:
    """What happened to one job: its events, and the rows they tell of. Written as a whole or not at all."""

    job_id: str
    owner: str
    events: Sequence[Event] = ()
    """Without their sequences: the writer sets them."""
    job: Mapping[str, Any] = field(default_factory=dict)
    """Columns of the job to set."""
    execution_id: str = ""
    execution: Mapping[str, Any] = field(default_factory=dict)
    """Columns of the execution to set."""
    steps: Sequence[StepRow] = ()
    remembered: Sequence[RememberedRow] = ()
    durations: Sequence[tuple[str, str, float]] = ()
    """(method, engine, seconds) of calls that ended well."""


@dataclass
class Transaction:
    """A transaction under way."""

    connection: AsyncConnection
    committed: list[tuple[str, Event]] = field(default_factory=list)
    """(owner, event) of every event written in it, in order."""

    async def append(self, *appends: Append) -> None:
        """Writes what happened.

        Raises:
            Gone: a job was deleted. Nothing of the others is written then, either.
        """
        self.committed += await self.connection.run_sync(write, appends)


Begin = Callable[[], AbstractAsyncContextManager[Any]]
"""Begins a transaction: gives an AsyncConnection, or what has the face of one."""
Work = Callable[[Transaction], Awaitable[Any]]


@dataclass
class _Write:
    what: Append | Work
    done: asyncio.Future[Any]


class Writer:
    """The one task that writes."""

    def __init__(self, begin: Begin, published: Callable[[Sequence[tuple[str, Event]]], None]) -> None:
        """`begin` begins a writing transaction.

        `published` gets (owner, event) of what was committed, in order, before the writers learn of it.
        """
        self._begin = begin
        self._published = published
        self._queue: asyncio.Queue[_Write | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._run(), name="writer")
        self._closed = False

    async def append(self, append: Append) -> None:
        """Writes what happened to a job; returns when it is on disk.

        Raises:
            Gone: the job was deleted.
        """
        await self._put(append)

    async def transact(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Runs `work` in a transaction; returns its value when it is on disk.

        `work` may run more than once and must not wait for anything but the database. What it raises is
        raised here, and nothing it wrote is kept.
        """
        value: T = await self._put(work)
        return value

    async def close(self) -> None:
        """Writes what is queued, then ends."""
        if not self._closed:
            self._closed = True
            self._queue.put_nowait(None)
        await self._task

    async def _put(self, what: Append | Work) -> Any:
        if self._closed:
            raise Unavailable("the orchestrator is stopping")
        write = _Write(what, asyncio.get_running_loop().create_future())
        self._queue.put_nowait(write)
        # A caller that is cancelled leaves the write be: it may be on disk already.
        return await asyncio.shield(write.done)

    async def _run(self) -> None:
        ending = False
        while not ending:
            taken = [await self._queue.get()]
            await asyncio.sleep(0)  # lets tasks that were woken together join the group
            while len(taken) < GROUP_LIMIT and not self._queue.empty():
                taken.append(self._queue.get_nowait())
            group = [write for write in taken if write is not None]
            ending = len(group) < len(taken)
            if group:
                await self._commit(group)

    async def _commit(self, group: list[_Write]) -> None:
        try:
            values = await self._transaction(group)
        except Exception as fault:
            if len(group) == 1:
                _fail(group, fault)
                return
            for write in group:
                await self._commit([write])
            return
        for write, value in zip(group, values, strict=True):
            if not write.done.done():
                write.done.set_result(value)

    async def _transaction(self, group: list[_Write]) -> list[Any]:
        values: list[Any] = []
        async with self._begin() as connection:
            transaction = Transaction(connection)
            waiting: list[Append] = []
            for write in group:
                if isinstance(write.what, Append):
                    waiting.append(write.what)
                    values.append(None)
                    continue
                await transaction.append(*waiting)
                waiting.clear()
                values.append(await write.what(transaction))
            await transaction.append(*waiting)
        self._published(transaction.committed)
        return values


def _fail(group: Sequence[_Write], fault: Exception) -> None:
    for write in group:
        if not write.done.done():
            write.done.set_exception(fault)


# Made once: making a statement costs more than running it.
_SEQUENCES = select(jobs.c.id, jobs.c.sequence).where(jobs.c.id.in_(bindparam("keys", expanding=True)))
_EVENTS = insert(events)


def write(connection: Connection, appends: Sequence[Append]) -> list[tuple[str, Event]]:
    """Writes appends with a few statements for each table, however many there are. Returns what was told.

    Raises:
        Gone: a job was deleted.
    """
    if not appends:
        return []
    groups = _by_job(appends)
    of_jobs = [
        {
            "key": job_id,
            "count": sum(len(append.events) for append in of_job),
            **{column: value for append in of_job for column, value in append.job.items()},
        }
        for job_id, of_job in groups.items()
    ]
    _update(connection, jobs, of_jobs)
    last = {row.id: row.sequence for row in connection.execute(_SEQUENCES, {"keys": list(groups)})}
    committed: list[tuple[str, Event]] = []
    rows = []
    for of_job, (job_id, told) in zip(of_jobs, groups.items(), strict=True):
        if job_id not in last:
            raise Gone(job_id)
        rows += _sequenced(told, last[job_id] - of_job["count"], committed)
    if rows:
        connection.execute(_EVENTS, rows)
    _update(
        connection,
        executions,
        [{"key": append.execution_id, **append.execution} for append in appends if append.execution],
    )
    dialect = connection.dialect.name
    for table, changed in (
        (steps, [vars(row) for append in appends for row in append.steps]),
        (remembered, [vars(row) for append in appends for row in append.remembered]),
    ):
        if changed:
            connection.execute(_upsert(dialect, table), changed)
    learned = [
        {"method": method, "engine": engine, "seconds": seconds}
        for append in appends
        for method, engine, seconds in append.durations
    ]
    if learned:
        connection.execute(_learn(dialect), learned)
    return committed


def _update(connection: Connection, table: Table, changes: Sequence[Mapping[str, Any]]) -> None:
    """Sets columns of rows by their ids: one statement for those that set the same columns."""
    alike: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for change in changes:
        alike.setdefault(tuple(change), []).append(change)
    for columns, of_columns in alike.items():
        connection.execute(_updating(table, columns), of_columns)


@functools.cache
def _updating(table: Table, columns: tuple[str, ...]) -> Any:
    """UPDATE of the row with the id `key`: sets columns, and `count` adds to the sequence."""
    values: dict[str, Any] = {name: bindparam(f"{name}") for name in columns if name not in ("key", "count")}
    if "count" in columns:
        values["sequence"] = table.c.sequence + bindparam("count")
    return update(table).where(table.c.id == bindparam("key")).values(values)


def _by_job(appends: Sequence[Append]) -> dict[str, list[Append]]:
    groups: dict[str, list[Append]] = {}
    for append in appends:
        groups.setdefault(append.job_id, []).append(append)
    return groups


def _sequenced(
    appends: Sequence[Append], sequence: int, committed: list[tuple[str, Event]]
) -> list[dict[str, Any]]:
    """Gives the events of one job their sequences, after `sequence`."""
    rows = []
    for append in appends:
        for event in append.events:
            sequence += 1
            event.sequence = sequence
            committed.append((append.owner, event))
            rows.append(
                {
                    "job_id": append.job_id,
                    "owner": append.owner,
                    "sequence": sequence,
                    "of_step": int(event.WhichOneof("event") in ("step_planned", "step_changed")),
                    "body": event.SerializeToString(),
                }
            )
    return rows


@functools.cache
def _upsert(dialect: str, table: Table) -> Any:
    """Inserts rows, or sets all columns of those that are there."""
    statement = _insert(dialect, table)
    others = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=others)


@functools.cache
def _learn(dialect: str) -> Any:
    """Moves what calls usually take towards what they took."""
    statement = _insert(dialect, durations)
    mean = durations.c.seconds * (1 - SMOOTHING) + statement.excluded.seconds * SMOOTHING
    return statement.on_conflict_do_update(index_elements=list(durations.primary_key), set_={"seconds": mean})


def _insert(dialect: str, table: Table) -> Any:
    """INSERT that can say ON CONFLICT, which each database spells in its own dialect."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # a third of SQLAlchemy: only where it is used

        return postgresql.insert(table)
    return sqlite.insert(table)
