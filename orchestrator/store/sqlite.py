"""SQLite engines: one that writes, with one connection, and a pool beside it that only reads.

In WAL mode readers never wait for the writer. `BEGIN IMMEDIATE` takes the write lock at once: a transaction
that began as a reader and then wrote could lose an update. `synchronous=FULL` makes a commit survive the loss
of power, so nothing that was shown is ever lost; group commit makes that cheap.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from servers.chassis.errors import FailedPrecondition

READERS = 4
BUSY_SECONDS = 30.0
OTHER_SECONDS = 30.0
"""How long another process that has the database may take to end."""


def writer(path: Path) -> AsyncEngine:
    """The engine that writes. It has exactly one connection."""
    engine = _engine(path, size=1)
    _prepare(engine, "BEGIN IMMEDIATE", ["journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"])
    return engine


def readers(path: Path) -> AsyncEngine:
    """The engine that reads: a transaction sees one state of the database from first to last."""
    engine = _engine(path, size=READERS)
    _prepare(engine, "BEGIN", ["query_only=ON"])
    return engine


async def only_one(path: Path) -> int:
    """Waits until no other orchestrator has the database, and keeps others out until the result is closed.

    Raises:
        FailedPrecondition: another one keeps it.
    """
    file = os.open(path.with_name(f"{path.name}-lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(OTHER_SECONDS):
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    await asyncio.sleep(0.05)
                else:
                    return file
    os.close(file)
    raise FailedPrecondition(
        "another orchestrator has this database open; for several of them, name a PostgreSQL database in "
        "orchestrator.database",
        reason="DATABASE_IN_USE",
    )


def _engine(path: Path, size: int) -> AsyncEngine:
    return create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=size,
        max_overflow=0,
        pool_reset_on_return=None,  # every transaction is ended by its own block
        connect_args={"timeout": BUSY_SECONDS},
    )


def _prepare(engine: AsyncEngine, begin: str, pragmas: list[str]) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def began(connection: Any) -> None:
        connection.exec_driver_sql(begin)
