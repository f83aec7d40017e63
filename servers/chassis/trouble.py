"""What can go wrong at a vendor, whatever it makes: decides who is blamed, and whether another is asked."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from servers.chassis.errors import (
    FailedPrecondition,
    Fault,
    Internal,
    InvalidArgument,
    ResourceExhausted,
    Unavailable,
)


class Kind(enum.StrEnum):
    """What kind of trouble it is: decides who is blamed, and whether another provider is asked."""

    AUTH = "auth"
    """The key is wrong, has expired or may not do this."""
    CREDIT = "credit"
    """The credit, the quota or the plan is used up."""
    THROTTLED = "throttled"
    """Too many requests or tasks at once: later it would be taken."""
    OUTAGE = "outage"
    """It can not be reached, or says that it is ill."""
    INVALID = "invalid"
    """It will never take this request."""
    MODERATION = "moderation"
    """It refuses the content."""
    BAD_OUTPUT = "bad_output"
    """What it made is no good: broken, too short, gone."""
    INTERNAL = "internal"
    """It failed, and says no more."""
    CANCELLED = "cancelled"
    """The task was cancelled."""
    SETUP = "setup"
    """Something on our side is lacking, such as an address at which the vendor can read our pictures."""


_STATUSES = {402: Kind.CREDIT, 401: Kind.AUTH, 403: Kind.AUTH, 429: Kind.THROTTLED}


def kind_of(status: int) -> Kind:
    """What an HTTP status means where the vendor says nothing more telling. Source: RFC 9110, RFC 6585."""
    return _STATUSES.get(status) or (Kind.INVALID if 400 <= status < 500 else Kind.OUTAGE)


@dataclass(frozen=True)
class Trouble:
    """What went wrong at a vendor."""

    kind: Kind
    message: str
    """One line for people, without secrets: `Http` has removed them from what a vendor says."""
    code: str = ""
    """The vendor's own code, e.g. "1303" or "SAFETY.INPUT.TEXT"."""
    retry_after_seconds: float | None = None
    """When the vendor says to come back."""


class Unreachable(Exception):
    """A read (poll, find, balance) got no usable answer; it costs nothing to ask again."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.message)
        self.trouble = trouble


_MODERATION = (
    *("moderat", "policy", "policies", "nsfw", "sensitive", "safety", "blacklist", "violat", "prohibited"),
    *("违规", "敏感", "审核", "风险", "色情", "暴力"),
)


def sounds_moderated(reason: str) -> bool:
    """Whether a vendor that gives no code seems to have refused the content, by its words."""
    return any(word in reason.lower() for word in _MODERATION)


def fault_of(who: str, trouble: Trouble, *, field: str = "prompt") -> Fault:
    """The status of work that met such trouble at the vendor `who`; `field` is the one with the words."""
    fault = _fault_of(f"{who}: {trouble.message or trouble.kind}", trouble, field)
    fault.trouble = trouble
    return fault


def _fault_of(message: str, trouble: Trouble, field: str) -> Fault:
    kind = trouble.kind
    reason = f"PROVIDER_{kind.upper()}"
    if kind in (Kind.INVALID, Kind.MODERATION):
        return InvalidArgument((field if kind is Kind.MODERATION else "", message), reason=reason)
    if kind is Kind.SETUP:
        return FailedPrecondition(message, reason=trouble.code or reason)
    if kind in (Kind.AUTH, Kind.CREDIT):
        return FailedPrecondition(message, reason=reason)
    if kind is Kind.THROTTLED:
        seconds = 30.0 if trouble.retry_after_seconds is None else trouble.retry_after_seconds
        return ResourceExhausted(message, retry_after_seconds=seconds, reason=reason)
    if kind is Kind.OUTAGE:
        return Unavailable(message, reason=reason)
    return Internal(message, reason=reason)
