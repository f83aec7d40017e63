"""The ledger's tables.

A run is one request of a caller's, by its request_id. An attempt is one task at one vendor, authorised before
its first byte is sent. The database itself keeps the promise that a run never has two attempts that may be
paid for: the index `one_live_attempt` lets no second one in.

Money is kept as a whole number of nano units of its currency; times are seconds since the epoch.
"""

from __future__ import annotations

import enum

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData()


class RunState(enum.StrEnum):
    """How a run stands."""

    OPEN = "open"
    """Not at its end, or not for good: a repeated call goes on with it."""
    DONE = "done"
    """Its clip is in the store."""
    CANCELLED = "cancelled"


class AttemptState(enum.StrEnum):
    """How an attempt stands."""

    INTENT = "intent"
    """Authorised; it may or may not have been sent."""
    SUBMITTED = "submitted"
    """The vendor's id is known; it is polled until it ends."""
    UNCONFIRMED = "unconfirmed"
    """It may have been accepted, and nothing can tell; a person decides."""
    SUCCEEDED = "succeeded"
    """The clip is in the store."""
    REFUSED = "refused"
    """The vendor certainly did not take it."""
    FAILED = "failed"
    """The vendor took it and ended it without a clip."""
    CANCELLED = "cancelled"
    """It was cancelled at the vendor."""


class EventKind(enum.StrEnum):
    """What happened to a provider."""

    NEAR_CEILING = "near_ceiling"
    LOW_BALANCE = "low_balance"
    CLOSED = "closed"
    REOPENED = "reopened"


LIVE = (AttemptState.INTENT, AttemptState.SUBMITTED, AttemptState.UNCONFIRMED, AttemptState.SUCCEEDED)
"""States that forbid another attempt of the same run."""
UNDER_WAY = (AttemptState.INTENT, AttemptState.SUBMITTED)
"""States that count against a provider's concurrency."""

runs = Table(
    "runs",
    metadata,
    Column("owner", String(128), primary_key=True),
    Column("request_id", String(128), primary_key=True),
    Column("fingerprint", LargeBinary(32), nullable=False),
    Column("request", LargeBinary, nullable=False),  # GenerateRequest, as it was resolved
    Column("job_id", String(128), nullable=False),
    Column("step", String(128), nullable=False),
    Column("state", String(16), nullable=False),
    Column(
        "wanted", Boolean, nullable=False
    ),  # False: cancelled; a task that can not be is followed to its end
    Column("result", LargeBinary),  # GenerateResult
    Column("holder", String(128), nullable=False),  # who drives it; empty: nobody
    Column("token", BigInteger, nullable=False),  # rises with each holder; every write carries it
    Column("lease_until", Double, nullable=False),
    Column("create_time", Double, nullable=False),
    Column("end_time", Double),
    Index("open_runs", "state", "lease_until"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", String(36), primary_key=True),  # also our handle at vendors that take one
    Column("owner", String(128), nullable=False),
    Column("request_id", String(128), nullable=False),
    Column("number", Integer, nullable=False),  # within the run, from 1
    Column("provider", String(100), nullable=False),
    Column("vendor", String(100), nullable=False),
    Column("model", String(300), nullable=False),
    Column("state", String(16), nullable=False),
    Column("task_id", Text, nullable=False),  # the vendor's
    Column("why", String(16), nullable=False),  # first, retry, failover
    Column("currency", String(3), nullable=False),
    Column("reserved", BigInteger, nullable=False),  # expected cost
    Column("cost", BigInteger),  # once it is known
    Column("kind", String(16), nullable=False),  # of trouble
    Column("code", String(100), nullable=False),
    Column("message", Text, nullable=False),
    Column("fitted", Text, nullable=False),  # what was changed to suit the vendor, one line each
    Column("clip", LargeBinary),  # Asset
    Column("intent_time", Double, nullable=False),
    Column("submit_time", Double),
    Column("end_time", Double),
    ForeignKeyConstraint(["owner", "request_id"], ["runs.owner", "runs.request_id"]),
    Index("attempts_of_run", "owner", "request_id", "number", unique=True),
    Index("attempts_of_provider", "provider", "intent_time"),
    Index("attempts_by_time", "owner", "intent_time"),
)

_LIVE = ", ".join(f"'{state}'" for state in LIVE)
Index(
    "one_live_attempt",
    attempts.c.owner,
    attempts.c.request_id,
    unique=True,
    sqlite_where=text(f"state IN ({_LIVE})"),
    postgresql_where=text(f"state IN ({_LIVE})"),
)

health = Table(
    "health",
    metadata,
    Column("provider", String(100), primary_key=True),
    Column("failures", Integer, nullable=False),  # in a row
    Column("kind", String(16), nullable=False),  # of the last trouble
    Column("message", Text, nullable=False),
    Column("closed_until", Double, nullable=False),  # nobody is asked before; after it, one is tried
    Column("trips", Integer, nullable=False),  # in a row: each wait is longer
    Column("update_time", Double, nullable=False),
)
"""The circuit breaker of each provider, shared by all replicas."""

events = Table(
    "provider_events",
    metadata,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("time", Double, nullable=False),
    Column("provider", String(100), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("period", String(40), nullable=False),  # what it is raised once in
    Column("message", Text, nullable=False),
    Column("attempt_id", String(36), nullable=False),  # that raised it; empty: none
    Index("once_in_a_period", "provider", "kind", "period", unique=True),
    Index("events_of_attempt", "attempt_id"),
)
"""What somebody should know of."""
