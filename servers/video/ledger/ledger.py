"""The ledger's writes: each in a transaction of its own that is durable before anything follows from it.

The promise: at most one accepted submit for each attempt that the ledger authorised, and a new attempt only
after a recorded refusal or failure of the one before. `authorise` is the only way to a new attempt.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from servers.chassis import breaker
from servers.chassis.context import CallContext
from servers.chassis.errors import AlreadyExists
from servers.video.ledger.database import Database
from servers.video.ledger.holder import is_gone, own_name
from servers.video.ledger.records import NANOS, Attempt, Held, Lease, Run, Wish
from servers.video.ledger.schema import (
    LIVE,
    UNDER_WAY,
    AttemptState,
    EventKind,
    RunState,
    attempts,
    events,
    health,
    runs,
)
from servers.video.vendor import Trouble

NEAR = 0.8
"""Share of a ceiling from which on it is told."""
LEASE_SECONDS = 30.0
_RATE_SECONDS = 60.0


class Fenced(Exception):
    """Another replica drives the run now: whoever gets this stops at once."""


class Ledger:
    """Writes of one replica. `holder` names it."""

    def __init__(self, database: Database, holder: str = "") -> None:
        self._database = database
        self.holder = holder or own_name()

    async def begin(self, context: CallContext, request_id: str, fingerprint: bytes, request: bytes) -> Run:
        """The run of a request, written where it is not there.

        Raises:
            AlreadyExists: the id was used with another request.
        """
        async with self._database.write() as connection:
            row = await _run(connection, context.owner, request_id)
            if row is None:
                values = {
                    "owner": context.owner,
                    "request_id": request_id,
                    "fingerprint": fingerprint,
                    "request": request,
                    "job_id": context.job_id,
                    "step": context.step,
                    "state": RunState.OPEN,
                    "wanted": True,
                    "holder": "",
                    "token": 0,
                    "lease_until": 0.0,
                    "create_time": time.time(),
                }
                await connection.execute(insert(runs).values(values))
                row = await _run(connection, context.owner, request_id)
            if row["fingerprint"] != fingerprint:
                raise AlreadyExists(
                    f"request_id: {request_id} was used with another request; choose a new one"
                )
            if row["state"] == RunState.CANCELLED or not row["wanted"]:
                await connection.execute(
                    update(runs).where(_is(row)).values(wanted=True, state=RunState.OPEN, end_time=None)
                )
                row = await _run(connection, context.owner, request_id)
        return Run.of(row)

    async def take(self, owner: str, request_id: str) -> Lease | None:
        """The lease of a run that nobody holds; None while somebody does."""
        async with self._database.write() as connection:
            row = await _run(connection, owner, request_id)
            if row is None or (
                row["holder"] not in ("", self.holder)
                and row["lease_until"] > time.time()
                and not is_gone(row["holder"])
            ):
                return None
            token = row["token"] + 1
            held = {"holder": self.holder, "token": token, "lease_until": time.time() + LEASE_SECONDS}
            await connection.execute(update(runs).where(_is(row)).values(held))
        return Lease(owner, request_id, token)

    async def renew(self, lease: Lease) -> None:
        """Keeps a lease.

        Raises:
            Fenced: another has it.
        """
        async with self._database.write() as connection:
            await _hold(connection, lease, lease_until=time.time() + LEASE_SECONDS)

    async def release(self, lease: Lease) -> None:
        """Lets others drive the run. What is not ours any more is left alone."""
        async with self._database.write() as connection:
            await connection.execute(update(runs).where(_leased(lease)).values(holder="", lease_until=0.0))

    async def authorise(
        self, lease: Lease, wishes: Sequence[Wish], why: Mapping[str, str]
    ) -> Attempt | list[Held]:
        """Writes the intent of an attempt with the first provider that may be asked, and reserves its cost.

        `why` says for each provider why it would be asked.

        Returns why none may be asked now, one `Held` for each wish, where none may.

        Raises:
            Fenced: another replica drives the run.
            RuntimeError: the run has an attempt that may be paid for; a fault of the caller.
        """
        held: list[Held] = []
        async with self._database.write() as connection:
            await _hold(connection, lease)
            before = (await connection.execute(select(attempts.c.state).where(_of(lease)))).scalars().all()
            if any(state in LIVE for state in before):
                raise RuntimeError("the run has an attempt that may be paid for")
            for wish in wishes:
                obstacle = await _obstacle(connection, wish)
                if obstacle is not None:
                    held.append(obstacle)
                    continue
                values = _intent(lease, wish, len(before) + 1, why[wish.provider])
                await connection.execute(insert(attempts).values(values))
                await _near(connection, wish, values["id"])
                return Attempt.of(values)
        return held

    async def try_again(self, provider: str) -> None:
        """The provider answers again, or has another key: one task is tried, without waiting any longer."""
        now = time.time()
        shut = (health.c.provider == provider, health.c.closed_until > now)
        async with self._database.write() as connection:
            await connection.execute(update(health).where(*shut).values(closed_until=now, update_time=now))

    async def raised(self, provider: str, kind: EventKind, period: str, message: str) -> bool:
        """Writes an event, once in a period. Returns whether it is new."""
        async with self._database.write() as connection:
            return await _raise(connection, provider, kind, period, message)

    async def submitted(self, attempt: Attempt, task_id: str) -> None:
        """The vendor's id is known. It is recorded whoever drives the run by now: it is true."""
        async with self._database.write() as connection:
            open_ = attempts.c.state.in_((AttemptState.INTENT, AttemptState.UNCONFIRMED))
            values = {"state": AttemptState.SUBMITTED, "task_id": task_id, "submit_time": time.time()}
            await connection.execute(
                update(attempts).where(attempts.c.id == attempt.id, open_).values(values)
            )

    async def unconfirmed(self, lease: Lease, attempt: Attempt, message: str) -> None:
        """It may have been accepted, and nothing can tell."""
        async with self._database.write() as connection:
            await _hold(connection, lease)
            values = {"state": AttemptState.UNCONFIRMED, "message": message[:2000]}
            await connection.execute(update(attempts).where(attempts.c.id == attempt.id).values(values))

    async def ended(
        self, lease: Lease, attempt: Attempt, state: AttemptState, trouble: Trouble, cost: int
    ) -> None:
        """It was refused, failed or was cancelled, and cost that much. The provider's health takes note."""
        async with self._database.write() as connection:
            await _hold(connection, lease)
            values = {
                "state": state,
                "kind": trouble.kind,
                "code": trouble.code[:100],
                "message": trouble.message[:2000],
                "cost": cost,
                "end_time": time.time(),
            }
            await connection.execute(update(attempts).where(attempts.c.id == attempt.id).values(values))
            await _note(connection, attempt, trouble)

    async def succeeded(self, lease: Lease, attempt: Attempt, clip: bytes, cost: int, result: bytes) -> None:
        """The clip is in the store: attempt and run are done, in one transaction."""
        now = time.time()
        async with self._database.write() as connection:
            await _hold(connection, lease, state=RunState.DONE, result=result, end_time=now)
            values = {
                "state": AttemptState.SUCCEEDED,
                "clip": clip,
                "cost": cost,
                "end_time": now,
                "message": "",
            }
            await connection.execute(update(attempts).where(attempts.c.id == attempt.id).values(values))
            await _note(connection, attempt, None)

    async def unwanted(self, lease: Lease) -> None:
        """The caller has cancelled: what can not be cancelled at the vendor is followed to its end."""
        async with self._database.write() as connection:
            await _hold(connection, lease, wanted=False)

    async def end(self, lease: Lease, state: RunState) -> None:
        """The run has ended without a clip. Another call with its id opens it again."""
        async with self._database.write() as connection:
            await _hold(connection, lease, state=state, end_time=time.time())

    async def reopen(self, lease: Lease) -> None:
        """The clip is no longer in the store: the task is asked about again."""
        async with self._database.write() as connection:
            await _hold(connection, lease, state=RunState.OPEN, result=None, end_time=None)
            values = {"state": AttemptState.SUBMITTED, "clip": None, "end_time": None}
            succeeded = attempts.c.state == AttemptState.SUCCEEDED
            await connection.execute(update(attempts).where(_of(lease), succeeded).values(values))


