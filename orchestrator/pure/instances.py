"""The step instances of one execution, and what can be read from them.

A step without `for_each` has one instance from the beginning. A step with it has none until the list that it
fans out over is known. Requests are bound here, from the results that there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from orchestrator.pure.graph import CompiledGraph, CompiledStep
from orchestrator.pure.paths import UNSET, LengthMismatchError, read, write
from orchestrator.pure.rules import Violation, broken
from orchestrator.pure.scope import INDEX, ITEM, SPEC, Source
from orchestrator.pure.signals import Key
from reelmesh.orchestrator.v1 import job_pb2
from reelmesh.orchestrator.v1.job_pb2 import StepState

PENDING = job_pb2.STEP_STATE_PENDING
READY = job_pb2.STEP_STATE_READY
RUNNING = job_pb2.STEP_STATE_RUNNING
SUCCEEDED = job_pb2.STEP_STATE_SUCCEEDED
REMEMBERED = job_pb2.STEP_STATE_REMEMBERED
SKIPPED = job_pb2.STEP_STATE_SKIPPED
FAILED = job_pb2.STEP_STATE_FAILED
CANCELLED = job_pb2.STEP_STATE_CANCELLED
UNCONFIRMED = job_pb2.STEP_STATE_UNCONFIRMED
REVIEW = job_pb2.STEP_STATE_WAITING_FOR_REVIEW

ENDED: frozenset[StepState.ValueType] = frozenset({SUCCEEDED, REMEMBERED, SKIPPED, FAILED, CANCELLED})
"""States that an instance does not leave."""


@dataclass
class Instance:
    """One call of an execution. The walk alone changes it."""

    key: Key
    state: StepState.ValueType = PENDING
    result: Message | None = None
    error: Status | None = None
    """Why the latest attempt failed."""
    attempts: int = 0
    """Attempts begun so far."""
    scene_id: str = ""
    """The scene it belongs to, where its step fans out over scenes."""

    @property
    def ended(self) -> bool:
        """Whether its state is final."""
        return self.state in ENDED


@dataclass
class StepRun:
    """One step of the execution: its instances and what they still wait for."""

    step: CompiledStep
    waiting: int
    """How many of the steps it waits for have not ended."""
    planned: bool = False
    """Whether its instances are known."""
    absent: bool = False
    """True where there is no list: what it fans out over was skipped or failed, or is too long."""
    elements: Sequence[Message] = ()
    """What it fans out over."""
    instances: list[Instance] = field(default_factory=list)
    unfinished: int = 0
    """Instances that have not ended."""
    skipped: int = 0
    """Instances that were SKIPPED."""

    @property
    def done(self) -> bool:
        """Whether all that it gives is there."""
        return self.planned and not self.unfinished


class Instances(Mapping[Key, Instance]):
    """All step instances there are, by key, and the runs of their steps."""

    def __init__(self, graph: CompiledGraph, spec: Message | None) -> None:
        if graph.reads_spec and spec is None:
            raise ValueError("the graph has paths that begin with spec: the walk needs the job's spec")
        self._spec = spec
        self._by_key: dict[Key, Instance] = {}
        self.runs = {id: StepRun(step, len(step.waits_for)) for id, step in graph.steps.items()}
        for run in self.runs.values():
            if run.step.for_each is None:
                run.planned = True
                self.add(run, Instance(Key(run.step.id)))

    def __getitem__(self, key: Key) -> Instance:
        return self._by_key[key]

    def __len__(self) -> int:
        return len(self._by_key)

    def __iter__(self) -> Iterator[Key]:
        return (instance.key for instance in self.in_order())

    def in_order(self) -> Iterator[Instance]:
        """Topological order of the steps, then index."""
        return (instance for run in self.runs.values() for instance in run.instances)

    def add(self, run: StepRun, instance: Instance) -> None:
        """Takes in one more instance of a step."""
        run.instances.append(instance)
        run.unfinished += not instance.ended
        self._by_key[instance.key] = instance

    def elements(self, run: StepRun) -> Sequence[Message] | None:
        """What a step fans out over, now that the step it comes from has ended. None: there is no list."""
        source = run.step.for_each
        if source is None or self._root(source, run, None) is UNSET:
            return None
        value = self._value(source, run, None)
        return () if value is UNSET else list(value)

    def holds(self, key: Key, source: Source) -> bool:
        """Whether a bool path is set and true, seen from an instance."""
        return self._value(source, self.runs[key.step], key.index) is True

    def bind(self, key: Key) -> tuple[Message, list[Violation]]:
        """The request of an instance as bound now, and every rule that it breaks."""
        run = self.runs[key.step]
        request = type(run.step.request)()
        request.CopyFrom(run.step.request)
        if not run.step.bindings:  # it was checked as a whole when the graph was
            return request, []
        violations: list[Violation] = []
        for binding in run.step.bindings:
            value = self._value(binding.source, run, key.index)
            try:
                write(request, binding.target, value, each=binding.each)
            except LengthMismatchError as error:
                violations.append((binding.to, str(error)))
        return request, violations or broken(request)

    def _value(self, source: Source, reader: StepRun, index: int | None) -> Any:
        """What a path gives to a reading instance: a scalar, a message, a list or UNSET."""
        return read(self._root(source, reader, index), source.path.parts)

    def _root(self, source: Source, reader: StepRun, index: int | None) -> Any:
        root = source.path.root
        if root == SPEC:
            return UNSET if self._spec is None else self._spec
        if root == INDEX:
            return index
        if root == ITEM:
            return UNSET if index is None else reader.elements[index]
        run = self.runs[source.step]
        if run.absent:
            return UNSET
        if run.step.for_each is not None and not source.same_index:
            return [_result(instance) for instance in run.instances]
        return _result(run.instances[index or 0 if source.same_index else 0])


def _result(instance: Instance) -> Any:
    return UNSET if instance.result is None else instance.result
