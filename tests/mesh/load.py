"""What a mesh carries while it works: calls at once on each server, memory of all its processes."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Collection

import psutil

import reelmesh
from reelmesh.work.v1.work_pb2 import ListWorkRequest
from reelmesh.work.v1.work_pb2_grpc import WorkServiceStub

LOOK_SECONDS = 0.02


@contextlib.asynccontextmanager
async def most_calls(client: reelmesh.Client, servers: Collection[str]) -> AsyncIterator[Counter[str]]:
    """The most calls that were seen at once on each server, running and waiting, while the block runs."""
    seen: Counter[str] = Counter()

    async def look(server: str) -> None:
        stub = WorkServiceStub(client.channel(server))
        while True:
            told = await stub.ListWork(ListWorkRequest())
            seen[server] = max(seen[server], told.running + told.queued)
            await asyncio.sleep(LOOK_SECONDS)

    lookers = [asyncio.create_task(look(server)) for server in servers]
    try:
        yield seen
    finally:
        for looker in lookers:
            looker.cancel()
        ended = await asyncio.gather(*lookers, return_exceptions=True)
    assert all(isinstance(one, asyncio.CancelledError) for one in ended), ended


def memory_mb(pid: int) -> float:
    """Memory of a process and all below it, shared pages counted once (PSS)."""
    total = 0
    process = psutil.Process(pid)
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += one.memory_full_info().pss
    return total / 2**20
