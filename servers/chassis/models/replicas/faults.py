"""Failures as JSON, on their way from a replica to the server that asked."""

from __future__ import annotations

from typing import Any

from servers.chassis.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    Fault,
    Internal,
    InvalidArgument,
    ResourceExhausted,
    Unavailable,
)

REPLICA_DIED = "REPLICA_DIED"
"""Reason of what befell a run whose replica, or whose way to it, went away."""
RAY_GONE = "RAY_GONE"
"""Reason of what befell a run when there were no such replicas any more: one has to connect anew."""
_RETRY_AFTER_SECONDS = 30
_KINDS: dict[str, type[Fault]] = {
    kind.__name__: kind for kind in (DeadlineExceeded, FailedPrecondition, Internal, Unavailable)
}


def told(fault: Fault) -> dict[str, Any]:
    """The failure as a JSON object."""
    violations = [list(one) for one in fault.violations] if isinstance(fault, InvalidArgument) else []
    return {
        "kind": type(fault).__name__,
        "message": fault.message,
        "reason": fault.reason,
        "violations": violations,
    }


def raised(message: dict[str, Any]) -> Fault:
    """The failure that `told` made the object of."""
    reason = message["reason"]
    if message["kind"] == InvalidArgument.__name__:
        return InvalidArgument(*((field, rule) for field, rule in message["violations"]), reason=reason)
    if message["kind"] == ResourceExhausted.__name__:
        return ResourceExhausted(message["message"], retry_after_seconds=_RETRY_AFTER_SECONDS, reason=reason)
    return _KINDS.get(message["kind"], Internal)(message["message"], reason=reason)


def unreachable(address: str, why: str) -> Unavailable:
    """What is told where there is no cluster."""
    return Unavailable(
        f'no Ray cluster at "{address}", or this host is no node of it: run `ray start --head` on one host '
        f"and `ray start --address=HEAD:6379` on the others, or set models.ray.address ({why})",
        reason="RAY_UNREACHABLE",
    )
