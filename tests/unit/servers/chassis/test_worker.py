"""Worker processes answer, report, and take nothing with them when they fail."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

import servers
from servers.chassis.errors import DeadlineExceeded, Internal, InvalidArgument, ResourceExhausted
from servers.chassis.worker import Returned, WorkerPool, relay

MODULE = "tests.unit.servers.chassis.toy_worker"
Limit = 30.0


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(MODULE, size=2, idle_seconds=60)
    yield pool
    await pool.close()


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - another process' end can only be polled for
            await asyncio.sleep(0.01)


def test_a_worker_holds_nothing_of_a_server() -> None:
    """It would be as many megabytes again for each of them."""
    root = Path(servers.__file__).parent
    files = sorted(root.rglob("*_worker.py"))
    names = [".".join(("servers", *file.relative_to(root).with_suffix("").parts)) for file in files]
    assert "servers.compose.render_worker" in names
    program = "import importlib, sys\nfor name in sys.argv[1:]:\n importlib.import_module(name)\n"
    program += " assert 'grpc' not in sys.modules and 'pydantic' not in sys.modules, name"
    subprocess.run([sys.executable, "-c", program, *names], check=True)


async def test_a_call_is_answered_and_its_process_used_again(pool: WorkerPool) -> None:
    first = await pool.call("echo", {"text": "狐狸"}, timeout_seconds=Limit)
    second = await pool.call("echo", {"text": "fox"}, timeout_seconds=Limit)
    assert (first["text"], second["text"]) == ("狐狸", "fox")
    assert first["pid"] == second["pid"] != os.getpid()


async def test_reports_arrive_in_order_before_the_answer(pool: WorkerPool) -> None:
    seen = []
    async for item in relay(
        lambda report: pool.call("echo", {"steps": 3}, timeout_seconds=Limit, on_progress=report)
    ):
        seen.append("answer" if isinstance(item, Returned) else item["step"])
    assert seen == [0, 1, 2, "answer"]


async def test_refusals_name_the_field_and_leave_the_process_alive(pool: WorkerPool) -> None:
    before = await pool.call("echo", {}, timeout_seconds=Limit)
    with pytest.raises(InvalidArgument) as raised:
        await pool.call("refuse", {}, timeout_seconds=Limit)
    assert raised.value.violations == (("text", "must be spoken"),)
    assert (await pool.call("echo", {}, timeout_seconds=Limit))["pid"] == before["pid"]


async def test_a_failure_is_internal_and_tells_no_path(pool: WorkerPool) -> None:
    with pytest.raises(Internal) as raised:
        await pool.call("fail", {}, timeout_seconds=Limit)
    assert "story.txt" in raised.value.message
    assert "/home" not in raised.value.message


async def test_a_process_that_dies_is_told_and_replaced(pool: WorkerPool) -> None:
    with pytest.raises(Internal) as raised:
        await pool.call("die", {}, timeout_seconds=Limit)
    assert raised.value.reason == "WORKER_DIED"
    assert (await pool.call("echo", {"ok": 1}, timeout_seconds=Limit))["ok"] == 1


async def test_a_call_that_takes_too_long_ends_with_its_process(pool: WorkerPool) -> None:
    pids: list[dict[str, Any]] = []
    with pytest.raises(DeadlineExceeded):
        await pool.call("hang", {}, timeout_seconds=2, on_progress=pids.append)
    await until(lambda: not alive(pids[0]["pid"]) and not alive(pids[0]["child"]))


async def test_cancelling_kills_the_process_and_what_it_started(pool: WorkerPool) -> None:
    pids: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    call = asyncio.create_task(pool.call("hang", {}, timeout_seconds=600, on_progress=pids.put_nowait))
    started = await pids.get()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await until(lambda: not alive(started["pid"]) and not alive(started["child"]))


async def test_memory_is_bounded() -> None:
    pool = WorkerPool(MODULE, memory_bytes=2 << 30)
    with pytest.raises(ResourceExhausted) as raised:
        await pool.call("gobble", {}, timeout_seconds=Limit)
    assert raised.value.reason == "WORKER_MEMORY"
    await pool.close()


async def test_idle_processes_are_ended() -> None:
    pool = WorkerPool(MODULE, idle_seconds=0.01)
    answer = await pool.call("echo", {}, timeout_seconds=Limit)
    await until(lambda: not alive(answer["pid"]))
    assert (await pool.call("echo", {"ok": 1}, timeout_seconds=Limit))["ok"] == 1
    await pool.close()


async def test_no_more_processes_run_than_the_pool_has_room_for(pool: WorkerPool) -> None:
    answers = await asyncio.gather(*(pool.call("echo", {"n": n}, timeout_seconds=Limit) for n in range(8)))
    assert sorted(answer["n"] for answer in answers) == list(range(8))
    assert len({answer["pid"] for answer in answers}) <= 2
