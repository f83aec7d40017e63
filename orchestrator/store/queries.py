"""Everything that is read from the database, one function for each question."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Row, Table, and_, bindparam, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.store.rows import EditRow, ExecutionRow, JobRow, LimitRow, RememberedRow, StepRow
from orchestrator.store.schema import (
    NO_INDEX,
    durations,
    events,
    executions,
    jobs,
    labels,
    limits,
    remembered,
    scene_edits,
    steps,
    trims,
)
from reelmesh.orchestrator.v1.job_pb2 import ExecutionState, JobState

ENDED = (JobState.JOB_STATE_SUCCEEDED, JobState.JOB_STATE_FAILED, JobState.JOB_STATE_CANCELLED)
"""States of a job that has no execution under way."""
RUNNABLE = (JobState.JOB_STATE_QUEUED, JobState.JOB_STATE_RUNNING, JobState.JOB_STATE_CANCELLING)
"""States in which there is something to do without anybody asking. `schema.WAITING` repeats their numbers."""


_LATEST = 50
"""Executions of which an average is made."""


@dataclass(frozen=True)
class Filter:
    """Which jobs: what holds for all of them."""

    states: Collection[int] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    ids: Collection[str] = ()

    def conditions(self, owner: str, *, hidden: bool = False) -> list[ColumnElement[bool]]:
        """The WHERE of a query of jobs."""
        found: list[ColumnElement[bool]] = [jobs.c.owner == owner]
        if not hidden:
            found.append(jobs.c.delete_time.is_(None))
        if self.states:
            found.append(jobs.c.state.in_(self.states))
        if self.ids:
            found.append(jobs.c.id.in_(self.ids))
        for name, value in self.labels.items():
            same = and_(labels.c.job_id == jobs.c.id, labels.c.name == name, labels.c.value == value)
            found.append(exists().where(same))
        return found


# Made once, since every step asks: making a statement costs more than running it.
_RECALL = select(remembered).where(
    remembered.c.owner == bindparam("owner"),
    remembered.c.digest.in_(bindparam("digests", expanding=True)),
)


async def job(
    connection: AsyncConnection, owner: str, job_id: str, *, lock: bool = False, hidden: bool = False
) -> JobRow | None:
    """A job of the owner's. `lock`: nobody else changes it before the transaction has ended.

    `hidden`: also where DeleteJob has hidden it.
    """
    query = select(jobs).where(jobs.c.id == job_id, jobs.c.owner == owner)
    if not hidden:
        query = query.where(jobs.c.delete_time.is_(None))
    return _job((await connection.execute(query.with_for_update() if lock else query)).one_or_none())


async def job_by_request(connection: AsyncConnection, owner: str, request_id: str) -> JobRow | None:
    """The job that was submitted with this request_id."""
    found = await connection.execute(
        select(jobs).where(jobs.c.owner == owner, jobs.c.request_id == request_id)
    )
    return _job(found.one_or_none())


async def list_jobs(
    connection: AsyncConnection,
    owner: str,
    *,
    before: str = "",
    limit: int,
    where: Filter = Filter(),
    hidden: bool = False,
) -> list[JobRow]:
    """Jobs of the owner's, newest first; `before` is the id of the last one of the page before."""
    query = select(jobs).where(*where.conditions(owner, hidden=hidden)).order_by(jobs.c.id.desc())
    if before:
        query = query.where(jobs.c.id < before)
    return [JobRow(**row._mapping) for row in await connection.execute(query.limit(limit))]


async def count_jobs(connection: AsyncConnection, owner: str, where: Filter) -> dict[int, int]:
    """How many jobs of the owner's are in each state."""
    query = select(jobs.c.state, func.count()).where(*where.conditions(owner)).group_by(jobs.c.state)
    return {row[0]: row[1] for row in await connection.execute(query)}


