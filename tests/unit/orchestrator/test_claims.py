"""Claims: of the replicas that want the same call one makes it, whatever becomes of that one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import func, select, update

from orchestrator.pure.fairness import Limit
from orchestrator.store import shares
from orchestrator.store.appending import Append
from orchestrator.store.claims import Claim, Claimed
from orchestrator.store.direct import REFUSALS
from orchestrator.store.rows import RememberedRow, now
from orchestrator.store.schema import flights, jobs
from orchestrator.store.shares import Need
from orchestrator.store.store import Store
from tests.postgres import Postgres
from tests.unit.orchestrator.stores import add_job, opened

DIGEST = b"d" * 32
Stores = tuple[Store, Store]


@pytest.fixture
async def stores(postgres: Postgres) -> AsyncIterator[Stores]:
    """Two replicas' stores on one database."""
    url = await postgres.database()
    async with contextlib.AsyncExitStack() as stack:
        one, other = [await stack.enter_async_context(opened(url)) for _ in range(2)]
        yield one, other


async def leased(store: Store) -> tuple[str, int]:
    """A job that a store's replica holds: (id, token)."""
    await add_job(store)
    (row,) = await store.transact(lambda t: store.leases.claim(t.connection, 1))
    return row.id, row.lease_token


async def claim(store: Store, job: tuple[str, int], request_id: str, *, anew: bool = False) -> Claimed:
    assert store.claims is not None
    return await store.claims.claim(Claim("ann", DIGEST, request_id, *job, anew))


def result(job: tuple[str, int]) -> Append:
    """What writes the call's result."""
    row = RememberedRow("ann", DIGEST, "m", "e", b"result", now())
    return Append(job[0], "ann", remembered=[row], token=job[1])


async def test_one_of_two_makes_the_call_and_the_other_gets_its_result(stores: Stores) -> None:
    one, other = stores
    assert one.claims is not None
    assert other.claims is not None
    heard: list[str] = []
    other.on_notice = lambda notice: heard.extend(notice.landed if notice is not None else ())
    first, second = await leased(one), await leased(other)
    assert (await claim(one, first, "first")).request_id == "first"
    assert (await claim(one, first, "again")).request_id == "first"
    assert await claim(other, second, "second") == Claimed()
    await one.append(result(first))
    while heard != [DIGEST.hex()]:  # noqa: ASYNC110 - nobody sets an event for it
        await asyncio.sleep(0.01)
    known = (await claim(other, second, "second")).known
    assert known is not None
    assert known.result == b"result"
    async with one.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(flights))).scalar_one() == 0


async def test_a_claim_ends_with_the_lease_and_its_request_id_goes_on(stores: Stores) -> None:
    one, other = stores
    first, second = await leased(one), await leased(other)
    await claim(one, first, "first")
    assert await claim(other, second, "second") == Claimed()
    ended = update(jobs).where(jobs.c.id == first[0]).values(lease_holder=None, lease_token=first[1] + 1)
    await one.transact(lambda t: t.connection.execute(ended))
    assert (await claim(other, second, "second")).request_id == "first"
    assert await claim(one, first, "first") == Claimed()


async def test_claims_that_a_crash_left_are_swept(stores: Stores) -> None:
    one, other = stores
    assert other.claims is not None
    first = await leased(one)
    await claim(one, first, "first")
    await other.claims.sweep()
    assert (await claim(one, first, "again")).request_id == "first"
    ended = update(jobs).where(jobs.c.id == first[0]).values(lease_holder=None, lease_token=first[1] + 1)
    await one.transact(lambda t: t.connection.execute(ended))
    await other.claims.sweep()
    assert (await claim(other, await leased(other), "second")).request_id == "second"


async def test_what_nobody_wants_any_more_is_handed_over_or_forgotten(stores: Stores) -> None:
    one, other = stores
    assert one.claims is not None
    first, second = await leased(one), await leased(other)
    made = Claim("ann", DIGEST, "first", *first)
    await one.claims.claim(made)
    one.claims.give_up(made, failed=False)
    assert not await one.claims.handed_over("first")
    assert (await claim(other, second, "second")).request_id == "second"  # it was forgotten
    assert other.claims is not None
    await claim(one, first, "first")
    other.claims.give_up(Claim("ann", DIGEST, "second", *second), failed=False)
    assert await other.claims.handed_over("second")
    assert (await claim(one, first, "first")).request_id == "second"


async def test_a_failed_call_leaves_others_to_ask_for_themselves(stores: Stores) -> None:
    one, other = stores
    assert one.claims is not None
    first, second = await leased(one), await leased(other)
    await claim(one, first, "first")
    assert await claim(other, second, "second") == Claimed()
    waiting = asyncio.create_task(other.claims.landed(DIGEST)) if other.claims is not None else None
    one.claims.give_up(Claim("ann", DIGEST, "first", *first), failed=True)
    assert waiting is not None
    await waiting
    while (made := await claim(other, second, "second")) == Claimed():  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert made.request_id == "second"


async def test_of_many_who_ask_at_once_exactly_one_makes_each_call(stores: Stores) -> None:
    held = [(store, await leased(store)) for store in stores * 4]
    digests = [bytes([number]) * 32 for number in range(20)]

    async def ask(store: Store, job: tuple[str, int], digest: bytes) -> str:
        assert store.claims is not None
        return (await store.claims.claim(Claim("ann", digest, f"{job[0]}", *job))).request_id

    made = await asyncio.gather(*(ask(store, job, digest) for store, job in held for digest in digests))
    for number in range(len(digests)):
        assert len({request_id for request_id in made[number :: len(digests)] if request_id}) == 1


async def test_a_result_whose_assets_are_gone_is_made_anew(stores: Stores) -> None:
    one, other = stores
    first, second = await leased(one), await leased(other)
    await one.append(result(first))
    assert (await claim(one, first, "first")).known is not None
    assert (await claim(one, first, "first", anew=True)).request_id == "first"
    assert await claim(other, second, "second", anew=True) == Claimed()


async def test_replicas_draw_no_more_than_a_rate_allows(stores: Stores) -> None:
    need = {"x": Need(Limit(per_second=50.0, burst=3), tokens=2)}
    begin = asyncio.get_running_loop().time()

    async def draw(store: Store) -> int:
        given = await store.transact(lambda t: shares.take(t, store.leases, need))
        return given["x"].tokens

    drawn = sum([await draw(stores[number % 2]) for number in range(60)])
    seconds = asyncio.get_running_loop().time() - begin
    assert 3 <= drawn <= 3 + 50.0 * seconds + 1


class _Confused:
    """asyncpg's connection when a line was cut in the middle of an answer."""

    terminated = False

    def is_closed(self) -> bool:
        return self.terminated

    def terminate(self) -> None:
        self.terminated = True

    async def fetch(self, *_: object) -> None:
        raise asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress")


async def test_a_driver_that_is_confused_is_given_a_new_connection(stores: Stores) -> None:
    one, _ = stores
    job = await leased(one)
    assert one._direct is not None
    one._direct._connection = confused = _Confused()
    with pytest.raises(REFUSALS):
        await one.append(result(job))
    assert confused.terminated
    await one.append(result(job))  # as who goes on trying
    assert one.claims is not None
    assert (await claim(one, job, "first")).known is not None
