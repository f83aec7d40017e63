"""Media on one filesystem under the SHA-256 of its content: the folder that servers and Storage share.

    blobs/ab/cdef...           the bytes, read-only; named by their digest, so never changed
    refs/<owner>/ab/cdef...    one small JSON file for each reference an owner holds; <owner> is a hash
    leases/ab/cdef...          an empty file; its modification time says until when the bytes stay
    uploads/<upload>/          uploads under way (see `servers.storage.uploads`)
    scratch/<work>/            folders of running work
    kept/                      what engines keep from work to work; each bounds its own
    temporary/                 files on their way to their place
    damaged/                   bytes that no longer had their digest, set aside
    locks/ab                   one lock for each first byte of a digest

Files appear by fsync and rename and are never seen half-written. Deleting has two phases: a reference is
taken away at once, the bytes go in `sweep`, when no owner refers to them and no lease holds them. Several
processes work on one folder: giving a reference and taking bytes away both hold the digest's lock, so
neither can come between the other's look and its deed. A crash leaves at worst bytes without a reference,
which the next sweep takes.

All methods block and are safe to call from any thread.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from google.protobuf import json_format

from reelmesh.common.v1.asset_pb2 import Asset, MediaFacts
from servers.chassis.durable import (
    file_lock,
    hash_file,
    make_folder,
    names,
    remove_stale,
    sync_file,
    sync_folder,
    write_atomically,
)
from servers.chassis.errors import InvalidArgument, NotFound, ResourceExhausted

DEFAULT_MEDIA_TYPE = "application/octet-stream"
KEEP_SECONDS = 86400.0
"""How long uploads, scratch folders and temporary files that nobody touches are kept."""
RETRY_FULL_SECONDS = 60.0

_DIGEST = re.compile(r"[0-9a-f]{64}")
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclasses.dataclass(frozen=True)
class Stored:
    """A blob as one owner sees it."""

    asset: Asset
    create_time: float
    """When the owner's reference was made, seconds since the epoch."""


@dataclasses.dataclass(frozen=True)
class Swept:
    """What a sweep took away."""

    blobs: int = 0
    blob_bytes: int = 0
    folders: int = 0
    """Stale uploads and scratch folders."""


