"""The ledger's database: SQLite by default, PostgreSQL for several replicas."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from servers.chassis.errors import FailedPrecondition
from servers.video.ledger.schema import metadata

_DRIVERS = {"postgresql": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}
"""What a URL that names no driver is opened with."""
_BUSY_SECONDS = 30.0
_LOCK = 0x7265656C  # any number; ours alone, since the ledger has a database or schema of its own


class Database:
    """An open ledger."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._writing = asyncio.Lock()

    @classmethod
    async def open(cls, url: str, default: Path) -> Database:
        """Opens it, and makes its tables where they are not there.

        Raises:
            FailedPrecondition: it can not be opened.
        """
        wanted = make_url(url) if url else URL.create("sqlite+aiosqlite", database=str(default))
        wanted = wanted.set(drivername=_DRIVERS.get(wanted.drivername, wanted.drivername))
        if wanted.get_backend_name() == "sqlite":
            default.parent.mkdir(parents=True, exist_ok=True)
        engine = _engine(wanted)
        database = cls(engine)
        try:
            async with database.write() as connection:
                await connection.run_sync(metadata.create_all)
        except (DBAPIError, OSError) as fault:
            await engine.dispose()
            cause = fault.orig if isinstance(fault, DBAPIError) else fault
            raise FailedPrecondition(f"the providers' ledger can not be opened: {cause}") from fault
        return database

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that excludes every other writer, here and in other replicas."""
        async with self._writing, self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A reading transaction."""
        async with self._engine.connect() as connection:
            yield connection

    async def close(self) -> None:
        """Closes it."""
        await self._engine.dispose()


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        return create_async_engine(url, pool_pre_ping=True)
    engine = create_async_engine(url, connect_args={"timeout": _BUSY_SECONDS})

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        cursor = connection.cursor()
        # FULL: an intent that was committed outlives a loss of power, or a task could be paid for twice.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def began(connection: Any) -> None:
        # At once: a transaction that began as a reader and then wrote could lose an update.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
