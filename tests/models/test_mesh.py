"""Diffusion models behind the servers: the contract's view, health while a model loads, a whole film."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from reelmesh.imagegen.v1 import imagegen_pb2, imagegen_pb2_grpc
from reelmesh.work.v1 import work_pb2, work_pb2_grpc
from servers.chassis import serve
from servers.chassis.settings import Settings
from servers.imagegen.__main__ import SERVER
from tests.mesh.films import Film


@pytest.fixture
async def channel(
    models: Path, sockets: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[grpc.aio.Channel]:
    options = {
        "diffusers": {"models": {"flux": {"path": str(models / "flux"), "pinned": True, "warm": True}}}
    }
    monkeypatch.setenv("REELMESH_IMAGEGEN__OPTIONS", json.dumps(options))
    monkeypatch.setenv("REELMESH_MODELS__DEVICES", '["cpu"]')
    monkeypatch.setenv("REELMESH_STORAGE__LOW_SPACE_BYTES", "0")
    running = await serve.start(SERVER, Settings(), f"unix:{sockets}/imagegen")
    async with grpc.aio.insecure_channel(running.address) as channel:
        yield channel
    await running.stop(0)


async def test_devices_and_models_are_told_and_health_answers_while_they_load(
    channel: grpc.aio.Channel,
) -> None:
    health = health_pb2_grpc.HealthStub(channel)
    work = work_pb2_grpc.WorkServiceStub(channel)
    answered = 0
    async with asyncio.timeout(300):
        while (
            not (devices := (await work.ListWork(work_pb2.ListWorkRequest())).devices)
            or not devices[0].models
        ):
            await health.Check(health_pb2.HealthCheckRequest())
            answered += 1
            await asyncio.sleep(0.01)
    assert answered > 10  # importing torch alone takes longer than ten answers
    (device,) = devices
    assert (device.name, device.description) == ("cpu", "CPU")
    assert device.memory_total_bytes > device.memory_free_bytes > 0
    (model,) = device.models
    assert (model.name, model.engine, model.pinned, model.in_use) == ("flux", "diffusers", True, False)
    assert model.footprint_bytes > 100_000

    stub = imagegen_pb2_grpc.ImageGenServiceStub(channel)
    request = imagegen_pb2.GenerateRequest(prompt="a fox", width_pixels=64, height_pixels=96, seed=1, steps=2)
    *_, last = [response async for response in stub.Generate(request)]
    assert last.result.provenance.engine == "diffusers"  # the settings name a model, so it is the default
    assert last.result.provenance.model == "flux"
    listed = await stub.ListModels(imagegen_pb2.ListModelsRequest())
    assert ("diffusers", "flux", True) in [(one.engine, one.name, one.ready) for one in listed.models]


def test_a_film_is_made_with_models_that_the_command_names(
    models: Path, tmp_path: Path, own_settings: Path
) -> None:
    (tmp_path / "story.txt").write_text("A fox saw some grapes. They hung high, and it went away.")
    arguments = ["make", "story.txt", "--size", "180x320", "--fps", "10", "--animate", "1", "--json"]
    arguments += ["--engine", f"image=diffusers:{models / 'flux'}", "--engine", "video=diffusers:small"]
    small = {"path": str(models / "svd"), "steps": 2}
    settings = {
        "REELMESH_MODELS__DEVICES": '["cpu"]',
        "REELMESH_IMAGEGEN__CAPACITY": "4",
        "REELMESH_VIDEO__OPTIONS": json.dumps({"diffusers": {"models": {"small": small}}}),
    }
    ended = subprocess.run(
        [sys.executable, "-m", "reelmesh.cli", *arguments],
        cwd=tmp_path,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    film = Film(tmp_path / "story.mp4")
    assert film.errors() == ""
    assert film.frames().shape[1:] == (320, 180, 3)
    for server in ("imagegen", "video"):
        log = (own_settings / "logs" / f"{server}.log").read_text()
        assert "model loaded" in log, server
        assert '"engine": "diffusers"' in log, server
