"""Ten stories of different kinds, made as one batch: each film is one that a person would show."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

import reelmesh
from reelmesh.compose.v1.timeline_pb2 import Canvas
from reelmesh.imagegen.v1 import imagegen_pb2
from reelmesh.imagegen.v1.imagegen_pb2_grpc import ImageGenServiceStub
from reelmesh.orchestrator.v1.job_pb2 import Job, SceneView
from tests.mesh.films import captions, fetch, output, samples
from tests.mesh.running import Up, mesh

EXAMPLES = Path(__file__).parents[2] / "examples"
NOUNS = {
    "the-fox-and-the-grapes": "fox grapes crow vine wall",
    "a-tram-for-larkhaven": "tram street boat crane_machine",
    "the-lantern-that-listens": "lamp phone book backpack",
    "why-the-moon-changes": "moon sun earth rocket astronaut",
    "two-tickets": "train rain sea mountain woman man",
    "狐假虎威": "tiger fox forest rabbit deer",
    "番茄炒蛋": "egg tomato pot stove bowl rice",
    "长城的故事": "great_wall mountain soldier camel desert",
    "江上的夜": "moon rowboat river crane reed snow",
    "雨从哪里来": "sun sea cloudy rain river",
}
"""Stories, and what has to be seen somewhere in each, by the painter's names, "_" standing for a blank."""
FRAME = Canvas(width_pixels=270, height_pixels=480, frames_per_second=10)
RATE = 16_000
SENTENCE_ENDS = tuple(".!?…。！？”\"'’）):：")
BLACK_LUMA, BLACK_SECONDS = 16, 0.2
STILL, STILL_SECONDS = 0.02, 1.0
"""Mean change of luma from frame to frame below which a frame stands still; longest time for that."""
QUIET, QUIET_SECONDS = 10 ** (-50 / 20), 2.0


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with mesh() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def jobs(up: Up) -> dict[str, Job]:
    """All of them, submitted at once."""
    async with up.client() as client:

        async def make(name: str) -> Job:
            text = (EXAMPLES / f"{name}.txt").read_text(encoding="utf-8")
            return await client.wait(await client.submit(reelmesh.NarratedVideo(text=text, canvas=FRAME)))

        return dict(zip(NOUNS, await asyncio.gather(*map(make, NOUNS)), strict=True))


def longest(held: NDArray[np.bool_]) -> int:
    """Length of the longest run of true."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], held.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max(initial=0))


async def depicted(client: reelmesh.Client, view: SceneView, job: Job) -> list[str]:
    """What the painter says it has drawn in a scene's picture."""
    request = imagegen_pb2.GenerateRequest(
        prompt=view.scene.image_prompt,
        negative_prompt=view.scene.negative_prompt,
        seed=view.scene.seed,
        place_seed=view.scene.place_seed,
        character=view.scene.character,
        character_seed=view.scene.character_seed,
        width_pixels=FRAME.width_pixels,
        height_pixels=FRAME.height_pixels,
    )
    stub = ImageGenServiceStub(client.channel("imagegen"))
    (image,) = [response.result async for response in stub.Generate(request)][-1].images
    assert image.asset.digest == view.pictures[0].digest  # this very picture is in the film
    return list(image.depicts)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", NOUNS)
async def test_a_story_becomes_a_film_worth_showing(
    up: Up, jobs: dict[str, Job], tmp_path: Path, name: str
) -> None:
    job = jobs[name]
    async with up.client() as client:
        film, scenes = await fetch(client, job, tmp_path), await client.scenes(job)
        said = captions(await output(client, job, "text/vtt"))
        seen = {noun for view in scenes for noun in await depicted(client, view, job)}
    assert job.result.warnings == []
    assert film.errors() == ""

    luma = film.frames() @ np.array([0.2126, 0.7152, 0.0722])
    rate = FRAME.frames_per_second
    assert longest(luma.mean(axis=(1, 2)) < BLACK_LUMA) / rate < BLACK_SECONDS
    change = np.abs(np.diff(luma, axis=0)).mean(axis=(1, 2))
    assert longest(change < STILL) / rate <= STILL_SECONDS
    sound = np.abs(samples(film.path, RATE))
    assert longest(sound < QUIET) / RATE <= QUIET_SECONDS

    for view in scenes:  # a cut never falls into a sentence
        assert view.scene.text.rstrip().endswith(SENTENCE_ENDS), view.scene.text
    assert {noun.replace("_", " ") for noun in NOUNS[name].split()} <= seen

    for caption in said:  # there is time to read each
        letters = sum(2 if ord(char) > 0x2E80 else 1 for char in caption.text)
        assert letters / (caption.end - caption.start) <= 30, caption.text
