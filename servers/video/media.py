"""Pictures and sounds of a request as a vendor takes them: a link, or bytes within its limits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from reelmesh.common.v1.asset_pb2 import Asset
from servers.chassis.engine import WorkContext
from servers.chassis.errors import InvalidArgument
from servers.chassis.media import formats
from servers.chassis.worker import WorkerPool

Sign = Callable[[str, Asset], Awaitable[str]]
"""Makes a link that a vendor can read: (owner, asset) to URL."""
_SHRINK_SECONDS = 60.0


class Stored:
    """An asset of the request; see `servers.video.vendor.Medium`."""

    def __init__(self, asset: Asset, field: str, work: WorkContext, sign: Sign, workers: WorkerPool) -> None:
        self._asset = asset
        self._field = field
        self._work = work
        self._sign = sign
        self._workers = workers
        self._found: tuple[Path, str] | None = None

    @property
    def media_type(self) -> str:
        """What it is, as far as the request or its first bytes say."""
        return self._found[1] if self._found is not None else self._asset.media_type

    async def path(self) -> Path:
        """Its bytes as a local file.

        Raises:
            NotFound: it is not in the store.
            InvalidArgument: it is none of the formats that are read.
        """
        if self._found is None:
            path = await self._work.path(self._asset, self._field)
            self._found = path, formats.sniff(path, self._field).media_type
        return self._found[0]

    async def url(self) -> str:
        """See `Medium.url`."""
        await self.path()
        return await self._sign(self._work.owner, self._asset)

    async def content(
        self,
        *,
        most_bytes: int,
        media_types: Sequence[str] = ("image/jpeg", "image/png"),
        size: tuple[int, int] | None = None,
    ) -> tuple[bytes, str]:
        """See `Medium.content`."""
        path = await self.path()
        kind = self.media_type
        count = (await asyncio.to_thread(path.stat)).st_size
        if size is None and count <= most_bytes and kind in media_types:
            return await asyncio.to_thread(path.read_bytes), kind
        if not kind.startswith("image/"):
            told = f"{kind} of {count} bytes"
            raise InvalidArgument(
                (
                    self._field,
                    f"must be {' or '.join(media_types)} of at most {most_bytes} bytes; this is {told}",
                )
            )
        out = self._work.scratch / f"{self._field.replace('.', '-')}.jpg"
        arguments = {"path": str(path), "field": self._field, "most_bytes": most_bytes, "out": str(out)}
        if size is not None:
            arguments["size"] = list(size)
        await self._workers.call("shrink", arguments, timeout_seconds=_SHRINK_SECONDS)
        return await asyncio.to_thread(out.read_bytes), "image/jpeg"
