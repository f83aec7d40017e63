"""Databases of released versions are opened, upgraded, and nothing in them is lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from orchestrator.store import queries
from orchestrator.store.schema import HEAD, metadata
from reelmesh.orchestrator.v1.job_pb2 import JobState
from tests.unit.orchestrator.conftest import SQLITE, Workbench
from tests.unit.orchestrator.stores import file, opened

RELEASED = sorted((Path(__file__).parent / "released").glob("*.sql"))
TABLES = ("jobs", "executions", "steps", "events", "labels", "remembered", "scene_edits", "durations")


def restore(dump: Path, path: Path) -> dict[str, int]:
    """Makes a database of a released version; returns how many rows its tables have."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(dump.read_text())
        return {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}


@pytest.mark.parametrize("dump", RELEASED, ids=lambda dump: dump.stem)
async def test_a_released_database_is_upgraded_and_keeps_everything(dump: Path, tmp_path: Path) -> None:
    before = restore(dump, tmp_path / "jobs.db")
    for _ in range(2):
        async with opened(file(tmp_path / "jobs.db")) as store, store.read() as connection:
            for table, rows in before.items():
                counted = await connection.execute(select(func.count()).select_from(metadata.tables[table]))
                assert counted.scalar_one() == rows
            assert len(await queries.list_jobs(connection, "ann", limit=100)) == before["jobs"]
    with closing(sqlite3.connect(tmp_path / "jobs.db")) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []


@SQLITE
@pytest.mark.parametrize("dump", RELEASED, ids=lambda dump: dump.stem)
async def test_its_jobs_go_on(bench: Workbench, own_settings: Path, dump: Path) -> None:
    restore(dump, own_settings / "reelmesh.db")
    await bench.mesh.start("storage", "tts")
    async with bench.orchestrator() as orchestrator:
        for number in (1, 2, 3):
            job = await orchestrator.ended(f"1m89fx00000000000j{number:02}")
            assert job.state == JobState.JOB_STATE_SUCCEEDED
        paused = await orchestrator.get("1m89fx00000000000j04")
        assert paused.state == JobState.JOB_STATE_PAUSED
