"""Reviews: what waits at a gate, opened or begun anew with the edits that were made meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.drive.record import Record, key_of, restored
from orchestrator.pure import graph
from orchestrator.pure.signals import Cancel
from orchestrator.pure.walk import Walk
from orchestrator.store import queries
from orchestrator.store.appending import Transaction
from orchestrator.store.rows import ExecutionRow, JobRow, StepRow, now
from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
from reelmesh.orchestrator.v1.job_pb2 import ExecutionState, JobSpec
from servers.chassis.errors import Aborted, FailedPrecondition

T = TypeVar("T")
PATIENCE_SECONDS = 10.0
PAUSE_SECONDS = 0.05


async def when_let_go(attempt: Callable[[], Awaitable[T]]) -> T:
    """Tries until whoever runs the execution has let go of it, which takes a moment after it has stopped.

    Raises:
        Aborted: it was not let go of in time.
    """
    clock = asyncio.get_running_loop().time
    until = clock() + PATIENCE_SECONDS
    while True:
        try:
            return await attempt()
        except Aborted:
            if clock() > until:
                raise
            await asyncio.sleep(PAUSE_SECONDS)


async def gate_of(connection: AsyncConnection, row: JobRow, wanted: str) -> str:
    """The gate at which a job waits: the one that is wanted, or the first.

    Raises:
        FailedPrecondition: nothing waits there.
    """
    execution = await queries.execution(connection, row.execution_id)
    assert execution is not None
    waiting = []
    if row.state not in queries.ENDED:
        waiting = _walk(row, execution, await queries.step_rows(connection, execution.id)).gates
    if not waiting or (wanted and wanted not in waiting):
        raise FailedPrecondition(
            f"job {row.id} does not wait for review" + (f" at {wanted!r}" if wanted else ""),
            reason="NOT_IN_REVIEW",
        )
    return wanted or waiting[0]


async def up_to(connection: AsyncConnection, row: JobRow, gate: str) -> set[str]:
    """A gate and those before it."""
    execution = await queries.execution(connection, row.execution_id)
    assert execution is not None
    opened = {gate}
    for step in StepGraph.FromString(execution.graph).steps:
        if gate in step.gates:
            opened.update(step.gates[: list(step.gates).index(gate)])
    return opened


async def is_edited(connection: AsyncConnection, row: JobRow) -> bool:
    """Whether scenes were edited since the job's execution was made."""
    execution = await queries.execution(connection, row.execution_id)
    assert execution is not None
    edits = await queries.edits(connection, row.id)
    return any(edit.time > execution.create_time for edit in edits.values())


async def end_review(transaction: Transaction, row: JobRow) -> None:
    """Ends an execution at which only a review is left to wait for, so that another one can begin.

    Raises:
        Aborted: it has only just stopped there, and somebody still holds it.
    """
    if row.lease_holder is not None:
        raise Aborted(f"job {row.id} has only just stopped for review: try again")
    connection = transaction.connection
    execution = await queries.execution(connection, row.execution_id)
    assert execution is not None
    steps = await queries.step_rows(connection, execution.id)
    walk = _walk(row, execution, steps)
    outputs = walk.apply(Cancel())
    record = Record(row, execution, {key_of(step): step for step in steps})
    await transaction.append(record.write(walk, outputs, {}, now()))


def _walk(row: JobRow, execution: ExecutionRow, steps: list[StepRow]) -> Walk:
    compiled = graph.compile(StepGraph.FromString(execution.graph))
    walk = Walk(compiled, JobSpec.FromString(row.spec))
    state = ExecutionState.ValueType(execution.state)
    walk.restore([restored(step, compiled.steps[step.step].method) for step in steps], state)
    return walk
