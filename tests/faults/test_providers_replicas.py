"""Two VideoProvider servers, processes with homes of their own, on one ledger in PostgreSQL and one store."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import yaml

from reelmesh.video.v1 import video_pb2
from tests.faults.providers import Server, ask, attempts_of, promise
from tests.postgres import Postgres
from tests.vendors import kling
from tests.vendors.cast import CAST, account
from tests.vendors.runway import Runway
from tests.vendors.simulator import Simulator
from tests.vendors.studio import FAST, request

_NUMBERS = itertools.count()
Replicas = Callable[..., contextlib.AbstractAsyncContextManager[tuple[Server, Server]]]


@pytest.fixture
def replicas(postgres: Postgres, tmp_path: Path, sockets: Path) -> Replicas:
    """Starts two servers with such accounts."""

    @contextlib.asynccontextmanager
    async def started(**accounts: dict[str, Any]) -> AsyncIterator[tuple[Server, Server]]:
        name = f"replicas_{next(_NUMBERS)}"
        connection = await asyncpg.connect(postgres.url().render_as_string())
        await connection.execute(f"DROP DATABASE IF EXISTS {name}")
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()
        settings = {
            "video": {
                "providers": {key: {**FAST, **given} for key, given in accounts.items()},
                "ledger": postgres.url(name).render_as_string(),
            },
            "storage": {"root": str(tmp_path / "store")},
        }
        config = tmp_path / "reelmesh.yaml"
        config.write_text(yaml.safe_dump(settings))
        servers = []
        for place in ("a", "b"):
            (sockets / place).mkdir()
            servers.append(Server(tmp_path / place, sockets / place, config))
        try:
            yield servers[0], servers[1]
        finally:
            for server in servers:
                await server.end()

    return started


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Waits until something holds."""
    while not await holds():  # noqa: ASYNC110 - it is another process that makes it true
        await asyncio.sleep(0.05)


async def provider(server: Server, name: str = "main") -> video_pb2.Provider:
    """What a server says of a provider."""
    async with server.stub() as stub:
        listed = await stub.ListProviders(video_pb2.ListProvidersRequest())
    return next(one for one in listed.providers if one.engine.name == name)


def short(**fields: Any) -> video_pb2.GenerateRequest:
    """A request of a second."""
    asked = request(**fields)
    asked.duration.FromSeconds(1)
    return asked


@pytest.mark.slow
async def test_one_request_at_both_is_handed_in_once(replicas: Replicas, tmp_path: Path) -> None:
    with kling.Kling() as vendor:
        async with replicas(main=account("kling", vendor, tmp_path)) as (one, two):
            for number in range(2):
                asked = short(request_id=f"r{number}", seed=number)
                assert await asyncio.gather(ask(one, asked), ask(two, asked)) == ["clip", "clip"]
                assert vendor.accepted == number + 1
            assert len(await attempts_of(two)) == 2


@pytest.mark.slow
async def test_load_and_ceilings_are_shared(replicas: Replicas, tmp_path: Path) -> None:
    with kling.Kling() as vendor:
        vendor.life.running_polls = 1_000_000_000
        given = account("kling", vendor, tmp_path, concurrency=1, daily_ceiling=1.2)
        async with replicas(main=given) as (one, two):
            first = asyncio.create_task(ask(one, short(request_id="first")))
            await until(lambda: _runs(two, 1))
            second = asyncio.create_task(ask(two, short(request_id="second", seed=5)))
            async with two.stub() as stub:
                queued = stub.Generate(short(request_id="second", seed=5))
                async for response in queued:
                    if (
                        response.progress.stage == "queued"
                        and "1 tasks under way" in response.progress.detail
                    ):
                        break
            assert vendor.accepted == 1
            vendor.life.running_polls = 0
            assert [await first, await second] == ["clip", "clip"]
            # Each is 5 s at 0.1: a third would pass what both together may spend.
            assert await ask(one, short(request_id="third", seed=6)) == "FAILED_PRECONDITION"
            assert await ask(two, short(request_id="third", seed=6)) == "FAILED_PRECONDITION"
        assert vendor.accepted == 2


async def _runs(server: Server, count: int) -> bool:
    return (await provider(server)).running == count


@pytest.mark.slow
async def test_what_one_learns_of_a_provider_the_other_knows(replicas: Replicas, tmp_path: Path) -> None:
    credit = CAST["runway"].credit
    assert credit is not None
    with Runway() as vendor:
        vendor.faults.append((CAST["runway"].submit, credit))
        async with replicas(main=account("runway", vendor, tmp_path)) as (one, two):
            assert await ask(one, short(request_id="first")) == "FAILED_PRECONDITION"
            told = await provider(two)
            assert told.health == video_pb2.PROVIDER_HEALTH_NOT_SERVING
            assert any(alert.startswith("credit: ") for alert in told.alerts)
            seen = len(vendor.seen)
            async with two.stub() as stub:
                quote = await stub.Quote(video_pb2.QuoteRequest(request=short()))
            assert quote.offers
            assert len(vendor.seen) == seen
        assert vendor.accepted == 0


@pytest.mark.slow
async def test_the_other_takes_over_from_one_that_is_killed(replicas: Replicas, tmp_path: Path) -> None:
    with Runway() as vendor:
        vendor.life.running_polls = 1_000_000_000
        async with replicas(main=account("runway", vendor, tmp_path)) as (one, two):
            asked = short(request_id="r")
            calling = asyncio.create_task(_given_up(one, asked))
            await until(lambda: _polled(vendor))
            one.kill()
            await calling
            vendor.life.running_polls = 0
            assert await ask(two, asked) == "clip"
            attempts = await attempts_of(two)
            promise(vendor, attempts, "clip")
        assert len(attempts) == vendor.accepted == 1


async def _polled(vendor: Simulator) -> bool:
    return any(task.polls > 1 for task in vendor.tasks.values())


async def _given_up(server: Server, asked: video_pb2.GenerateRequest) -> None:
    """Calls until the server is gone."""
    with contextlib.suppress(Exception):
        async with server.stub() as stub:
            async for _ in stub.Generate(asked):
                pass
