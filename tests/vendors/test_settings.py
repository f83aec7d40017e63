"""What can be changed while a server runs, and what its listing tells of each model."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml

from reelmesh.video.v1 import video_pb2
from servers.chassis.settings import ProviderSettings
from servers.video import keeper
from servers.video.accounts import Account
from servers.video.vendors.kling import Kling as KlingVendor
from tests.vendors.cast import CAST, account
from tests.vendors.http import Reply
from tests.vendors.kling import ACCESS, SECRET, Kling
from tests.vendors.runway import Runway
from tests.vendors.studio import FAST, Studio, request, studio


async def served(server: Studio) -> None:
    """Asks until a request is served. Each is a new one: what was refused for good stays refused."""
    for number in itertools.count(1):
        with contextlib.suppress(grpc.aio.AioRpcError):
            await server.made(request(request_id=f"r{number}", seed=number))
            return
        await asyncio.sleep(0.05)


async def test_a_new_key_is_used_without_a_new_start(
    own_settings: Path, sockets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = sockets / "reelmesh.yaml"
    monkeypatch.setenv("REELMESH_CONFIG", str(config))
    with Runway() as vendor:

        def write(key: str, **more: Any) -> None:
            given = {**FAST, **account("runway", vendor, sockets, key=key, **more)}
            config.write_text(yaml.safe_dump({"video": {"providers": {"main": given}}}))

        write("wrong-key-of-before")
        async with studio(own_settings, sockets, main=account("runway", vendor, sockets, key="x")) as server:
            told = await server.video.TestConnection(video_pb2.TestConnectionRequest(engine="main"))
            assert not told.ok
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await server.made(request(request_id="r"))
            assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
            # Requests are served as soon as the key is good: they do not wait for the circuit breaker.
            write(vendor.KEY, concurrency=9)
            await served(server)
            assert vendor.accepted == 1
            told = await server.video.TestConnection(video_pb2.TestConnectionRequest(engine="main"))
            assert told.ok
            write("another-wrong-key")
            while told.ok:
                told = await server.video.TestConnection(video_pb2.TestConnectionRequest(engine="main"))
                await asyncio.sleep(0.05)
            assert "another-wrong-key" not in told.detail


async def test_every_model_tells_what_it_can_make(own_settings: Path, sockets: Path) -> None:
    with Kling() as vendor:
        async with studio(own_settings, sockets, main=account("kling", vendor, sockets)) as server:
            listed = await server.video.ListProviders(video_pb2.ListProvidersRequest())
    (told,) = (one for one in listed.providers if one.engine.name == "main")
    models = {one.model: one for one in told.models}
    assert list(models) == list(told.engine.models)
    assert "talking-head" in models["kling-avatar"].abilities
    assert "text-to-video" in models["kling-v3"].abilities
    assert "text-to-video" not in models["kling-avatar"].abilities
    assert [one.seconds for one in models["kling-v3"].capabilities.durations] == list(range(3, 16))
    assert [one.seconds for one in models["kling-v2-6"].capabilities.durations] == [5, 10]
    assert told.capabilities == told.models[0].capabilities
    assert all(one.price_per_second.currency_code == "USD" for one in told.models)


async def test_calls_under_an_earlier_key_end_as_they_began() -> None:
    made = Account("main", ProviderSettings(key=ACCESS, secret=SECRET), KlingVendor(ProviderSettings()), 0)
    before = made.http
    assert made.vendor.settings.key == ACCESS
    made.adopt(ProviderSettings(key="new-key", secret="new-secret"))
    assert made.http is not before
    assert before.redacted(f"a {SECRET}") == "a ***"
    assert made.http.redacted("a new-secret") == "a ***"
    await made.close()


async def test_one_that_answers_again_is_tried_again(
    own_settings: Path, sockets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "PROBE_SECONDS", 0.05)
    with Runway() as vendor:
        wrong = Reply.of({"error": "no such key"}, 401)
        vendor.faults.append((CAST["runway"].submit, wrong))
        vendor.faults.extend([(r"^GET /v1/organization", wrong)] * 3)
        async with studio(own_settings, sockets, main=account("runway", vendor, sockets)) as server:
            await served(server)  # the breaker would hold it off for five minutes
        assert vendor.accepted == 1
        assert not vendor.faults
