"""StorageService: see protos/reelmesh/storage/v1/storage.proto for what each method promises."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hashlib
import re
import time
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import structlog
from google.protobuf.timestamp_pb2 import Timestamp

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.storage.v1 import storage_pb2 as pb
from reelmesh.storage.v1.storage_pb2_grpc import StorageServiceServicer
from servers.chassis.blobs import Stored
from servers.chassis.context import current
from servers.chassis.errors import Aborted, DataLoss, Fault, InvalidArgument, NotFound, OutOfRange
from servers.chassis.streams import drain
from servers.storage.backend import Backend, in_thread
from servers.storage.links import disposition
from servers.storage.uploads import Declared, Upload, Uploads

CHUNK_BYTES = 512 * 1024
DEFAULT_PAGE = 100
DEFAULT_LINK_SECONDS = 3600


MakeLink = Callable[[Asset, int, str], str]
"""(asset, expiry in seconds since the epoch, file name) -> URL of this server's own endpoint."""

_log = structlog.get_logger("reelmesh.storage")


class StorageServer(StorageServiceServicer):
    """The service over one backend. Faults become statuses in the chassis' interceptor."""

    def __init__(self, backend: Backend, uploads: Uploads, make_link: MakeLink, lease_seconds: float) -> None:
        """`make_link` raises FailedPrecondition where there is no endpoint."""
        self._backend = backend
        self._uploads = uploads
        self._make_link = make_link
        self.lease_seconds = lease_seconds

    async def Write(self, request_iterator: AsyncIterator[pb.WriteRequest], context: Any) -> pb.WriteResponse:
        """Stores one blob from a stream of chunks."""
        owner = current().owner
        requests = aiter(request_iterator)
        first = await anext(requests, None)
        if first is None:
            raise Aborted("the stream ended before its first message", reason="UPLOAD_CUT")
        held = contextlib.ExitStack()
        try:
            if not first.upload_id:
                raise InvalidArgument(("upload_id", "is required in the first message"))
            declared = _declared(first.spec) if first.HasField("spec") else None
            upload = await in_thread(held.enter_context, self._uploads.open(owner, first.upload_id, declared))
            asset = await self._finished(owner, upload)
            if asset is None:
                await _receive(upload, first, requests)
                asset = await self._keep(owner, upload, await in_thread(upload.complete))
            elif not first.finish:
                await drain(requests)
        finally:
            await in_thread(held.close)
        until = time.time() + self.lease_seconds
        await self._backend.hold(owner, [asset.digest], until)
        return pb.WriteResponse(asset=asset, lease_expire_time=_timestamp(until))

    async def QueryWriteStatus(
        self, request: pb.QueryWriteStatusRequest, context: Any
    ) -> pb.QueryWriteStatusResponse:
        """Tells how much of an upload is safe."""
        owner = current().owner
        state = await in_thread(self._uploads.state, owner, request.upload_id)
        if state is None:
            raise NotFound("upload", request.upload_id)
        asset = None
        if state.digest:
            stored = await self._backend.stat(owner, state.digest)
            asset = stored.asset if stored is not None else None
            if asset is None and not await self._recoverable(owner, request.upload_id, state.digest):
                raise NotFound("upload", request.upload_id)
        return pb.QueryWriteStatusResponse(persisted_bytes=state.safe_bytes, asset=asset)

    async def Read(self, request: pb.ReadRequest, context: Any) -> AsyncIterator[pb.ReadResponse]:
        """Streams a blob or a part of it; a whole one is checked against its digest on the way."""
        asset = (await self._stored(request.digest)).asset
        size = asset.size_bytes
        if request.offset > size:
            raise OutOfRange(f"offset {request.offset} lies behind the end: the blob has {size} bytes")
        length = min(request.limit or size, size - request.offset)
        checks = Checks(asset.digest if length == size else "")
        offset = request.offset
        first: Asset | None = asset
        async with contextlib.aclosing(self._backend.read(asset.digest, offset, length)) as pieces:
            async for piece in pieces:
                last = offset + len(piece) == request.offset + length
                chunks = await in_thread(checks.chunks, piece, last)
                if chunks is None:
                    raise await self._damaged(asset.digest)
                for data, crc32 in chunks:
                    yield pb.ReadResponse(asset=first, offset=offset, data=data, crc32=crc32)
                    first = None
                    offset += len(data)
        if offset != request.offset + length:
            raise await self._damaged(asset.digest)
        if first is not None:
            yield pb.ReadResponse(asset=first, offset=offset)

    async def Stat(self, request: pb.StatRequest, context: Any) -> pb.StatResponse:
        """Tells what is known of a blob."""
        stored = await self._stored(request.digest)
        return pb.StatResponse(asset=stored.asset, create_time=_timestamp(stored.create_time))

    async def FindMissing(self, request: pb.FindMissingRequest, context: Any) -> pb.FindMissingResponse:
        """Tells which digests the caller would have to write."""
        until = time.time() + self.lease_seconds
        asked = list(dict.fromkeys(request.digests))
        held = await self._backend.hold(current().owner, asked, until)
        missing = [digest for digest in asked if digest not in held]
        return pb.FindMissingResponse(missing=missing, lease_expire_time=_timestamp(until))

    async def List(self, request: pb.ListRequest, context: Any) -> pb.ListResponse:
        """Lists the caller's blobs, a page at a time."""
        size = request.page_size or DEFAULT_PAGE
        after = _after(request.page_token)
        found = await self._backend.list(current().owner, after, size + 1, request.media_type_prefix)
        page = [stored.asset for stored in found[:size]]
        token = _token(page[-1].digest) if len(found) > size else ""
        return pb.ListResponse(assets=page, next_page_token=token)

    async def Delete(self, request: pb.DeleteRequest, context: Any) -> pb.DeleteResponse:
        """Takes references away."""
        digests = list(dict.fromkeys(request.digests))
        owner = current().owner
        if not request.keep_leased:
            return pb.DeleteResponse(deleted=await self._backend.unrefer(owner, digests))
        deleted, leased = await self._backend.unrefer_unleased(owner, digests)
        return pb.DeleteResponse(deleted=deleted, leased=sorted(leased))

    async def Sign(self, request: pb.SignRequest, context: Any) -> pb.SignResponse:
        """Makes a link that expires."""
        asset = (await self._stored(request.digest)).asset
        lifetime = request.lifetime.seconds if request.HasField("lifetime") else DEFAULT_LINK_SECONDS
        expires = int(time.time()) + lifetime
        if self._backend.presigns:
            url = await self._backend.presign(asset, lifetime, disposition(request.file_name))
        else:
            url = self._make_link(asset, expires, request.file_name)
        return pb.SignResponse(url=url, expire_time=_timestamp(expires))

    async def _stored(self, digest: str) -> Stored:
        stored = await self._backend.stat(current().owner, digest)
        if stored is None:
            raise NotFound("asset", digest, field="digest", what="is not in the store")
        return stored

    async def _damaged(self, digest: str) -> DataLoss:
        _log.error("damaged blob", digest=digest)
        await self._backend.distrust(digest)
        return DataLoss(f"the bytes of asset {digest} are damaged on the medium", reason="BLOB_DAMAGED")

    async def _recoverable(self, owner: str, upload_id: str, digest: str) -> bool:
        """Whether an upload that was whole, but is not in the store, can still be finished."""
        if await in_thread(self._uploads.has_data, owner, upload_id):
            return True
        return await self._backend.size(digest) is not None

    async def _finished(self, owner: str, upload: Upload) -> Asset | None:
        """The blob of an upload that was whole before; None when there are bytes to receive."""
        if not upload.state.digest:
            return None
        stored = await self._backend.stat(owner, upload.state.digest)
        if stored is not None:
            return stored.asset
        # A crash came before the reference was given, or the caller has deleted it since.
        if await in_thread(upload.data.exists):
            return await self._keep(owner, upload, upload.state.digest)
        asset = _asset_of(upload, upload.state.digest)
        if await self._backend.refer(owner, asset):
            return asset
        await in_thread(upload.restart)
        return None

    async def _keep(self, owner: str, upload: Upload, digest: str) -> Asset:
        asset = _asset_of(upload, digest)
        await self._backend.keep(upload.data, owner, asset, time.time() + self.lease_seconds)
        return asset


