"""The executions that this replica runs: takes those whose turn it is, lets them go on, and hands them over.

It holds no more of them in memory than may be active at once; what waits is in the database alone. Everything
that is asked of an execution comes through the database, too, so that it reaches the replica that runs it.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from google.rpc import code_pb2
from google.rpc.status_pb2 import Status

from orchestrator.drive import commands
from orchestrator.drive.execution import Execution
from orchestrator.drive.limits import MARGIN
from orchestrator.drive.log import rung
from orchestrator.drive.world import World
from orchestrator.store import leases, queries
from orchestrator.store.appending import Append, Gone, Transaction
from orchestrator.store.direct import REFUSALS
from orchestrator.store.leases import Lease
from orchestrator.store.notices import Notice
from orchestrator.store.rows import CommandRow, ExecutionRow, JobRow, StepRow, now, timestamp
from reelmesh.orchestrator.v1 import events_pb2
from reelmesh.orchestrator.v1.job_pb2 import ExecutionState, JobState
from servers.chassis.errors import Unavailable

POLL_SECONDS = 1.0
"""Time between two looks into the database for what no notice told of."""
CHUNK = 32
"""Most executions taken at once: the first are under way before the last are read."""
ANSWER_SECONDS = 10.0
"""How long a caller waits until what was asked is done; it is done later, then."""
LOOK_SECONDS = 0.1
"""Time between two looks whether it is."""
TOP_PRIORITY = 9
_log = structlog.get_logger("reelmesh.driver")


@dataclass(eq=False)
class _Held:
    """A job whose lease this replica holds."""

    job: JobRow
    row: ExecutionRow
    execution: Execution | None
    """None: it could not be begun."""
    obeyed: set[int]
    """Commands that it was given."""
    task: asyncio.Task[None] | None = None

    @property
    def finished(self) -> bool:
        """Whether it has ended; it may still have to tell servers so."""
        return self.execution is not None and self.execution.walk.finished

    @property
    def priority(self) -> int:
        """The job's priority as it is now."""
        return (self.execution.record.job if self.execution is not None else self.job).priority

    @property
    def lease(self) -> Lease:
        """The lease it runs under."""
        return self.job.id, self.job.lease_token


