"""Who may be asked for a clip, best first: what each account can make, and what has happened in the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from reelmesh.video.v1 import video_pb2
from reelmesh.video.v1.video_pb2 import GenerateRequest
from servers.video import verdict
from servers.video.accounts import Account, with_defaults
from servers.video.ledger.records import Attempt, Standing, Wish, nanos_of
from servers.video.ranking import Candidate, rank

MOST_ATTEMPTS = 8
"""Attempts of one run before it is given up."""


@dataclass
class Standings:
    """How the providers do, as last read: enough for ranking, since the ledger decides."""

    of: Mapping[str, Standing] = field(default_factory=dict)

    def get(self, provider: str) -> Standing:
        """One provider's."""
        return self.of.get(provider) or Standing(provider)


class Choice:
    """Chooses among the accounts."""

    def __init__(self, accounts: Mapping[str, Account], zone: ZoneInfo, *, failover: bool) -> None:
        self.accounts = accounts
        self.standings = Standings()
        self.zone = zone
        self.failover = failover

    def wishes(
        self, request: GenerateRequest, history: Sequence[Attempt], pinned: str, since: float
    ) -> list[Wish]:
        """The providers that may be asked next, best first.

        `since` is when the present call began, seconds since the epoch.

        Raises:
            FailedPrecondition: none can serve the request, or each costs too much.
            Fault: what the last provider met, when none is left.
        """
        mode = request.routing.failover
        may_fail_over = self.failover if not mode else mode == video_pb2.FAILOVER_ON
        able, refusals = self._sorted_out(request, pinned)
        left = verdict.left(list(able), history, may_fail_over=may_fail_over, most=MOST_ATTEMPTS, since=since)
        if not left:
            if history:
                raise verdict.fault(history[-1], asked=mode == video_pb2.FAILOVER_ASK)
            raise verdict.nobody(refusals, pinned)
        return [able[one.provider] for one in self._ranked(request, [able[name] for name in left])]

    def offers(self, request: GenerateRequest) -> tuple[list[Wish], dict[str, str]]:
        """Who would serve a request, best first, and why each of the others can not. Nobody is called."""
        filled = with_defaults(request)
        able, refusals = self._sorted_out(filled, request.engine)
        return [able[one.provider] for one in self._ranked(filled, list(able.values()))], refusals

    def _sorted_out(self, request: GenerateRequest, pinned: str) -> tuple[dict[str, Wish], dict[str, str]]:
        found = {name: self._wish(name, request, pinned) for name in self.accounts}
        able = {name: wish for name, wish in found.items() if isinstance(wish, Wish)}
        return able, {name: why for name, why in found.items() if isinstance(why, str)}

    def _ranked(self, request: GenerateRequest, wishes: Sequence[Wish]) -> list[Candidate]:
        candidates = []
        for wish in wishes:
            account, standing = self.accounts[wish.provider], self.standings.get(wish.provider)
            candidates.append(
                Candidate(
                    provider=wish.provider,
                    position=account.position,
                    priority=account.account.priority,
                    quality=account.account.quality,
                    cost=wish.cost,
                    load=standing.under_way / account.account.concurrency,
                    seconds=standing.p50_seconds,
                    last_intent=standing.last_intent,
                    open=verdict.seems_open(standing),
                )
            )
        return rank(candidates, request.routing.strategy)

    def _wish(self, name: str, request: GenerateRequest, pinned: str) -> Wish | str:
        account = self.accounts[name]
        if pinned and name != pinned:
            return "another is pinned"
        if missing := account.missing():
            return "; ".join(f"{item.name} is missing: {item.remedy}" for item in missing)
        if request.routing.allow and name not in request.routing.allow:
            return "routing.allow does not name it"
        found = account.wish(request, self.zone)
        if isinstance(found, str) or not request.routing.HasField("max_cost"):
            return found
        ceiling = request.routing.max_cost
        if found.cost and (found.currency != ceiling.currency_code or found.cost > nanos_of(ceiling)):
            return f"routing.max_cost: it would cost {found.cost / 1e9:g} {found.currency}"
        return found
