"""Providers of clips: how each does, what was asked of them, and what it cost."""

from __future__ import annotations

import decimal
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

import grpc
from google.type.money_pb2 import Money

from reelmesh import errors
from reelmesh.catalogue import Mesh
from reelmesh.transfer import Metadata
from reelmesh.video.v1 import video_pb2
from reelmesh.video.v1.video_pb2_grpc import VideoProviderServiceStub

CALL_SECONDS = 15.0
TEST_SECONDS = 90.0
"""A vendor may be slow to say that a key is good."""
_SERVER = "the video server"
_PAGE = 1000
_OPEN = (
    video_pb2.ATTEMPT_STATE_INTENT,
    video_pb2.ATTEMPT_STATE_SUBMITTED,
    video_pb2.ATTEMPT_STATE_UNCONFIRMED,
)


@dataclass(frozen=True)
class Spending:
    """What one provider's model has cost."""

    provider: str
    model: str
    currency: str
    """ISO 4217; empty where no price is known."""
    attempts: int
    """Tasks that were authorised."""
    clips: int
    """Those that gave a clip."""
    spent: decimal.Decimal
    """What ended attempts cost, those without a clip too."""
    at_risk: decimal.Decimal
    """What those may cost that are under way, or of which nobody knows whether they were taken."""


async def providers(mesh: Mesh, metadata: Metadata) -> list[video_pb2.Provider]:
    """All providers, in the order of the settings."""
    stub = VideoProviderServiceStub(mesh.channel("video"))
    request = video_pb2.ListProvidersRequest()
    try:
        answer = await stub.ListProviders(request, metadata=metadata, timeout=CALL_SECONDS)
    except grpc.aio.AioRpcError as error:
        raise errors.from_call(error, _SERVER) from None
    return list(answer.providers)


async def tested(mesh: Mesh, metadata: Metadata, provider: str) -> video_pb2.TestConnectionResponse:
    """Whether a provider could serve now, by a call to it that costs nothing."""
    stub = VideoProviderServiceStub(mesh.channel("video"))
    request = video_pb2.TestConnectionRequest(engine=provider)
    try:
        return await stub.TestConnection(request, metadata=metadata, timeout=TEST_SECONDS)
    except grpc.aio.AioRpcError as error:
        raise errors.from_call(error, _SERVER) from None


async def attempts(
    mesh: Mesh, metadata: Metadata, *, job_id: str = "", provider: str = ""
) -> AsyncIterator[video_pb2.Attempt]:
    """Tasks that were handed to paid providers for the caller, the newest first, over all pages."""
    stub = VideoProviderServiceStub(mesh.channel("video"))
    request = video_pb2.ListAttemptsRequest(page_size=_PAGE, job_id=job_id, provider=provider)
    while True:
        try:
            page = await stub.ListAttempts(request, metadata=metadata, timeout=CALL_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise errors.from_call(error, _SERVER) from None
        for attempt in page.attempts:
            yield attempt
        request.page_token = page.next_page_token
        if not request.page_token:
            return


async def events(
    mesh: Mesh, metadata: Metadata, *, after: int = 0, provider: str = ""
) -> AsyncIterator[video_pb2.ProviderEvent]:
    """What happened to providers after an event, the oldest first, over all pages."""
    stub = VideoProviderServiceStub(mesh.channel("video"))
    request = video_pb2.ListProviderEventsRequest(page_size=_PAGE, after_sequence=after, provider=provider)
    while True:
        try:
            page = await stub.ListProviderEvents(request, metadata=metadata, timeout=CALL_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise errors.from_call(error, _SERVER) from None
        for event in page.events:
            yield event
        if len(page.events) < _PAGE:
            return
        request.after_sequence = page.events[-1].sequence


def spending(made: Iterable[video_pb2.Attempt]) -> list[Spending]:
    """What attempts add up to, by provider, model and currency. Exact."""
    sums: dict[tuple[str, str, str], dict[str, Any]] = {}
    for attempt in made:
        key = (attempt.provider, attempt.model, attempt.cost.currency_code)
        told = sums.setdefault(
            key, {"attempts": 0, "clips": 0, "spent": decimal.Decimal(0), "at_risk": decimal.Decimal(0)}
        )
        told["attempts"] += 1
        told["clips"] += attempt.state == video_pb2.ATTEMPT_STATE_SUCCEEDED
        told["at_risk" if attempt.state in _OPEN else "spent"] += amount(attempt.cost)
    return [Spending(*key, **told) for key, told in sorted(sums.items())]


def amount(money: Money) -> decimal.Decimal:
    """An amount of money as an exact number."""
    return decimal.Decimal(money.units) + decimal.Decimal(money.nanos) / 1_000_000_000
