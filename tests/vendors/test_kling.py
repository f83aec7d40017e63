"""Kling against its simulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from reelmesh.video.v1 import video_pb2
from servers.video.vendors import kling as vendor_module
from tests.vendors import kling as simulator_module
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


async def test_a_token_that_has_expired_is_signed_again_and_nothing_is_handed_in_twice(
    kling: Kling, own_settings: Path, sockets: Path
) -> None:
    async with studio(own_settings, sockets, main=account(kling)) as server:
        for request_id, when in (("at the submit", "POST"), ("at a poll", "GET")):
            before = len(kling.seen)

            def expire(line: str, moment: str, when: str = when, before: int = before) -> None:
                asked = [one.method for one in kling.seen[before:]]
                if moment == "before" and asked.count(when) == 1 and asked[-1] == when:
                    kling.expire_tokens_once = True

            kling.on_request = expire
            assert (await server.made(request(request_id=request_id.replace(" ", "-")))).clip.digest
            assert not kling.expire_tokens_once
            calls = [one.method for one in kling.seen[before:]]
            assert calls.count("POST") == (2 if when == "POST" else 1)
    assert kling.accepted == 2


async def test_a_token_is_signed_for_each_call_and_good_by_its_own_clock(
    kling: Kling, own_settings: Path, sockets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1_700_000_000.0]
    for module in (vendor_module, simulator_module):
        monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: clock[0]))
    kling.on_request = lambda line, moment: clock.__setitem__(0, clock[0] + 1000)
    async with studio(own_settings, sockets, main=account(kling)) as server:
        # A token is good for 1,800 s: one that was kept would have expired twice by the end.
        assert (await server.made(request(request_id="r"))).clip.digest
    tokens = [one.headers["authorization"] for one in kling.seen if "authorization" in one.headers]
    assert len(set(tokens)) == len(tokens) > 3
    assert kling.accepted == 1


async def test_a_token_that_stays_refused_is_told_as_a_wrong_key(
    kling: Kling, own_settings: Path, sockets: Path
) -> None:
    kling.faults.extend([(r"POST /v1/videos", Reply.of({"code": 1004, "message": "expired"}, 401))] * 2)
    async with studio(own_settings, sockets, main=account(kling)) as server:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await server.made(request(request_id="r"))
    assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert kling.accepted == 0
    assert not kling.faults


async def test_moderation_is_the_callers_to_mend(kling: Kling, own_settings: Path, sockets: Path) -> None:
    async with studio(own_settings, sockets, main=account(kling)) as server:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await server.made(request(prompt="blood", request_id="r1"))
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "risk control" in (refused.value.details() or "")
    assert kling.accepted == 0
