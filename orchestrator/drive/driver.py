"""All executions under way: begins them, finds them again after a crash, and ends them gracefully."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import structlog
from google.rpc import code_pb2
from google.rpc.status_pb2 import Status

from orchestrator.drive.attempt import Ended
from orchestrator.drive.execution import Execution
from orchestrator.drive.record import Told
from orchestrator.drive.world import World
from orchestrator.pure.signals import Event
from orchestrator.store import queries
from orchestrator.store.rows import ExecutionRow, JobRow, StepRow, now, timestamp
from orchestrator.store.writer import Append, Gone
from reelmesh.orchestrator.v1 import events_pb2
from reelmesh.orchestrator.v1.job_pb2 import ExecutionState, JobState
from servers.chassis.errors import Unavailable

_log = structlog.get_logger("reelmesh.driver")


class Driver:
    """The executions under way, by job."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._executions: dict[str, Execution] = {}  # by job: its latest
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._closed = False

    async def resume(self) -> int:
        """Goes on with every job that has not ended, as it is stored. Returns how many there are."""
        async with self._world.store.read() as connection:
            jobs = await queries.unfinished(connection)
            for job in jobs:
                row = await queries.execution(connection, job.execution_id)
                if row is not None:
                    steps = await queries.step_rows(connection, row.id)
                    self.launch(job, row, steps)
        return len(jobs)

    def launch(self, job: JobRow, row: ExecutionRow, steps: Sequence[StepRow] = ()) -> None:
        """Begins an execution that is stored, or goes on with one.

        Raises:
            Unavailable: the orchestrator is stopping; the execution goes on after the next start.
        """
        if self._closed:
            raise Unavailable("the orchestrator is stopping")
        if row.id in self._tasks:
            return
        try:
            execution = Execution(self._world, job, row, steps)
        except Exception as error:  # e.g. a graph that this version can not read
            _log.error("execution can not be begun", job=job.id, execution=row.id, exc_info=error)
            work = self._fail(job, row, f"{type(error).__name__} in the orchestrator; its log tells more")
        else:
            self._executions[job.id] = execution
            work = self._run(execution, job, row)
        task = asyncio.create_task(work, name=f"execution {row.id}")
        self._tasks[row.id] = task
        task.add_done_callback(lambda _: self._forget(job.id, row.id))

    def find(self, job_id: str) -> Execution | None:
        """The execution of a job that is under way here."""
        return self._executions.get(job_id)

    async def tell(self, job_id: str, event: Event, told: Told | None = None) -> bool:
        """Tells a job's execution; returns when it is on disk. False: the job has none under way."""
        execution = self.find(job_id)
        if execution is None:
            return False
        try:
            await execution.tell(event, told)
        except Ended:
            if self._closed:
                raise Unavailable("the orchestrator is stopping") from None
            return False
        return True

    @property
    def running(self) -> int:
        """How many executions are under way."""
        return len(self._tasks)

    async def close(self) -> None:
        """Lets go of every execution, as it is stored. The servers keep the work for their linger time."""
        self._closed = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, execution: Execution, job: JobRow, row: ExecutionRow) -> None:
        try:
            await execution.run()
        except Exception as error:
            if self._closed:
                return
            # A fault of ours must not leave a job that never ends.
            _log.error("execution failed unexpectedly", job=job.id, execution=row.id, exc_info=error)
            await self._fail(job, row, f"{type(error).__name__} in the orchestrator; its log tells more")

    def _forget(self, job_id: str, execution_id: str) -> None:
        del self._tasks[execution_id]
        known = self._executions.get(job_id)
        if known is not None and known.record.execution.id == execution_id:  # else its next one runs already
            del self._executions[job_id]

    async def _fail(self, job: JobRow, row: ExecutionRow, message: str) -> None:
        time, error = now(), Status(code=code_pb2.INTERNAL, message=message)
        execution = replace(row, state=ExecutionState.EXECUTION_STATE_FAILED)
        events = [
            events_pb2.Event(
                time=timestamp(time),
                job_id=job.id,
                execution_id=row.id,
                execution_changed=events_pb2.ExecutionChanged(
                    state=ExecutionState.EXECUTION_STATE_FAILED, error=error, number=row.number
                ),
            ),
            events_pb2.Event(
                time=timestamp(time),
                job_id=job.id,
                job_changed=events_pb2.JobChanged(state=JobState.JOB_STATE_FAILED),
            ),
        ]
        append = Append(
            job_id=job.id,
            owner=job.owner,
            events=events,
            job={"state": int(JobState.JOB_STATE_FAILED), "end_time": time},
            execution_id=row.id,
            execution={"state": execution.state, "end_time": time, "error": error.SerializeToString()},
        )
        try:
            await self._world.store.append(append)
        except Gone:
            _log.info("the job was deleted", job=job.id)
