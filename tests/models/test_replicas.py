"""Models in replicas of a real Ray cluster: what clients see is what they see of a server's own devices."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import pytest_asyncio

from reelmesh.imagegen.v1 import imagegen_pb2, imagegen_pb2_grpc
from reelmesh.imagegen.v1.imagegen_pb2 import GenerateRequest, Lora
from reelmesh.work.v1 import work_pb2, work_pb2_grpc
from servers.chassis import serve
from servers.chassis.conformance import LAWS, Case, Law, samples
from servers.chassis.errors import InvalidArgument, Unavailable
from servers.chassis.models.pool import ModelPool
from servers.chassis.models.replicas.executor import RayExecutor
from servers.chassis.models.spec import ModelSpec
from servers.chassis.settings import ModelSettings, Settings
from servers.imagegen.__main__ import SERVER
from servers.imagegen.diffusion.engine import DiffusersEngine
from servers.video.diffusion.provider import DiffusersProvider
from tests.mesh.films import Film
from tests.models import rays
from tests.models.rays import until
from tests.models.studio import Studio, apart
from tests.models.test_clips import film as clip_of

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    # Not by importing it: that would be before the cluster's own environment is there.
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason='the extra "ray" is not installed'),
]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where runners and tests tell each other things."""
    return tmp_path_factory.mktemp("told")


@pytest.fixture(autouse=True)
def nothing_told(told: Path) -> None:
    shutil.rmtree(told)
    told.mkdir()


@pytest.fixture(scope="module")
def cluster(told: Path) -> Iterator[rays.Cluster]:
    with rays.cluster(told) as started:
        yield started


