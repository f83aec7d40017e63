"""Pictures that are drawn small and enlarged, and a cover of its own, through the mesh."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import reelmesh
from reelmesh.orchestrator.v1.narrated_video_pb2 import CoverSource
from tests.mesh.films import fetch
from tests.mesh.running import SMALL, Up, mesh, states

STORY = "The Rain\n\nRain fell on the hills all day.\n\nThen the sun came out over the sea."


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with mesh() as running:
        yield running


@pytest.mark.slow
async def test_pictures_are_enlarged_and_the_cover_is_drawn_with_the_title(up: Up, tmp_path: Path) -> None:
    wanted = reelmesh.NarratedVideo(text=STORY, canvas=SMALL)
    wanted.plan.target_scene_duration.FromSeconds(3)
    wanted.picture.variants = 2
    wanted.picture.upscale.factor = 2
    wanted.clip.animate_share = 0.5
    wanted.clip.upscale.engine = "resample"
    wanted.cover.source = CoverSource.COVER_SOURCE_GENERATED
    wanted.cover.prompt = "a plain night sky"
    async with up.client() as client:
        job = await client.wait(await client.submit(wanted))
        assert not job.result.warnings
        told = states(job)
        assert {told[f"{step}[{index}]"] for step in ("enlarge", "enlarge_clip") for index in (0, 1)} == {
            "SUCCEEDED"
        }
        scenes = await client.scenes(job)
        made = {(one.facts.width_pixels, one.facts.height_pixels) for view in scenes for one in view.pictures}
        assert made == {(90, 160)}
        film = await fetch(client, job, tmp_path)
        assert film.errors() == ""
        assert film.frames().shape[1:] == (320, 180, 3)

        path = tmp_path / "cover.jpg"
        await client.download(job.result.cover, str(path))
        with Image.open(path) as opened:
            cover = np.asarray(opened.convert("L")).astype(int)
        assert cover.shape == (320, 180)
        assert (cover[30:110] > 240).sum() > 100, "the title's letters"
        assert not (cover[:20] > 240).any()

        # A picture that is chosen is enlarged in its turn; nothing else is done again but the film.
        await client.edit_scene(job, scenes[0].scene.id, picture_index=1)
        again = states(await client.wait(await client.run(job)))
        assert (again["enlarge[0]"], again["enlarge[1]"], again["cover"]) == (
            "SUCCEEDED",
            "REMEMBERED",
            "REMEMBERED",
        )
