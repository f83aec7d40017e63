"""The pool with real worker processes: placing, sharing, making room, running out of memory, dying."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from servers.chassis.errors import (
    FailedPrecondition,
    Internal,
    InvalidArgument,
    ResourceExhausted,
    Unavailable,
)
from servers.chassis.models.pool import ModelPool
from servers.chassis.models.spec import ModelSpec
from servers.chassis.settings import ModelSettings

RUNNER = "tests.unit.servers.chassis.models.toy_runner:ToyRunner"


class Bench:
    """A pool, its models, and what has happened to them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pools: list[ModelPool] = []

    def pool(self, *devices: str, **settings: Any) -> ModelPool:
        given = ModelSettings(devices=list(devices) or ["cpu"], reserve_bytes=0, **settings)
        self.pools.append(ModelPool(given))
        return self.pools[-1]

    def spec(self, name: str, *, pinned: bool = False, expected: int = 0, **load: Any) -> ModelSpec:
        told = {"name": name, "journal": str(self.folder / "journal"), **load}
        return ModelSpec(name, "toy", RUNNER, told, pinned=pinned, expected_bytes=expected)

    def journal(self) -> list[str]:
        path = self.folder / "journal"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    yield made
    for pool in made.pools:
        await pool.close()


def silent(_: dict[str, Any]) -> None:
    """Takes a report."""


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - another process' deeds can only be polled for
            await asyncio.sleep(0.01)


async def test_a_model_is_loaded_once_for_all_who_wait(bench: Bench) -> None:
    pool, fox = bench.pool(), bench.spec("fox", size=10)
    answers = await asyncio.gather(*(pool.run(fox, {"word": str(n)}, silent) for n in range(3)))
    assert [answer["word"] for answer in answers] == ["0", "1", "2"]
    assert bench.journal() == ["load fox", "run fox 0", "run fox 1", "run fox 2"]


async def test_reports_tell_of_waiting_loading_and_running(bench: Bench) -> None:
    pool, fox = bench.pool(), bench.spec("fox")
    first: list[str] = []
    second: list[str] = []
    await asyncio.gather(
        pool.run(fox, {"word": "a"}, lambda told: first.append(told["stage"])),
        pool.run(fox, {"word": "b"}, lambda told: second.append(told["stage"])),
    )
    assert first == ["loading", "running"]
    assert second == ["queued", "running"]


async def test_files_are_given_to_a_runner_by_their_paths(bench: Bench) -> None:
    pool, fox = bench.pool(), bench.spec("fox")
    answer = await pool.run(fox, {"word": Path("/tmp/a"), "more": [{"deep": Path("b")}]}, silent)
    assert answer["word"] == "/tmp/a"


async def test_what_waits_and_goes_together_runs_together(bench: Bench) -> None:
    pool, fox, go = bench.pool(), bench.spec("fox"), bench.folder / "go"
    seen: list[str] = []
    first = asyncio.create_task(pool.run(fox, {"word": "first", "until": str(go)}, silent))
    await until(lambda: "run fox first" in bench.journal())
    others = [
        asyncio.create_task(
            pool.run(
                fox, {"word": word}, lambda told: seen.append(told.get("word", "")), batch_key=key, most=2
            )
        )
        for word, key in (("a", "small"), ("b", "large"), ("c", "small"), ("d", "small"))
    ]
    await until(lambda: pool.state()[0].queued == 4)
    go.touch()
    answers = await asyncio.gather(first, *others)
    assert [answer["word"] for answer in answers] == ["first", "a", "b", "c", "d"]
    assert bench.journal()[2:] == ["run fox a+c", "run fox b", "run fox d"]
    assert sorted(filter(None, seen)) == ["a", "b", "c", "d"]  # each was told of its own alone


