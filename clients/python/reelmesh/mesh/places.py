"""Which servers there are, and where each listens."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import socket
import stat
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path

from reelmesh.errors import MeshNotRunning

GROUP = "reelmesh.servers"
ORCHESTRATOR = "orchestrator"
SOCKET_PATH_BYTES = 100
"""Longest path of a unix socket: the kernel's struct has room for 108 bytes."""

_NEEDED = ("grpc_health", "grpc_reflection", "pydantic_settings", "structlog", "yaml")


def modules() -> dict[str, str]:
    """Modules to run by server, as installed packages declare them: {"tts": "servers.tts"}.

    Raises:
        MeshNotRunning: the servers, or what they need, are not installed.
    """
    found = {
        point.name: point.module.removesuffix(".__main__") for point in sorted(entry_points(group=GROUP))
    }
    if not found or any(importlib.util.find_spec(name) is None for name in _NEEDED):
        raise MeshNotRunning('the servers are not installed: pip install "reelmesh[mesh]"')
    return found


def chosen(only: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """The servers to start; all where none is named.

    Raises:
        MeshNotRunning: a name is not one of a server.
    """
    for name in only:
        if name not in known:
            raise MeshNotRunning(f"there is no server {name!r}; there are: {', '.join(sorted(known))}")
    return {name: module for name, module in known.items() if not only or name in only}


def addresses(names: Sequence[str], home: Path, *, tcp: bool) -> dict[str, str]:
    """Where each server shall listen: a unix socket, or a free port of this machine."""
    if tcp:
        return {name: f"127.0.0.1:{port}" for name, port in zip(names, _free_ports(len(names)), strict=True)}
    folder = socket_folder(home, names)
    return {name: f"unix:{folder / name}.sock" for name in names}


def socket_folder(home: Path, names: Sequence[str]) -> Path:
    """A folder of the user's own for sockets: in the home, or in /tmp where its path is too long.

    Raises:
        MeshNotRunning: the folder in /tmp belongs to somebody else.
    """
    folder = home.absolute() / "run"
    longest = max((len(os.fsencode(folder / f"{name}.sock")) for name in names), default=0)
    if longest < SOCKET_PATH_BYTES:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder
    mark = hashlib.sha256(os.fsencode(home.absolute())).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"reelmesh-{os.getuid()}-{mark}"
    if len(os.fsencode(folder)) + 20 >= SOCKET_PATH_BYTES:
        folder = Path("/tmp") / folder.name  # noqa: S108  (made and checked below)
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise MeshNotRunning(f"{folder} is not a folder of yours alone: remove it, or use --tcp")
    return folder


def _free_ports(count: int) -> list[int]:
    """Ports that are free now. All are held together until the last is known, so that they differ."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in held]
    finally:
        for one in held:
            one.close()
