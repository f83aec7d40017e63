"""A toy orchestrator to talk to, and no mesh of the machine's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.unit.clients.toy_jobs import ToyJobs, serve

Start = Callable[[ToyJobs], Awaitable[str]]


@pytest.fixture(autouse=True)
def no_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgets the addresses that the environment may hold."""
    for name in ("REELMESH_ADDRESS", "REELMESH_STORAGE_ADDRESS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def start(sockets: Path) -> AsyncIterator[Start]:
    """Starts a toy orchestrator and gives its address."""
    async with AsyncExitStack() as ends:

        async def begin(toy: ToyJobs) -> str:
            address = f"unix:{sockets / 'jobs.sock'}"
            server = await serve(toy, address)
            ends.push_async_callback(server.stop, None)
            return address

        yield begin
