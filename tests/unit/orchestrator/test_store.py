"""The store: migrations, group commit, sequences, reading beside writing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, event, inspect, select, update
from sqlalchemy.engine import URL

from orchestrator.store import queries, sqlite
from orchestrator.store.appending import Append, Gone, Transaction
from orchestrator.store.migrate import MIGRATIONS
from orchestrator.store.rows import RememberedRow, StepRow, new_id
from orchestrator.store.schema import HEAD, compatibility, executions, jobs, metadata
from reelmesh.orchestrator.v1.events_pb2 import Event
from reelmesh.orchestrator.v1.job_pb2 import JobState
from servers.chassis.errors import FailedPrecondition, Unavailable
from tests.unit.orchestrator.stores import add_job, changed, database, file, opened

__all__ = ["database"]  # a fixture


async def test_sequences_have_no_gap_and_are_published_in_order(database: URL) -> None:
    published: list[tuple[str, Event]] = []
    async with opened(database, published) as store:
        ids = [await add_job(store) for _ in range(3)]
        await asyncio.gather(
            *(
                store.append(Append(job_id, "ann", [changed(), changed()]))
                for _ in range(20)
                for job_id in ids
            )
        )
        async with store.read() as connection:
            for job_id in ids:
                stored = await queries.events_after(connection, job_id, 0, 1000)
                assert [sequence for sequence, _ in stored] == list(range(1, 41))
                assert [Event.FromString(body).sequence for _, body in stored] == list(range(1, 41))
                row = await queries.job(connection, "ann", job_id)
                assert row is not None
                assert row.sequence == 40
            everything = await queries.owner_events_after(connection, "ann", 0, with_steps=False, limit=1000)
    assert len(everything) == len(published) == 120
    assert [Event.FromString(body).sequence for _, body in everything] == [e.sequence for _, e in published]


async def test_concurrent_writes_share_transactions(database: URL) -> None:
    async with opened(database) as store:
        job_id = await add_job(store)
        commits: list[object] = []
        event.listen(
            getattr(store._writing._writing, "sync_engine", store._writing._writing), "commit", commits.append
        )
        await asyncio.gather(*(store.append(Append(job_id, "ann", [changed()])) for _ in range(500)))
    assert len(commits) < 50


async def test_a_write_that_fails_takes_no_other_with_it(database: URL) -> None:
    published: list[tuple[str, Event]] = []
    async with opened(database, published) as store:
        job_id = await add_job(store)

        async def fails(transaction: Transaction) -> None:
            await transaction.append(Append(job_id, "ann", [changed(JobState.JOB_STATE_FAILED)]))
            raise FailedPrecondition("no")

        outcomes = await asyncio.gather(
            store.append(Append(job_id, "ann", [changed()])),
            store.append(Append("nobody", "ann", [changed()])),
            store.transact(fails),
            store.append(Append(job_id, "ann", [changed()])),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes] == [type(None), Gone, FailedPrecondition, type(None)]
        async with store.read() as connection:
            stored = await queries.events_after(connection, job_id, 0, 1000)
    assert [Event.FromString(body).job_changed.state for _, body in stored] == [
        JobState.JOB_STATE_RUNNING,
        JobState.JOB_STATE_RUNNING,
    ]
    assert [event.sequence for _, event in published] == [1, 2]


async def test_a_write_is_done_even_if_who_asked_for_it_has_left(database: URL) -> None:
    async with opened(database) as store:
        held, free = await add_job(store, lease_token=3), await add_job(store)
        # Both go in one group: what is under a lease by the short way, the other after it.
        leased = asyncio.create_task(store.append(Append(held, "ann", [changed()], token=3, after=0)))
        plain = asyncio.create_task(store.append(Append(free, "ann", [changed()])))
        await asyncio.sleep(0)
        leased.cancel()
        plain.cancel()
        await asyncio.gather(leased, plain, return_exceptions=True)
        for job_id in (held, free):
            await store.append(Append(job_id, "ann", [changed()]))
            async with store.read() as connection:
                stored = await queries.events_after(connection, job_id, 0, 10)
            assert [sequence for sequence, _ in stored] == [1, 2]


async def test_state_and_event_appear_together(database: URL) -> None:
    async with opened(database) as store:
        job_id = await add_job(store)

        async def look() -> None:
            for _ in range(50):
                async with store.read() as connection:
                    row = await queries.job(connection, "ann", job_id)
                    await asyncio.sleep(0)
                    steps = await queries.step_rows(connection, job_id)
                    events = await queries.events_after(connection, job_id, 0, 1000)
                    assert row is not None
                    assert row.sequence == len(events)
                    assert [step.attempts for step in steps] == ([row.sequence] if row.sequence else [])

        async def change() -> None:
            for attempt in range(1, 100):
                step = StepRow(job_id, "plan", -1, 3, attempts=attempt)
                await store.append(Append(job_id, "ann", [changed()], execution_id=job_id, steps=[step]))

        await asyncio.gather(look(), change())


async def test_everything_is_there_after_opening_again(database: URL) -> None:
    async with opened(database) as store:
        job_id = await add_job(store)
        row = StepRow(job_id, "narrate", 3, 4, 2, 1, "r", b"result", b"error", "espeak", "s3", 5, 6)
        kept = RememberedRow("ann", b"d" * 32, "m", "e", b"result", 7)
        await store.append(
            Append(
                job_id,
                "ann",
                [changed()],
                job={"state": 2},
                execution_id=job_id,
                execution={"state": 2, "start_time": 9},
                steps=[row],
                remembered=[kept],
                durations=[("m", "e", 2.0)],
            )
        )
        await store.append(Append(job_id, "ann", durations=[("m", "e", 4.0)]))
    async with opened(database) as store, store.read() as connection:
        assert await queries.step_rows(connection, job_id) == [row]
        assert await store.recall("ann", b"d" * 32) == kept
        assert await store.recall("bob", b"d" * 32) is None
        assert await queries.usual_seconds(connection) == {("m", "e"): pytest.approx(2.6)}
        job = await queries.job(connection, "ann", job_id)
        assert job is not None
        assert job.state == 2
        execution = await queries.execution(connection, job_id)
        assert execution is not None
        assert (execution.state, execution.start_time) == (2, 9)


async def test_look_ups_of_many_steps_share_queries(database: URL) -> None:
    async with opened(database) as store:
        job_id = await add_job(store)
        kept = [
            RememberedRow(owner, bytes([n]) * 32, "m", "e", owner.encode(), n)
            for n in range(100)
            for owner in ("ann", "bob")
        ]
        await store.append(Append(job_id, "ann", remembered=kept))
        reads: list[object] = []
        event.listen(store._reading.sync_engine, "begin", reads.append)
        wanted = [(owner, bytes([n]) * 32) for n in range(120) for owner in ("ann", "bob")]
        found = await asyncio.gather(*(store.recall(*one) for one in wanted))
    by_name = {(row.owner, row.digest): row for row in kept}
    assert found == [by_name.get(one) for one in wanted]
    assert len(reads) < 10


async def test_lists_are_paged_and_filtered(database: URL) -> None:
    async with opened(database) as store:
        ids = [await add_job(store, state=1 + n % 2) for n in range(6)]
        await add_job(store, owner="bob")
        async with store.read() as connection:
            first = await queries.list_jobs(connection, "ann", limit=4)
            rest = await queries.list_jobs(connection, "ann", limit=4, before=first[-1].id)
            assert [job.id for job in first + rest] == sorted(ids, reverse=True)
            running = await queries.list_jobs(connection, "ann", limit=9, where=queries.Filter(states=[2]))
            assert {job.id for job in running} == {job_id for n, job_id in enumerate(ids) if n % 2}
            assert (
                await queries.list_jobs(connection, "ann", limit=9, where=queries.Filter(labels={"a": "b"}))
                == []
            )


async def test_readers_can_not_write(database: URL) -> None:
    async with opened(database) as store:
        job_id = await add_job(store)
        with pytest.raises(Exception, match=r"readonly|read-only"):
            async with store.read() as connection:
                await connection.execute(jobs.delete().where(jobs.c.id == job_id))


async def test_writes_after_closing_are_refused(database: URL) -> None:
    async with opened(database) as store:
        job_id = await add_job(store)
        writes = [asyncio.create_task(store.append(Append(job_id, "ann", [changed()]))) for _ in range(9)]
        await asyncio.sleep(0)
        await store.close()
        await asyncio.gather(*writes)
        with pytest.raises(Unavailable):
            await store.append(Append(job_id, "ann", [changed()]))
    async with opened(database) as store, store.read() as connection:
        assert len(await queries.events_after(connection, job_id, 0, 1000)) == 9


def is_comparable(thing: object, name: str, kind: str, _reflected: bool, _other: object) -> bool:
    """Alembic can not tell whether two indices are the same that have an expression."""
    return (kind, name) != ("index", "ix_jobs_waiting")


def test_the_migrations_make_the_tables_of_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"

    async def make() -> None:
        async with opened(file(path)):
            pass

    asyncio.run(make())
    with create_engine(f"sqlite:///{path}").connect() as connection:
        opts = {"compare_type": True, "include_object": is_comparable}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []
        made = {index["name"] for index in inspect(connection).get_indexes("jobs")}
        assert made == {index.name for index in jobs.indexes}
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


async def test_a_start_with_an_upgraded_database_loads_no_alembic(tmp_path: Path) -> None:
    import sys

    async with opened(file(tmp_path / "jobs.db")):
        pass
    script = (
        "import asyncio, sys\n"
        "from sqlalchemy.engine import URL\n"
        "from orchestrator.store.store import Store\n"
        "async def main():\n"
        "    store = await Store.open(URL.create('sqlite', database=sys.argv[1]))\n"
        "    await store.close()\n"
        "asyncio.run(main())\n"
        "sys.exit('alembic' in sys.modules)\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(tmp_path / "jobs.db"))
    assert await process.wait() == 0


async def test_a_newer_database_is_used_if_it_says_so_and_else_refused(database: URL) -> None:
    async with opened(database) as store:
        job_id = await add_job(store)
        await store.transact(lambda t: t.connection.exec_driver_sql(
            "UPDATE alembic_version SET version_num = '9999'"))  # fmt: skip
    async with opened(database) as store:
        await store.append(Append(job_id, "ann", [changed()]))
        await store.transact(lambda t: t.connection.execute(update(compatibility).values(oldest="9998")))
    with pytest.raises(FailedPrecondition, match=r"9999.*newer version"):
        async with opened(database):
            pass


async def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    path.write_bytes(b"this is no database, only a text that is long enough to be one" * 40)
    with pytest.raises(FailedPrecondition, match="can not be opened"):
        async with opened(file(path)):
            pass


async def test_deleting_a_job_takes_everything_of_it_along(database: URL) -> None:
    async with opened(database) as store:
        job_id = await add_job(store)
        step = StepRow(job_id, "plan", -1, 3)
        await store.append(Append(job_id, "ann", [changed()], execution_id=job_id, steps=[step]))

        async def delete(transaction: Transaction) -> None:
            await transaction.connection.execute(jobs.delete().where(jobs.c.id == job_id))

        await store.transact(delete)
        async with store.read() as connection:
            assert set((await queries.counts(connection)).values()) == {0}
            assert (await connection.execute(select(executions))).all() == []


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(min_value=2, max_value=50))
def test_ids_are_unique_and_sort_by_time(count: int) -> None:
    ids = [new_id() for _ in range(count)]
    assert len(set(ids)) == count
    assert all(len(made) == 20 for made in ids)
    assert [made[:9] for made in ids] == sorted(made[:9] for made in ids)


async def test_the_wal_begins_anew_before_it_is_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_WAL_PAGES", 10)
    monkeypatch.setattr(sqlite, "_CHECKPOINT_SECONDS", 0.0)
    path = tmp_path / "jobs.db"
    async with opened(file(path)) as store:
        database = store._writing
        assert isinstance(database, sqlite.InlineDatabase)
        for _ in range(100):
            await add_job(store, spec=b"x" * 20_000)
            assert database._checkpoints._running is not None
            await database._checkpoints._running
        assert path.with_name("jobs.db-wal").stat().st_size < 1_000_000  # of more than 2 MB that were written
        assert path.stat().st_size > 1_000_000