async def usual_execution_seconds(connection: AsyncConnection, owner: str) -> float | None:
    """What the owner's latest executions that succeeded took, on average; None: there is none."""
    took = executions.c.end_time - executions.c.start_time
    latest = (
        select(took.label("took"))
        .join(jobs, jobs.c.id == executions.c.job_id)
        .where(
            jobs.c.owner == owner, executions.c.state == ExecutionState.EXECUTION_STATE_SUCCEEDED, took > 0
        )
        .order_by(executions.c.id.desc())
        .limit(_LATEST)
        .subquery()
    )
    mean = (await connection.execute(select(func.avg(latest.c.took)))).scalar_one()
    return float(mean) / 1e6 if mean is not None else None


async def begin_times(connection: AsyncConnection, owner: str, where: Filter) -> list[int]:
    """When the executions of the owner's running jobs began."""
    query = (
        select(executions.c.start_time)
        .join(jobs, jobs.c.execution_id == executions.c.id)
        .where(*where.conditions(owner), jobs.c.state == JobState.JOB_STATE_RUNNING)
    )
    return [row.start_time for row in await connection.execute(query) if row.start_time is not None]


async def execution(connection: AsyncConnection, execution_id: str) -> ExecutionRow | None:
    """One execution."""
    found = await connection.execute(select(executions).where(executions.c.id == execution_id))
    return _execution(found.one_or_none())


async def execution_by_request(
    connection: AsyncConnection, job_id: str, request_id: str
) -> ExecutionRow | None:
    """The execution that RunJob made for this request_id."""
    found = await connection.execute(
        select(executions).where(executions.c.job_id == job_id, executions.c.request_id == request_id)
    )
    return _execution(found.one_or_none())


async def list_executions(
    connection: AsyncConnection, job_id: str, *, before: int = 0, limit: int
) -> list[ExecutionRow]:
    """Executions of a job, newest first; `before` is the number of the last one of the page before."""
    query = select(executions).where(executions.c.job_id == job_id)
    if before:
        query = query.where(executions.c.number < before)
    rows = await connection.execute(query.order_by(executions.c.number.desc()).limit(limit))
    return [ExecutionRow(**row._mapping) for row in rows]


async def executions_by_id(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, ExecutionRow]:
    """Several executions, by their ids."""
    rows = await connection.execute(select(executions).where(executions.c.id.in_(ids)))
    return {row.id: ExecutionRow(**row._mapping) for row in rows}


async def step_rows(connection: AsyncConnection, execution_id: str) -> list[StepRow]:
    """Every step instance of an execution, by step, then index."""
    query = select(steps).where(steps.c.execution_id == execution_id).order_by(steps.c.step, steps.c.index)
    return [StepRow(**row._mapping) for row in await connection.execute(query)]


async def steps_of(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, list[StepRow]]:
    """Every step instance of several executions."""
    found: dict[str, list[StepRow]] = {}
    query = select(steps).where(steps.c.execution_id.in_(ids)).order_by(steps.c.step, steps.c.index)
    for row in await connection.execute(query):
        found.setdefault(row.execution_id, []).append(StepRow(**row._mapping))
    return found


async def latest_execution_with(connection: AsyncConnection, job_id: str, step: str) -> ExecutionRow | None:
    """The latest execution of a job that has a result of a step (one that does not fan out)."""
    query = (
        select(executions)
        .join(steps, executions.c.id == steps.c.execution_id)
        .where(executions.c.job_id == job_id, steps.c.step == step, steps.c.result.is_not(None))
        .order_by(executions.c.number.desc())
        .limit(1)
    )
    return _execution((await connection.execute(query)).one_or_none())


async def step_result(connection: AsyncConnection, execution_id: str, step: str) -> bytes | None:
    """The result of a step that does not fan out."""
    query = select(steps.c.result).where(
        steps.c.execution_id == execution_id, steps.c.step == step, steps.c.index == NO_INDEX
    )
    result: bytes | None = (await connection.execute(query)).scalar_one_or_none()
    return result


async def scene_results(connection: AsyncConnection, job_id: str, step: str) -> list[tuple[str, bytes]]:
    """(scene id, result) of a step that fans out over scenes, in all executions of a job, newest first."""
    query = (
        select(steps.c.scene_id, steps.c.result)
        .join(executions, executions.c.id == steps.c.execution_id)
        .where(executions.c.job_id == job_id, steps.c.step == step, steps.c.result.is_not(None))
        .order_by(executions.c.number.desc(), steps.c.index)
    )
    return [(row.scene_id, row.result) for row in await connection.execute(query)]


