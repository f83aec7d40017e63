"""Slots: limits are never exceeded, nobody is forgotten, and who comes first goes first."""

from __future__ import annotations

import asyncio
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.drive.limits import Limiter
from orchestrator.pure.fairness import Limit
from tests.unit.orchestrator.conftest import eventually

SERVERS = ("tts", "imagegen", "compose")


def limiter(overall: int = 64, **services: int) -> Limiter:
    return Limiter(
        {"overall": Limit(overall), **{f"service/{name}": Limit(n) for name, n in services.items()}}
    )


def waiting(limits: Limiter, name: str = "overall") -> int:
    usage = limits.usage().get(name)
    return usage.waiting if usage is not None else 0


@settings(max_examples=60)
@given(
    st.dictionaries(st.sampled_from(SERVERS), st.integers(1, 4)),
    st.integers(1, 6),
    st.lists(st.tuples(st.sampled_from(SERVERS), st.integers(0, 9), st.integers(0, 3), st.booleans())),
)
def test_limits_hold_whatever_happens(
    services: dict[str, int], overall: int, calls: list[tuple[str, int, int, bool]]
) -> None:
    running: Counter[str] = Counter()
    ended = 0

    async def call(limits: Limiter, server: str, priority: int, turns: int) -> None:
        nonlocal ended
        async with limits.slot(server, priority=priority):
            running[server] += 1
            assert running.total() <= overall
            assert running[server] <= services.get(server, overall)
            try:
                for _ in range(turns):
                    await asyncio.sleep(0)
            finally:
                running[server] -= 1
        ended += 1

    async def main() -> None:
        limits = limiter(overall, **services)
        tasks = []
        for server, priority, turns, cancelled in calls:
            task = asyncio.create_task(call(limits, server, priority, turns))
            tasks.append((task, cancelled))
            await asyncio.sleep(0)
        for task, cancelled in tasks:
            if cancelled:
                task.cancel()
        outcomes = await asyncio.gather(*(task for task, _ in tasks), return_exceptions=True)
        assert not any(isinstance(outcome, AssertionError) for outcome in outcomes)
        assert all(usage.running == usage.waiting == 0 for usage in limits.usage().values())

    asyncio.run(main())
    assert ended >= sum(not cancelled for *_, cancelled in calls)


async def order_of(limits: Limiter, wanted: list[tuple[str, int, str]]) -> list[int]:
    """The order in which calls are let in that all wait behind one that holds every slot."""
    order: list[int] = []

    async def call(number: int, server: str, priority: int, age: str) -> None:
        async with limits.slot(server, priority=priority, age=age):
            order.append(number)
            await asyncio.sleep(0)

    async with limits.slot("tts"):
        tasks = [asyncio.create_task(call(n, *one)) for n, one in enumerate(wanted)]
        await eventually(lambda: waiting(limits) == len(wanted))
    await asyncio.gather(*tasks)
    return order


async def test_priority_goes_before_age_and_age_before_order() -> None:
    wanted = [("tts", 5, "b"), ("tts", 5, "a"), ("imagegen", 9, "z"), ("tts", 0, "0"), ("imagegen", 5, "a")]
    assert await order_of(limiter(1), wanted) == [2, 1, 4, 0, 3]


async def test_a_full_server_holds_back_no_other() -> None:
    limits = limiter(2, tts=1)
    async with limits.slot("tts"):
        held = asyncio.create_task(limits.slot("tts", priority=9).__aenter__())
        async with limits.slot("imagegen", priority=0):
            assert not held.done()
    await held


async def test_an_engine_that_is_closed_holds_back_its_calls_alone() -> None:
    limits = limiter()
    limits.close_for("engine/video/kling", 3600)
    held = asyncio.create_task(limits.slot("video", engine="kling").__aenter__())
    await asyncio.sleep(0)
    async with limits.slot("video", engine="motion"):
        assert not held.done()
    held.cancel()


async def test_a_closed_server_lets_nobody_in_until_its_time() -> None:
    limits = limiter(8, tts=4)
    limits.close_for("service/tts", 0.05)
    limits.close_for("service/tts", 0.01)  # the later end counts
    begin = asyncio.get_running_loop().time()
    async with limits.slot("tts"):
        assert asyncio.get_running_loop().time() - begin >= 0.049


async def test_limits_and_priorities_change_while_calls_wait() -> None:
    limits = limiter(8, tts=1)
    order: list[str] = []

    async def call(age: str) -> None:
        async with limits.slot("tts", priority=5, age=age):
            order.append(age)
            await asyncio.sleep(0)

    async with limits.slot("tts"):
        tasks = [asyncio.create_task(call(age)) for age in ("a", "b", "c")]
        await eventually(lambda: waiting(limits, "service/tts") == 3)
        limits.reprioritize("c", 9)
    await asyncio.gather(*tasks)
    assert order == ["c", "a", "b"]
    async with limits.slot("tts"):
        limits.change({"service/tts": Limit(2)})
        async with limits.slot("tts"):
            assert limits.usage()["service/tts"].running == 2


async def test_a_paused_owner_waits_and_goes_on() -> None:
    limits = Limiter({"owner/ann": Limit(paused=True)})
    held = asyncio.create_task(limits.slot("tts", owner="ann").__aenter__())
    async with limits.slot("tts", owner="bob"):
        assert not held.done()
    limits.change({})
    await held


async def test_a_call_cancelled_as_it_is_let_in_gives_its_slot_back() -> None:
    limits = limiter(1, tts=1)
    first = limits.slot("tts")
    await first.__aenter__()
    held = asyncio.create_task(limits.slot("tts").__aenter__())
    await asyncio.sleep(0)
    await first.__aexit__(None, None, None)  # lets the waiting one in ...
    held.cancel()  # ... which is cancelled before it runs
    await asyncio.gather(held, return_exceptions=True)
    async with asyncio.timeout(5):
        async with limits.slot("tts"):
            pass


async def test_who_does_not_know_which_jobs_are_its_own_begins_no_call() -> None:
    """A replica that was stopped and wakes up: calls that waited, and new ones, wait for its next renewal."""
    limits, clock = limiter(1), asyncio.get_running_loop().time
    begun: list[str] = []

    async def call(name: str) -> None:
        async with limits.slot("tts", age=name):
            begun.append(name)

    limits.trust(clock() + 60)
    async with limits.slot("tts"):
        waited = asyncio.create_task(call("waited"))
        await eventually(lambda: waiting(limits) == 1)
        limits.trust(clock() - 1)  # it was stopped for so long
    new = asyncio.create_task(call("new"))
    await eventually(lambda: waiting(limits) == 2)
    assert begun == []
    waited.cancel()  # renewing its leases told that this job is another's now
    limits.trust(clock() + 60)
    await new
    assert begun == ["new"]
