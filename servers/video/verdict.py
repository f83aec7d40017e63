"""What follows from how attempts ended: who may be asked next, and which status a run ends with. Pure."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from servers.chassis.errors import FailedPrecondition, Fault, ResourceExhausted
from servers.chassis.trouble import Kind, Trouble, fault_of
from servers.video.ledger.records import Attempt, Held, Standing
from servers.video.ledger.schema import AttemptState

_AGAIN = {Kind.THROTTLED: 4, Kind.OUTAGE: 3, Kind.INTERNAL: 2, Kind.BAD_OUTPUT: 2}
"""Attempts of one run at one provider that may end so; with any other kind, one is enough."""
_MENDABLE = (Kind.AUTH, Kind.CREDIT, Kind.THROTTLED, Kind.OUTAGE, Kind.SETUP)
"""Refusals that cost nothing and may be otherwise at the next call: a key is mended, a credit topped up."""
_LONGEST_WAIT_SECONDS = 60.0


def left(
    providers: Sequence[str],
    history: Sequence[Attempt],
    *,
    may_fail_over: bool,
    most: int,
    since: float = 0.0,
) -> list[str]:
    """Of the providers that can serve a run, those that may still be asked, after what has happened in it.

    Who refused the words is not asked again, nor is anybody else: that is for the caller to mend. Another is
    asked first where one has failed; the same one again only where it may have been chance. What was refused
    in an earlier call, before `since`, for a reason that is mended elsewhere, counts no more.
    """
    ended = [one for one in history if one.state is not AttemptState.CANCELLED and not _forgiven(one, since)]
    if len(ended) >= most or any(one.kind == Kind.MODERATION for one in ended):
        return []
    if not ended:
        return list(providers)
    found = [name for name in providers if not _spent(name, ended)]
    if not may_fail_over:
        return [name for name in found if name == ended[-1].provider]
    untried = [name for name in found if all(one.provider != name for one in ended)]
    return untried or found


def _forgiven(attempt: Attempt, since: float) -> bool:
    if attempt.intent_time >= since:
        return False
    refused = attempt.state is AttemptState.REFUSED and attempt.kind in _MENDABLE
    return refused or attempt.kind == Kind.CANCELLED


def why(history: Sequence[Attempt], provider: str) -> str:
    """Why an attempt is made, for its record."""
    if not history:
        return "first"
    return "retry" if history[-1].provider == provider else "failover"


def wait(held: Sequence[Held]) -> float:
    """Seconds until it is worth to ask the ledger again.

    Raises:
        FailedPrecondition: waiting a little changes nothing: a ceiling is reached, a key is wrong, a credit
        used up.
    """
    waits = [one.retry_after_seconds for one in held if one.retry_after_seconds is not None]
    if not waits or min(waits) > _LONGEST_WAIT_SECONDS:
        ceilings = all("ceiling" in one.reason for one in held)
        reason = "SPENDING_CEILING" if ceilings else "PROVIDERS_CLOSED"
        message = "; ".join(one.message for one in held)
        if ceilings or not waits:
            raise FailedPrecondition(message, reason=reason)
        raise ResourceExhausted(message, retry_after_seconds=min(waits), reason=reason)
    return max(0.5, min(waits))


def fault(last: Attempt, *, asked: bool = False) -> Fault:
    """The status of a run whose last attempt ended so, and that nobody else may serve."""
    kind = Kind(last.kind) if last.kind else Kind.INTERNAL
    found = fault_of(last.provider, Trouble(kind, last.message or last.kind, last.code))
    if asked:
        return FailedPrecondition(
            f"{found.message}; another provider is asked at your word", reason="FAILOVER_ASK"
        )
    return found


def nobody(refusals: Mapping[str, str], pinned: str) -> Fault:
    """The status when no provider can serve a request at all."""
    if pinned in refusals:
        refusals = {pinned: refusals[pinned]}
    told = "; ".join(f"{name}: {why}" for name, why in list(refusals.items())[:8])
    if refusals and all(why.startswith("routing.max_cost") for why in refusals.values()):
        return FailedPrecondition(told, reason="COST_CEILING")
    return FailedPrecondition(
        f"no provider can serve the request ({told or 'none is set up'})", reason="NO_PROVIDER"
    )


def line(attempt: Attempt) -> str:
    """An attempt that gave no clip, in one line of the result's warnings."""
    cost = f", cost {attempt.cost / 1e9:g} {attempt.currency}" if attempt.cost else ""
    return f"{attempt.provider} {attempt.state}: {attempt.kind} {attempt.message[:200]}{cost}".strip()


def seems_open(standing: Standing) -> bool:
    """Whether the provider's circuit seems to let tasks through."""
    return standing.closed_until <= time.time()


def _spent(provider: str, ended: Sequence[Attempt]) -> bool:
    """Whether a provider's chances in this run are used up."""
    mine = [one for one in ended if one.provider == provider]
    if not mine:
        return False
    kind = Kind(mine[-1].kind) if mine[-1].kind else Kind.INTERNAL
    return len(mine) >= _AGAIN.get(kind, 1)
