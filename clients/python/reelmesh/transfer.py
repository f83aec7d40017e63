"""Media to and from the store: in checked chunks, resumed where they broke off, and never half there."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
import os
import secrets
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO

import grpc

from reelmesh import errors
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.storage.v1 import storage_pb2 as pb
from reelmesh.storage.v1.storage_pb2_grpc import StorageServiceStub

CHUNK_BYTES = 512 * 1024
ATTEMPTS = 8
"""How often in a row a transfer may break off without getting on."""
FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 5.0
DEFAULT_MEDIA_TYPE = "application/octet-stream"

OnBytes = Callable[[int, int], None]
"""Told (bytes done, bytes in all) as a transfer goes on."""

Metadata = tuple[tuple[str, str], ...]

# What Python's own table leaves out, or names differently from one system to the next.
_MEDIA_TYPES = {
    ".aac": "audio/aac",
    ".ass": "text/x-ssa",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".mkv": "video/x-matroska",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".srt": "application/x-subrip",
    ".vtt": "text/vtt",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".webp": "image/webp",
}


def media_type_of(path: Path) -> str:
    """RFC 6838 media type by the file's ending."""
    ending = path.suffix.lower()
    return _MEDIA_TYPES.get(ending) or mimetypes.guess_type(f"x{ending}")[0] or DEFAULT_MEDIA_TYPE


class Patience:
    """Counts what breaks off; gives up after `ATTEMPTS` in a row without any bytes between them."""

    def __init__(self) -> None:
        self._failures = 0
        self._done = -1

    async def after(self, error: errors.ReelmeshError, done: int) -> None:
        """Waits before the next attempt.

        Raises:
            ReelmeshError: the error itself, when another attempt is of no use.
        """
        self._failures = 1 if done > self._done else self._failures + 1
        self._done = max(self._done, done)
        if not _may_pass(error) or self._failures >= ATTEMPTS:
            raise error
        delay = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2.0 ** (self._failures - 1))
        await asyncio.sleep(max(delay, error.retry_after or 0.0))


def _may_pass(error: errors.ReelmeshError) -> bool:
    if isinstance(error, errors.ResourceExhausted):
        return False  # the store's disk is nearly full: that is for a person
    # A server that was killed ends a stream with CANCELLED, or with a status that has no details.
    cut = error.status is None and isinstance(error, errors.Cancelled | errors.Internal)
    bad_chunk = isinstance(error, errors.DataLoss | errors.OutOfRange) and error.reason != "BLOB_DAMAGED"
    return error.retryable or cut or bad_chunk or type(error) is errors.ReelmeshError


async def upload(
    stub: StorageServiceStub, metadata: Metadata, path: Path, media_type: str, on_bytes: OnBytes
) -> Asset:
    """Stores a file and gives its asset; one that is there already is not sent.

    Raises:
        OSError: the file can not be read.
        DataLoss: the file changed while it was sent.
        ResourceExhausted: the store's disk is nearly full.
        Unavailable: the store can not be reached.
    """
    media_type = media_type or media_type_of(path)
    digest, size = await asyncio.to_thread(_identity, path)
    spec = pb.WriteSpec(digest=digest, size_bytes=size, media_type=media_type)
    patience = Patience()
    done = 0
    while True:
        try:
            if not (
                await stub.FindMissing(pb.FindMissingRequest(digests=[digest]), metadata=metadata)
            ).missing:
                on_bytes(size, size)
                return (await stub.Stat(pb.StatRequest(digest=digest), metadata=metadata)).asset
            done = await _persisted(stub, metadata, _upload_id(spec))
            with path.open("rb") as file:
                requests = _chunks(file, spec, done, on_bytes)
                return (await stub.Write(requests, metadata=metadata)).asset
        except grpc.aio.AioRpcError as error:
            await patience.after(errors.from_call(error, "the store"), done)


def _upload_id(spec: pb.WriteSpec) -> str:
    """Made from what is sent, so that another process goes on with what an earlier one began."""
    return f"{spec.digest}-{zlib.crc32(spec.media_type.encode()):08x}"


async def _persisted(stub: StorageServiceStub, metadata: Metadata, upload_id: str) -> int:
    try:
        request = pb.QueryWriteStatusRequest(upload_id=upload_id)
        return (await stub.QueryWriteStatus(request, metadata=metadata)).persisted_bytes
    except grpc.aio.AioRpcError as error:
        if error.code() == grpc.StatusCode.NOT_FOUND:
            return 0
        raise


async def _chunks(
    file: BinaryIO, spec: pb.WriteSpec, offset: int, on_bytes: OnBytes
) -> AsyncIterator[pb.WriteRequest]:
    file.seek(offset)
    first = True
    while True:
        data = await asyncio.to_thread(file.read, min(CHUNK_BYTES, spec.size_bytes - offset))
        last = offset + len(data) >= spec.size_bytes or not data
        yield pb.WriteRequest(
            upload_id=_upload_id(spec) if first else "",
            spec=spec if first else None,
            offset=offset,
            data=data,
            crc32=zlib.crc32(data),
            finish=last,
        )
        offset += len(data)
        on_bytes(offset, spec.size_bytes)
        first = False
        if last:
            return


async def read(
    stub: StorageServiceStub, metadata: Metadata, digest: str, offset: int = 0, limit: int = 0
) -> AsyncIterator[bytes]:
    """The bytes of an asset, each chunk checked; goes on by itself where the connection broke.

    Raises:
        NotFound: there is no such asset, or it is not the caller's.
        OutOfRange: the offset lies behind the end.
        DataLoss: the bytes are damaged.
        Unavailable: the store can not be reached.
    """
    patience = Patience()
    begin, end = offset, offset + limit
    while True:
        request = pb.ReadRequest(digest=digest, offset=offset, limit=end - offset if limit else 0)
        try:
            async for response in stub.Read(request, metadata=metadata):
                if response.offset != offset or zlib.crc32(response.data) != response.crc32:
                    raise _BadChunk
                offset += len(response.data)
                if response.data:
                    yield response.data
            return
        except _BadChunk:
            await patience.after(errors.DataLoss(f"asset {digest}: a chunk arrived damaged"), offset)
        except grpc.aio.AioRpcError as error:
            told = errors.from_call(error, "the store")
            if isinstance(told, errors.OutOfRange) and offset == begin:
                raise told from None
            await patience.after(told, offset)
        if limit and offset >= end:
            return


class _BadChunk(Exception):
    """A chunk's checksum or place does not fit."""


async def download(
    stub: StorageServiceStub, metadata: Metadata, asset: Asset, path: Path, on_bytes: OnBytes
) -> None:
    """Writes an asset to a file, which appears whole or not at all.

    Raises:
        NotFound: there is no such asset, or it is not the caller's.
        DataLoss: what arrived is not what the digest names.
        OSError: the file can not be written.
        Unavailable: the store can not be reached.
    """
    part = path.parent / f".reelmesh-{secrets.token_hex(8)}.part"
    check = hashlib.sha256()
    done = 0
    try:
        with part.open("xb") as file:
            async for data in read(stub, metadata, asset.digest):
                await asyncio.to_thread(file.write, data)
                check.update(data)
                done += len(data)
                on_bytes(done, max(done, asset.size_bytes))
            await asyncio.to_thread(_settle, file)
        if check.hexdigest() != asset.digest:
            raise errors.DataLoss(f"asset {asset.digest}: what arrived has the digest {check.hexdigest()}")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _identity(path: Path) -> tuple[str, int]:
    """SHA-256 and size of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, file.tell()
