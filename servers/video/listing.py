"""What VideoProviderService offers besides work: providers, their connection and credit, offers."""

from __future__ import annotations

import time
from typing import Protocol, runtime_checkable

from reelmesh.video.v1 import video_pb2
from servers.chassis import paging
from servers.chassis.context import CallContext
from servers.chassis.engine import Engine
from servers.chassis.engines import demand
from servers.chassis.errors import FailedPrecondition, Fault, NotFound, Unavailable
from servers.chassis.http import NoAnswer, NotSent
from servers.chassis.servicer import resolution
from servers.video import accounts
from servers.video.accounts import Account
from servers.video.attempts import listed, told_event
from servers.video.conductor import Conductor
from servers.video.ledger.ledger import NEAR
from servers.video.ledger.records import NANOS, Standing, money
from servers.video.routed import VideoEngines
from servers.video.vendor import Unreachable, can_be_tested


@runtime_checkable
class IsProvider(Protocol):
    """An engine that says what routing needs to know of it."""

    def provider(self) -> video_pb2.Provider:
        """Capabilities, running, concurrency, price and statistics; the listing fills in `engine`."""


class VideoProviderMethods:
    """The RPCs of VideoProviderService that are neither work nor the same in every service."""

    def __init__(self, engines: VideoEngines, conductor: Conductor) -> None:
        self._engines = engines
        self._conductor = conductor

    async def ListProviders(
        self, request: video_pb2.ListProvidersRequest, context: CallContext
    ) -> video_pb2.ListProvidersResponse:
        """All providers in the configured order."""
        descriptions = {description.name: description for description in self._engines.describe()}
        standings = await self._conductor.reports.standings(list(self._engines.accounts))
        response = video_pb2.ListProvidersResponse()
        for engine in self._engines.all():
            told = engine.provider() if isinstance(engine, IsProvider) else video_pb2.Provider()
            told.engine.CopyFrom(descriptions[engine.name])
            if isinstance(engine, Account):
                await self._stand(told, engine, standings[engine.name])
            if not told.engine.ready:
                told.health = video_pb2.PROVIDER_HEALTH_NOT_SERVING
            response.providers.append(told)
        return response

    async def TestConnection(
        self, request: video_pb2.TestConnectionRequest, context: CallContext
    ) -> video_pb2.TestConnectionResponse:
        """Whether a provider could serve a request now."""
        engine = self._named(request.engine)
        response = video_pb2.TestConnectionResponse(ok=True, detail="built in, ready")
        began = time.monotonic()
        if missing := engine.missing():
            response.ok = False
            response.detail = "; ".join(f"{item.name} is missing: {item.remedy}" for item in missing)
        elif isinstance(engine, Account):
            try:
                response.detail = await engine.vendor.reach(engine.http)
                if can_be_tested(engine.vendor):
                    await self._conductor.ledger.try_again(engine.name)
            except (Unreachable, NotSent, NoAnswer, Fault) as error:
                response.ok, response.detail = False, engine.http.redacted(str(error))
        response.latency.FromNanoseconds(int((time.monotonic() - began) * 1e9))
        return response

    async def GetBalance(
        self, request: video_pb2.GetBalanceRequest, context: CallContext
    ) -> video_pb2.GetBalanceResponse:
        """What credit is left at a provider."""
        engine = self._named(request.engine)
        if not isinstance(engine, Account):
            raise FailedPrecondition(
                f'provider "{engine.name}" is built in and costs nothing: it has no balance',
                reason="NO_BALANCE",
            )
        demand(engine)
        try:
            found = await engine.vendor.balance(engine.http)
        except (Unreachable, NotSent, NoAnswer) as error:
            raise Unavailable(
                f"{engine.name}: {engine.http.redacted(str(error))}", reason="PROVIDER_UNREACHABLE"
            ) from error
        if found is None:
            raise FailedPrecondition(f"{engine.vendor.title} tells no balance", reason="NO_BALANCE")
        return found

    async def Quote(self, request: video_pb2.QuoteRequest, context: CallContext) -> video_pb2.QuoteResponse:
        """Who would serve a request: those that can, in the order of asking, then the rest."""
        asked = request.request
        response = video_pb2.QuoteResponse()
        able, refusals = self._conductor.choice.offers(asked)
        for wish in able:
            account = self._engines.accounts[wish.provider]
            pinned = video_pb2.GenerateRequest()
            pinned.CopyFrom(asked)
            pinned.model = wish.model
            offer = response.offers.add()
            offer.resolution.CopyFrom(resolution(account, account.resolve(pinned)))
            seconds = self._conductor.choice.standings.get(wish.provider).p50_seconds
            if seconds is not None:
                offer.resolution.expected_time.FromNanoseconds(int(seconds * 1e9))
        unable = [_unable(name, why) for name, why in refusals.items() if asked.engine in ("", name)]
        for engine in self._engines.built_in.all():
            if asked.engine not in ("", engine.name):
                continue
            refusal = _refusal(engine, asked)
            try:
                if refusal:
                    unable.append(_unable(engine.name, refusal))
                else:
                    told = resolution(engine, engine.resolve(asked))
                    response.offers.add(resolution=told)
            except Fault as fault:
                unable.append(_unable(engine.name, fault.message))
        response.offers.extend(unable)
        return response

    async def ListAttempts(
        self, request: video_pb2.ListAttemptsRequest, context: CallContext
    ) -> video_pb2.ListAttemptsResponse:
        """The caller's attempts, the newest first."""
        return await listed(self._conductor.reports, context.owner, request)

    async def ListProviderEvents(
        self, request: video_pb2.ListProviderEventsRequest, context: CallContext
    ) -> video_pb2.ListProviderEventsResponse:
        """What happened to providers, the oldest first."""
        size = request.page_size or paging.DEFAULT_PAGE_SIZE
        rows = await self._conductor.reports.events(request.after_sequence, request.provider, size)
        return video_pb2.ListProviderEventsResponse(events=[told_event(row) for row in rows])

    async def _stand(self, told: video_pb2.Provider, account: Account, standing: Standing) -> None:
        """How an account does: its load, its health, what it has cost."""
        told.running = standing.under_way
        told.statistics.succeeded, told.statistics.failed = standing.succeeded, standing.failed
        for duration, seconds in (
            (told.statistics.latency_p50, standing.p50_seconds),
            (told.statistics.latency_p95, standing.p95_seconds),
        ):
            if seconds is not None:
                duration.FromNanoseconds(int(seconds * 1e9))
        closed = standing.closed_until > time.time()
        told.health = (
            video_pb2.PROVIDER_HEALTH_NOT_SERVING
            if closed
            else video_pb2.PROVIDER_HEALTH_DEGRADED
            if standing.failures
            else video_pb2.PROVIDER_HEALTH_SERVING
        )
        if standing.message:
            told.alerts.append(f"{standing.kind}: {standing.message}")
        if (low := self._conductor.low_balances.get(account.name)) is not None:
            told.alerts.append(low)
        currency = account.account.currency
        starts = accounts.starts(self._conductor.choice.zone)
        for start, amount, ceiling, name in zip(
            starts,
            (told.spent_today, told.spent_this_month),
            (account.account.daily_ceiling, account.account.monthly_ceiling),
            ("daily", "monthly"),
            strict=True,
        ):
            spent = await self._conductor.reports.spent(account.name, currency, start)
            if spent:
                amount.CopyFrom(money(spent, currency))
            if ceiling and spent >= NEAR * ceiling * NANOS:
                told.alerts.append(
                    f"{spent / NANOS:g} of the {name} ceiling of {ceiling:g} {currency} are spent"
                )

    def _named(self, name: str) -> Engine:
        for engine in self._engines.all():
            if engine.name == name:
                return engine
        raise NotFound("provider", name, field="engine")


def _unable(name: str, refusal: str) -> video_pb2.Offer:
    offer = video_pb2.Offer(refusal=refusal)
    offer.resolution.engine = name
    return offer


def _refusal(engine: Engine, asked: video_pb2.GenerateRequest) -> str:
    """Why a provider may not even be asked; empty when it may."""
    if missing := engine.missing():
        return "; ".join(f"{item.name} is missing: {item.remedy}" for item in missing)
    if asked.routing.allow and engine.name not in asked.routing.allow:
        return "routing.allow does not name it"
    return ""
