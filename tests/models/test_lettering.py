"""The text check with its real reader: real lettering in drawn pictures, a toy that draws it by seed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from google.protobuf.message import Message
from google.type.money_pb2 import Money
from PIL import Image, ImageDraw, ImageFont

from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.imagegen.v1.imagegen_pb2 import (
    TEXT_CHECK_OFF,
    TEXT_CHECK_REDO,
    TEXT_CHECK_WARN,
    GenerateRequest,
    GenerateResult,
    TextCheckOptions,
)
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.errors import Unavailable
from servers.chassis.media import fonts
from servers.chassis.models.pool import ModelPool
from servers.chassis.settings import TextCheckSettings
from servers.imagegen.lettering.checked import Checked
from servers.imagegen.lettering.reading import Reader
from servers.imagegen.painter import PainterEngine
from tests.models.studio import Drawn, Studio

WIDTH, HEIGHT = 480, 320
PRICE = Money(currency_code="USD", nanos=40_000_000)


class Toy(Engine):
    """Draws a plain picture, with lettering on it for the seeds that it is given."""

    name = "toy"

    def __init__(
        self, texts: Mapping[int, str], *, price: Money | None = None, fails: int | None = None
    ) -> None:
        super().__init__({})
        self.texts, self.price, self.fails = texts, price, fails
        self.seeds: list[int] = []

    def describe(self) -> Description:
        return Description(description="a toy", capabilities=["seed"])

    @property
    def paid(self) -> bool:
        return self.price is not None

    def resolve(self, request: GenerateRequest) -> Resolved[GenerateRequest]:
        full = GenerateRequest()
        full.CopyFrom(request)
        full.count = request.count or 1
        return Resolved(full, version="1", expected_cost=self.price)

    async def run(self, request: GenerateRequest, work: WorkContext) -> AsyncIterator[Message]:
        result = GenerateResult()
        for seed in range(request.seed, request.seed + request.count):
            yield Progress(stage="drawing", fraction=0.5)
            if seed == self.fails:
                raise Unavailable("the machine is away")
            self.seeds.append(seed)
            path = work.scratch / f"{seed}.png"
            drawn(self.texts.get(seed, ""), seed).save(path)
            result.images.add(asset=await work.store(path, "image/png"), seed=seed)
        if self.price is not None:
            result.provenance.cost.CopyFrom(self.price)
        yield result


def drawn(text: str, seed: int = 0) -> Image.Image:
    """A landscape of a kind, with lettering on it."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), (120, 170, 210))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((40 + seed % 100, 40, 120 + seed % 100, 120), fill=(250, 230, 150))
    draw.polygon([(0, HEIGHT), (160, 150), (300, 260), (WIDTH, 180), (WIDTH, HEIGHT)], fill=(60, 110, 70))
    if text:
        face = fonts.default_font().path
        draw.text((120, 130), text, font=ImageFont.truetype(str(face), 48), fill=(255, 255, 255))
    return picture


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    pool = ModelPool()
    yield Studio(tmp_path / "store", pool)
    await pool.close()


async def draw(studio: Studio, toy: Engine, mode: int, **options: object) -> Drawn:
    settings = TextCheckSettings()
    checked = Checked(toy, Reader(settings), settings)
    told = TextCheckOptions(**options)  # type: ignore[arg-type]
    more = {"width_pixels": WIDTH, "height_pixels": HEIGHT, "text_check": mode, "text_check_options": told}
    try:
        return await studio.draw(checked, **more)
    finally:
        await checked.close()


@pytest.mark.parametrize("text", ["GRAND HOTEL", "欢迎光临"])
async def test_lettering_is_found_where_it_stands(studio: Studio, text: str) -> None:
    made = await draw(studio, Toy({1: text}), TEXT_CHECK_WARN)
    (image,) = made.result.images
    (seen,) = image.texts
    assert seen.text.replace(" ", "") == text.replace(" ", "")
    assert seen.confidence > 0.8
    middle = (seen.left_pixels + seen.width_pixels / 2, seen.top_pixels + seen.height_pixels / 2)
    assert 120 < middle[0] < 420
    assert 130 < middle[1] < 200
    assert made.warnings == [f'the picture shows lettering: "{seen.text}"']
    fractions = [one.fraction for one in made.progress]
    assert fractions == sorted(fractions)
    assert made.progress[-1].stage == "reading"


async def test_a_picture_without_is_left_alone(studio: Studio) -> None:
    toy = Toy({})
    made = await draw(studio, toy, TEXT_CHECK_REDO)
    assert (list(made.result.images[0].texts), made.warnings, toy.seeds) == ([], [], [1])
    painted = await draw(studio, PainterEngine({}), TEXT_CHECK_WARN)
    assert not painted.result.images[0].texts
    assert "lettering" not in " ".join(painted.warnings)


async def test_nobody_looks_where_it_is_off_or_the_words_are_allowed(studio: Studio) -> None:
    toy = Toy({1: "GRAND HOTEL"})
    assert not (await draw(studio, toy, TEXT_CHECK_OFF)).result.images[0].texts
    made = await draw(studio, toy, TEXT_CHECK_REDO, allowed_texts=["Grand", "hotel"])
    assert (list(made.result.images[0].texts), made.warnings, toy.seeds) == ([], [], [1, 1])


async def test_it_is_made_again_until_a_seed_shows_none(studio: Studio) -> None:
    toy = Toy({1: "GRAND HOTEL", 2: "SALE"})
    made = await draw(studio, toy, TEXT_CHECK_REDO, most_redos=5)
    (image,) = made.result.images
    assert (toy.seeds, image.seed, image.redos, list(image.texts), made.warnings) == ([1, 2, 3], 3, 2, [], [])
    assert made.result.provenance.seed == 3


async def test_after_the_last_redo_the_one_with_the_least_is_kept(studio: Studio) -> None:
    toy = Toy({1: "GRAND HOTEL", 2: "SALE", 3: "GRAND HOTEL"})
    made = await draw(studio, toy, TEXT_CHECK_REDO, most_redos=2)
    (image,) = made.result.images
    assert (toy.seeds, image.seed, image.redos) == ([1, 2, 3], 2, 2)
    assert [one.text for one in image.texts] == ["SALE"]
    assert made.warnings == [
        'the picture shows lettering: "SALE"; it was made again 2 times, and this one has the least'
    ]


async def test_what_costs_is_made_again_only_by_the_callers_word(studio: Studio) -> None:
    toy = Toy({1: "GRAND HOTEL"}, price=PRICE)
    made = await draw(studio, toy, TEXT_CHECK_REDO)
    assert (toy.seeds, made.result.provenance.cost) == ([1], PRICE)
    assert [one.text for one in made.result.images[0].texts] == ["GRAND HOTEL"]
    assert "was not made again, since it costs money" in made.warnings[1]
    again = await draw(studio, toy, TEXT_CHECK_REDO, redo_paid=True)
    assert (toy.seeds, again.result.images[0].seed) == ([1, 1, 2], 2)
    assert again.result.provenance.cost == Money(currency_code="USD", nanos=80_000_000)


async def test_a_redo_that_fails_loses_no_picture(studio: Studio) -> None:
    toy = Toy({1: "GRAND HOTEL"}, price=PRICE, fails=2)
    made = await draw(studio, toy, TEXT_CHECK_REDO, redo_paid=True)
    (image,) = made.result.images
    assert (image.seed, image.redos, image.texts[0].text) == (1, 0, "GRAND HOTEL")
    assert made.warnings[0] == "the picture could not be made again: the machine is away"
    assert made.result.provenance.cost == PRICE
