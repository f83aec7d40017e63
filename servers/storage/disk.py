"""Blobs in a folder of the local disk."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Collection, Sequence
from pathlib import Path

from reelmesh.common.v1.asset_pb2 import Asset
from servers.chassis.blobs import BlobFolder, Stored, Swept
from servers.chassis.errors import FailedPrecondition, NotFound
from servers.storage.backend import PIECE_BYTES, in_thread


class DiskBackend:
    """The folder itself, each call in a thread."""

    presigns = False

    def __init__(self, folder: BlobFolder) -> None:
        self.folder = folder

    async def keep(self, path: Path, owner: str, asset: Asset, lease_until: float) -> None:
        """See `Backend`."""
        await in_thread(
            self.folder.put_file,
            path,
            owner,
            asset.media_type,
            digest=asset.digest,
            lease_until=lease_until,
        )

    async def refer(self, owner: str, asset: Asset) -> bool:
        """See `Backend`."""
        try:
            await in_thread(self.folder.refer, owner, asset)
        except NotFound:
            return False
        return True

    async def stat(self, owner: str, digest: str) -> Stored | None:
        """See `Backend`."""
        return await in_thread(self.folder.stat, owner, digest)

    async def size(self, digest: str) -> int | None:
        """See `Backend`."""

        def look() -> int | None:
            try:
                return self.folder.blob_path(digest).stat().st_size
            except FileNotFoundError:
                return None

        return await in_thread(look)

    async def read(self, digest: str, offset: int, length: int) -> AsyncGenerator[bytes, None]:
        """See `Backend`. A sweep in between does no harm: the file is open."""
        try:
            handle = await in_thread(os.open, self.folder.blob_path(digest), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise NotFound("asset", digest) from None
        try:
            end = offset + length
            while offset < end:
                piece = await in_thread(os.pread, handle, min(PIECE_BYTES, end - offset), offset)
                if not piece:
                    return
                offset += len(piece)
                yield piece
        finally:
            os.close(handle)

    async def hold(self, owner: str, digests: Sequence[str], until: float) -> Collection[str]:
        """See `Backend`."""

        def look() -> set[str]:
            return {
                digest
                for digest in digests
                if self.folder.path_of(owner, digest) is not None and self.folder.lease(digest, until)
            }

        return await in_thread(look)

    async def list(self, owner: str, after: str, limit: int, media_type_prefix: str) -> Sequence[Stored]:
        """See `Backend`."""
        return await in_thread(self.folder.list, owner, after, limit, media_type_prefix)

    async def unrefer(self, owner: str, digests: Sequence[str]) -> int:
        """See `Backend`."""
        return await in_thread(lambda: sum(self.folder.unrefer(owner, digest) for digest in digests))

    async def unrefer_unleased(self, owner: str, digests: Sequence[str]) -> tuple[int, Collection[str]]:
        """See `Backend`."""

        def drop() -> tuple[int, Collection[str]]:
            done = {digest: self.folder.unrefer_unleased(owner, digest) for digest in digests}
            return sum(map(bool, done.values())), {digest for digest, was in done.items() if was is None}

        return await in_thread(drop)

    async def presign(self, asset: Asset, lifetime_seconds: int, disposition: str) -> str:
        """A folder has no links of its own: nobody asks."""
        raise FailedPrecondition("a folder does not presign", reason="LINKS_OFF")

    async def distrust(self, digest: str) -> None:
        """See `Backend`."""
        await in_thread(self.folder.set_aside_if_damaged, digest)

    async def sweep(self, now: float) -> Swept:
        """See `Backend`."""
        return await in_thread(self.folder.sweep, now)

    async def close(self) -> None:
        """Nothing is open."""
