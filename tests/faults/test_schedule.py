"""A seeded schedule of faults under load: whatever dies, stops or is cut off, nothing is lost or done twice.

Orchestrators, the servers they call, the lines between them and the database are killed, stopped, told to
end, held up and cut off, one after the other, while jobs come in, are paused, resumed and cancelled; and an
orchestrator is killed at every named point of its work (`dying_orchestrator`). Then

- every job has ended as it should;
- its log has no gap, and tells of each step's success at most once, and once where the job succeeded;
- a step ran once, and once more at most for each kill of its server that fell between two runs;
- every asset that a result names is in the store.

REELMESH_FAULTS sets how many faults there are (a release is run through 300, and through every named point),
REELMESH_SEED which.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path

import pytest

from reelmesh.orchestrator.v1 import job_service_pb2 as pb
from reelmesh.orchestrator.v1.events_pb2 import Event
from reelmesh.orchestrator.v1.job_pb2 import Job, JobSpec, JobState, StepState
from tests.faults.dying_orchestrator import POINTS
from tests.faults.lines import Line
from tests.faults.studio import Process, Studio, studio
from tests.postgres import Postgres

FAULTS = int(os.environ.get("REELMESH_FAULTS", "10"))
SEED = int(os.environ.get("REELMESH_SEED", "1"))
JOBS_AT_ONCE = 200 if FAULTS > 50 else 24
SUCCEEDED, FAILED, CANCELLED = (
    JobState.JOB_STATE_SUCCEEDED,
    JobState.JOB_STATE_FAILED,
    JobState.JOB_STATE_CANCELLED,
)
STEPS = {"a", "b", "c", "d"}


def graph(text: str) -> JobSpec:
    """Two speeches at once, then a picture, then another speech."""
    spec = JobSpec()
    spec.graph.steps.add(id="a", synthesize={"text": f"{text} a"})
    spec.graph.steps.add(id="b", synthesize={"text": f"{text} b"})
    spec.graph.steps.add(id="c", generate_image={"prompt": f"{text} c"}, after=["a", "b"])
    spec.graph.steps.add(id="d", synthesize={"text": f"{text} d"}, after=["c"])
    return spec


class Load:
    """Jobs that come in for as long as faults do."""

    def __init__(self, studio: Studio, chance: random.Random) -> None:
        self.wanted: dict[str, set[int]] = {}
        """How each job may end."""
        self.over = False
        self._studio = studio
        self._chance = chance
        self._meddling: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Submits jobs until it is over, and meddles with some."""
        number = 0
        while not self.over:
            unended = pb.ListJobsRequest(states=[1, 2, 3, 4], page_size=1000)
            room = JOBS_AT_ONCE - len((await self._studio.call("ListJobs", unended)).jobs)
            for _ in range(room):
                number += 1
                await self._submit(number)
            await asyncio.sleep(0.2)

    async def _submit(self, number: int) -> None:
        refused = self._chance.random() < 0.05
        spec = graph(f"{number} [fail InvalidArgument]" if refused else f"{number}")
        spec.priority = self._chance.randint(0, 9)
        request = pb.SubmitJobRequest(spec=spec, request_id=f"job-{number}")
        job_id = (await self._studio.call("SubmitJob", request)).job.id
        assert job_id not in self.wanted
        self.wanted[job_id] = {FAILED} if refused else {SUCCEEDED}
        chosen = self._chance.random()
        if chosen < 0.1:
            self.wanted[job_id].add(CANCELLED)
            self._meddling.append(asyncio.create_task(self._cancel(job_id)))
        elif chosen < 0.2:
            self._meddling.append(asyncio.create_task(self._hold(job_id)))

    async def _cancel(self, job_id: str) -> None:
        await asyncio.sleep(self._chance.uniform(0, 2))
        await self._studio.call("CancelJob", pb.CancelJobRequest(job_id=job_id))

    async def _hold(self, job_id: str) -> None:
        await asyncio.sleep(self._chance.uniform(0, 1))
        for rpc, request in (("PauseJob", pb.PauseJobRequest), ("ResumeJob", pb.ResumeJobRequest)):
            try:
                await self._studio.call(rpc, request(job_id=job_id))
            except Exception as error:
                if "has ended" not in str(error):
                    raise
            await asyncio.sleep(self._chance.uniform(0, 0.5))

    async def settled(self) -> None:
        """Waits until everything that was asked has been."""
        await asyncio.gather(*self._meddling)


