"""This replica's parts of the limits that it shares with others: taken, kept, and given up; and closed ones.

A limit of calls at once is divided (`orchestrator.pure.parts`), so that a call costs no look into the
database; of a rate each call that waits draws its own. Both are exact: what a replica has, no other has. Its
parts are leased: without a sign of life they are free after the lease's time, and it begins no call when it
could not say for so long that it is there. What a server says to one replica, that it is full, holds for all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import structlog

from orchestrator.drive.limits import MARGIN, Limiter
from orchestrator.drive.log import rung
from orchestrator.pure.parts import Settled
from orchestrator.store import shares
from orchestrator.store.appending import Transaction
from orchestrator.store.shares import Given, Need
from orchestrator.store.store import Store
from servers.chassis.errors import Unavailable

POLL_SECONDS = 1.0
"""Time between two signs of life, and two looks for what no notice told of."""
AGAIN_SECONDS = 0.1
_log = structlog.get_logger("reelmesh.limits")


class Sharing:
    """Keeps a limiter's parts."""

    def __init__(self, store: Store, limiter: Limiter) -> None:
        self._store = store
        self._limiter = limiter
        self._have: dict[str, Settled] = {}
        self._heard: set[str] = set()  # names of which somebody else wants, or gave up, something
        self._draw_at: dict[str, float] = {}  # when there are more tokens
        self._closing: dict[str, float] = {}  # until when servers that are full want no calls
        self._all = False  # whether every limit is to be settled anew
        self._calm = False  # whether it has all there is, and nobody else wants any of it
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins."""
        self._limiter.on_change = self._moved
        self._limiter.share({}, {}, 0.0)
        self._task = asyncio.create_task(self._run(), name="sharing")

    async def close(self) -> None:
        """Gives everything back."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        try:
            await self._store.transact(lambda t: shares.leave(t, self._store.leases))
        except Unavailable as fault:
            _log.warning("parts of limits could not be given back: they expire", cause=str(fault))

    def heard(self, names: Collection[str]) -> None:
        """Takes a hint that others want parts of some limits, or gave some up."""
        if names:
            self._heard.update(names)
            self._news.set()

    def close_for(self, name: str, seconds: float) -> None:
        """Tells the others that no call is to begin under a limit for a while."""
        self._closing[name] = max(self._closing.get(name, 0.0), asyncio.get_running_loop().time() + seconds)
        self._news.set()

    def changed(self) -> None:
        """The limits are others now."""
        self._all = True
        self._news.set()

    def _moved(self) -> None:
        if not self._calm or self._limiter.unknown:
            self._news.set()

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            wake = min(due, *self._draw_at.values()) if self._draw_at else due
            await rung(self._news, max(0.0, wake - clock()))
            self._news.clear()
            try:
                polled = clock() >= due
                if polled:
                    due = clock() + POLL_SECONDS
                await self._look(polled=polled)
            except Unavailable as fault:
                _log.warning("limits can not be shared now", cause=str(fault))
                await asyncio.sleep(AGAIN_SECONDS)
                due = clock()
            except Exception as fault:
                _log.error("sharing limits failed, and goes on", exc_info=fault)
                await asyncio.sleep(POLL_SECONDS)

    async def _look(self, *, polled: bool) -> None:
        begin = asyncio.get_running_loop().time()
        heard, self._heard = self._heard, set()
        anew, self._all = self._all, False
        closing, self._closing = self._closing, {}
        needs = self._needs(heard, anew=anew, polled=polled)
        if not needs and not polled and not heard and not closing:
            return
        closed: dict[str, float] = {}

        async def work(transaction: Transaction) -> tuple[set[str], dict[str, Given]]:
            if closing:
                await shares.close(transaction, {name: max(0.0, at - begin) for name, at in closing.items()})
            if heard or polled:
                closed.update(await shares.closed(transaction.connection))
            leases = self._store.leases
            held = await shares.renew(transaction.connection, leases) if polled else set(self._have)
            lost = set(self._have) - held
            given = await shares.take(transaction, leases, needs) if needs else {}
            return lost - set(given), given

        try:
            lost, given = await self._store.transact(work)
        except BaseException:
            self._heard |= heard
            self._all |= anew
            self._closing = {**closing, **self._closing}
            raise
        for name, seconds in closed.items():
            self._limiter.close_for(name, seconds)
        for name in lost:
            del self._have[name]
        self._take(given, begin)

    def _needs(self, heard: set[str], *, anew: bool, polled: bool) -> dict[str, Need]:
        """What is to be settled."""
        now = asyncio.get_running_loop().time()
        wants, usage = self._limiter.wants(), self._limiter.usage()
        needs: dict[str, Need] = {}
        for name in {*wants, *self._have}:
            limit, want = self._limiter.limit(name), wants.get(name)
            running = usage[name].running if name in usage else 0
            waiting = want.waiting if want is not None else 0
            blocked = want is not None and want.blocked
            tokens = want.tokens if want is not None and now >= self._draw_at.get(name, 0.0) else 0
            have = self._have.get(name)
            settles = limit.at_once is not None and (
                (blocked and (have is None or (have.target < limit.at_once and not have.part.short)))
                or (have is not None and (name in heard or anew or _gives(have, running, waiting)))
                or (polled and have is not None and (have.lacked or bool(have.part.short)))
            )
            draws = limit.per_second is not None and bool(tokens)
            if settles or draws:
                needs[name] = Need(limit, running, waiting, tokens if draws else 0, have)
        return needs

    def _take(self, given: dict[str, Given], begin: float) -> None:
        now = asyncio.get_running_loop().time()
        self._draw_at = {name: at for name, at in self._draw_at.items() if at > now}
        for name, one in given.items():
            if one.settled is not None:
                self._have[name] = one.settled
            if one.again_seconds:
                self._draw_at[name] = now + one.again_seconds
        self._calm = not self._limiter.has_rates and not any(
            one.lacked or one.part.short for one in self._have.values()
        )
        targets = {name: one.target for name, one in self._have.items()}
        tokens = {name: one.tokens for name, one in given.items() if one.tokens}
        self._limiter.share(targets, tokens, begin + MARGIN * self._store.leases.seconds - now)


def _gives(have: Settled, running: int, waiting: int) -> bool:
    """Whether a replica may have something that others want and that it can give up now."""
    return have.contested or (have.lacked and running + waiting < have.target)
