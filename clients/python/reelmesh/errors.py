"""Every failure that the SDK raises, with the details of the status behind it.

    ReelmeshError
    +-- InvalidArgument      the request breaks a rule; `violations` name field and rule
    +-- NotFound             a job, a scene, an asset or a voice is not there
    +-- AlreadyExists        a request_id was used with another request
    +-- FailedPrecondition   something is lacking; `missing` names it and the remedy
    +-- OutOfRange           a cursor or an offset lies outside
    +-- ResourceExhausted    a queue or a disk is full; see `retry_after`
    +-- Aborted              a conflict that a repetition mends
    +-- Unavailable          the mesh can not be reached, or is stopping
    |   +-- MeshNotRunning   no mesh was found on this machine, or it did not start
    +-- DeadlineExceeded     a bound on time was reached
    +-- DataLoss             a checksum does not fit
    +-- PermissionDenied     the caller may not, or is not known
    +-- Cancelled            the call was cancelled by the other side
    +-- Internal             a fault of the mesh
    +-- JobFailed            a job that was waited for failed; `job`, `step` and `status` tell where and why
    +-- JobCancelled         a job that was waited for was cancelled

`retryable` says whether the same call may succeed later. Source of the details: google.rpc error_details.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2 as details_pb2
from google.rpc import status_pb2

if TYPE_CHECKING:
    from reelmesh.orchestrator.v1.job_pb2 import Job

STATUS_KEY = "grpc-status-details-bin"
_DetailT = TypeVar("_DetailT", bound=Message)


@dataclass(frozen=True)
class Violation:
    """One broken rule of a request."""

    field: str
    """Path of the field, e.g. "spec.graph.steps[1].bindings[0].from". Empty: the request as a whole."""
    rule: str
    """The rule, for people."""


@dataclass(frozen=True)
class Missing:
    """One thing that is lacking."""

    kind: str
    """Kind of thing, e.g. "MISSING_EXTRA" or "MISSING_KEY"."""
    name: str
    """The thing, e.g. "diffusers"."""
    remedy: str
    """What to do about it."""


class ReelmeshError(Exception):
    """A failure with a canonical status code."""

    code: ClassVar[grpc.StatusCode] = grpc.StatusCode.UNKNOWN
    always_retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, status: status_pb2.Status | None = None) -> None:
        super().__init__(message)
        self.message = message
        """What happened, one line for people."""
        self.status = status
        """The whole status as it came; None where the SDK itself found the fault."""
        self.details: tuple[Message, ...] = tuple(_unpacked(status))
        """The google.rpc details of the status."""
        info = self._detail(details_pb2.ErrorInfo)
        self.reason: str = info.reason if info is not None else ""
        """Stable word for programs, e.g. "GRAPH_INVALID". Empty where none came."""
        self.metadata: dict[str, str] = dict(info.metadata) if info is not None else {}
        """What else programs may want to know."""
        told = self.metadata.get("retryable")
        self.retryable: bool = told == "true" if told else self.always_retryable
        """Whether the same call may succeed later."""
        retry = self._detail(details_pb2.RetryInfo)
        self.retry_after: float | None = retry.retry_delay.ToTimedelta().total_seconds() if retry else None
        """Seconds to wait before trying again, where the mesh said so."""
        bad = self._detail(details_pb2.BadRequest)
        self.violations: tuple[Violation, ...] = (
            tuple(Violation(item.field, item.description) for item in bad.field_violations) if bad else ()
        )
        """One for each broken rule."""
        lacking = self._detail(details_pb2.PreconditionFailure)
        self.missing: tuple[Missing, ...] = (
            tuple(Missing(item.type, item.subject, item.description) for item in lacking.violations)
            if lacking
            else ()
        )
        """What is lacking, and the remedies."""

    def _detail(self, kind: type[_DetailT]) -> _DetailT | None:
        return next((detail for detail in self.details if isinstance(detail, kind)), None)


class InvalidArgument(ReelmeshError):
    """The request breaks a rule."""

    code = grpc.StatusCode.INVALID_ARGUMENT


class NotFound(ReelmeshError):
    """A job, a scene, an asset or a voice is not there, or belongs to somebody else."""

    code = grpc.StatusCode.NOT_FOUND


class AlreadyExists(ReelmeshError):
    """A request_id was used with another request."""

    code = grpc.StatusCode.ALREADY_EXISTS


class FailedPrecondition(ReelmeshError):
    """Something is lacking, or the job is not in a state for this."""

    code = grpc.StatusCode.FAILED_PRECONDITION


class OutOfRange(ReelmeshError):
    """A cursor or an offset lies outside of what there is."""

    code = grpc.StatusCode.OUT_OF_RANGE


class ResourceExhausted(ReelmeshError):
    """A queue or a disk is full."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED


