"""Rows as typed values. Times are microseconds since the Unix epoch, messages are serialised."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID_TIME_DIGITS = 9
_ID_RANDOM_DIGITS = 11
T = TypeVar("T")


@dataclass(frozen=True)
class JobRow:
    """A job."""

    id: str
    owner: str
    request_id: str | None
    spec_digest: bytes
    spec: bytes
    state: int
    priority: int
    create_time: int
    end_time: int | None
    execution_id: str
    result: bytes | None
    sequence: int
    lease_holder: int | None = None
    lease_token: int = 0
    lease_until: int | None = None
    turn: int = 0
    key_name: str = ""
    delete_time: int | None = None


@dataclass(frozen=True)
class LimitRow:
    """A limit that was set while running."""

    name: str
    at_once: int | None
    per_second: float | None
    burst: int
    weight: float
    paused: bool
    time: int


@dataclass(frozen=True)
class CommandRow:
    """Something asked of a job's execution."""

    id: int
    job_id: str
    kind: str
    body: str
    time: int


@dataclass(frozen=True)
class ExecutionRow:
    """An execution."""

    id: str
    job_id: str
    number: int
    request_id: str | None
    from_step: str
    graph: bytes
    state: int
    create_time: int
    start_time: int | None = None
    end_time: int | None = None
    error: bytes | None = None
    failed_step: str = ""
    warnings: str = "[]"
    cost: bytes | None = None


@dataclass(frozen=True)
class StepRow:
    """A step instance."""

    execution_id: str
    step: str
    index: int
    state: int
    attempts: int = 0
    failures: int = 0
    request_id: str = ""
    result: bytes | None = None
    error: bytes | None = None
    engine: str = ""
    scene_id: str = ""
    start_time: int | None = None
    end_time: int | None = None


@dataclass(frozen=True)
class RememberedRow:
    """The result of a step, under the digest of its resolved request."""

    owner: str
    digest: bytes
    method: str
    engine: str
    result: bytes
    create_time: int


@dataclass(frozen=True)
class EditRow:
    """The edits of one scene, merged."""

    job_id: str
    scene_id: str
    edit: bytes
    time: int


def new_id() -> str:
    """A new id: 20 lowercase digits and letters that sort by the time they were made.

    The first nine are the milliseconds since the epoch in Crockford's base 32, the rest are random.
    """
    return _base32(time.time_ns() // 1_000_000, _ID_TIME_DIGITS) + _base32(
        secrets.randbits(5 * _ID_RANDOM_DIGITS), _ID_RANDOM_DIGITS
    )


def changed(row: T, values: Mapping[str, Any]) -> T:
    """A row with some columns changed, as by `dataclasses.replace`, which takes much longer: it goes through
    the setter of every column."""
    copy: T = object.__new__(type(row))
    copy.__dict__.update(row.__dict__)
    copy.__dict__.update(values)
    return copy


def now() -> int:
    """The time, in microseconds since the Unix epoch."""
    return time.time_ns() // 1000


def timestamp(microseconds: int | None) -> Timestamp | None:
    """A time as the contracts write it."""
    if microseconds is None:
        return None
    seconds, rest = divmod(microseconds, 1_000_000)
    return Timestamp(seconds=seconds, nanos=rest * 1000)


def duration(seconds: float) -> Duration:
    """A length of time as the contracts write it."""
    length = Duration()
    length.FromMicroseconds(round(seconds * 1e6))
    return length


def _base32(number: int, digits: int) -> str:
    return "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in range(digits - 1, -1, -1))
