"""Group commit: concurrent small writes share one transaction, so the disk is waited for once for all.

Writes queue up while a commit is under way; the next commit takes them all, in the order they came. Each
write learns of its success only after the commit. A write that fails is left out and the others are done
again without it. A write of an execution may be done again after a commit of unknown outcome, e.g. because
the database went away: it names the sequence that it goes on from, and is found to be there already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy.exc import DBAPIError

from orchestrator.store.appending import Append, Transaction
from orchestrator.store.leases import Leases
from orchestrator.store.notices import Notice
from reelmesh.orchestrator.v1.events_pb2 import Event
from servers.chassis.errors import Unavailable

GROUP_LIMIT = 1000

T = TypeVar("T")


Committed = Callable[[Sequence[tuple[str, Event]], Notice], None]
"""Gets (owner, event) of what was committed, in order, and the commit's notice."""
Begin = Callable[[], AbstractAsyncContextManager[Any]]
"""Begins a transaction: gives an AsyncConnection, or what has the face of one."""
Work = Callable[[Transaction], Awaitable[Any]]


class Batch(Protocol):
    """A shorter way for what executions write."""

    async def write(self, appends: Sequence[Append]) -> tuple[list[Append], Notice]:
        """Writes appends of as many jobs, all under leases. Returns those that were written, and a notice."""


@dataclass
class _Write:
    what: Append | Work
    done: asyncio.Future[Any]


class Writer:
    """The one task that writes."""

    def __init__(
        self, begin: Begin, leases: Leases, committed: Committed, batch: Batch | None = None
    ) -> None:
        """`begin` begins a writing transaction; `committed` is told before the writers learn of it. `batch`:
        a shorter way for what executions write, where the database has one."""
        self._begin = begin
        self._batch = batch
        self._leases = leases
        self._committed = committed
        self._queue: asyncio.Queue[_Write | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._run(), name="writer")
        self._closed = False

    async def append(self, append: Append) -> None:
        """Writes what happened to a job; returns when it is on disk.

        Raises:
            Gone: the job was deleted, or is another replica's now.
        """
        await self._put(append)

    async def transact(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Runs `work` in a transaction; returns its value when it is on disk.

        `work` may run more than once and must not wait for anything but the database. What it raises is
        raised here, and nothing it wrote is kept.
        """
        value: T = await self._put(work)
        return value

    async def close(self) -> None:
        """Writes what is queued, then ends."""
        if not self._closed:
            self._closed = True
            self._queue.put_nowait(None)
        await self._task

    async def _put(self, what: Append | Work) -> Any:
        if self._closed:
            raise Unavailable("the orchestrator is stopping")
        write = _Write(what, asyncio.get_running_loop().create_future())
        self._queue.put_nowait(write)
        # A caller that is cancelled leaves the write be: it may be on disk already, or else it will be.
        return await write.done

    async def _run(self) -> None:
        ending = False
        while not ending:
            taken = [await self._queue.get()]
            await asyncio.sleep(0)  # lets tasks that were woken together join the group
            while len(taken) < GROUP_LIMIT and not self._queue.empty():
                taken.append(self._queue.get_nowait())
            group = [write for write in taken if write is not None]
            ending = len(group) < len(taken)
            if self._batch is not None:
                group = await self._write_batch(group, self._batch)
            if group:
                await self._commit(group)

    async def _write_batch(self, group: list[_Write], batch: Batch) -> list[_Write]:
        """Writes what can go the short way; returns what is left, e.g. of jobs that are another's now."""
        short: dict[str, tuple[_Write, Append]] = {}
        for write in group:
            if isinstance(write.what, Append) and write.what.token is not None:
                short.setdefault(write.what.job_id, (write, write.what))
        if not short:
            return group
        try:
            written, notice = await batch.write([append for _, append in short.values()])
        except Exception as fault:
            if not _is_away(fault):
                return group  # one by one, so that a bad one takes no other with it
            taken = [write for write, _ in short.values()]
            _fail(taken, fault)
            return _without(group, taken)
        events = [(append.owner, event) for append in written for event in append.events]
        self._committed(events, notice)
        taken = [short[append.job_id][0] for append in written]
        for write in taken:
            if not write.done.done():
                write.done.set_result(None)
        return _without(group, taken)

    async def _commit(self, group: list[_Write], *, again: bool = True) -> None:
        try:
            values = await self._transaction(group)
        except Exception as fault:
            if _was_stale(fault) and again:
                await self._commit(group, again=False)
                return
            if len(group) == 1 or _is_away(fault):
                _fail(group, fault)
                return
            for write in group:
                await self._commit([write])
            return
        for write, value in zip(group, values, strict=True):
            if not write.done.done():
                write.done.set_result(value)

    async def _transaction(self, group: list[_Write]) -> list[Any]:
        values: list[Any] = []
        async with self._begin() as connection:
            transaction = Transaction(connection, self._leases)
            waiting: list[Append] = []
            for write in group:
                if isinstance(write.what, Append):
                    waiting.append(write.what)
                    values.append(None)
                    continue
                await transaction.append(*waiting)
                waiting.clear()
                values.append(await write.what(transaction))
            await transaction.append(*waiting)
            await transaction.finish()
        self._committed(transaction.committed, transaction.notice)
        return values


def _without(group: Sequence[_Write], taken: Sequence[_Write]) -> list[_Write]:
    known = set(map(id, taken))
    return [write for write in group if id(write) not in known]


def _fail(group: Sequence[_Write], fault: Exception) -> None:
    for write in group:
        if not write.done.done():
            write.done.set_exception(fault)


def _was_stale(fault: Exception) -> bool:
    """Whether nothing was done because the connection had ended before, e.g. with the database's restart."""
    return isinstance(fault, DBAPIError) and fault.connection_invalidated and fault.statement is not None


def _is_away(fault: Exception) -> bool:
    """Whether the database can not be reached, so that it would refuse each write of a group, too."""
    return isinstance(fault, OSError) or (isinstance(fault, DBAPIError) and fault.connection_invalidated)
