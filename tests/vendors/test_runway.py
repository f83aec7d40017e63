"""Runway against its simulator."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from reelmesh.video.v1 import video_pb2
from reelmesh.work.v1 import work_pb2
from tests.vendors.http import Reply
from tests.vendors.runway import Runway
from tests.vendors.studio import Studio, request, studio

ATTEMPTS = video_pb2.ListAttemptsRequest()


@pytest.fixture
def runway() -> Iterator[Runway]:
    with Runway() as simulator:
        yield simulator


def account(simulator: Runway, **more: Any) -> dict[str, Any]:
    return {"type": "runway", "key": simulator.KEY, "base_url": simulator.url, **more}


async def states(server: Studio) -> list[str]:
    listed = (await server.video.ListAttempts(ATTEMPTS)).attempts
    return [video_pb2.AttemptState.Name(one.state).removeprefix("ATTEMPT_STATE_") for one in listed]


async def test_pictures_and_words_become_clips(runway: Runway, own_settings: Path, sockets: Path) -> None:
    async with studio(own_settings, sockets, main=account(runway)) as server:
        picture = await server.picture()
        pictured = await server.made(request(first_frame=picture, request_id="1"))
        assert pictured.provenance.model == "gen4_turbo"
        framed = request(first_frame=picture, last_frame=picture, request_id="2")
        assert (await server.made(framed)).provenance.model == "veo3.1"
        assert (await server.made(request(request_id="3"))).provenance.model == "gen4.5"
        balance = await server.video.GetBalance(video_pb2.GetBalanceRequest(engine="main"))
        assert balance.credits == runway.credits


async def test_a_lost_answer_is_never_guessed_at(runway: Runway, own_settings: Path, sockets: Path) -> None:
    runway.drop_after_accepting = 1
    async with studio(own_settings, sockets, main=account(runway)) as server:
        for _ in range(2):
            with pytest.raises(grpc.aio.AioRpcError) as unknown:
                await server.made(request(request_id="r"))
            assert unknown.value.code() == grpc.StatusCode.FAILED_PRECONDITION
        assert await states(server) == ["UNCONFIRMED"]
    assert runway.accepted == 1


@pytest.mark.parametrize(
    ("failure", "code", "tries"),
    [
        ({"failure": "no", "failureCode": "SAFETY.INPUT.TEXT"}, grpc.StatusCode.INVALID_ARGUMENT, 1),
        ({"failure": "no", "failureCode": "ASSET.INVALID"}, grpc.StatusCode.INVALID_ARGUMENT, 1),
        ({"failure": "bad", "failureCode": "INTERNAL.BAD_OUTPUT.CODE01"}, grpc.StatusCode.INTERNAL, 2),
        ({"failure": "unexpected"}, grpc.StatusCode.INTERNAL, 2),
    ],
)
async def test_failures_are_told_apart(
    runway: Runway, own_settings: Path, sockets: Path, failure: Any, code: grpc.StatusCode, tries: int
) -> None:
    runway.life.end, runway.life.failure = "failed", failure
    async with studio(own_settings, sockets, main=account(runway)) as server:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await server.made(request(request_id="r"))
        assert failed.value.code() == code
    assert runway.accepted == tries


async def test_out_of_credits_is_told_and_costs_nothing(
    runway: Runway, own_settings: Path, sockets: Path
) -> None:
    runway.credits = 1
    async with studio(own_settings, sockets, main=account(runway)) as server:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await server.made(request(request_id="r"))
        assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION
        assert "credits" in (refused.value.details() or "")
        assert await states(server) == ["REFUSED"]


async def test_cancelling_tells_the_vendor(runway: Runway, own_settings: Path, sockets: Path) -> None:
    runway.life.running_polls = 10_000
    async with studio(own_settings, sockets, main=account(runway)) as server:
        call = server.video.Generate(request(request_id="r"))
        async for response in call:
            if response.progress.stage == "generating":
                break
        await server.work.CancelWork(work_pb2.CancelWorkRequest(request_id="r"))
        with pytest.raises(grpc.aio.AioRpcError) as cancelled:
            async for _ in call:
                pass
        assert cancelled.value.code() == grpc.StatusCode.CANCELLED
        while await states(server) != ["CANCELLED"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        (task,) = runway.tasks.values()
        assert task.cancelled


async def test_an_expired_link_is_asked_for_anew(runway: Runway, own_settings: Path, sockets: Path) -> None:
    runway.clip_faults.append(Reply(403, b"expired"))
    async with studio(own_settings, sockets, main=account(runway)) as server:
        assert (await server.made(request(request_id="r"))).clip.digest
    assert runway.accepted == 1


async def test_what_is_no_video_is_a_failure_with_its_cost(
    runway: Runway, own_settings: Path, sockets: Path
) -> None:
    runway.clip_faults.extend([Reply(200, b"<html>", {"content-type": "text/html"})] * 2)
    async with studio(own_settings, sockets, main=account(runway)) as server:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await server.made(request(request_id="r"))
        assert failed.value.code() == grpc.StatusCode.INTERNAL
        listed = (await server.video.ListAttempts(ATTEMPTS)).attempts
        assert [one.trouble for one in listed] == ["bad_output"] * 2
        assert all(one.cost.nanos for one in listed)


async def test_a_ceiling_holds_and_says_so(runway: Runway, own_settings: Path, sockets: Path) -> None:
    async with studio(own_settings, sockets, main=account(runway, daily_ceiling=0.7)) as server:
        await server.made(request(request_id="1"))
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await server.made(request(request_id="2", seed=5))
        assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION
        assert "daily ceiling" in (refused.value.details() or "")
        told = await server.video.ListProviders(video_pb2.ListProvidersRequest())
        (provider,) = [one for one in told.providers if one.engine.name == "main"]
        assert provider.spent_today.nanos == 500_000_000
    assert runway.accepted == 1