def _intent(lease: Lease, wish: Wish, number: int, why: str) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "owner": lease.owner,
        "request_id": lease.request_id,
        "number": number,
        "provider": wish.provider,
        "vendor": wish.vendor,
        "model": wish.model,
        "state": AttemptState.INTENT,
        "task_id": "",
        "why": why,
        "currency": wish.currency,
        "reserved": wish.cost,
        "cost": None,
        "kind": "",
        "code": "",
        "message": "",
        "fitted": wish.fitted,
        "clip": None,
        "intent_time": time.time(),
        "submit_time": None,
        "end_time": None,
    }


async def _obstacle(connection: AsyncConnection, wish: Wish) -> Held | None:
    """What forbids asking a provider now."""
    now = time.time()
    mine = attempts.c.provider == wish.provider
    under_way = await _count(connection, mine, attempts.c.state.in_(UNDER_WAY))
    row = (
        (await connection.execute(select(health).where(health.c.provider == wish.provider)))
        .mappings()
        .first()
    )
    if row is not None and (shut := breaker.shut(row, now, under_way)) is not None:
        return Held(wish.provider, "closed", shut, f"{wish.provider}: {row['message']}")
    if under_way >= wish.concurrency:
        return Held(wish.provider, "busy", 2.0, f"{wish.provider} has {under_way} tasks under way")
    if wish.per_minute:
        recent = await _count(connection, mine, attempts.c.intent_time > now - _RATE_SECONDS)
        if recent >= wish.per_minute:
            return Held(wish.provider, "rate", _RATE_SECONDS / wish.per_minute, f"{wish.provider}: rate")
    for name, ceiling, start in (
        ("daily ceiling", wish.daily, wish.day_start),
        ("monthly ceiling", wish.monthly, wish.month_start),
    ):
        if ceiling is not None and await _spent(connection, wish, start) + wish.cost > ceiling:
            return Held(wish.provider, name, None, f"{wish.provider}: the {name} would be passed")
    return None


