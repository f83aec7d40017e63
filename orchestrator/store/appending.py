"""What happened to jobs, written in one transaction: sequences, events, rows, a notice to other replicas."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Double, Table, bindparam, delete, insert, select, text, tuple_, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.store import leases
from orchestrator.store.leases import Leases
from orchestrator.store.notices import CHANNEL, Notice
from orchestrator.store.queries import ENDED
from orchestrator.store.rows import RememberedRow, StepRow
from orchestrator.store.schema import durations, events, executions, flights, jobs, remembered, steps
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
            await self.connection.run_sync(self._append, appends)

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
            payloads = list(self.notice.payloads(self.leases.holder))
            await self.connection.execute(_NOTIFY, {"channel": CHANNEL, "payloads": payloads})

    def _land(self, connection: Connection, names: Sequence[tuple[str, bytes]]) -> None:
        """Takes calls off the list whose results are remembered now."""
        if names and self.leases.expire:
            which = tuple_(flights.c.owner, flights.c.digest).in_(names)
            gone = delete(flights).where(which).returning(flights.c.digest, flights.c.wanted)
            landed = connection.execute(gone).all()
            self.notice.landed.update(row.digest.hex() for row in landed if row.wanted)

    def _append(self, connection: Connection, appends: Sequence[Append]) -> None:
        groups: dict[str, list[Append]] = {}
        for append in appends:
            groups.setdefault(append.job_id, []).append(append)
        found = {row.id: row for row in connection.execute(_FOUND, {"keys": list(groups)})}
        fresh: list[Append] = []
        for job_id, of_job in groups.items():
            row = found.get(job_id)
            if row is None:
                raise Gone(job_id)
            if _is_written(of_job, row):
                self._number(of_job, row.sequence - _count(of_job), written=True)
            else:
                self._number(of_job, row.sequence, written=False)
                fresh += of_job
        _write(connection, fresh, self.leases)
        self._land(connection, [(row.owner, row.digest) for append in fresh for row in append.remembered])

    def _number(self, of_job: Sequence[Append], sequence: int, *, written: bool) -> None:
        """Gives the events of one job their sequences, after `sequence`."""
        for append in of_job:
            for event in append.events:
                sequence += 1
                event.sequence = sequence
                self.committed.append((append.owner, event))
                if not written:
                    self._rows.append(event_row(append, event))
            if append.events:
                self.notice.sequences[append.job_id] = sequence
                self.notice.owners.add(append.owner)


# Made once: making a statement costs more than running it.
_EVENTS = insert(events)
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
_NOTIFY = text("SELECT pg_notify(:channel, payload) FROM unnest(CAST(:payloads AS text[])) AS payload")
_FOUND = (
    select(jobs.c.id, jobs.c.sequence, jobs.c.lease_token)
    .where(jobs.c.id.in_(bindparam("keys", expanding=True)))
    .order_by(jobs.c.id)  # replicas that lock the same ones must not wait for each other in a circle
    .with_for_update()
)


def _count(of_job: Sequence[Append]) -> int:
    return sum(len(append.events) for append in of_job)


def _is_written(of_job: Sequence[Append], row: Any) -> bool:
    """Whether an earlier try has written it already, whose outcome was not known.

    Raises:
        Gone: the lease is another's, or somebody else has written under it.
    """
    first = of_job[0]
    if first.token is None:
        return False
    if first.token != row.lease_token:
        raise Gone(first.job_id)
    if row.sequence == first.after:
        return False
    if row.sequence == first.after + _count(of_job):
        return True
    raise Gone(first.job_id)


def _write(connection: Connection, appends: Sequence[Append], held: Leases) -> None:
    """Writes the rows of appends: a few statements for each table, however many there are."""
    of_jobs: dict[str, dict[str, Any]] = {}
    for append in appends:
        change = of_jobs.setdefault(append.job_id, {"key": append.job_id, "count": 0})
        change["count"] += len(append.events)
        change |= append.job
        if append.token is not None:
            change["token"] = append.token
    _update(connection, jobs, list(of_jobs.values()), held)
    changed = [{"key": append.execution_id, **append.execution} for append in appends if append.execution]
    _update(connection, executions, changed, held)
    dialect = connection.dialect.name
    for table, rows in (
        (steps, [vars(row) for append in appends for row in append.steps]),
        (remembered, [vars(row) for append in appends for row in append.remembered]),
    ):
        if rows:
            connection.execute(_upsert(dialect, table), rows)
    took = learned([one for append in appends for one in append.durations])
    if took:
        connection.execute(_learn(dialect), took)
    done = [one for append in appends for one in append.commands]
    ended = [append.job_id for append in appends if append.job.get("state") in ENDED]
    if done or ended:  # an execution that has ended can do nothing more of what was asked
        connection.execute(leases.done(done, ended))


def _update(connection: Connection, table: Table, changes: Sequence[Mapping[str, Any]], held: Leases) -> None:
    """Sets columns of rows by their ids: one statement for those that set the same columns."""
    alike: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for change in changes:
        alike.setdefault(tuple(change), []).append(change)
    for columns, of_columns in alike.items():
        connection.execute(_updating(table, columns, held), of_columns)


@functools.cache
def _updating(table: Table, columns: tuple[str, ...], held: Leases) -> Any:
    """UPDATE of the row with the id `key`: sets columns; `count` adds to the sequence, `token` is checked."""
    names = [name for name in columns if name not in ("key", "count", "token")]
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    statement = update(table).where(table.c.id == bindparam("key"))
    if "count" in columns:
        values["sequence"] = table.c.sequence + bindparam("count")
    if "token" in columns:
        statement = statement.where(table.c.lease_token == bindparam("token"))
        values.setdefault("lease_until", held.until())
    return statement.values(values)


def number(appends: Sequence[Append]) -> Notice:
    """Gives the events of appends under leases, of as many jobs, their sequences. Returns what to tell."""
    notice = Notice()
    for append in appends:
        for sequence, event in enumerate(append.events, append.after + 1):
            event.sequence = sequence
        if append.events:
            notice.sequences[append.job_id] = append.after + len(append.events)
            notice.owners.add(append.owner)
    return notice


def event_row(append: Append, event: Event) -> dict[str, Any]:
    """An event as a row of its table."""
    return {
        "job_id": append.job_id,
        "owner": append.owner,
        "sequence": event.sequence,
        "of_step": int(event.WhichOneof("event") in ("step_planned", "step_changed")),
        "body": event.SerializeToString(),
    }


@functools.cache
def _upsert(dialect: str, table: Table) -> Any:
    """Inserts rows, or sets all columns of those that are there."""
    statement = _insert(dialect, table)
    others = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=others)


def learned(durations: Sequence[tuple[str, str, float]]) -> list[dict[str, Any]]:
    """What calls took, one row for each method and engine, as if they had been taken in one after the other.

    In order: replicas that write the same rows must not wait for each other in a circle.
    """
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for method, engine, seconds in durations:
        row = rows.setdefault((method, engine), {"seconds": seconds, "kept": 1.0, "added": 0.0})
        row["seconds"] += SMOOTHING * (seconds - row["seconds"])  # where there is no row yet
        row["kept"] *= 1 - SMOOTHING
        row["added"] = row["added"] * (1 - SMOOTHING) + seconds * SMOOTHING
    return [{"method": method, "engine": engine, **row} for (method, engine), row in sorted(rows.items())]


@functools.cache
def _learn(dialect: str) -> Any:
    """Moves what calls usually take towards what they took."""
    statement = _insert(dialect, durations).values(
        method=bindparam("method"), engine=bindparam("engine"), seconds=bindparam("seconds")
    )
    mean = durations.c.seconds * bindparam("kept", type_=Double) + bindparam("added", type_=Double)
    return statement.on_conflict_do_update(index_elements=list(durations.primary_key), set_={"seconds": mean})


def insert_new(dialect: str, table: Table) -> Any:
    """Inserts rows, and leaves those alone that are there."""
    return _insert(dialect, table).on_conflict_do_nothing()


def _insert(dialect: str, table: Table) -> Any:
    """INSERT that can say ON CONFLICT, which each database spells in its own dialect."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # a third of SQLAlchemy: only where it is used

        return postgresql.insert(table)
    return sqlite.insert(table)
