"""Stores on databases of each kind, and what tests put into them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.store import postgres as postgres_engines
from orchestrator.store.appending import Transaction
from orchestrator.store.rows import new_id, now
from orchestrator.store.schema import executions, jobs
from orchestrator.store.store import Store
from reelmesh.orchestrator.v1.events_pb2 import Event, JobChanged
from reelmesh.orchestrator.v1.job_pb2 import JobState
from tests.postgres import Postgres

CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
"""Ends every other connection to a PostgreSQL database."""


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """An empty database of each kind."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        return await server.database()
    return file(tmp_path / "jobs.db")


def engine(url: URL) -> AsyncEngine:
    """An engine of the test's own, beside the orchestrators."""
    return postgres_engines.writer(url)


def file(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))


@asynccontextmanager
async def opened(url: URL, published: list[tuple[str, Event]] | None = None) -> AsyncIterator[Store]:
    store = await Store.open(url)
    if published is not None:
        store.on_events = published.extend
    try:
        yield store
    finally:
        await store.close()


async def add_job(store: Store, owner: str = "ann", **columns: object) -> str:
    job_id = new_id()
    row = {
        "id": job_id,
        "owner": owner,
        "request_id": None,
        "spec_digest": b"",
        "spec": b"",
        "state": int(JobState.JOB_STATE_QUEUED),
        "priority": 5,
        "create_time": now(),
        "execution_id": job_id,
        "sequence": 0,
        **columns,
    }

    async def work(transaction: Transaction) -> None:
        await transaction.connection.execute(insert(jobs).values(**row))
        await transaction.connection.execute(
            insert(executions).values(
                id=job_id, job_id=job_id, number=1, from_step="", graph=b"", state=1, create_time=now(),
                failed_step="", warnings="[]",
            )
        )  # fmt: skip

    await store.transact(work)
    return job_id


def changed(state: JobState.ValueType = JobState.JOB_STATE_RUNNING) -> Event:
    return Event(job_changed=JobChanged(state=state))
