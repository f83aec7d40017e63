"""The ledger's promise, on the tables themselves."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from servers.chassis import breaker
from servers.chassis.context import CallContext
from servers.chassis.errors import AlreadyExists
from servers.video.ledger.database import Database
from servers.video.ledger.ledger import Fenced, Ledger
from servers.video.ledger.records import Attempt, Held, Lease, Wish
from servers.video.ledger.reports import Reports
from servers.video.ledger.schema import AttemptState, attempts, metadata, runs
from servers.video.vendor import Kind, Trouble
from tests.postgres import Postgres

CONTEXT = CallContext(owner="local")
WISH = Wish(
    provider="main",
    vendor="Toy",
    model="one",
    currency="USD",
    cost=500,
    concurrency=2,
    per_minute=0,
    daily=None,
    monthly=None,
    day_start=0.0,
    month_start=0.0,
)
WHY = collections.defaultdict(lambda: "first")
OUTAGE = Trouble(Kind.OUTAGE, "ill")


LEDGER = "ledger"
"""The ledger's own database on the PostgreSQL server of the tests."""


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    url = ""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        connection = await asyncpg.connect(server.url().render_as_string())
        with contextlib.suppress(asyncpg.DuplicateDatabaseError):
            await connection.execute(f"CREATE DATABASE {LEDGER}")
        await connection.close()
        url = server.url(LEDGER).render_as_string()
    opened = await Database.open(url, tmp_path / "ledger.db")
    if url:
        async with opened.write() as connection:
            for table in reversed(metadata.sorted_tables):
                await connection.execute(table.delete())
    yield opened
    await opened.close()


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database, "one")


async def leased(ledger: Ledger, request_id: str = "r") -> Lease:
    await ledger.begin(CONTEXT, request_id, b"f" * 32, b"")
    lease = await ledger.take("local", request_id)
    assert lease is not None
    return lease


async def authorised(ledger: Ledger, lease: Lease, wish: Wish = WISH) -> Attempt:
    found = await ledger.authorise(lease, [wish], WHY)
    assert isinstance(found, Attempt)
    return found


async def test_an_id_belongs_to_one_request(ledger: Ledger) -> None:
    await ledger.begin(CONTEXT, "r", b"f" * 32, b"")
    with pytest.raises(AlreadyExists):
        await ledger.begin(CONTEXT, "r", b"g" * 32, b"")


async def test_a_run_is_held_by_one_at_a_time(database: Database, ledger: Ledger) -> None:
    other = Ledger(database, "two")
    lease = await leased(ledger)
    assert await other.take("local", "r") is None
    await ledger.release(lease)
    assert await other.take("local", "r") is not None


async def test_who_lost_the_lease_writes_nothing_but_the_truth(database: Database, ledger: Ledger) -> None:
    lease = await leased(ledger)
    attempt = await authorised(ledger, lease)
    async with database.write() as connection:
        await connection.execute(update(runs).values(lease_until=time.time() - 1))
    assert await Ledger(database, "two").take("local", "r") is not None
    for write in (
        ledger.renew(lease),
        ledger.ended(lease, attempt, AttemptState.FAILED, OUTAGE, 0),
        ledger.unconfirmed(lease, attempt, ""),
        ledger.succeeded(lease, attempt, b"", 0, b""),
    ):
        with pytest.raises(Fenced):
            await write
    with pytest.raises(Fenced):
        await ledger.authorise(lease, [WISH], WHY)
    await ledger.submitted(attempt, "task")
    (known,) = await Reports(database).attempts_of("local", "r")
    assert (known.state, known.task_id) == (AttemptState.SUBMITTED, "task")


@pytest.mark.parametrize("state", [AttemptState.INTENT, AttemptState.SUBMITTED, AttemptState.UNCONFIRMED])
async def test_no_attempt_is_authorised_while_another_may_be_paid_for(
    database: Database, ledger: Ledger, state: AttemptState
) -> None:
    lease = await leased(ledger)
    attempt = await authorised(ledger, lease)
    async with database.write() as connection:
        await connection.execute(update(attempts).values(state=state))
    with pytest.raises(RuntimeError):
        await ledger.authorise(lease, [WISH], WHY)
    # And were the code wrong, the database itself would not have it.
    values = {**dataclasses.asdict(attempt), "id": "another", "number": 2, "state": AttemptState.INTENT}
    with pytest.raises(IntegrityError):
        async with database.write() as connection:
            await connection.execute(insert(attempts).values(values))