class BlobFolder:
    """A folder of blobs. Cheap to make; holds nothing open."""

    def __init__(
        self,
        root: Path,
        *,
        low_space_fraction: float = 0.02,
        low_space_bytes: int = 64 << 20,
        keep_seconds: float = KEEP_SECONDS,
    ) -> None:
        """`low_space_*`: nothing more is taken once less than the larger of the two would be free."""
        self.root = root.absolute()
        self._low_fraction = low_space_fraction
        self._low_bytes = low_space_bytes
        self._keep_seconds = keep_seconds
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("blobs", "refs", "leases", "uploads", "scratch", "temporary", "damaged", "locks"):
            (self.root / name).mkdir(mode=0o700, exist_ok=True)

    # Storing

    def put_file(
        self,
        path: Path,
        owner: str,
        media_type: str = "",
        facts: MediaFacts | None = None,
        *,
        digest: str | None = None,
        lease_until: float | None = None,
    ) -> Asset:
        """Moves a file into the folder and gives `owner` a reference to it.

        Equal bytes are kept once. The file is gone from `path` afterwards; when it was on another
        filesystem it is copied first. `digest` is the file's SHA-256 where the caller has just computed
        it. `lease_until` (seconds since the epoch) takes a lease along.

        Raises:
            ResourceExhausted: the disk is nearly full. `path` is still there.
        """
        self.require_room()
        with full_disk(), self._staged(path) as staged:
            name = checked_digest(digest) if digest is not None else hash_file(staged)
            size = staged.stat().st_size
            staged.chmod(0o444)
            sync_file(staged)
            asset = Asset(
                digest=name, size_bytes=size, media_type=media_type or DEFAULT_MEDIA_TYPE, facts=facts
            )
            target = self.blob_path(name)
            with self._locked(name):
                make_folder(target.parent)
                # Replacing equal bytes costs nothing, and heals a blob that was damaged on the medium.
                staged.replace(target)
                sync_folder(target.parent)
                self._write_reference(owner, asset)
                if lease_until is not None:
                    self._extend_lease(name, lease_until)
        return asset

    def refer(self, owner: str, asset: Asset) -> Asset:
        """Gives `owner` a reference to bytes that are here already. Returns the asset with its size.

        Whether the owner may have it is the caller's business.

        Raises:
            NotFound: the bytes are not here.
        """
        digest = checked_digest(asset.digest)
        with full_disk(), self._locked(digest):
            try:
                size = self.blob_path(digest).stat().st_size
            except FileNotFoundError:
                raise NotFound("asset", digest) from None
            held = Asset()
            held.CopyFrom(asset)
            held.size_bytes = size
            held.media_type = asset.media_type or DEFAULT_MEDIA_TYPE
            self._write_reference(owner, held)
        return held

    def lease(self, digest: str, until: float) -> bool:
        """Keeps the bytes until a time (seconds since the epoch), or longer if another lease does.

        Returns False when the bytes are not here.
        """
        checked_digest(digest)
        with full_disk(), self._locked(digest):
            if not self.blob_path(digest).exists():
                return False
            self._extend_lease(digest, until)
        return True

    # Looking

    def blob_path(self, digest: str) -> Path:
        """Where the bytes with this digest are, or would be, whoever refers to them."""
        return self.root / "blobs" / _fanned(digest)

    def path_of(self, owner: str, digest: str) -> Path | None:
        """The read-only file with the bytes; None when the owner holds no reference, or they are gone."""
        path = self.blob_path(digest)
        return path if self._reference(owner, digest).exists() and path.exists() else None

    def stat(self, owner: str, digest: str) -> Stored | None:
        """The blob as its owner sees it; None when the owner holds no reference, or the bytes are gone."""
        checked_digest(digest)
        return self._read_reference(owner_key(owner), digest)

    def list(
        self, owner: str, after: str = "", limit: int = 100, media_type_prefix: str = ""
    ) -> Sequence[Stored]:
        """Up to `limit` of the owner's blobs whose digests come after `after`, in order."""
        key = owner_key(owner)
        found: list[Stored] = []
        for shard in sorted(names(self.root / "refs" / key)):
            if shard < after[:2]:
                continue
            for rest in sorted(names(self.root / "refs" / key / shard)):
                digest = shard + rest
                if len(found) >= limit:
                    return found
                stored = self._read_reference(key, digest) if digest > after else None
                if stored is not None and stored.asset.media_type.startswith(media_type_prefix):
                    found.append(stored)
        return found

    # Taking away

    def unrefer(self, owner: str, digest: str) -> bool:
        """Takes the owner's reference away. False when there was none. The bytes go in a later sweep."""
        reference = self._reference(owner, digest)
        with self._locked(digest):
            try:
                reference.unlink()
            except FileNotFoundError:
                return False
            sync_folder(reference.parent)
        return True

    def unrefer_unleased(self, owner: str, digest: str) -> bool | None:
        """As `unrefer`, but leaves what a lease holds alone, and returns None."""
        lease = self.root / "leases" / _fanned(digest)
        reference = self._reference(owner, digest)
        with self._locked(digest):
            if lease.exists() and lease.stat().st_mtime > time.time():
                return None
            try:
                reference.unlink()
            except FileNotFoundError:
                return False
            sync_folder(reference.parent)
        return True

    def set_aside_if_damaged(self, digest: str) -> bool:
        """Reads the bytes again; if they do not have their digest, moves them out of the way.

        The blob then counts as missing, so that who has the bytes can write them again.
        """
        path = self.blob_path(digest)
        with contextlib.suppress(FileNotFoundError):
            if hash_file(path) == digest:
                return False
            with self._locked(digest):
                if hash_file(path) != digest:
                    path.replace(self.root / "damaged" / digest)
                    return True
        return False

    def sweep(self, now: float | None = None) -> Swept:
        """Removes bytes that no owner refers to and no lease holds, and what was left lying about.

        Left lying about are uploads, scratch folders and temporary files that nobody has touched for
        `keep_seconds`. `now` is seconds since the epoch. May run in several processes at once and may
        be killed at any point.
        """
        moment = time.time() if now is None else now
        referred = self._referred_digests()
        blobs = blob_bytes = 0
        for shard in names(self.root / "blobs"):
            for rest in names(self.root / "blobs" / shard):
                if shard + rest in referred or _DIGEST.fullmatch(shard + rest) is None:
                    continue
                size = self._remove_unheld(shard + rest, moment)
                if size is not None:
                    blobs, blob_bytes = blobs + 1, blob_bytes + size
        oldest = moment - self._keep_seconds
        with self.uploads_locked():
            folders = sum(
                remove_stale(self.root / "uploads" / name, oldest) for name in names(self.root / "uploads")
            )
        folders += sum(
            remove_stale(self.root / "scratch" / name, oldest) for name in names(self.root / "scratch")
        )
        for name in names(self.root / "temporary"):
            remove_stale(self.root / "temporary" / name, oldest)
        return Swept(blobs, blob_bytes, folders)

    # Room

    def uploads_locked(self) -> contextlib.AbstractContextManager[bool]:
        """Held while an upload's folder is made and its own lock taken, so that no sweep comes between."""
        return file_lock(self.root / "locks" / "uploads")

    def scratch(self, name: str) -> Path:
        """Makes an empty folder for a piece of work, on this filesystem. `name` is only a hint for people.

        Whoever asked removes it (`shutil.rmtree`); a sweep removes what a crash left.
        """
        hint = re.sub(r"[^A-Za-z0-9_-]", "", name)[:40] or "work"
        return Path(tempfile.mkdtemp(prefix=f"{hint}-", dir=self.root / "scratch"))

    def free_fraction(self) -> float:
        """The share of the disk that is free, 0 to 1."""
        usage = shutil.disk_usage(self.root)
        return usage.free / usage.total if usage.total else 0.0

    def require_room(self, size_bytes: int = 0) -> None:
        """Refuses work while there is still room to end what runs.

        Raises:
            ResourceExhausted: taking `size_bytes` more would leave less free than the watermark.
        """
        usage = shutil.disk_usage(self.root)
        mark = max(self._low_bytes, int(usage.total * self._low_fraction))
        if usage.free - size_bytes < mark:
            raise _no_room(
                f"the store's disk is nearly full: {usage.free >> 20} MiB free, "
                f"{mark >> 20} MiB must stay free"
                + (f", {size_bytes >> 20} MiB wanted" if size_bytes else "")
            )

    # Inside

    def _reference(self, owner: str, digest: str) -> Path:
        return self.root / "refs" / owner_key(owner) / _fanned(digest)

    def _write_reference(self, owner: str, asset: Asset) -> None:
        """The digest's lock is held. A new reference to what the owner has keeps its time."""
        path = self._reference(owner, asset.digest)
        before = self._read_reference(owner_key(owner), asset.digest)
        record = {
            "owner": owner,
            "media_type": asset.media_type,
            "size_bytes": asset.size_bytes,
            "facts": json_format.MessageToDict(asset.facts) if asset.HasField("facts") else None,
            "create_time": time.time() if before is None else before.create_time,
        }
        make_folder(path.parent)
        write_atomically(path, json.dumps(record).encode(), self.root / "temporary")

    def _read_reference(self, key: str, digest: str) -> Stored | None:
        name = _fanned(digest)
        try:
            record: dict[str, Any] = json.loads((self.root / "refs" / key / name).read_bytes())
        except FileNotFoundError:
            return None
        if not (self.root / "blobs" / name).exists():
            return None
        facts = record.get("facts")
        asset = Asset(
            digest=digest,
            size_bytes=record["size_bytes"],
            media_type=record["media_type"],
            facts=None
            if facts is None
            else json_format.ParseDict(facts, MediaFacts(), ignore_unknown_fields=True),
        )
        return Stored(asset, float(record["create_time"]))

    def _extend_lease(self, digest: str, until: float) -> None:
        path = self.root / "leases" / _fanned(digest)
        make_folder(path.parent)
        held = path.stat().st_mtime if path.exists() else 0.0
        path.touch(mode=0o600)
        os.utime(path, (until, max(until, held)))

    def _referred_digests(self) -> set[str]:
        refs = self.root / "refs"
        return {
            shard + rest
            for key in names(refs)
            for shard in names(refs / key)
            for rest in names(refs / key / shard)
        }

    def _remove_unheld(self, digest: str, now: float) -> int | None:
        """Removes the bytes if, under the lock, still nobody holds them. Returns their size."""
        name = _fanned(digest)
        with self._locked(digest):
            lease = self.root / "leases" / name
            if lease.exists() and lease.stat().st_mtime > now:
                return None
            refs = self.root / "refs"
            if any((refs / key / name).exists() for key in names(refs)):
                return None
            try:
                path = self.root / "blobs" / name
                size = path.stat().st_size
                path.unlink()
            except FileNotFoundError:  # another process's sweep was first
                return None
            lease.unlink(missing_ok=True)
        return size

    @contextlib.contextmanager
    def _locked(self, digest: str) -> Iterator[None]:
        with file_lock(self.root / "locks" / digest[:2]):
            yield

    @contextlib.contextmanager
    def _staged(self, path: Path) -> Iterator[Path]:
        """The file itself, or from another filesystem a copy on this one; then `path` goes at the end."""
        if path.stat().st_dev == self.root.stat().st_dev:
            yield path
            return
        self.require_room(path.stat().st_size)
        handle, name = tempfile.mkstemp(dir=self.root / "temporary")
        os.close(handle)
        try:
            shutil.copyfile(path, name)
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)
        path.unlink()


def checked_digest(digest: str, field: str = "digest") -> str:
    """The digest itself. Raises InvalidArgument unless it is 64 lowercase hexadecimal digits."""
    if _DIGEST.fullmatch(digest) is None:
        raise InvalidArgument((field, "must be 64 lowercase hexadecimal digits"))
    return digest


def owner_key(owner: str) -> str:
    """A name for an owner that is safe as a part of a path: 32 hexadecimal digits."""
    return hashlib.sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _no_room(message: str) -> ResourceExhausted:
    return ResourceExhausted(message, retry_after_seconds=RETRY_FULL_SECONDS, reason="STORE_FULL")


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """A disk that filled up in spite of the watermark is the same fault as the watermark's."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise _no_room("the store's disk is full") from error
        raise


def _fanned(digest: str) -> str:
    checked_digest(digest)
    return f"{digest[:2]}/{digest[2:]}"
