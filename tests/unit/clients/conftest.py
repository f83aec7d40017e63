"""A toy orchestrator to talk to, and no mesh of the machine's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import grpc
import pytest

import reelmesh
from reelmesh.storage.v1.storage_pb2_grpc import add_StorageServiceServicer_to_server
from tests.unit.clients.toy_batches import ToyBatches
from tests.unit.clients.toy_jobs import ToyJobs, serve
from tests.unit.clients.toy_storage import ToyStorage

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


Toys = tuple[ToyBatches, ToyStorage, reelmesh.Client]


@pytest.fixture
async def toys(start: Start, sockets: Path) -> AsyncIterator[Toys]:
    """Jobs, a store, and a client of both."""
    jobs, store = ToyBatches(), ToyStorage()
    server = grpc.aio.server()
    add_StorageServiceServicer_to_server(store, server)
    address = f"unix:{sockets / 'store.sock'}"
    server.add_insecure_port(address)
    await server.start()
    async with reelmesh.Client(await start(jobs), storage_address=address) as client:
        yield jobs, store, client
    await server.stop(None)
