"""What goes wrong with real pipelines: cancelled runs, memory that runs out, processes that die."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from reelmesh.common.v1.progress_pb2 import Progress
from servers.chassis.models.pool import ModelPool
from servers.chassis.settings import ModelSettings
from servers.imagegen.diffusion.engine import DiffusersEngine
from tests.models.runners import FOLDER
from tests.models.studio import Studio, apart


@pytest.fixture
async def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    (tmp_path / "told").mkdir()
    monkeypatch.setenv(FOLDER, str(tmp_path / "told"))
    pool = ModelPool(ModelSettings(devices=["cpu"], reserve_bytes=0))
    yield Studio(tmp_path / "store", pool)
    await pool.close()


def engine(studio: Studio, models: Path, runner: str = "") -> DiffusersEngine:
    made = DiffusersEngine({"models": {"flux": {"path": str(models / "flux")}}})
    if runner:
        made.runner = f"tests.models.runners:{runner}"
    made.use(studio.pool)
    return made


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(300):
        while not condition():  # noqa: ASYNC110 - another process' deeds can only be polled for
            await asyncio.sleep(0.01)


async def test_a_cancelled_run_stops_within_a_step_and_frees_the_device(
    studio: Studio, models: Path, tmp_path: Path
) -> None:
    gated, steps = engine(studio, models, "GatedRunner"), tmp_path / "told" / "steps"
    run = asyncio.create_task(studio.draw(gated, prompt="unwanted", steps=400))
    await until(steps.exists)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    await until(lambda: studio.pool.state()[0].running == 0)
    (tmp_path / "told" / "gate").touch()
    await studio.draw(gated, prompt="wanted", steps=2)
    assert steps.read_text().split() == ["unwanted", "wanted", "wanted"]
    assert studio.pool.state()[0].restarts == 0


async def test_out_of_memory_is_tried_once_more_with_savers_on(studio: Studio, models: Path) -> None:
    small = {"width_pixels": 32, "height_pixels": 32}  # a single tile, so that tiling changes nothing
    plain = await studio.draw(engine(studio, models), **small)
    saved = await studio.draw(engine(studio, models, "HungryRunner"), **small)
    assert apart(plain.picture, saved.picture) <= 2
    # The other model had to make room, and the process goes on.
    (state,) = studio.pool.state()
    assert len(state.models) == 1
    assert state.restarts == 0


async def test_a_process_that_dies_mid_run_is_replaced_and_the_picture_made(
    studio: Studio, models: Path, tmp_path: Path
) -> None:
    dying = engine(studio, models, "DyingRunner")
    seen: list[Progress] = []
    first, second = await asyncio.gather(studio.draw(dying, seen.append, seed=1), studio.draw(dying, seed=2))
    assert (tmp_path / "told" / "died").exists()
    assert [report.stage for report in seen].count("loading") == 2
    assert studio.pool.state()[0].restarts == 1
    assert apart(first.picture, second.picture) > 0


async def test_models_make_room_for_one_another_by_their_measured_size(tmp_path: Path, models: Path) -> None:
    pool = ModelPool(ModelSettings(devices=["cpu"], reserve_bytes=0))
    studio = Studio(tmp_path / "store", pool)
    names = ("flux", "sd3", "sdxl")
    made = DiffusersEngine({"models": {name: {"path": str(models / name)} for name in names}})
    made.use(pool)
    for name in names:
        await studio.draw(made, model=name)
    measured = {held.name: held.footprint_bytes for held in pool.state()[0].models}
    await pool.close()
    assert measured["sdxl"] > measured["sd3"] > measured["flux"] > 100_000

    # A little more than the two: how large a model is was told by its files before it was loaded.
    bound = {"cpu": int(1.05 * (measured["sdxl"] + measured["flux"]))}
    tight = ModelPool(ModelSettings(devices=["cpu"], reserve_bytes=0, memory_bytes=bound))
    made.use(tight)
    first = await studio.draw(made, model="flux")
    for model, held in (("sdxl", ["sdxl", "flux"]), ("sd3", ["sd3"]), ("flux", ["flux", "sd3"])):
        drawn = await studio.draw(made, model=model)
        assert [one.name for one in tight.state()[0].models] == held
    assert apart(first.picture, drawn.picture) == 0
    await tight.close()
