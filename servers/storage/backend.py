"""Where blobs are kept: the seam between StorageService and a disk or an object store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar

from reelmesh.common.v1.asset_pb2 import Asset
from servers.chassis.blobs import Stored, Swept

P = ParamSpec("P")
T = TypeVar("T")

PIECE_BYTES = 2 << 20
"""Blobs are read in pieces of up to this size."""


class Backend(Protocol):
    """A store of blobs. Whoever it is asked for has been checked; digests are well-formed."""

    @property
    def presigns(self) -> bool:
        """Whether the store makes links of its own."""

    async def keep(self, path: Path, owner: str, asset: Asset, lease_until: float) -> None:
        """Takes a local file in, gives `owner` a reference to it and takes a lease.

        `asset` is complete and right. The file is gone afterwards. All or nothing: the owner's reference
        is seen only when the bytes are whole. Times are seconds since the epoch.

        Raises:
            ResourceExhausted: there is no room.
        """

    async def refer(self, owner: str, asset: Asset) -> bool:
        """Gives a reference to bytes that may be here. False when they are not."""

    async def stat(self, owner: str, digest: str) -> Stored | None:
        """The blob as its owner sees it; None when it holds no reference."""

    async def size(self, digest: str) -> int | None:
        """Size in bytes of what is here under the digest, whoever refers to it."""

    def read(self, digest: str, offset: int, length: int) -> AsyncGenerator[bytes, None]:
        """The bytes from `offset` on, in pieces; fewer than `length` when the medium has fewer.

        Raises:
            NotFound: there are none.
        """

    async def hold(self, owner: str, digests: Sequence[str], until: float) -> Collection[str]:
        """Takes leases on those that the owner refers to. Returns them."""

    async def list(self, owner: str, after: str, limit: int, media_type_prefix: str) -> Sequence[Stored]:
        """Up to `limit` of the owner's blobs with digests after `after`, in order."""

    async def unrefer(self, owner: str, digests: Sequence[str]) -> int:
        """Takes references away. Returns how many there were."""

    async def unrefer_unleased(self, owner: str, digests: Sequence[str]) -> tuple[int, Collection[str]]:
        """Takes references away, but not to what a lease holds. Returns how many, and those left alone."""

    async def presign(self, asset: Asset, lifetime_seconds: int, disposition: str) -> str:
        """A link of the store's own, where it `presigns`. `disposition` may be empty."""

    async def distrust(self, digest: str) -> None:
        """Told that the bytes seem damaged: looks again, and if so sets them aside."""

    async def sweep(self, now: float) -> Swept:
        """Removes bytes without reference and lease, and what was left lying about."""

    async def close(self) -> None:
        """Ends what the backend has open."""


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs a blocking function in a thread, and waits for its end even when cancelled.

    So no thread is still at work on a file when the code behind the cancellation closes it.
    """
    running = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        if not running.cancelled():
            running.exception()  # taken note of; the cancellation is what is told
        raise
