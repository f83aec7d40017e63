"""The diffusers engine on tiny models: sizes, seeds, guidance, LoRAs, references, batches, errors."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
import torch
from diffusers import DiffusionPipeline
from PIL import Image

from reelmesh.imagegen.v1.imagegen_pb2 import GenerateRequest, Lora, SceneSettings
from servers.chassis.conformance import LAWS, Case, Law, samples, served
from servers.chassis.errors import FailedPrecondition, InvalidArgument
from servers.chassis.models.pool import ModelPool
from servers.chassis.settings import ModelSettings
from servers.imagegen.diffusion.engine import DiffusersEngine
from tests.models.studio import Pixels, Studio, apart

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def studio(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    pool = ModelPool(ModelSettings(devices=["cpu"], reserve_bytes=0))
    yield Studio(tmp_path_factory.mktemp("store"), pool)
    await pool.close()


@pytest.fixture(scope="module")
def options(models: Path) -> dict[str, Any]:
    return {
        "models": {name: {"path": str(models / name), "license": "MIT"} for name in ("flux", "sd3", "sdxl")},
        "loras": {
            "ink": {"path": str(models / "flux-ink"), "models": ["flux"], "trigger": "inked"},
            "oil": {
                "path": str(models / "flux-oil" / "pytorch_lora_weights.safetensors"),
                "characters": ["Mira"],
                "models": ["flux"],
            },
            "xl-ink": {"path": str(models / "sdxl-ink"), "models": ["sdxl"]},
        },
    }


@pytest.fixture(scope="module")
def engine(studio: Studio, options: dict[str, Any]) -> DiffusersEngine:
    return made(studio, options)


def made(studio: Studio, options: dict[str, Any]) -> DiffusersEngine:
    engine = DiffusersEngine(options)
    engine.use(studio.pool)
    return engine


def bare(folder: Path, prompt: str, seed: int, steps: int = 2) -> Pixels:
    """What diffusers alone gives."""
    pipe = DiffusionPipeline.from_pretrained(folder, local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    noise = torch.Generator().manual_seed(seed)
    image = pipe(prompt, height=64, width=64, num_inference_steps=steps, generator=noise).images[0]
    return np.asarray(image).astype(np.int16)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
async def test_the_engine_keeps_the_law(studio: Studio, engine: DiffusersEngine, law: Law) -> None:
    for request in served(engine, await samples("reelmesh.imagegen.engines", studio.assets)):
        quick = GenerateRequest()
        quick.CopyFrom(request)
        quick.steps = 2
        await law(Case(engine, quick, studio.assets))


@pytest.mark.parametrize("model", ["flux", "sd3", "sdxl"])
async def test_a_seed_gives_what_diffusers_alone_gives(
    studio: Studio, engine: DiffusersEngine, models: Path, model: str
) -> None:
    drawn = await studio.draw(engine, model=model, seed=7)
    assert apart(drawn.picture, bare(models / model, "a fox", 7)) <= 1
    assert drawn.result.images[0].seed == drawn.result.provenance.seed == 7
    again = await studio.draw(engine, model=model, seed=7)
    assert apart(drawn.picture, again.picture) == 0
    other = await studio.draw(engine, model=model, seed=8)
    assert apart(drawn.picture, other.picture) > 2


@pytest.mark.parametrize("model", ["flux", "sd3", "sdxl"])
async def test_any_size_is_made_and_cropped(studio: Studio, engine: DiffusersEngine, model: str) -> None:
    drawn = await studio.draw(engine, model=model, width_pixels=70, height_pixels=49)
    assert drawn.picture.shape == (49, 70, 3)
    facts = drawn.result.images[0].asset.facts
    assert (facts.width_pixels, facts.height_pixels) == (70, 49)


async def test_progress_is_told_by_step_with_previews(studio: Studio, engine: DiffusersEngine) -> None:
    drawn = await studio.draw(engine, steps=11)
    told = [report.detail for report in drawn.progress if report.stage == "denoising"]
    assert told == [f"step {step} of 11" for step in range(1, 12)]
    fractions = [report.fraction for report in drawn.progress]
    assert fractions == sorted(fractions)
    previews = [report for report in drawn.progress if report.HasField("preview")]
    assert [report.detail for report in previews] == ["step 5 of 11", "step 10 of 11"]
    assert max((await studio.pixels(previews[0].preview)).shape) <= 256


async def test_large_previews_are_made_small(studio: Studio, engine: DiffusersEngine) -> None:
    drawn = await studio.draw(engine, steps=6, width_pixels=512, height_pixels=256)
    (preview,) = [report.preview for report in drawn.progress if report.HasField("preview")]
    assert (await studio.pixels(preview)).shape == (128, 256, 3)


@pytest.mark.parametrize("model", ["flux", "sd3", "sdxl"])
async def test_what_is_queued_together_is_drawn_together_and_alike(
    studio: Studio, engine: DiffusersEngine, model: str
) -> None:
    prompts = ["a fox", "a vine with many grapes", "one crow", "two"]
    alone = [
        await studio.draw(engine, model=model, prompt=prompt, seed=seed)
        for seed, prompt in enumerate(prompts)
    ]
    together = 0

    def look(_: object) -> None:
        nonlocal together
        together = max(together, studio.pool.state()[0].running)

    batched = await asyncio.gather(
        *(
            studio.draw(engine, look, model=model, prompt=prompt, seed=seed)
            for seed, prompt in enumerate(prompts)
        )
    )
    assert together >= 3  # the first may have been under way when the others came
    for one, other in zip(alone, batched, strict=True):
        assert apart(one.picture, other.picture) <= 2


async def test_several_pictures_have_seeds_of_their_own(studio: Studio, engine: DiffusersEngine) -> None:
    drawn = await studio.draw(engine, count=3, seed=5)
    assert [image.seed for image in drawn.result.images] == [5, 6, 7]
    second = await studio.draw(engine, seed=6)
    assert apart(drawn.pictures[1], second.picture) <= 2


async def test_a_lora_is_laid_over_and_taken_off_to_the_bit(
    studio: Studio, engine: DiffusersEngine, options: dict[str, Any]
) -> None:
    plain = await studio.draw(engine)
    full = await studio.draw(engine, loras=[Lora(name="ink")])
    half = await studio.draw(engine, loras=[Lora(name="ink", weight=0.5)])
    both = await studio.draw(engine, loras=[Lora(name="ink"), Lora(name="oil", weight=0.7)])
    assert len({picture.picture.tobytes() for picture in (plain, full, half, both)}) == 4
    assert apart((await studio.draw(engine)).picture, plain.picture) == 0
    again = await studio.draw(engine, loras=[Lora(name="ink")])
    assert apart(again.picture, full.picture) == 0  # the one that stayed loaded


@pytest.mark.parametrize(("model", "lora"), [("flux", "ink"), ("sdxl", "xl-ink")])
async def test_a_lora_that_is_not_kept_is_unloaded_to_the_bit(
    studio: Studio, options: dict[str, Any], model: str, lora: str
) -> None:
    engine = made(studio, {**options, "loras_kept": 0})
    plain = await studio.draw(engine, model=model)
    inked = await studio.draw(engine, model=model, loras=[Lora(name=lora)])
    after = await studio.draw(engine, model=model)
    assert apart(plain.picture, inked.picture) > 0
    assert apart(plain.picture, after.picture) == 0


async def test_a_character_is_drawn_by_its_lora(studio: Studio, engine: DiffusersEngine) -> None:
    mira = await studio.draw(engine, character="Mira, a girl")
    named = await studio.draw(engine, character="Mira, a girl", loras=[Lora(name="oil")])
    other = await studio.draw(engine, character="Myra, a girl")
    assert apart(mira.picture, named.picture) == 0
    assert apart(mira.picture, other.picture) > 0


async def test_loras_that_are_not_there_or_do_not_fit_are_refused(engine: DiffusersEngine) -> None:
    for model, name, told in (
        ("flux", "nothing", '"nothing" is not in the settings (ink, oil, xl-ink)'),
        ("flux", "xl-ink", '"xl-ink" is for sdxl, not flux'),
    ):
        with pytest.raises(InvalidArgument) as raised:
            engine.resolve(GenerateRequest(prompt="a fox", model=model, loras=[Lora(name=name)]))
        assert raised.value.violations == (("loras[0].name", told),)


async def test_a_negative_prompt_is_used_where_the_model_has_one(
    studio: Studio, engine: DiffusersEngine, models: Path
) -> None:
    for model in ("sd3", "sdxl"):
        plain = await studio.draw(engine, model=model)
        without = await studio.draw(engine, model=model, negative_prompt="grapes, lettering")
        assert apart(plain.picture, without.picture) > 0
        assert without.warnings == []
    distilled = await studio.draw(engine, model="flux", negative_prompt="grapes")
    assert "negative_prompt was passed over" in distilled.warnings[0]
    guided = made(studio, {"models": {"flux": {"path": str(models / "flux"), "true_guidance": 3.0}}})
    away = await studio.draw(guided, negative_prompt="grapes")
    assert away.warnings == []
    assert apart(away.picture, distilled.picture) > 0


async def test_guidance_and_words_around_the_prompt_reach_the_model(
    studio: Studio, engine: DiffusersEngine
) -> None:
    pictures = [
        await studio.draw(engine, model="sd3", **fields)
        for fields in (
            {},
            {"guidance": 2.0},
            {"style": "woodcut"},
            {"scene_settings": SceneSettings(lighting="golden hour")},
            {"character": "a red fox"},
        )
    ]
    assert len({drawn.picture.tobytes() for drawn in pictures}) == len(pictures)


@pytest.mark.parametrize("model", ["flux", "sd3", "sdxl"])
async def test_a_reference_is_started_from_as_far_as_it_is_to_be_kept(
    studio: Studio, engine: DiffusersEngine, model: str
) -> None:
    reference = await studio.stored(np.full((50, 80, 3), (200, 30, 40), dtype=np.int16))

    async def spread(keep: float) -> float:
        one, other = [
            await studio.draw(
                engine, model=model, seed=seed, steps=8, reference_image=reference, reference_strength=keep
            )
            for seed in (1, 2)
        ]
        assert one.warnings == []
        return float(np.abs(one.picture - other.picture).mean())

    assert await spread(1.0) < await spread(0.1)


async def test_a_reference_is_resembled_by_an_adapter_that_comes_off_to_the_bit(
    studio: Studio, models: Path
) -> None:
    adapter = {"path": str(models / "sdxl-adapter"), "file": "ip-adapter.safetensors", "image_encoder": ""}
    engine = made(studio, {"models": {"sdxl": {"path": str(models / "sdxl"), "ip_adapter": adapter}}})
    red, blue = [
        await studio.stored(np.full((64, 64, 3), colour, dtype=np.int16))
        for colour in ((220, 30, 40), (20, 40, 220))
    ]
    plain = await studio.draw(engine)
    resembling = [
        await studio.draw(engine, reference_image=reference, reference_strength=strength)
        for reference, strength in ((red, 0.9), (red, 0.3), (blue, 0.9))
    ]
    assert len({drawn.picture.tobytes() for drawn in (plain, *resembling)}) == 4
    assert apart((await studio.draw(engine)).picture, plain.picture) == 0
    again = await studio.draw(engine, reference_image=red, reference_strength=0.9)
    assert apart(again.picture, resembling[0].picture) == 0


async def test_a_reference_that_is_no_picture_is_refused(studio: Studio, engine: DiffusersEngine) -> None:
    async with studio.assets.scratch("test") as scratch:
        (scratch / "text").write_text("not a picture")
        text = await studio.assets.store("test", scratch / "text", "image/png")
    with pytest.raises(InvalidArgument) as raised:
        await studio.draw(engine, reference_image=text)
    assert raised.value.violations[0][0] == "reference_image"


@pytest.mark.parametrize(
    "ways",
    [
        {"dtype": "bfloat16"},
        {"tiling": True, "slicing": True},
        {"attention": "native"},
        {"attention": "slicing"},
        {"compile": "eager"},
    ],
    ids=lambda ways: "-".join(f"{name}={value}" for name, value in ways.items()),
)
async def test_ways_to_load_a_model(studio: Studio, models: Path, ways: dict[str, Any]) -> None:
    engine = made(studio, {"models": {"sdxl": {"path": str(models / "sdxl"), **ways}}})
    drawn = await studio.draw(engine)
    assert drawn.picture.std() > 0


async def test_a_way_to_load_that_is_unknown_says_so(studio: Studio, models: Path) -> None:
    engine = made(studio, {"models": {"flux": {"path": str(models / "flux"), "attention": "telepathy"}}})
    with pytest.raises(FailedPrecondition) as raised:
        await studio.draw(engine)
    assert 'attention "telepathy"' in raised.value.message


@pytest.mark.skipif(importlib.util.find_spec("bitsandbytes") is not None, reason="it is installed")
async def test_quantization_names_what_it_lacks(studio: Studio, models: Path) -> None:
    engine = made(studio, {"models": {"flux": {"path": str(models / "flux"), "quantization": "4bit"}}})
    with pytest.raises(FailedPrecondition) as raised:
        await studio.draw(engine)
    assert 'pip install "reelmesh[diffusers,quantization]"' in raised.value.message


async def test_a_request_may_name_a_folder_unless_the_settings_forbid_it(
    studio: Studio, models: Path, tmp_path: Path
) -> None:
    engine = made(studio, {})
    assert engine.on_request
    named = await studio.draw(engine, model=str(models / "flux"))
    assert named.picture.std() > 0
    for options, model in (({}, str(tmp_path)), ({}, ""), ({"named_only": True}, str(models / "flux"))):
        with pytest.raises(InvalidArgument) as raised:
            made(studio, options).resolve(GenerateRequest(prompt="a fox", model=model))
        assert raised.value.violations[0][0] == "model"


async def test_weights_that_are_damaged_are_a_failed_precondition(
    studio: Studio, models: Path, tmp_path: Path
) -> None:
    broken = shutil.copytree(models / "flux", tmp_path / "broken")
    (broken / "transformer" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(FailedPrecondition) as raised:
        await studio.draw(made(studio, {}), model=str(broken))
    assert "can not be loaded" in raised.value.message


async def test_a_pipeline_that_brings_code_of_its_own_is_refused(
    studio: Studio, models: Path, tmp_path: Path
) -> None:
    armed = shutil.copytree(models / "flux", tmp_path / "armed")
    fired = tmp_path / "fired"
    (armed / "pipeline.py").write_text(
        f"open({str(fired)!r}, 'w')\nfrom diffusers import FluxPipeline\nclass Armed(FluxPipeline): pass\n"
    )
    index = armed / "model_index.json"
    index.write_text(index.read_text().replace('"FluxPipeline"', '["pipeline", "Armed"]'))
    with pytest.raises(FailedPrecondition):
        await studio.draw(made(studio, {}), model=str(armed))
    assert not fired.exists()


async def test_what_changes_pictures_changes_the_version(options: dict[str, Any], models: Path) -> None:
    def version(options: dict[str, Any], **fields: Any) -> str:
        return DiffusersEngine(options).resolve(GenerateRequest(prompt="a fox", seed=1, **fields)).version

    plain = version(options)
    assert plain == version(options)
    assert plain != version(options, loras=[Lora(name="ink")])
    assert plain != version(options, model="sd3")
    bfloat = {**options, "models": {"flux": {"path": str(models / "flux"), "dtype": "bfloat16"}}}
    assert plain != version(bfloat)
    pinned = {**options["models"], "flux": {**options["models"]["flux"], "pinned": True}}
    assert plain == version({**options, "models": pinned})


async def test_models_are_listed_with_their_licences(engine: DiffusersEngine) -> None:
    assert [(model.name, model.license) for model in engine.models()] == [
        ("flux", "MIT"),
        ("sd3", "MIT"),
        ("sdxl", "MIT"),
    ]
    known = DiffusersEngine({"models": {"schnell": {"path": "black-forest-labs/FLUX.1-schnell"}}})
    assert known.models()[0].license == "Apache-2.0"


async def test_pictures_come_in_the_format_that_was_asked_for(
    studio: Studio, engine: DiffusersEngine
) -> None:
    for number, kind in ((1, "PNG"), (2, "JPEG"), (3, "WEBP")):
        drawn = await studio.draw(engine, format=number)
        path = await studio.assets.path("test", drawn.result.images[0].asset, "test")
        with Image.open(path) as file:
            assert file.format == kind
