"""A process that has imported what all servers share, and becomes each of them by forking.

Importing the chassis takes most of a server's start and most of its memory. Done once, servers start in a
fraction of the time and share the pages. The name is Android's for the same idea.

python -m reelmesh.mesh.zygote FD [MODULE ...]: imports the modules. Each message on the socket FD then asks
for a server: {"module", "arguments", "name"}, with three descriptors that become its stdin, stdout and
stderr. Answers: {"pid"} in the order of the requests, and {"ended", "code"} when a server has ended. It ends
with the socket. Nothing here may make a gRPC object or a thread: neither survives a fork.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

REQUEST_BYTES = 1 << 16


@dataclass(frozen=True)
class Request:
    """A server to become."""

    name: str
    module: str
    arguments: list[str]


def main() -> None:
    """Runs as the zygote until a fork makes it a server, or the socket ends."""
    control = socket.socket(fileno=int(sys.argv[1]))
    for name in sys.argv[2:]:
        with contextlib.suppress(ImportError):  # the server that needs it will say so
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # the collector would write into every shared page
    request = _fork_until_asked_to_be_one(control)
    if request is None:
        return
    sys.argv = [request.module, *request.arguments]
    runpy.run_module(request.module, run_name="__main__", alter_sys=True)


def _fork_until_asked_to_be_one(control: socket.socket) -> Request | None:
    """Serves requests. Returns in each child with what it is to be; in the zygote, at the end, with None."""

    def bury(number: int, frame: object) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            with contextlib.suppress(OSError):
                control.send(json.dumps({"ended": pid, "code": os.waitstatus_to_exitcode(status)}).encode())

    signal.signal(signal.SIGCHLD, bury)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, REQUEST_BYTES, 3)
        if not message:
            return None
        pid = os.fork()
        if pid == 0:
            _settle(control, descriptors)
            request = Request(**json.loads(message))
            with contextlib.suppress(OSError):
                Path("/proc/self/comm").write_text(f"reelmesh-{request.name}"[:15], encoding="ascii")
            return request
        for descriptor in descriptors:
            os.close(descriptor)
        control.send(json.dumps({"pid": pid}).encode())


def _settle(control: socket.socket, descriptors: list[int]) -> None:
    """Makes a process of its own of a fork."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    control.close()
    os.setsid()
    for target, descriptor in enumerate(descriptors):
        os.dup2(descriptor, target)
    for descriptor in descriptors:
        os.close(descriptor)


if __name__ == "__main__":
    main()
