"""A replica's session at the PostgreSQL server: by it the others see that it is there, and it hears them.

The session holds an advisory lock on the replica's number. It ends with the process, however that ends, and
the lock with it: nobody has to wait for a lease to expire to take over from a replica that was killed. The
lease's own time is for one that is stopped or cut off.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

from orchestrator.store import notices
from orchestrator.store.notices import CHANNEL, Notice
from orchestrator.store.postgres import connect

LOCKS = 0x7265656C
"""First key of the replicas' advisory locks; the second is the replica's number."""
AGAIN_SECONDS = 0.25
ASK_SECONDS = 5.0
"""Time between two looks whether the session is still there: a cut line is not told by itself."""
_log = structlog.get_logger("reelmesh.store")


class Presence:
    """The session, made again whenever it is lost."""

    def __init__(self, url: URL, holder: int, heard: Callable[[Notice | None], None]) -> None:
        """`heard` gets what other replicas tell; None: something may have been missed."""
        self._url = url
        self._holder = holder
        self._heard = heard
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns when the session is there.

        Raises:
            OperationalError: the server can not be reached.
        """
        connection = await self._open()
        self._task = asyncio.create_task(self._keep(connection), name="presence")

    async def close(self) -> None:
        """Ends the session."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _open(self) -> Any:
        connection = await connect(self._url)
        try:
            await self._show(connection)
            await connection.add_listener(CHANNEL, self._notified)
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def _keep(self, connection: Any) -> None:
        try:
            while True:
                with contextlib.suppress(Exception):
                    while True:
                        await self._lost(connection)
                        await self._show(connection)
                connection.terminate()
                _log.warning("the session at the database was lost")
                connection = await self._again()
                self._heard(None)
        finally:
            connection.terminate()

    async def _show(self, connection: Any) -> None:
        """Takes the lock; or finds that it has it; or that a session which was cut off has it still."""
        await connection.execute(
            "SELECT pg_try_advisory_lock($1, $2)", LOCKS, self._holder, timeout=ASK_SECONDS
        )

    async def _lost(self, connection: Any) -> None:
        """Returns after a while; raises when the session has ended before."""
        ended = asyncio.Event()

        def on_end(_: Any) -> None:
            ended.set()

        connection.add_termination_listener(on_end)
        try:
            async with asyncio.timeout(ASK_SECONDS):
                if connection.is_closed():
                    raise ConnectionError
                await ended.wait()
                raise ConnectionError
        except TimeoutError:
            pass
        finally:
            connection.remove_termination_listener(on_end)

    async def _again(self) -> Any:
        while True:
            await asyncio.sleep(AGAIN_SECONDS)
            with contextlib.suppress(OperationalError, OSError):
                return await self._open()

    def _notified(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        try:
            notice = notices.read(payload, self._holder)
        except (ValueError, TypeError):  # a newer version's
            self._heard(Notice(waiting=True, commands=True))
            return
        if notice is not None:
            self._heard(notice)
