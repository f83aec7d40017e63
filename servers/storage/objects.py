"""Blobs in an object store, through OpenDAL: s3, oss, gcs, azblob, cos, obs, b2.

    blobs/ab/cdef...            the bytes
    refs/<owner>/<digest>       one small JSON object for each reference; <owner> is a hash
    holders/<digest>/<owner>    empty; says from the digest's side that the owner holds it
    leases/<digest>/<until>     empty; keeps the bytes until that time, seconds since the epoch
    marks/<digest>/<time>-<id>  empty; a sweep is about to remove the bytes

Several replicas share one store without any lock. It rests on what all these stores promise: an object is
seen whole or not at all, and a write is seen by every read that begins after it. Who gives a reference
writes the holder first and then looks for marks; who removes bytes writes a mark first and then looks for
holders and leases. So at least one of the two sees the other: the remover lets go, or the giver waits for
the mark to go and then looks whether the bytes are still there.

Uploads under way stay in the replica's own folder until they are whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Collection,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from pathlib import Path
from typing import Any, TypeVar

from reelmesh.common.v1.asset_pb2 import Asset
from servers.chassis.blobs import BlobFolder, Stored, Swept, owner_key
from servers.chassis.errors import FailedPrecondition, NotFound, ResourceExhausted, Unavailable
from servers.storage.backend import PIECE_BYTES, in_thread

SCHEMES = ("s3", "oss", "gcs", "azblob", "cos", "obs", "b2")
"""Stores whose writes are atomic and seen at once."""

AT_ONCE = 32
"""Requests under way at a time for one call."""
PART_BYTES = 8 << 20
CALL_SECONDS = 60.0
"""A store that says nothing for so long counts as away."""
LEASE_GRAIN_SECONDS = 600
"""Leases are rounded up to this, so that asking often does not make an object each time."""
MARK_SECONDS = 600.0
"""A mark older than this belongs to a sweep that died."""
MARK_WAIT_SECONDS = 10.0
HOLDER_SECONDS = 86400.0
"""A holder this old without a reference is what a crash left."""

T = TypeVar("T")


class ObjectBackend:
    """A bucket, or a part of one, through an OpenDAL operator."""

    def __init__(self, operator: Any, folder: BlobFolder) -> None:
        """`folder` holds uploads under way and is swept along."""
        self._operator = operator
        self._folder = folder
        self.presigns = bool(operator.capability().presign_read)

    @classmethod
    def connect(cls, scheme: str, options: Mapping[str, str], folder: BlobFolder) -> ObjectBackend:
        """Opens a store. `options` are OpenDAL's for the scheme, secrets already filled in.

        Raises:
            FailedPrecondition: the scheme is not one of `SCHEMES`, an option is wrong, or OpenDAL lacks.
        """
        if scheme not in SCHEMES:
            known = ", ".join(("disk", *SCHEMES))
            raise FailedPrecondition(
                f"storage.backend: {scheme[:40]!r} is not one of {known}", reason="SETTING"
            )
        try:
            import opendal
            from opendal.layers import ConcurrentLimitLayer, RetryLayer, TimeoutLayer
        except ImportError as error:
            raise FailedPrecondition(
                "storage.backend: the package opendal is missing; install reelmesh[mesh]",
                reason="PACKAGE_MISSING",
            ) from error
        try:
            operator = opendal.AsyncOperator(scheme, **options)
        except (opendal.exceptions.ConfigInvalid, opendal.exceptions.Error) as error:
            raise FailedPrecondition(
                f"storage.backend_options do not fit {scheme}: {_cause(error, options)}", reason="SETTING"
            ) from error
        for layer in (
            TimeoutLayer(timeout=CALL_SECONDS, io_timeout=CALL_SECONDS),
            RetryLayer(max_times=3, min_delay=0.1, max_delay=2.0, jitter=True),
            ConcurrentLimitLayer(4 * AT_ONCE),
        ):
            operator = operator.layer(layer)
        return cls(operator, folder)

    async def check(self) -> None:
        """Looks whether the store is there and lets us in.

        Raises:
            FailedPrecondition: it is not, or does not.
            Unavailable: it can not be reached.
        """
        try:
            with _store_faults():
                await self._operator.check()
        except NotFound as error:
            raise FailedPrecondition(
                "storage.backend_options: there is no such bucket or container", reason="SETTING"
            ) from error

    async def keep(self, path: Path, owner: str, asset: Asset, lease_until: float) -> None:
        """See `Backend`."""
        digest = asset.digest
        with _store_faults():
            await self._lease(digest, lease_until)
            await self._become_holder(owner, digest)
            if await self.size(digest) != asset.size_bytes:
                await self._upload(path, _blob(digest), asset.media_type)
            await self._write_reference(owner, asset)
        await in_thread(path.unlink)

    async def refer(self, owner: str, asset: Asset) -> bool:
        """See `Backend`."""
        with _store_faults():
            await self._become_holder(owner, asset.digest)
            if await self.size(asset.digest) is None:
                return False
            await self._write_reference(owner, asset)
        return True

    async def stat(self, owner: str, digest: str) -> Stored | None:
        """See `Backend`."""
        with _store_faults():
            return await self._read_reference(owner_key(owner), digest)

    async def size(self, digest: str) -> int | None:
        """See `Backend`."""
        with contextlib.suppress(NotFound), _store_faults(digest):
            size: int = (await self._operator.stat(_blob(digest))).content_length
            return size
        return None

    async def read(self, digest: str, offset: int, length: int) -> AsyncGenerator[bytes, None]:
        """See `Backend`."""
        end = offset + length
        while offset < end:
            size = min(PIECE_BYTES, end - offset)
            with _store_faults(digest):
                piece = await self._operator.read(_blob(digest), offset=offset, size=size)
            if not piece:
                return
            offset += len(piece)
            yield piece

    async def hold(self, owner: str, digests: Sequence[str], until: float) -> Collection[str]:
        """See `Backend`."""

        async def held(digest: str) -> str | None:
            reference = f"refs/{owner_key(owner)}/{digest}"
            if not await self._operator.exists(reference):
                return None
            await self._lease(digest, until)
            # Asked again behind the lease: a deletion and a sweep may have come in between.
            here = await self._operator.exists(reference) and await self._operator.exists(_blob(digest))
            return digest if here else None

        with _store_faults():
            found = await _together(held(digest) for digest in digests)
        return {digest for digest in found if digest is not None}

    async def list(self, owner: str, after: str, limit: int, media_type_prefix: str) -> Sequence[Stored]:
        """See `Backend`. One listing, and one read for each blob of the page."""
        key = owner_key(owner)
        found: list[Stored] = []
        with _store_faults():
            while len(found) < limit:
                wanted = limit - len(found) if not media_type_prefix else max(limit, AT_ONCE)
                names = await self._names(f"refs/{key}/", after, wanted)
                page = await _together(self._read_reference(key, name) for name in names)
                found += (one for one in page if one and one.asset.media_type.startswith(media_type_prefix))
                if len(names) < wanted:
                    break
                after = names[-1]
        return found[:limit]

    async def unrefer(self, owner: str, digests: Sequence[str]) -> int:
        """See `Backend`. The reference goes first: a holder without one only delays the sweep."""
        key = owner_key(owner)

        async def drop(digest: str) -> bool:
            if not await self._operator.exists(f"refs/{key}/{digest}"):
                return False
            await self._operator.delete(f"refs/{key}/{digest}")
            await self._operator.delete(f"holders/{digest}/{key}")
            return True

        with _store_faults():
            return sum(await _together(drop(digest) for digest in set(digests)))

    async def unrefer_unleased(self, owner: str, digests: Sequence[str]) -> tuple[int, Collection[str]]:
        """See `Backend`. Who takes a lease while this runs finds the reference gone, and writes again."""
        now = time.time()

        async def held(digest: str) -> str | None:
            ends = [_until(path) async for path, _ in self._walk(f"leases/{digest}/")]
            return digest if any(end > now for end in ends) else None

        with _store_faults():
            leased = {digest for digest in await _together(map(held, digests)) if digest is not None}
        return await self.unrefer(owner, [one for one in digests if one not in leased]), leased

    async def presign(self, asset: Asset, lifetime_seconds: int, disposition: str) -> str:
        """See `Backend`."""
        extra = {"content_disposition": disposition} if disposition else {}
        with _store_faults():
            request = await self._operator.presign_read(
                _blob(asset.digest), lifetime_seconds, content_type=asset.media_type, **extra
            )
        url: str = request.url
        return url

    async def distrust(self, digest: str) -> None:
        """Object stores check and mend their own copies; there is nothing to set aside."""

    async def sweep(self, now: float) -> Swept:
        """See `Backend`."""
        local = await in_thread(self._folder.sweep, now)
        blobs = blob_bytes = 0
        with _store_faults():
            await self._clear_old(now)
            held = {path.split("/")[1] async for path, _ in self._walk("holders/")}
            held |= {path.split("/")[1] async for path, _ in self._walk("leases/")}
            async for path, size in self._walk("blobs/"):
                digest = path.removeprefix("blobs/").replace("/", "")
                if digest not in held and await self._remove_unheld(digest, now):
                    blobs, blob_bytes = blobs + 1, blob_bytes + size
        return Swept(local.blobs + blobs, local.blob_bytes + blob_bytes, local.folders)

    async def close(self) -> None:
        """Connections end with the operator."""

    async def _remove_unheld(self, digest: str, now: float) -> bool:
        begun = time.monotonic()
        mark = f"marks/{digest}/{time.time():.0f}-{secrets.token_hex(8)}"
        await self._write(mark, b"")
        try:
            if [path async for path, _ in self._walk(f"holders/{digest}/")]:
                return False
            if any([_until(path) > now async for path, _ in self._walk(f"leases/{digest}/")]):
                return False
            if time.monotonic() - begun > MARK_SECONDS / 2:  # others may already take the mark for dead
                return False
            await self._operator.delete(_blob(digest))
        finally:
            await self._operator.delete(mark)
        return True

    async def _clear_old(self, now: float) -> None:
        """Removes leases that ended, marks of sweeps that died, and holders whose reference never came."""
        async for path, _ in self._walk("leases/"):
            if _until(path) <= now:
                await self._operator.delete(path)
        async for path, _ in self._walk("marks/"):
            if _mark_time(path) < time.time() - 2 * MARK_SECONDS:
                await self._operator.delete(path)
        async for path, _ in self._walk("holders/"):
            _, digest, key = path.split("/")
            if not await self._operator.exists(f"refs/{key}/{digest}") and await self._is_old(path, now):
                await self._operator.delete(path)

    async def _is_old(self, path: str, now: float) -> bool:
        """Whether the object is too old to belong to a Write that is still under way."""
        try:
            with _store_faults(path):
                written = (await self._operator.stat(path)).last_modified
        except NotFound:
            return False
        return written is not None and written.timestamp() < now - HOLDER_SECONDS

    async def _become_holder(self, owner: str, digest: str) -> None:
        """Afterwards no sweep removes the bytes, whether they are there or come later."""
        await self._write(f"holders/{digest}/{owner_key(owner)}", b"")
        waited = time.monotonic()
        while any(
            [
                _mark_time(path) > time.time() - MARK_SECONDS
                async for path, _ in self._walk(f"marks/{digest}/")
            ]
        ):
            if time.monotonic() - waited > MARK_WAIT_SECONDS:
                raise Unavailable("a sweep is removing these bytes; try again", reason="SWEEPING")
            await asyncio.sleep(0.1)

    async def _lease(self, digest: str, until: float) -> None:
        rounded = -int(-until // LEASE_GRAIN_SECONDS) * LEASE_GRAIN_SECONDS
        await self._write(f"leases/{digest}/{rounded}", b"")

    async def _write(self, path: str, content: bytes) -> None:
        await self._operator.write(path, content)

    async def _write_reference(self, owner: str, asset: Asset) -> None:
        key = owner_key(owner)
        before = await self._read_reference(key, asset.digest)
        record = {
            "owner": owner,
            "media_type": asset.media_type,
            "size_bytes": asset.size_bytes,
            "create_time": time.time() if before is None else before.create_time,
        }
        await self._write(f"refs/{key}/{asset.digest}", json.dumps(record).encode())

    async def _read_reference(self, key: str, digest: str) -> Stored | None:
        try:
            with _store_faults(digest):
                record = json.loads(await self._operator.read(f"refs/{key}/{digest}"))
        except NotFound:
            return None
        asset = Asset(digest=digest, size_bytes=record["size_bytes"], media_type=record["media_type"])
        return Stored(asset, float(record["create_time"]))

    async def _upload(self, path: Path, target: str, media_type: str) -> None:
        """Writes a whole file as one object; it appears when the last part is in.

        On a failure the writer is let go without closing it: closing is what makes the object.
        """
        file = await in_thread(path.open, "rb")
        try:
            first = await in_thread(file.read, PART_BYTES)
            following = await in_thread(file.read, PART_BYTES)
            if not following:
                await self._operator.write(target, first, content_type=media_type)
                return
            writer = await self._operator.open(
                target, "wb", chunk=PART_BYTES, concurrent=2, content_type=media_type
            )
            await writer.write(first)
            while following:
                await writer.write(following)
                following = await in_thread(file.read, PART_BYTES)
            await writer.close()
        finally:
            file.close()

    async def _names(self, folder: str, after: str, limit: int) -> Sequence[str]:
        names: list[str] = []
        extra = {"start_after": folder + after} if after else {}
        async for entry in await self._operator.list(folder, **extra):
            name = entry.path.removeprefix(folder)
            if name > after and not name.endswith("/"):
                names.append(name)
            if len(names) >= limit:
                break
        return names

    async def _walk(self, folder: str) -> AsyncIterator[tuple[str, int]]:
        """All objects below a folder: path and size in bytes."""
        async for entry in await self._operator.list(folder, recursive=True):
            if not entry.path.endswith("/"):
                yield entry.path, entry.metadata.content_length


async def _together(calls: Iterable[Coroutine[Any, Any, T]]) -> Sequence[T]:
    """The results of all, in order, a bounded number at a time. The first failure ends the others."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def bounded(call: Coroutine[Any, Any, T]) -> T:
        async with slots:
            return await call

    tasks = [asyncio.ensure_future(bounded(call)) for call in calls]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


