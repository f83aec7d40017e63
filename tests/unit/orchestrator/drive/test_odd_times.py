"""Clocks that jump, and databases that do not write: the work waits or goes on, and ends the same."""

from __future__ import annotations

import itertools
import time

import grpc
import pytest
from sqlalchemy import text

from orchestrator.building import database_url
from orchestrator.drive.retry import reason
from reelmesh.orchestrator.v1 import job_service_pb2 as pb
from reelmesh.orchestrator.v1.job_pb2 import JobState
from tests.unit.orchestrator import stores
from tests.unit.orchestrator.conftest import (
    POSTGRESQL,
    Workbench,
    as_owner,
    eventually,
    speech,
    states,
    status_of,
)

YEAR = 365 * 86_400 * 10**9


async def test_a_clock_that_jumps_changes_nothing(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    real, jumps = time.time_ns, itertools.cycle([0, 3 * YEAR, -2 * YEAR, YEAR, -3 * YEAR])
    monkeypatch.setattr("orchestrator.store.rows.time.time_ns", lambda: real() + next(jumps))
    await bench.mesh.start("tts")
    async with bench.orchestrator(remember=False) as orchestrator:
        jobs = [
            await orchestrator.submit(speech("[fail Unavailable 2]", "a", "[busy 2]"), request_id=f"{number}")
            for number in range(3)
        ]
        for job in jobs:
            ended = await orchestrator.ended(job.id)
            assert ended.state == JobState.JOB_STATE_SUCCEEDED
            call = orchestrator.jobs.WatchJob(
                pb.WatchJobRequest(job_id=job.id, after_sequence=0), metadata=as_owner("ann")
            )
            sequences = [response.event.sequence async for response in call]
            assert sequences == list(range(1, ended.sequence + 1))
    assert set(bench.mesh.toys["tts"].calls.values()) == {1, 3}


@POSTGRESQL
async def test_a_database_that_can_only_be_read_is_waited_out(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    toy = bench.mesh.toys["tts"]
    async with bench.orchestrator() as orchestrator:
        job = await orchestrator.submit(speech("[hang]"))
        await orchestrator.until(job.id, lambda job: states(job) == {"s0": "RUNNING"})
        await read_only(bench, "on")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await orchestrator.submit(speech("b"))
        assert refused.value.code() == grpc.StatusCode.UNAVAILABLE
        assert reason(status_of(refused.value)) == "DATABASE_UNAVAILABLE"
        toy.gate.set()
        await eventually(lambda: bool(toy.done))
        assert states(await orchestrator.get(job.id)) == {"s0": "RUNNING"}
        await read_only(bench, "off")
        assert (await orchestrator.ended(job.id)).state == JobState.JOB_STATE_SUCCEEDED
    assert set(toy.calls.values()) == {1}


async def read_only(bench: Workbench, switch: str) -> None:
    """Lets every session from now on only read; or write again."""
    url = database_url(bench.settings())
    engine = stores.engine(url)
    async with engine.begin() as connection:
        await connection.execute(text("SET TRANSACTION READ WRITE"))
        await connection.execute(
            text(f'ALTER DATABASE "{url.database}" SET default_transaction_read_only = {switch}')
        )
    async with engine.begin() as connection:
        await connection.execute(text(stores.CUT))
    await engine.dispose()