class Faults:
    """What can happen."""

    def __init__(self, studio: Studio, chance: random.Random) -> None:
        self._studio = studio
        self._chance = chance
        self._kinds: list[Callable[[], Awaitable[str]]] = [
            self._kill, self._kill, self._kill, self._drain, self._stop, self._cut, self._hold_up,
        ]  # fmt: skip
        if studio.postgres is not None:
            self._kinds.append(self._database)

    async def next(self) -> str:
        """Does the next one; says what it was."""
        return await self._chance.choice(self._kinds)()

    async def _kill(self) -> str:
        victim = self._chance.choice(self._studio.processes)
        await victim.end(signal.SIGKILL)
        await victim.start()
        return f"{victim.name} was killed"

    async def _drain(self) -> str:
        victim = self._chance.choice(self._studio.orchestrators)
        await victim.end(signal.SIGTERM)
        await victim.start()
        return f"{victim.name} was told to end"

    async def _stop(self) -> str:
        victim = self._chance.choice(self._studio.processes)
        victim.send(signal.SIGSTOP)
        await asyncio.sleep(self._chance.uniform(0.1, 4))  # a lease lasts 2 s
        victim.send(signal.SIGCONT)
        return f"{victim.name} was stopped and woke up"

    async def _cut(self) -> str:
        line: Line = self._chance.choice(self._studio.lines)
        line.cut()
        await asyncio.sleep(self._chance.uniform(0, 1))
        line.mend()
        return f"{line.path.name} was cut off"

    async def _hold_up(self) -> str:
        line: Line = self._chance.choice(self._studio.lines)
        line.hold()
        await asyncio.sleep(self._chance.uniform(0.1, 3))
        line.mend()
        return f"{line.path.name} was held up"

    async def _database(self) -> str:
        postgres = self._studio.postgres
        assert postgres is not None
        await asyncio.to_thread(postgres.stop, self._chance.choice([signal.SIGQUIT, signal.SIGINT]))
        await asyncio.sleep(self._chance.uniform(0, 1))
        await asyncio.to_thread(postgres.start)
        return "the database was stopped"


async def progress(studio: Studio, steps: int, load: asyncio.Task[None]) -> None:
    """Waits until so many more runs have begun."""
    before = sum(map(len, studio.runs().values()))
    while sum(map(len, studio.runs().values())) < before + steps:
        if load.done():
            load.result()
        await asyncio.sleep(0.05)


