"""The painter as an engine: files of the asked size and format, and clear refusals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reelmesh.imagegen.v1 import imagegen_pb2
from reelmesh.imagegen.v1.imagegen_pb2 import GenerateRequest, GenerateResult, ListModelsRequest
from servers.chassis.assets import SharedAssets
from servers.chassis.blobs import BlobFolder
from servers.chassis.conformance import OWNER, Case
from servers.chassis.context import CallContext
from servers.chassis.engines import Engines
from servers.chassis.errors import InvalidArgument
from servers.imagegen.listing import ImageGenMethods
from servers.imagegen.painter import PainterEngine, fingerprint


@pytest.fixture
async def painter() -> AsyncIterator[PainterEngine]:
    engine = PainterEngine({})
    yield engine
    await engine.close()


@pytest.fixture
def assets(tmp_path: Path) -> SharedAssets:
    return SharedAssets(BlobFolder(tmp_path / "store", low_space_bytes=0))


async def generate(painter: PainterEngine, assets: SharedAssets, request: GenerateRequest) -> GenerateResult:
    _, result = await Case(painter, request, assets).run()
    assert isinstance(result, GenerateResult)
    return result


def request(**fields: object) -> GenerateRequest:
    given: dict[str, object] = {
        "prompt": "a fox and grapes",
        "width_pixels": 90,
        "height_pixels": 160,
        "seed": 3,
    }
    return GenerateRequest(**{**given, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "name", "media_type"),
    [
        (imagegen_pb2.IMAGE_FORMAT_PNG, "PNG", "image/png"),
        (imagegen_pb2.IMAGE_FORMAT_JPEG, "JPEG", "image/jpeg"),
        (imagegen_pb2.IMAGE_FORMAT_WEBP, "WEBP", "image/webp"),
    ],
)
@pytest.mark.parametrize("size", [(90, 160), (161, 77), (16, 16), (16, 4096)])
async def test_size_and_format_are_as_asked(
    painter: PainterEngine, assets: SharedAssets, kind: int, name: str, media_type: str, size: tuple[int, int]
) -> None:
    result = await generate(
        painter, assets, request(format=kind, width_pixels=size[0], height_pixels=size[1])
    )
    [image] = result.images
    assert image.asset.media_type == media_type
    assert (image.asset.facts.width_pixels, image.asset.facts.height_pixels) == size
    with Image.open(await assets.path(OWNER, image.asset, "asset")) as picture:
        assert (picture.format, picture.size) == (name, size)


async def test_what_was_asked_for_is_told(painter: PainterEngine, assets: SharedAssets) -> None:
    result = await generate(painter, assets, request(prompt="狐狸和葡萄", character="a tiger"))
    assert list(result.images[0].depicts)[:3] == ["fox", "tiger", "grapes"]


async def test_a_picture_is_opaque_and_not_flat(painter: PainterEngine, assets: SharedAssets) -> None:
    result = await generate(painter, assets, request())
    with Image.open(await assets.path(OWNER, result.images[0].asset, "asset")) as picture:
        pixels = np.asarray(picture.convert("RGBA"))
    assert pixels[..., 3].min() == 255
    assert len(np.unique(pixels.reshape(-1, 4), axis=0)) > 500


async def test_several_pictures_count_their_seeds_up(painter: PainterEngine, assets: SharedAssets) -> None:
    three = await generate(painter, assets, request(count=3))
    assert [image.seed for image in three.images] == [3, 4, 5]
    assert len({image.asset.digest for image in three.images}) == 3
    alone = await generate(painter, assets, request(seed=5))
    assert alone.images[0].asset.digest == three.images[2].asset.digest


async def test_without_a_seed_one_is_drawn_and_told(painter: PainterEngine, assets: SharedAssets) -> None:
    free = request()
    free.ClearField("seed")
    assert not painter.resolve(free).cacheable
    first, second = await generate(painter, assets, free), await generate(painter, assets, free)
    assert first.images[0].seed == first.provenance.seed
    assert first.provenance.seed != second.provenance.seed
    again = await generate(painter, assets, request(seed=first.provenance.seed))
    assert again.images[0].asset.digest == first.images[0].asset.digest


def test_defaults_are_filled_in(painter: PainterEngine) -> None:
    resolved = painter.resolve(GenerateRequest(prompt="a fox", seed=1))
    assert (resolved.request.width_pixels, resolved.request.height_pixels) == (1080, 1920)
    assert resolved.request.format == imagegen_pb2.IMAGE_FORMAT_PNG
    assert (resolved.request.count, resolved.request.style) == (1, "paper-cut")
    assert resolved.cacheable
    assert fingerprint() in resolved.version


async def test_what_means_nothing_here_is_told_not_hidden(
    painter: PainterEngine, assets: SharedAssets
) -> None:
    asked = request(negative_prompt="text", steps=4, guidance=2.0, style="oil on canvas")
    asked.loras.add(name="fox")
    asked.reference_image.digest = "0" * 64
    warnings = (await generate(painter, assets, asked)).provenance.warnings
    assert [line.split()[0] for line in warnings] == [
        "negative_prompt",
        "steps",
        "guidance",
        "loras",
        "reference_image",
        "style",
    ]


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("model", {"model": "flux"}),
        ("width_pixels", {"width_pixels": 8192, "height_pixels": 8192}),
    ],
)
def test_what_it_can_not_do_is_refused_by_name(
    painter: PainterEngine, field: str, fields: dict[str, object]
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        painter.resolve(request(**fields))
    assert refused.value.violations[0][0] == field


async def test_the_style_is_told_apart(painter: PainterEngine, assets: SharedAssets) -> None:
    digests = {
        (await generate(painter, assets, request(style=style))).images[0].asset.digest
        for style in ("paper-cut", "flat", "ink-wash", "dusk")
    }
    assert len(digests) == 4


async def test_models_are_listed_in_pages(painter: PainterEngine, assets: SharedAssets) -> None:
    methods = ImageGenMethods(Engines([painter]), assets)
    listed = await methods.ListModels(ListModelsRequest(), CallContext())
    [model] = listed.models
    assert (model.name, model.engine, model.ready, listed.next_page_token) == ("painter", "painter", True, "")
    assert list(model.styles) == ["paper-cut", "ink-wash", "flat", "dusk"]
    none = await methods.ListModels(ListModelsRequest(engine="other"), CallContext())
    assert not none.models


async def test_layers_lie_over_each_other_to_the_picture(
    painter: PainterEngine, assets: SharedAssets
) -> None:
    [image] = (
        await generate(painter, assets, request(prompt="a fox, a pine, lake, rain", layers=True))
    ).images
    assert 4 <= len(image.layers) <= 10
    depths = [layer.depth for layer in image.layers]
    assert depths == sorted(depths, reverse=True)
    whole: Image.Image | None = None
    for layer in image.layers:
        with Image.open(await assets.path(OWNER, layer.picture, "layer")) as file:
            sheet = file.convert("RGBA")
        assert sheet.size == (90, 160)
        if whole is None:
            assert np.asarray(sheet)[..., 3].min() == 255
            whole = sheet
        else:
            assert np.asarray(sheet)[..., 3].min() < 255
            whole.alpha_composite(sheet)
    assert whole is not None
    with Image.open(await assets.path(OWNER, image.asset, "asset")) as picture:
        assert np.array_equal(np.asarray(picture.convert("RGB")), np.asarray(whole.convert("RGB")))
    [alone] = (await generate(painter, assets, request(prompt="a fox, a pine, lake, rain"))).images
    assert not alone.layers
    with Image.open(await assets.path(OWNER, alone.asset, "asset")) as picture:
        drawn_at_once = np.asarray(picture.convert("RGB")).astype(int)
    assert np.abs(drawn_at_once - np.asarray(whole.convert("RGB"))).max() <= 6  # rounding, once a sheet
