"""An orchestrator that is killed at a named point: `python -m tests.faults.dying_orchestrator POINT NTH ...`.

It is the real one, and dies by SIGKILL when it has come to the point for the nth time.
"""

from __future__ import annotations

import functools
import inspect
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from orchestrator.building import SERVER
from orchestrator.drive import sharing
from orchestrator.drive.driver import Driver
from orchestrator.drive.execution import Execution
from orchestrator.drive.mesh import Mesh
from orchestrator.store.appending import Transaction
from orchestrator.store.batch import Batch
from orchestrator.store.claims import Claims
from orchestrator.store.leases import Leases
from orchestrator.store.writer import Writer
from servers.chassis import serve

POINTS: dict[str, tuple[Any, str, bool]] = {
    "before executions are written": (Batch, "write", False),
    "after executions are written": (Batch, "write", True),
    "before a transaction commits": (Transaction, "finish", True),
    "after a transaction has committed": (Writer, "_transaction", True),
    "before executions are leased": (Leases, "claim", False),
    "after executions are leased": (Leases, "claim", True),
    "before leased executions begin": (Driver, "_begin", False),
    "after leases are renewed": (Leases, "renew", True),
    "while leases are given back": (Leases, "release", True),
    "before a request is resolved": (Mesh, "resolve", False),
    "before a call is claimed": (Claims, "_ask", False),
    "after a call is claimed": (Claims, "_ask", True),
    "after a claim is given up": (Claims, "_give_up", True),
    "before a server is called": (Mesh, "work", False),
    "after a server has answered": (Mesh, "work", True),
    "before a server is told to end work": (Mesh, "cancel", False),
    "after a server was told to end work": (Mesh, "cancel", True),
    "before a command is done": (Execution, "obey", False),
    "after parts of limits are taken": (sharing.shares, "take", True),
}
"""(where, which function, whether after it) by name."""


def arm(name: str, nth: int) -> None:
    """Lets the process die at a point."""
    where, function, after = POINTS[name]
    original: Callable[..., Any] = getattr(where, function)
    left = nth

    def come() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    @functools.wraps(original)
    async def waiting(*arguments: Any, **named: Any) -> Any:
        if not after:
            come()
        answer = await original(*arguments, **named)
        if after:
            come()
        return answer

    @functools.wraps(original)
    def at_once(*arguments: Any, **named: Any) -> Any:
        if not after:
            come()
        answer = original(*arguments, **named)
        if after:
            come()
        return answer

    setattr(where, function, waiting if inspect.iscoroutinefunction(original) else at_once)


if __name__ == "__main__":
    name, nth, *rest = sys.argv[1:]
    arm(name, int(nth))
    serve.main(SERVER, rest)
