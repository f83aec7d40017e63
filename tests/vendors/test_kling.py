"""Kling against its simulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from reelmesh.video.v1 import video_pb2
from tests.vendors.http import Reply
from tests.vendors.kling import ACCESS, SECRET, Kling
from tests.vendors.studio import request, studio


@pytest.fixture
def kling() -> Iterator[Kling]:
    with Kling() as simulator:
        yield simulator


def account(simulator: Kling, **more: Any) -> dict[str, Any]:
    return {"type": "kling", "key": ACCESS, "secret": SECRET, "base_url": simulator.url, **more}


async def test_a_picture_becomes_a_clip_of_the_length_and_size_asked_for(
    kling: Kling, own_settings: Path, sockets: Path
) -> None:
    async with studio(own_settings, sockets, main=account(kling)) as server:
        asked = request(first_frame=await server.picture(), request_id="r1")
        asked.duration.FromSeconds(3)
        result = await server.made(asked)
        assert (result.clip.facts.width_pixels, result.clip.facts.height_pixels) == (96, 160)
        assert result.duration.seconds == 3
        assert result.provenance.engine == "main"
        assert result.provenance.cost.nanos == 500_000_000
        assert any("trimmed to 3 s" in line for line in result.provenance.warnings)
        (task,) = kling.tasks.values()
        assert task.request["duration"] == "5"
        assert task.request["kind"] == "image2video"

        again = await server.made(asked)
        assert again.clip == result.clip
        assert kling.accepted == 1
        (attempt,) = (await server.video.ListAttempts(video_pb2.ListAttemptsRequest())).attempts
        assert attempt.state == video_pb2.ATTEMPT_STATE_SUCCEEDED
        assert attempt.task_id == "image2video/task-1"
        assert attempt.clip == result.clip


async def test_a_submit_without_an_answer_is_found_again_and_not_repeated(
    kling: Kling, own_settings: Path, sockets: Path
) -> None:
    kling.drop_after_accepting = 1
    async with studio(own_settings, sockets, main=account(kling)) as server:
        result = await server.made(request(request_id="r1"))
        assert result.clip.digest
    assert kling.accepted == 1


async def test_a_submit_that_never_arrived_is_handed_in_again_under_the_same_handle(
    kling: Kling, own_settings: Path, sockets: Path
) -> None:
    kling.faults.append((r"POST /v1/videos", Reply(drop=True)))
    async with studio(own_settings, sockets, main=account(kling)) as server:
        await server.made(request(request_id="r1"))
        (attempt,) = (await server.video.ListAttempts(video_pb2.ListAttemptsRequest())).attempts
    (task,) = kling.tasks.values()
    assert task.handle == attempt.id


async def test_moderation_is_the_callers_to_mend(kling: Kling, own_settings: Path, sockets: Path) -> None:
    async with studio(own_settings, sockets, main=account(kling)) as server:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await server.made(request(prompt="blood", request_id="r1"))
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "risk control" in (refused.value.details() or "")
    assert kling.accepted == 0
