"""Where published files go: a folder here, or a bucket (see `reelmesh.buckets`)."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Protocol

from reelmesh import buckets

Write = Callable[[Path], Awaitable[None]]
"""Writes a file's bytes to a path, whole or not at all."""

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


class Destination(Protocol):
    """Holds files under relative names."""

    def address(self, name: PurePosixPath) -> str:
        """Where a file of that name is, for people."""

    async def holds(self, name: PurePosixPath, digest: str, size_bytes: int) -> bool | None:
        """Whether what is there under that name has these bytes; None where there is nothing."""

    async def put(self, name: PurePosixPath, write: Write, digest: str, media_type: str) -> None:
        """Makes the file that `write` writes; it appears whole or not at all."""


class Folder:
    """A folder on this machine, made when it is not there."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def address(self, name: PurePosixPath) -> str:
        """See `Destination.address`."""
        return str(self._root / name)

    async def holds(self, name: PurePosixPath, digest: str, size_bytes: int) -> bool | None:
        """See `Destination.holds`."""
        return await asyncio.to_thread(_holds, self._root / name, digest, size_bytes)

    async def put(self, name: PurePosixPath, write: Write, digest: str, media_type: str) -> None:
        """See `Destination.put`."""
        path = self._root / name
        await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
        await write(path)


def _holds(path: Path, digest: str, size_bytes: int) -> bool | None:
    if not os.path.lexists(path):
        return None
    if not path.is_file() or path.stat().st_size != size_bytes:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == digest


def is_bucket(to: str | os.PathLike[str]) -> bool:
    """Whether it is an address, such as s3://films/2026, and no folder."""
    return isinstance(to, str) and _ADDRESS.match(to) is not None


async def opened(to: str | os.PathLike[str], options: Mapping[str, str]) -> Destination:
    """The folder, or the bucket behind an address.

    Raises:
        InvalidArgument: the address is of no known bucket, or not allowed.
        FailedPrecondition: the bucket can not be reached, does not let us in, or its library is missing.
    """
    if isinstance(to, str) and is_bucket(to):
        return await buckets.connected(buckets.parsed(to), options)
    return Folder(Path(to))