async def test_after_a_recorded_end_another_is_authorised(ledger: Ledger) -> None:
    lease = await leased(ledger)
    attempt = await authorised(ledger, lease)
    await ledger.ended(lease, attempt, AttemptState.REFUSED, Trouble(Kind.INVALID, "no"), 0)
    assert (await authorised(ledger, lease)).number == 2


async def test_bounds_hold_however_many_ask_at_once(ledger: Ledger) -> None:
    leases = [await leased(ledger, f"r{number}") for number in range(6)]
    wish = dataclasses.replace(WISH, concurrency=4, daily=1500)
    found = await asyncio.gather(*(ledger.authorise(lease, [wish], WHY) for lease in leases))
    assert sum(isinstance(one, Attempt) for one in found) == 3
    reasons = {one[0].reason for one in found if isinstance(one, list)}
    assert reasons == {"daily ceiling"}
    crowd = dataclasses.replace(WISH, provider="other", concurrency=2)
    more = [await leased(ledger, f"s{number}") for number in range(4)]
    found = await asyncio.gather(*(ledger.authorise(lease, [crowd], WHY) for lease in more))
    assert sum(isinstance(one, Attempt) for one in found) == 2


async def test_what_a_refused_task_had_reserved_is_free_again(ledger: Ledger) -> None:
    wish = dataclasses.replace(WISH, daily=700)
    lease = await leased(ledger)
    attempt = await authorised(ledger, lease, wish)
    assert isinstance(await ledger.authorise(await leased(ledger, "s"), [wish], WHY), list)
    await ledger.ended(lease, attempt, AttemptState.REFUSED, Trouble(Kind.INVALID, "no"), 0)
    assert isinstance(await ledger.authorise(await leased(ledger, "t"), [wish], WHY), Attempt)


async def test_a_provider_out_of_credit_is_not_asked_and_the_next_is(ledger: Ledger) -> None:
    lease = await leased(ledger)
    attempt = await authorised(ledger, lease)
    await ledger.ended(lease, attempt, AttemptState.REFUSED, Trouble(Kind.CREDIT, "top up"), 0)
    held = await ledger.authorise(lease, [WISH], WHY)
    assert isinstance(held, list)
    assert isinstance(held[0], Held)
    assert held[0].reason == "closed"
    assert "top up" in held[0].message
    other = dataclasses.replace(WISH, provider="other")
    found = await ledger.authorise(lease, [WISH, other], WHY)
    assert isinstance(found, Attempt)
    assert found.provider == "other"


def test_the_circuit_tells_troubles_apart() -> None:
    assert breaker.after(None, Trouble(Kind.MODERATION, "no"), 0.0) is None
    once = breaker.after(None, OUTAGE, 0.0)
    assert once is not None
    assert once["closed_until"] == 0.0
    twice = breaker.after(once, OUTAGE, 0.0)
    opened = breaker.after(twice, OUTAGE, 0.0)
    assert opened is not None
    assert opened["closed_until"] == 30.0
    assert breaker.shut(opened, 10.0, 0) == 20.0
    assert breaker.shut(opened, 31.0, 0) is None  # half open: one is tried
    assert breaker.shut(opened, 31.0, 1) is not None
    longer = breaker.after(opened, OUTAGE, 31.0)
    assert longer is not None
    assert longer["closed_until"] == 91.0
    healed = breaker.after(longer, None, 100.0)
    assert healed is not None
    assert (healed["failures"], healed["trips"], healed["closed_until"]) == (0, 0, 0.0)
    throttled = breaker.after(None, Trouble(Kind.THROTTLED, "", retry_after_seconds=7.0), 0.0)
    assert throttled is not None
    assert throttled["closed_until"] == 7.0
