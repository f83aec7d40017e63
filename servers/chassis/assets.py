"""Assets as local files: engines read and write paths, whatever the store is.

With a shared folder an asset's path is the blob itself: nothing is copied. With a remote Storage its bytes
are streamed once into a cache that needs no invalidation, since the name is the content.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import time
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import grpc

from reelmesh.common.v1.asset_pb2 import Asset, MediaFacts
from reelmesh.storage.v1 import storage_pb2, storage_pb2_grpc
from servers.chassis.blobs import BlobFolder, checked_digest
from servers.chassis.context import OWNER_KEY
from servers.chassis.durable import hash_file
from servers.chassis.errors import DataLoss, Fault, Internal, NotFound, ResourceExhausted, Unavailable

CHUNK_BYTES = 512 * 1024
UPLOAD_ATTEMPTS = 4
LEASE_SECONDS = 3600.0
"""How long what was made is safe from those who clean up: by then, a result that names it is stored."""
_CUT = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED, grpc.StatusCode.INTERNAL)


class Assets(Protocol):
    """Where a server's assets come from and go to."""

    async def path(self, owner: str, asset: Asset, field: str) -> Path:
        """A read-only local file with the asset's bytes.

        Raises:
            NotFound: it is not in the store, or not the owner's; the details name `field`.
        """

    async def store(self, owner: str, path: Path, media_type: str, facts: MediaFacts | None = None) -> Asset:
        """Moves a finished file into the store and gives the owner a reference.

        Raises:
            ResourceExhausted: the disk is nearly full.
        """

    async def require_room(self) -> None:
        """Checks that there is room for new work.

        Raises:
            ResourceExhausted: the disk is nearly full.
        """

    def scratch(self, name: str) -> contextlib.AbstractAsyncContextManager[Path]:
        """An empty folder on the store's filesystem, removed at the end."""

    def new_scratch(self, name: str) -> Path:
        """An empty folder on the store's filesystem; whoever asked gives it to `remove_scratch`."""

    @property
    def kept(self) -> Path:
        """A folder on the store's filesystem for what engines keep from work to work. It need not exist."""

    async def close(self) -> None:
        """Lets go of connections."""


class SharedAssets:
    """Assets in a folder that this server shares with Storage."""

    def __init__(self, folder: BlobFolder) -> None:
        self._folder = folder

    async def path(self, owner: str, asset: Asset, field: str) -> Path:
        """See `Assets.path`."""
        path = await asyncio.to_thread(self._folder.path_of, owner, checked_digest(asset.digest, field))
        if path is None:
            raise NotFound("asset", asset.digest, field=field, what="is not in the store")
        return path

    async def store(self, owner: str, path: Path, media_type: str, facts: MediaFacts | None = None) -> Asset:
        """See `Assets.store`."""
        until = time.time() + LEASE_SECONDS
        return await asyncio.to_thread(
            self._folder.put_file, path, owner, media_type, facts, lease_until=until
        )

    async def require_room(self) -> None:
        """See `Assets.require_room`."""
        self._folder.require_room()

    @contextlib.asynccontextmanager
    async def scratch(self, name: str) -> AsyncIterator[Path]:
        """See `Assets.scratch`."""
        async with _scratch(self._folder, name) as path:
            yield path

    def new_scratch(self, name: str) -> Path:
        """See `Assets.new_scratch`."""
        return self._folder.scratch(name)

    @property
    def kept(self) -> Path:
        """See `Assets.kept`."""
        return self._folder.root / "kept"

    async def close(self) -> None:
        """Nothing is held."""


