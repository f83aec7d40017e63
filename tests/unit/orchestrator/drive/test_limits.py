"""Limits are never exceeded, nobody is forgotten, and who comes first goes first."""

from __future__ import annotations

import asyncio
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.drive.limits import Limiter
from tests.unit.orchestrator.conftest import eventually

SERVERS = ("tts", "imagegen", "compose")


@settings(max_examples=60)
@given(
    st.dictionaries(st.sampled_from(SERVERS), st.integers(1, 4)),
    st.integers(1, 6),
    st.lists(st.tuples(st.sampled_from(SERVERS), st.integers(0, 9), st.integers(0, 3), st.booleans())),
)
def test_limits_hold_whatever_happens(
    limits: dict[str, int], overall: int, calls: list[tuple[str, int, int, bool]]
) -> None:
    limiter = Limiter(limits, overall)
    running: Counter[str] = Counter()
    ended = 0

    async def call(server: str, priority: int, turns: int) -> None:
        nonlocal ended
        async with limiter.slot(server, priority=priority):
            running[server] += 1
            assert running.total() <= overall
            assert running[server] <= limits.get(server, overall)
            try:
                for _ in range(turns):
                    await asyncio.sleep(0)
            finally:
                running[server] -= 1
        ended += 1

    async def main() -> None:
        tasks = []
        for server, priority, turns, cancelled in calls:
            task = asyncio.create_task(call(server, priority, turns))
            tasks.append((task, cancelled))
            await asyncio.sleep(0)
        for task, cancelled in tasks:
            if cancelled:
                task.cancel()
        outcomes = await asyncio.gather(*(task for task, _ in tasks), return_exceptions=True)
        assert not any(isinstance(outcome, AssertionError) for outcome in outcomes)
        assert all(load.running == load.waiting == 0 for load in limiter.load().values())

    asyncio.run(main())
    assert ended >= sum(not cancelled for *_, cancelled in calls)


async def order_of(limiter: Limiter, wanted: list[tuple[str, int, str]]) -> list[int]:
    """The order in which calls are let in that all wait behind one that holds every slot."""
    order: list[int] = []

    async def call(number: int, server: str, priority: int, age: str) -> None:
        async with limiter.slot(server, priority=priority, age=age):
            order.append(number)
            await asyncio.sleep(0)

    async with limiter.slot("tts"):
        tasks = [asyncio.create_task(call(n, *one)) for n, one in enumerate(wanted)]
        await eventually(lambda: sum(load.waiting for load in limiter.load().values()) == len(wanted))
    await asyncio.gather(*tasks)
    return order


async def test_priority_goes_before_age_and_age_before_order() -> None:
    wanted = [("tts", 5, "b"), ("tts", 5, "a"), ("imagegen", 9, "z"), ("tts", 0, "0"), ("imagegen", 5, "a")]
    assert await order_of(Limiter({}, 1), wanted) == [2, 1, 4, 0, 3]


async def test_a_full_server_holds_back_no_other() -> None:
    limiter = Limiter({"tts": 1}, 2)
    async with limiter.slot("tts"):
        waiting = asyncio.create_task(limiter.slot("tts", priority=9).__aenter__())
        async with limiter.slot("imagegen", priority=0):
            assert not waiting.done()
    await waiting


async def test_a_closed_server_lets_nobody_in_until_its_time() -> None:
    limiter = Limiter({"tts": 4}, 8)
    limiter.close_for("tts", 0.05)
    limiter.close_for("tts", 0.01)  # the later end counts
    assert limiter.load()["tts"].closed
    begin = asyncio.get_running_loop().time()
    async with limiter.slot("tts"):
        assert asyncio.get_running_loop().time() - begin >= 0.049
    assert not limiter.load()["tts"].closed


async def test_limits_and_priorities_change_while_calls_wait() -> None:
    limiter = Limiter({"tts": 1}, 8)
    order: list[str] = []

    async def call(age: str) -> None:
        async with limiter.slot("tts", priority=5, age=age):
            order.append(age)
            await asyncio.sleep(0)

    async with limiter.slot("tts"):
        tasks = [asyncio.create_task(call(age)) for age in ("a", "b", "c")]
        await eventually(lambda: limiter.load()["tts"].waiting == 3)
        limiter.reprioritize("c", 9)
    await asyncio.gather(*tasks)
    assert order == ["c", "a", "b"]
    async with limiter.slot("tts"):
        limiter.change({"tts": 2}, 8)
        async with limiter.slot("tts"):
            assert limiter.load()["tts"].running == 2


async def test_a_call_cancelled_as_it_is_let_in_gives_its_slot_back() -> None:
    limiter = Limiter({"tts": 1}, 1)
    first = limiter.slot("tts")
    await first.__aenter__()
    waiting = asyncio.create_task(limiter.slot("tts").__aenter__())
    await asyncio.sleep(0)
    await first.__aexit__(None, None, None)  # lets the waiting one in ...
    waiting.cancel()  # ... which is cancelled before it runs
    await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(5):
        async with limiter.slot("tts"):
            pass
