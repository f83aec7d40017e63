"""Encoded pieces that are kept from film to film, so that an edit costs what it changed.

A piece is named by the digest of all that it depends on, so it can never be the wrong one, and nothing has to
be invalidated. The least recently used go first when there are too many bytes, and any that was not used for
some days.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

_MOST_DAYS = 7.0


class Kept:
    """Files by key in one folder. May be used from several threads and processes at once."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        """Opens the folder, which need not exist. `most_bytes` 0 keeps nothing."""
        self._folder = folder
        self._most_bytes = most_bytes

    def take(self, key: str, into: Path) -> bool:
        """Puts the file of a key at `into`, by a link; False when there is none."""
        file = self._folder / key
        try:
            os.link(file, into)
            os.utime(file)
        except OSError:
            return False
        return True

    def keep(self, key: str, file: Path) -> None:
        """Keeps a finished file under a key; it stays where it is, too, and must not be written any more."""
        if not self._most_bytes:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        # What is kept must be whole after a crash of the machine, too: on the disk before it has its name.
        with file.open("rb") as written:
            os.fsync(written.fileno())
        # Another film may have kept the same; a filesystem may know no links: then nothing is kept.
        with contextlib.suppress(OSError):
            os.link(file, self._folder / key)

    def prune(self) -> None:
        """Removes what is over the bound, and what is old."""
        if not self._folder.is_dir():
            return
        found: list[tuple[float, int, Path]] = []
        for path in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                entry = path.stat()
                found.append((entry.st_mtime, entry.st_size, path))
        total = sum(size for _, size, _ in found)
        oldest = time.time() - _MOST_DAYS * 86_400
        for used, size, path in sorted(found):
            if total <= self._most_bytes and used >= oldest:
                return
            path.unlink(missing_ok=True)
            total -= size
