"""Rows of the ledger as Python objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping

from servers.chassis.money import NANOS as NANOS
from servers.chassis.money import money as money
from servers.chassis.money import nanos_of as nanos_of
from servers.video.ledger.schema import AttemptState, RunState

Row = Mapping[str, Any] | RowMapping


@dataclass(frozen=True)
class Lease:
    """The right to drive a run. Every write carries it; one that is no longer the latest writes nothing."""

    owner: str
    request_id: str
    token: int


@dataclass(frozen=True)
class Run:
    """One request of a caller's."""

    owner: str
    request_id: str
    request: bytes
    state: RunState
    wanted: bool
    result: bytes | None

    @classmethod
    def of(cls, row: Row) -> Run:
        """A row of `runs`."""
        names = ("owner", "request_id", "request", "wanted", "result")
        return cls(state=RunState(row["state"]), **{name: row[name] for name in names})


@dataclass(frozen=True)
class Attempt:
    """One task at one vendor."""

    id: str
    owner: str
    request_id: str
    number: int
    provider: str
    vendor: str
    model: str
    state: AttemptState
    task_id: str
    why: str
    currency: str
    reserved: int
    cost: int | None
    kind: str
    code: str
    message: str
    fitted: str
    clip: bytes | None
    intent_time: float
    submit_time: float | None
    end_time: float | None

    @classmethod
    def of(cls, row: Row) -> Attempt:
        """A row of `attempts`."""
        return cls(
            **{str(name): value for name, value in row.items() if name != "state"},
            state=AttemptState(row["state"]),
        )

    @property
    def at_risk(self) -> int:
        """What it may cost or have cost, nano units: what is known, else what was expected."""
        return self.reserved if self.cost is None else self.cost


@dataclass(frozen=True)
class Wish:
    """One provider that may be asked, with its bounds: who is asked is decided in the writing transaction."""

    provider: str
    vendor: str
    model: str
    currency: str
    cost: int
    """Expected, nano units."""
    concurrency: int
    per_minute: float
    """Submits a minute; 0: no bound."""
    daily: int | None
    """Most to spend since `day_start`, nano units."""
    monthly: int | None
    day_start: float
    month_start: float
    fitted: str = ""


@dataclass(frozen=True)
class Held:
    """Why a provider can not be asked now."""

    provider: str
    reason: str
    """"busy", "rate", "daily ceiling", "monthly ceiling" or "closed"."""
    retry_after_seconds: float | None
    """When it may be otherwise; None: not by waiting a little."""
    message: str


@dataclass(frozen=True)
class Standing:
    """How a provider does, for ranking and listing."""

    provider: str
    under_way: int = 0
    succeeded: int = 0
    failed: int = 0
    p50_seconds: float | None = None
    p95_seconds: float | None = None
    last_intent: float = 0.0
    closed_until: float = 0.0
    kind: str = ""
    message: str = ""
    failures: int = 0
