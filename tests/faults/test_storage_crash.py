"""A Storage server that is killed in the middle of everything. Real processes, real sockets, SIGKILL."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import grpc

from reelmesh.storage.v1 import storage_pb2 as pb
from reelmesh.storage.v1.storage_pb2_grpc import StorageServiceStub
from servers.chassis.blobs import BlobFolder
from servers.storage.uploads import SYNC_BYTES
from tests.unit.servers.storage.caller import ALICE, code_of, digest_of, messages, read, write

MIB = 1 << 20


@contextlib.asynccontextmanager
async def process(
    socket: Path, root: Path
) -> AsyncIterator[tuple[asyncio.subprocess.Process, StorageServiceStub]]:
    """A Storage server in a process of its own, ended by SIGTERM when it is still there."""
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "servers.storage", "--listen", f"unix:{socket}"),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"REELMESH_STORAGE__ROOT": str(root), "REELMESH_STORAGE__LOW_SPACE_BYTES": "0"},
    )
    assert server.stdout is not None
    try:
        address = json.loads(await server.stdout.readline())["address"]
        async with grpc.aio.insecure_channel(address) as channel:
            yield server, StorageServiceStub(channel)
    finally:
        if server.returncode is None:
            server.send_signal(signal.SIGTERM)
        await server.wait()


async def safe_bytes(stub: StorageServiceStub) -> int:
    query = pb.QueryWriteStatusRequest(upload_id="film")
    if await code_of(stub.QueryWriteStatus(query, metadata=ALICE)) is grpc.StatusCode.NOT_FOUND:
        return 0
    return int((await stub.QueryWriteStatus(query, metadata=ALICE)).persisted_bytes)


async def test_an_upload_goes_on_after_the_server_was_killed(sockets: Path, tmp_path: Path) -> None:
    data = os.urandom(3 * SYNC_BYTES + 5)
    root = tmp_path / "store"
    told = 0
    for life in range(2):
        async with process(sockets / f"s{life}", root) as (server, stub):
            assert await safe_bytes(stub) >= told
            told = await safe_bytes(stub)
            call = stub.Write(metadata=ALICE)
            cuts = range(0, len(data), MIB)
            for message in messages(data, "film", cuts=cuts, offset=told, finish=False):
                await call.write(message)
                if message.offset >= told + SYNC_BYTES:
                    break
            while await safe_bytes(stub) == told:
                pass  # until the server says that more is safe
            told = await safe_bytes(stub)
            server.kill()
            await server.wait()
            call.cancel()
            assert [path for path in (root / "blobs").rglob("*") if path.is_file()] == []
    async with process(sockets / "last", root) as (_, stub):
        assert await safe_bytes(stub) >= told > SYNC_BYTES
        offset = await safe_bytes(stub)
        response = await write(stub, data, "film", offset=offset, cuts=range(0, len(data), MIB))
        assert response.asset.digest == digest_of(data)
        assert await read(stub, digest_of(data)) == data


async def test_what_was_promised_outlives_the_server(sockets: Path, tmp_path: Path) -> None:
    root = tmp_path / "store"
    async with process(sockets / "s", root) as (server, stub):
        asset = (await write(stub, b"film", "u", media_type="video/mp4")).asset
        server.kill()
        await server.wait()
    async with process(sockets / "t", root) as (_, stub):
        assert await read(stub, asset.digest) == b"film"
        again = await write(stub, b"film", "u", media_type="video/mp4")
        assert again.asset == asset


async def test_each_step_of_finishing_can_be_the_last(sockets: Path, tmp_path: Path) -> None:
    """Wherever a crash cuts the way from the last byte to the reference: finishing again ends it."""
    root = tmp_path / "store"
    data = os.urandom(100_000)
    digest = digest_of(data)
    folder = BlobFolder(root, low_space_bytes=0, low_space_fraction=0)
    async with process(sockets / "s", root) as (_, stub):
        for number, steps in enumerate(("checked", "moved", "lost")):
            name = f"u{number}"
            sent = messages(data, name, finish=False)
            assert await code_of(stub.Write(iter(list(sent)), metadata=ALICE)) is grpc.StatusCode.ABORTED
            (place,) = [one.parent for one in (root / "uploads").rglob("data")]
            state = json.loads((place / "state.json").read_text())
            (place / "state.json").write_text(json.dumps(state | {"digest": digest}))
            if steps != "checked":
                target = folder.blob_path(digest)
                target.parent.mkdir(exist_ok=True)
                (place / "data").replace(target)
            if steps == "lost":
                target.unlink()
            query = pb.QueryWriteStatusRequest(upload_id=name)
            known = await code_of(stub.QueryWriteStatus(query, metadata=ALICE))
            expected = grpc.StatusCode.NOT_FOUND if steps == "lost" else grpc.StatusCode.OK
            assert known is expected
            offset = 0 if steps == "lost" else len(data)
            response = await write(stub, data, name, offset=offset)
            assert response.asset.digest == digest
            assert await read(stub, digest) == data
            await stub.Delete(pb.DeleteRequest(digests=[digest]), metadata=ALICE)
            folder.sweep(2**40)
            assert not folder.blob_path(digest).exists()