async def test_the_least_recently_used_model_makes_room(bench: Bench) -> None:
    pool = bench.pool(memory_bytes={"cpu": 100})
    for name in ("a", "b", "a", "c", "a"):
        await pool.run(bench.spec(name, size=40, expected=40), {"word": "x"}, silent)
    assert [line for line in bench.journal() if not line.startswith("run")] == [
        "load a",
        "load b",
        "close b",
        "load c",
    ]
    held = pool.state()[0].models
    assert [(one.name, one.footprint_bytes) for one in held] == [("a", 40), ("c", 40)]


async def test_a_device_holds_no_more_models_than_it_may(bench: Bench) -> None:
    pool = bench.pool(most_models=2)
    for name in ("a", "b", "a", "c"):
        await pool.run(bench.spec(name, size=1), {"word": "x"}, silent)
    assert [held.name for held in pool.state()[0].models] == ["c", "a"]
    assert "close b" in bench.journal()


async def test_a_model_in_use_is_not_let_go_and_a_pinned_one_never(bench: Bench) -> None:
    pool, go = bench.pool(memory_bytes={"cpu": 100}), bench.folder / "go"
    pinned = bench.spec("pinned", size=30, pinned=True)
    busy = bench.spec("busy", size=60)
    await pool.run(pinned, {"word": "x"}, silent)
    first = asyncio.create_task(pool.run(busy, {"word": "x", "until": str(go)}, silent))
    await until(lambda: "run busy x" in bench.journal())
    assert [held.name for held in pool.state()[0].models if held.in_use] == ["busy"]
    second = asyncio.create_task(pool.run(bench.spec("new", size=60, expected=60), {"word": "y"}, silent))
    await until(lambda: pool.state()[0].queued == 1)
    assert "close busy" not in bench.journal()
    go.touch()
    await asyncio.gather(first, second)
    assert bench.journal()[-3:] == ["close busy", "load new", "run new y"]
    assert {held.name for held in pool.state()[0].models} == {"new", "pinned"}


async def test_out_of_memory_makes_room_and_tries_once_more_smaller(bench: Bench) -> None:
    pool = bench.pool()
    await pool.run(bench.spec("other"), {"word": "x"}, silent)
    answer = await pool.run(bench.spec("fox"), {"word": "y", "hungry": "once"}, silent)
    assert answer["word"] == "y"
    assert bench.journal()[2:] == ["load fox", "run fox y", "close other", "run fox y smaller"]


async def test_a_batch_that_is_too_large_is_run_one_by_one_and_remembered(bench: Bench) -> None:
    pool, fox = bench.pool(), bench.spec("fox")
    for round_ in ("first", "second"):
        gate = bench.folder / round_
        held = asyncio.create_task(pool.run(fox, {"word": round_, "until": str(gate)}, silent))
        await until(lambda word=round_: f"run fox {word}" in bench.journal())
        waiting = [
            asyncio.create_task(pool.run(fox, {"word": w, "room": 1}, silent, batch_key="k", most=4))
            for w in "ab"
        ]
        await until(lambda: pool.state()[0].queued == 2)
        gate.touch()
        await asyncio.gather(held, *waiting)
    runs = [line for line in bench.journal() if line.startswith("run")]
    assert runs == [
        "run fox first",
        "run fox a+b",
        "run fox a",
        "run fox b",
        "run fox second",
        "run fox a",
        "run fox b",
    ]


async def test_a_model_that_never_fits_is_resource_exhausted(bench: Bench) -> None:
    pool = bench.pool()
    for spec, arguments in (
        (bench.spec("whale", too_large="always"), {"word": "x"}),
        (bench.spec("fox"), {"word": "x", "hungry": "always"}),
    ):
        with pytest.raises(ResourceExhausted) as raised:
            await pool.run(spec, arguments, silent)
        assert raised.value.reason == "DEVICE_MEMORY"
        assert raised.value.retryable
    assert (await pool.run(bench.spec("fox"), {"word": "y"}, silent))["word"] == "y"


async def test_a_model_too_large_to_load_is_loaded_smaller(bench: Bench) -> None:
    pool = bench.pool()
    await pool.run(bench.spec("fox", too_large="at first"), {"word": "x"}, silent)
    assert bench.journal() == ["load fox", "load fox smaller", "run fox x smaller"]


