"""A restart with many jobs: it goes on at once, with the important ones first, and holds few in memory."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from sqlalchemy import insert
from sqlalchemy.engine import URL

from orchestrator.store.appending import Transaction
from orchestrator.store.rows import ExecutionRow, JobRow, StepRow, new_id, now
from orchestrator.store.schema import executions, jobs, steps
from orchestrator.store.store import Store
from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
from reelmesh.orchestrator.v1.job_pb2 import ExecutionState, JobSpec, JobState, StepState
from reelmesh.orchestrator.v1.job_service_pb2 import ListJobsRequest
from reelmesh.tts.v1.tts_pb2 import SynthesizeResult
from tests.faults.studio import studio

MOST_MEMORY_BYTES = 250 * 2**20
AT_ONCE = 500
LIST = ListJobsRequest(page_size=1)


async def fill(store: Store, count: int, length: int, *, begun: bool) -> dict[str, int]:
    """Stores jobs of so many steps, of every priority; returns the priority of each execution."""
    graph = StepGraph()
    for number in range(length):
        graph.steps.add(
            id=f"s{number}", synthesize={"text": f"{number}"}, after=[f"s{number - 1}"] if number else []
        )
    spec, graph_bytes = JobSpec(graph=graph).SerializeToString(), graph.SerializeToString()
    state = JobState.JOB_STATE_RUNNING if begun else JobState.JOB_STATE_QUEUED
    run = ExecutionState.EXECUTION_STATE_RUNNING if begun else ExecutionState.EXECUTION_STATE_QUEUED
    made = []
    for number in range(count):
        job_id, execution_id = new_id(), new_id()
        job = JobRow(job_id, "ann", None, b"", spec, state, number % 10, now(), None, execution_id, None, 0)
        made.append((job, ExecutionRow(execution_id, job_id, 1, None, "", graph_bytes, run, now())))

    async def work(transaction: Transaction) -> None:
        connection = transaction.connection
        await connection.execute(insert(jobs), [vars(job) for job, _ in made])
        await connection.execute(insert(executions), [vars(execution) for _, execution in made])
        rows = [row for _, execution in made for row in half_done(execution.id, length)] if begun else []
        for start in range(0, len(rows), AT_ONCE):
            await connection.execute(insert(steps), [vars(row) for row in rows[start : start + AT_ONCE]])

    await store.transact(work)
    return {execution.id: job.priority for job, execution in made}


def half_done(execution_id: str, length: int) -> list[StepRow]:
    """Half of the steps done, one running, the rest to come."""
    result = SynthesizeResult(audio={"digest": "0" * 64, "media_type": "audio/wav"}).SerializeToString()
    pending = StepRow(execution_id, "", -1, StepState.STEP_STATE_PENDING)
    rows = [replace(pending, step=f"s{number}") for number in range(length)]
    for number in range(length // 2):
        rows[number] = replace(rows[number], state=StepState.STEP_STATE_SUCCEEDED, attempts=1, result=result)
    request_id = f"{execution_id}/s{length // 2}"
    rows[length // 2] = replace(
        rows[length // 2], state=StepState.STEP_STATE_RUNNING, attempts=1, request_id=request_id
    )
    return rows


@pytest.mark.slow
async def test_a_restart_with_many_running_jobs_goes_on_at_once(sockets: Path) -> None:
    async with studio(sockets, random.Random(1), None, replicas=1, remember=False) as whole:
        orchestrator = whole.orchestrators[0]
        await whole.call("ListJobs", LIST)
        await orchestrator.end(signal.SIGTERM)
        store = await Store.open(URL.create("sqlite", database=str(sockets / "home" / "reelmesh.db")))
        try:
            priorities = await fill(store, 1000, 50, begun=True)
        finally:
            await store.close()
        await orchestrator.start()
        begun = time.monotonic()
        await whole.call("ListJobs", LIST)  # it listens
        listens = time.monotonic()
        while len(whole.runs()) < 50:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        first = sorted((runs[0][1], request_id) for request_id, runs in whole.runs().items())
        print(
            f"dispatching {first[0][0] - begun:.2f} s after the start of the process, "
            f"{first[0][0] - listens:+.2f} s after it listens"
        )
        assert {priorities[request_id.split("/")[0]] for _, request_id in first[:50]} == {9}


@pytest.mark.slow
async def test_jobs_that_wait_are_not_held_in_memory(sockets: Path) -> None:
    async with studio(sockets, random.Random(1), None, replicas=1, remember=False) as whole:
        orchestrator = whole.orchestrators[0]
        await whole.call("ListJobs", LIST)
        await orchestrator.end(signal.SIGTERM)
        store = await Store.open(URL.create("sqlite", database=str(sockets / "home" / "reelmesh.db")))
        try:
            await fill(store, 10_000, 20, begun=False)
        finally:
            await store.close()
        await orchestrator.start()
        while len(whole.runs()) < 500:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        used = psutil.Process(orchestrator.pid).memory_info().rss
        print(f"{used / 2**20:.0f} MB with 10,000 jobs queued")
        assert used < MOST_MEMORY_BYTES
