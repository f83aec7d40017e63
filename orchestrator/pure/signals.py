"""What goes into the walk and what comes out of it.

The walk (`orchestrator.pure.walk`) is fed events and answers with outputs; both are plain values, so that a
driver, a test or another engine can make, store and compare them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from reelmesh.orchestrator.v1.job_pb2 import ExecutionState, StepState
from reelmesh.orchestrator.v1.job_service_pb2 import UnconfirmedDecision

_KEY = re.compile(r"([a-z][a-z0-9_]*)(?:\[(0|[1-9][0-9]{0,8})\])?")


@dataclass(frozen=True)
class Key:
    """Names one step instance: `plan`, or `narrate[3]` in a step with `for_each`."""

    step: str
    index: int | None = None
    """Position in the fan-out, from 0. None in a step without one."""

    def __str__(self) -> str:
        return self.step if self.index is None else f"{self.step}[{self.index}]"

    def __lt__(self, other: Key) -> bool:
        return (self.step, -1 if self.index is None else self.index) < (
            other.step,
            -1 if other.index is None else other.index,
        )

    @classmethod
    def parse(cls, text: str) -> Key:
        """The key that `str` gave.

        Raises:
            ValueError: the text is no key.
        """
        match = _KEY.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is no key of a step instance")
        return cls(match[1], None if match[2] is None else int(match[2]))


# -- what goes in ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Begin:
    """The execution's turn has come."""


@dataclass(frozen=True)
class Started:
    """A call has begun: the instance runs, and has one attempt more."""

    key: Key


@dataclass(frozen=True)
class Succeeded:
    """The call gave its result."""

    key: Key
    result: Message


@dataclass(frozen=True)
class Remembered:
    """A stored result stands for a call; nothing was called."""

    key: Key
    result: Message


@dataclass(frozen=True)
class AttemptFailed:
    """An attempt failed and the driver will try again: the instance is READY and stays dispatched."""

    key: Key
    status: Status


@dataclass(frozen=True)
class Failed:
    """The instance failed for good."""

    key: Key
    status: Status


@dataclass(frozen=True)
class Unconfirmed:
    """What became of a paid call is not known. Nothing happens to the instance until it is Decided."""

    key: Key
    status: Status


@dataclass(frozen=True)
class Decided:
    """A person said what to do about an UNCONFIRMED instance: it is dispatched again, or fails."""

    key: Key
    decision: UnconfirmedDecision.ValueType


@dataclass(frozen=True)
class Cancel:
    """The execution is to end."""


@dataclass(frozen=True)
class Cancelled:
    """A call has ended because of CancelCall."""

    key: Key


@dataclass(frozen=True)
class Pause:
    """No call is to begin any more; those under way go on."""


@dataclass(frozen=True)
class Resume:
    """Calls may begin again."""


@dataclass(frozen=True)
class Approve:
    """A gate is open from now on: what waits at it goes on."""

    gate: str


@dataclass(frozen=True)
class Expire:
    """The execution's time is over: it is to end, and has failed."""

    status: Status


Event: TypeAlias = (
    Begin
    | Started
    | Succeeded
    | Remembered
    | AttemptFailed
    | Failed
    | Unconfirmed
    | Decided
    | Cancel
    | Cancelled
    | Pause
    | Resume
    | Approve
    | Expire
)


@dataclass(frozen=True)
class Restored:
    """One step instance as it was stored: what a walk is given back after a crash."""

    key: Key
    state: StepState.ValueType
    result: Message | None = None
    error: Status | None = None
    attempts: int = 0
    scene_id: str = ""


# -- what comes out ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Planned:
    """A fan-out is known. Its instances are PENDING from here on; no Changed tells of that."""

    step: str
    count: int
    scene_ids: tuple[str, ...] = ()
    """One for each instance where the step fans out over scenes; else empty."""


@dataclass(frozen=True)
class Changed:
    """A step instance changed state."""

    key: Key
    state: StepState.ValueType
    error: Status | None = None


@dataclass(frozen=True)
class Dispatch:
    """Resolve, remember or call this request. Its request_id is not set."""

    key: Key
    request: Message


@dataclass(frozen=True)
class Withdraw:
    """Forget a Dispatch whose call has not Started, or waits to be tried again. Follows Pause and Cancel.

    Nothing is to be answered. After a Pause the instance is dispatched again by Resume.
    """

    key: Key


@dataclass(frozen=True)
class CancelCall:
    """End the call under way (after a crash: make sure that the server ends it), then say Cancelled.

    A call that succeeds or fails all the same may say so instead.
    """

    key: Key


@dataclass(frozen=True)
class ExecutionChanged:
    """The execution changed state. SUCCEEDED, FAILED and CANCELLED are the last output there is."""

    state: ExecutionState.ValueType
    error: Status | None = None
    """Why it failed: the first fatal step's status."""
    failed_step: str = ""
    """Which step failed, e.g. "narrate[3]"."""


Output: TypeAlias = Planned | Changed | Dispatch | Withdraw | CancelCall | ExecutionChanged