async def test_a_process_that_dies_takes_nothing_down_and_the_run_is_repeated(bench: Bench) -> None:
    pool, fox = bench.pool(), bench.spec("fox")
    before = await pool.run(fox, {"word": "x"}, silent)
    killer = pool.run(fox, {"word": "y", "dies": str(bench.folder / "died")}, silent)
    bystander = pool.run(fox, {"word": "z"}, silent)
    again, other = await asyncio.gather(killer, bystander)
    assert (again["word"], other["word"]) == ("y", "z")
    assert again["pid"] == other["pid"] != before["pid"]
    assert pool.state()[0].restarts == 1


async def test_a_run_that_kills_every_process_is_given_up_alone(bench: Bench) -> None:
    pool, fox = bench.pool(), bench.spec("fox")
    killer = asyncio.create_task(pool.run(fox, {"word": "y", "dies_always": True}, silent))
    bystander = asyncio.create_task(pool.run(fox, {"word": "z"}, silent))
    with pytest.raises(Internal) as raised:
        await killer
    assert raised.value.reason == "WORKER_DIED"
    assert (await bystander)["word"] == "z"


async def test_one_of_a_batch_that_is_refused_does_not_spoil_the_others(bench: Bench) -> None:
    pool, fox, go = bench.pool(), bench.spec("fox"), bench.folder / "go"
    first = asyncio.create_task(pool.run(fox, {"word": "first", "until": str(go)}, silent))
    await until(lambda: "run fox first" in bench.journal())
    good = asyncio.create_task(pool.run(fox, {"word": "good"}, silent, batch_key="k", most=2))
    bad = asyncio.create_task(pool.run(fox, {"word": "bad", "refused": True}, silent, batch_key="k", most=2))
    await until(lambda: pool.state()[0].queued == 2)
    go.touch()
    assert (await good)["word"] == "good"
    with pytest.raises(InvalidArgument) as raised:
        await bad
    assert raised.value.violations == (("prompt", "must be kind"),)
    await first


async def test_cancelling_stops_the_run_at_its_next_step_and_keeps_the_model(bench: Bench) -> None:
    pool, fox = bench.pool(), bench.spec("fox")
    before = await pool.run(fox, {"word": "x"}, silent)
    running = asyncio.create_task(pool.run(fox, {"word": "endless", "until": "/nowhere"}, silent))
    await until(lambda: "run fox endless" in bench.journal())
    waiting = asyncio.create_task(pool.run(fox, {"word": "never"}, silent))
    await until(lambda: pool.state()[0].queued == 1)
    waiting.cancel()
    running.cancel()
    await asyncio.gather(running, waiting, return_exceptions=True)
    after = await pool.run(fox, {"word": "y"}, silent)
    assert after["pid"] == before["pid"]
    assert bench.journal() == ["load fox", "run fox x", "run fox endless", "run fox y"]


async def test_one_of_a_batch_may_leave_without_the_others(bench: Bench) -> None:
    pool, fox, go, on = bench.pool(), bench.spec("fox"), bench.folder / "go", bench.folder / "on"
    first = asyncio.create_task(pool.run(fox, {"word": "first", "until": str(go)}, silent))
    await until(lambda: "run fox first" in bench.journal())
    both = [
        asyncio.create_task(pool.run(fox, {"word": w, "until": str(on)}, silent, batch_key="k", most=2))
        for w in "ab"
    ]
    await until(lambda: pool.state()[0].queued == 2)
    go.touch()
    await until(lambda: "run fox a+b" in bench.journal())
    both[0].cancel()
    await asyncio.gather(both[0], return_exceptions=True)
    on.touch()
    assert (await both[1])["word"] == "b"
    await first


