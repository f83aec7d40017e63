"""What one execution's walk put out, as rows and events: what is written in one transaction.

Pure but for the time it is given. The rows it holds are what the database will hold after the next write.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.status_pb2 import Status
from google.type.money_pb2 import Money

from orchestrator.drive import money
from orchestrator.pure.methods import Method
from orchestrator.pure.signals import Changed, ExecutionChanged, Key, Output, Planned, Restored
from orchestrator.pure.walk import Walk
from orchestrator.store.appending import Append
from orchestrator.store.rows import ExecutionRow, JobRow, RememberedRow, StepRow, timestamp
from orchestrator.store.rows import changed as with_changes
from orchestrator.store.schema import NO_INDEX
from reelmesh.orchestrator.v1 import events_pb2
from reelmesh.orchestrator.v1.job_pb2 import ExecutionState, JobResult, JobState, StepInstance, StepState

STEP_ENDED = frozenset(
    [
        StepState.STEP_STATE_SUCCEEDED,
        StepState.STEP_STATE_REMEMBERED,
        StepState.STEP_STATE_SKIPPED,
        StepState.STEP_STATE_FAILED,
        StepState.STEP_STATE_CANCELLED,
    ]
)
_PENDING, _RUNNING = StepState.STEP_STATE_PENDING, StepState.STEP_STATE_RUNNING
STEP_DONE = frozenset([StepState.STEP_STATE_SUCCEEDED, StepState.STEP_STATE_REMEMBERED])
STEP_ACTIVE = frozenset([StepState.STEP_STATE_READY, StepState.STEP_STATE_RUNNING])
EXECUTION_ENDED = frozenset(
    [
        ExecutionState.EXECUTION_STATE_SUCCEEDED,
        ExecutionState.EXECUTION_STATE_FAILED,
        ExecutionState.EXECUTION_STATE_CANCELLED,
    ]
)
_JOB_STATES = {
    ExecutionState.EXECUTION_STATE_QUEUED: JobState.JOB_STATE_QUEUED,
    ExecutionState.EXECUTION_STATE_RUNNING: JobState.JOB_STATE_RUNNING,
    ExecutionState.EXECUTION_STATE_PAUSED: JobState.JOB_STATE_PAUSED,
    ExecutionState.EXECUTION_STATE_CANCELLING: JobState.JOB_STATE_CANCELLING,
    ExecutionState.EXECUTION_STATE_SUCCEEDED: JobState.JOB_STATE_SUCCEEDED,
    ExecutionState.EXECUTION_STATE_FAILED: JobState.JOB_STATE_FAILED,
    ExecutionState.EXECUTION_STATE_CANCELLED: JobState.JOB_STATE_CANCELLED,
}


@dataclass(frozen=True)
class Told:
    """What is known of a step instance beyond what the walk knows."""

    request_id: str | None = None
    engine: str | None = None
    failures: int | None = None
    start_time: int | None = None
    """When the call began, microseconds since the epoch."""
    next_attempt_time: int | None = None
    """When the next attempt is due, microseconds since the epoch."""
    cost: Money | None = None
    """What the call cost."""
    remembered: RememberedRow | None = None
    """Result to keep for others."""
    duration: tuple[str, str, float] | None = None
    """(method, engine, seconds) that the call took."""

    def and_then(self, later: Told) -> Told:
        """Both, where the same instance was told of twice."""
        known = {name: value for name, value in vars(later).items() if value is not None}
        return with_changes(self, known)


NOTHING = Told()


@dataclass
class Record:
    """The rows of one execution as they will be after the next write."""

    job: JobRow
    execution: ExecutionRow
    rows: dict[Key, StepRow] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._unwritten: dict[Key, StepRow] = {}
        self._states = Counter(row.state for row in self.rows.values())
        self._warned, self._partial = 0, False
        self._costs = [Money.FromString(self.execution.cost)] if self.execution.cost else []

    def write(
        self,
        walk: Walk,
        outputs: Sequence[Output],
        told: Mapping[Key, Told],
        time: int,
        result: JobResult | None = None,
        *,
        commands: Sequence[int] = (),
        after: int | None = None,
    ) -> Append:
        """What to write for what the walk put out. `result`: the job's outcome, if it has just succeeded.
        `commands`: those that are done with it. `after`: the sequence of the job's latest event, for who has
        the job's lease; None: it is nobody's."""
        touched, self._unwritten = self._unwritten, {}
        stamp = timestamp(time)
        events: list[events_pb2.Event] = []
        before = self.execution
        for output in outputs:
            if isinstance(output, Planned):
                touched |= self._planned(output)
                events.append(self._event(stamp, step_planned=_step_planned(output)))
            elif isinstance(output, Changed):
                extra = told.get(output.key, NOTHING)
                touched[output.key] = row = self._changed(walk, output, extra, time)
                changed = events_pb2.StepChanged(step=instance(output.key, row))
                if extra.next_attempt_time is not None:
                    changed.next_attempt_time.FromMicroseconds(extra.next_attempt_time)
                events.append(self._event(stamp, step_changed=changed))
            elif isinstance(output, ExecutionChanged):
                events.append(self._event(stamp, execution_changed=self._execution_changed(output, time)))
        for key, extra in told.items():
            # What is known of an attempt before its state changes, e.g. that resolving failed.
            if key in self.rows and key not in touched and extra != NOTHING:
                touched[key] = self.rows[key] = with_changes(self.rows[key], _known(extra))
        self._count_costs(told.values(), walk.warnings)
        job = self._job(time, result)
        if job:
            changed_job = events_pb2.JobChanged(state=JobState.ValueType(self.job.state), result=result)
            events.append(self._event(stamp, execution_id="", job_changed=changed_job))
        return Append(
            job_id=self.job.id,
            owner=self.job.owner,
            events=events,
            job=job,
            execution_id=self.execution.id,
            execution=_differences(before, self.execution),
            steps=list(touched.values()),
            remembered=[extra.remembered for extra in told.values() if extra.remembered is not None],
            durations=[extra.duration for extra in told.values() if extra.duration is not None],
            commands=commands,
            token=None if after is None else self.job.lease_token,
            after=after or 0,
        )

    def add_pending(self, keys: Iterable[Key]) -> None:
        """Instances that are known from the beginning."""
        for key in keys:
            self._unwritten[key] = self._new_row(key)
            self._put(key, self._unwritten[key])

    def _new_row(self, key: Key, scene_id: str = "") -> StepRow:
        index = NO_INDEX if key.index is None else key.index
        return StepRow(self.execution.id, key.step, index, StepState.STEP_STATE_PENDING, scene_id=scene_id)

    def _put(self, key: Key, row: StepRow) -> None:
        before = self.rows.get(key)
        if before is not None:
            self._states[before.state] -= 1
        self._states[row.state] += 1
        self.rows[key] = row

    def _planned(self, planned: Planned) -> dict[Key, StepRow]:
        scene_ids = planned.scene_ids or ("",) * planned.count
        rows = {
            Key(planned.step, index): self._new_row(Key(planned.step, index), scene_id)
            for index, scene_id in enumerate(scene_ids)
        }
        for key, row in rows.items():
            self._put(key, row)
        return rows

    def _changed(self, walk: Walk, changed: Changed, extra: Told, time: int) -> StepRow:
        known = walk.instances[changed.key]
        row = self.rows.get(changed.key) or self._new_row(changed.key, known.scene_id)
        new: dict[str, Any] = {
            "state": changed.state,
            "attempts": known.attempts,
            "error": changed.error.SerializeToString() if changed.error is not None else None,
            **_known(extra),
        }
        if changed.state == _RUNNING and row.start_time is None:
            new["start_time"] = time if extra.start_time is None else extra.start_time
        if changed.state in STEP_ENDED:
            new["end_time"] = time
        if changed.state in STEP_DONE and known.result is not None:
            kept = extra.remembered
            new["result"] = (
                kept.result if kept is not None else known.result.SerializeToString(deterministic=True)
            )
        if self.execution.start_time is None and (changed.state == _RUNNING or changed.state in STEP_DONE):
            self.execution = with_changes(self.execution, {"start_time": new.get("start_time", time)})
        row = with_changes(row, new)
        self._put(changed.key, row)
        return row

    def _execution_changed(self, changed: ExecutionChanged, time: int) -> events_pb2.ExecutionChanged:
        ended = changed.state in EXECUTION_ENDED
        values = {
            "state": changed.state,
            "end_time": time if ended else None,
            "error": changed.error.SerializeToString() if changed.error is not None else None,
            "failed_step": changed.failed_step,
        }
        self.execution = with_changes(self.execution, values)
        return events_pb2.ExecutionChanged(
            state=changed.state,
            error=changed.error,
            failed_step=changed.failed_step,
            number=self.execution.number,
        )

    def _count_costs(self, told: Iterable[Told], warnings: Sequence[str]) -> None:
        new = [extra.cost for extra in told if extra.cost is not None]
        if not new and len(warnings) == self._warned:
            return
        self._warned = len(warnings)
        total, whole = money.total([*self._costs, *new])
        self._partial |= not whole
        warnings = list(warnings)
        if self._partial:
            warnings.append("costs in other currencies are not counted in the execution's cost")
        self._costs = [total] if total is not None else []
        values = {
            "cost": total.SerializeToString() if total is not None else None,
            "warnings": json.dumps(warnings, ensure_ascii=False),
        }
        self.execution = with_changes(self.execution, values)

    def _job(self, time: int, result: JobResult | None) -> dict[str, Any]:
        """The job's columns that change."""
        state: int = _JOB_STATES[ExecutionState.ValueType(self.execution.state)]
        if self.execution.state == ExecutionState.EXECUTION_STATE_RUNNING and self._waits_for_a_person():
            state = JobState.JOB_STATE_UNCONFIRMED
        elif self.execution.state == ExecutionState.EXECUTION_STATE_RUNNING and self._waits_for_review():
            state = JobState.JOB_STATE_WAITING_FOR_REVIEW
        if state == self.job.state:
            return {}
        changes: dict[str, Any] = {"state": state}
        if self.execution.state in EXECUTION_ENDED:
            changes |= {"end_time": time, "lease_holder": None, "lease_until": None}
        if result is not None:
            changes["result"] = result.SerializeToString(deterministic=True)
        self.job = with_changes(self.job, changes)
        return changes

    def _waits_for_a_person(self) -> bool:
        """Whether a paid call is unconfirmed and nothing else can be done meanwhile."""
        return bool(self._states[StepState.STEP_STATE_UNCONFIRMED]) and not any(
            self._states[state] for state in STEP_ACTIVE
        )

    def _waits_for_review(self) -> bool:
        return bool(self._states[StepState.STEP_STATE_WAITING_FOR_REVIEW]) and not any(
            self._states[state] for state in STEP_ACTIVE
        )

    def _event(
        self, time: Timestamp | None, execution_id: str | None = None, **event: Message
    ) -> events_pb2.Event:
        return events_pb2.Event(
            time=time,
            job_id=self.job.id,
            execution_id=self.execution.id if execution_id is None else execution_id,
            **event,  # type: ignore[arg-type]
        )


