"""What happened to many jobs, written by one statement: PostgreSQL's way of group commit.

A statement and not a transaction of many, since each costs a way to the server and back, and each row of an
executemany a run of the executor there. The rows go as arrays, one for each column. Only the jobs whose lease
and sequence are as their holder knows them are written; the others are told apart by their absence from the
answer, and are looked at one by one (`appending`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Double, Integer, LargeBinary, Table

from orchestrator.store.appending import EVENT_ORDER, Append, event_row, learned, number
from orchestrator.store.direct import Direct
from orchestrator.store.leases import Leases
from orchestrator.store.notices import CHANNEL, Notice
from orchestrator.store.queries import ENDED
from orchestrator.store.schema import events, executions, jobs, remembered, steps

_JOB = ("state", "end_time", "result")
"""Columns of a job that its execution sets, beside its lease."""
_EXECUTION = ("state", "start_time", "end_time", "error", "failed_step", "warnings", "cost")
_TOOK = ("seconds", "kept", "added")
_EVENT = ("job_id", "owner", "sequence", "of_step", "body")
_TYPES = {Integer: "int4", BigInteger: "int8", LargeBinary: "bytea", Double: "float8", Boolean: "bool"}


class Batch:
    """The one statement."""

    def __init__(self, direct: Direct, leases: Leases) -> None:
        self._direct = direct
        self._leases = leases

    async def write(self, appends: Sequence[Append]) -> tuple[list[Append], Notice]:
        """Writes appends of as many jobs, all under leases. Returns those that were written, and a notice.

        The events have their sequences then, whether written or not.

        Raises:
            OperationalError: the server can not be reached, or refuses all of them.
        """
        notice = number(appends)
        answer = await self._direct.fetch(_STATEMENT, *self._arguments(appends, notice))
        moved = {row["id"] for row in answer}
        return [append for append in appends if append.job_id in moved], notice

    def _arguments(self, appends: Sequence[Append], notice: Notice) -> list[Any]:
        results = {
            (row.owner, row.digest): (append.job_id, row) for append in appends for row in append.remembered
        }
        took = learned([one for append in appends for one in append.durations])
        asked = [(one, append.job_id) for append in appends for one in append.commands]
        ended = [append.job_id for append in appends if append.job.get("state") in ENDED]
        return [
            EVENT_ORDER,
            int(self._leases.seconds * 1e6),
            CHANNEL,
            self._leases.holder,
            list(notice.payloads(self._leases.holder)),
            ended,
            *_arrays(_job_row(append) for append in appends),
            *_arrays(
                (
                    [append.execution_id, append.job_id, *_masked(append.execution, _EXECUTION)]
                    for append in appends
                    if append.execution
                ),
                width=3 + len(_EXECUTION),
            ),
            *_arrays(
                ([append.job_id, *_values(row, steps)] for append in appends for row in append.steps),
                width=1 + len(steps.columns),
            ),
            *_arrays(
                ([results[key][0], *_values(results[key][1], remembered)] for key in sorted(results)),
                width=1 + len(remembered.columns),
            ),
            *_arrays(([row[name] for name in ("method", "engine", *_TOOK)] for row in took), width=5),
            *_arrays(asked, width=2),
            *_arrays(
                (event_row(append, event).values() for append in appends for event in append.events),
                width=len(_EVENT),
            ),
        ]


def _job_row(append: Append) -> list[Any]:
    released = "lease_holder" in append.job
    return [
        append.job_id,
        append.token,
        append.after,
        len(append.events),
        released,
        *_masked(append.job, _JOB),
    ]


def _masked(changes: Any, columns: Sequence[str]) -> list[Any]:
    """The values of columns, behind a number whose bits say which of them are to be set."""
    mask = sum(1 << bit for bit, name in enumerate(columns) if name in changes)
    return [mask, *(changes.get(name) for name in columns)]


def _values(row: Any, table: Table) -> list[Any]:
    return [getattr(row, name) for name in table.columns.keys()]  # noqa: SIM118 - it is no dict


def _arrays(rows: Iterable[Iterable[Any]], width: int = 0) -> list[list[Any]]:
    """Rows as columns. `width`: how many there are where there is no row."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    return columns or [[] for _ in range(width)]


# -- the statement -----------------------------------------------------------------------------------------

_number = 6  # the first parameters are single ones


def _type(column: Column[Any]) -> str:
    return _TYPES.get(type(column.type), "text")


def _unnest(columns: Iterable[tuple[str, str]]) -> str:
    """A table of the next parameters: (name, type) of each column, and its place as `place`."""
    global _number
    named = list(columns)
    arrays = []
    for _, kind in named:
        _number += 1
        arrays.append(f"${_number}::{kind}[]")
    names = ", ".join(f'"{name}"' for name, _ in named)
    return f"unnest({', '.join(arrays)}) WITH ORDINALITY AS given({names}, place)"


