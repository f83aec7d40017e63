"""What is known of a job that is being watched: events folded into a picture of it. No clock, no terminal."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from reelmesh.orchestrator.v1.events_pb2 import Event, StepProgressed
from reelmesh.orchestrator.v1.job_pb2 import Job, JobState, StepInstance, StepState

WAITING = (StepState.STEP_STATE_PENDING, StepState.STEP_STATE_READY)
DONE = (StepState.STEP_STATE_SUCCEEDED, StepState.STEP_STATE_REMEMBERED, StepState.STEP_STATE_SKIPPED)
ENDED = (JobState.JOB_STATE_SUCCEEDED, JobState.JOB_STATE_FAILED, JobState.JOB_STATE_CANCELLED)

Key = tuple[str, int | None]
"""(step, position in its fan-out)."""


@dataclasses.dataclass(frozen=True)
class StepLine:
    """One step instance."""

    step: str
    index: int | None = None
    state: StepState.ValueType = StepState.STEP_STATE_PENDING
    fraction: float = 0.0
    """How far its running attempt is, 0 to 1."""
    stage: str = ""
    """What it is doing: "queued", "encoding"."""
    queue_position: int | None = None
    engine: str = ""
    attempts: int = 0
    error: str = ""
    """Why its latest attempt failed."""
    seconds: float | None = None
    """How long it took, where it has ended."""
    scene_id: str = ""

    @property
    def name(self) -> str:
        """As people call it: "plan", or "narrate 3" for the third."""
        return self.step if self.index is None else f"{self.step} {self.index + 1}"


class Board:
    """How a job stands, as of the last event that was applied."""

    def __init__(self) -> None:
        self.job_id = ""
        self.state: JobState.ValueType = JobState.JOB_STATE_UNSPECIFIED
        self.fraction = 0.0
        """How much of the execution is done, 0 to 1. Never falls within one execution."""
        self.eta_seconds: float | None = None
        self.steps: dict[Key, StepLine] = {}
        self.scenes: list[str] = []
        """Ids of the scenes in the film's order, once they are known."""
        self.failed_step = ""
        self.error = ""
        self._execution = ""
        self._order: dict[str, None] = {}

    @property
    def ended(self) -> bool:
        """Whether the job has ended."""
        return self.state in ENDED

    def apply(self, event: Event) -> list[StepLine]:
        """Takes an event in. Returns the step instances that changed state."""
        kind = event.WhichOneof("event")
        if kind == "snapshot":
            return self._restart(event.snapshot.job)
        if kind == "job_changed":
            self.state = event.job_changed.state
            if self.state == JobState.JOB_STATE_SUCCEEDED:
                self.fraction, self.eta_seconds = 1.0, None
        elif kind == "execution_changed":
            if event.execution_id != self._execution:
                self._execution, self.fraction = event.execution_id, 0.0
                self.steps.clear()
            self.failed_step = event.execution_changed.failed_step
            self.error = event.execution_changed.error.message
        elif kind == "step_planned":
            self._plan(event.step_planned.step, event.step_planned.instances, event.step_planned.scene_ids)
        elif kind == "step_changed":
            return self._change([event.step_changed.step])
        elif kind == "step_progressed":
            self._progress(event.step_progressed)
        return []

    def of_step(self, step: str) -> list[StepLine]:
        """The instances of a step, in order."""
        found = [line for line in self.steps.values() if line.step == step]
        return sorted(found, key=lambda line: -1 if line.index is None else line.index)

    def names(self) -> list[str]:
        """The steps in the order in which they became known: that of the graph."""
        present = {line.step for line in self.steps.values()}
        return [name for name in self._order if name in present]

    def fanned(self) -> list[str]:
        """The steps that run once for each scene, or for each element of another list."""
        return [
            name
            for name in self.names()
            if any(line.step == name and line.index is not None for line in self.steps.values())
        ]

    def _restart(self, job: Job) -> list[StepLine]:
        self.job_id, self.state = job.id, job.state
        same = job.execution.id == self._execution
        self._execution = job.execution.id
        self.fraction = max(self.fraction if same else 0.0, job.execution.fraction)
        self.eta_seconds = _seconds(job.execution.eta) if job.execution.HasField("eta") else None
        self.failed_step, self.error = job.execution.failed_step, job.execution.error.message
        before, self.steps = self.steps, {}
        changed = self._change(job.execution.steps)
        scenes = [line.scene_id for line in self.steps.values() if line.scene_id]
        self.scenes = list(dict.fromkeys(scenes)) or self.scenes
        return [line for line in changed if before.get((line.step, line.index)) != line]

    def _plan(self, step: str, instances: int, scene_ids: Iterable[str]) -> None:
        ids = list(scene_ids)
        self._order.setdefault(step)
        if len(ids) >= len(self.scenes) and ids:
            self.scenes = ids
        self.steps.pop((step, None), None)
        for index in range(instances):
            scene = ids[index] if index < len(ids) else ""
            self.steps.setdefault((step, index), StepLine(step, index, scene_id=scene))

    def _change(self, instances: Iterable[StepInstance]) -> list[StepLine]:
        changed = []
        for one in instances:
            index = one.index if one.HasField("index") else None
            self._order.setdefault(one.step)
            if index is not None:
                self.steps.pop((one.step, None), None)
            known = self.steps.get((one.step, index), StepLine(one.step, index))
            line = _line(known, one)
            self.steps[one.step, index] = line
            if known.state != line.state:
                changed.append(line)
        return changed

    def _progress(self, news: StepProgressed) -> None:
        self.fraction = max(self.fraction, news.execution_fraction)
        self.eta_seconds = _seconds(news.execution_eta) if news.HasField("execution_eta") else None
        self._order.setdefault(news.step)
        key = (news.step, news.index if news.HasField("index") else None)
        known = self.steps.get(key, StepLine(*key))
        if known.state in DONE:
            return
        waits = news.progress.HasField("queue_position")
        self.steps[key] = dataclasses.replace(
            known,
            state=StepState.STEP_STATE_RUNNING,
            fraction=news.progress.fraction,
            stage=news.progress.stage,
            queue_position=news.progress.queue_position if waits else None,
        )


def _line(known: StepLine, one: StepInstance) -> StepLine:
    seconds = None
    if one.HasField("start_time") and one.HasField("end_time"):
        seconds = (one.end_time.ToNanoseconds() - one.start_time.ToNanoseconds()) / 1e9
    running = one.state == StepState.STEP_STATE_RUNNING
    told = one.progress if one.HasField("progress") else None
    return dataclasses.replace(
        known,
        state=one.state,
        fraction=told.fraction if told else known.fraction if running else 0.0,
        stage=told.stage if told else known.stage if running else "",
        queue_position=None,
        engine=one.engine or known.engine,
        attempts=one.attempts,
        error=one.error.message,
        seconds=seconds,
        scene_id=one.scene_id or known.scene_id,
    )


def _seconds(duration: object) -> float:
    total: float = duration.ToNanoseconds() / 1e9  # type: ignore[attr-defined]
    return total
