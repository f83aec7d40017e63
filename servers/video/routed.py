"""The VideoProvider server's engines: the accounts at vendors, the built-in ones, and the router over them.

A request that names a provider is pinned to it. One that names none goes to the router where accounts are set
up: who serves it is decided when it is dispatched, so it resolves to the engine "router", and a remembered
clip stays good whoever made it. Without accounts the built-in providers serve, as in any other server.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from google.protobuf.message import Message

from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.video.v1 import video_pb2
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.engines import Engines
from servers.video import verdict
from servers.video.accounts import VERSION, Account, with_defaults
from servers.video.conductor import Conductor
from servers.video.ledger.records import money

ROUTER = "router"


class VideoEngines(Engines):
    """Accounts first, then what is built in or installed."""

    def __init__(self, accounts: Mapping[str, Account], built_in: Engines, conductor: Conductor) -> None:
        super().__init__([*accounts.values(), *built_in.all()])
        self.accounts = accounts
        self.built_in = built_in
        self._router = Router(conductor)

    def choose(self, request: Any) -> Engine:
        """See `Engines.choose`: the one that is named, else the router, else what is built in."""
        if request.engine:
            return super().choose(request)
        allowed = set(request.routing.allow)
        asked = [
            account
            for name, account in self.accounts.items()
            if account.account.enabled and (not allowed or name in allowed)
        ]
        able = any(account.serves(request) for account in asked)
        if able or (asked and not any(engine.serves(request) for engine in self.built_in.all())):
            return self._router
        return self.built_in.choose(request)


class Router(Engine):
    """Serves a request through whichever account the ledger lets be asked."""

    name = ROUTER

    def __init__(self, conductor: Conductor) -> None:
        super().__init__({})
        self._conductor = conductor

    def describe(self) -> Description:
        """See `Engine.describe`."""
        return Description(description="chooses among the accounts at vendors", version=VERSION, remote=True)

    def missing(self) -> Sequence[Any]:
        """Nothing: what the accounts lack is told by each."""
        return ()

    def resolve(self, request: video_pb2.GenerateRequest) -> Resolved[video_pb2.GenerateRequest]:
        """See `Engine.resolve`: what the best provider of now would cost."""
        filled = with_defaults(request)
        able, refusals = self._conductor.choice.offers(filled)
        if not able:
            raise verdict.nobody(refusals, "")
        best = able[0]
        return Resolved(
            filled,
            version=f"{ROUTER}/{VERSION}",
            model=request.model,
            cacheable=request.HasField("seed"),
            expected_cost=money(best.cost, best.currency) if best.cost else None,
            expected_seconds=self._conductor.choice.standings.get(best.provider).p50_seconds,
        )

    def run(self, request: video_pb2.GenerateRequest, work: WorkContext) -> AsyncIterator[Message]:
        """See `Engine.run`."""
        return self._conductor.run(request, work)