async def test_a_run_goes_where_its_model_lies_and_elsewhere_when_that_is_too_busy(bench: Bench) -> None:
    pool, go = bench.pool("cpu:0", "cpu:1"), bench.folder / "go"
    fox, cat = bench.spec("fox"), bench.spec("cat")
    home = (await pool.run(fox, {"word": "x"}, silent))["device"]
    other = (await pool.run(cat, {"word": "x"}, silent))["device"]
    assert other != home  # where most memory is free
    assert (await pool.run(fox, {"word": "y"}, silent))["device"] == home
    assert (await pool.run(cat, {"word": "y"}, silent))["device"] == other
    many = [asyncio.create_task(pool.run(fox, {"word": str(n), "until": str(go)}, silent)) for n in range(5)]
    await until(lambda: sum(state.queued + state.running for state in pool.state()) == 5)
    go.touch()
    assert {answer["device"] for answer in await asyncio.gather(*many)} == {"cpu:0", "cpu:1"}


async def test_a_run_goes_where_there_is_room(bench: Bench) -> None:
    pool = bench.pool("cpu:0", "cpu:1", memory_bytes={"cpu:0": 10, "cpu:1": 1000})
    for name in ("warm", "warmer"):  # both have told of their memory then
        await asyncio.gather(
            *(pool.run(bench.spec(f"{name}{n}", size=5), {"word": "x"}, silent) for n in range(2))
        )
    big = bench.spec("big", size=500, expected=500)
    assert (await pool.run(big, {"word": "x"}, silent))["device"] == "cpu:1"


async def test_a_model_is_warmed_up_before_anybody_asks(bench: Bench) -> None:
    pool, fox = bench.pool(), bench.spec("fox", pinned=True)
    pool.warm(fox)
    await until(lambda: bool(pool.state()) and bool(pool.state()[0].models))
    assert bench.journal() == ["load fox"]
    assert pool.state()[0].models[0].pinned
    await pool.run(fox, {"word": "x"}, silent)
    assert bench.journal() == ["load fox", "run fox x"]


async def test_a_device_without_work_is_let_go(bench: Bench) -> None:
    pool, fox = bench.pool(idle_seconds=0.05), bench.spec("fox")
    before = await pool.run(fox, {"word": "x"}, silent)
    await until(lambda: not pool.state()[0].models)
    after = await pool.run(fox, {"word": "y"}, silent)
    assert after["pid"] != before["pid"]
    assert pool.state()[0].restarts == 0


async def test_another_server_lets_go_of_what_it_does_not_use(bench: Bench, tmp_path: Path) -> None:
    pools = [ModelPool(ModelSettings(devices=["cpu"], reserve_bytes=0), tmp_path / "wishes") for _ in "ab"]
    bench.pools.extend(pools)
    idle = await pools[0].run(bench.spec("idle"), {"word": "x"}, silent)
    answer = await pools[1].run(bench.spec("large"), {"word": "y", "beside": idle["pid"]}, silent)
    assert answer["word"] == "y"
    assert pools[0].state()[0].models == []
    again = await pools[0].run(bench.spec("idle"), {"word": "z"}, silent)
    assert again["pid"] != idle["pid"]


async def test_what_a_model_lacks_is_a_failed_precondition(bench: Bench) -> None:
    with pytest.raises(FailedPrecondition) as raised:
        await bench.pool().run(bench.spec("fox", lacks="install foxes"), {"word": "x"}, silent)
    assert "install foxes" in raised.value.message


async def test_closing_tells_those_who_wait(bench: Bench) -> None:
    pool, fox = bench.pool(), bench.spec("fox")
    runs = [asyncio.create_task(pool.run(fox, {"word": word, "until": "/nowhere"}, silent)) for word in "ab"]
    await until(lambda: "run fox a" in bench.journal())
    await pool.close()
    for run in runs:
        with pytest.raises(Unavailable):
            await run


async def test_devices_are_discovered(bench: Bench) -> None:
    pool = ModelPool(ModelSettings(reserve_bytes=0))
    bench.pools.append(pool)
    assert pool.state() == []
    await pool.run(bench.spec("fox"), {"word": "x"}, silent)
    assert pool.state()[0].name in ("cpu", "cuda:0", "mps")
    assert pool.state()[0].total_bytes > 0