@pytest.fixture(scope="module")
def options(models: Path) -> dict[str, Any]:
    return {
        "models": {name: {"path": str(models / name)} for name in ("flux", "sdxl")},
        "loras": {
            "ink": {"path": str(models / "flux-ink"), "models": ["flux"]},
            "oil": {"path": str(models / "flux-oil" / "pytorch_lora_weights.safetensors")},
        },
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def studio(cluster: rays.Cluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    executor = RayExecutor(rays.settings(cluster.address, max_replicas=2))
    yield Studio(tmp_path_factory.mktemp("store"), executor)
    await executor.close()


@pytest.fixture(scope="module")
def engine(studio: Studio, options: dict[str, Any]) -> DiffusersEngine:
    made = DiffusersEngine(options)
    made.use(studio.pool)
    return made


class Server:
    """A real ImageGen server on a socket, and its clients."""

    def __init__(self, running: serve.Running, channel: grpc.aio.Channel) -> None:
        self.running = running
        self.images = imagegen_pb2_grpc.ImageGenServiceStub(channel)
        self.work = work_pb2_grpc.WorkServiceStub(channel)

    async def draw(self, **fields: Any) -> list[imagegen_pb2.GenerateResponse]:
        small = {"prompt": "a fox", "width_pixels": 64, "height_pixels": 64, "steps": 2, "seed": 1}
        request = GenerateRequest(**{**small, **fields})
        return [response async for response in self.images.Generate(request)]

    async def devices(self) -> list[work_pb2.Device]:
        return list((await self.work.ListWork(work_pb2.ListWorkRequest())).devices)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(
    cluster: rays.Cluster, options: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Server]:
    settings = Settings(
        mesh={"home": tmp_path_factory.mktemp("home")},
        models=rays.settings(cluster.address, max_replicas=2),
        storage={"low_space_bytes": 0},
        imagegen={"options": {"diffusers": options}, "capacity": 16, "linger_seconds": 0},
    )
    running = await serve.start(SERVER, settings, "127.0.0.1:0")
    async with grpc.aio.insecure_channel(running.address) as channel:
        yield Server(running, channel)
    await running.stop(0)


@pytest.fixture
def gated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DiffusersEngine, "runner", "tests.models.runners:GatedRunner")


def toy(
    folder: Path, name: str, runner: str = "tests.unit.servers.chassis.models.toy_runner:ToyRunner"
) -> ModelSpec:
    return ModelSpec(name, "toy", runner, {"name": name, "journal": str(folder / "journal"), "size": 10})


def silent(_: dict[str, Any]) -> None:
    """Takes a report."""


async def test_a_picture_is_made_and_replicas_are_told_over_the_socket(server: Server) -> None:
    listed = await server.images.ListModels(imagegen_pb2.ListModelsRequest())
    assert ("diffusers", "flux", True) in [(one.engine, one.name, one.ready) for one in listed.models]
    *progress, last = await server.draw(steps=11, seed=7)
    assert progress[-1].progress.fraction > 0
    assert (last.result.provenance.engine, last.result.provenance.model) == ("diffusers", "flux")
    (device,) = await server.devices()
    assert device.name.endswith("/cpu")
    assert device.description.startswith("CPU of ")
    assert device.memory_total_bytes > device.memory_free_bytes > 0
    (model,) = device.models
    assert (model.name, model.engine, model.in_use) == ("flux", "diffusers", False)
    assert model.footprint_bytes > 100_000


async def test_progress_is_told_by_step_with_previews(studio: Studio, engine: DiffusersEngine) -> None:
    drawn = await studio.draw(engine, steps=11)
    steps = [report for report in drawn.progress if report.stage == "denoising"]
    assert [report.detail for report in steps] == [f"step {step} of 11" for step in range(1, 12)]
    previews = [report for report in steps if report.HasField("preview")]
    assert [report.detail for report in previews] == ["step 5 of 11", "step 10 of 11"]
    assert (await studio.pixels(previews[0].preview)).shape == (64, 64, 3)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
async def test_the_engine_keeps_the_law(studio: Studio, engine: DiffusersEngine, law: Law) -> None:
    request = (await samples("reelmesh.imagegen.engines", studio.assets))[0]
    assert isinstance(request, GenerateRequest)
    request.steps = 2
    await law(Case(engine, request, studio.assets))


async def test_pictures_are_those_of_a_server_s_own_devices(
    studio: Studio, engine: DiffusersEngine, options: dict[str, Any], told: Path, tmp_path: Path
) -> None:
    # Nothing that lies on the server's host may be named to a runner, but the models.
    (told / "near").write_text(f"{studio.folder} {options['loras']['ink']['path']} flux-oil")
    reference = await studio.stored(np.full((50, 80, 3), (200, 30, 40), dtype=np.int16))
    ways: list[dict[str, Any]] = [
        {},
        {"model": "sdxl", "width_pixels": 70, "height_pixels": 49, "negative_prompt": "grapes"},
        {"loras": [Lora(name="ink"), Lora(name="oil", weight=0.7)]},
        {"reference_image": reference, "reference_strength": 0.5, "steps": 4},
        {},
    ]
    far = DiffusersEngine(options)
    far.runner = "tests.models.runners:FarRunner"
    far.use(studio.pool)
    drawn = [await studio.draw(far, **way) for way in ways]
    pool = ModelPool(ModelSettings(devices=["cpu"], reserve_bytes=0))
    near = DiffusersEngine(options)
    near.use(pool)
    own = [await studio.draw(near, **way) for way in ways]
    await pool.close()
    for one, other in zip(drawn, own, strict=True):
        assert apart(one.picture, other.picture) <= 1
    assert len({one.picture.tobytes() for one in drawn}) == 4
    assert apart(drawn[0].picture, drawn[-1].picture) == 0  # the LoRAs came off to the bit


async def test_a_clip_comes_back_frame_by_frame(studio: Studio, models: Path) -> None:
    provider = DiffusersProvider({"models": {"svd": {"path": str(models / "svd"), "steps": 1}}})
    provider.use(studio.pool)
    picture = await studio.stored(np.full((96, 64, 3), 120, dtype=np.int16))
    result, progress, path = await clip_of(studio, provider, picture)
    assert result.duration.ToMilliseconds() == 500
    assert path.stat().st_size > 0
    assert any(one.detail.startswith("part") for one in progress)


async def test_what_a_runner_refuses_names_the_field(studio: Studio, told: Path) -> None:
    with pytest.raises(InvalidArgument) as raised:
        await studio.pool.run(toy(told, "fox"), {"word": "x", "refused": True}, silent)
    assert raised.value.violations == (("prompt", "must be kind"),)


async def test_a_cancelled_run_stops_within_a_step_and_frees_the_replica(
    server: Server, gated: None, told: Path
) -> None:
    call = server.images.Generate(
        GenerateRequest(
            prompt="unwanted", steps=400, request_id="unwanted", width_pixels=64, height_pixels=64
        )
    )
    await until((told / "steps").exists)
    await server.work.CancelWork(work_pb2.CancelWorkRequest(request_id="unwanted"))
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        [one async for one in call]
    assert raised.value.code() is grpc.StatusCode.CANCELLED

    wanted = asyncio.create_task(server.draw(prompt="wanted"))
    # It has the replica before the gate opens: the other one ended within its first step.
    await until(lambda: "wanted" in (told / "steps").read_text().split())
    (told / "gate").touch()
    await wanted
    assert (told / "steps").read_text().split() == ["unwanted", "wanted", "wanted"]


async def test_what_is_queued_together_is_drawn_together_and_more_replicas_come(
    server: Server, gated: None, told: Path
) -> None:
    gate = told / "gate"
    first = asyncio.create_task(server.draw(prompt="first", seed=0))
    await until((told / "steps").exists)
    others = [asyncio.create_task(server.draw(prompt=f"p{seed}", seed=seed)) for seed in range(1, 7)]

    async def two_with_a_queue() -> bool:
        devices = await server.devices()
        return len(devices) == 2 and max(device.queued for device in devices) >= 3

    await until(two_with_a_queue)
    gate.touch()
    batched = [(await one)[-1].result.images[0].asset.digest for one in (first, *others)]
    assert len(set(batched)) == 7
    # Those that waited in a replica were drawn together: the steps are told by the first of a batch alone.
    told_by = {line for line in (told / "steps").read_text().split() if line != "first"}
    assert len(told_by) < len(others)


async def test_a_replica_that_dies_is_replaced_and_the_picture_made(
    server: Server, monkeypatch: pytest.MonkeyPatch, told: Path
) -> None:
    monkeypatch.setattr(DiffusersEngine, "runner", "tests.models.runners:KillingRunner")
    (told / "deaths").write_text("1")
    made = await server.draw(seed=3)
    assert (told / "deaths").read_text() == "0"
    again = await server.draw(seed=3)
    assert made[-1].result.images[0].asset == again[-1].result.images[0].asset


async def test_a_run_that_kills_its_replicas_is_unavailable_and_the_next_one_served(
    studio: Studio, told: Path
) -> None:
    killer = toy(told, "killer", "tests.models.killing:KillingToy")
    (told / "deaths").write_text("3")
    with pytest.raises(Unavailable) as raised:
        await studio.pool.run(killer, {"word": "x"}, silent)
    assert raised.value.retryable
    assert (told / "deaths").read_text() == "1"  # it was repeated once
    assert (await studio.pool.run(killer, {"word": "y"}, silent))["word"] == "y"


async def test_runs_go_where_their_model_lies(studio: Studio, told: Path) -> None:
    journal = told / "journal"
    journal.touch()

    async def loads(spec: ModelSpec) -> bool:
        before = journal.read_text().count("load ")
        await studio.pool.run(spec, {"word": "x"}, silent)
        return journal.read_text().count("load ") > before

    # Two replicas hold one model each. Ray Serve needs a moment to tell where; then none is loaded again.
    quiet = 0
    for number in range(80):
        quiet = 0 if await loads(toy(told, "ab"[number % 2])) else quiet + 1
        if quiet == 12:
            break
    assert quiet == 12
    assert await loads(toy(told, "c"))
    assert "close" in journal.read_text()  # one made room


async def test_where_there_is_no_cluster_it_says_what_to_do() -> None:
    executor = RayExecutor(rays.settings("127.0.0.1:9"))
    with pytest.raises(Unavailable) as raised:
        await executor.run(toy(Path("/nowhere"), "fox"), {"word": "x"}, silent)
    assert raised.value.reason == "RAY_UNREACHABLE"
    assert "ray start --head" in raised.value.message
    assert await executor.devices() == ()
    await executor.close()


async def test_a_film_is_made_with_the_settings_that_are_shown(
    cluster: rays.Cluster, models: Path, tmp_path: Path, own_settings: Path
) -> None:
    (tmp_path / "story.txt").write_text("A fox saw some grapes.")
    arguments = ["make", "story.txt", "--size", "180x320", "--fps", "10", "--json"]
    own = {
        "REELMESH_CONFIG": str(Path("deploy/ray/reelmesh.yaml").absolute()),
        "REELMESH_MODELS__RAY__ADDRESS": cluster.address,
    }
    ended = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "reelmesh.cli", *arguments, "--engine", f"image=diffusers:{models / 'flux'}"],
        cwd=tmp_path,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    film = Film(tmp_path / "story.mp4")
    assert film.errors() == ""
    log = (own_settings / "logs" / "imagegen.log").read_text()
    assert '"engine": "diffusers"' in log
    assert "model loaded" not in log  # it was loaded in a replica, not by the server


async def test_a_cluster_that_goes_away_leaves_the_server_up(
    cluster: rays.Cluster, server: Server, gated: None, told: Path
) -> None:
    drawing = asyncio.create_task(server.draw(prompt="lost"))
    await until((told / "steps").exists)
    cluster.kill()
    for call in (drawing, server.draw()):
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await call
        assert raised.value.code() is grpc.StatusCode.UNAVAILABLE
    assert "ray start --head" in (raised.value.details() or "")
    assert await server.devices() == []
