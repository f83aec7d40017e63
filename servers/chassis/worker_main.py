"""The worker's side of `servers.chassis.worker`: answers calls from stdin until it is closed.

Imports nothing but the standard library, so that a worker holds only what its work needs.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any

Report = Callable[[dict[str, Any]], None]
"""Takes one progress report, any JSON object."""
Handler = Callable[[dict[str, Any], Report], dict[str, Any]]
"""What a worker does: arguments and a way to report in, a JSON object out."""

MEMORY_VARIABLE = "REELMESH_WORKER_MEMORY_BYTES"


class Refused(Exception):
    """Raised in a worker when the request's own content breaks a rule. Becomes InvalidArgument."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


class Lacking(Exception):
    """Raised in a worker when the machine lacks what the work needs. Becomes FailedPrecondition."""


class Stopped(Exception):
    """Raised in a worker when it was told to stop what it does."""


def serve(handlers: Mapping[str, Handler]) -> None:
    """The worker's side: answers calls from stdin until it is closed.

    Whatever the handlers or their libraries print goes to stderr, so that it can not break the protocol.
    """
    send = begin()
    for line in sys.stdin:
        call = json.loads(line)
        send(answer(handlers, call, lambda report: send({"progress": report})))


def begin() -> Callable[[dict[str, Any]], None]:
    """Makes a worker of this process. Gives what sends a message to the server."""
    _die_with_parent()
    _limit_memory()
    answers = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)

    def send(message: dict[str, Any]) -> None:
        answers.write(json.dumps(message) + "\n")

    return send


def answer(handlers: Mapping[str, Handler], call: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """What a handler returns or raises, as a message."""
    try:
        return {"result": handlers[call["method"]](call["arguments"], report)}
    except Stopped:
        return {"stopped": True}
    except Lacking as lacking:
        return {"lacking": str(lacking)[:500]}
    except Refused as refused:
        return {"refused": [[refused.field, refused.rule]]}
    except MemoryError:
        return {"exhausted": True, "traceback": _traceback()}
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"[:500], "traceback": _traceback()}


def _traceback() -> str:
    import traceback

    return traceback.format_exc()[-4000:]


def _die_with_parent() -> None:
    """A server that is killed must not leave a worker computing for nobody (Linux: PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        if os.getppid() == 1:
            sys.exit(0)


def _limit_memory() -> None:
    limit = os.environ.get(MEMORY_VARIABLE)
    if limit:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (int(limit), int(limit)))
