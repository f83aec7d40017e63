"""Uploads under way: bytes on their way into the store, safe against a crash at any moment.

    uploads/<hash of owner and upload_id>/state.json   what was declared, and how many bytes are safe
                                          data         the bytes so far
                                          lock         held by the one Write that is under way

A byte is safe once it and the number in state.json were forced onto the medium, in this order. Bytes
behind the safe size may be anything after a crash; the next Write cuts them off. All functions block.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from servers.chassis.blobs import DEFAULT_MEDIA_TYPE, BlobFolder, full_disk, owner_key
from servers.chassis.durable import file_lock, make_folder, write_atomically
from servers.chassis.errors import Aborted, DataLoss, InvalidArgument, OutOfRange

SYNC_BYTES = 16 << 20
"""So many bytes are at stake when the machine stops."""

_BLOCK = 1 << 20


@dataclasses.dataclass(frozen=True)
class Declared:
    """What the caller said is coming. Empty and 0 where it did not say."""

    digest: str = ""
    size_bytes: int = 0
    media_type: str = ""


@dataclasses.dataclass(frozen=True)
class State:
    """What is known of an upload after a crash."""

    declared: Declared
    safe_bytes: int = 0
    digest: str = ""
    """The whole blob's digest, once it was checked. The blob is then in the store, or about to be."""


class Uploads:
    """The uploads in a store's folder."""

    def __init__(self, folder: BlobFolder) -> None:
        self.folder = folder

    def state(self, owner: str, upload_id: str) -> State | None:
        """How far an upload is; None when the owner has none of that name."""
        return _load(self._place(owner, upload_id))

    def has_data(self, owner: str, upload_id: str) -> bool:
        """Whether the upload's bytes are still here, and not yet in the store."""
        return (self._place(owner, upload_id) / "data").exists()

    @contextlib.contextmanager
    def open(self, owner: str, upload_id: str, declared: Declared | None) -> Iterator[Upload]:
        """Goes on with an upload, or begins it. Whatever was written is safe when the block ends.

        `declared` is None when the caller gave no spec: then that of the upload's beginning holds.

        Raises:
            Aborted: another Write of the same upload is under way.
            InvalidArgument: the spec is not that of the upload's beginning.
            ResourceExhausted: there is no room for what is coming.
        """
        place = self._place(owner, upload_id)
        with contextlib.ExitStack() as held:
            with full_disk(), self.folder.uploads_locked():
                make_folder(place)
                if not held.enter_context(file_lock(place / "lock", wait=False)):
                    raise Aborted("another Write of this upload is under way", reason="UPLOAD_BUSY")
            with full_disk():
                upload = Upload(self.folder, place, _agreed(_load(place), declared))
            try:
                yield upload
            finally:
                upload.close()

    def _place(self, owner: str, upload_id: str) -> Path:
        # Both hashed apart, so that no pair of names can be taken for another.
        return self.folder.root / "uploads" / owner_key(owner_key(owner) + owner_key(upload_id))


