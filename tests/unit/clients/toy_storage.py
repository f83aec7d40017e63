"""A store in memory that cuts and damages streams when told to."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import AsyncIterator
from typing import Any

import grpc

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.storage.v1 import storage_pb2 as pb
from reelmesh.storage.v1.storage_pb2_grpc import StorageServiceServicer

CHUNK = 1000


class ToyStorage(StorageServiceServicer):
    """Keeps what is written. `cuts`: after how many chunks the next streams break."""

    def __init__(self, cuts: list[int] | None = None) -> None:
        self.blobs: dict[str, bytes] = {}
        self.uploads: dict[str, bytearray] = {}
        self.cuts = cuts or []
        self.damaged = 0
        """How many of the next chunks arrive damaged."""
        self.writes: list[int] = []
        """Offset at which each Write began."""
        self.reads: list[int] = []
        """Offset at which each Read began."""
        self.lies = False
        """Whether Read gives other bytes, with checksums that fit them."""

    async def FindMissing(self, request: pb.FindMissingRequest, context: Any) -> pb.FindMissingResponse:
        return pb.FindMissingResponse(missing=[one for one in request.digests if one not in self.blobs])

    async def Stat(self, request: pb.StatRequest, context: Any) -> pb.StatResponse:
        size = len(self.blobs[request.digest])
        return pb.StatResponse(asset=Asset(digest=request.digest, size_bytes=size))

    async def QueryWriteStatus(
        self, request: pb.QueryWriteStatusRequest, context: Any
    ) -> pb.QueryWriteStatusResponse:
        if request.upload_id not in self.uploads:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such upload")
        return pb.QueryWriteStatusResponse(persisted_bytes=len(self.uploads[request.upload_id]))

    async def Write(self, request_iterator: AsyncIterator[pb.WriteRequest], context: Any) -> pb.WriteResponse:
        room = self.cuts.pop(0) if self.cuts else -1
        spec, upload = pb.WriteSpec(), bytearray()
        async for request in request_iterator:
            if request.upload_id:
                spec, upload = request.spec, self.uploads.setdefault(request.upload_id, bytearray())
                self.writes.append(request.offset)
            if room == 0:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "cut by the test")
            room -= 1
            if request.offset != len(upload) or zlib.crc32(request.data) != request.crc32:
                await context.abort(grpc.StatusCode.OUT_OF_RANGE, "a gap")
            upload.extend(request.data)
        if hashlib.sha256(upload).hexdigest() != spec.digest:
            await context.abort(grpc.StatusCode.DATA_LOSS, "not what was declared")
        self.blobs[spec.digest] = bytes(upload)
        asset = Asset(digest=spec.digest, size_bytes=len(upload), media_type=spec.media_type)
        return pb.WriteResponse(asset=asset)

    async def Read(self, request: pb.ReadRequest, context: Any) -> AsyncIterator[pb.ReadResponse]:
        if request.digest not in self.blobs:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such asset")
        self.reads.append(request.offset)
        room = self.cuts.pop(0) if self.cuts else -1
        blob = self.blobs[request.digest]
        blob = bytes(len(blob)) if self.lies else blob
        end = min(len(blob), request.offset + request.limit) if request.limit else len(blob)
        for offset in range(request.offset, end, CHUNK):
            if room == 0:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "cut by the test")
            room -= 1
            data = blob[offset : min(end, offset + CHUNK)]
            crc32 = zlib.crc32(data)
            if self.damaged:
                self.damaged -= 1
                data = b"x" + data[1:]
            yield pb.ReadResponse(offset=offset, data=data, crc32=crc32)


def asset(store: ToyStorage, content: str, media_type: str) -> Asset:
    """An asset that the store holds."""
    raw = content.encode()
    digest = hashlib.sha256(raw).hexdigest()
    store.blobs[digest] = raw
    return Asset(digest=digest, size_bytes=len(raw), media_type=media_type)


def outputs(store: ToyStorage, film: str) -> list[tuple[str, Asset]]:
    """A film with its cover, subtitles and clean copy, by where they stand in a job's results."""
    return [
        ("compose.film", asset(store, film, "video/mp4")),
        ("compose.cover", asset(store, f"{film} cover", "image/jpeg")),
        ("compose.subtitle_files[0].asset", asset(store, f"{film} srt", "application/x-subrip")),
        ("compose.subtitle_files[1].asset", asset(store, f"{film} vtt", "text/vtt")),
        ("compose.clean_film", asset(store, f"{film} clean", "video/mp4")),
    ]
