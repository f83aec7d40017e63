"""Pika, through fal and direct, against their simulators."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from reelmesh.video.v1 import video_pb2
from tests.vendors.fal import Fal
from tests.vendors.http import Reply
from tests.vendors.pika import Pika
from tests.vendors.simulator import Simulator
from tests.vendors.studio import request, studio


@pytest.fixture
def fal() -> Iterator[Fal]:
    with Fal() as simulator:
        yield simulator


def account(kind: str, simulator: Simulator, **more: Any) -> dict[str, Any]:
    return {"type": kind, "key": simulator.KEY, "base_url": simulator.url, **more}


async def test_pictures_and_words_become_clips_through_fal(
    fal: Fal, own_settings: Path, sockets: Path
) -> None:
    async with studio(own_settings, sockets, main=account("fal", fal)) as server:
        await server.made(request(first_frame=await server.picture(), request_id="1"))
        await server.made(request(request_id="2", seed=5))
    assert [task.request.get("aspect_ratio") for task in fal.tasks.values()] == [None, "9:16"]


async def test_pictures_and_words_become_clips_at_pika(own_settings: Path, sockets: Path) -> None:
    with Pika() as pika:
        async with studio(own_settings, sockets, main=account("pika", pika)) as server:
            await server.made(request(first_frame=await server.picture(), request_id="1"))
            await server.made(request(request_id="2", seed=5))
        assert pika.accepted == 2


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (
            {"detail": [{"loc": ["body", "prompt"], "msg": "no", "type": "content_policy_violation"}]},
            grpc.StatusCode.INVALID_ARGUMENT,
        ),
        ({"detail": "it broke", "error_type": "runner_server_error"}, grpc.StatusCode.UNAVAILABLE),
        (Reply(502, b"<html>bad gateway</html>"), grpc.StatusCode.UNAVAILABLE),
    ],
)
async def test_a_completed_task_may_have_failed(
    fal: Fal, own_settings: Path, sockets: Path, failure: Any, code: grpc.StatusCode
) -> None:
    fal.life.end, fal.life.failure = "failed", failure
    async with studio(own_settings, sockets, main=account("fal", fal)) as server:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await server.made(request(request_id="r"))
    assert failed.value.code() == code


async def test_a_locked_account_is_out_of_credit(fal: Fal, own_settings: Path, sockets: Path) -> None:
    fal.locked = "Exhausted balance"
    async with studio(own_settings, sockets, main=account("fal", fal)) as server:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await server.made(request(request_id="r"))
        assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION
        (attempt,) = (await server.video.ListAttempts(video_pb2.ListAttemptsRequest())).attempts
        assert attempt.trouble == "credit"
