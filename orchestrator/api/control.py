"""Many jobs at once: counted, and cancelled, paused, resumed, run again or hidden by a filter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from orchestrator.api.reviewing import end_review, gate_of, is_edited, up_to, when_let_go
from orchestrator.api.writing import hide, run_again
from orchestrator.drive import commands
from orchestrator.drive.driver import Driver
from orchestrator.drive.world import World
from orchestrator.store import queries
from orchestrator.store.appending import Transaction
from orchestrator.store.queries import Filter
from orchestrator.store.rows import JobRow, duration, now
from reelmesh.orchestrator.v1 import job_service_pb2 as pb
from reelmesh.orchestrator.v1.job_pb2 import JobState
from servers.chassis.errors import NotFound

MOST = 10_000
"""Jobs of one call."""
CHUNK = 200
"""Jobs of one transaction: others write in between."""
UNENDED = tuple(state for state in JobState.values() if state and state not in queries.ENDED)
_APPLIES: Mapping[int, Collection[int]] = {
    pb.JOB_ACTION_CANCEL: UNENDED,
    pb.JOB_ACTION_PAUSE: [state for state in UNENDED if state != JobState.JOB_STATE_PAUSED],
    pb.JOB_ACTION_RESUME: [JobState.JOB_STATE_PAUSED],
    pb.JOB_ACTION_RETRY_FAILED: [JobState.JOB_STATE_FAILED],
    pb.JOB_ACTION_DELETE: queries.ENDED,
}
"""The states of jobs to which an action applies."""
_ASKED: Mapping[int, str] = {
    pb.JOB_ACTION_CANCEL: commands.CANCEL,
    pb.JOB_ACTION_PAUSE: commands.PAUSE,
    pb.JOB_ACTION_RESUME: commands.RESUME,
}


class Control:
    """What is done to many jobs, and to those that wait for review."""

    def __init__(self, world: World, driver: Driver) -> None:
        self._world = world
        self._driver = driver

    async def approve(self, owner: str, request: pb.ApproveJobRequest) -> str:
        """Opens a gate. Returns which.

        Raises:
            NotFound: there is no such job.
            FailedPrecondition: nothing waits there.
            Aborted: it has only just stopped there, and was edited.
        """

        async def work(transaction: Transaction) -> tuple[str, int | None]:
            connection = transaction.connection
            row = await queries.job(connection, owner, request.job_id, lock=True)
            if row is None:
                raise NotFound("job", request.job_id)
            gate = await gate_of(connection, row, request.gate)
            if not await is_edited(connection, row):
                return gate, await transaction.ask(row.id, commands.APPROVE, gate)
            opened = await up_to(connection, row, gate)
            await end_review(transaction, row)
            await run_again(transaction, row, pb.RunJobRequest(job_id=row.id), opened)
            return gate, None

        gate, command = await when_let_go(lambda: self._world.store.transact(work))
        if command is not None:
            await self._driver.done(owner, command)
        return gate

    async def control(self, owner: str, request: pb.ControlJobsRequest) -> pb.ControlJobsResponse:
        """Does one thing to all jobs that a filter names and to which it applies."""
        where = _filter(request.filter, _APPLIES[request.action])
        response = pb.ControlJobsResponse()
        if not where.states:
            return response
        async with self._world.store.read() as connection:
            found = await queries.list_jobs(connection, owner, limit=MOST + 1, where=where)
        response.more = len(found) > MOST
        for start in range(0, min(len(found), MOST), CHUNK):
            ids = [row.id for row in found[start : min(start + CHUNK, MOST)]]
            done = await self._world.store.transact(self._chunk(owner, request.action, where, ids))
            response.job_ids.extend(done)
            if request.action == pb.JOB_ACTION_DELETE:
                for job_id in done:
                    self._world.log.deleted(job_id)
        return response

    def _chunk(
        self, owner: str, action: int, where: Filter, ids: Sequence[str]
    ) -> Callable[[Transaction], Awaitable[list[str]]]:
        async def work(transaction: Transaction) -> list[str]:
            now_so = Filter(where.states, where.labels, ids)  # they may have changed meanwhile
            rows = await queries.list_jobs(transaction.connection, owner, limit=len(ids), where=now_so)
            if action == pb.JOB_ACTION_DELETE:
                await hide(transaction, [row.id for row in rows])
                return [row.id for row in rows]
            for row in rows:
                await _do(transaction, row, action)
            return [row.id for row in rows]

        return work

    async def count(self, owner: str, request: pb.CountJobsRequest) -> pb.CountJobsResponse:
        """Jobs by state, and when all should be done."""
        where = _filter(request.filter, ())
        async with self._world.store.read() as connection:
            counts = await queries.count_jobs(connection, owner, where)
            usual = await queries.usual_execution_seconds(connection, owner)
            begun = await queries.begin_times(connection, owner, where)
        response = pb.CountJobsResponse()
        for state, jobs in sorted(counts.items()):
            response.counts.add(state=JobState.ValueType(state), jobs=jobs)
        left = _left(usual, [(now() - time) / 1e6 for time in begun], counts)
        if left is not None:
            response.eta.CopyFrom(duration(left))
        return response


async def _do(transaction: Transaction, row: JobRow, action: int) -> None:
    if action == pb.JOB_ACTION_RETRY_FAILED:
        await run_again(transaction, row, pb.RunJobRequest(job_id=row.id))
    else:
        await transaction.ask(row.id, _ASKED[action], "")


def _filter(given: pb.JobFilter, applies: Collection[int]) -> Filter:
    """The filter, of jobs in the states to which an action applies."""
    states = [state for state in applies if not given.states or state in given.states]
    return Filter(states if applies else list(given.states), dict(given.labels), list(given.job_ids))


def _left(usual: float | None, elapsed: Sequence[float], counts: Mapping[int, int]) -> float | None:
    """Seconds until all that wait or run have ended, as many at a time as now."""
    waiting = counts.get(JobState.JOB_STATE_QUEUED, 0)
    if usual is None or not (elapsed or waiting):
        return None
    rest = [max(usual - seconds, usual / 10) for seconds in elapsed]
    return max([*rest, (sum(rest) + waiting * usual) / max(1, len(rest))])