@pytest.mark.slow
@pytest.mark.timeout(300 + 10 * FAULTS)
@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
async def test_nothing_is_lost_or_done_twice(
    sockets: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    chance = random.Random(SEED)
    postgres: Postgres | None = request.getfixturevalue("postgres") if kind == "postgresql" else None
    async with studio(sockets, chance, postgres, replicas=2 if postgres is not None else 1) as whole:
        load, faults = Load(whole, chance), Faults(whole, chance)
        submitting = asyncio.create_task(load.run())
        for number in range(FAULTS if postgres is not None else FAULTS // 2):
            await progress(whole, chance.randint(1, 12), submitting)
            print(number, await faults.next(), flush=True)
        load.over = True
        await submitting
        await load.settled()
        await check(whole, load)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_an_orchestrator_may_die_at_any_point(sockets: Path, postgres: Postgres) -> None:
    chance = random.Random(SEED)
    async with studio(sockets, chance, postgres, replicas=2) as whole:
        load = Load(whole, chance)
        submitting = asyncio.create_task(load.run())
        await progress(whole, 1, submitting)
        victim = whole.orchestrators[1]
        await victim.end()
        for point in POINTS if FAULTS > 50 else chance.sample(list(POINTS), 3):
            await victim.start_instead("tests.faults.dying_orchestrator", point, str(chance.randint(1, 3)))
            dying = asyncio.create_task(victim.dead())
            await asyncio.wait([dying, submitting], return_when=asyncio.FIRST_COMPLETED)
            if submitting.done():
                submitting.result()
            await dying
            print(f"it died {point}", flush=True)
        await victim.start()
        load.over = True
        await submitting
        await load.settled()
        await check(whole, load)


@pytest.mark.slow
async def test_a_rolling_restart_loses_and_repeats_nothing(sockets: Path, postgres: Postgres) -> None:
    chance = random.Random(SEED)
    async with studio(sockets, chance, postgres, replicas=2) as whole:
        load = Load(whole, chance)
        submitting = asyncio.create_task(load.run())
        for replica in whole.orchestrators * 2:
            await progress(whole, 30, submitting)
            await replica.end(signal.SIGTERM)
            await progress(whole, 30, submitting)  # the other one goes on
            await replica.start()
        load.over = True
        await submitting
        await load.settled()
        await check(whole, load)
        assert {len(runs) for runs in whole.runs().values()} == {1}


async def check(whole: Studio, load: Load) -> None:
    """Waits until every job has ended, and looks whether all is as it should be."""
    few = asyncio.Semaphore(16)

    async def followed(job_id: str) -> list[Event]:
        async with few:
            return await whole.log(job_id)

    logs = dict(zip(load.wanted, await asyncio.gather(*map(followed, load.wanted)), strict=True))
    jobs = {job_id: await whole.get(job_id) for job_id in load.wanted}
    check_ends(jobs, load.wanted)
    check_logs(logs, jobs)
    check_runs(whole, jobs)
    check_assets(whole, jobs)
    print(f"{len(jobs)} jobs, {sum(map(len, whole.runs().values()))} runs, all as it should be")


def check_ends(jobs: dict[str, Job], wanted: dict[str, set[int]]) -> None:
    wrong = {job_id: job for job_id, job in jobs.items() if job.state not in wanted[job_id]}
    assert not wrong, [(job.state, job.execution.error, wanted[job_id]) for job_id, job in wrong.items()]


def check_logs(logs: dict[str, list[Event]], jobs: dict[str, Job]) -> None:
    for job_id, log in logs.items():
        assert [event.sequence for event in log] == list(range(1, jobs[job_id].sequence + 1))
        done = Counter(
            event.step_changed.step.step
            for event in log
            if event.step_changed.step.state == StepState.STEP_STATE_SUCCEEDED
        )
        assert set(done.values()) <= {1}
        if jobs[job_id].state == SUCCEEDED:
            assert set(done) == STEPS


def check_runs(whole: Studio, jobs: dict[str, Job]) -> None:
    runs = whole.runs()
    for request_id, of_step in runs.items():
        for (server, before), (_, after) in pairwise(of_step):
            process: Process = whole.servers[server]
            assert any(before <= kill <= after for kill in process.kills), (
                f"{request_id} ran twice: {of_step}"
            )
    for job in jobs.values():
        if job.state == SUCCEEDED:
            assert {step.request_id for step in job.execution.steps} <= set(runs)


def check_assets(whole: Studio, jobs: dict[str, Job]) -> None:
    blobs = whole.folder / "home" / "store" / "blobs"
    for job in jobs.values():
        assert (job.state == SUCCEEDED) == bool(job.result.assets)
        for output in job.result.assets:
            digest = output.asset.digest
            assert (blobs / digest[:2] / digest[2:]).exists()