async def events_after(
    connection: AsyncConnection, job_id: str, sequence: int, limit: int
) -> list[tuple[int, bytes]]:
    """(sequence, event) of a job's events after a sequence, in order."""
    query = (
        select(events.c.sequence, events.c.body)
        .where(events.c.job_id == job_id, events.c.sequence > sequence)
        .order_by(events.c.sequence)
        .limit(limit)
    )
    return [(row.sequence, row.body) for row in await connection.execute(query)]


async def oldest_sequence(connection: AsyncConnection, job_id: str) -> int | None:
    """The sequence of the oldest event there is of a job."""
    query = select(func.min(events.c.sequence)).where(events.c.job_id == job_id)
    oldest: int | None = (await connection.execute(query)).scalar_one()
    return oldest


async def sequences(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, int]:
    """The latest sequence of each of some jobs that are there."""
    rows = await connection.execute(select(jobs.c.id, jobs.c.sequence).where(jobs.c.id.in_(ids)))
    return {row.id: row.sequence for row in rows}


async def owner_events_after(
    connection: AsyncConnection, owner: str, event_id: int, *, with_steps: bool, limit: int
) -> list[tuple[int, bytes]]:
    """(id, event) of the events of all jobs of an owner after an event, in the order of their commits."""
    query = (
        select(events.c.id, events.c.body)
        .where(events.c.owner == owner, events.c.id > event_id)
        .order_by(events.c.id)
        .limit(limit)
    )
    if not with_steps:
        query = query.where(events.c.of_step == 0)
    return [(row.id, row.body) for row in await connection.execute(query)]


async def latest_event_id(connection: AsyncConnection) -> int:
    """The id of the latest event of all, whether it is there still or not."""
    query = select(
        select(func.max(events.c.id)).scalar_subquery(), select(func.max(trims.c.event_id)).scalar_subquery()
    )
    there, taken = (await connection.execute(query)).one()
    return max(there or 0, taken or 0)


async def latest_trim(connection: AsyncConnection, owner: str) -> int:
    """The id of the latest of an owner's events that retention took away; 0: none."""
    query = select(trims.c.event_id).where(trims.c.owner == owner)
    return (await connection.execute(query)).scalar_one_or_none() or 0


async def recall(connection: AsyncConnection, owner: str, digests: Sequence[bytes]) -> list[RememberedRow]:
    """The remembered results there are of an owner's steps."""
    rows = await connection.execute(_RECALL, {"owner": owner, "digests": digests})
    return [RememberedRow(**row._mapping) for row in rows]


async def edits(connection: AsyncConnection, job_id: str) -> dict[str, EditRow]:
    """The edits of a job's scenes, by scene id."""
    rows = await connection.execute(select(scene_edits).where(scene_edits.c.job_id == job_id))
    return {row.scene_id: EditRow(**row._mapping) for row in rows}


async def usual_seconds(connection: AsyncConnection) -> dict[tuple[str, str], float]:
    """What calls usually take: (method, engine) -> seconds."""
    return {(row.method, row.engine): row.seconds for row in await connection.execute(select(durations))}


async def limits_set(connection: AsyncConnection) -> list[LimitRow]:
    """The limits that were set while running."""
    return [LimitRow(**row._mapping) for row in await connection.execute(select(limits))]


async def counts(connection: AsyncConnection) -> dict[str, int]:
    """How many rows each table has, for those who look after the database."""
    tables: tuple[Table, ...] = (jobs, executions, steps, events, remembered)
    return {
        table.name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
        for table in tables
    }


def _job(row: Row[tuple[object, ...]] | None) -> JobRow | None:
    return JobRow(**row._mapping) if row else None


def _execution(row: Row[tuple[object, ...]] | None) -> ExecutionRow | None:
    return ExecutionRow(**row._mapping) if row else None
