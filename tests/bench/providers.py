"""A bad day: six vendors fail in turn under many requests, with failover on. Nothing is lost, nothing paid
twice.

The ideal cost is what the clips would have cost at the cheapest provider that took the request: what was
paid beyond it went to tasks that a vendor took, failed, and did not refund.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import grpc

from reelmesh.video.v1 import video_pb2
from tests.bench import report
from tests.vendors import kling
from tests.vendors.fal import Fal
from tests.vendors.http import Reply
from tests.vendors.luma import Luma
from tests.vendors.openai import OpenAI
from tests.vendors.pika import Pika
from tests.vendors.runway import Runway
from tests.vendors.simulator import Simulator, clip
from tests.vendors.studio import Studio, request, studio

REQUESTS = 200
AT_ONCE = 16
TURN_SECONDS = 1.0
"""How long one vendor is ill before the next is."""
PRICE = 0.1
ILLNESSES = ("outage", "throttled", "credit", "slow", "truncated", "garbage")


def main(quick: bool) -> dict[str, float]:
    """Figures: lost, double_submits, cost_over_ideal."""
    return asyncio.run(_day(40 if quick else REQUESTS))


async def _day(count: int) -> dict[str, float]:
    with contextlib.ExitStack() as stack, tempfile.TemporaryDirectory(prefix="rm-") as folder:
        vendors: dict[str, Simulator] = {
            "runway": stack.enter_context(Runway()),
            "luma": stack.enter_context(Luma()),
            "kling": stack.enter_context(kling.Kling()),
            "fal": stack.enter_context(Fal()),
            "pika": stack.enter_context(Pika()),
            "openai": stack.enter_context(OpenAI()),
        }
        accounts = {name: _account(name, vendor) for name, vendor in vendors.items()}
        done = threading.Event()
        weather = threading.Thread(target=_weather, args=(list(vendors.values()), done), daemon=True)
        async with studio(Path(folder) / "home", Path(folder), **accounts) as server:
            weather.start()
            began = time.perf_counter()
            outcomes = await _requests(server, count)
            took = time.perf_counter() - began
            done.set()
            attempts = await _attempts(server)
    double = sum(max(0, vendor.accepted - _authorised(attempts, name)) for name, vendor in vendors.items())
    clips = [one for one in attempts if one.state == video_pb2.ATTEMPT_STATE_SUCCEEDED]
    paid = sum(one.cost.units + one.cost.nanos / 1e9 for one in attempts)
    ideal = sum(one.cost.units + one.cost.nanos / 1e9 for one in clips)
    rows = [[name, vendor.accepted, _count(attempts, name)] for name, vendor in vendors.items()]
    print(report.table(rows, ["vendor", "tasks accepted", "how attempts ended"]))
    print(f"\n{count} requests in {took:.0f} s: {dict(outcomes)}")
    return {
        "lost": float(count - outcomes["clip"] - outcomes["unconfirmed"]),
        "unconfirmed": float(outcomes["unconfirmed"]),
        "double_submits": float(double),
        "cost_over_ideal": paid / ideal,
    }


def _account(name: str, vendor: Simulator) -> dict[str, Any]:
    key = {"key": kling.ACCESS, "secret": kling.SECRET} if name == "kling" else {"key": vendor.KEY}
    return {"base_url": vendor.url, "price_per_second": PRICE, "concurrency": 6, **key}


async def _requests(server: Studio, count: int) -> Counter[str]:
    room = asyncio.Semaphore(AT_ONCE)
    outcomes: Counter[str] = Counter()

    async def one(number: int) -> None:
        asked = request(request_id=f"r{number}", seed=number)
        asked.routing.strategy = video_pb2.ROUTING_STRATEGY_LEAST_LOADED
        async with room:
            for _ in range(20):  # as the orchestrator does: the same id, as long as the status allows it
                try:
                    await server.made(asked)
                    outcomes["clip"] += 1
                    return
                except grpc.aio.AioRpcError as error:
                    if "not known whether" in (error.details() or ""):
                        outcomes["unconfirmed"] += 1
                        return
                    if error.code() in (
                        grpc.StatusCode.INVALID_ARGUMENT,
                        grpc.StatusCode.FAILED_PRECONDITION,
                    ):
                        outcomes[error.code().name] += 1
                        return
                    await asyncio.sleep(0.5)
            outcomes["gave up"] += 1

    await asyncio.gather(*map(one, range(count)))
    return outcomes


def _weather(vendors: list[Simulator], done: threading.Event) -> None:
    """Makes one vendor after the other ill."""
    draw = random.Random(7)
    for turn in range(10_000):
        # Each time that a vendor's turn comes, it has another illness, and each turn another than the last.
        illness = ILLNESSES[(turn + turn // len(vendors)) % len(ILLNESSES)]
        vendor = vendors[turn % len(vendors)]
        sick = {
            "outage": [(r"^GET /(?!files)", Reply(502, b"bad gateway"))] * 20,
            "throttled": [(r"^POST", Reply.of({"error": "slow down", "code": 1302}, 429, retry_after="1"))]
            * 20,
            "credit": [(r"^POST", Reply.of({"detail": "credits", "code": 1102}, 402))] * 3,
            "slow": [(r"^GET", Reply(200, b"{}", delay_seconds=0.5))] * 10,
            "truncated": [],
            "garbage": [(r"^GET /(?!files)", Reply(200, b"<html>{"))] * 20,
        }[illness]
        vendor.faults.extend(sick)
        if illness == "truncated":
            whole = clip(8.0 if isinstance(vendor, OpenAI) else 5.0)
            vendor.clip_faults.extend([Reply(200, whole, cut_after=draw.randrange(len(whole)))] * 3)
        if done.wait(TURN_SECONDS):
            return
        vendor.faults.clear()
        vendor.clip_faults.clear()


async def _attempts(server: Studio) -> list[video_pb2.Attempt]:
    found: list[video_pb2.Attempt] = []
    token = ""
    while True:
        page = await server.video.ListAttempts(
            video_pb2.ListAttemptsRequest(page_size=1000, page_token=token)
        )
        found += page.attempts
        token = page.next_page_token
        if not token:
            return found


def _authorised(attempts: list[video_pb2.Attempt], provider: str) -> int:
    """Attempts that a vendor may have accepted."""
    refused = video_pb2.ATTEMPT_STATE_REFUSED
    return sum(one.provider == provider and one.state != refused for one in attempts)


def _count(attempts: list[video_pb2.Attempt], provider: str) -> str:
    found = Counter(
        video_pb2.AttemptState.Name(one.state).removeprefix("ATTEMPT_STATE_").lower()
        + (f" ({one.trouble})" if one.trouble else "")
        for one in attempts
        if one.provider == provider
    )
    return ", ".join(f"{count} {name}" for name, count in found.most_common())
