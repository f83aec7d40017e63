"""Leases: who is next, who may write, who takes over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text, update
from sqlalchemy.engine import URL

from orchestrator.store import leases, queries
from orchestrator.store.appending import Append, Gone, Transaction
from orchestrator.store.leases import Leases
from orchestrator.store.rows import JobRow
from orchestrator.store.schema import jobs
from orchestrator.store.store import Store
from reelmesh.orchestrator.v1.job_pb2 import JobState
from servers.chassis.errors import FailedPrecondition
from tests.unit.orchestrator.stores import CUT, add_job, changed, database, opened

__all__ = ["database"]  # a fixture


@pytest.fixture
async def store(database: URL) -> AsyncIterator[Store]:
    async with opened(database) as store:
        yield store


async def claim(store: Store, limit: int = 100, **options: object) -> list[JobRow]:
    return await store.transact(lambda t: store.leases.claim(t.connection, limit, **options))  # type: ignore[arg-type]


async def add_turn(store: Store, owner: str, priority: int = 5) -> str:
    async def work(transaction: Transaction) -> int:
        return await leases.next_turn(transaction.connection, owner, priority)

    return await add_job(store, owner, turn=await store.transact(work), priority=priority)


async def test_high_priority_is_claimed_first_then_owners_in_turn(store: Store) -> None:
    many = [await add_turn(store, "ann") for _ in range(5)]
    urgent = await add_turn(store, "ann", priority=9)
    single = await add_turn(store, "bob")
    assert [row.id for row in await claim(store, 4)] == [urgent, many[0], single, many[1]]
    late = [await add_turn(store, "bob"), await add_turn(store, "bob")]
    assert [row.id for row in await claim(store)] == [many[2], late[0], many[3], late[1], many[4]]


async def test_claims_keep_to_what_they_are_told(store: Store) -> None:
    low, high = await add_turn(store, "ann", 3), await add_turn(store, "ann", 7)
    other = await add_turn(store, "bob", 1)
    assert [row.id for row in await claim(store, least=4)] == [high]
    assert [row.id for row in await claim(store, besides={"ann"})] == [other]
    assert [row.id for row in await claim(store)] == [low]
    assert await claim(store) == []


async def test_what_waits_for_a_person_is_claimed_only_for_a_command(store: Store) -> None:
    paused = await add_job(store, state=int(JobState.JOB_STATE_PAUSED))
    ended = await add_job(store, state=int(JobState.JOB_STATE_FAILED))
    assert await claim(store) == []
    for job_id in (paused, ended):
        await store.transact(lambda t: t.ask(job_id, "resume", ""))  # noqa: B023
    unknown = await add_job(store, state=int(JobState.JOB_STATE_PAUSED))
    await store.transact(lambda t: t.ask(unknown, "a newer version's", ""))
    rows = await store.transact(lambda t: store.leases.claim_commanded(t.connection, ["resume"], 10))
    assert [row.id for row in rows] == [paused]
    async with store.read() as connection:
        assert [one.job_id for one in await store.leases.asked(connection)] == [paused]


async def test_only_the_token_of_now_writes(store: Store) -> None:
    job_id = await add_job(store)
    (old,) = await claim(store)
    await store.append(Append(job_id, "ann", [changed()], token=old.lease_token, after=0))
    await store.transact(lambda t: store.leases.release(t.connection, [(job_id, old.lease_token)]))
    with pytest.raises(Gone):
        await store.append(Append(job_id, "ann", [changed()], token=old.lease_token, after=1))
    (new,) = await claim(store)
    assert new.lease_token > old.lease_token
    with pytest.raises(Gone):
        await store.append(Append(job_id, "ann", [changed()], token=old.lease_token, after=1))
    await store.append(Append(job_id, "ann", [changed()], token=new.lease_token, after=1))
    # A lease that is given back late is not the new holder's.
    await store.transact(lambda t: store.leases.release(t.connection, [(job_id, old.lease_token)]))
    assert await claim(store) == []


async def test_a_write_whose_answer_was_lost_is_written_once(store: Store) -> None:
    job_id = await add_job(store)
    (row,) = await claim(store)
    command = await store.transact(lambda t: t.ask(job_id, "pause", ""))
    published: list[int] = []
    store.on_events = lambda events: published.extend(event.sequence for _, event in events)
    for _ in range(3):
        events = [changed(), changed()]
        await store.append(
            Append(
                job_id, "ann", events, token=row.lease_token, after=0, commands=[command], job={"state": 3}
            )
        )
        assert [event.sequence for event in events] == [1, 2]
    with pytest.raises(Gone):  # neither before it nor after it: somebody else has written
        await store.append(Append(job_id, "ann", [changed()], token=row.lease_token, after=0))
    async with store.read() as connection:
        assert [sequence for sequence, _ in await queries.events_after(connection, job_id, 0, 10)] == [1, 2]
        assert not await leases.is_open(connection, command)
    assert published == [1, 2] * 3  # who was told before passes over it


async def test_an_ended_job_has_no_commands_and_no_holder(store: Store) -> None:
    job_id = await add_job(store)
    (row,) = await claim(store)
    command = await store.transact(lambda t: t.ask(job_id, "pause", ""))
    end = {"state": int(JobState.JOB_STATE_FAILED), "lease_holder": None, "lease_until": None}
    await store.append(Append(job_id, "ann", [changed()], token=row.lease_token, job=end))
    async with store.read() as connection:
        assert not await leases.is_open(connection, command)
        job = await queries.job(connection, "ann", job_id)
        assert job is not None
        assert job.lease_holder is None


async def test_sqlite_belongs_to_one_process_and_forgets_its_leases(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.store.sqlite.OTHER_SECONDS", 0.1)
    url = URL.create("sqlite", database=str(tmp_path_factory.mktemp("db") / "jobs.db"))
    async with opened(url) as store:
        job_id = await add_job(store)
        assert len(await claim(store)) == 1
        with pytest.raises(FailedPrecondition, match="another orchestrator"):
            await Store.open(url)
    async with opened(url) as store:
        assert [row.id for row in await claim(store)] == [job_id]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
class TestReplicas:
    """Two replicas of one database."""

    async def test_two_that_claim_at_once_get_different_jobs(self, store: Store, database: URL) -> None:
        ids = {await add_job(store) for _ in range(40)}
        async with opened(database) as other:
            claimed = await asyncio.gather(*(claim(one, 3) for one in (store, other) * 10))
            taken = [row.id for rows in claimed for row in rows]
            taken += [row.id for row in await claim(store)]
        assert sorted(taken) == sorted(ids)

    async def test_a_lease_without_progress_expires(self, store: Store, database: URL) -> None:
        quiet, lively = await add_job(store), await add_job(store)
        rows = {row.id: row for row in await claim(store)}
        async with opened(database) as other:
            await age(store, 3600)
            append = Append(lively, "ann", [changed()], token=rows[lively].lease_token)
            await store.append(append)
            assert await other.transact(lambda t: other.leases.reap(t.connection)) == 1
            assert [row.id for row in await claim(other)] == [quiet]
            with pytest.raises(Gone):
                await store.append(Append(quiet, "ann", [changed()], token=rows[quiet].lease_token))
            await age(store, 3600)
            await store.transact(lambda t: store.leases.renew(t.connection, [quiet, lively]))
            assert await other.transact(lambda t: other.leases.reap(t.connection)) == 1  # its own, that is

    async def test_the_leases_of_one_that_died_are_free_at_once(
        self, store: Store, database: URL, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("orchestrator.store.leases._GONE", leases.gone(calm_seconds=0))
        await add_job(store)
        async with opened(database) as other:
            (row,) = await claim(other)
            assert await store.transact(lambda t: store.leases.reap(t.connection)) == 0
        assert await store.transact(lambda t: store.leases.reap(t.connection)) == 1
        (again,) = await claim(store)
        assert again.lease_token == row.lease_token + 2

    async def test_events_become_visible_in_the_order_of_their_numbers(
        self, store: Store, database: URL
    ) -> None:
        async with opened(database) as other:
            ids = [(one, await add_job(one)) for one in (store, other) for _ in range(4)]
            seen: list[int] = []

            async def look() -> None:
                while len(seen) < 8 * 25:
                    async with store.read() as connection:
                        after = seen[-1] if seen else 0
                        page = await queries.owner_events_after(
                            connection, "ann", after, with_steps=True, limit=1000
                        )
                    seen.extend(number for number, _ in page)

            async def write(one: Store, job_id: str) -> None:
                for _ in range(25):
                    await one.append(Append(job_id, "ann", [changed()]))

            await asyncio.gather(look(), *(write(*one) for one in ids))
        assert len(seen) == 8 * 25  # none was passed over by one that came with a higher number

    async def test_a_connection_that_was_cut_is_made_again(self, store: Store, database: URL) -> None:
        job_id = await add_job(store)
        async with opened(database) as other:
            await cut_all(other)
            await store.append(Append(job_id, "ann", [changed()]))
            async with store.read() as connection:
                assert len(await queries.events_after(connection, job_id, 0, 10)) == 1


async def age(store: Store, seconds: float) -> None:
    """Lets time pass for the leases."""
    await store.transact(
        lambda t: t.connection.execute(
            update(jobs).values(lease_until=jobs.c.lease_until - int(seconds * 1e6))
        )
    )


async def cut_all(store: Store) -> None:
    """Ends every other connection to the database."""
    await store.transact(lambda t: t.connection.execute(text(CUT)))


def test_leases_that_do_not_expire_have_no_time() -> None:
    assert str(Leases(1, 15.0, expire=False).until()) == "NULL"
