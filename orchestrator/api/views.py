"""Rows as the contract shows them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from google.rpc.status_pb2 import Status
from google.type.money_pb2 import Money

from orchestrator.drive.execution import Execution as Live
from orchestrator.drive.record import EXECUTION_ENDED, STEP_ENDED, instance, key_of
from orchestrator.store.rows import ExecutionRow, JobRow, StepRow, duration, timestamp
from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
from reelmesh.orchestrator.v1.job_pb2 import (
    Execution,
    ExecutionState,
    Job,
    JobResult,
    JobSpec,
    JobState,
    StepInstance,
)


def job(row: JobRow, execution: Execution | None, *, brief: bool = False) -> Job:
    """A job. `brief`: without the text of its spec, for lists."""
    shown = Job(
        id=row.id,
        owner=row.owner,
        spec=JobSpec.FromString(row.spec),
        state=JobState.ValueType(row.state),
        create_time=timestamp(row.create_time),
        end_time=timestamp(row.end_time),
        execution=execution,
        sequence=row.sequence,
        delete_time=timestamp(row.delete_time),
    )
    if row.result is not None:
        shown.result.CopyFrom(JobResult.FromString(row.result))
    if brief:
        _shorten(shown.spec)
    return shown


def execution(
    row: ExecutionRow,
    steps: Sequence[StepRow] = (),
    live: Live | None = None,
    *,
    with_graph: bool = False,
) -> Execution:
    """An execution, with the steps that are given. `live`: where it is under way, for its progress."""
    shown = Execution(
        id=row.id,
        number=row.number,
        state=ExecutionState.ValueType(row.state),
        create_time=timestamp(row.create_time),
        start_time=timestamp(row.start_time),
        end_time=timestamp(row.end_time),
        failed_step=row.failed_step,
        warnings=json.loads(row.warnings),
    )
    if row.error is not None:
        shown.error.CopyFrom(Status.FromString(row.error))
    if row.cost is not None:
        shown.cost.CopyFrom(Money.FromString(row.cost))
    if with_graph:
        shown.graph.ParseFromString(row.graph)
    current = live if live is not None and live.record.execution.id == row.id else None
    if row.state == ExecutionState.EXECUTION_STATE_SUCCEEDED:
        shown.fraction = 1.0
    elif current is not None and row.state not in EXECUTION_ENDED:
        shown.fraction, eta = current.forecast()
        if eta is not None:
            shown.eta.CopyFrom(duration(eta))
    elif steps:
        shown.fraction = sum(step.state in STEP_ENDED for step in steps) / len(steps)
    if steps:
        shown.steps.extend(instances(row.graph, steps, current))
    return shown


def instances(graph: bytes, steps: Iterable[StepRow], live: Live | None = None) -> list[StepInstance]:
    """Step instances in the order of the graph, then of their index."""
    order: Mapping[str, int] = {
        step.id: position for position, step in enumerate(StepGraph.FromString(graph).steps)
    }
    shown = []
    for row in sorted(steps, key=lambda row: (order.get(row.step, len(order)), row.index)):
        one = instance(key_of(row), row)
        progress = live.progress.get(key_of(row)) if live is not None else None
        if progress is not None and row.state not in STEP_ENDED:
            one.progress.CopyFrom(progress)
        shown.append(one)
    return shown


def _shorten(spec: JobSpec) -> None:
    """Takes out what makes a spec large."""
    work = spec.WhichOneof("work")
    if work == "narrated_video":
        spec.narrated_video.ClearField("text")
        spec.narrated_video.ClearField("scenes")
    elif work == "graph":
        spec.graph.ClearField("steps")
