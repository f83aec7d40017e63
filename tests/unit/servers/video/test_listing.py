"""What the server tells of the providers that are built in, without any account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.video.v1 import video_pb2
from reelmesh.video.v1.video_pb2 import GenerateRequest
from tests.vendors.studio import Studio, request, studio

ABSENT = Asset(digest="0" * 64)


@pytest.fixture
async def server(own_settings: Path, sockets: Path) -> AsyncIterator[Studio]:
    async with studio(own_settings, sockets) as running:
        yield running


async def test_providers_are_listed_with_their_record(server: Studio) -> None:
    asked = request(first_frame=await server.picture(96, 160))
    asked.duration.FromMilliseconds(500)
    assert (await server.made(asked)).provenance.engine == "motion"
    told = (await server.video.ListProviders(video_pb2.ListProvidersRequest())).providers
    (provider,) = [one for one in told if one.engine.name == "motion"]
    assert provider.health == video_pb2.PROVIDER_HEALTH_SERVING
    assert provider.statistics.succeeded == 1
    assert provider.statistics.latency_p95.ToNanoseconds() > 0


async def test_the_connection_of_what_is_built_in_is_well(server: Studio) -> None:
    told = await server.video.TestConnection(video_pb2.TestConnectionRequest(engine="motion"))
    assert told.ok
    with pytest.raises(grpc.aio.AioRpcError) as absent:
        await server.video.TestConnection(video_pb2.TestConnectionRequest(engine="none"))
    assert absent.value.code() == grpc.StatusCode.NOT_FOUND


async def test_what_is_built_in_has_no_balance(server: Studio) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await server.video.GetBalance(video_pb2.GetBalanceRequest(engine="motion"))
    assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert "no balance" in (refused.value.details() or "")


async def test_a_quote_says_who_can_and_why_not(server: Studio) -> None:
    async def offer(asked: GenerateRequest) -> video_pb2.Offer:
        offers = (await server.video.Quote(video_pb2.QuoteRequest(request=asked))).offers
        (found,) = [one for one in offers if one.resolution.engine == "motion"]
        return found

    able = await offer(request(first_frame=ABSENT))
    assert able.refusal == ""
    assert able.resolution.expected_time.ToNanoseconds() > 0
    assert "first_frame" in (await offer(GenerateRequest(prompt="a fox"))).refusal
    elsewhere = request(first_frame=ABSENT, routing=video_pb2.Routing(allow=["other"]))
    assert "routing.allow" in (await offer(elsewhere)).refusal