def instance(key: Key, row: StepRow) -> StepInstance:
    """A step instance as the contract shows it, without its progress."""
    shown = StepInstance(
        step=key.step,
        index=key.index,
        state=row.state,  # type: ignore[arg-type]
        attempts=row.attempts,
        start_time=timestamp(row.start_time),
        end_time=timestamp(row.end_time),
        engine=row.engine,
        scene_id=row.scene_id,
        request_id=row.request_id,
    )
    if row.error is not None:
        shown.error.CopyFrom(Status.FromString(row.error))
    return shown


def key_of(row: StepRow) -> Key:
    """The key of a row."""
    return Key(row.step, None if row.index == NO_INDEX else row.index)


def restored(row: StepRow, method: Method) -> Restored:
    """A stored instance as a walk is given it back."""
    return Restored(
        key=key_of(row),
        state=StepState.ValueType(row.state),
        result=method.result.FromString(row.result) if row.result is not None else None,
        error=Status.FromString(row.error) if row.error is not None else None,
        attempts=row.attempts,
        scene_id=row.scene_id,
    )


def _known(extra: Told) -> dict[str, Any]:
    if extra is NOTHING:
        return {}
    known = {"request_id": extra.request_id, "engine": extra.engine, "failures": extra.failures}
    return {name: value for name, value in known.items() if value is not None}


def _step_planned(planned: Planned) -> events_pb2.StepPlanned:
    return events_pb2.StepPlanned(step=planned.step, instances=planned.count, scene_ids=planned.scene_ids)


def _differences(before: ExecutionRow, after: ExecutionRow) -> dict[str, Any]:
    if before is after:
        return {}
    known = vars(before)
    return {column: value for column, value in vars(after).items() if value != known[column]}
