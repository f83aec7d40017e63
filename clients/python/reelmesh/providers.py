"""Providers of clips: how each does, what was asked of them, and what it cost."""

from __future__ import annotations

import decimal
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

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


def metrics(found: Iterable[video_pb2.Provider]) -> str:
    """How providers do, in the text format of Prometheus (exposition format 0.0.4)."""
    families: list[tuple[str, str, str, Callable[[video_pb2.Provider], float | None]]] = [
        ("up", "gauge", "1 where it is asked, 0 where it is not", _is_up),
        ("running", "gauge", "tasks under way", lambda one: one.running),
        ("concurrency", "gauge", "most tasks at once", lambda one: one.concurrency),
        ("clips_total", "counter", "clips made", lambda one: one.statistics.succeeded),
        ("failures_total", "counter", "tasks that failed or were refused", lambda one: one.statistics.failed),
        ("latency_p50_seconds", "gauge", "median time to a clip", _seconds("latency_p50")),
        ("latency_p95_seconds", "gauge", "95th percentile of the same", _seconds("latency_p95")),
        ("spent_today", "gauge", "cost since the day began", lambda one: float(amount(one.spent_today))),
        (
            "spent_month",
            "gauge",
            "cost since the month began",
            lambda one: float(amount(one.spent_this_month)),
        ),
        ("alerts", "gauge", "lines that somebody should read", lambda one: len(one.alerts)),
    ]
    told = list(found)
    lines = []
    for name, kind, meaning, value in families:
        lines += [f"# HELP reelmesh_provider_{name} {meaning}", f"# TYPE reelmesh_provider_{name} {kind}"]
        for one in told:
            if (number := value(one)) is not None:
                label = one.engine.name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
                lines.append(f'reelmesh_provider_{name}{{provider="{label}"}} {number:g}')
    return "\n".join(lines) + "\n"


def _is_up(one: video_pb2.Provider) -> float:
    return float(one.health != video_pb2.PROVIDER_HEALTH_NOT_SERVING)


def _seconds(field: Literal["latency_p50", "latency_p95"]) -> Callable[[video_pb2.Provider], float | None]:
    def read(one: video_pb2.Provider) -> float | None:
        if not one.statistics.HasField(field):
            return None
        return float(getattr(one.statistics, field).ToNanoseconds()) / 1e9

    return read


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
