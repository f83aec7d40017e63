"""The store: opens the database, reads from it, writes to it in groups."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from orchestrator.store import sqlite
from orchestrator.store.migrate import migrate
from orchestrator.store.recall import Recalls
from orchestrator.store.rows import RememberedRow
from orchestrator.store.sqlite import InlineDatabase
from orchestrator.store.writer import Append, Transaction, Writer
from reelmesh.orchestrator.v1.events_pb2 import Event
from servers.chassis.errors import FailedPrecondition, Unavailable

T = TypeVar("T")
Published = Callable[[Sequence[tuple[str, Event]]], None]


class Store:
    """An open database."""

    def __init__(self, inline: InlineDatabase, reading: AsyncEngine, published: Published) -> None:
        self._inline = inline
        self._reading = reading
        self._writer = Writer(inline.write, published)
        self._recalls = Recalls(inline.look)

    @classmethod
    async def open(cls, path: Path, published: Published) -> Store:
        """Opens, and where needed makes or upgrades, a SQLite database.

        `published` gets (owner, event) of whatever is committed, in order.

        Raises:
            FailedPrecondition: the file is no database of ours, or a newer version's; or can not be written.
        """
        writing = sqlite.writer(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            await migrate(writing)
        except (DBAPIError, sqlite3.Error, OSError) as fault:
            cause = fault.orig if isinstance(fault, DBAPIError) else fault
            raise FailedPrecondition(f"the orchestrator's database can not be opened: {cause}") from fault
        finally:
            await writing.dispose()
        return cls(InlineDatabase(path), sqlite.readers(path), published)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A read transaction: it sees the database as it is at its first query."""
        async with self._reading.begin() as connection:
            yield connection

    async def recall(self, owner: str, digest: bytes) -> RememberedRow | None:
        """The remembered result of a step."""
        return await self._recalls.find(owner, digest)

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
        except OperationalError as fault:
            raise Unavailable(
                f"the orchestrator's database can not be written now: {fault.orig}",
                reason="DATABASE_UNAVAILABLE",
            ) from fault

    async def close(self) -> None:
        """Writes what is queued and closes the database."""
        await self._writer.close()
        await self._recalls.close()
        self._inline.close()
        await self._reading.dispose()
