"""Enlarging by a model: a tiny ESRGAN, built with spandrel's own class; squares, sizes, clips."""

from __future__ import annotations

import pickle
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import pytest_asyncio
import torch
from PIL import Image
from safetensors.torch import save_file

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.imagegen.v1.imagegen_pb2 import UpscaleRequest, UpscaleResult
from servers.chassis.conformance import LAWS, Case, Law, samples, served
from servers.chassis.errors import FailedPrecondition, InvalidArgument
from servers.chassis.models.pool import ModelPool
from servers.chassis.servicer import Desk
from servers.chassis.settings import ModelSettings
from servers.imagegen.upscaling.runner import UpscaleRunner, _without_torchvision
from servers.imagegen.upscaling.spandrel import SpandrelEngine
from tests.models.studio import OWNER, Pixels, Studio, apart

pytestmark = pytest.mark.asyncio(loop_scope="module")
SCALE = 2


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny ESRGAN, as safetensors and as torch saves it."""
    with _without_torchvision():
        from spandrel.architectures.ESRGAN import ESRGAN
    torch.manual_seed(7)
    model = ESRGAN(num_filters=8, num_blocks=1, scale=SCALE)
    folder = tmp_path_factory.mktemp("weights")
    state = {name: value.contiguous() for name, value in model.state_dict().items()}
    save_file(state, folder / "tiny.safetensors")
    torch.save(state, folder / "tiny.pth")
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def studio(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    pool = ModelPool(ModelSettings(devices=["cpu"], reserve_bytes=0))
    yield Studio(tmp_path_factory.mktemp("store"), pool)
    await pool.close()


def made(studio: Studio, path: Path, **options: Any) -> SpandrelEngine:
    engine = SpandrelEngine({"models": {"tiny": {"path": str(path), **options}}})
    engine.use(studio.pool)
    return engine


async def enlarge(
    studio: Studio, engine: SpandrelEngine, asset: Asset, **fields: Any
) -> tuple[UpscaleResult, list[Progress]]:
    desk, progress, results = Desk(OWNER, "test", studio.assets), [], []
    try:
        request = engine.resolve(UpscaleRequest(asset=asset, **fields)).request
        async for item in engine.run(request, desk):
            (progress if isinstance(item, Progress) else results).append(item)
    finally:
        await desk.clear()
        await engine.close()
    (result,) = results
    return result, progress  # type: ignore[return-value]


def noise(height: int, width: int) -> Pixels:
    draw = np.random.default_rng(3)
    return draw.integers(0, 256, (height, width, 3)).astype(np.int16)


def through(weights: Path, pixels: Pixels) -> Pixels:
    """What the model makes of a whole picture, without any squares."""
    runner = UpscaleRunner("cpu", smaller=False, path=str(weights / "tiny.safetensors"), identity="")
    return np.asarray(runner._through(pixels.astype(np.uint8))).astype(np.int16)


@pytest.mark.parametrize("tile", [2048, 40])
@pytest.mark.parametrize("file", ["tiny.safetensors", "tiny.pth"])
async def test_a_picture_is_what_the_model_makes_of_it_whatever_the_squares(
    studio: Studio, weights: Path, file: str, tile: int
) -> None:
    pixels = noise(70, 110)
    engine = made(studio, weights / file, tile=tile)
    result, progress = await enlarge(studio, engine, await studio.stored(pixels))
    assert apart(await studio.pixels(result.asset), through(weights, pixels)) <= 1
    if tile == 40:
        fractions = [one.fraction for one in progress if one.stage == "enlarging"]
        assert len(fractions) == 6  # three squares across, two down
        assert fractions == sorted(fractions)
        assert fractions[-1] == 1.0


async def test_other_sizes_are_resampled_from_what_the_model_makes(studio: Studio, weights: Path) -> None:
    pixels = noise(60, 90)
    engine = made(studio, weights / "tiny.safetensors", tile=40)
    result, _ = await enlarge(studio, engine, await studio.stored(pixels), width_pixels=270)
    whole = Image.fromarray(through(weights, pixels).astype(np.uint8))
    wanted = np.asarray(whole.resize((270, 180), Image.Resampling.LANCZOS)).astype(np.int16)
    assert apart(await studio.pixels(result.asset), wanted) <= 1


async def test_a_clip_is_enlarged_frame_by_frame(studio: Studio, weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as file:
        video: Any = file.add_stream("libx264", rate=10, options={"crf": "1"})
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        tone: Any = file.add_stream("aac", rate=16000)
        for number in range(12):
            picture = np.full((48, 64, 3), 20 * number, np.uint8)
            file.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            sound = av.AudioFrame.from_ndarray(np.zeros((1, 1600), np.float32), "fltp", "mono")
            sound.sample_rate, sound.pts = 16000, 1600 * number
            file.mux(tone.encode(sound))
        file.mux([*video.encode(), *tone.encode()])
    async with studio.assets.scratch("test") as scratch:
        copy = scratch / "clip"
        copy.write_bytes(path.read_bytes())
        clip = await studio.assets.store(OWNER, copy, "video/mp4")
    engine = made(studio, weights / "tiny.safetensors")
    result, progress = await enlarge(studio, engine, clip)
    with av.open(str(await studio.assets.path(OWNER, result.asset, "asset"))) as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
        assert (film.streams.video[0].average_rate, len(film.streams.audio)) == (10, 1)
    assert [frame.shape for frame in frames] == [(96, 128, 3)] * 12
    assert progress[-1].detail == "frame 12"
    for number in (2, 9):  # each is what the model makes of that frame, as far as encoding lets it
        wanted = through(weights, np.full((48, 64, 3), 20 * number, np.int16))
        assert np.abs(frames[number].mean() - wanted.mean()) < 6


async def test_a_file_that_would_run_code_is_not_loaded(studio: Studio, tmp_path: Path) -> None:
    mark = tmp_path / "ran"

    class Bad:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (mark,))

    (tmp_path / "bad.pth").write_bytes(pickle.dumps({"params": Bad()}))
    with pytest.raises(FailedPrecondition, match="can not be loaded"):
        await enlarge(studio, made(studio, tmp_path / "bad.pth"), await studio.stored(noise(16, 16)))
    assert not mark.exists()


async def test_what_the_settings_do_not_name_or_is_not_there(studio: Studio, tmp_path: Path) -> None:
    engine = made(studio, tmp_path / "gone.pth")
    with pytest.raises(FailedPrecondition, match="file of weights"):
        engine.resolve(UpscaleRequest())
    with pytest.raises(InvalidArgument, match="must be one that the settings name"):
        engine.resolve(UpscaleRequest(model="/etc/passwd"))
    assert [one.name for one in SpandrelEngine({}).missing()] == ["models"]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
async def test_it_keeps_the_law(studio: Studio, weights: Path, law: Law) -> None:
    engine = made(studio, weights / "tiny.safetensors")
    for request in served(engine, await samples("reelmesh.imagegen.engines", studio.assets)):
        await law(Case(engine, request, studio.assets))
    await engine.close()
