"""A connection to PostgreSQL for statements that are transactions of their own: one way there and back.

What is done for every step goes this way. Everything else goes through SQLAlchemy, see `postgres`.
"""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError

from orchestrator.store.postgres import connect

REFUSALS = (DBAPIError, OSError)
"""What a database raises that can not be reached or does not write."""
_SETTINGS = {
    "plan_cache_mode": "force_generic_plan",  # its few statements are planned once
    "jit": "off",
}


class Direct:
    """One connection, made when it is first used, and again when it was lost."""

    def __init__(self, url: URL, **settings: str) -> None:
        """`settings`: the server's, for this session."""
        self._url = url
        self._settings = {**_SETTINGS, **settings}
        self._connection: Any = None
        self._one_at_a_time = asyncio.Lock()

    async def fetch(self, statement: str, *arguments: Any) -> list[Any]:
        """Runs a statement; returns its rows when it is committed.

        Raises:
            OperationalError: the server can not be reached, or refuses. What became of a statement whose
                connection was lost is not known.
        """
        import asyncpg

        async with self._one_at_a_time:
            if self._connection is None or self._connection.is_closed():
                self._connection = await connect(self._url, self._settings)
            try:
                rows: list[Any] = await self._connection.fetch(statement, *arguments)
            except (asyncpg.PostgresError, ValueError) as fault:  # refused, there or here
                lost = self._connection.is_closed()
                raise OperationalError(statement, None, fault, connection_invalidated=lost) from fault
            except Exception as fault:  # lost; or the driver's own state is not what it should be
                self._connection.terminate()
                raise OperationalError(statement, None, fault, connection_invalidated=True) from fault
            except BaseException:  # cancelled in the middle: nobody knows how far it is
                self._connection.terminate()
                raise
            return rows

    async def close(self) -> None:
        """Closes the connection."""
        if self._connection is not None:
            self._connection.terminate()