class Aborted(ReelmeshError):
    """A conflict that a repetition mends."""

    code = grpc.StatusCode.ABORTED
    always_retryable = True


class Unavailable(ReelmeshError):
    """The mesh can not be reached, or is stopping."""

    code = grpc.StatusCode.UNAVAILABLE
    always_retryable = True


class MeshNotRunning(Unavailable):
    """No mesh was found on this machine, or it did not start."""

    always_retryable = False


class DeadlineExceeded(ReelmeshError):
    """A bound on time was reached."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED
    always_retryable = True


class DataLoss(ReelmeshError):
    """A checksum does not fit."""

    code = grpc.StatusCode.DATA_LOSS


class PermissionDenied(ReelmeshError):
    """The caller may not do this, or is not known."""

    code = grpc.StatusCode.PERMISSION_DENIED


class Cancelled(ReelmeshError):
    """The call was cancelled by the other side."""

    code = grpc.StatusCode.CANCELLED


class Internal(ReelmeshError):
    """A fault of the mesh."""

    code = grpc.StatusCode.INTERNAL


class JobFailed(ReelmeshError):
    """A job that was waited for failed."""

    def __init__(self, job: Job) -> None:
        self.job = job
        """The job, with its steps."""
        self.step = job.execution.failed_step
        """The step that failed, e.g. "narrate[3]". Empty when none did."""
        why = job.execution.error.message or "no reason was given"
        where = f"{self.step}: " if self.step else ""
        super().__init__(f"job {job.id} failed: {where}{why}", status=job.execution.error)


class JobCancelled(ReelmeshError):
    """A job that was waited for was cancelled."""

    code = grpc.StatusCode.CANCELLED

    def __init__(self, job: Job) -> None:
        self.job = job
        """The job."""
        super().__init__(f"job {job.id} was cancelled")


_BY_CODE: Mapping[grpc.StatusCode, type[ReelmeshError]] = {
    kind.code: kind
    for kind in (
        InvalidArgument,
        NotFound,
        AlreadyExists,
        FailedPrecondition,
        OutOfRange,
        ResourceExhausted,
        Aborted,
        Unavailable,
        DeadlineExceeded,
        DataLoss,
        PermissionDenied,
        Cancelled,
        Internal,
    )
} | {grpc.StatusCode.UNAUTHENTICATED: PermissionDenied, grpc.StatusCode.UNIMPLEMENTED: FailedPrecondition}


_BROKEN_OFF = "Internal error from Core"
"""What gRPC itself says, as INTERNAL, where the other side ended a stream that was still being sent."""


def from_call(error: grpc.aio.AioRpcError, where: str = "the mesh") -> ReelmeshError:
    """The error of a call that failed. `where` names the other side for people."""
    status, code = _status_of(error), error.code()
    told = (error.details() or "").strip()
    if told == _BROKEN_OFF:
        code, told = grpc.StatusCode.UNAVAILABLE, "the connection broke off"
    kind = _BY_CODE.get(code, ReelmeshError)
    if status is not None:
        return kind(status.message or code.name, status=status)
    if code == grpc.StatusCode.UNAVAILABLE:
        told = f"{where} can not be reached ({told or 'no connection'})"
    elif code == grpc.StatusCode.UNIMPLEMENTED:
        told = f"{where} does not offer this call: is it of another version? ({told})"
    return kind(told or code.name)


def from_status(status: status_pb2.Status) -> ReelmeshError:
    """The error that a google.rpc.Status tells of."""
    code = next((code for code in grpc.StatusCode if code.value[0] == status.code), grpc.StatusCode.UNKNOWN)
    return _BY_CODE.get(code, ReelmeshError)(status.message or code.name, status=status)


def _status_of(error: grpc.aio.AioRpcError) -> status_pb2.Status | None:
    for key, value in error.trailing_metadata() or ():
        if key == STATUS_KEY and isinstance(value, bytes):
            try:
                return status_pb2.Status.FromString(value)
            except DecodeError:
                return None
    return None


_DETAILS: Sequence[type[Message]] = (
    details_pb2.ErrorInfo,
    details_pb2.RetryInfo,
    details_pb2.BadRequest,
    details_pb2.PreconditionFailure,
    details_pb2.ResourceInfo,
    details_pb2.QuotaFailure,
    details_pb2.RequestInfo,
    details_pb2.Help,
    details_pb2.LocalizedMessage,
    details_pb2.DebugInfo,
)


def _unpacked(status: status_pb2.Status | None) -> Sequence[Message]:
    found: list[Message] = []
    for packed in status.details if status is not None else ():
        for kind in _DETAILS:
            if packed.TypeName() == kind.DESCRIPTOR.full_name:
                detail = kind()
                packed.Unpack(detail)
                found.append(detail)
    return found
