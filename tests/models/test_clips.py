"""The local Stable Video Diffusion provider on a tiny model: lengths, sizes, parts, seeds, errors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import pytest_asyncio

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.video.v1.video_pb2 import GenerateRequest, GenerateResult
from servers.chassis.conformance import LAWS, Case, Law, samples, served
from servers.chassis.errors import FailedPrecondition, InvalidArgument
from servers.chassis.models.pool import ModelPool
from servers.chassis.servicer import Desk
from servers.chassis.settings import ModelSettings
from servers.video.diffusion.provider import DiffusersProvider
from tests.models.studio import OWNER, Studio

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def studio(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    pool = ModelPool(ModelSettings(devices=["cpu"], reserve_bytes=0))
    yield Studio(tmp_path_factory.mktemp("store"), pool)
    await pool.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def picture(studio: Studio) -> Asset:
    rows = np.linspace(0, 255, 96)[:, None, None] * np.ones((96, 64, 3))
    return await studio.stored(rows.astype(np.int16))


def made(studio: Studio, models: Path, **options: Any) -> DiffusersProvider:
    provider = DiffusersProvider({"models": {"svd": {"path": str(models / "svd"), "steps": 2, **options}}})
    provider.use(studio.pool)
    return provider


async def film(
    studio: Studio, provider: DiffusersProvider, picture: Asset, *, milliseconds: int = 500, **fields: Any
) -> tuple[GenerateResult, list[Progress], Path]:
    """A small clip: result, progress, file."""
    size = {"width_pixels": 64, "height_pixels": 96, "frames_per_second": 10, "seed": 1}
    request = GenerateRequest(first_frame=picture, **{**size, **fields})
    request.duration.FromMilliseconds(milliseconds)
    desk, progress, results = Desk(OWNER, "test", studio.assets), [], []
    try:
        async for item in provider.run(provider.resolve(request).request, desk):
            (progress if isinstance(item, Progress) else results).append(item)
    finally:
        await desk.clear()
    (result,) = results
    return result, progress, await studio.assets.path(OWNER, result.clip, "clip")


def frames(path: Path) -> list[Any]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
async def test_the_provider_keeps_the_law(studio: Studio, models: Path, law: Law) -> None:
    provider = made(studio, models)
    for request in served(provider, await samples("reelmesh.video.providers", studio.assets)):
        await law(Case(provider, request, studio.assets))


@pytest.mark.parametrize("interpolation", ["motion", "blend", "none"])
async def test_a_clip_has_the_length_rate_and_size_asked_for(
    studio: Studio, models: Path, picture: Asset, interpolation: str
) -> None:
    provider = made(studio, models, interpolation=interpolation)
    result, _, path = await film(
        studio, provider, picture, width_pixels=90, height_pixels=160, frames_per_second=25
    )
    shown = frames(path)
    assert len(shown) == 12  # half a second, 12.5 of them
    assert shown[0].shape == (160, 90, 3)
    assert result.clip.facts.frames_per_second == 25
    assert result.provenance.warnings[0] == "made at 88x160 and scaled to 90x160"


async def test_a_long_shot_goes_on_from_the_last_frame(studio: Studio, models: Path, picture: Asset) -> None:
    provider = made(studio, models)
    _, progress, path = await film(studio, provider, picture, milliseconds=1200)
    told = [report.detail for report in progress if report.detail.endswith("of 2")]
    # 1.2 s at 7 frames a second are 10 frames: three runs of 4 that share one frame each.
    assert told == [f"part {part} of 3, step {step} of 2" for part in (1, 2, 3) for step in (1, 2)]
    fractions = [report.fraction for report in progress]
    assert fractions == sorted(fractions)
    assert sum(report.HasField("preview") for report in progress) == 2
    assert len(frames(path)) == 12


async def test_a_seed_is_exact(studio: Studio, models: Path, picture: Asset) -> None:
    provider = made(studio, models)
    first, _, _ = await film(studio, provider, picture, seed=5)
    again, _, _ = await film(studio, provider, picture, seed=5)
    other, _, _ = await film(studio, provider, picture, seed=6)
    assert first.clip.digest == again.clip.digest != other.clip.digest
    assert first.provenance.seed == 5


async def test_more_motion_is_another_clip_and_bounds_are_kept(
    studio: Studio, models: Path, picture: Asset
) -> None:
    provider = made(studio, models)
    calm, _, _ = await film(studio, provider, picture, provider_params={"motion": "10"})
    wild, _, _ = await film(studio, provider, picture, provider_params={"motion": "250"})
    assert calm.clip.digest != wild.clip.digest
    with pytest.raises(InvalidArgument) as raised:
        provider.resolve(GenerateRequest(first_frame=picture, provider_params={"motion": "256"}))
    assert raised.value.violations == (('provider_params["motion"]', "must be a whole number from 0 to 255"),)


async def test_what_it_can_not_do_is_refused_or_told(studio: Studio, models: Path, picture: Asset) -> None:
    provider = made(studio, models)
    with pytest.raises(InvalidArgument) as raised:
        provider.resolve(GenerateRequest(prompt="a fox", last_frame=picture, width_pixels=65))
    assert [field for field, _ in raised.value.violations] == ["first_frame", "last_frame", "width_pixels"]
    result, _, _ = await film(studio, provider, picture, prompt="it runs", provider_params={"x": "1"})
    assert list(result.provenance.warnings) == [
        "prompt was passed over: the model does not take it",
        "provider_params passed over: x",
    ]


async def test_a_model_of_another_kind_is_a_failed_precondition(
    studio: Studio, models: Path, picture: Asset
) -> None:
    provider = DiffusersProvider({})
    provider.use(studio.pool)
    with pytest.raises(FailedPrecondition) as raised:
        await film(studio, provider, picture, model=str(models / "flux"))
    assert "FluxPipeline, not a StableVideoDiffusionPipeline" in raised.value.message
