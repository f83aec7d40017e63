"""What happened to jobs, written in one transaction: sequences, events, rows, a notice to other replicas."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, bindparam, insert, select, text, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.store import leases
from orchestrator.store.leases import Leases
from orchestrator.store.notices import CHANNEL, Notice
from orchestrator.store.queries import ENDED
from orchestrator.store.rows import RememberedRow, StepRow
from orchestrator.store.schema import durations, events, executions, jobs, remembered, steps
from reelmesh.orchestrator.v1.events_pb2 import Event

SMOOTHING = 0.3
"""Weight of the newest call in a method's usual time."""
EVENT_ORDER = 0x6C6F67
"""Key of the advisory lock under which PostgreSQL numbers events: without it a number could become visible
after a higher one, and whoever reads on from the higher one would never see it."""


class Gone(Exception):
    """The job was deleted, or is another replica's now: nothing of it can be written from here any more."""


@dataclass(frozen=True)
class Append:
    """What happened to one job: its events, and the rows they tell of. Written as a whole or not at all."""

    job_id: str
    owner: str
    events: Sequence[Event] = ()
    """Without their sequences: they are set when they are written."""
    job: Mapping[str, Any] = field(default_factory=dict)
    """Columns of the job to set."""
    execution_id: str = ""
    execution: Mapping[str, Any] = field(default_factory=dict)
    """Columns of the execution to set."""
    steps: Sequence[StepRow] = ()
    remembered: Sequence[RememberedRow] = ()
    durations: Sequence[tuple[str, str, float]] = ()
    """(method, engine, seconds) of calls that ended well."""
    commands: Sequence[int] = ()
    """Commands that are done with it."""
    token: int | None = None
    """The token of the lease under which it is written; it is renewed. None: the job is nobody's."""
    after: int = 0
    """With a token: the job's sequence as its holder knows it. By it a write is known that was done before,
    when the answer to its commit was lost."""


@dataclass
class Transaction:
    """A transaction under way."""

    connection: AsyncConnection
    leases: Leases
    committed: list[tuple[str, Event]] = field(default_factory=list)
    """(owner, event) of every event written in it, in order."""
    notice: Notice = field(default_factory=Notice)
    """What others are told when it is committed."""
    _rows: list[dict[str, Any]] = field(default_factory=list)

    async def append(self, *appends: Append) -> None:
        """Writes what happened.

        Raises:
            Gone: a job was deleted, or taken over. Nothing of the others is written then, either.
        """
        if appends:
            fresh = await self._sequence(appends)
            await _write(self.connection, fresh)

    async def ask(self, job_id: str, kind: str, body: str) -> int:
        """Asks something of a job's execution. Returns the command's id."""
        self.notice.commands = True
        return await leases.ask(self.connection, job_id, kind, body)

    async def finish(self) -> None:
        """Writes the events, and tells the other replicas: the last thing before a commit."""
        shared = self.connection.dialect.name == "postgresql"
        if self._rows:
            if shared:
                await self.connection.execute(_LOCK, {"key": EVENT_ORDER})
            await self.connection.execute(_EVENTS, self._rows)
        if shared and self.notice:
            for payload in self.notice.payloads(self.leases.holder):
                await self.connection.execute(_NOTIFY, {"channel": CHANNEL, "payload": payload})

    async def _sequence(self, appends: Sequence[Append]) -> list[Append]:
        """Gives events their sequences. Returns the appends without those that were written before."""
        by_job: dict[str, list[Append]] = {}
        for append in appends:
            by_job.setdefault(append.job_id, []).append(append)
        counted = await _count(self.connection, self.leases, by_job)
        fresh = []
        for job_id, of_job in by_job.items():
            last, written = counted.get(job_id), False
            if last is None:
                last, written = await self._written(of_job), True
            self._number(of_job, last, written=written)
            if not written:
                fresh += of_job
        return fresh

    async def _written(self, of_job: Sequence[Append]) -> int:
        """The last sequence of what an earlier try has written, whose outcome was not known."""
        (append,) = of_job if len(of_job) == 1 else (Append(of_job[0].job_id, ""),)
        found = await self.connection.execute(
            select(jobs.c.sequence, jobs.c.lease_token).where(jobs.c.id == append.job_id)
        )
        row = found.one_or_none()
        ours = append.token is not None and append.events and row is not None
        if (
            not ours
            or row is None
            or (row.lease_token, row.sequence)
            != (
                append.token,
                append.after + len(append.events),
            )
        ):
            raise Gone(append.job_id)
        sequence: int = row.sequence
        return sequence

    def _number(self, of_job: Sequence[Append], last: int, *, written: bool) -> None:
        sequence = last - sum(len(append.events) for append in of_job)
        for append in of_job:
            for event in append.events:
                sequence += 1
                event.sequence = sequence
                self.committed.append((append.owner, event))
                if not written:
                    self._rows.append(_event_row(append, event))
            if append.events:
                self.notice.sequences[append.job_id] = sequence
                self.notice.owners.add(append.owner)


