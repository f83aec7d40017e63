"""Luma against its simulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from reelmesh.video.v1 import video_pb2
from tests.vendors.luma import Luma
from tests.vendors.studio import linked_studio, request, studio


@pytest.fixture
def luma() -> Iterator[Luma]:
    with Luma() as simulator:
        yield simulator


def account(simulator: Luma, **more: Any) -> dict[str, Any]:
    return {"type": "luma", "key": simulator.KEY, "base_url": simulator.url, **more}


async def test_it_gets_links_to_our_pictures(luma: Luma, own_settings: Path, sockets: Path) -> None:
    async with linked_studio(own_settings, sockets, main=account(luma)) as server:
        picture = await server.picture()
        asked = request(first_frame=picture, last_frame=picture, request_id="r")
        assert (await server.made(asked)).clip.digest
        (task,) = luma.tasks.values()
        assert set(task.request["keyframes"]) == {"frame0", "frame1"}
        balance = await server.video.GetBalance(video_pb2.GetBalanceRequest(engine="main"))
        assert balance.balance.units == 50


async def test_without_a_public_link_the_setting_is_named_and_nothing_is_sent(
    luma: Luma, own_settings: Path, sockets: Path
) -> None:
    async with studio(own_settings, sockets, main=account(luma)) as server:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await server.made(request(first_frame=await server.picture(), request_id="r"))
    assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert "storage.http_public_url" in (refused.value.details() or "")
    assert luma.accepted == 0


async def test_a_lost_task_is_found_by_its_echo(luma: Luma, own_settings: Path, sockets: Path) -> None:
    luma.drop_after_accepting = 1
    async with studio(own_settings, sockets, main=account(luma)) as server:
        assert (await server.made(request(request_id="r"))).clip.digest
    assert luma.accepted == 1


async def test_a_failed_task_is_refunded(luma: Luma, own_settings: Path, sockets: Path) -> None:
    luma.life.end, luma.life.failure = "failed", "Frame moderation failed"
    async with studio(own_settings, sockets, main=account(luma)) as server:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await server.made(request(request_id="r"))
        assert failed.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        (attempt,) = (await server.video.ListAttempts(video_pb2.ListAttemptsRequest())).attempts
        assert not attempt.HasField("cost")