class Checks:
    """Cuts a blob into chunks with checksums, hashing it on the way."""

    def __init__(self, digest: str) -> None:
        """`digest`: what the whole must have; empty when only a part is read."""
        self._digest = digest
        self._hash = hashlib.sha256()

    def chunks(self, piece: bytes, last: bool) -> list[tuple[bytes, int]] | None:
        """The piece's chunks as (data, CRC-32); None when it is the last and the digest does not fit."""
        if self._digest:
            self._hash.update(piece)
            if last and self._hash.hexdigest() != self._digest:
                return None
        parts = (piece[start : start + CHUNK_BYTES] for start in range(0, len(piece), CHUNK_BYTES))
        return [(part, zlib.crc32(part)) for part in parts]


async def _receive(upload: Upload, first: pb.WriteRequest, rest: AsyncIterator[pb.WriteRequest]) -> None:
    """Takes chunks until `finish`."""
    request: pb.WriteRequest | None = first
    while request is not None:
        if request.upload_id and request.upload_id != first.upload_id:
            raise InvalidArgument(("upload_id", "must be the same in all messages"))
        if request is not first and request.HasField("spec"):
            raise InvalidArgument(("spec", "belongs in the first message only"))
        crc32 = request.crc32 if request.HasField("crc32") else None
        await in_thread(upload.append, request.offset, request.data, crc32)
        if request.finish:
            return
        request = await anext(rest, None)
    raise Aborted("the stream ended before `finish`; go on from the persisted size", reason="UPLOAD_CUT")


async def sweep_forever(backend: Backend, interval: Callable[[], float]) -> None:
    """Sweeps again and again. What goes wrong is logged and tried again the next time."""
    while True:
        await asyncio.sleep(interval())
        try:
            swept = await backend.sweep(time.time())
        except (Fault, OSError) as error:
            _log.error("sweep failed", error=str(error))
        else:
            if swept.blobs or swept.folders:
                _log.info("swept", blobs=swept.blobs, bytes=swept.blob_bytes, folders=swept.folders)


def _asset_of(upload: Upload, digest: str) -> Asset:
    return Asset(digest=digest, size_bytes=upload.state.safe_bytes, media_type=upload.media_type)


def _declared(spec: pb.WriteSpec) -> Declared:
    return Declared(spec.digest, spec.size_bytes, spec.media_type)


def _timestamp(seconds: float) -> Timestamp:
    made = Timestamp()
    made.FromNanoseconds(int(seconds * 1e9))
    return made


def _token(digest: str) -> str:
    return base64.urlsafe_b64encode(b"1" + bytes.fromhex(digest)).decode().rstrip("=")


def _after(token: str) -> str:
    if not token:
        return ""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    if len(raw) != 33 or raw[:1] != b"1" or re.fullmatch(r"[A-Za-z0-9_-]+", token) is None:
        raise InvalidArgument(("page_token", "is not one of this server's"))
    return raw[1:].hex()
