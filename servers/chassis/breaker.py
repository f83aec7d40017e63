"""The circuit breaker of a provider: closed (asked), open (not asked), half open (one task is tried). Pure.

It tells troubles apart. A wrong key or a used-up credit opens it at once, since every further task would meet
the same; throttling opens it for as long as the vendor says; an outage or bad clips open it after a few in a
row. Trouble with one request (its words, its picture) says nothing of the provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from servers.chassis.trouble import Kind, Trouble

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    Row = Mapping[str, Any] | RowMapping
    """Where a provider's state is kept: a row of a ledger, or what `after` returned."""

_PATIENCE = {
    Kind.AUTH: 1,
    Kind.CREDIT: 1,
    Kind.THROTTLED: 1,
    Kind.OUTAGE: 3,
    Kind.INTERNAL: 5,
    Kind.BAD_OUTPUT: 5,
}
"""How many in a row open it."""
_FIRST_SECONDS = {
    Kind.AUTH: 300.0,
    Kind.CREDIT: 900.0,
    Kind.THROTTLED: 5.0,
    Kind.OUTAGE: 30.0,
    Kind.INTERNAL: 60.0,
    Kind.BAD_OUTPUT: 60.0,
}
"""How long it is open at first; each time that the task it tries fails, twice as long."""
_LONGEST_SECONDS = 3600.0


def after(
    row: Mapping[str, Any] | RowMapping | None, trouble: Trouble | None, now: float
) -> dict[str, Any] | None:
    """The breaker after one more task has ended; None: as it was.

    Args:
        row: how it is; None where no task has ended yet.
        trouble: what went wrong; None for a clip.
        now: seconds since the epoch.
    """
    if trouble is None:
        if row is None or not (row["failures"] or row["trips"]):
            return None
        return _values(0, "", "", 0.0, 0, now)
    if trouble.kind not in _PATIENCE:
        return None
    failures = (row["failures"] if row is not None else 0) + 1
    trips = row["trips"] if row is not None else 0
    if failures < _PATIENCE[trouble.kind] and not trips:
        return _values(failures, trouble.kind, trouble.message, 0.0, 0, now)
    wait = min(_FIRST_SECONDS[trouble.kind] * 2.0**trips, _LONGEST_SECONDS)
    if trouble.kind is Kind.THROTTLED and trouble.retry_after_seconds is not None:
        wait = trouble.retry_after_seconds
    return _values(failures, trouble.kind, trouble.message, now + wait, min(trips + 1, 20), now)


def shut(row: Row, now: float, under_way: int) -> float | None:
    """Seconds until the provider may be asked; None: it may be now.

    Half open, one task at a time is tried, until one succeeds.
    """
    if row["closed_until"] > now:
        return float(row["closed_until"] - now)
    return 2.0 if row["trips"] and under_way else None


def _values(
    failures: int, kind: str, message: str, closed_until: float, trips: int, now: float
) -> dict[str, Any]:
    return {
        "failures": failures,
        "kind": str(kind),
        "message": message[:500],
        "closed_until": closed_until,
        "trips": trips,
        "update_time": now,
    }
