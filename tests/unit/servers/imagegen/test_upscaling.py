"""Larger pictures and clips by plain resampling, through a server: size, format, length, rate, sound."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import grpc
import numpy as np
import pytest
from PIL import Image

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.imagegen.v1 import imagegen_pb2_grpc
from reelmesh.imagegen.v1.imagegen_pb2 import (
    GenerateRequest,
    ListEnginesRequest,
    ResolveUpscaleRequest,
    UpscaleRequest,
    UpscaleResult,
)
from servers.chassis import serve
from servers.chassis.context import DEFAULT_OWNER
from servers.chassis.media import commands
from servers.chassis.settings import Settings
from servers.imagegen.__main__ import SERVER


class Enlarger:
    """An ImageGen server that runs."""

    def __init__(self, running: serve.Running, channel: grpc.aio.Channel) -> None:
        self.assets: Any = running.resources.assets
        self.stub: Any = imagegen_pb2_grpc.ImageGenServiceStub(channel)  # type: ignore[no-untyped-call]

    async def enlarge(self, asset: Asset, **fields: Any) -> UpscaleResult:
        request = UpscaleRequest(asset=asset, **fields)
        *_, last = [event async for event in self.stub.Upscale(request)]
        return last.result  # type: ignore[no-any-return]

    async def refusal(self, call: Any) -> tuple[str, str]:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            _ = [event async for event in call]
        return refused.value.code().name, str(refused.value.details())

    async def picture(self, width: int, height: int, kind: str = "PNG") -> Asset:
        """A picture with a circle."""
        y, x = np.mgrid[:height, :width]
        inside = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (min(width, height) / 3) ** 2
        pixels = np.where(inside[..., None], (250, 200, 40), (30, 60, 120)).astype(np.uint8)
        return await self.store(
            lambda path: Image.fromarray(pixels).save(path, kind), f"image/{kind.lower()}"
        )

    async def clip(self, *, sound: bool = True) -> Asset:
        """Two seconds, 12 frames a second, of a moving pattern, with a tone."""
        inputs = ["-f", "lavfi", "-i", "testsrc=s=96x64:r=12:d=2"]
        tone = ["-f", "lavfi", "-i", "sine=frequency=440:d=2", "-c:a", "aac"] if sound else []

        def film(path: Path) -> None:
            made = [commands.executable(), "-y", "-loglevel", "error", *inputs, *tone]
            subprocess.run([*made, "-pix_fmt", "yuv420p", "-f", "mp4", str(path)], check=True)

        return await self.store(film, "video/mp4")

    async def store(self, write: Any, media_type: str) -> Asset:
        async with self.assets.scratch("test") as scratch:
            path = scratch / "file"
            write(path)
            return await self.assets.store(DEFAULT_OWNER, path, media_type)  # type: ignore[no-any-return]

    async def path(self, asset: Asset) -> Path:
        return await self.assets.path(DEFAULT_OWNER, asset, "asset")  # type: ignore[no-any-return]


@pytest.fixture
async def server(sockets: Path) -> AsyncIterator[Enlarger]:
    settings = Settings(imagegen={"engines": ["painter", "resample"]})  # type: ignore[arg-type]
    running = await serve.start(SERVER, settings, f"unix:{sockets}/imagegen")
    async with grpc.aio.insecure_channel(running.address) as channel:
        yield Enlarger(running, channel)
    await running.stop(0)


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({}, (120, 80)),
        ({"factor": 1.5}, (90, 60)),
        ({"width_pixels": 90}, (90, 60)),
        ({"height_pixels": 120}, (180, 120)),
        ({"width_pixels": 90, "height_pixels": 160}, (240, 160)),
        ({"width_pixels": 61}, (61, 41)),
    ],
)
async def test_a_picture_covers_what_was_asked_for(
    server: Enlarger, fields: dict[str, Any], size: tuple[int, int]
) -> None:
    made = await server.enlarge(await server.picture(60, 40), **fields)
    assert (made.asset.facts.width_pixels, made.asset.facts.height_pixels) == size
    with Image.open(await server.path(made.asset)) as picture:
        assert (picture.size, picture.format) == (size, "PNG")
        assert picture.convert("RGB").getpixel((size[0] // 2, size[1] // 2)) == (250, 200, 40)
        assert picture.convert("RGB").getpixel((1, 1)) == (30, 60, 120)
    assert made.provenance.engine == "resample"


async def test_what_is_large_enough_stays_and_formats_are_kept(server: Enlarger) -> None:
    png, jpeg = await server.picture(60, 40), await server.picture(60, 40, "JPEG")
    same = await server.enlarge(png, width_pixels=30, height_pixels=40)
    assert (same.asset.digest, same.asset.facts.width_pixels) == (png.digest, 60)
    larger = await server.enlarge(jpeg)
    assert larger.asset.media_type == "image/jpeg"
    with Image.open(await server.path(larger.asset)) as picture:
        assert picture.format == "JPEG"


@pytest.mark.parametrize("sound", [True, False])
async def test_a_clip_keeps_length_rate_and_sound(server: Enlarger, sound: bool) -> None:
    made = await server.enlarge(await server.clip(sound=sound), width_pixels=150)
    with av.open(str(await server.path(made.asset))) as film:
        (video,) = film.streams.video
        assert (video.width, video.height, video.average_rate) == (150, 100, 12)
        assert len(list(film.decode(video=0))) == 24
        assert len(film.streams.audio) == sound
    facts = made.asset.facts
    assert (facts.width_pixels, facts.height_pixels, made.asset.media_type) == (150, 100, "video/mp4")
    assert facts.duration.ToMilliseconds() == pytest.approx(2000, abs=60)
    assert (facts.video_codec, bool(facts.audio_codec)) == ("h264", sound)


async def test_nothing_gives_nothing_and_what_can_not_be_is_refused(server: Enlarger) -> None:
    call = server.stub.Upscale
    *_, last = [event async for event in call(UpscaleRequest())]
    assert not last.result.HasField("asset")
    picture = await server.picture(4000, 1200)
    for fields, said in (({"factor": 4}, "factor: makes"), ({"height_pixels": 8000}, "width_pixels: makes")):
        code, told = await server.refusal(call(UpscaleRequest(asset=picture, **fields)))
        assert (code, said in told) == ("INVALID_ARGUMENT", True), told
    playlist = await server.store(lambda path: path.write_text("#EXTM3U\nhttp://x/y"), "video/mp4")
    assert (await server.refusal(call(UpscaleRequest(asset=playlist))))[0] == "INVALID_ARGUMENT"
    both = UpscaleRequest(asset=picture, factor=2, width_pixels=100)
    assert (await server.refusal(call(both)))[0] == "INVALID_ARGUMENT"


async def test_what_draws_does_not_enlarge_and_the_other_way_round(server: Enlarger) -> None:
    picture = await server.picture(60, 40)
    code, told = await server.refusal(server.stub.Upscale(UpscaleRequest(asset=picture, engine="painter")))
    assert (code, "does not enlarge" in told) == ("INVALID_ARGUMENT", True)
    request = GenerateRequest(prompt="a fox", engine="resample")
    code, told = await server.refusal(server.stub.Generate(request))
    assert (code, "enlarges pictures, it makes none" in told) == ("INVALID_ARGUMENT", True)
    resolved = await server.stub.ResolveUpscale(ResolveUpscaleRequest(request=UpscaleRequest(asset=picture)))
    assert (resolved.request.engine, resolved.request.factor) == ("resample", 2)
    assert resolved.resolution.cacheable
    listed = (await server.stub.ListEngines(ListEnginesRequest())).engines
    assert {one.name: list(one.capabilities) for one in listed}["resample"] == ["upscale"]
    assert [one.name for one in listed if one.is_default] == ["painter"]
