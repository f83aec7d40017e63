"""Who holds a lease: a name that tells, on the same machine, whether its process is still there.

A server that was killed and started again need not wait for its own old lease to run out.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path

_PROC = Path("/proc")


def own_name() -> str:
    """The name of this process: machine and PID namespace, process, and when it began; unique in any case."""
    return f"{_place()}/{os.getpid()}/{_began(os.getpid())}/{uuid.uuid4().hex[:8]}"


def is_gone(name: str) -> bool:
    """True when the holder was a process of this machine that has ended. False when that can not be told."""
    place, _, rest = name.partition("/")
    process, _, began = rest.partition("/")
    if not place or place != _place() or not process.isdigit():
        return False
    return _began(int(process)) != began.partition("/")[0]


def _place() -> str:
    """Machine since its start, and PID namespace; empty where the system does not tell (not Linux)."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()[:13]
        return f"{boot}.{(_PROC / 'self/ns/pid').readlink().name.strip('pid:[]')}"
    except OSError:
        return ""


def _began(process: int) -> str:
    """When a process began, in clock ticks since the machine's start; empty when it is not there. proc(5)."""
    try:
        stat = (_PROC / str(process) / "stat").read_text()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in ("Z", "X") else fields[19]
