"""Convert, Probe and Thumbnail."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from reelmesh.common.v1.asset_pb2 import Asset, MediaFacts
from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ConvertRequest, ProbeRequest, ThumbnailRequest
from servers.chassis.context import CallContext
from servers.chassis.engines import Engines
from servers.chassis.errors import InvalidArgument, NotFound, OutOfRange
from servers.compose.defaults import set_seconds
from servers.compose.methods import ComposeMethods
from tests.unit.servers.compose.studio import Desk, Stage, canvas, film_of

CALLER = CallContext()


class Shelf:
    """Assets over a desk, as the chassis gives them to a server's own methods."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def path(self, owner: str, asset: Asset, field: str) -> Path:
        return await self._desk.path(asset, field)

    async def store(self, owner: str, path: Path, media_type: str, facts: MediaFacts | None = None) -> Asset:
        return await self._desk.store(path, media_type, facts)

    async def require_room(self) -> None:
        return None

    @contextlib.asynccontextmanager
    async def scratch(self, name: str) -> AsyncIterator[Path]:
        yield self._desk.scratch

    async def close(self) -> None:
        return None


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
async def methods(desk: Desk) -> AsyncIterator[ComposeMethods]:
    made = ComposeMethods(Engines([]), Shelf(desk))
    yield made
    await made.close()


def pixels(desk: Desk, asset: Asset) -> NDArray[np.uint8]:
    with av.open(str(desk.assets[asset.digest]), format="jpeg_pipe") as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def landscape(desk: Desk) -> Asset:
    """Two seconds, left half red, right half blue, with a tone."""
    split = "color=red:s=160x90:r=20:d=2[a];color=blue:s=160x90:r=20:d=2[b];[a][b]hstack"
    return desk.clip(split, "-f", "lavfi", "-i", "sine=f=600:d=2")


def test_a_landscape_film_becomes_portrait_and_keeps_its_length_and_sound(desk: Desk, stage: Stage) -> None:
    request = ConvertRequest(film=landscape(desk), canvas=canvas(90, 160, 25, fit=parts.FIT_CONTAIN))
    film = film_of(desk, stage.shoot(request, desk).film)
    frames = film.frames()
    assert frames.shape == (50, 160, 90, 3)
    assert frames[20, 80, 10, 0] > 200
    assert frames[20, 80, 80, 2] > 200
    assert frames[20, 10].max() < 12
    assert [float(time) for time in film.times()] == pytest.approx([n / 25 for n in range(50)])
    assert len(film.samples()) == pytest.approx(96_000, abs=1024)


@pytest.mark.parametrize("fit", [parts.FIT_COVER, parts.FIT_BLUR_FILL])
def test_the_other_fits_fill_the_frame(desk: Desk, stage: Stage, fit: parts.Fit.ValueType) -> None:
    request = ConvertRequest(film=landscape(desk), canvas=canvas(90, 160, 10, fit=fit))
    frame = film_of(desk, stage.shoot(request, desk).film).frames()[5]
    for row in (4, 80, 155):
        assert frame[row, 8, 0] > 100
        assert frame[row, 82, 2] > 100


def test_without_a_canvas_the_frame_stays_as_it_is(desk: Desk, stage: Stage) -> None:
    request = ConvertRequest(film=landscape(desk))
    result = stage.shoot(request, desk)
    assert film_of(desk, result.film).frames().shape == (40, 90, 320, 3)
    assert result.film.facts.frames_per_second == 20


def test_a_film_that_is_none_is_refused(desk: Desk, stage: Stage) -> None:
    with pytest.raises(InvalidArgument, match="film: "):
        stage.shoot(ConvertRequest(film=desk.give(b"#EXTM3U\n")), desk)


async def test_probe_tells_what_media_is(desk: Desk, methods: ComposeMethods) -> None:
    clip = landscape(desk)
    response = await methods.Probe(ProbeRequest(asset=Asset(digest=clip.digest)), CALLER)
    facts = response.asset.facts
    assert (response.asset.media_type, response.asset.size_bytes) == ("video/mp4", clip.size_bytes)
    assert (facts.width_pixels, facts.height_pixels, facts.frames_per_second) == (320, 90, 20)
    assert (facts.video_codec, facts.audio_codec, facts.sample_rate_hertz) == ("h264", "aac", 44_100)
    assert facts.duration.ToMilliseconds() == pytest.approx(2000, abs=50)


async def test_probe_names_what_is_not_there_and_refuses_lists(desk: Desk, methods: ComposeMethods) -> None:
    with pytest.raises(NotFound):
        await methods.Probe(ProbeRequest(asset=Asset(digest="0" * 64)), CALLER)
    with pytest.raises(InvalidArgument, match="a list of other media"):
        await methods.Probe(ProbeRequest(asset=desk.give(b"#EXTM3U\nfile:///etc/passwd\n")), CALLER)


async def test_a_thumbnail_is_the_frame_at_its_time(desk: Desk, methods: ComposeMethods) -> None:
    clip = desk.clip("color=black:s=320x240:r=10:d=2", "-vf", "geq=lum='30+N*10':cb=128:cr=128")
    request = ThumbnailRequest(asset=clip, max_side_pixels=100)
    set_seconds(request.at, 1.5)
    picture = (await methods.Thumbnail(request, CALLER)).picture
    shown = pixels(desk, picture)
    assert shown.shape == (75, 100, 3)
    assert shown.mean() == pytest.approx((30 + 150 - 16) * 255 / 219, abs=8)


async def test_a_thumbnail_is_never_enlarged(desk: Desk, methods: ComposeMethods) -> None:
    request: Any = ThumbnailRequest(asset=desk.picture((200, 100, 50), (60, 40)), max_side_pixels=400)
    shown = pixels(desk, (await methods.Thumbnail(request, CALLER)).picture)
    assert shown.shape == (40, 60, 3)
    assert np.abs(shown.astype(int) - (200, 100, 50)).max() < 12


async def test_a_time_behind_the_end_is_out_of_range(desk: Desk, methods: ComposeMethods) -> None:
    request = ThumbnailRequest(asset=landscape(desk))
    set_seconds(request.at, 10)
    with pytest.raises(OutOfRange):
        await methods.Thumbnail(request, CALLER)
