"""The ledger's reads: attempts, how providers do, what was spent."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from servers.video.ledger.database import Database
from servers.video.ledger.records import Attempt, Run, Standing
from servers.video.ledger.schema import (
    UNDER_WAY,
    AttemptState,
    EventKind,
    RunState,
    attempts,
    events,
    health,
    runs,
)

_KEPT = 200
"""How many of a provider's last clips its latencies are taken from."""
_RECENT_SECONDS = 30 * 86_400.0
"""Attempts older than this say nothing of how a provider does."""


class Reports:
    """Reads the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self, owner: str, request_id: str) -> Run | None:
        """A run."""
        where = (runs.c.owner == owner, runs.c.request_id == request_id)
        async with self._database.read() as connection:
            row = (await connection.execute(select(runs).where(*where))).mappings().first()
        return None if row is None else Run.of(row)

    async def attempts_of(self, owner: str, request_id: str) -> list[Attempt]:
        """A run's attempts in order."""
        where = (attempts.c.owner == owner, attempts.c.request_id == request_id)
        query = select(attempts).where(*where).order_by(attempts.c.number)
        async with self._database.read() as connection:
            return [Attempt.of(row) for row in (await connection.execute(query)).mappings()]

    async def abandoned(self, most: int) -> list[Run]:
        """Runs with a task at a vendor that nobody drives, the oldest first."""
        live = select(attempts.c.request_id).where(
            attempts.c.owner == runs.c.owner,
            attempts.c.request_id == runs.c.request_id,
            attempts.c.state.in_(UNDER_WAY),
        )
        query = (
            select(runs)
            .where(runs.c.state != RunState.DONE, runs.c.lease_until < time.time(), live.exists())
            .order_by(runs.c.create_time)
            .limit(most)
        )
        async with self._database.read() as connection:
            return [Run.of(row) for row in (await connection.execute(query)).mappings()]

    async def page(
        self, *, where: Sequence[Any], size: int, before: tuple[float, str] | None
    ) -> list[tuple[Attempt, Any]]:
        """Attempts with their runs, the newest first, from behind a place on."""
        conditions = list(where)
        if before is not None:
            at, ident = before
            conditions.append(
                (attempts.c.intent_time < at) | ((attempts.c.intent_time == at) & (attempts.c.id < ident))
            )
        joined = attempts.join(
            runs, (attempts.c.owner == runs.c.owner) & (attempts.c.request_id == runs.c.request_id)
        )
        query = (
            select(*attempts.c, runs.c.request, runs.c.job_id, runs.c.step)
            .select_from(joined)
            .where(*conditions)
            .order_by(attempts.c.intent_time.desc(), attempts.c.id.desc())
            .limit(size)
        )
        names = set(attempts.c.keys())
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [(Attempt.of({name: row[name] for name in names}), row) for row in rows]

    async def events(self, after: int, provider: str, most: int) -> list[Any]:
        """Rows of `events` after a sequence, the oldest first."""
        query = select(events).where(events.c.sequence > after).order_by(events.c.sequence).limit(most)
        if provider:
            query = query.where(events.c.provider == provider)
        async with self._database.read() as connection:
            return list((await connection.execute(query)).mappings())

    async def raised_by(self, attempt_ids: Sequence[str]) -> list[str]:
        """What attempts raised, one line each for people."""
        query = select(events.c.provider, events.c.message).order_by(events.c.sequence)
        query = query.where(events.c.attempt_id.in_(attempt_ids), events.c.kind == EventKind.NEAR_CEILING)
        async with self._database.read() as connection:
            return [f"{provider}: {message}" for provider, message in (await connection.execute(query)).all()]

    async def standings(self, providers: Sequence[str]) -> dict[str, Standing]:
        """How each provider does."""
        async with self._database.read() as connection:
            counted = (
                await connection.execute(
                    select(
                        attempts.c.provider, attempts.c.state, func.count(), func.max(attempts.c.intent_time)
                    )
                    .where(attempts.c.intent_time > time.time() - _RECENT_SECONDS)
                    .group_by(attempts.c.provider, attempts.c.state)
                )
            ).all()
            shut = {
                row["provider"]: row for row in (await connection.execute(select(health))).mappings().all()
            }
            seconds = {}
            for provider in providers:
                took = (
                    select(attempts.c.end_time - attempts.c.intent_time)
                    .where(attempts.c.provider == provider, attempts.c.state == AttemptState.SUCCEEDED)
                    .order_by(attempts.c.intent_time.desc())
                    .limit(_KEPT)
                )
                seconds[provider] = sorted((await connection.execute(took)).scalars().all())
        return {
            provider: _standing(
                provider,
                [row for row in counted if row[0] == provider],
                seconds[provider],
                shut.get(provider),
            )
            for provider in providers
        }

    async def spent(self, provider: str, currency: str, start: float) -> int:
        """What a provider has cost since a time, what is reserved counted in; nano units."""
        amount = func.coalesce(func.sum(func.coalesce(attempts.c.cost, attempts.c.reserved)), 0)
        where = (
            attempts.c.provider == provider,
            attempts.c.currency == currency,
            attempts.c.intent_time >= start,
        )
        async with self._database.read() as connection:
            return int((await connection.execute(select(amount).where(*where))).scalar_one())


def _standing(provider: str, counted: Sequence[Any], seconds: Sequence[float], shut: Any) -> Standing:
    by_state = {state: count for _, state, count, _ in counted}
    return Standing(
        provider=provider,
        under_way=sum(by_state.get(state, 0) for state in UNDER_WAY),
        succeeded=by_state.get(AttemptState.SUCCEEDED, 0),
        failed=by_state.get(AttemptState.FAILED, 0) + by_state.get(AttemptState.REFUSED, 0),
        p50_seconds=_rank(seconds, 0.5),
        p95_seconds=_rank(seconds, 0.95),
        last_intent=max((latest for *_, latest in counted), default=0.0),
        closed_until=shut["closed_until"] if shut is not None else 0.0,
        kind=shut["kind"] if shut is not None else "",
        message=shut["message"] if shut is not None else "",
        failures=shut["failures"] if shut is not None else 0,
    )


def _rank(ordered: Sequence[float], share: float) -> float | None:
    """Nearest rank."""
    return float(ordered[math.ceil(share * len(ordered)) - 1]) if ordered else None
