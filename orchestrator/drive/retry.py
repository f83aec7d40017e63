"""Whether and when a failed call is tried again. Pure: no clock, no network.

Retryable are UNAVAILABLE, ABORTED, DEADLINE_EXCEEDED, a CANCELLED that was not our doing, RESOURCE_EXHAUSTED
that says when to come back (without RetryInfo gRPC itself means an oversized message), and INTERNAL a few
times. Everything else is final.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from google.rpc import code_pb2
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from reelmesh.orchestrator.v1.graph_pb2 import RetryPolicy
from servers.chassis.errors import UNCONFIRMED

INTERNAL_ATTEMPTS = 3
"""Most attempts in all of a call that ends INTERNAL: what is broken is rarely mended by repeating it."""

RATE_LIMITED = "RATE_LIMITED"
BUSY = frozenset(["QUEUE_FULL", RATE_LIMITED])
"""ErrorInfo.reason of a RESOURCE_EXHAUSTED that waiting alone mends. (A full disk is not one.)"""

_PASSING = frozenset([code_pb2.UNAVAILABLE, code_pb2.ABORTED, code_pb2.DEADLINE_EXCEEDED, code_pb2.CANCELLED])
_BROKEN = frozenset([code_pb2.INTERNAL, code_pb2.UNKNOWN])


@dataclass(frozen=True)
class Policy:
    """How failed calls are repeated."""

    max_attempts: int = 4
    """Most attempts in all."""
    initial_delay_seconds: float = 1.0
    """Upper bound of the first delay; it doubles with each failure."""
    max_delay_seconds: float = 60.0
    """Upper bound of any delay."""

    def overlaid(self, step: RetryPolicy) -> Policy:
        """This policy with what a step says for itself laid over it."""
        policy = self
        if step.max_attempts:
            policy = replace(policy, max_attempts=step.max_attempts)
        if step.HasField("initial_delay"):
            policy = replace(policy, initial_delay_seconds=step.initial_delay.ToNanoseconds() / 1e9)
        if step.HasField("max_delay"):
            policy = replace(policy, max_delay_seconds=step.max_delay.ToNanoseconds() / 1e9)
        return policy

    def delay_bound(self, failures: int) -> float:
        """Upper bound of the delay after the given number of failures (1 or more), seconds."""
        # 2**64 seconds is longer than any bound: the exponent is cut so that the power stays finite.
        return min(self.max_delay_seconds, self.initial_delay_seconds * 2.0 ** min(failures - 1, 64))

    def delay(self, failures: int, chance: float) -> float:
        """Delay with full jitter: anything from 0 to the bound. `chance` is drawn evenly from 0 to 1."""
        return self.delay_bound(failures) * chance


def retry_after(status: Status) -> float | None:
    """Seconds after which the server wants to be asked again; None where it does not say."""
    for detail in status.details:
        info = RetryInfo()
        if detail.Unpack(info):
            return max(0.0, info.retry_delay.ToNanoseconds() / 1e9)
    return None


def reason(status: Status) -> str:
    """The stable reason a server gave; empty where it gave none."""
    for detail in status.details:
        info = ErrorInfo()
        if detail.Unpack(info):
            return info.reason
    return ""


def is_unconfirmed(status: Status) -> bool:
    """Whether a paid call's outcome is not known: it must not be repeated on a guess."""
    return status.code == code_pb2.FAILED_PRECONDITION and reason(status) == UNCONFIRMED


def is_busy(status: Status) -> bool:
    """Whether the server is merely full and said when to come back. That uses up no attempt."""
    return (
        status.code == code_pb2.RESOURCE_EXHAUSTED
        and retry_after(status) is not None
        and reason(status) in BUSY
    )


def may_retry(status: Status, failures: int, policy: Policy) -> bool:
    """Whether a call that has failed `failures` times, last with this status, is tried again."""
    if is_busy(status):
        return True
    if status.code in _PASSING or (
        status.code == code_pb2.RESOURCE_EXHAUSTED and retry_after(status) is not None
    ):
        return failures < policy.max_attempts
    return status.code in _BROKEN and failures < min(policy.max_attempts, INTERNAL_ATTEMPTS)
