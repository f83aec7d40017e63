"""PostgreSQL engines: one that writes, with one connection, and a pool beside it that only reads.

The writer's transactions are READ COMMITTED and lock the rows they change; a reader sees one state of the
database from first to last. A replica that is stopped in the middle of a transaction holds its locks for
`IDLE_SECONDS` at most: then the server ends its session.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from servers.chassis.errors import FailedPrecondition

READERS = 4
IDLE_SECONDS = 5
ANSWER_SECONDS = 30.0
"""Longest time for one statement: a server that is cut off never answers."""
CONNECT_SECONDS = 10.0
DRIVER = "postgresql+asyncpg"


class Database:
    """The connection that writes, and the pool for quick looks beside it."""

    def __init__(self, url: URL) -> None:
        self._writing = writer(url)
        self._looking = readers(url)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A writing transaction.

        Raises:
            OperationalError: the server can not be reached.
        """
        async with self._writing.begin() as connection:
            yield connection

    @asynccontextmanager
    async def look(self) -> AsyncIterator[AsyncConnection]:
        """A read transaction."""
        async with self._looking.begin() as connection:
            yield connection

    async def close(self) -> None:
        """Closes the connections."""
        await self._writing.dispose()
        await self._looking.dispose()


def writer(url: URL) -> AsyncEngine:
    """The engine that writes. It has exactly one connection."""
    return _engine(url, size=1)


def readers(url: URL) -> AsyncEngine:
    """The engine that reads."""
    engine = _engine(url, size=READERS, pre_ping=True)
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _engine(url: URL, *, size: int, pre_ping: bool = False) -> AsyncEngine:
    async def connection(*_: Any, **__: Any) -> Any:
        return await connect(url)

    return create_async_engine(
        url.set(drivername=DRIVER),
        async_creator=connection,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=size,
        max_overflow=0,
        pool_pre_ping=pre_ping,
    )


async def connect(url: URL, settings: Mapping[str, str] | None = None) -> Any:
    """A connection of asyncpg's. `settings`: the server's, for the session.

    Raises:
        OperationalError: the server can not be reached.
        FailedPrecondition: asyncpg is not installed.
    """
    try:
        import asyncpg
    except ModuleNotFoundError:
        raise FailedPrecondition(
            "orchestrator.database names a PostgreSQL server, and its driver is not installed: "
            "pip install 'reelmesh[postgres]'",
            reason="DATABASE_UNSUPPORTED",
        ) from None
    try:
        return await asyncpg.connect(
            url.set(drivername="postgresql").render_as_string(hide_password=False),
            timeout=CONNECT_SECONDS,
            command_timeout=ANSWER_SECONDS,
            server_settings={
                "application_name": "reelmesh orchestrator",
                "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
                **(settings or {}),
            },
        )
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
        raise OperationalError("connect", None, fault) from fault
