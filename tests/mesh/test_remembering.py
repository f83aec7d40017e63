"""What was made is remembered by the whole mesh: an edit costs what it changed, and a repetition nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import reelmesh
from reelmesh.orchestrator.v1.job_pb2 import Job
from reelmesh.orchestrator.v1.job_service_pb2 import StepForecast
from tests.mesh.running import SMALL, Up, mesh, states

STORY = """The Fox

A fox saw grapes on a high vine.

He jumped three times and missed.

Then he walked away with his nose in the air.
"""
SCENES = 3


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with mesh() as running:
        yield running


def story(seed: int) -> reelmesh.NarratedVideo:
    """The story; each test has a seed of its own, and so nothing of another's is remembered."""
    wanted = reelmesh.NarratedVideo(text=STORY, canvas=SMALL, seed=seed)
    wanted.plan.target_scene_duration.FromSeconds(2)
    return wanted


def ran(job: Job) -> set[str]:
    """The steps that were called; all others are remembered."""
    found = states(job)
    assert set(found.values()) <= {"SUCCEEDED", "REMEMBERED"}
    assert len(found) == 2 * SCENES + 2
    return {step for step, state in found.items() if state == "SUCCEEDED"}


@pytest.mark.slow
async def test_an_edit_makes_anew_what_it_changed_and_nothing_else(up: Up) -> None:
    async with up.client() as client:
        job = await client.submit(story(1))
        first = await client.wait(job)
        assert len(ran(first)) == 2 * SCENES + 2
        scenes = await client.scenes(job)
        assert len(scenes) == SCENES

        await client.edit_scene(job, scenes[1].scene.id, text="He jumped a hundred times and missed.")
        explained = await client.explain(job)
        await client.run(job)
        said = await client.wait(job)
        assert ran(said) == {"narrate[1]", "compose"}
        assert said.result.film.digest != first.result.film.digest
        after = await client.scenes(job)
        assert after[1].scene.text == "He jumped a hundred times and missed."
        assert after[1].narration.digest != scenes[1].narration.digest
        assert [view.pictures[0].digest for view in after] == [view.pictures[0].digest for view in scenes]
        assert [after[n].narration.digest for n in (0, 2)] == [scenes[n].narration.digest for n in (0, 2)]
        forecast = {
            f"{step.step}[{step.index}]" if step.HasField("index") else step.step: step.forecast
            for step in explained.steps
        }
        assert forecast["narrate[1]"] == StepForecast.STEP_FORECAST_RUN
        assert forecast.pop("compose") == StepForecast.STEP_FORECAST_UNKNOWN  # the speech is not there yet
        assert {step for step, will in forecast.items() if will == StepForecast.STEP_FORECAST_RUN} == {
            "narrate[1]"
        }

        await client.edit_scene(job, scenes[2].scene.id, image_prompt="a fox walking away at night")
        await client.run(job)
        seen = await client.wait(job)
        assert ran(seen) == {"illustrate[2]", "compose"}

        await client.run(job)
        again = await client.wait(job)
        assert ran(again) == set()
        assert again.result == seen.result
        assert again.execution.number == 4


@pytest.mark.slow
async def test_another_job_of_the_same_text_is_remembered_whole(up: Up) -> None:
    async with up.client() as client:
        first = await client.wait(await client.submit(story(2)))
        second = await client.wait(await client.submit(story(2)))
        assert second.id != first.id
        assert ran(second) == set()
        assert second.result == first.result
        unlike = story(2)
        unlike.voice.speed = 1.4
        faster = await client.wait(await client.submit(unlike))
        assert ran(faster) == {f"narrate[{scene}]" for scene in range(SCENES)} | {"compose"}


@pytest.mark.slow
async def test_what_is_remembered_of_one_owner_is_not_anothers(up: Up) -> None:
    async with up.client() as client, reelmesh.Client(home=up.home, owner="somebody-else") as other:
        await client.wait(await client.submit(story(3)))
        theirs = await other.wait(await other.submit(story(3)))
        assert len(ran(theirs)) == 2 * SCENES + 2