@contextlib.contextmanager
def _store_faults(name: str = "") -> Iterator[None]:
    """OpenDAL's errors as ours. Their text names requests and hosts, so only the kind is passed on."""
    from opendal import exceptions

    try:
        yield
    except exceptions.NotFound as error:
        raise NotFound("asset", name, what="is not in the object store") from error
    except exceptions.RateLimited as error:
        raise ResourceExhausted("the object store asks to slow down", retry_after_seconds=5.0) from error
    except exceptions.ConfigInvalid as error:
        raise FailedPrecondition(
            "storage.backend_options do not fit the store: there is no such bucket or container, "
            "or an option is wrong",
            reason="SETTING",
        ) from error
    except exceptions.PermissionDenied as error:
        raise FailedPrecondition(
            "the object store refuses us; look at storage.backend_options", reason="STORE_REFUSES"
        ) from error
    except _opendal_errors() as error:
        raise Unavailable("the object store can not be reached or failed", reason="STORE_AWAY") from error


def _opendal_errors() -> tuple[type[Exception], ...]:
    from opendal import exceptions

    return (exceptions.Error, exceptions.Unexpected, exceptions.Unsupported, exceptions.ConditionNotMatch)


def _cause(error: Exception, options: Mapping[str, str]) -> str:
    """The error's first line without anything that the options say: one of them is a secret."""
    text = str(error).splitlines()[0]
    for value in filter(None, options.values()):
        text = text.replace(value, "...")
    return text[:200]


def _blob(digest: str) -> str:
    return f"blobs/{digest[:2]}/{digest[2:]}"


def _until(path: str) -> float:
    return float(path.rpartition("/")[2])


def _mark_time(path: str) -> float:
    return float(path.rpartition("/")[2].partition("-")[0])