async def _count(connection: AsyncConnection, *where: Any) -> int:
    return int(
        (await connection.execute(select(func.count()).select_from(attempts).where(*where))).scalar_one()
    )


async def _spent(connection: AsyncConnection, wish: Wish, start: float) -> int:
    amount = func.coalesce(func.sum(func.coalesce(attempts.c.cost, attempts.c.reserved)), 0)
    where = (
        attempts.c.provider == wish.provider,
        attempts.c.currency == wish.currency,
        attempts.c.intent_time >= start,
    )
    return int((await connection.execute(select(amount).where(*where))).scalar_one())


async def _near(connection: AsyncConnection, wish: Wish, attempt_id: str) -> None:
    """Raises an event when a ceiling is nearly reached."""
    for name, ceiling, start in (
        ("daily", wish.daily, wish.day_start),
        ("monthly", wish.monthly, wish.month_start),
    ):
        if not ceiling:
            continue
        spent = await _spent(connection, wish, start)
        if spent >= NEAR * ceiling:
            message = (
                f"{spent / NANOS:g} of the {name} ceiling of {ceiling / NANOS:g} {wish.currency} are spent"
            )
            period = f"{name} {start:.0f}"
            await _raise(connection, wish.provider, EventKind.NEAR_CEILING, period, message, attempt_id)


async def _raise(
    connection: AsyncConnection,
    provider: str,
    kind: EventKind,
    period: str,
    message: str,
    attempt_id: str = "",
) -> bool:
    """Writes an event where there is none of its kind in the period; all writers are excluded meanwhile."""
    where = (events.c.provider == provider, events.c.kind == kind, events.c.period == period)
    if (await connection.execute(select(events.c.sequence).where(*where))).first() is not None:
        return False
    values = {"provider": provider, "kind": kind, "period": period, "message": message[:500]}
    await connection.execute(insert(events).values(time=time.time(), attempt_id=attempt_id, **values))
    return True


async def _note(connection: AsyncConnection, attempt: Attempt, trouble: Trouble | None) -> None:
    """Keeps the provider's circuit breaker."""
    provider = attempt.provider
    row = (await connection.execute(select(health).where(health.c.provider == provider))).mappings().first()
    values = breaker.after(row, trouble, time.time())
    if values is None:
        return
    tripped, closed = bool(row is not None and row["trips"]), bool(values["trips"])
    if closed != tripped:
        kind = EventKind.CLOSED if closed else EventKind.REOPENED
        message = f"{values['kind']}: {values['message']}" if closed else "it has made a clip again"
        await _raise(connection, provider, kind, f"{values['update_time']!r}", message, attempt.id)
    if row is None:
        await connection.execute(insert(health).values(provider=provider, **values))
    else:
        await connection.execute(update(health).where(health.c.provider == provider).values(values))


async def _run(connection: AsyncConnection, owner: str, request_id: str) -> Any:
    where = (runs.c.owner == owner, runs.c.request_id == request_id)
    return (await connection.execute(select(runs).where(*where))).mappings().first()


async def _hold(connection: AsyncConnection, lease: Lease, **values: Any) -> None:
    """Checks that the lease is still ours, in the very transaction, and sets what is to be set."""
    changed = await connection.execute(
        update(runs).where(_leased(lease)).values(values or {"token": lease.token})
    )
    if changed.rowcount != 1:
        raise Fenced


def _leased(lease: Lease) -> Any:
    return (
        (runs.c.owner == lease.owner)
        & (runs.c.request_id == lease.request_id)
        & (runs.c.token == lease.token)
    )


def _is(row: Any) -> Any:
    return (runs.c.owner == row["owner"]) & (runs.c.request_id == row["request_id"])


def _of(lease: Lease) -> Any:
    return (attempts.c.owner == lease.owner) & (attempts.c.request_id == lease.request_id)
