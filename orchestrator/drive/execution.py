"""One execution under way: it feeds the walk, writes what happened, and does what the walk says.

Everything that happens goes through one inbox. What is in it is applied to the walk and written in one
transaction together with its events. Calls that cost nothing may begin meanwhile, and before it is written
that they do, since they can be repeated; all else is done when it is on disk: what was done without being
written could be done twice after a crash.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any

import structlog
from google.rpc import code_pb2
from google.rpc.status_pb2 import Status

from orchestrator.drive import record
from orchestrator.drive.attempt import Attempt
from orchestrator.drive.commands import Command
from orchestrator.drive.inbox import Inbox, Item
from orchestrator.drive.patience import patiently
from orchestrator.drive.record import NOTHING, Record, Told, key_of, restored
from orchestrator.drive.world import World
from orchestrator.pure import graph, outcome
from orchestrator.pure.signals import (
    Begin,
    CancelCall,
    Cancelled,
    Changed,
    Dispatch,
    Event,
    ExecutionChanged,
    Expire,
    Key,
    Output,
    Withdraw,
)
from orchestrator.pure.walk import Walk
from orchestrator.store import queries
from orchestrator.store.appending import Append, Gone
from orchestrator.store.rows import ExecutionRow, JobRow, StepRow, duration, now, timestamp
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.orchestrator.v1 import events_pb2
from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
from reelmesh.orchestrator.v1.job_pb2 import ExecutionState, JobResult, JobSpec, StepState
from servers.chassis.context import CallContext

ETA_FROM = 0.02
"""Share of the work below which nothing can be said about the rest."""
_log = structlog.get_logger("reelmesh.execution")
_level = logging.getLogger("reelmesh.execution")
_CANCELLED = StepState.STEP_STATE_CANCELLED


class Execution:
    """One execution while this replica holds its lease: from its first step, or from where another one or
    a crash left it, until it has ended, is parked, or is another's."""

    def __init__(
        self,
        world: World,
        job: JobRow,
        row: ExecutionRow,
        steps: Sequence[StepRow],
        commands: Sequence[Command] = (),
    ) -> None:
        """`steps`: the instances as they are stored; none for an execution that begins. `commands`: what was
        asked of it meanwhile."""
        self._world = world
        self._graph = graph.compile(StepGraph.FromString(row.graph))
        self._spec = JobSpec.FromString(job.spec)
        self._fresh = graph.onwards(self._graph, row.from_step)
        self.walk = Walk(self._graph, self._spec)
        self.record = Record(job, row, {key_of(step): step for step in steps})
        self.progress: dict[Key, Progress] = {}
        self._context = CallContext(
            owner=job.owner, job_id=job.id, execution_id=row.id, traceparent=_trace(row.id)
        )
        self._inbox = Inbox()
        self._attempts: dict[Key, Attempt] = {}
        self._ending: set[Key] = set()
        self._alarm: asyncio.TimerHandle | None = None
        self._leaving: dict[Key, Attempt] = {}  # were told to end
        self._tasks: set[asyncio.Task[None]] = set()
        self.sequence = job.sequence
        """Of the job's latest event."""
        self._begin = asyncio.get_running_loop().time()
        self._waits = False
        for command in commands:
            self.obey(command)

    async def run(self) -> None:
        """Runs until the end, or until nothing can be done before somebody asks for something.

        Cancelling it leaves all as it is stored; another run goes on from there.
        """
        structlog.contextvars.bind_contextvars(job=self.record.job.id, execution=self.record.execution.id)
        try:
            outputs = self._first()
            await self._take_in(outputs, {})
            self._set_alarm()
            while not self.walk.finished and not self._parked():
                await self._turn()
            self._take_no_more()
            await asyncio.gather(*self._tasks, return_exceptions=True)  # last words to servers
        except Gone:
            _log.info("the job was deleted, or is another replica's now", job=self.record.job.id)
        finally:
            self._take_no_more()
            for attempt in self._attempts.values():
                self._leave(attempt)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _set_alarm(self) -> None:
        """Ends the execution when its time is over."""
        if not self._spec.HasField("deadline"):
            return
        left = self._spec.deadline.ToMicroseconds() / 1e6 - now() / 1e6
        status = Status(code=code_pb2.DEADLINE_EXCEEDED, message="the job's deadline has passed")
        self._alarm = asyncio.get_running_loop().call_later(max(0.0, left), lambda: self.tell(Expire(status)))

    def _take_no_more(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._inbox.close()

    def tell(
        self, event: Event, told: Told = NOTHING, attempt: Attempt | None = None, *, held: bool = False
    ) -> asyncio.Future[bool]:
        """Tells what happened. The answer comes when it is on disk, or False if it never will be, since the
        execution has ended. `held`: it need not be taken in at once, see `Inbox`."""
        return self._inbox.put(Item(event, told, attempt), held=held)

    def obey(self, command: Command) -> None:
        """Does what was asked. When it is on disk, the command is no more."""
        if self._inbox.closed:
            return
        if command.priority is not None:
            self.set_priority(command.priority)
        self._inbox.put(Item(command.event, command.told, command=command.id))

    @property
    def stuck(self) -> bool:
        """Whether nothing is under way that could ever tell it anything: our fault, if it is so."""
        return self._waits and self._runnable and not self._tasks and self._inbox.empty

    def _parked(self) -> bool:
        """Whether only a command can move it: a paused job needs no memory, and no lease."""
        return not self._runnable and not self._tasks and self._inbox.empty

    @property
    def _runnable(self) -> bool:
        return self.record.job.state in queries.RUNNABLE

    def progressed(self, attempt: Attempt, progress: Progress) -> None:
        """Takes a report, and passes it on to watchers where the last one is old enough."""
        self.progress[attempt.key] = progress
        time = asyncio.get_running_loop().time()
        log, job_id = self._world.log, self.record.job.id
        if time - attempt.reported < self._world.rules.progress_seconds or not log.wants_progress(job_id):
            return
        attempt.reported = time
        fraction, eta = self.forecast()
        log.progressed(
            events_pb2.Event(
                sequence=self.sequence,
                time=timestamp(now()),
                job_id=job_id,
                execution_id=self.record.execution.id,
                step_progressed=events_pb2.StepProgressed(
                    step=attempt.key.step,
                    index=attempt.key.index,
                    progress=progress,
                    execution_fraction=fraction,
                    execution_eta=duration(eta) if eta is not None else None,
                ),
            )
        )

    def forecast(self) -> tuple[float, float | None]:
        """(share of the work that is done, seconds until the end).

        Each call weighs what such calls usually take, so the rest goes on as fast as what was done so far.
        """
        running = {key: report.fraction for key, report in self.progress.items()}
        fraction = self.walk.fraction(running, self._world.usual.seconds)
        if fraction < ETA_FROM:
            return fraction, None
        elapsed = asyncio.get_running_loop().time() - self._begin
        return fraction, elapsed * (1 - fraction) / fraction

    def set_priority(self, priority: int) -> None:
        """A new priority, for calls that wait and those to come."""
        self.record.job = replace(self.record.job, priority=priority)
        for attempt in self._attempts.values():
            attempt.job = self.record.job
        self._world.limiter.reprioritize(self.record.job.id, priority)

    def _first(self) -> list[Output]:
        """What the walk says at the beginning, or after a crash."""
        state = self.record.execution.state
        queued = state == ExecutionState.EXECUTION_STATE_QUEUED
        if queued and not self.record.rows:
            self.record.add_pending(self.walk.instances)
            return self.walk.apply(Begin())
        outputs = self.walk.restore(
            [restored(row, self._graph.steps[row.step].method) for row in self.record.rows.values()],
            ExecutionState.ValueType(state),
        )
        return outputs + self.walk.apply(Begin()) if queued else outputs

    async def _turn(self) -> None:
        """Takes in all that has happened since the last turn."""
        self._waits = True
        items = await self._inbox.take()
        self._waits = False
        outputs: list[Output] = []
        told: dict[Key, Told] = {}
        taken = []
        for item in items:
            if item.attempt is not None and item.attempt.withdrawn:
                item.settle(on_disk=False)
                continue
            if item.event is not None or item.command is not None:
                taken.append(item)
            if item.event is None:
                continue
            new = self.walk.apply(item.event)
            # At once: what a withdrawn attempt has put into the same inbox no longer counts.
            for output in new:
                if isinstance(output, Withdraw):
                    self._withdraw(output.key)
            outputs += new
            key = getattr(item.event, "key", None)
            if key is not None:
                told[key] = told[key].and_then(item.told) if key in told else item.told
        if not taken:
            return
        await self._take_in(outputs, told, taken)

    async def _take_in(
        self, outputs: Sequence[Output], told: dict[Key, Told], items: Sequence[Item] = ()
    ) -> None:
        """Writes what the walk put out, and does it.

        What is dispatched is looked into at once, while it is written what let it go: see `Attempt`, which
        waits for that before it calls anything that costs money, and before it tells how a call ended.
        """
        append = self.record.write(
            self.walk,
            outputs,
            told,
            now(),
            self._result(outputs),
            commands=[item.command for item in items if item.command is not None],
            after=self.sequence,
        )
        for output in outputs:
            if isinstance(output, Dispatch):
                self._dispatch(output)
            elif isinstance(output, Withdraw):
                self._withdraw(output.key)
        await self._write(append)
        self._log(outputs)
        for item in items:
            item.settle(on_disk=True)
        self._act(outputs)

    async def _write(self, append: Append) -> None:
        """Writes it, however long the database refuses: no more than one step goes on meanwhile."""
        await patiently(lambda: self._world.store.append(append))
        if append.events:
            self.sequence = append.events[-1].sequence
        for method, engine, seconds in append.durations:
            self._world.usual.learn(method, engine, seconds)

    def _log(self, outputs: Sequence[Output]) -> None:
        """What a person asks of a job's log: when it changed state, and what failed and why."""
        for output in outputs:
            if isinstance(output, ExecutionChanged):
                state = ExecutionState.Name(output.state).removeprefix("EXECUTION_STATE_").lower()
                error = output.error.message if output.error is not None else None
                _log.info(f"execution {state}", step=output.failed_step or None, error=error)
            elif isinstance(output, Changed) and (
                output.error is not None or _level.isEnabledFor(logging.DEBUG)
            ):
                state = StepState.Name(output.state).removeprefix("STEP_STATE_").lower()
                say = _log.warning if output.error is not None else _log.debug
                error = output.error.message if output.error is not None else None
                say(f"step {state}", step=str(output.key), error=error)

    def _result(self, outputs: Sequence[Output]) -> JobResult | None:
        succeeded = ExecutionState.EXECUTION_STATE_SUCCEEDED
        if not self.walk.finished or not any(
            isinstance(output, ExecutionChanged) and output.state == succeeded for output in outputs
        ):
            return None
        return outcome.job_result(self._graph, self.walk.results, self._spec, self.walk.warnings)

    def _act(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            if isinstance(output, CancelCall):
                self._cancel_call(output.key)
            elif isinstance(output, Changed) and output.state in record.STEP_ENDED:
                self.progress.pop(output.key, None)
                self._attempts.pop(output.key, None)
                if output.state == _CANCELLED and output.key not in self._ending:
                    self._spawn(self._end_work(output.key))

    def _dispatch(self, dispatch: Dispatch) -> None:
        key = dispatch.key
        row = self.record.rows[key]
        attempt = Attempt(
            world=self._world,
            job=self.record.job,
            step=self._graph.steps[key.step],
            key=key,
            request=dispatch.request,
            request_id=row.request_id or self._request_id(dispatch),
            context=replace(self._context, step=str(key)),
            failures=row.failures,
            fresh=key.step in self._fresh,
        )
        self._leaving.pop(key, None)
        self._attempts[key] = attempt
        attempt.task = self._spawn(attempt.drive(self))

    def _request_id(self, dispatch: Dispatch) -> str:
        """The request_id of an instance's calls. What is bound to results of others is named by what it asks,
        too: were it called, and a result that is not on disk yet then lost with both the orchestrator and the
        server that gave it, another result would make another request."""
        name = f"{self.record.execution.id}/{dispatch.key}"
        if not self._graph.steps[dispatch.key.step].message.bindings:
            return name
        asked = dispatch.request.SerializeToString(deterministic=True)
        return f"{name}/{hashlib.sha256(asked).hexdigest()[:8]}"

    def _withdraw(self, key: Key) -> None:
        attempt = self._attempts.pop(key, None)
        if attempt is not None and attempt.task is not None:
            attempt.withdrawn = True
            self._leave(attempt)
            self._leaving[key] = attempt

    def _cancel_call(self, key: Key) -> None:
        attempt = self._attempts.pop(key, None)
        if attempt is not None and attempt.task is not None:
            self._leave(attempt)
            self._leaving[key] = attempt
        self._ending.add(key)
        self._spawn(self._end_call(key))

    def _leave(self, attempt: Attempt) -> None:
        """Lets an attempt go. If others want its call its task is not ours any more."""
        if attempt.leave() and attempt.task is not None:
            self._tasks.discard(attempt.task)

    async def _end_call(self, key: Key) -> None:
        await self._end_work(key)
        await self.tell(Cancelled(key))

    async def _end_work(self, key: Key) -> None:
        """Tells the server too: otherwise it would keep the work for its linger time.

        An instance that waits for its next attempt, or was found running after a crash, may have work there.
        """
        row = self.record.rows[key]
        request_id, called = row.request_id, bool(row.attempts)
        attempt = self._leaving.pop(key, None)
        if attempt is not None and attempt.task is not None:
            if attempt.task in self._tasks:
                await asyncio.gather(attempt.task, return_exceptions=True)
            request_id, called = attempt.request_id, called or attempt.called
        claims = self._world.store.claims
        handed_over = claims is not None and await claims.handed_over(request_id)
        if called and not handed_over and not self._world.flights.wanted(request_id):
            method = self._graph.steps[key.step].method
            await self._world.mesh.cancel(method, request_id, replace(self._context, step=str(key)))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None and not self._inbox.closed:
            _log.error("a task of the execution failed", exc_info=task.exception())
        if not self._tasks and not self._runnable:  # it may be parked now
            self._inbox.put(Item())


def _trace(execution_id: str) -> str:
    """The execution's W3C traceparent: the same after a restart, so its whole life is one trace."""
    digest = hashlib.sha256(execution_id.encode()).hexdigest()
    return f"00-{digest[:32]}-{digest[32:48]}-01"
