"""Jobs: taken, listed, run again, changed, ended, deleted."""

from __future__ import annotations

import hashlib

from google.protobuf.duration_pb2 import Duration
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from orchestrator.api import views
from orchestrator.api.naming import file_name
from orchestrator.api.planning import graph_of, refuse
from orchestrator.api.reviewing import end_review, when_let_go
from orchestrator.api.writing import found, hide, label, new_job, priority, run_again, same, submit
from orchestrator.drive import commands
from orchestrator.drive.driver import Driver
from orchestrator.drive.mesh import CallFailed
from orchestrator.drive.world import World
from orchestrator.pure.signals import Key
from orchestrator.store import queries
from orchestrator.store.appending import Transaction
from orchestrator.store.queries import Filter
from orchestrator.store.rows import JobRow, new_id
from orchestrator.store.schema import NO_INDEX, jobs, labels
from reelmesh.orchestrator.v1 import job_service_pb2
from reelmesh.orchestrator.v1.job_pb2 import Job, JobSpec, JobState, StepState
from servers.chassis import paging
from servers.chassis.context import CallContext
from servers.chassis.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound

ANSWER_BYTES = 3_500_000
"""Room for a job in an answer: gRPC's limit is 4 MiB."""


class Jobs:
    """Everything that is done to jobs."""

    def __init__(self, world: World, driver: Driver) -> None:
        self._world = world
        self._driver = driver

    async def submit(self, owner: str, request: job_service_pb2.SubmitJobRequest) -> Job:
        """Stores a job. It begins when its turn has come.

        Raises:
            InvalidArgument: the spec breaks a rule.
            AlreadyExists: the request_id was used with another spec.
        """
        spec = request.spec
        digest = hashlib.sha256(spec.SerializeToString(deterministic=True)).digest()
        known = await self._submitted(owner, request.request_id, digest)
        if known is None:
            graph = graph_of(spec)
            refuse(graph)
            job, execution = new_job(owner, request, digest, graph.SerializeToString(deterministic=True))
            try:
                known = await self._world.store.transact(
                    lambda transaction: submit(transaction, job, execution)
                )
            except IntegrityError:  # a concurrent call with this request_id, to another replica, was quicker
                known = await self._submitted(owner, request.request_id, digest)
                if known is None:
                    raise
        return await self.get(owner, known.id)

    async def _submitted(self, owner: str, request_id: str, digest: bytes) -> JobRow | None:
        """The job that an earlier call with this request_id made."""
        if not request_id:
            return None
        async with self._world.store.read() as connection:
            return same(await queries.job_by_request(connection, owner, request_id), digest)

    async def get(
        self, owner: str, job_id: str, *, with_graph: bool = False, links: Duration | None = None
    ) -> Job:
        """A job with its latest execution and every step of it.

        Raises:
            NotFound: there is no such job.
        """
        async with self._world.store.read() as connection:
            row = found(await queries.job(connection, owner, job_id), job_id)
            execution = await queries.execution(connection, row.execution_id)
            steps = await queries.step_rows(connection, row.execution_id)
        assert execution is not None
        live = self._driver.find(job_id)
        job = views.job(row, views.execution(execution, steps, live, with_graph=with_graph))
        if links is not None:
            await self._link(owner, job, links)
        if job.ByteSize() > ANSWER_BYTES:
            job.execution.ClearField("graph")
        return job

    async def _link(self, owner: str, job: Job, lifetime: Duration) -> None:
        context = CallContext(owner=owner, job_id=job.id)
        try:
            for output in job.result.assets:
                name = file_name(output.path, output.asset.media_type)
                output.url = await self._world.mesh.sign(context, output.asset, lifetime, name)
        except CallFailed as failure:
            raise failure.fault() from failure

    async def list(
        self, owner: str, request: job_service_pb2.ListJobsRequest
    ) -> job_service_pb2.ListJobsResponse:
        """One page of jobs, newest first.

        Raises:
            InvalidArgument: the page token is not one of this server's.
        """
        size = request.page_size or paging.DEFAULT_PAGE_SIZE
        async with self._world.store.read() as connection:
            rows = await queries.list_jobs(
                connection,
                owner,
                before=paging.decode(request.page_token),
                limit=size + 1,
                where=Filter(list(request.states), dict(request.labels)),
                hidden=request.show_deleted,
            )
            shown = rows[:size]
            latest = await queries.executions_by_id(connection, [row.execution_id for row in shown])
        response = job_service_pb2.ListJobsResponse()
        room = ANSWER_BYTES
        for row in shown:
            execution = views.execution(latest[row.execution_id], (), self._driver.find(row.id))
            job = views.job(row, execution, brief=True)
            room -= job.ByteSize() + 8
            if room < 0 and response.jobs:
                break
            response.jobs.append(job)
        if len(rows) > len(response.jobs):
            response.next_page_token = paging.encode(response.jobs[-1].id)
        return response

    async def cancel(self, owner: str, job_id: str) -> Job:
        """Ends a job; one that has ended is left as it is.

        Raises:
            NotFound: there is no such job.
        """
        await self._ask(owner, job_id, commands.CANCEL, ended_too=True)
        return await self.get(owner, job_id)

    async def pause(self, owner: str, job_id: str) -> Job:
        """Holds a job.

        Raises:
            NotFound: there is no such job.
            FailedPrecondition: it has ended.
        """
        await self._ask(owner, job_id, commands.PAUSE)
        return await self.get(owner, job_id)

    async def resume(self, owner: str, job_id: str) -> Job:
        """Lets a paused job go on.

        Raises:
            NotFound: there is no such job.
            FailedPrecondition: it has ended.
        """
        await self._ask(owner, job_id, commands.RESUME)
        return await self.get(owner, job_id)

    async def run(self, owner: str, request: job_service_pb2.RunJobRequest) -> Job:
        """Runs a job again, with the edits made since.

        Raises:
            NotFound: there is no such job.
            FailedPrecondition: an execution is under way.
            InvalidArgument: `from_step` names no step of the job.
            AlreadyExists: the request_id was used with another request.
        """

        async def work(transaction: Transaction) -> JobRow:
            connection = transaction.connection
            row = found(await queries.job(connection, owner, request.job_id, lock=True), request.job_id)
            if request.request_id:
                earlier = await queries.execution_by_request(connection, row.id, request.request_id)
                if earlier is not None:
                    if earlier.from_step != request.from_step:
                        raise AlreadyExists("request_id: was used with another from_step; choose a new one")
                    return row
            if row.state == JobState.JOB_STATE_WAITING_FOR_REVIEW:
                await end_review(transaction, row)
            elif row.state not in queries.ENDED:
                raise FailedPrecondition(
                    f"job {row.id} has an execution under way: cancel it or wait", reason="JOB_RUNNING"
                )
            await run_again(transaction, row, request)
            return row

        row = await when_let_go(lambda: self._world.store.transact(work))
        return await self.get(owner, row.id)

    async def update(self, owner: str, request: job_service_pb2.UpdateJobRequest) -> Job:
        """Changes a job's priority, name or labels.

        Raises:
            NotFound: there is no such job.
            InvalidArgument: it would have more than 64 labels.
        """

        async def work(transaction: Transaction) -> int | None:
            connection = transaction.connection
            row = found(await queries.job(connection, owner, request.job_id, lock=True), request.job_id)
            spec = JobSpec.FromString(row.spec)
            _change(spec, request)
            values = {"spec": spec.SerializeToString(deterministic=True), "priority": priority(spec)}
            await connection.execute(update(jobs).where(jobs.c.id == row.id).values(**values))
            await connection.execute(delete(labels).where(labels.c.job_id == row.id))
            await label(transaction, row.id, spec.labels)
            if row.lease_holder is None or not request.HasField("priority"):
                return None
            return await transaction.ask(row.id, commands.PRIORITY, str(request.priority))

        await self._done(owner, await self._world.store.transact(work))
        return await self.get(owner, request.job_id)

    async def delete(self, owner: str, job_id: str) -> None:
        """Hides a job with its executions and events.

        Raises:
            NotFound: there is no such job.
            FailedPrecondition: an execution is under way.
        """

        async def work(transaction: Transaction) -> None:
            row = found(await queries.job(transaction.connection, owner, job_id, lock=True), job_id)
            if row.state not in queries.ENDED:
                raise FailedPrecondition(
                    f"job {job_id} has an execution under way: cancel it first", reason="JOB_RUNNING"
                )
            transaction.notice.deleted.add(job_id)
            await hide(transaction, [job_id])

        await self._world.store.transact(work)
        self._world.log.deleted(job_id)

    async def undelete(self, owner: str, job_id: str) -> Job:
        """Brings a hidden job back.

        Raises:
            NotFound: there is no such job, or it was purged.
        """

        async def work(transaction: Transaction) -> None:
            found(await queries.job(transaction.connection, owner, job_id, lock=True, hidden=True), job_id)
            shown = update(jobs).where(jobs.c.id == job_id).values(delete_time=None)
            await transaction.connection.execute(shown)

        await self._world.store.transact(work)
        return await self.get(owner, job_id)

    async def list_executions(
        self, owner: str, request: job_service_pb2.ListExecutionsRequest
    ) -> job_service_pb2.ListExecutionsResponse:
        """One page of a job's executions, newest first.

        Raises:
            NotFound: there is no such job.
            InvalidArgument: the page token is not one of this server's.
        """
        size = request.page_size or paging.DEFAULT_PAGE_SIZE
        token = paging.decode(request.page_token)
        if token and not token.isdecimal():
            raise InvalidArgument(("page_token", "is not a token of this server"))
        async with self._world.store.read() as connection:
            found(await queries.job(connection, owner, request.job_id), request.job_id)
            rows = await queries.list_executions(
                connection, request.job_id, before=int(token or 0), limit=size + 1
            )
        live = self._driver.find(request.job_id)
        more = len(rows) > size
        return job_service_pb2.ListExecutionsResponse(
            executions=[views.execution(row, (), live) for row in rows[:size]],
            next_page_token=paging.encode(str(rows[size - 1].number)) if more else "",
        )

    async def resolve_unconfirmed(
        self, owner: str, request: job_service_pb2.ResolveUnconfirmedRequest
    ) -> Job:
        """Does what a person decided about a paid call of unknown outcome.

        Raises:
            NotFound: there is no such job or step.
            FailedPrecondition: the step is not UNCONFIRMED.
        """
        row = await self._row(owner, request.job_id)
        key = Key(request.step, request.index if request.HasField("index") else None)
        async with self._world.store.read() as connection:
            steps = await queries.step_rows(connection, row.execution_id)
        index = NO_INDEX if key.index is None else key.index
        step = next((one for one in steps if (one.step, one.index) == (key.step, index)), None)
        if step is None:
            raise NotFound("step", str(key), field="step")
        if step.state != StepState.STEP_STATE_UNCONFIRMED:
            raise FailedPrecondition(f"step {key} is not UNCONFIRMED", reason="NOT_UNCONFIRMED")
        anew = None
        if request.decision == job_service_pb2.UNCONFIRMED_DECISION_RESUBMIT:
            # Under its old id the server would give the old outcome again: a person allowed a new submit.
            anew = f"{row.execution_id}/{key}/{new_id()}"
        decision = commands.decision(key, request.decision, anew)
        await self._ask(owner, row.id, commands.DECIDE, decision, ended_too=True)
        return await self.get(owner, row.id)

    async def _row(self, owner: str, job_id: str) -> JobRow:
        async with self._world.store.read() as connection:
            return found(await queries.job(connection, owner, job_id), job_id)

    async def _ask(
        self, owner: str, job_id: str, kind: str, body: str = "", *, ended_too: bool = False
    ) -> None:
        """Asks something of a job's execution, wherever it runs, and waits until it is done.

        Raises:
            NotFound: there is no such job.
            FailedPrecondition: it has ended. With `ended_too` it is left as it is.
        """

        async def work(transaction: Transaction) -> int | None:
            row = found(await queries.job(transaction.connection, owner, job_id, lock=True), job_id)
            if row.state not in queries.ENDED:
                return await transaction.ask(job_id, kind, body)
            if not ended_too:
                raise FailedPrecondition(f"job {job_id} has ended", reason="JOB_ENDED")
            return None

        await self._done(owner, await self._world.store.transact(work))

    async def _done(self, owner: str, command_id: int | None) -> None:
        if command_id is not None:
            await self._driver.done(owner, command_id)


def _change(spec: JobSpec, request: job_service_pb2.UpdateJobRequest) -> None:
    if request.HasField("priority"):
        spec.priority = request.priority
    if request.HasField("display_name"):
        spec.display_name = request.display_name
    for name, value in request.labels.items():
        if value:
            spec.labels[name] = value
        else:
            spec.labels.pop(name, None)
    if len(spec.labels) > 64:
        raise InvalidArgument(("labels", "a job has at most 64 labels"))
