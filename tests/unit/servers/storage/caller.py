"""A Storage server on a socket, and a caller of it, for the tests."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import grpc

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.storage.v1 import storage_pb2 as pb
from reelmesh.storage.v1.storage_pb2_grpc import StorageServiceStub
from servers.chassis.serve import start
from servers.chassis.settings import Settings, StorageSettings
from servers.storage.__main__ import SERVER

ALICE = (("reelmesh-owner", "alice"),)
BOB = (("reelmesh-owner", "bob"),)


@contextlib.asynccontextmanager
async def storage(socket: Path, **settings: Any) -> AsyncIterator[StorageServiceStub]:
    """A Storage server with these settings of its section, and a stub for it."""
    made = Settings(storage=StorageSettings(**{"low_space_bytes": 0, "low_space_fraction": 0.0} | settings))
    running = await start(SERVER, made, f"unix:{socket}")
    try:
        async with grpc.aio.insecure_channel(running.address) as channel:
            yield StorageServiceStub(channel)
    finally:
        await running.stop(0)


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def messages(
    data: bytes,
    upload_id: str,
    *,
    cuts: Iterable[int] = (),
    offset: int = 0,
    finish: bool = True,
    declare: bool = True,
    media_type: str = "",
) -> Iterator[pb.WriteRequest]:
    """The messages of a Write that sends `data[offset:]`, cut at these places."""
    spec = pb.WriteSpec(media_type=media_type)
    if declare:
        spec.digest, spec.size_bytes = digest_of(data), len(data)
    edges = [offset, *sorted(cut for cut in cuts if offset < cut < len(data)), len(data)]
    for number, (begin, end) in enumerate(itertools.pairwise(edges)):
        chunk = data[begin:end]
        request = pb.WriteRequest(offset=begin, data=chunk, crc32=zlib.crc32(chunk))
        if number == 0:
            request.upload_id = upload_id
            request.spec.CopyFrom(spec)
        request.finish = finish and number == len(edges) - 2
        yield request


async def write(
    stub: StorageServiceStub, data: bytes, upload_id: str = "", *, who: Any = ALICE, **how: Any
) -> pb.WriteResponse:
    """Stores a blob."""
    cuts = range(1 << 20, len(data), 1 << 20)
    sent = messages(data, upload_id or digest_of(data)[:20], **({"cuts": cuts} | how))
    return await stub.Write(iter(sent), metadata=who)


async def read(
    stub: StorageServiceStub, digest: str, offset: int = 0, limit: int = 0, *, who: Any = ALICE
) -> bytes:
    """Reads a blob or a part of it, checking what the contract promises of each message."""
    data = b""
    request = pb.ReadRequest(digest=digest, offset=offset, limit=limit)
    number = 0
    async for response in stub.Read(request, metadata=who):
        assert response.HasField("asset") == (number == 0)
        assert response.offset == offset + len(data)
        assert response.crc32 == zlib.crc32(response.data)
        assert len(response.data) <= 512 * 1024
        data += response.data
        number += 1
    assert number > 0
    return data


async def refused(call: Any) -> grpc.aio.AioRpcError:
    """The error of a call that must fail."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return error
    raise AssertionError("the call was served")


async def listed(stub: StorageServiceStub, *, who: Any = ALICE, **request: Any) -> Sequence[Asset]:
    """All pages of a list."""
    found: list[Asset] = []
    token = ""
    while True:
        response = await stub.List(pb.ListRequest(page_token=token, **request), metadata=who)
        found += response.assets
        token = response.next_page_token
        if not token:
            return found


async def code_of(call: Any) -> grpc.StatusCode:
    """How a call ended."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK
