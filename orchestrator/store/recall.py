"""Look-ups of remembered results: those of many steps at once share one query."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.store import queries
from orchestrator.store.rows import RememberedRow

AT_ONCE = 500
"""Most digests in one query; SQLite's bound on parameters lies far above."""

Wanted = tuple[str, bytes]
"""(owner, digest)."""


class Recalls:
    """Gathers look-ups while one is under way, and does them together."""

    def __init__(self, read: Callable[[], AbstractAsyncContextManager[AsyncConnection]]) -> None:
        self._read = read
        self._waiting: dict[Wanted, asyncio.Future[RememberedRow | None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def find(self, owner: str, digest: bytes) -> RememberedRow | None:
        """The remembered result of a step."""
        wanted = (owner, digest)
        if wanted not in self._waiting:
            self._waiting[wanted] = asyncio.get_running_loop().create_future()
        future = self._waiting[wanted]
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        return await asyncio.shield(future)

    async def close(self) -> None:
        """Waits for the query under way."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)  # lets tasks that were woken together join the query
            taken = {wanted: self._waiting.pop(wanted) for wanted in list(self._waiting)[:AT_ONCE]}
            try:
                found = await self._query(list(taken))
            except Exception as fault:  # told to everybody who asked
                for future in taken.values():
                    future.set_exception(fault)
                continue
            for wanted, future in taken.items():
                future.set_result(found.get(wanted))

    async def _query(self, wanted: list[Wanted]) -> dict[Wanted, RememberedRow]:
        by_owner: defaultdict[str, list[bytes]] = defaultdict(list)
        for owner, digest in wanted:
            by_owner[owner].append(digest)
        found: dict[Wanted, RememberedRow] = {}
        async with self._read() as connection:
            for owner, digests in by_owner.items():
                for row in await queries.recall(connection, owner, digests):
                    found[owner, row.digest] = row
        return found