class RemoteAssets:
    """Assets of a Storage server on another machine, behind a local cache."""

    def __init__(self, channel: grpc.aio.Channel, folder: BlobFolder, cache_bytes: int) -> None:
        """`folder` gives scratch space and the disk's watermark; the cache lies in its `cache`."""
        self._channel = channel
        self._stub = storage_pb2_grpc.StorageServiceStub(channel)
        self._folder = folder
        self._cache = folder.root / "cache"
        self._cache.mkdir(parents=True, exist_ok=True)
        self._cache_bytes = cache_bytes
        self._fetching: dict[tuple[str, str], asyncio.Task[Path]] = {}

    async def path(self, owner: str, asset: Asset, field: str) -> Path:
        """See `Assets.path`. A copy is used only while the owner may still read the asset."""
        digest = checked_digest(asset.digest, field)
        key = (owner, digest)
        if key not in self._fetching:
            task = asyncio.create_task(self._fetch(owner, digest, field))
            self._fetching[key] = task
            task.add_done_callback(lambda _: self._fetching.pop(key, None))
        return await asyncio.shield(self._fetching[key])

    async def store(self, owner: str, path: Path, media_type: str, facts: MediaFacts | None = None) -> Asset:
        """See `Assets.store`."""
        digest = await asyncio.to_thread(hash_file, path)
        metadata = ((OWNER_KEY, owner),)
        try:
            response = await self._write(path, digest, media_type, metadata)
        except grpc.aio.AioRpcError as error:
            raise _translated(error, digest, "") from error
        asset: Asset = response.asset
        if facts is not None:
            asset.facts.CopyFrom(facts)
        await asyncio.to_thread(os.replace, path, self._cache / digest)
        return asset

    async def require_room(self) -> None:
        """See `Assets.require_room`."""
        self._folder.require_room()

    @contextlib.asynccontextmanager
    async def scratch(self, name: str) -> AsyncIterator[Path]:
        """See `Assets.scratch`."""
        async with _scratch(self._folder, name) as path:
            yield path

    def new_scratch(self, name: str) -> Path:
        """See `Assets.new_scratch`."""
        return self._folder.scratch(name)

    @property
    def kept(self) -> Path:
        """See `Assets.kept`."""
        return self._folder.root / "kept"

    async def close(self) -> None:
        """Closes the channel."""
        await self._channel.close()

    async def _write(
        self, path: Path, digest: str, media_type: str, metadata: tuple[tuple[str, str], ...]
    ) -> storage_pb2.WriteResponse:
        """Uploads a file, going on from what is safe already when the stream is cut.

        The upload is named after the content: a server that was restarted in between goes on too.
        """
        size = (await asyncio.to_thread(path.stat)).st_size
        spec = storage_pb2.WriteSpec(digest=digest, size_bytes=size, media_type=media_type)

        async def messages(offset: int) -> AsyncIterator[storage_pb2.WriteRequest]:
            yield storage_pb2.WriteRequest(upload_id=digest, spec=spec, offset=offset)
            with path.open("rb") as file:
                file.seek(offset)
                while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
                    yield storage_pb2.WriteRequest(offset=offset, data=chunk, crc32=zlib.crc32(chunk))
                    offset += len(chunk)
            yield storage_pb2.WriteRequest(offset=offset, finish=True)

        for attempt in range(UPLOAD_ATTEMPTS):
            offset = 0
            if attempt:
                await asyncio.sleep(0.2 * 2**attempt)
                offset = await self._persisted(digest, metadata)
            try:
                return await self._stub.Write(messages(offset), metadata=metadata)
            except grpc.aio.AioRpcError as error:
                # INTERNAL: what grpc.aio tells when a call ends while it is still sending (its issue 36066).
                if error.code() not in _CUT or attempt == UPLOAD_ATTEMPTS - 1:
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def _persisted(self, digest: str, metadata: tuple[tuple[str, str], ...]) -> int:
        try:
            query = storage_pb2.QueryWriteStatusRequest(upload_id=digest)
            return (await self._stub.QueryWriteStatus(query, metadata=metadata)).persisted_bytes
        except grpc.aio.AioRpcError as error:
            if error.code() == grpc.StatusCode.NOT_FOUND:
                return 0
            raise

    async def _fetch(self, owner: str, digest: str, field: str) -> Path:
        cached = self._cache / digest
        metadata = ((OWNER_KEY, owner),)
        try:
            if cached.exists():
                await self._stub.Stat(storage_pb2.StatRequest(digest=digest), metadata=metadata)
                await asyncio.to_thread(os.utime, cached)
                return cached
            async with self.scratch("fetch") as folder:
                partial = folder / digest
                with partial.open("wb") as file:
                    async for chunk in self._stub.Read(
                        storage_pb2.ReadRequest(digest=digest), metadata=metadata
                    ):
                        await asyncio.to_thread(file.write, chunk.data)
                if await asyncio.to_thread(hash_file, partial) != digest:
                    raise Internal(
                        f"{field}: what Storage sent is not what was asked for", reason="DIGEST_MISMATCH"
                    )
                partial.chmod(0o444)
                await asyncio.to_thread(os.replace, partial, cached)
        except grpc.aio.AioRpcError as error:
            raise _translated(error, digest, field) from error
        await asyncio.to_thread(self._trim)
        return cached

    def _trim(self) -> None:
        """Removes the least recently used copies until the cache is within its bound."""
        entries = sorted((path.stat().st_mtime, path.stat().st_size, path) for path in self._cache.iterdir())
        total = sum(size for _, size, _ in entries)
        for used, size, path in entries:
            if total <= self._cache_bytes or time.time() - used < 60:
                return
            path.unlink(missing_ok=True)
            total -= size


@contextlib.asynccontextmanager
async def _scratch(folder: BlobFolder, name: str) -> AsyncIterator[Path]:
    path = await asyncio.to_thread(folder.scratch, name)
    try:
        yield path
    finally:
        await remove_scratch(path)


async def remove_scratch(path: Path) -> None:
    """Removes a scratch folder and what is in it, even while the caller is being cancelled."""
    await asyncio.shield(asyncio.to_thread(shutil.rmtree, path, ignore_errors=True))


def _translated(error: grpc.aio.AioRpcError, digest: str, field: str) -> Fault:
    code = error.code()
    if code == grpc.StatusCode.NOT_FOUND:
        return NotFound("asset", digest, field=field, what="is not in the store")
    if code == grpc.StatusCode.RESOURCE_EXHAUSTED:
        return ResourceExhausted("the store has no room", retry_after_seconds=60, reason="STORE_FULL")
    if code == grpc.StatusCode.DATA_LOSS:
        return DataLoss(f"{field or 'asset'}: the bytes of {digest} are damaged in the store")
    return Unavailable(f"Storage answered {code.name}", reason="STORAGE_UNAVAILABLE")
