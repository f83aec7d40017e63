"""Every failure that leaves a server: a canonical status with google.rpc details.

    Fault
    +-- InvalidArgument      the request breaks a rule; the details name field and rule
    +-- NotFound             an asset, a job, a voice is not there, or not the caller's
    +-- AlreadyExists        a request_id was used with another request
    +-- FailedPrecondition   something is lacking; the details name it and the remedy
    +-- OutOfRange           a cursor or an offset lies outside
    +-- ResourceExhausted    a queue or a disk is full; carries RetryInfo          (retryable)
    +-- Aborted              a conflict that a repetition mends                    (retryable)
    +-- Unavailable          the server is stopping, or a peer is away             (retryable)
    +-- DeadlineExceeded     a bound on time was reached                           (retryable)
    +-- DataLoss             a checksum does not fit
    +-- PermissionDenied     the caller may not
    +-- Cancelled            the work was cancelled
    +-- Internal             our fault, or an engine's                             (retryable, a few times)

A message never holds a stack trace, a secret or a path of the server's disk. gRPC trailers are small, so
details are cut to `DETAILS_LIMIT_BYTES` and say how many were left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc import error_details_pb2 as details_pb2
from google.rpc import status_pb2

from reelmesh.common.v1.engine_pb2 import Missing

if TYPE_CHECKING:
    from servers.chassis.trouble import Trouble

DOMAIN = "reelmesh"
DETAILS_LIMIT_BYTES = 4096
MESSAGE_LIMIT_CHARACTERS = 1000
UNCONFIRMED = "UNCONFIRMED"
"""Reason of a FailedPrecondition: it is not known whether a paid task was accepted."""

Violation = tuple[str, str]
"""(field path, rule that it breaks)."""


class Fault(Exception):
    """A failure with a canonical status code."""

    code: ClassVar[grpc.StatusCode] = grpc.StatusCode.INTERNAL
    reason: str = "INTERNAL"
    retryable: bool = False
    trouble: Trouble | None = None
    """What went wrong at a vendor, where it was one."""

    def __init__(self, message: str, *, reason: str | None = None, details: Iterable[Message] = ()) -> None:
        super().__init__(message)
        self.message = message
        if reason is not None:
            self.reason = reason
        self.details: tuple[Message, ...] = tuple(details)
        self.metadata: dict[str, str] = {}

    def status(self) -> status_pb2.Status:
        """The google.rpc.Status that travels in the trailers. Always carries an ErrorInfo."""
        status = status_pb2.Status(code=self.code.value[0], message=self.message[:MESSAGE_LIMIT_CHARACTERS])
        metadata = {**self.metadata, "retryable": "true" if self.retryable else "false"}
        for detail in (
            details_pb2.ErrorInfo(reason=self.reason, domain=DOMAIN, metadata=metadata),
            *self.details,
        ):
            packed = AnyMessage()
            packed.Pack(detail)
            status.details.append(packed)
        return status


class InvalidArgument(Fault):
    """The request breaks a rule. `violations` are (field path, rule) pairs."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    reason = "INVALID_ARGUMENT"

    def __init__(self, *violations: Violation, reason: str | None = None) -> None:
        self.violations: Sequence[Violation] = violations
        first = "; ".join(f"{field}: {rule}" if field else rule for field, rule in violations[:3])
        more = f" (and {len(violations) - 3} more)" if len(violations) > 3 else ""
        super().__init__(first + more, reason=reason, details=(_bad_request(violations),))


class NotFound(Fault):
    """A resource is not there, or not the caller's."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "NOT_FOUND"

    def __init__(self, kind: str, name: str, *, field: str = "", what: str = "is not there") -> None:
        where = f"{field}: " if field else ""
        info = details_pb2.ResourceInfo(resource_type=kind, resource_name=name[:200], description=field)
        super().__init__(f"{where}{kind} {name[:200]} {what}", details=(info,))


class AlreadyExists(Fault):
    """A request_id was used with another request."""

    code = grpc.StatusCode.ALREADY_EXISTS
    reason = "REQUEST_ID_REUSED"


class FailedPrecondition(Fault):
    """Something is lacking. `missing` names it, with the remedy."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "FAILED_PRECONDITION"

    def __init__(self, message: str, *, reason: str | None = None, missing: Sequence[Missing] = ()) -> None:
        failure = details_pb2.PreconditionFailure(
            violations=[
                details_pb2.PreconditionFailure.Violation(
                    type=f"MISSING_{_kind_word(item)}", subject=item.name, description=item.remedy
                )
                for item in missing
            ]
        )
        super().__init__(message, reason=reason, details=(failure,) if missing else ())


class OutOfRange(Fault):
    """A cursor or an offset lies outside of what there is."""

    code = grpc.StatusCode.OUT_OF_RANGE
    reason = "OUT_OF_RANGE"


class ResourceExhausted(Fault):
    """A queue or a disk is full. Always says when to try again."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "RESOURCE_EXHAUSTED"
    retryable = True

    def __init__(self, message: str, *, retry_after_seconds: float, reason: str | None = None) -> None:
        retry = details_pb2.RetryInfo()
        retry.retry_delay.FromNanoseconds(int(retry_after_seconds * 1e9))
        super().__init__(message, reason=reason, details=(retry,))


class Aborted(Fault):
    """A conflict that a repetition mends."""

    code = grpc.StatusCode.ABORTED
    reason = "ABORTED"
    retryable = True


class Unavailable(Fault):
    """The server is stopping, or a peer is away. The same request_id finds its work again."""

    code = grpc.StatusCode.UNAVAILABLE
    reason = "UNAVAILABLE"
    retryable = True


class DeadlineExceeded(Fault):
    """A bound on time was reached."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED
    reason = "DEADLINE_EXCEEDED"
    retryable = True


class DataLoss(Fault):
    """A checksum does not fit."""

    code = grpc.StatusCode.DATA_LOSS
    reason = "CHECKSUM_MISMATCH"


class PermissionDenied(Fault):
    """The caller may not do this."""

    code = grpc.StatusCode.PERMISSION_DENIED
    reason = "PERMISSION_DENIED"


class Cancelled(Fault):
    """The work was cancelled."""

    code = grpc.StatusCode.CANCELLED
    reason = "CANCELLED"


class Internal(Fault):
    """Our fault, or an engine's. May be tried again a few times."""

    code = grpc.StatusCode.INTERNAL
    reason = "INTERNAL"
    retryable = True


def _bad_request(violations: Sequence[Violation]) -> details_pb2.BadRequest:
    """As many violations as fit into the trailers; a last one says how many were left out."""
    request = details_pb2.BadRequest()
    room = DETAILS_LIMIT_BYTES
    for position, (field, rule) in enumerate(violations):
        violation = details_pb2.BadRequest.FieldViolation(field=field[:300], description=rule[:500])
        room -= violation.ByteSize() + 8
        if room < 0:
            request.field_violations.add(description=f"{len(violations) - position} more violations")
            break
        request.field_violations.append(violation)
    return request


def _kind_word(item: Missing) -> str:
    from reelmesh.common.v1.engine_pb2 import MissingKind

    return MissingKind.Name(item.kind).removeprefix("MISSING_KIND_")