class Driver:
    """The executions that this replica runs, by job."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._store = world.store
        self._leases = world.store.leases
        self._held: dict[str, _Held] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._returned: list[Lease] = []  # to give back
        self._more = self._asked = True  # whether something may wait to be taken, to be done
        self._news = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self._closed = False

    def start(self) -> None:
        """Begins to take executions: first those that were left by a stop, in order of priority."""
        self._loop = asyncio.create_task(self._run(), name="driver")

    def heard(self, notice: Notice | None) -> None:
        """Takes a hint that there is something to do. None: there may be."""
        if notice is not None:
            self._world.limits.heard(notice.freed)
        self._more |= notice is None or notice.waiting
        self._asked |= notice is None or notice.commands
        if notice is None or notice.waiting or notice.commands:
            self._news.set()

    def find(self, job_id: str) -> Execution | None:
        """The execution of a job that is under way here."""
        held = self._held.get(job_id)
        return held.execution if held is not None else None

    @property
    def running(self) -> int:
        """How many executions are under way here."""
        return len(self._held)

    async def done(self, owner: str, command_id: int) -> None:
        """Waits until a command is done, here or by another replica; not for ever.

        Raises:
            Unavailable: this replica is stopping. The command is stored, and another one will do it.
        """
        bell = self._world.log.bell(owner)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while True:
                    if self._closed:
                        raise Unavailable("the orchestrator is stopping")
                    bell.clear()
                    async with self._store.read() as connection:
                        if not await leases.is_open(connection, command_id):
                            return
                    await rung(bell, LOOK_SECONDS)
        except TimeoutError:
            _log.warning("what was asked takes long", command=command_id)
        finally:
            self._world.log.unbell(owner, bell)

    async def close(self) -> None:
        """Hands every execution over, as it is stored. The servers keep the work for their linger time."""
        if self._closed:
            return
        self._closed = True
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await self._give_back(None)
        except Unavailable as fault:
            _log.warning("the leases could not be given back: they expire", cause=str(fault))

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            self._news.clear()
            try:
                if clock() >= due:
                    await self._look_after()
                    due = clock() + POLL_SECONDS
                    self._more = self._asked = True
                if self._returned:
                    returned, self._returned = self._returned, []
                    await self._give_back(returned)
                if self._asked:
                    self._asked = False
                    await self._obey()
                if self._more:
                    await self._claim()
            except Unavailable as fault:  # the next look finds everything again
                _log.warning("executions can not be taken now", cause=str(fault))
                due = clock() + POLL_SECONDS
                self._news.clear()
            except Exception as fault:
                _log.error("the driver failed, and goes on", exc_info=fault)
                due = clock() + POLL_SECONDS
                self._news.clear()
            await rung(self._news, max(0.0, due - clock()))

    async def _look_after(self) -> None:
        """Keeps the leases of executions that go forward, gives up those that were lost meanwhile, and takes
        those away that others do not keep."""
        for held in self._held.values():
            if held.execution is not None and held.execution.stuck and held.task is not None:
                _log.error("an execution is stuck: it begins again from what is stored", job=held.job.id)
                held.task.cancel()

        begin = asyncio.get_running_loop().time()
        held_before = list(self._held.values())

        async def work(transaction: Transaction) -> tuple[set[str], int]:
            renewed = await self._leases.renew(transaction.connection, [held.job.id for held in held_before])
            return renewed, await self._leases.reap(transaction.connection)

        renewed, reaped = await self._store.transact(work)
        for held in held_before:
            # Who was stopped for long learns here what is another's now, before it makes another call.
            if held.job.id not in renewed and not held.finished and held.task is not None:
                held.task.cancel()
        if self._leases.expire:
            self._world.limiter.trust(begin + MARGIN * self._leases.seconds)
        if reaped:
            _log.warning("executions of replicas that are gone, or do not go forward, are free", count=reaped)

    async def _give_back(self, leases: Sequence[Lease] | None) -> None:
        async def work(transaction: Transaction) -> None:
            if await self._leases.release(transaction.connection, leases):
                transaction.notice.waiting = transaction.notice.commands = True

        await self._store.transact(work)

    # -- taking executions ---------------------------------------------------------------------------------

    def _room(self) -> tuple[int, int]:
        """(lowest priority of which another execution may be active, how many may).

        Those of lower priority do not count: what is urgent never waits for what is not.
        """
        counts = Counter(held.priority for held in self._held.values())
        for least in range(TOP_PRIORITY + 1):
            room = self._world.rules.active - sum(counts[p] for p in range(least, TOP_PRIORITY + 1))
            if room > 0:
                return least, room
        return TOP_PRIORITY, 0

    async def _claim(self) -> None:
        """Takes executions until there is no room, or none waits.

        An owner who has none active is let in although there is no room, with one: nobody waits for others'
        executions to end, only for his turn among their calls.
        """
        while True:
            least, room = self._room()
            limit = min(room, CHUNK)
            rows = await self._claimed(limit, least) if limit else []
            if not rows and least:
                rows = await self._claimed(1, 0, frozenset(held.job.owner for held in self._held.values()))
            elif len(rows) < limit and not least:
                self._more = False
            if not rows:
                return
            await self._begin(rows)

    async def _claimed(self, limit: int, least: int, besides: frozenset[str] = frozenset()) -> list[JobRow]:
        async def work(transaction: Transaction) -> list[JobRow]:
            return await self._leases.claim(transaction.connection, limit, least=least, besides=besides)

        return await self._store.transact(work)

    async def _obey(self) -> None:
        """Hands out what was asked, and takes the executions that nobody holds of which something was."""
        async with self._store.read() as connection:
            asked = await self._leases.asked(connection)
        for row in asked:
            held = self._held.get(row.job_id)
            if held is None or held.execution is None or row.id in held.obeyed:
                continue
            command = commands.read(row)
            if command is not None:
                held.obeyed.add(row.id)
                held.execution.obey(command)

        async def work(transaction: Transaction) -> list[JobRow]:
            return await self._leases.claim_commanded(transaction.connection, commands.KINDS, CHUNK)

        while rows := await self._store.transact(work):
            await self._begin(rows)

    async def _begin(self, rows: Sequence[JobRow]) -> None:
        """Begins executions whose leases were just taken, or goes on with them."""
        left = deque(rows)
        try:
            async with self._store.read() as connection:
                found = await queries.executions_by_id(connection, [row.execution_id for row in rows])
                steps = await queries.steps_of(connection, list(found))
                asked = await self._leases.asked(connection)
            while left:
                job = left[0]
                await self._replace(job.id)
                row = found[job.execution_id]
                self._launch(job, row, steps.get(row.id, []), [one for one in asked if one.job_id == job.id])
                left.popleft()
                await asyncio.sleep(0)  # what has begun goes on while others are read
        finally:
            self._returned += [(row.id, row.lease_token) for row in left]

    async def _replace(self, job_id: str) -> None:
        """Ends an execution here that does not know yet that another replica had it meanwhile."""
        before = self._held.get(job_id)
        if before is not None and before.task is not None and not before.finished:
            before.task.cancel()
            await asyncio.gather(before.task, return_exceptions=True)

    def _launch(
        self, job: JobRow, row: ExecutionRow, steps: Sequence[StepRow], asked: Sequence[CommandRow]
    ) -> None:
        orders = [command for one in asked if (command := commands.read(one)) is not None]
        held = _Held(job, row, None, {command.id for command in orders})
        try:
            held.execution = Execution(self._world, job, row, steps, orders)
        except Exception as error:  # e.g. a graph that this version can not read
            _log.error("execution can not be begun", job=job.id, execution=row.id, exc_info=error)
            work = self._fail(held, f"{type(error).__name__} in the orchestrator; its log tells more")
        else:
            work = self._drive(held, held.execution)
        self._held[job.id] = held
        held.task = asyncio.create_task(work, name=f"execution {row.id}")
        self._tasks.add(held.task)
        held.task.add_done_callback(self._tasks.discard)
        held.task.add_done_callback(lambda _: self._forget(held))

    async def _drive(self, held: _Held, execution: Execution) -> None:
        try:
            await execution.run()
        except Exception as error:
            if self._closed:
                return
            # A fault of ours must not leave a job that never ends.
            _log.error(
                "execution failed unexpectedly", job=held.job.id, execution=held.row.id, exc_info=error
            )
            await self._fail(held, f"{type(error).__name__} in the orchestrator; its log tells more")

    def _forget(self, held: _Held) -> None:
        if self._held.get(held.job.id) is held:
            del self._held[held.job.id]
        if not held.finished:
            self._returned.append(held.lease)
        if self._returned or self._more:
            self._news.set()

    async def _fail(self, held: _Held, message: str) -> None:
        job, row, execution = held.job, held.row, held.execution
        time, error = now(), Status(code=code_pb2.INTERNAL, message=message)
        failed = ExecutionState.EXECUTION_STATE_FAILED
        changed = events_pb2.ExecutionChanged(state=failed, error=error, number=row.number)
        ended = events_pb2.JobChanged(state=JobState.JOB_STATE_FAILED)
        about: dict[str, Any] = {"time": timestamp(time), "job_id": job.id}
        append = Append(
            job_id=job.id,
            owner=job.owner,
            events=[
                events_pb2.Event(**about, execution_id=row.id, execution_changed=changed),
                events_pb2.Event(**about, job_changed=ended),
            ],
            job={
                "state": int(JobState.JOB_STATE_FAILED),
                "end_time": time,
                "lease_holder": None,
                "lease_until": None,
            },
            execution_id=row.id,
            execution={"state": failed, "end_time": time, "error": error.SerializeToString()},
            token=job.lease_token,
            after=execution.sequence if execution is not None else job.sequence,
        )
        try:
            await self._store.append(append)
        except Gone:
            _log.info("the job was deleted, or is another replica's now", job=job.id)
        except REFUSALS as fault:
            _log.error("the database refuses to write", job=job.id, cause=str(fault))
