"""What VideoProviderService offers besides work: providers, their connection and credit, offers."""

from __future__ import annotations

import time
from typing import Protocol, runtime_checkable

from reelmesh.video.v1 import video_pb2
from servers.chassis.assets import Assets
from servers.chassis.context import CallContext
from servers.chassis.engine import Engine
from servers.chassis.engines import Engines
from servers.chassis.errors import FailedPrecondition, Fault, NotFound
from servers.chassis.servicer import resolution


@runtime_checkable
class IsProvider(Protocol):
    """An engine that says what routing needs to know of it."""

    def provider(self) -> video_pb2.Provider:
        """Capabilities, running, concurrency, price and statistics; the listing fills in `engine`."""


@runtime_checkable
class CanBeReached(Protocol):
    """A provider on another machine, which can be asked whether it answers."""

    async def reach(self) -> str:
        """Asks it with a call that costs nothing and returns what it said, one line.

        Raises:
            Fault: it can not be reached, or does not take our key.
        """


@runtime_checkable
class HasBalance(Protocol):
    """A provider that is paid from a credit."""

    async def balance(self) -> video_pb2.GetBalanceResponse:
        """The credit that is left."""


class VideoProviderMethods:
    """The RPCs of VideoProviderService that are neither work nor the same in every service."""

    def __init__(self, engines: Engines, assets: Assets) -> None:
        self._engines = engines

    async def ListProviders(
        self, request: video_pb2.ListProvidersRequest, context: CallContext
    ) -> video_pb2.ListProvidersResponse:
        """All providers in the configured order."""
        descriptions = {description.name: description for description in self._engines.describe()}
        response = video_pb2.ListProvidersResponse()
        for engine in self._engines.all():
            told = engine.provider() if isinstance(engine, IsProvider) else video_pb2.Provider()
            told.engine.CopyFrom(descriptions[engine.name])
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
        elif isinstance(engine, CanBeReached):
            try:
                response.detail = await engine.reach()
            except Fault as fault:
                response.ok, response.detail = False, fault.message
        response.latency.FromNanoseconds(int((time.monotonic() - began) * 1e9))
        return response

    async def GetBalance(
        self, request: video_pb2.GetBalanceRequest, context: CallContext
    ) -> video_pb2.GetBalanceResponse:
        """What credit is left at a provider."""
        engine = self._named(request.engine)
        if not isinstance(engine, HasBalance):
            raise FailedPrecondition(
                f'provider "{engine.name}" is built in and costs nothing: it has no balance',
                reason="NO_BALANCE",
            )
        return await engine.balance()

    async def Quote(self, request: video_pb2.QuoteRequest, context: CallContext) -> video_pb2.QuoteResponse:
        """Who would serve a request: those that can, in order, then those that can not."""
        asked = request.request
        able, unable = [], []
        for engine in self._engines.all():
            if asked.engine not in ("", engine.name):
                continue
            offer = video_pb2.Offer()
            refusal = _refusal(engine, asked)
            if refusal:
                offer.resolution.engine, offer.refusal = engine.name, refusal
                unable.append(offer)
                continue
            try:
                offer.resolution.CopyFrom(resolution(engine, engine.resolve(asked)))
                able.append(offer)
            except Fault as fault:
                offer.resolution.engine, offer.refusal = engine.name, fault.message
                unable.append(offer)
        return video_pb2.QuoteResponse(offers=[*able, *unable])

    def _named(self, name: str) -> Engine:
        for engine in self._engines.all():
            if engine.name == name:
                return engine
        raise NotFound("provider", name, field="engine")


def _refusal(engine: Engine, asked: video_pb2.GenerateRequest) -> str:
    """Why a provider may not even be asked; empty when it may."""
    if missing := engine.missing():
        return "; ".join(f"{item.name} is missing: {item.remedy}" for item in missing)
    if asked.routing.allow and engine.name not in asked.routing.allow:
        return "routing.allow does not name it"
    return ""
