"""Who calls, and for what: the metadata that travels with every call through the mesh."""

from __future__ import annotations

import contextvars
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from servers.chassis.errors import InvalidArgument

OWNER_KEY = "reelmesh-owner"
JOB_KEY = "reelmesh-job"
EXECUTION_KEY = "reelmesh-execution"
STEP_KEY = "reelmesh-step"
KEY_KEY = "reelmesh-key"
TRACE_KEY = "traceparent"
DEFAULT_OWNER = "local"

_OWNER = re.compile(r"[A-Za-z0-9._@-]{1,128}")
_WORD = re.compile(r"[A-Za-z0-9._:\[\]-]{0,128}")
_TRACE = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


@dataclass(frozen=True)
class CallContext:
    """The caller and its purpose, as far as it told them."""

    owner: str = DEFAULT_OWNER
    """On whose behalf the call is made. Assets, jobs and remembered results belong to it."""
    job_id: str = ""
    """The orchestrator's job."""
    execution_id: str = ""
    """The orchestrator's execution."""
    step: str = ""
    """The orchestrator's step instance, e.g. "narrate[3]"."""
    traceparent: str = ""
    """W3C trace context of this server's span."""
    key: str = ""
    """Name of the key that the caller called with, where it has several. Limits can be set for it."""

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """The context as metadata of a further call."""
        pairs = (
            (OWNER_KEY, self.owner),
            (JOB_KEY, self.job_id),
            (EXECUTION_KEY, self.execution_id),
            (STEP_KEY, self.step),
            (TRACE_KEY, self.traceparent),
            (KEY_KEY, self.key),
        )
        return tuple((key, value) for key, value in pairs if value)


_current: contextvars.ContextVar[CallContext | None] = contextvars.ContextVar("reelmesh_call", default=None)


def current() -> CallContext:
    """The context of the call that is being served; a local caller's outside of any call."""
    return _current.get() or CallContext()


def enter(context: CallContext) -> contextvars.Token[CallContext | None]:
    """Makes a context the current one, for this task and those it starts."""
    return _current.set(context)


def read(metadata: Iterable[tuple[str, str | bytes]] | None) -> CallContext:
    """The context of an incoming call.

    Raises:
        InvalidArgument: a key's value is malformed.
    """
    values = {key: value for key, value in metadata or () if isinstance(value, str)}
    owner = values.get(OWNER_KEY, DEFAULT_OWNER)
    if not _OWNER.fullmatch(owner):
        raise InvalidArgument((f"metadata.{OWNER_KEY}", "must be 1 to 128 letters, digits or ._@-"))
    for key in (JOB_KEY, EXECUTION_KEY, STEP_KEY, KEY_KEY):
        if not _WORD.fullmatch(values.get(key, "")):
            raise InvalidArgument((f"metadata.{key}", "must be at most 128 letters, digits or ._:[]-"))
    return CallContext(
        owner=owner,
        job_id=values.get(JOB_KEY, ""),
        execution_id=values.get(EXECUTION_KEY, ""),
        step=values.get(STEP_KEY, ""),
        traceparent=child_trace(values.get(TRACE_KEY, "")),
        key=values.get(KEY_KEY, ""),
    )


def child_trace(traceparent: str = "") -> str:
    """A new span under the given W3C traceparent; under a new trace where there is none."""
    match = _TRACE.fullmatch(traceparent)
    trace_id = match.group(1) if match else secrets.token_hex(16)
    return f"00-{trace_id}-{secrets.token_hex(8)}-01"