class Upload:
    """One upload while its Write is under way. Not for several threads at once."""

    def __init__(self, folder: BlobFolder, place: Path, state: State) -> None:
        self._folder = folder
        self._place = place
        self._file: BinaryIO | None = None
        self.state = state
        self.size_bytes = state.safe_bytes
        self._hash = hashlib.sha256()
        if not state.digest:
            folder.require_room(max(0, state.declared.size_bytes - state.safe_bytes))
            self._begin()

    @property
    def media_type(self) -> str:
        """The media type the blob will have."""
        return self.state.declared.media_type or DEFAULT_MEDIA_TYPE

    @property
    def data(self) -> Path:
        """The file with the bytes so far."""
        return self._place / "data"

    def append(self, offset: int, data: bytes, crc32: int | None) -> None:
        """Adds bytes. Those that are here already are only compared.

        Raises:
            DataLoss: the checksum does not fit.
            OutOfRange: the offset leaves a gap.
            InvalidArgument: more than was declared, or other bytes than were sent before.
            ResourceExhausted: the disk is nearly full.
        """
        if crc32 is not None and zlib.crc32(data) != crc32:
            raise DataLoss(f"the chunk at offset {offset} does not fit its crc32; send it again")
        if offset > self.size_bytes:
            raise OutOfRange(f"offset {offset} leaves a gap: {self.size_bytes} bytes are here")
        declared = self.state.declared.size_bytes
        if declared and offset + len(data) > declared:
            raise InvalidArgument(
                ("data", f"ends at {offset + len(data)}, behind the declared {declared} bytes")
            )
        known = min(self.size_bytes - offset, len(data))
        if known and os.pread(self._open_file().fileno(), known, offset) != data[:known]:
            raise InvalidArgument(("data", f"differs from what was sent for offset {offset} before"))
        fresh = memoryview(data)[known:]
        if not fresh:
            return
        with full_disk():
            written = 0
            while written < len(fresh):
                written += os.pwrite(self._open_file().fileno(), fresh[written:], self.size_bytes + written)
        self._hash.update(fresh)
        self.size_bytes += len(fresh)
        if self.size_bytes - self.state.safe_bytes >= SYNC_BYTES:
            self.sync()
            self._folder.require_room()

    def sync(self, digest: str = "") -> None:
        """Makes what was written safe, and says so in the state; with the digest of a whole blob."""
        if digest or self.size_bytes != self.state.safe_bytes:
            with full_disk():
                os.fdatasync(self._open_file().fileno())
                self._save(dataclasses.replace(self.state, safe_bytes=self.size_bytes, digest=digest))

    def complete(self) -> str:
        """Checks that the blob is whole and what was declared. Returns its digest.

        Raises:
            OutOfRange: bytes are missing. The upload can go on.
            DataLoss: the digest is not the declared one. The upload begins anew.
        """
        declared = self.state.declared
        if declared.size_bytes and self.size_bytes < declared.size_bytes:
            raise OutOfRange(
                f"finish came after {self.size_bytes} of {declared.size_bytes} bytes; send the rest"
            )
        digest = self._hash.hexdigest()
        if declared.digest and digest != declared.digest:
            self.discard()
            raise DataLoss("the blob does not have the declared digest; nothing was stored")
        self.sync(digest)
        return digest

    def discard(self) -> None:
        """Forgets everything: the next Write begins anew."""
        self._shut()
        (self._place / "state.json").unlink(missing_ok=True)
        self.data.unlink(missing_ok=True)
        self.state, self.size_bytes = State(self.state.declared), 0

    def restart(self) -> None:
        """Begins anew with the same declaration."""
        declared = self.state.declared
        self.discard()
        self.state, self._hash = State(declared), hashlib.sha256()
        with full_disk():
            self._begin()

    def close(self) -> None:
        """Makes what was written safe."""
        try:
            self.sync()
        finally:
            self._shut()

    def _begin(self) -> None:
        """Brings the file back to its safe size and the hash with it."""
        if not (self._place / "state.json").exists():
            self.data.unlink(missing_ok=True)
        self.data.touch(mode=0o600)
        if self.data.stat().st_size < self.state.safe_bytes:  # somebody took the bytes away
            self.size_bytes = 0
        self._save(dataclasses.replace(self.state, safe_bytes=self.size_bytes))
        os.truncate(self.data, self.state.safe_bytes)
        with self.data.open("rb", buffering=0) as file:
            while block := file.read(_BLOCK):
                self._hash.update(block)

    def _open_file(self) -> BinaryIO:
        if self._file is None:
            # Unbuffered, so that nothing waits in this process.
            self._file = open(self.data, "r+b", buffering=0)  # noqa: SIM115, PTH123 - closed in `_shut`
        return self._file

    def _shut(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _save(self, state: State) -> None:
        content = json.dumps(dataclasses.asdict(state)).encode()
        write_atomically(self._place / "state.json", content, self._folder.root / "temporary")
        self.state = state


def _load(place: Path) -> State | None:
    try:
        record = json.loads((place / "state.json").read_bytes())
    except FileNotFoundError:
        return None
    return State(Declared(**record["declared"]), record["safe_bytes"], record["digest"])


def _agreed(state: State | None, declared: Declared | None) -> State:
    if state is None:
        return State(declared or Declared())
    if declared is not None and declared != state.declared:
        raise InvalidArgument(("spec", "must be what it was when the upload began"))
    return state
