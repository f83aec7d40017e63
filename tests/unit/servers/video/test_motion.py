"""The motion provider as an engine: clips of the asked size, rate and length that show the picture."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import psutil
import pytest
from numpy.typing import NDArray
from PIL import Image

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.video.v1.video_pb2 import GenerateRequest, GenerateResult
from servers.chassis.assets import SharedAssets
from servers.chassis.blobs import BlobFolder
from servers.chassis.conformance import OWNER, Case
from servers.chassis.errors import InvalidArgument
from servers.chassis.servicer import Desk
from servers.video.motion import MotionProvider
from tests.unit.servers.video.pictures import save, sheet, texture, whole

SIZE = (96, 160)


@pytest.fixture
async def motion() -> AsyncIterator[MotionProvider]:
    engine = MotionProvider({})
    yield engine
    await engine.close()


@pytest.fixture
def assets(tmp_path: Path) -> SharedAssets:
    return SharedAssets(BlobFolder(tmp_path / "store", low_space_bytes=0))


def scenery(width: int = 480, height: int = 800) -> NDArray[np.uint8]:
    noise = np.random.default_rng(5).integers(0, 255, (height // 40, width // 40, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


async def stored(assets: SharedAssets, picture: NDArray[np.uint8] | bytes) -> Asset:
    async with assets.scratch("picture") as scratch:
        path = scratch / "picture.png"
        if isinstance(picture, bytes):
            path.write_bytes(picture)
        else:
            Image.fromarray(picture).save(path)
        return await assets.store(OWNER, path, "image/png")


def request(picture: Asset | None, seconds: float = 1.0, **fields: Any) -> GenerateRequest:
    given = {"width_pixels": SIZE[0], "height_pixels": SIZE[1], "frames_per_second": 10, "seed": 4, **fields}
    made = GenerateRequest(first_frame=picture, **given)
    made.duration.FromMilliseconds(round(seconds * 1000))
    return made


async def film(
    motion: MotionProvider, assets: SharedAssets, asked: GenerateRequest
) -> tuple[GenerateResult, Path]:
    _, result = await Case(motion, asked, assets).run()
    assert isinstance(result, GenerateResult)
    return result, await assets.path(OWNER, result.clip, "clip")


def frames_of(clip: Path) -> list[NDArray[np.uint8]]:
    with av.open(str(clip)) as container:
        return [
            np.asarray(frame.to_ndarray(format="gray"), dtype=np.uint8) for frame in container.decode(video=0)
        ]


@pytest.mark.parametrize(
    ("seconds", "rate", "size", "count"),
    [
        (0.5, 10.0, SIZE, 5),
        (1.0, 29.97, (64, 64), 30),
        (2.04, 24.0, (128, 64), 49),
        (0.5, 1.0, (64, 96), 1),
        (0.7, 12.5, (66, 94), 9),
    ],
)
async def test_size_rate_and_length_are_as_asked(
    motion: MotionProvider,
    assets: SharedAssets,
    seconds: float,
    rate: float,
    size: tuple[int, int],
    count: int,
) -> None:
    picture = await stored(assets, scenery())
    asked = request(picture, seconds, width_pixels=size[0], height_pixels=size[1], frames_per_second=rate)
    result, clip = await film(motion, assets, asked)
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == size
        assert float(stream.average_rate or 0) == pytest.approx(rate, rel=1e-4)
        times = [frame.time for frame in container.decode(stream) if frame.time is not None]
    assert len(times) == count
    steps = {round(after - before, 4) for before, after in itertools.pairwise(times)}
    assert len(steps) <= 1, "the frame rate is not constant"
    assert result.duration.ToMilliseconds() == pytest.approx(count / rate * 1000, abs=1)
    assert result.clip.media_type == "video/mp4"


async def test_the_first_frame_shows_the_picture(motion: MotionProvider, assets: SharedAssets) -> None:
    rgb = scenery()
    _, clip = await film(motion, assets, request(await stored(assets, rgb), prompt="zoom in"))
    shown = frames_of(clip)[0].astype(float)
    picture = cv2.cvtColor(cv2.resize(rgb, SIZE, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY).astype(
        float
    )
    assert np.corrcoef(shown.ravel(), picture.ravel())[0, 1] > 0.98


async def test_the_picture_moves_smoothly(motion: MotionProvider, assets: SharedAssets) -> None:
    asked = request(await stored(assets, scenery()), 2.0, frames_per_second=20, prompt="pan right")
    _, clip = await film(motion, assets, asked)
    frames = [frame.astype(float) for frame in frames_of(clip)]
    steps = [float(np.abs(after - before).mean()) for before, after in itertools.pairwise(frames)]
    middle = steps[len(steps) // 4 : -len(steps) // 4]
    assert min(middle) > 0.4 * max(middle), "it stands still and jumps"
    assert steps[0] < max(steps) / 2, "it does not start softly"


async def test_a_loop_ends_where_it_begins(motion: MotionProvider, assets: SharedAssets) -> None:
    asked = request(await stored(assets, scenery()), 2.0, loop=True, prompt="zoom in")
    _, clip = await film(motion, assets, asked)
    frames = [frame.astype(float) for frame in frames_of(clip)]
    seam = np.abs(frames[-1] - frames[0]).mean()
    far = np.abs(frames[len(frames) // 2] - frames[0]).mean()
    assert seam < far / 3


async def test_rain_falls_when_asked(motion: MotionProvider, assets: SharedAssets) -> None:
    picture = await stored(assets, np.full((320, 192, 3), 60, dtype=np.uint8))
    _, dry = await film(motion, assets, request(picture, prompt="static camera"))
    _, wet = await film(motion, assets, request(picture, prompt="static camera, rain"))
    assert np.ptp(frames_of(dry)[3]) < 6
    assert np.ptp(frames_of(wet)[3]) > 20


async def test_the_same_seed_gives_the_same_clip(motion: MotionProvider, assets: SharedAssets) -> None:
    picture = await stored(assets, scenery())
    first, _ = await film(motion, assets, request(picture, 0.5, prompt="snow"))
    second, _ = await film(motion, assets, request(picture, 0.5, prompt="snow"))
    other, _ = await film(motion, assets, request(picture, 0.5, prompt="snow", seed=9))
    assert first.clip.digest == second.clip.digest != other.clip.digest
    assert first.provenance.seed == 4


async def test_without_a_seed_one_is_drawn_and_told(motion: MotionProvider, assets: SharedAssets) -> None:
    free = request(await stored(assets, scenery()), 0.5)
    free.ClearField("seed")
    assert not motion.resolve(free).cacheable
    result, _ = await film(motion, assets, free)
    assert result.provenance.HasField("seed")


async def test_progress_is_told_and_rises(motion: MotionProvider, assets: SharedAssets) -> None:
    asked = request(
        await stored(assets, scenery()), 20, frames_per_second=60, width_pixels=480, height_pixels=800
    )
    progress, _ = await Case(motion, asked, assets).run()
    fractions = [report.fraction for report in progress]
    assert len(fractions) > 1
    assert fractions == sorted(fractions)


async def test_cancelling_ends_worker_and_encoder(motion: MotionProvider, assets: SharedAssets) -> None:
    asked = request(
        await stored(assets, scenery()), 120, frames_per_second=60, width_pixels=960, height_pixels=1600
    )
    resolved = motion.resolve(asked).request
    encoding = asyncio.Event()

    async def make() -> None:
        desk = Desk(OWNER, "cancelled", assets)
        try:
            async for item in motion.run(resolved, desk):
                if isinstance(item, Progress) and item.stage == "encoding":
                    encoding.set()
        finally:
            await desk.clear()

    before = set(psutil.Process().children(recursive=True))
    task = asyncio.create_task(make())
    waiting = asyncio.create_task(encoding.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    assert not task.done()
    begun = set(psutil.Process().children(recursive=True)) - before
    assert len(begun) >= 2, "a worker and its ffmpeg"
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    _, alive = psutil.wait_procs(list(begun), timeout=5)
    assert not alive
    statistics = motion.provider().statistics
    assert (statistics.succeeded, statistics.failed, motion.provider().running) == (0, 0, 0)


async def layered(assets: SharedAssets, tmp_path: Path, **fields: Any) -> GenerateRequest:
    """A request for a clip of a picture of two layers."""
    sheets = [whole(texture(1)), sheet(texture(2), 0, 160, 192, 320)]
    file, layers = save(tmp_path, sheets, [0.9, 0.2], ["RIGID", "SWAY"])
    asked = request(await stored(assets, file.read_bytes()), 0.5, **fields)
    for layer in layers:
        asked.layers.add(
            picture=await stored(assets, Path(layer["path"]).read_bytes()),
            depth=layer["depth"],
            motion=f"LAYER_MOTION_{layer['motion']}",
        )
    return asked


async def test_layers_are_filmed(motion: MotionProvider, assets: SharedAssets, tmp_path: Path) -> None:
    asked = await layered(assets, tmp_path, prompt="pan left")
    result, clip = await film(motion, assets, asked)
    assert "layers" in motion.describe().capabilities
    assert list(result.provenance.warnings) == []
    flat = GenerateRequest()
    flat.CopyFrom(asked)
    flat.ClearField("layers")
    _, other = await film(motion, assets, flat)
    assert np.abs(frames_of(clip)[-1].astype(int) - frames_of(other)[-1]).mean() > 2


async def test_layers_of_another_picture_are_passed_over_with_a_warning(
    motion: MotionProvider, assets: SharedAssets, tmp_path: Path
) -> None:
    asked = await layered(assets, tmp_path)
    asked.first_frame.CopyFrom(await stored(assets, scenery()))
    result, _ = await film(motion, assets, asked)
    assert any(warning.startswith("layers were passed over") for warning in result.provenance.warnings)


@pytest.mark.parametrize("content", [b"not a picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"\xff\xd8\xff"])
async def test_a_broken_layer_is_refused_by_name(
    motion: MotionProvider, assets: SharedAssets, tmp_path: Path, content: bytes
) -> None:
    asked = await layered(assets, tmp_path)
    asked.layers[1].picture.CopyFrom(await stored(assets, content))
    with pytest.raises(InvalidArgument) as refused:
        await film(motion, assets, asked)
    assert refused.value.violations[0][0] == "layers[1].picture"


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("first_frame", lambda asked: asked.ClearField("first_frame")),
        ("last_frame", lambda asked: asked.last_frame.CopyFrom(asked.first_frame)),
        ("driving_audio", lambda asked: asked.driving_audio.CopyFrom(asked.first_frame)),
        ("model", lambda asked: setattr(asked, "model", "svd")),
        ("width_pixels", lambda asked: setattr(asked, "width_pixels", 65)),
        ('provider_params["stirs"]', lambda asked: asked.provider_params.update(stirs="water,lava")),
        ('provider_params["camera"]', lambda asked: asked.provider_params.update(camera="spin")),
    ],
)
def test_what_it_can_not_do_is_refused_by_name(motion: MotionProvider, field: str, change: Any) -> None:
    asked = request(Asset(digest="0" * 64), prompt="zoom in")
    change(asked)
    with pytest.raises(InvalidArgument) as refused:
        motion.resolve(asked)
    assert refused.value.violations[0][0] == field


@pytest.mark.parametrize(
    "content",
    [b"not a picture", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 40],
    ids=["text", "gif", "broken png"],
)
async def test_what_is_no_picture_is_refused(
    motion: MotionProvider, assets: SharedAssets, content: bytes
) -> None:
    asked = request(await stored(assets, content))
    with pytest.raises(InvalidArgument, match="first_frame"):
        await film(motion, assets, asked)
    assert motion.provider().statistics.failed == 1


async def test_a_decompression_bomb_is_refused(
    motion: MotionProvider, assets: SharedAssets, tmp_path: Path
) -> None:
    bomb = tmp_path / "bomb.png"
    Image.new("1", (20000, 20000)).save(bomb)
    with pytest.raises(InvalidArgument, match="first_frame"):
        await film(motion, assets, request(await stored(assets, bomb.read_bytes())))


async def test_defaults_are_filled_in(motion: MotionProvider) -> None:
    resolved = motion.resolve(GenerateRequest(first_frame=Asset(digest="0" * 64), seed=1)).request
    assert (resolved.width_pixels, resolved.height_pixels, resolved.frames_per_second) == (1080, 1920, 30)
    assert resolved.duration.seconds == 5
