"""The replicas' parts of limits, and the token buckets that they share, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import and_, delete, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.pure.fairness import Limit
from orchestrator.pure.parts import Part, Settled, settle
from orchestrator.store.appending import Transaction
from orchestrator.store.leases import CALM_SECONDS, CLOCK, Leases, gone
from orchestrator.store.schema import closings, rates, shares

ONE_AT_A_TIME = 0x7368
"""Key of the advisory lock under which replicas settle."""
_ALONE = text("SELECT pg_advisory_xact_lock(:key)").bindparams(key=ONE_AT_A_TIME)


@dataclass(frozen=True)
class Need:
    """What a replica has under way and waiting under one limit."""

    limit: Limit
    running: int = 0
    waiting: int = 0
    tokens: int = 0
    """Calls that wait for nothing but the rate."""
    had: Settled | None = None
    """What it has, as it knows."""


@dataclass(frozen=True)
class Given:
    """What it gets."""

    settled: Settled | None = None
    """Where the limit is one of calls at once."""
    tokens: int = 0
    """Calls that may begin now, where the limit is a rate."""
    again_seconds: float = 0.0
    """When there are more of them, if it asked for more than it got."""


async def take(transaction: Transaction, leases: Leases, needs: Mapping[str, Need]) -> dict[str, Given]:
    """Settles what one replica has of some limits, by name."""
    connection = transaction.connection
    await connection.execute(_ALONE)
    now = (await connection.execute(select(CLOCK))).scalar_one()
    at_once = {name: need for name, need in needs.items() if need.limit.at_once is not None}
    found = await _settle(transaction, leases, at_once, now) if at_once else {}
    given = {name: Given(settled) for name, settled in found.items()}
    for name, need in needs.items():
        if need.limit.per_second is not None and need.tokens:
            tokens, again = await _draw(connection, name, need, now)
            given[name] = Given(found.get(name), tokens, again)
    return given


async def _settle(
    transaction: Transaction, leases: Leases, needs: Mapping[str, Need], now: int
) -> dict[str, Settled]:
    connection = transaction.connection
    await connection.execute(delete(shares).where(or_(shares.c.until < now, _LOST)))
    rows = (await connection.execute(select(shares).where(shares.c.name.in_(needs)))).all()
    settled: dict[str, Settled] = {}
    for name, need in needs.items():
        parts = [Part(row.holder, row.slots, row.short, row.since) for row in rows if row.name == name]
        mine = next((part for part in parts if part.holder == leases.holder), Part(leases.holder))
        had = replace(need.had, part=mine) if need.had is not None else Settled(mine)
        others = [part for part in parts if part.holder != leases.holder]
        assert need.limit.at_once is not None
        one = settle(need.limit.at_once, had, others, need.running, need.waiting, now)
        settled[name] = one
        if one.tells and others:
            transaction.notice.freed.add(name)
        values = {"slots": one.part.slots, "short": one.part.short, "since": one.part.since}
        until = now + int(leases.seconds * 1e6)
        await connection.execute(_PUT, {"name": name, "holder": leases.holder, "until": until, **values})
    return settled


async def _draw(connection: AsyncConnection, name: str, need: Need, now: int) -> tuple[int, float]:
    """(calls that may begin, seconds until there are more)."""
    limit = need.limit
    assert limit.per_second is not None
    row = (await connection.execute(select(rates).where(rates.c.name == name))).one_or_none()
    tokens = float(limit.burst)
    if row is not None:
        tokens = min(tokens, row.tokens + max(0, now - row.time) / 1e6 * limit.per_second)
    drawn = min(need.tokens, int(tokens + 1e-9))
    await connection.execute(_FILL, {"name": name, "tokens": tokens - drawn, "time": now})
    return drawn, max(0.0, 1 - (tokens - drawn)) / limit.per_second


async def renew(connection: AsyncConnection, leases: Leases) -> set[str]:
    """Keeps what a replica has. Returns the names of the limits of which it has something."""
    until = CLOCK + int(leases.seconds * 1e6)
    held = update(shares).where(shares.c.holder == leases.holder).values(until=until).returning(shares.c.name)
    return set((await connection.execute(held)).scalars())


async def leave(transaction: Transaction, leases: Leases, names: Collection[str] | None = None) -> None:
    """Gives back what a replica has of some limits; None: of all."""
    which = shares.c.holder == leases.holder
    if names is not None:
        which = and_(which, shares.c.name.in_(names))
    left = await transaction.connection.execute(delete(shares).where(which).returning(shares.c.name))
    transaction.notice.freed.update(left.scalars())


async def close(transaction: Transaction, closed: Mapping[str, float]) -> None:
    """Closes limits for all replicas, for so many seconds, by name."""
    for name in sorted(closed):
        await transaction.connection.execute(_CLOSE, {"name": name, "length": int(closed[name] * 1e6)})
    transaction.notice.freed.update(closed)


async def closed(connection: AsyncConnection) -> dict[str, float]:
    """The limits that are closed, and for how many seconds still."""
    await connection.execute(delete(closings).where(closings.c.until < CLOCK))
    rows = await connection.execute(select(closings.c.name, closings.c.until - CLOCK))
    return {name: left / 1e6 for name, left in rows if left > 0}


_LOST = gone(CALM_SECONDS, "holder")
_PUT = text(
    "INSERT INTO shares (name, holder, slots, short, since, until) "
    "VALUES (:name, :holder, :slots, :short, :since, :until) "
    "ON CONFLICT (name, holder) DO UPDATE SET slots = excluded.slots, short = excluded.short, "
    "since = excluded.since, until = excluded.until"
)
_CLOSE = text(
    "INSERT INTO closings (name, until) "
    "VALUES (:name, (extract(epoch FROM clock_timestamp()) * 1000000)::int8 + CAST(:length AS int8)) "
    "ON CONFLICT (name) DO UPDATE SET until = greatest(closings.until, excluded.until)"
)
_FILL = text(
    "INSERT INTO rates (name, tokens, time) VALUES (:name, :tokens, :time) "
    "ON CONFLICT (name) DO UPDATE SET tokens = excluded.tokens, time = excluded.time"
)
