"""The walk of a step graph: state and event in, commands out.

It knows no clock, no network and no database. A driver feeds it what happened, does what it says, and stores
the outputs in the transaction that stores the event. An event costs in proportion to what it touches.

- An instance is READY once every step it waits for has ended, and with it goes Dispatch. Its request is bound
  from the results there are; what was skipped, or failed where failing is allowed, is unset and leaves its
  target as it is. A request that then breaks the contract's rules fails the instance with INVALID_ARGUMENT,
  and nothing is called.
- An instance whose `when` is false or unset is SKIPPED, as soon as that is known. A step is left without
  instances where what it fans out over was skipped or failed.
- A final failure fails the execution, unless the step's on_failure is CONTINUE: calls under way are told to
  end, what has not begun is CANCELLED, and the execution is FAILED when the last call has ended.
- An instance of a step with gates waits at the first one that is closed, WAITING_FOR_REVIEW, once all else
  that it waits for is there. Approve opens a gate, for good: what has gone past it tells so after a crash.
- While PAUSED nothing is dispatched; Resume dispatches all that is READY.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping

from google.protobuf.message import Message
from google.rpc import code_pb2
from google.rpc.status_pb2 import Status

from orchestrator.pure.graph import MAX_FAN_OUT, CompiledGraph
from orchestrator.pure.instances import (
    CANCELLED,
    FAILED,
    PENDING,
    READY,
    REMEMBERED,
    REVIEW,
    RUNNING,
    SKIPPED,
    SUCCEEDED,
    UNCONFIRMED,
    Instance,
    Instances,
    StepRun,
)
from orchestrator.pure.scope import Source
from orchestrator.pure.signals import (
    Approve,
    AttemptFailed,
    Begin,
    Cancel,
    CancelCall,
    Cancelled,
    Changed,
    Decided,
    Dispatch,
    Event,
    ExecutionChanged,
    Expire,
    Failed,
    Key,
    Output,
    Pause,
    Planned,
    Remembered,
    Restored,
    Resume,
    Started,
    Succeeded,
    Unconfirmed,
    Withdraw,
)
from reelmesh.orchestrator.v1 import job_pb2, job_service_pb2
from reelmesh.orchestrator.v1.job_pb2 import ExecutionState, StepState
from reelmesh.script.v1.script_pb2 import Scene
from servers.chassis.errors import InvalidArgument

__all__ = [
    "Approve",
    "AttemptFailed",
    "Begin",
    "Cancel",
    "CancelCall",
    "Cancelled",
    "Changed",
    "Decided",
    "Dispatch",
    "Event",
    "ExecutionChanged",
    "Expire",
    "Failed",
    "Instance",
    "Key",
    "Output",
    "Pause",
    "Planned",
    "Remembered",
    "Restored",
    "Resume",
    "Started",
    "Succeeded",
    "Unconfirmed",
    "Walk",
    "Withdraw",
]

UNPLANNED_INSTANCES = 10
"""How many instances a fan-out that is not known yet counts for in `fraction`."""

_CALLABLE = frozenset({READY, RUNNING})
_OPEN = frozenset({READY, RUNNING, UNCONFIRMED})
_PAST_GATES = frozenset({READY, RUNNING, SUCCEEDED, REMEMBERED, UNCONFIRMED})
"""States that an instance reaches only when its gates are open."""


class Walk:
    """The walk of one execution.

    Feed it Begin, or after a crash `restore(rows)`, and then what happens. An event that comes too late for
    its instance (which has ended meanwhile) is passed over, so that a driver need not guard against races.
    """

    def __init__(self, graph: CompiledGraph, spec: Message | None = None) -> None:
        """`spec` is the JobSpec, for paths that begin with `spec`; the built-in recipe has one.

        Raises:
            ValueError: the graph reads the spec and there is none.
        """
        self.graph = graph
        self.error: Status | None = None
        """The first failure that fails the execution."""
        self.failed_step = ""
        """Where it happened, e.g. "narrate[3]"."""
        self._all = Instances(graph, spec)
        self._begun = self._paused = self._cancelling = self._finished = False
        self._shown = 0.0
        self._calls = 0  # instances that run
        self._open = len(self._all.runs)  # steps that have not ended
        self._dispatched: set[Key] = set()  # READY, and the driver knows
        self._ended: deque[Instance | StepRun] = deque()  # whose followers have not been told
        self._opened: set[str] = set()  # gates
        self._excused: list[Instance] = []  # FAILED where failing is allowed
        self._out: list[Output] = []
        self._waiting: defaultdict[str, list[StepRun]] = defaultdict(list)
        self._paired: defaultdict[str, list[StepRun]] = defaultdict(list)
        for run in self._all.runs.values():
            for id in run.step.waits_for:
                self._waiting[id].append(run)
            for id in run.step.pairs_with:
                self._paired[id].append(run)

    # -- how it stands -------------------------------------------------------------------------------------

    @property
    def instances(self) -> Mapping[Key, Instance]:
        """The step instances there are, in topological order of their steps, then by index."""
        return self._all

    @property
    def state(self) -> ExecutionState.ValueType:
        """The execution's state."""
        if self._finished:
            if self._cancelling:
                return job_pb2.EXECUTION_STATE_CANCELLED
            return job_pb2.EXECUTION_STATE_FAILED if self.error else job_pb2.EXECUTION_STATE_SUCCEEDED
        if self._cancelling:
            return job_pb2.EXECUTION_STATE_CANCELLING
        if self._paused:
            return job_pb2.EXECUTION_STATE_PAUSED
        return job_pb2.EXECUTION_STATE_RUNNING if self._begun else job_pb2.EXECUTION_STATE_QUEUED

    @property
    def finished(self) -> bool:
        """Whether the execution has ended."""
        return self._finished

    @property
    def results(self) -> dict[Key, Message]:
        """The results there are."""
        return {one.key: one.result for one in self._all.in_order() if one.result is not None}

    @property
    def warnings(self) -> list[str]:
        """One line for each failure that did not fail the execution, in the graph's order."""
        if not self._excused:
            return []
        order = {id: position for position, id in enumerate(self.graph.steps)}
        excused = sorted(self._excused, key=lambda one: (order[one.key.step], one.key))
        return [f"{one.key} failed: {one.error.message if one.error else ''}".rstrip(": ") for one in excused]

    @property
    def gates(self) -> list[str]:
        """Closed gates at which something waits, in the graph's order."""
        waiting = (self._closed(instance) for instance in self._all.in_order() if instance.state == REVIEW)
        return list(dict.fromkeys(waiting))

    def request(self, key: Key) -> Message:
        """The request of an instance as bound now; its request_id is not set."""
        return self._all.bind(key)[0]

    def fraction(self, progress: Mapping[Key, float], usual_seconds: Callable[[str], float]) -> float:
        """How much is done, 0 to 1, weighted by what calls usually take. It never falls.

        `progress` is that of the calls under way. `usual_seconds` is asked by Method.name ("synthesize").
        """
        whole = done = 0.0
        parts: defaultdict[str, float] = defaultdict(float)
        for key, part in progress.items():
            if key in self._all and self._all[key].state == RUNNING:
                parts[key.step] += min(max(part, 0.0), 1.0)
        for id, run in self._all.runs.items():
            weight = usual_seconds(run.step.method.name) if run.step.method.called else 0.0
            if run.planned:
                whole += weight * (len(run.instances) - run.skipped)
                done += weight * (len(run.instances) - run.skipped - run.unfinished + parts[id])
            else:
                whole += weight * UNPLANNED_INSTANCES
        if self._finished or whole <= 0:
            self._shown = max(self._shown, float(self.state == job_pb2.EXECUTION_STATE_SUCCEEDED))
        else:
            self._shown = max(self._shown, min(done / whole, 1.0))
        return self._shown

    # -- what happens --------------------------------------------------------------------------------------

    def apply(self, event: Event) -> list[Output]:
        """Takes in one event and says what follows, in order.

        Raises:
            ValueError: the event names an instance that is not there, or a result of another type.
        """
        if isinstance(event, Begin | Cancel | Pause | Resume | Approve | Expire):
            self._control(event)
        else:
            if event.key not in self._all:
                raise ValueError(f"there is no step instance {event.key}")
            self._happened(self._all[event.key], event)
        return self._settle()

    def _control(self, event: Begin | Cancel | Pause | Resume | Approve | Expire) -> None:
        if self._finished or self._halting():
            return
        match event:
            case Begin() if not self._begun:
                self._begun = True
                if not self._paused:
                    self._out.append(ExecutionChanged(self.state))
                for run in self._all.runs.values():
                    for instance in run.instances:
                        self._consider(run, instance)
            case Pause() if not self._paused:
                self._paused = True
                self._out.append(ExecutionChanged(self.state))
                for key in sorted(self._dispatched):
                    self._withdraw(key)
            case Resume() if self._paused:
                self._paused = False
                self._out.append(ExecutionChanged(self.state))
                for instance in self._all.in_order():
                    if instance.state == READY:
                        self._dispatch(instance, self.request(instance.key))
            case Approve(gate=gate) if gate in self.gates:
                self._opened.add(gate)
                for instance in list(self._all.in_order()):
                    if instance.state == REVIEW and not self._closed(instance):
                        self._make_ready(instance, self.request(instance.key))
            case Expire(status=status):
                self.error = status
                self._halt()
            case Cancel():
                self._cancelling = True
                self._out.append(ExecutionChanged(self.state))
                self._halt()

    def _happened(
        self,
        instance: Instance,
        event: Started | Succeeded | Remembered | AttemptFailed | Failed | Unconfirmed | Decided | Cancelled,
    ) -> None:
        match event:
            case Started():
                self._started(instance)
            case Succeeded(result=result) if instance.state in _OPEN:
                self._succeed(instance, SUCCEEDED, result)
            case Remembered(result=result) if instance.state in _OPEN:
                self._succeed(instance, REMEMBERED, result)
            case AttemptFailed(status=status) if instance.state in _CALLABLE:
                self._try_again(instance, status)
            case Failed(status=status) if instance.state in _OPEN:
                self._fail(instance, status)
            case Unconfirmed(status=status) if instance.state in _CALLABLE:
                self._change(instance, CANCELLED if self._halting() else UNCONFIRMED, status)
            case Decided(decision=decision) if instance.state == UNCONFIRMED:
                self._decided(instance, decision)
            case Cancelled() if instance.state in _CALLABLE:
                if self._halting():
                    self._change(instance, CANCELLED)
                else:
                    self._fail(instance, Status(code=code_pb2.CANCELLED, message="the call was cancelled"))

    def _started(self, instance: Instance) -> None:
        if instance.state == READY:
            self._dispatched.discard(instance.key)
            instance.attempts += 1
            self._change(instance, RUNNING)
        elif instance.ended:
            self._out.append(CancelCall(instance.key))

    def _succeed(self, instance: Instance, state: StepState.ValueType, result: Message) -> None:
        expected = self.graph.steps[instance.key.step].method.result
        if not isinstance(result, expected):
            raise ValueError(f"{instance.key} gives {expected.__name__}, not {type(result).__name__}")
        instance.result = result
        self._change(instance, state)

    def _try_again(self, instance: Instance, status: Status) -> None:
        if self._halting():
            self._change(instance, CANCELLED, status)
            return
        self._change(instance, READY, status)
        self._dispatched.add(instance.key)
        if self._paused:
            self._withdraw(instance.key)

    def _decided(self, instance: Instance, decision: int) -> None:
        if decision == job_service_pb2.UNCONFIRMED_DECISION_GIVE_UP:
            self._fail(instance, instance.error or Status(code=code_pb2.UNKNOWN, message="given up"))
        else:
            self._change(instance, READY, instance.error)
            self._dispatch(instance, self.request(instance.key))

    # -- what follows --------------------------------------------------------------------------------------

    def _halting(self) -> bool:
        """Whether nothing new begins any more."""
        return self._cancelling or self.error is not None

    def _change(self, instance: Instance, state: StepState.ValueType, error: Status | None = None) -> None:
        """Every change of an instance's state goes through here."""
        self._calls += (state == RUNNING) - (instance.state == RUNNING)
        instance.state = state
        instance.error = error
        self._out.append(Changed(instance.key, state, error))
        if instance.ended:
            self._dispatched.discard(instance.key)
            run = self._all.runs[instance.key.step]
            run.unfinished -= 1
            run.skipped += state == SKIPPED
            self._ended.append(instance)
            if run.done:
                self._ended.append(run)

    def _settle(self) -> list[Output]:
        """Tells those who wait of all that has ended, and whether the execution has."""
        while self._ended:
            ended = self._ended.popleft()
            if isinstance(ended, StepRun):
                self._open -= 1
            if self._halting():
                continue
            if isinstance(ended, StepRun):
                self._tell_step(ended)
            else:
                self._tell_pairs(ended)
        if not self._finished and (not self._calls if self._halting() else not self._open):
            self._finished = True
            failed = None if self._cancelling else self.error
            self._out.append(ExecutionChanged(self.state, failed, self.failed_step if failed else ""))
        out, self._out = self._out, []
        return out

    def _tell_pairs(self, ended: Instance) -> None:
        for run in self._paired[ended.key.step]:
            if run.planned and ended.key.index is not None:
                self._consider(run, run.instances[ended.key.index])

    def _tell_step(self, ended: StepRun) -> None:
        for run in self._waiting[ended.step.id]:
            run.waiting -= 1
            if self._halting():
                return
            if run.step.for_each is not None and run.step.for_each.step == ended.step.id:
                self._plan(run)
            for instance in run.instances:
                self._consider(run, instance)

    def _plan(self, run: StepRun, *, known: bool = False) -> None:
        """Makes the instances of a fan-out. `known`: they were told of before a crash."""
        elements = self._all.elements(run)
        id = run.step.id
        run.planned = True
        run.absent = elements is None or len(elements) > MAX_FAN_OUT
        run.elements = () if elements is None or run.absent else elements
        scene_ids = tuple(scene.id for scene in run.elements if isinstance(scene, Scene))
        for index in range(len(run.elements)):
            self._all.add(run, Instance(Key(id, index), scene_id=scene_ids[index] if scene_ids else ""))
        if not known:
            self._out.append(Planned(id, len(run.instances), scene_ids))
        if elements is not None and run.absent:
            self._refuse_fan_out(run, len(elements), known=known)
        elif not run.instances:
            self._ended.append(run)

    def _refuse_fan_out(self, run: StepRun, count: int, *, known: bool) -> None:
        """Fails a step that would have too many instances, by one instance that stands for all of them."""
        instance = Instance(Key(run.step.id))
        self._all.add(run, instance)
        if not known:
            rule = f"has {count} elements, but a step has at most {MAX_FAN_OUT} instances"
            self._fail(instance, InvalidArgument((run.step.message.for_each, rule)).status())

    def _consider(self, run: StepRun, instance: Instance) -> None:
        """Moves a PENDING instance on, if what it waits for is there."""
        if instance.state != PENDING or self._halting():
            return
        when = run.step.when
        if when is not None and self._has_ended(when, instance) and not self._all.holds(instance.key, when):
            self._change(instance, SKIPPED)
            return
        if run.waiting or not all(self._paired_ended(id, instance) for id in run.step.pairs_with):
            return
        request, violations = self._all.bind(instance.key)
        if violations:
            self._fail(instance, InvalidArgument(*violations).status())
        elif not run.step.method.called:
            self._succeed(instance, REMEMBERED, request)
        elif self._closed(instance):
            self._change(instance, REVIEW)
        else:
            self._make_ready(instance, request)

    def _make_ready(self, instance: Instance, request: Message) -> None:
        self._change(instance, READY)
        self._dispatch(instance, request)

    def _closed(self, instance: Instance) -> str:
        """The gate at which an instance would wait; empty: none."""
        gates = self.graph.steps[instance.key.step].message.gates
        return next((gate for gate in gates if gate not in self._opened), "")

    def _has_ended(self, source: Source, instance: Instance) -> bool:
        """Whether what an instance reads there is final."""
        if not source.step:
            return True
        if source.same_index:
            return self._paired_ended(source.step, instance)
        return self._all.runs[source.step].done

    def _paired_ended(self, step: str, instance: Instance) -> bool:
        run = self._all.runs[step]
        return run.planned and instance.key.index is not None and run.instances[instance.key.index].ended

    def _dispatch(self, instance: Instance, request: Message) -> None:
        if not self._paused:
            self._dispatched.add(instance.key)
            self._out.append(Dispatch(instance.key, request))

    def _withdraw(self, key: Key) -> None:
        self._dispatched.remove(key)
        self._out.append(Withdraw(key))

    def _fail(self, instance: Instance, status: Status) -> None:
        self._change(instance, FAILED, status)
        if self.graph.steps[instance.key.step].continues:
            self._excused.append(instance)
        elif not self._halting():
            self.error, self.failed_step = status, str(instance.key)
            self._halt()

    def _halt(self) -> None:
        """Ends what has not begun, and asks for the end of what has."""
        for instance in list(self._all.in_order()):
            if instance.state == RUNNING:
                self._out.append(CancelCall(instance.key))
            elif not instance.ended:
                if instance.key in self._dispatched:
                    self._withdraw(instance.key)
                self._change(instance, CANCELLED, instance.error)

    # -- after a crash -------------------------------------------------------------------------------------

    def restore(
        self,
        rows: Iterable[Restored],
        state: ExecutionState.ValueType = job_pb2.EXECUTION_STATE_RUNNING,
    ) -> list[Output]:
        """Takes in the stored instances of an execution in `state`, instead of Begin, and says what follows.

        READY instances are dispatched again, and RUNNING ones after becoming READY: their calls carry the
        request_id that they had, so the server joins or gives what it has. In an execution that is to end
        they get CancelCall instead. An execution that is QUEUED waits for Begin.
        """
        stored = {row.key: row for row in rows}
        self._begun = state != job_pb2.EXECUTION_STATE_QUEUED
        self._paused = state == job_pb2.EXECUTION_STATE_PAUSED
        self._cancelling = state in (job_pb2.EXECUTION_STATE_CANCELLING, job_pb2.EXECUTION_STATE_CANCELLED)
        told = {key.step for key in stored}
        self._restore_failure(stored.values())
        for run in self._all.runs.values():
            self._restore_step(run, stored, told)
        if state in _FINAL:
            self._finished = True
            self._out.clear()
            return []
        if self._halting():
            self._halt()
        elif self._begun:
            for instance in list(self._all.in_order()):
                if self._halting():
                    break
                if instance.state == RUNNING:
                    self._change(instance, READY, instance.error)
                if instance.state == READY:
                    self._dispatch(instance, self.request(instance.key))
                elif instance.state == REVIEW and not self._closed(instance):
                    self._make_ready(instance, self.request(instance.key))
                self._consider(self._all.runs[instance.key.step], instance)
        return self._settle()

    def _restore_failure(self, rows: Iterable[Restored]) -> None:
        for row in rows:
            if row.state == FAILED and not self.graph.steps[row.key.step].continues and self.error is None:
                self.error = row.error or Status(code=code_pb2.UNKNOWN, message="no reason given")
                self.failed_step = str(row.key)

    def _restore_step(self, run: StepRun, stored: Mapping[Key, Restored], told: set[str]) -> None:
        """Brings one step to where it was. The steps that it depends on have been restored before it."""
        run.waiting = sum(not self._all.runs[id].done for id in run.step.waits_for)
        source = run.step.for_each
        known = run.step.id in told
        if source is not None and self._all.runs[source.step].done and (known or not self._halting()):
            self._plan(run, known=known)
        for instance in run.instances:
            row = stored.get(instance.key)
            if row is None:
                continue
            self._calls += (row.state == RUNNING) - (instance.state == RUNNING)
            run.unfinished -= not instance.ended
            instance.state, instance.result, instance.error = row.state, row.result, row.error
            if row.state in _PAST_GATES or row.attempts:
                self._opened.update(run.step.message.gates)
            instance.attempts, instance.scene_id = row.attempts, row.scene_id or instance.scene_id
            run.unfinished += not instance.ended
            run.skipped += instance.state == SKIPPED
            if instance.state == FAILED and run.step.continues:
                self._excused.append(instance)
        self._ended.clear()
        self._open -= run.done


_FINAL = frozenset(
    {
        job_pb2.EXECUTION_STATE_SUCCEEDED,
        job_pb2.EXECUTION_STATE_FAILED,
        job_pb2.EXECUTION_STATE_CANCELLED,
    }
)
