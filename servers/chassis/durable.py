"""Files that survive a crash: forced onto the medium, renamed into place, locked across processes.

Everything here blocks and is for filesystems of POSIX semantics: a rename replaces in one step, and is
durable once its folder is synced.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


def hash_file(path: Path) -> str:
    """SHA-256 of a file's content, hexadecimal."""
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_file(path: Path) -> None:
    """Forces a file's bytes onto the medium."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Forces a folder's entries onto the medium: a rename is durable only after this."""
    sync_file(path)


def make_folder(path: Path) -> None:
    """Makes a folder and those above it, durably."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
        sync_folder(path.parent)


def write_atomically(path: Path, content: bytes, temporary: Path) -> None:
    """Writes a small file so that it is seen whole or not at all, also after a crash.

    `temporary` is a folder on the same filesystem.
    """
    handle, name = tempfile.mkstemp(dir=temporary)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


@contextlib.contextmanager
def file_lock(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Holds a lock that excludes other threads and other processes, and ends with its process.

    Without `wait`, yields False when somebody else holds it. Source: flock(2).
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def names(folder: Path) -> list[str]:
    """The names in a folder; none when it is not there."""
    try:
        return os.listdir(folder)  # noqa: PTH208 - names alone, of folders with many
    except (FileNotFoundError, NotADirectoryError):
        return []


def remove_stale(path: Path, oldest: float) -> bool:
    """Removes a file or folder in which nothing is as new as `oldest`, unless its lock is held."""
    try:
        newest = max(entry.lstat().st_mtime for entry in (path, *path.rglob("*")))
    except FileNotFoundError:
        return False
    if newest >= oldest:
        return False
    lock = path / "lock"
    with file_lock(lock, wait=False) if lock.exists() else contextlib.nullcontext(True) as free:
        if not free:
            return False
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return not path.exists()
