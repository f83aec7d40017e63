"""SQLite: one connection that writes, one for quick looks, and a pool beside them that only reads.

In WAL mode readers never wait for the writer. `BEGIN IMMEDIATE` takes the write lock at once: a transaction
that began as a reader and then wrote could lose an update. `synchronous=FULL` makes a commit survive the loss
of power, so nothing that was shown is ever lost; group commit makes that cheap.

Writes and quick looks run at once, in the event loop's thread, and only the commit, which waits for the disk,
in another one. A statement of ours takes microseconds, while a visit to a thread for it costs more than that,
and the interpreter's lock has to be won back there after every single row.

What is in the WAL is brought into the database in another thread, beside those who write: SQLite would do so
in the middle of a commit, and let everybody wait for the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, CursorResult, Engine, Executable, create_engine, event
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, QueuePool

from servers.chassis.errors import FailedPrecondition

READERS = 4
BUSY_SECONDS = 30.0
OTHER_SECONDS = 30.0
"""How long another process that has the database may take to end."""
_BUSY_PAUSE_SECONDS = 0.01
_WRITES = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=0")
_READS = ("query_only=ON",)
_CHECKPOINT_SECONDS = 0.5
"""Least time between two checkpoints."""
_WAL_PAGES = 10_000
"""Pages of 4 KiB beyond which the WAL begins anew. Writers wait for that, but nearly all is done by then."""
T = TypeVar("T")
_log = structlog.get_logger("reelmesh.store")


class Inline:
    """A connection with the face of an AsyncConnection whose statements run at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> Dialect:
        """As of the connection."""
        return self._connection.dialect

    async def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Runs a statement."""
        return self._connection.execute(statement, parameters)

    async def exec_driver_sql(self, statement: str) -> CursorResult[Any]:
        """Runs a statement in the database's own words."""
        return self._connection.exec_driver_sql(statement)

    async def run_sync(self, work: Callable[..., T], *arguments: Any) -> T:
        """Runs a function that is given the connection."""
        return work(self._connection, *arguments)


class InlineDatabase:
    """The two connections whose statements run at once. Each is used by one task at a time."""

    def __init__(self, path: Path) -> None:
        self._writing = _inline(path, "BEGIN IMMEDIATE", _WRITES)
        self._looking = _inline(path, "BEGIN", _READS)
        self._thread = ThreadPoolExecutor(1, "commit")
        self._checkpoints = Checkpoints(path)
        self.point = _plain(path, _READS)
        """For single queries that take no time."""

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Inline]:
        """A writing transaction.

        Raises:
            OperationalError: another process has held the database for too long, or its disk is full.
        """
        connection = self._writing.connect()
        try:
            await _begin(connection)
            yield Inline(connection)
            await self._commit(connection.commit)
        finally:
            connection.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """A writing transaction on the driver's own connection.

        Raises:
            sqlite3.Error: another process has the database, or its disk is full. Nothing is written.
        """
        pooled = self._writing.raw_connection()
        connection = pooled.driver_connection
        assert connection is not None
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            await self._commit(connection.commit)
        finally:
            connection.rollback()  # nothing, where it was committed
            pooled.close()

    @asynccontextmanager
    async def look(self) -> AsyncIterator[Inline]:
        """A read transaction for queries that take no time, e.g. of rows by their keys."""
        with self._looking.begin() as connection:
            yield Inline(connection)

    async def _commit(self, commit: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, commit)
        if self._checkpoints.large:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._checkpoints.begin_anew)
        self._checkpoints.committed()

    async def close(self) -> None:
        """Closes the connections."""
        self._thread.shutdown()
        await self._checkpoints.close()
        self._writing.dispose()
        self._looking.dispose()
        self.point.close()


class Checkpoints:
    """Brings what was committed from the WAL into the database, beside those who write."""

    def __init__(self, path: Path) -> None:
        self._connection = _plain(path, ())
        self._thread = ThreadPoolExecutor(1, "checkpoint")
        self._running: asyncio.Future[None] | None = None
        self._due = 0.0
        self.large = False
        """Whether the WAL has come to be so long that it is to begin anew."""

    def committed(self) -> None:
        """There is something new in the WAL."""
        loop = asyncio.get_running_loop()
        if loop.time() >= self._due and (self._running is None or self._running.done()):
            self._due = loop.time() + _CHECKPOINT_SECONDS
            self._running = loop.run_in_executor(self._thread, self._checkpoint)

    def begin_anew(self) -> None:
        """Brings the rest over, so that the next write begins the WAL anew, while nobody writes."""
        self._run("RESTART")
        self.large = False

    async def close(self) -> None:
        """Ends."""
        if self._running is not None:
            await asyncio.gather(self._running, return_exceptions=True)
        self._thread.shutdown()
        self._connection.close()

    def _checkpoint(self) -> None:
        self.large = self._run("PASSIVE") > _WAL_PAGES

    def _run(self, how: str) -> int:
        """Pages in the WAL. A disk that is full says so at the next commit."""
        try:
            _, pages, _ = self._connection.execute(f"PRAGMA wal_checkpoint({how})").fetchone()
        except sqlite3.Error as fault:
            _log.warning("the WAL can not be brought into the database now", cause=str(fault))
            return 0
        return int(pages)


def writer(path: Path) -> AsyncEngine:
    """An engine that makes and upgrades the database."""
    return _engine(path, 1, "BEGIN IMMEDIATE", _WRITES)


def readers(path: Path) -> AsyncEngine:
    """The engine that reads: a transaction sees one state of the database from first to last."""
    return _engine(path, READERS, "BEGIN", _READS)


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


async def _begin(connection: Connection) -> None:
    """Takes the write lock, without holding up the loop while another process has it."""
    until = asyncio.get_running_loop().time() + BUSY_SECONDS
    while True:
        try:
            connection.begin()
            return
        except OperationalError as fault:
            connection.rollback()
            if "locked" not in str(fault.orig) or asyncio.get_running_loop().time() > until:
                raise
            await asyncio.sleep(_BUSY_PAUSE_SECONDS)


def _engine(path: Path, size: int, begin: str, pragmas: Sequence[str]) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=size,
        max_overflow=0,
        pool_reset_on_return=None,  # every transaction is ended by its own block
        connect_args={"timeout": BUSY_SECONDS},
    )
    _prepare(engine.sync_engine, begin, pragmas)
    return engine


def _inline(path: Path, begin: str, pragmas: Sequence[str]) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        connect_args={"timeout": 0.0, "check_same_thread": False},
    )
    _prepare(engine, begin, pragmas)
    return engine


def _plain(path: Path, pragmas: Sequence[str]) -> sqlite3.Connection:
    """The driver's own connection."""
    connection = sqlite3.connect(path, timeout=0.0, isolation_level=None, check_same_thread=False)
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _prepare(engine: Engine, begin: str, pragmas: Sequence[str]) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def began(connection: Any) -> None:
        connection.exec_driver_sql(begin)
