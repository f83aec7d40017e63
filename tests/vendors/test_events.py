"""What somebody should know of a provider is an event: raised once, durable, told to whoever raised it."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

import grpc
import pytest

from reelmesh.cli import providers as commands
from reelmesh.cli.follow import Output
from reelmesh.client import Client
from reelmesh.video.v1 import video_pb2
from servers.video.vendor import Kind
from tests.vendors.cast import CAST, account
from tests.vendors.runway import Runway
from tests.vendors.studio import Studio, request, studio

BREAKER = tuple(Kind)
KIND = video_pb2.ProviderEventKind


async def events(server: Studio, **filters: Any) -> list[video_pb2.ProviderEvent]:
    asked = video_pb2.ListProviderEventsRequest(**filters)
    return list((await server.video.ListProviderEvents(asked)).events)


async def test_a_ceiling_that_is_nearly_reached_is_told_once_and_to_whose_request_it_was(
    own_settings: Path, sockets: Path
) -> None:
    with Runway() as vendor:
        # Each clip is reserved at 0.5: the second passes 80 % of the day's 1.2, and of the month's 1.25.
        given = account("runway", vendor, sockets, daily_ceiling=1.2, monthly_ceiling=1.25)
        async with studio(own_settings, sockets, main=given) as server:
            first = await server.made(request(request_id="r1", seed=1))
            assert not await events(server)
            assert not any("ceiling" in line for line in first.provenance.warnings)
            progress = []
            async for response in server.video.Generate(request(request_id="r2", seed=2)):
                if response.HasField("progress"):
                    progress.append(response.progress.detail)
                else:
                    second = response.result
            assert any("of the daily ceiling of 1.2 USD are spent" in line for line in progress)
            assert any("main: 1 of the daily ceiling" in line for line in second.provenance.warnings)
            with pytest.raises(grpc.aio.AioRpcError):
                await server.made(request(request_id="r3", seed=3))
            daily, monthly = await events(server)
            assert {daily.kind, monthly.kind} == {KIND.PROVIDER_EVENT_KIND_NEAR_CEILING}
            assert "daily" in daily.message
            assert "monthly" in monthly.message
            attempts = (await server.video.ListAttempts(video_pb2.ListAttemptsRequest())).attempts
            assert daily.attempt_id == next(one.id for one in attempts if one.request_id == "r2")
            assert [one.sequence for one in await events(server, after_sequence=daily.sequence)] == [
                monthly.sequence
            ]
            assert not await events(server, provider="another")
        async with studio(own_settings, sockets, main=given) as server:  # they outlive the server
            assert len(await events(server)) == 2


async def test_a_low_credit_is_told_without_any_request(own_settings: Path, sockets: Path) -> None:
    with Runway() as vendor:
        given = account("runway", vendor, sockets, low_balance=20_000)
        rich = account("runway", vendor, sockets, low_balance=20)
        async with studio(own_settings, sockets, main=given, rich=rich) as server:
            while not (found := await events(server)):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            (event,) = found
            assert (event.provider, event.kind) == ("main", KIND.PROVIDER_EVENT_KIND_LOW_BALANCE)
            assert "fewer than 20000" in event.message
            listed = (await server.video.ListProviders(video_pb2.ListProvidersRequest())).providers
            alerts = {one.engine.name: list(one.alerts) for one in listed}
            assert alerts["main"] == [event.message]
            assert not alerts["rich"]


async def test_a_provider_that_is_no_longer_asked_and_is_again_is_told(
    own_settings: Path, sockets: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("servers.chassis.breaker._FIRST_SECONDS", dict.fromkeys(BREAKER, 0.0))
    with Runway() as vendor:
        credit = CAST["runway"].credit
        assert credit is not None
        vendor.faults.append((CAST["runway"].submit, credit))
        async with studio(own_settings, sockets, main=account("runway", vendor, sockets)) as server:
            with pytest.raises(grpc.aio.AioRpcError):
                await server.made(request(request_id="r1"))
            await server.made(request(request_id="r2"))
            closed, reopened = await events(server)
            assert closed.kind == KIND.PROVIDER_EVENT_KIND_CLOSED
            assert closed.message.startswith("credit: ")
            assert reopened.kind == KIND.PROVIDER_EVENT_KIND_REOPENED

            video = {"video": server.running.address}
            monkeypatch.setattr(commands, "Client", lambda owner="": Client(addresses=video, owner=owner))
            capsys.readouterr()
            options = argparse.Namespace(test="", events=True)
            assert await commands.providers(options, Output()) == 0
            told = capsys.readouterr().out
            assert "closed" in told
            assert "it has made a clip again" in told
            async with Client(addresses=video) as client:
                lines = (await client.metrics()).splitlines()
            assert 'reelmesh_provider_clips_total{provider="main"} 1' in lines
            assert 'reelmesh_provider_failures_total{provider="main"} 1' in lines
            assert 'reelmesh_provider_up{provider="motion"} 1' in lines
            assert 'reelmesh_provider_spent_today{provider="main"} 0.5' in lines
            assert lines.count("# TYPE reelmesh_provider_clips_total counter") == 1
            assert 'reelmesh_up{server="video"} 1' in lines