# Made once: making a statement costs more than running it.
_EVENTS = insert(events)
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
_NOTIFY = text("SELECT pg_notify(:channel, :payload)")
_SEQUENCES = select(jobs.c.id, jobs.c.sequence, jobs.c.lease_token).where(
    jobs.c.id.in_(bindparam("keys", expanding=True))
)
_MOVE = update(jobs).where(jobs.c.id == bindparam("key")).values(sequence=bindparam("to"))
_COUNT_ALL = text(
    "UPDATE jobs SET sequence = jobs.sequence + told.count, lease_until = CASE WHEN told.token IS NULL "
    "THEN jobs.lease_until ELSE (extract(epoch from clock_timestamp()) * 1000000)::bigint + :lease END "
    "FROM unnest(CAST(:ids AS text[]), CAST(:counts AS int[]), CAST(:tokens AS bigint[]), "
    "CAST(:afters AS bigint[])) AS told(id, count, token, after) WHERE jobs.id = told.id AND "
    "(told.token IS NULL OR (told.token = jobs.lease_token AND told.after = jobs.sequence)) "
    "RETURNING jobs.id, jobs.sequence"
)


async def _count(
    connection: AsyncConnection, held: Leases, by_job: Mapping[str, Sequence[Append]]
) -> dict[str, int]:
    """Moves the jobs' sequences on, and renews their leases. Returns the last of each job that is there."""
    told: list[dict[str, Any]] = [
        {
            "key": job_id,
            "count": sum(len(append.events) for append in of_job),
            "token": of_job[0].token,
            "after": of_job[0].after,
        }
        for job_id, of_job in sorted(by_job.items())
    ]
    if connection.dialect.name == "postgresql":  # one statement: each costs a round trip
        names = {"ids": "key", "counts": "count", "tokens": "token", "afters": "after"}
        columns: dict[str, Any] = {name: [one[key] for one in told] for name, key in names.items()}
        rows = await connection.execute(_COUNT_ALL, {**columns, "lease": int(held.seconds * 1e6)})
        return {row.id: row.sequence for row in rows}
    # SQLite has one writer, which this is: nothing changes between the two statements.
    known = {row.id: row for row in await connection.execute(_SEQUENCES, {"keys": list(by_job)})}
    moved = [
        {"key": one["key"], "to": known[one["key"]].sequence + one["count"]}
        for one in told
        if one["key"] in known
        and (
            one["token"] is None
            or (one["token"], one["after"]) == (known[one["key"]].lease_token, known[one["key"]].sequence)
        )
    ]
    if moved:
        await connection.execute(_MOVE, moved)
    return {one["key"]: one["to"] for one in moved}


async def _write(connection: AsyncConnection, appends: Sequence[Append]) -> None:
    """Writes the rows of many appends: one statement a table, and one or two for a job that changed."""
    for append in appends:
        if append.job:
            await connection.execute(update(jobs).where(jobs.c.id == append.job_id).values(**append.job))
        if append.execution:
            changed = update(executions).where(executions.c.id == append.execution_id)
            await connection.execute(changed.values(**append.execution))
    dialect = connection.dialect.name
    for table, rows in (
        (steps, [vars(row) for append in appends for row in append.steps]),
        (remembered, [vars(row) for append in appends for row in append.remembered]),
    ):
        if rows:
            await connection.execute(_upsert(dialect, table), rows)
    learned = [
        {"method": method, "engine": engine, "seconds": seconds}
        # In order: replicas that write the same ones must not wait for each other in a circle.
        for method, engine, seconds in sorted(one for append in appends for one in append.durations)
    ]
    if learned:
        await connection.execute(_learn(dialect), learned)
    done = [one for append in appends for one in append.commands]
    ended = [append.job_id for append in appends if append.job.get("state") in ENDED]
    if done or ended:  # an execution that has ended can do nothing more of what was asked
        await connection.execute(leases.done(done, ended))


def _event_row(append: Append, event: Event) -> dict[str, Any]:
    return {
        "job_id": append.job_id,
        "owner": append.owner,
        "sequence": event.sequence,
        "of_step": int(event.WhichOneof("event") in ("step_planned", "step_changed")),
        "body": event.SerializeToString(),
    }


def _alike(changes: Sequence[dict[str, Any]]) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    """Changes of rows by the columns that they set."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for change in changes:
        groups.setdefault(tuple(change), []).append(change)
    return groups


@functools.cache
def _updating(table: Table, columns: tuple[str, ...]) -> Any:
    """Sets columns of the row with the id `key`."""
    values = {name: bindparam(name) for name in columns if name != "key"}
    return update(table).where(table.c.id == bindparam("key")).values(values)


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
