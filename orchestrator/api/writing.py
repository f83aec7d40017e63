"""What is written of jobs, in a transaction that is under way: submitted, run again, labelled, hidden."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, insert, update

from orchestrator.api.planning import next_graph, refuse
from orchestrator.store import leases, queries
from orchestrator.store.appending import Append, Transaction
from orchestrator.store.rows import ExecutionRow, JobRow, new_id, now, timestamp
from orchestrator.store.schema import executions, jobs, labels, scene_edits
from reelmesh.orchestrator.v1 import events_pb2, job_service_pb2
from reelmesh.orchestrator.v1.job_pb2 import ExecutionState, JobSpec, JobState
from servers.chassis.context import current
from servers.chassis.errors import AlreadyExists, InvalidArgument, NotFound

DEFAULT_PRIORITY = 5


async def hide(transaction: Transaction, job_ids: Sequence[str]) -> None:
    """Hides jobs that have ended; retention removes them later."""
    transaction.notice.deleted.update(job_ids)
    hidden = update(jobs).where(jobs.c.id.in_(job_ids)).values(delete_time=now())
    await transaction.connection.execute(hidden)


async def run_again(
    transaction: Transaction,
    row: JobRow,
    request: job_service_pb2.RunJobRequest,
    opened: Collection[str] = (),
) -> None:
    """Makes a new execution of a job that has none under way. `opened`: gates that it has not.

    Raises:
        InvalidArgument: `from_step` names no step of the job.
    """
    connection = transaction.connection
    graph, replanned = await next_graph(connection, row, request.from_step)
    if request.from_step and request.from_step not in {step.id for step in graph.steps}:
        raise InvalidArgument(("from_step", f"{request.from_step!r} is no step of the job"))
    refuse(graph)
    for step in graph.steps:
        closed = [gate for gate in step.gates if gate not in opened]
        step.gates[:] = closed
    if replanned:
        await connection.execute(delete(scene_edits).where(scene_edits.c.job_id == row.id))
    latest = await queries.execution(connection, row.execution_id)
    number = latest.number + 1 if latest is not None else 1
    execution = _execution(row.id, number, graph.SerializeToString(deterministic=True), request)
    await connection.execute(insert(executions).values(**vars(execution)))
    again = {
        "state": int(JobState.JOB_STATE_QUEUED),
        "end_time": None,
        "execution_id": execution.id,
        "turn": await leases.next_turn(connection, row.owner, row.priority),
    }
    await transaction.append(_queued(row, execution, again))
    transaction.notice.waiting = True


def new_job(
    owner: str, request: job_service_pb2.SubmitJobRequest, digest: bytes, graph: bytes
) -> tuple[JobRow, ExecutionRow]:
    """The rows of a job that is submitted, and of its first execution."""
    job_id = new_id()
    execution = _execution(job_id, 1, graph)
    job = JobRow(
        id=job_id,
        owner=owner,
        request_id=request.request_id or None,
        spec_digest=digest,
        spec=request.spec.SerializeToString(deterministic=True),
        state=JobState.JOB_STATE_QUEUED,
        priority=priority(request.spec),
        create_time=execution.create_time,
        end_time=None,
        execution_id=execution.id,
        result=None,
        sequence=0,
        key_name=current().key,
    )
    return job, execution


def _execution(
    job_id: str, number: int, graph: bytes, request: job_service_pb2.RunJobRequest | None = None
) -> ExecutionRow:
    return ExecutionRow(
        id=new_id(),
        job_id=job_id,
        number=number,
        request_id=(request.request_id or None) if request is not None else None,
        from_step=request.from_step if request is not None else "",
        graph=graph,
        state=ExecutionState.EXECUTION_STATE_QUEUED,
        create_time=now(),
    )


async def submit(transaction: Transaction, job: JobRow, execution: ExecutionRow) -> JobRow:
    """Stores a job, unless a concurrent call with the same request_id was quicker. Returns what is stored."""
    connection = transaction.connection
    if job.request_id is not None:
        known = same(await queries.job_by_request(connection, job.owner, job.request_id), job.spec_digest)
        if known is not None:
            return known
    turn = await leases.next_turn(connection, job.owner, job.priority)
    await connection.execute(insert(jobs).values(**{**vars(job), "turn": turn}))
    await connection.execute(insert(executions).values(**vars(execution)))
    await label(transaction, job.id, JobSpec.FromString(job.spec).labels)
    await transaction.append(_queued(job, execution, {}))
    transaction.notice.waiting = True
    return found(await queries.job(connection, job.owner, job.id), job.id)


def _queued(job: JobRow, execution: ExecutionRow, changes: Mapping[str, object]) -> Append:
    """The events of an execution that waits for its turn."""
    time = timestamp(execution.create_time)
    events = [
        events_pb2.Event(
            time=time,
            job_id=job.id,
            execution_id=execution.id,
            execution_changed=events_pb2.ExecutionChanged(
                state=ExecutionState.EXECUTION_STATE_QUEUED, number=execution.number
            ),
        ),
        events_pb2.Event(
            time=time,
            job_id=job.id,
            job_changed=events_pb2.JobChanged(state=JobState.JOB_STATE_QUEUED),
        ),
    ]
    return Append(job_id=job.id, owner=job.owner, events=events, job=changes)


async def label(transaction: Transaction, job_id: str, given: Mapping[str, str]) -> None:
    """Gives a job labels, which has none."""
    if given:
        rows = [{"job_id": job_id, "name": name, "value": value} for name, value in given.items()]
        await transaction.connection.execute(insert(labels), rows)


def priority(spec: JobSpec) -> int:
    """The priority that a spec asks for."""
    return spec.priority if spec.HasField("priority") else DEFAULT_PRIORITY


def found(row: JobRow | None, job_id: str) -> JobRow:
    """The row of a job.

    Raises:
        NotFound: there is none.
    """
    if row is None:
        raise NotFound("job", job_id)
    return row


def same(row: JobRow | None, digest: bytes) -> JobRow | None:
    """The job that an earlier call made, if there is one.

    Raises:
        AlreadyExists: it was made from another spec.
    """
    if row is not None and row.spec_digest != digest:
        raise AlreadyExists(f"request_id: {row.request_id} was used with another spec; choose a new one")
    return row
