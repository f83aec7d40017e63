"""What the server does by itself: reads how providers do, and follows tasks that nobody asks about any more.

A clip that is paid for is fetched before its link expires, whether or not its caller comes back.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from servers.chassis.assets import Assets
from servers.chassis.errors import Fault
from servers.chassis.http import NoAnswer, NotSent
from servers.chassis.servicer import Desk
from servers.video import verdict
from servers.video.accounts import starts
from servers.video.conductor import Conductor
from servers.video.ledger.records import Run
from servers.video.ledger.schema import EventKind
from servers.video.vendor import Kind, Unreachable, can_be_tested

REFRESH_SECONDS = 2.0
FOLLOW_SECONDS = 15.0
PROBE_SECONDS = 30.0
_TESTED = (Kind.AUTH, Kind.OUTAGE)
"""Troubles that a call which costs nothing shows to be over. A credit may lag behind what was paid in."""
_AT_ONCE = 32
_log = structlog.get_logger("reelmesh.video")


class Keeper:
    """The server's own tasks. `start` begins them; close it at the end."""

    def __init__(
        self,
        conductor: Conductor,
        assets: Assets,
        *,
        follow_seconds: float = FOLLOW_SECONDS,
        balance_seconds: float = 600.0,
    ) -> None:
        self._conductor = conductor
        self._assets = assets
        self._follow_seconds = follow_seconds
        self._balance_seconds = balance_seconds
        self._tasks: list[asyncio.Task[None]] = []
        self._following: dict[tuple[str, str], asyncio.Task[None]] = {}

    def start(self) -> None:
        """Begins."""
        self._tasks = [
            asyncio.create_task(self._every(REFRESH_SECONDS, self.refresh), name="standings"),
            asyncio.create_task(self._every(self._follow_seconds, self.look), name="keeper"),
            asyncio.create_task(self._every(self._balance_seconds, self.weigh), name="balances"),
            asyncio.create_task(self._every(PROBE_SECONDS, self.probe), name="probes"),
        ]

    async def refresh(self) -> None:
        """Reads how the providers do."""
        names = list(self._conductor.accounts)
        self._conductor.choice.standings.of = await self._conductor.reports.standings(names)

    async def probe(self) -> None:
        """Tests those that are not asked for want of a good key or an answer: they may be well again."""
        for account in list(self._conductor.accounts.values()):
            standing = self._conductor.choice.standings.get(account.name)
            if verdict.seems_open(standing) or standing.kind not in _TESTED or account.missing():
                continue
            if not can_be_tested(account.vendor):
                continue
            try:
                await account.vendor.reach(account.http)
            except (Unreachable, NotSent, NoAnswer):
                continue
            _log.info("the provider answers again", provider=account.name)
            await self._conductor.ledger.try_again(account.name)

    async def weigh(self) -> None:
        """Asks for the credit of the accounts that want to be told when it is low."""
        for account in list(self._conductor.accounts.values()):
            least = account.account.low_balance
            if least is None or account.missing():
                self._conductor.low_balances.pop(account.name, None)
                continue
            try:
                found = await account.vendor.balance(account.http)
            except (Unreachable, NotSent, NoAnswer) as error:
                message = account.http.redacted(str(error))
                _log.info("the credit is not told", provider=account.name, error=message)
                continue
            if found is None or found.credits >= least:
                self._conductor.low_balances.pop(account.name, None)
                continue
            message = f"{found.credits:g} credits are left, fewer than {least:g}"
            self._conductor.low_balances[account.name] = message
            day, _ = starts(self._conductor.choice.zone)
            await self._conductor.ledger.raised(account.name, EventKind.LOW_BALANCE, f"{day:.0f}", message)

    async def look(self) -> None:
        """Takes up runs that nobody drives."""
        for run in await self._conductor.reports.abandoned(_AT_ONCE):
            key = (run.owner, run.request_id)
            if key not in self._following and len(self._following) < _AT_ONCE:
                task = asyncio.create_task(self._follow(run), name=f"follow {run.request_id}")
                self._following[key] = task
                task.add_done_callback(functools.partial(self._forget, key))

    def _forget(self, key: tuple[str, str], _: asyncio.Task[None]) -> None:
        self._following.pop(key, None)

    async def close(self) -> None:
        """Lets go of everything, as it is recorded."""
        tasks = [*self._tasks, *self._following.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self, run: Run) -> None:
        desk = Desk(run.owner, run.request_id, self._assets, "clip")
        try:
            await self._conductor.follow(run, desk)
        except Fault as fault:
            _log.info("an abandoned task is not at its end", request_id=run.request_id, reason=fault.reason)
        except Exception as error:
            _log.error("an abandoned task can not be followed", request_id=run.request_id, exc_info=error)
        finally:
            await desk.clear()

    async def _every(self, seconds: float, do: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await do()
            except (SQLAlchemyError, OSError) as error:  # the ledger is away: it is asked again
                _log.warning("the ledger does not answer", error=type(error).__name__)
            await asyncio.sleep(seconds)
