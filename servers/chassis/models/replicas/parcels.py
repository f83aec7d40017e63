"""Files on their way between hosts, named by their content, and where a replica keeps those it was sent."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

READ, WRITTEN = "$read", "$written"
"""Keys of what stands for a file among a run's arguments: {"$read": number of the parcel}, {"$written": name
in the folder}."""
_PREFIX = "reelmesh-replica-"
_LOCK = "lock"


@dataclasses.dataclass(frozen=True)
class Parcel:
    """A file, or a folder with all that is in it."""

    digest: str
    """SHA-256 over names and contents."""
    name: str
    """Its own name."""
    size_bytes: int
    parts: Mapping[str, Any]
    """What its files hold, or where Ray holds it, by their names in the folder; "" for a file."""


def pack(path: Path, put: Callable[[bytes], Any]) -> Parcel:
    """Reads a file or folder; `put` says what stands for a file's content.

    Raises:
        OSError: it can not be read.
    """
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    if not files:
        raise FileNotFoundError(path)
    digest, size, parts = hashlib.sha256(), 0, {}
    for file in files:
        name, content = "" if file == path else file.relative_to(path).as_posix(), file.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
        size += len(content)
        parts[name] = put(content)
    return Parcel(digest.hexdigest(), path.name, size, parts)


def unpack(folder: Path, name: str, content: bytes) -> None:
    """Writes a file below the folder.

    Raises:
        ValueError: the name leads out of it.
    """
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError("a file's name leads out of its folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


class Shelf:
    """The files that a replica was sent. Those used last stay, so that a LoRA travels once."""

    def __init__(self, most_bytes: int) -> None:
        self._sweep()
        self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._lock = os.open(self._folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._most_bytes = most_bytes
        self._sizes: dict[str, int] = {}
        """By digest, the least recently used first."""
        self._users: dict[str, int] = {}
        self._receiving = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def lent(
        self, parcels: Sequence[Parcel], fetch: Callable[[Any], Any]
    ) -> AsyncIterator[Sequence[Path]]:
        """Where the parcels lie on this host, while the context lasts. `fetch` awaits a part's content."""
        for parcel in parcels:
            self._users[parcel.digest] = self._users.get(parcel.digest, 0) + 1
        try:
            async with self._receiving:
                for parcel in parcels:
                    await self._receive(parcel, fetch)
            yield [self._folder / parcel.digest / parcel.name for parcel in parcels]
        finally:
            for parcel in parcels:
                self._users[parcel.digest] -= 1
            await asyncio.to_thread(self._forget)

    async def _receive(self, parcel: Parcel, fetch: Callable[[Any], Any]) -> None:
        if parcel.digest not in self._sizes:
            unfinished = self._folder / f"{parcel.digest}.part"
            for name, part in parcel.parts.items():
                content = await fetch(part)
                await asyncio.to_thread(unpack, unfinished, f"{parcel.name}/{name}".rstrip("/"), content)
            unfinished.rename(self._folder / parcel.digest)
        self._sizes[parcel.digest] = self._sizes.pop(parcel.digest, parcel.size_bytes)

    def _forget(self) -> None:
        """Lets the least recently used go, beyond the bound."""
        excess = sum(self._sizes.values()) - self._most_bytes
        for digest, size in list(self._sizes.items()):
            if excess <= 0:
                return
            if not self._users.get(digest):
                del self._sizes[digest]
                shutil.rmtree(self._folder / digest, ignore_errors=True)
                excess -= size

    def close(self) -> None:
        """Removes everything."""
        shutil.rmtree(self._folder, ignore_errors=True)
        os.close(self._lock)

    @staticmethod
    def _sweep() -> None:
        """Removes what replicas left behind that were killed: nobody holds their locks."""
        for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
            with contextlib.suppress(OSError):
                lock = os.open(folder / _LOCK, os.O_RDWR)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
                finally:
                    os.close(lock)