def _of(table: Table, names: Iterable[str]) -> list[tuple[str, str]]:
    return [(name, _type(table.c[name])) for name in names]


def _set(table: Table, names: Sequence[str]) -> str:
    return ", ".join(
        f"{name} = CASE WHEN given.mask & {1 << bit} <> 0 THEN given.{name} ELSE {table.name}.{name} END"
        for bit, name in enumerate(names)
    )


def _names(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


def _given(table: Table) -> str:
    return ", ".join(f'given."{column.name}"' for column in table.columns)


def _replacing(table: Table) -> str:
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
    others = [f'"{column.name}"' for column in table.columns if not column.primary_key]
    sets = ", ".join(f"{name} = excluded.{name}" for name in others)
    return f"ON CONFLICT ({keys}) DO UPDATE SET {sets}"


_CLOCK = "(extract(epoch FROM clock_timestamp()) * 1000000)::int8"
_LEASE = [("id", "text"), ("token", "int8"), ("after", "int8"), ("count", "int4"), ("released", "bool")]
_IS_MOVED = "given.of_job IN (SELECT id FROM moved)"
_DURATION = [("method", "text"), ("engine", "text"), *((name, "float8") for name in _TOOK)]
_STATEMENT = f"""
WITH moved AS (
  UPDATE jobs SET sequence = jobs.sequence + given.count,
    lease_holder = CASE WHEN given.released THEN NULL ELSE jobs.lease_holder END,
    lease_until = CASE WHEN given.released THEN NULL ELSE {_CLOCK} + $2::int8 END,
    {_set(jobs, _JOB)}
  FROM {_unnest([*_LEASE, ("mask", "int4"), *_of(jobs, _JOB)])}
  WHERE jobs.id = given.id AND jobs.lease_token = given.token AND jobs.sequence = given.after
  RETURNING jobs.id
), changed AS (
  UPDATE executions SET {_set(executions, _EXECUTION)}
  FROM {_unnest([("id", "text"), ("of_job", "text"), ("mask", "int4"), *_of(executions, _EXECUTION)])}
  WHERE executions.id = given.id AND {_IS_MOVED}
), stepped AS (
  INSERT INTO steps ({_names(steps)})
  SELECT {_given(steps)}
  FROM {_unnest([("of_job", "text"), *_of(steps, steps.columns.keys())])}
  WHERE {_IS_MOVED}
  {_replacing(steps)}
), kept AS (
  INSERT INTO remembered ({_names(remembered)})
  SELECT {_given(remembered)}
  FROM {_unnest([("of_job", "text"), *_of(remembered, remembered.columns.keys())])}
  WHERE {_IS_MOVED} ORDER BY place
  {_replacing(remembered)}
  RETURNING owner, digest
), landed AS (
  DELETE FROM flights USING kept WHERE flights.owner = kept.owner AND flights.digest = kept.digest
  RETURNING flights.digest, flights.wanted
), took AS MATERIALIZED (
  SELECT * FROM {_unnest(_DURATION)}
), held AS MATERIALIZED (  -- in order: replicas that write the same rows must not wait in a circle
  SELECT method, engine FROM durations WHERE (method, engine) IN (SELECT method, engine FROM took)
  ORDER BY method, engine FOR NO KEY UPDATE
), slower AS (
  UPDATE durations SET seconds = durations.seconds * took.kept + took.added
  FROM took JOIN held USING (method, engine)
  WHERE durations.method = took.method AND durations.engine = took.engine
), first AS (
  INSERT INTO durations (method, engine, seconds) SELECT method, engine, seconds FROM took ORDER BY place
  ON CONFLICT DO NOTHING
), done AS (
  DELETE FROM commands USING {_unnest([("id", "int8"), ("of_job", "text")])}
  WHERE commands.id = given.id AND {_IS_MOVED}
), over AS (  -- an execution that has ended can do nothing more of what was asked
  DELETE FROM commands USING moved WHERE commands.job_id = moved.id AND moved.id = ANY($6::text[])
), alone AS MATERIALIZED (
  SELECT pg_advisory_xact_lock($1)
), written AS (
  INSERT INTO events ({", ".join(_EVENT)})
  SELECT {", ".join(f"given.{name}" for name in _EVENT)}
  FROM {_unnest(_of(events, _EVENT))}, alone
  WHERE given.job_id IN (SELECT id FROM moved) ORDER BY place
), told AS MATERIALIZED (
  SELECT pg_notify($3, payload) FROM unnest($5::text[]) AS payload
), rung AS MATERIALIZED (
  SELECT pg_notify($3, json_build_array($4::int8, 0, 0, json_build_object(), json_build_array(),
    json_build_array(), json_build_array(encode(digest, 'hex')))::text) FROM landed WHERE wanted
)
SELECT id, (SELECT count(*) FROM told) + (SELECT count(*) FROM rung) FROM moved
"""
