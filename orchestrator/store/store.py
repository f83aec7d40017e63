"""The store: opens the database, reads from it, writes to it in groups."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from orchestrator.store import postgres, sqlite
from orchestrator.store.appending import Append, Transaction
from orchestrator.store.batch import Batch
from orchestrator.store.claims import Claims
from orchestrator.store.direct import REFUSALS, Direct
from orchestrator.store.inline import InlineBatch
from orchestrator.store.leases import Leases
from orchestrator.store.migrate import migrate
from orchestrator.store.notices import Notice
from orchestrator.store.presence import Presence
from orchestrator.store.recall import Recalls
from orchestrator.store.rows import RememberedRow
from orchestrator.store.writer import Writer
from reelmesh.orchestrator.v1.events_pb2 import Event
from servers.chassis.errors import FailedPrecondition, Unavailable

T = TypeVar("T")
LEASE_SECONDS = 15.0


class Writing(Protocol):
    """The connections for which every microsecond counts."""

    def write(self) -> AbstractAsyncContextManager[Any]:
        """A writing transaction: an AsyncConnection, or what has the face of one."""

    def look(self) -> AbstractAsyncContextManager[Any]:
        """A read transaction for queries that take no time, e.g. of rows by their keys."""

    async def close(self) -> None:
        """Closes the connections."""


class Store:
    """An open database."""

    def __init__(
        self,
        writing: Writing,
        reading: AsyncEngine,
        leases: Leases,
        *,
        batch: InlineBatch | None = None,
        shared: URL | None = None,
    ) -> None:
        """`batch`: writes what executions write. `shared`: of a database to which other replicas may write,
        too; it has a batch of its own."""
        self.leases = leases
        self.on_events: Callable[[Sequence[tuple[str, Event]]], None] = lambda _: None
        """Gets (owner, event) of whatever this replica commits, in order."""
        self.on_notice: Callable[[Notice | None], None] = lambda _: None
        """Gets what other replicas tell; None: something may have been missed."""
        self.on_commit: Callable[[Notice], None] = lambda _: None
        """Gets what this replica tells."""
        self._writing = writing
        self._reading = reading
        self._direct = Direct(shared) if shared is not None else None
        self.claims = Claims(shared, leases.holder) if shared is not None else None
        """Of calls that replicas share; None where there are none."""
        shorter = Batch(self._direct, leases) if self._direct is not None else batch
        self._writer = Writer(writing.write, leases, self._committed, shorter)
        self._recall_at_once = batch.recall if batch is not None else None
        self._recalls = Recalls(writing.look)
        self._presence: Presence | None = None
        self._lock: int | None = None

    @classmethod
    async def open(cls, url: URL, *, lease_seconds: float = LEASE_SECONDS) -> Store:
        """Opens, and where needed makes or upgrades, a database.

        Raises:
            FailedPrecondition: it is no database of ours, or a newer version's; it can not be written or not
                be reached; or, on SQLite, another process has it.
        """
        holder = secrets.randbits(31)
        if url.get_backend_name() == "sqlite":
            return await cls._open_sqlite(
                Path(url.database or ""), Leases(holder, lease_seconds, expire=False)
            )
        await _prepare(postgres.writer(url))
        leases = Leases(holder, lease_seconds, expire=True)
        store = cls(postgres.Database(url), postgres.readers(url), leases, shared=url)
        store._presence = Presence(url, holder, lambda notice: store.on_notice(notice))
        try:
            await store._presence.start()
        except DBAPIError as fault:
            await store.close()
            raise _unopened(fault) from fault
        return store

    @classmethod
    async def _open_sqlite(cls, path: Path, leases: Leases) -> Store:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = await sqlite.only_one(path)
        except OSError as fault:
            raise _unopened(fault) from fault
        try:
            await _prepare(sqlite.writer(path))
        except BaseException:
            os.close(lock)
            raise
        database = sqlite.InlineDatabase(path)
        store = cls(database, sqlite.readers(path), leases, batch=InlineBatch(database))
        store._lock = lock
        await store.transact(lambda transaction: leases.clear(transaction.connection))
        return store

    @property
    def shared(self) -> bool:
        """Whether other replicas may write to the database, too."""
        return self.leases.expire

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A read transaction: it sees the database as it is at its first query.

        Raises:
            Unavailable: the database can not be read now.
        """
        try:
            async with self._reading.begin() as connection:
                yield connection
        except REFUSALS as fault:
            raise _away(fault, "read") from fault

    async def recall(self, owner: str, digest: bytes) -> RememberedRow | None:
        """The remembered result of a step.

        Raises:
            Unavailable: the database can not be read now.
        """
        try:
            if self._recall_at_once is not None:
                return self._recall_at_once(owner, digest)
            return await self._recalls.find(owner, digest)
        except (*REFUSALS, sqlite3.Error) as fault:
            raise _away(fault, "read") from fault

    async def append(self, append: Append) -> None:
        """Writes what happened to a job. See `Writer.append`."""
        await self._writer.append(append)

    async def transact(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Runs `work` in a writing transaction. See `Writer.transact`.

        Raises:
            Unavailable: the database refuses to write, e.g. because its disk is full.
        """
        try:
            return await self._writer.transact(work)
        except REFUSALS as fault:
            raise _away(fault, "written") from fault

    async def close(self) -> None:
        """Writes what is queued and closes the database."""
        await self._writer.close()
        await self._recalls.close()
        for connection in (self.claims, self._direct):
            if connection is not None:
                await connection.close()
        if self._presence is not None:
            await self._presence.close()
        await self._writing.close()
        await self._reading.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _committed(self, events: Sequence[tuple[str, Event]], notice: Notice) -> None:
        self.on_events(events)
        self.on_commit(notice)


async def _prepare(engine: AsyncEngine) -> None:
    """Brings the database to the tables this code needs."""
    try:
        await migrate(engine)
    except (*REFUSALS, sqlite3.Error) as fault:
        raise _unopened(fault) from fault
    finally:
        await engine.dispose()


def _unopened(fault: Exception) -> FailedPrecondition:
    cause = fault.orig if isinstance(fault, DBAPIError) else fault
    return FailedPrecondition(f"the orchestrator's database can not be opened: {cause}")


def _away(fault: Exception, verb: str) -> Unavailable:
    # What the driver says may name hosts and files; the log has it.
    cause = f": {fault.orig}" if isinstance(fault, DBAPIError) and fault.statement is not None else ""
    return Unavailable(
        f"the orchestrator's database can not be {verb} now{cause}", reason="DATABASE_UNAVAILABLE"
    )
