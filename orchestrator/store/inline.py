"""What happened to many jobs, written in one transaction: SQLite's way of group commit.

Its statements are made once and run as they are. SQLAlchemy would put each of them together anew, which takes
longer than running it. Only the jobs whose lease and sequence are as their holder knows them are written; the
others are looked at one by one (`appending`).
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Table

from orchestrator.store.appending import Append, event_row, learned, number
from orchestrator.store.notices import Notice
from orchestrator.store.queries import ENDED
from orchestrator.store.rows import RememberedRow
from orchestrator.store.schema import events, remembered, steps
from orchestrator.store.sqlite import InlineDatabase


class InlineBatch:
    """The one transaction."""

    def __init__(self, database: InlineDatabase) -> None:
        self._database = database

    async def write(self, appends: Sequence[Append]) -> tuple[list[Append], Notice]:
        """Writes appends of as many jobs, all under leases. Returns those that were written, and a notice.

        The events have their sequences then, whether written or not.

        Raises:
            sqlite3.Error: nothing was written.
        """
        notice = number(appends)
        async with self._database.transaction() as connection:
            written = [append for append in appends if _move(connection, append)]
            _write(connection, written)
        return written, notice

    def recall(self, owner: str, digest: bytes) -> RememberedRow | None:
        """The remembered result of a step.

        Raises:
            sqlite3.Error: the database can not be read now.
        """
        row = self._database.point.execute(_RECALL, (owner, digest)).fetchone()
        return RememberedRow(*row) if row is not None else None


def _move(connection: Any, append: Append) -> bool:
    """Sets a job's columns. Whether its lease and sequence were as its holder knows them."""
    values = (len(append.events), *append.job.values(), append.job_id, append.token, append.after)
    return bool(connection.execute(_moving(tuple(append.job)), values).rowcount)


def _write(connection: Any, appends: Sequence[Append]) -> None:
    for append in appends:
        if append.execution:
            values = (*append.execution.values(), append.execution_id)
            connection.execute(_changing(tuple(append.execution)), values)
    many: tuple[tuple[str, Iterable[Any]], ...] = (
        (_STEPS, (_step(row) for append in appends for row in append.steps)),
        (_REMEMBERED, (_kept(row) for append in appends for row in append.remembered)),
        (_LEARN, learned([one for append in appends for one in append.durations])),
        (_DONE, ((one,) for append in appends for one in append.commands)),
        # An execution that has ended can do nothing more of what was asked.
        (_OVER, ((append.job_id,) for append in appends if append.job.get("state") in ENDED)),
        (
            _EVENTS,
            (tuple(event_row(append, event).values()) for append in appends for event in append.events),
        ),
    )
    for statement, rows in many:
        connection.executemany(statement, rows)


@functools.cache
def _moving(columns: tuple[str, ...]) -> str:
    sets = "".join(f", {name} = ?" for name in columns)
    return f"UPDATE jobs SET sequence = sequence + ?{sets} WHERE id = ? AND lease_token = ? AND sequence = ?"


@functools.cache
def _changing(columns: tuple[str, ...]) -> str:
    return f"UPDATE executions SET {', '.join(f'{name} = ?' for name in columns)} WHERE id = ?"


def _inserting(table: Table, columns: Sequence[str]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    return f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(columns))})"


def _upserting(table: Table) -> str:
    """Inserts rows, or sets all columns of those that are there."""
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
    others = (f'"{column.name}"' for column in table.columns if not column.primary_key)
    sets = ", ".join(f"{name} = excluded.{name}" for name in others)
    return f"{_inserting(table, table.columns.keys())} ON CONFLICT ({keys}) DO UPDATE SET {sets}"


_STEPS, _step = _upserting(steps), operator.attrgetter(*steps.columns.keys())
_REMEMBERED, _kept = _upserting(remembered), operator.attrgetter(*remembered.columns.keys())
_RECALL = f"SELECT {', '.join(remembered.columns.keys())} FROM remembered WHERE owner = ? AND digest = ?"
_EVENTS = _inserting(events, ("job_id", "owner", "sequence", "of_step", "body"))
_LEARN = (
    "INSERT INTO durations (method, engine, seconds) VALUES (:method, :engine, :seconds) "
    "ON CONFLICT (method, engine) DO UPDATE SET seconds = durations.seconds * :kept + :added"
)
_DONE = "DELETE FROM commands WHERE id = ?"
_OVER = "DELETE FROM commands WHERE job_id = ?"
