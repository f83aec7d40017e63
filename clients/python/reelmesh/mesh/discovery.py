"""Where a running mesh is found: a small file in the mesh's home, <home>/mesh.json.

`reelmesh up` writes it when all its servers listen and takes it away when it stops. It is alive as long as
the process that wrote it is. One mesh to a home: a lock on <home>/mesh.lock is held by its process, and the
system frees it whatever becomes of that process.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

FILE = "mesh.json"
LOCK = "mesh.lock"
USERS = "mesh.users"
HOME_VARIABLE = "REELMESH_MESH__HOME"
_ENDED = ("Z", "X")
"""States of processes that have ended and only wait for their parent to notice."""


def home() -> Path:
    """The mesh's home: sockets, logs, database and store. The same rule as the servers' `mesh.home`."""
    if named := os.environ.get(HOME_VARIABLE):
        return Path(named)
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "reelmesh"


@dataclasses.dataclass(frozen=True)
class Discovery:
    """A running mesh, as its file tells of it."""

    pid: int
    """Process that keeps the mesh."""
    born: int
    """When that process began, in clock ticks: tells it from a later one of the same pid. 0: unknown."""
    version: str
    """Version of reelmesh that it runs."""
    home: Path
    """Its home."""
    addresses: Mapping[str, str]
    """gRPC targets by server: {"tts": "unix:/...", "orchestrator": "127.0.0.1:4711"}."""
    pids: Mapping[str, int]
    """Processes by server."""
    temporary: bool = False
    """Whether it was started for one film or one script, and ends with it."""

    def alive(self) -> bool:
        """Whether the process that keeps the mesh is still there."""
        try:
            os.kill(self.pid, 0)
        except (ProcessLookupError, OverflowError):
            return False
        except PermissionError:
            return True
        return self.born == 0 or born(self.pid) == self.born


def born(pid: int) -> int:
    """When a process began, in clock ticks since the system did. 0: it has ended, or nothing tells."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    # proc(5): fields 3 and 22; the second, the name in parentheses, may itself hold blanks.
    fields = stat.rpartition(")")[2].split()
    return 0 if fields[0] in _ENDED else int(fields[19])


def read(of_home: Path | None = None) -> Discovery | None:
    """The mesh that runs in a home; None when none does."""
    folder = of_home or home()
    try:
        told = json.loads((folder / FILE).read_text(encoding="utf-8"))
        found = Discovery(
            pid=int(told["pid"]),
            born=int(told["born"]),
            version=str(told["version"]),
            home=folder,
            addresses={str(name): str(server["address"]) for name, server in told["servers"].items()},
            pids={str(name): int(server["pid"]) for name, server in told["servers"].items()},
            temporary=bool(told.get("temporary", False)),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if found.alive() else None


def write(mesh: Discovery) -> None:
    """Writes the file of a mesh: whole, or not at all."""
    told = {
        "pid": mesh.pid,
        "born": mesh.born,
        "version": mesh.version,
        "temporary": mesh.temporary,
        "servers": {
            name: {"address": address, "pid": mesh.pids.get(name, 0)}
            for name, address in mesh.addresses.items()
        },
    }
    part = mesh.home / f".{FILE}.{secrets.token_hex(4)}"
    part.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    part.replace(mesh.home / FILE)


def remove(of_home: Path) -> None:
    """Takes the file away."""
    (of_home / FILE).unlink(missing_ok=True)


class Lock:
    """A lock on a file, freed by `release` or by the process' end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def acquire(self, *, shared: bool = False, wait: bool = False) -> bool:
        """Takes the lock; False when others hold it and `wait` is not set. Blocks where `wait` is."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._path.open("ab")
        how = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
        try:
            fcntl.flock(file, how)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Frees the lock."""
        if self._file is not None:
            self._file.close()
            self._file = None


@contextlib.contextmanager
def in_use(of_home: Path) -> Iterator[Discovery | None]:
    """Keeps a temporary mesh from ending while the block runs. Gives the mesh; None when there is none."""
    lock = Lock(of_home / USERS)
    lock.acquire(shared=True, wait=True)
    try:
        yield read(of_home)
    finally:
        lock.release()
