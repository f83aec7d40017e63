"""The VideoProvider server is killed at every point of a paid task: nothing is paid twice, nothing is lost.

What a simulator accepted is what its vendor would bill. After each run: at most one accepted task for each
attempt that the ledger authorised, a new attempt only after a recorded end of the one before, and the call
ends in a clip, a refusal, or a visible UNCONFIRMED.

REELMESH_CRASH_RUNS=500 makes the long run.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
import yaml

from tests.faults.providers import Server, ask, attempts_of, promise
from tests.vendors.cast import CAST, Role, account
from tests.vendors.http import Reply
from tests.vendors.simulator import Simulator
from tests.vendors.studio import FAST, request

RUNS = int(os.environ.get("REELMESH_CRASH_RUNS", "0"))
ALL_POINTS_AT = ("kling", "runway")
"""A vendor that finds a lost submit again, and one that does not, are killed at every point in every run of
the tests; the others at one, which the seed chooses. The long run takes all."""
POINTS = ("before it is sent", "as it arrives", "before it is answered", "while polling", "while downloading")


def cases() -> list[tuple[str, str]]:
    draw = random.Random("points")
    return [
        (name, point)
        for name in CAST
        for point in (POINTS if RUNS or name in ALL_POINTS_AT else [draw.choice(POINTS)])
    ]


def patterns(provider: Role, point: str) -> tuple[str, str]:
    """The request at which the server is killed, and whether before or after the vendor took note of it."""
    return {
        "before it is sent": ("", ""),
        "as it arrives": (provider.submit, "before"),
        "before it is answered": (provider.submit, "after"),
        "while polling": (provider.poll, "after"),
        "while downloading": (provider.clip, "before"),
    }[point]


def kill_once(server: Server, simulator: Simulator, pattern: str, when: str) -> None:
    """Kills the server at the first request that fits."""
    killed: list[str] = []

    def on_request(line: str, moment: str) -> None:
        if pattern and not killed and moment == when and re.search(pattern, line):
            killed.append(line)
            server.kill()

    simulator.on_request = on_request


@contextlib.asynccontextmanager
async def arranged(name: str, folder: Path, sockets: Path) -> AsyncIterator[tuple[Role, Simulator, Server]]:
    provider = CAST[name]
    with provider.make() as simulator:
        given = {**FAST, **account(name, simulator, folder)}
        config = folder / "reelmesh.yaml"
        config.write_text(yaml.safe_dump({"video": {"providers": {"main": given}}}))
        server = Server(folder / "home", sockets, config)
        try:
            yield provider, simulator, server
        finally:
            await server.end()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "point"), cases())
async def test_a_kill_at_a_point_costs_nothing_twice(
    name: str, point: str, tmp_path: Path, sockets: Path
) -> None:
    async with arranged(name, tmp_path, sockets) as (provider, simulator, server):
        pattern, when = patterns(provider, point)
        kill_once(server, simulator, pattern, when)
        asked = request(request_id="r1")
        asked.duration.FromSeconds(1)
        if not pattern:
            async with server.stub() as stub:
                call = stub.Generate(asked)
                await anext(aiter(call))
                server.kill()
                with contextlib.suppress(grpc.aio.AioRpcError):
                    await anext(aiter(call))
        outcome = await ask(server, asked)
        promise(simulator, await attempts_of(server), outcome)
        found = provider.finds == "handle" or (provider.finds and point == POINTS[2])
        assert outcome == "clip" or (not found and point in POINTS[:3])


@pytest.mark.slow
@pytest.mark.parametrize("point", ["as it arrives", "before it is answered"])
async def test_a_kill_in_failover_costs_nothing_twice(point: str, tmp_path: Path, sockets: Path) -> None:
    first, second = CAST["runway"], CAST["kling"]
    assert first.credit is not None
    with first.make() as poor, second.make() as rich:
        given = {
            "poor": {**FAST, **account("runway", poor, tmp_path), "priority": 1},
            "rich": {**FAST, **account("kling", rich, tmp_path)},
        }
        config = tmp_path / "reelmesh.yaml"
        config.write_text(yaml.safe_dump({"video": {"providers": given}}))
        server = Server(tmp_path / "home", sockets, config)
        poor.faults.append((first.submit, first.credit))
        kill_once(server, rich, *patterns(second, point))
        asked = request(request_id="r1")
        asked.duration.FromSeconds(1)
        try:
            assert await ask(server, asked) == "clip"
            made = await attempts_of(server)
        finally:
            await server.end()
        assert [(one.provider, one.why) for one in reversed(made)] == [
            ("poor", "first"),
            ("rich", "failover"),
        ]
        promise(rich, made, "clip")
        assert (poor.accepted, rich.accepted) == (0, 1)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not RUNS, reason="the long run: set REELMESH_CRASH_RUNS")
@pytest.mark.parametrize("name", CAST)
async def test_kills_at_random_cost_nothing_twice(name: str, tmp_path: Path, sockets: Path) -> None:
    draw = random.Random(f"{name} {os.environ.get('REELMESH_CRASH_SEED', '1')}")
    async with arranged(name, tmp_path, sockets) as (_, simulator, server):
        outcomes: Counter[str] = Counter()
        for number in range(RUNS // len(CAST) + 1):
            if draw.random() < 0.2:
                simulator.drop_after_accepting = 1
            if draw.random() < 0.2:
                simulator.faults.append((r"^(GET|POST) ", Reply(503, b"ill")))
            asked = request(request_id=f"r{number}", seed=number)
            asked.duration.FromSeconds(1)
            async with server.stub():
                pass
            asyncio.get_running_loop().call_later(draw.uniform(0.0, 0.6), server.kill)
            outcomes[await ask(server, asked)] += 1
        attempts = await attempts_of(server)
    assert simulator.accepted <= len(attempts)
    assert sum(outcomes.values()) == RUNS // len(CAST) + 1
    assert set(outcomes) <= {"clip", "unconfirmed", "INVALID_ARGUMENT", "FAILED_PRECONDITION"}
