"""OpenAI-compatible videos against their simulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from reelmesh.video.v1 import video_pb2
from tests.vendors.http import Reply
from tests.vendors.openai import OpenAI
from tests.vendors.studio import request, studio


@pytest.fixture
def openai() -> Iterator[OpenAI]:
    with OpenAI() as simulator:
        yield simulator


def account(simulator: OpenAI, **more: Any) -> dict[str, Any]:
    return {"type": "openai", "key": simulator.KEY, "base_url": simulator.url, **more}


async def test_a_picture_is_cut_to_the_size_that_the_vendor_wants(
    openai: OpenAI, own_settings: Path, sockets: Path
) -> None:
    async with studio(own_settings, sockets, main=account(openai)) as server:
        result = await server.made(request(first_frame=await server.picture(), request_id="r"))
        assert result.duration.seconds == 5
        assert any("8 s: trimmed" in line for line in result.provenance.warnings)


async def test_a_broken_download_goes_on_and_a_lost_submit_is_found_in_the_list(
    openai: OpenAI, own_settings: Path, sockets: Path
) -> None:
    openai.drop_after_accepting = 1
    openai.clip_faults.append(Reply(200, b"x" * 5000, {"content-type": "video/mp4"}, cut_after=100))
    async with studio(own_settings, sockets, main=account(openai)) as server:
        assert (await server.made(request(request_id="r"))).clip.digest
    assert openai.accepted == 1


async def test_what_can_not_be_told_apart_in_the_list_is_left_to_a_person(
    openai: OpenAI, own_settings: Path, sockets: Path
) -> None:
    async with studio(own_settings, sockets, main=account(openai)) as server:
        await server.made(request(request_id="one"))
        openai.drop_after_accepting = 1
        with pytest.raises(grpc.aio.AioRpcError) as unknown:
            await server.made(request(request_id="two"))
        assert unknown.value.code() == grpc.StatusCode.FAILED_PRECONDITION
        with pytest.raises(grpc.aio.AioRpcError):
            await server.made(request(request_id="two"))
        listed = await server.video.ListAttempts(video_pb2.ListAttemptsRequest(request_id="two"))
        (attempt,) = listed.attempts
        assert attempt.state == video_pb2.ATTEMPT_STATE_UNCONFIRMED
        assert attempt.cost.nanos == 800_000_000
    assert openai.accepted == 2


async def test_a_wrong_key_is_told_and_opens_the_circuit(
    openai: OpenAI, own_settings: Path, sockets: Path
) -> None:
    async with studio(own_settings, sockets, main=account(openai, key="secret-and-wrong")) as server:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await server.made(request(request_id="r"))
        assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION
        assert "secret-and-wrong" not in str(refused.value)
        tested = await server.video.TestConnection(video_pb2.TestConnectionRequest(engine="main"))
        assert not tested.ok
        (provider,) = [
            one
            for one in (await server.video.ListProviders(video_pb2.ListProvidersRequest())).providers
            if one.engine.name == "main"
        ]
        assert provider.health == video_pb2.PROVIDER_HEALTH_NOT_SERVING
        assert "secret-and-wrong" not in str(provider)


async def test_another_provider_is_asked_after_a_refusal(
    openai: OpenAI, own_settings: Path, sockets: Path
) -> None:
    with OpenAI() as second:
        openai.faults.append((r"POST", Reply.of({"error": {"code": "insufficient_quota"}}, 429)))
        async with studio(
            own_settings, sockets, first=account(openai, priority=1), second=account(second)
        ) as server:
            result = await server.made(request(request_id="r"))
            assert result.provenance.engine == "second"
            assert any(line.startswith("first refused: credit") for line in result.provenance.warnings)
            off = request(request_id="r2", seed=9)
            off.routing.failover = video_pb2.FAILOVER_OFF
            off.routing.allow.append("first")
            with pytest.raises(grpc.aio.AioRpcError):
                await server.made(off)
    assert (openai.accepted, second.accepted) == (0, 1)
