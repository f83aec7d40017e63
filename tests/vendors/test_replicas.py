"""Two servers on one ledger and one store: a request is driven by one, and both give its clip."""

from __future__ import annotations

import asyncio
from pathlib import Path

import grpc
import pytest

from reelmesh.video.v1 import video_pb2
from tests.vendors import kling
from tests.vendors.cast import account
from tests.vendors.http import Reply
from tests.vendors.runway import Runway
from tests.vendors.studio import request, studio


async def test_one_request_at_two_servers_starts_one_task(own_settings: Path, sockets: Path) -> None:
    for name in ("a", "b"):
        (sockets / name).mkdir()
    with kling.Kling() as vendor:
        given = account("kling", vendor, sockets)
        async with (
            studio(own_settings, sockets / "a", main=given) as one,
            studio(own_settings, sockets / "b", main=given) as two,
        ):
            for number in range(3):
                asked = request(request_id=f"r{number}", seed=number)
                asked.duration.FromSeconds(1)
                first, second = await asyncio.gather(one.made(asked), two.made(asked))
                assert first.clip == second.clip
                assert vendor.accepted == number + 1
            listed = await two.video.ListAttempts(video_pb2.ListAttemptsRequest())
            assert len(listed.attempts) == 3


async def test_a_mended_key_helps_the_same_request(own_settings: Path, sockets: Path) -> None:
    with Runway() as vendor:
        asked = request(request_id="r")
        asked.duration.FromSeconds(1)
        wrong = account("runway", vendor, sockets, key="wrong-key")
        async with studio(own_settings, sockets, main=wrong) as server:
            with pytest.raises(grpc.aio.AioRpcError):
                await server.made(asked)
        # The circuit of an account stays open for minutes; one of another name is not the same account.
        right = account("runway", vendor, sockets)
        async with studio(own_settings, sockets, main=wrong, other=right) as server:
            assert (await server.made(asked)).provenance.engine == "other"
    assert vendor.accepted == 1


async def test_a_paid_clip_is_asked_for_as_long_as_its_host_is_away(
    own_settings: Path, sockets: Path
) -> None:
    with kling.Kling() as vendor:
        vendor.clip_faults.extend([Reply(502)] * 4)
        async with studio(own_settings, sockets, main=account("kling", vendor, sockets)) as server:
            assert (await server.made(request(request_id="r"))).clip.digest
    assert vendor.accepted == 1


async def test_a_task_that_takes_too_long_is_cancelled_and_counts(own_settings: Path, sockets: Path) -> None:
    with Runway() as vendor:
        vendor.life.running_polls = 1_000_000
        given = account("runway", vendor, sockets, timeout_seconds=0.2)
        async with studio(own_settings, sockets, main=given) as server:
            with pytest.raises(grpc.aio.AioRpcError) as failed:
                await server.made(request(request_id="r"))
            assert "it takes longer than" in (failed.value.details() or "")
            listed = (await server.video.ListAttempts(video_pb2.ListAttemptsRequest())).attempts
            assert 1 <= len(listed) <= 3
            assert {one.trouble for one in listed} == {"outage"}
    assert all(task.cancelled for task in vendor.tasks.values())
