"""A presenter speaks the narration; several clips for one shot are there to choose from. Through the mesh."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

import reelmesh
from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.errors import InvalidArgument
from reelmesh.orchestrator.v1.job_pb2 import Job
from tests.mesh.films import Film, fetch, samples
from tests.mesh.running import SMALL, Up, mesh, states
from tests.vendors.http import Reply
from tests.vendors.kling import ACCESS, SECRET, Kling
from tests.vendors.studio import FAST

STORY = "Rain\n\nRain fell on the hills all day and all night.\n\nThen the sun came out and the birds sang."
RATE = 16_000
GROUND = (40, 170, 90)


@pytest.fixture(scope="module")
def kling() -> Iterator[Kling]:
    with Kling() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def up(kling: Kling) -> Iterator[Up]:
    given = {**FAST, "type": "kling", "key": ACCESS, "secret": SECRET, "base_url": kling.url}
    with mesh(VIDEO__PROVIDERS=json.dumps({"paid": given})) as running:
        yield running


def narrated(**more: object) -> reelmesh.NarratedVideo:
    wanted = reelmesh.NarratedVideo(text=STORY, canvas=SMALL, **more)  # type: ignore[arg-type]
    wanted.plan.target_scene_duration.FromSeconds(3)
    wanted.subtitles.mode = parts.SUBTITLE_MODE_NONE
    wanted.transition.kind = parts.TRANSITION_KIND_CUT
    wanted.output.crf = 12  # so that colours are told apart
    wanted.clip.engine = "motion"
    return wanted


def face(path: Path) -> Path:
    """A portrait before a green wall: head, neck and shoulders."""
    picture = Image.new("RGB", (300, 400), GROUND)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((30, 290, 270, 400), fill=(60, 60, 150))
    draw.rectangle((125, 220, 175, 300), fill=(210, 160, 130))
    draw.ellipse((80, 60, 220, 250), fill=(220, 170, 140))
    for x in (122, 178):
        draw.ellipse((x - 8, 130, x + 8, 146), fill=(30, 20, 20))
    picture.save(path)
    return path


def green(frames: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Where the portrait's wall is seen."""
    return np.asarray((np.abs(frames - np.array(GROUND)) < 30).all(axis=-1))


def loudness(film: Film, count: int) -> NDArray[np.float64]:
    """How loud each frame's time is."""
    sound = samples(film.path, RATE)
    pieces = np.array_split(sound[: count * RATE // 10], count)
    return np.array([float(np.sqrt(np.mean(piece**2))) for piece in pieces])


async def made(client: reelmesh.Client, wanted: reelmesh.NarratedVideo) -> Job:
    return await client.wait(await client.submit(wanted))


@pytest.mark.slow
async def test_a_portrait_speaks_the_narration_in_its_corner(up: Up, tmp_path: Path) -> None:
    async with up.client() as client:
        wanted = narrated()
        wanted.presenter.portrait.CopyFrom(await client.upload(face(tmp_path / "face.png")))
        wanted.presenter.engine = "mouth"
        wanted.presenter.provider_params["sway"] = "off"
        wanted.presenter.shown.anchor = parts.ANCHOR_TOP_LEFT
        wanted.presenter.shown.size = 0.5
        job = await made(client, wanted)
        assert {step for step in states(job) if step.startswith("present")} == {"present[0]", "present[1]"}
        assert not job.result.warnings
        film = await fetch(client, job, tmp_path)
        frames = film.frames().astype(int)
        # 90 x 120 pixels, 7 from the corner, in every frame of both scenes; and nowhere else.
        shown = green(frames)
        assert shown[:, 9:100, 9:16].mean() > 0.95
        assert shown[:, 140:, 100:].mean() < 0.05
        # The mouth moves while something is said, and is still in the pause between the scenes.
        mouth = frames[:, 60:95, 35:70].mean(axis=-1)
        moved = np.abs(np.diff(mouth, axis=0)).mean(axis=(1, 2))
        loud = loudness(film, len(frames))
        spoken, silent = loud > 0.3 * np.median(loud), loud < 0.02 * loud.max()
        assert moved[spoken[1:]].mean() > 4 * moved[silent[1:] & silent[:-1]].mean() + 0.2

        # One sentence that is edited is one clip of the presenter's made anew.
        first, second = await client.scenes(job)
        assert first.presenter_clip.digest
        await client.edit_scene(job, second.scene.id, text="Then the sun came out.")
        again = await client.wait(await client.run(job))
        told = states(again)
        assert (told["present[0]"], told["present[1]"]) == ("REMEMBERED", "SUCCEEDED")


@pytest.mark.slow
async def test_a_described_presenter_fills_the_frame_for_a_while(up: Up, tmp_path: Path) -> None:
    async with up.client() as client:
        plain = await fetch(client, await made(client, narrated()), tmp_path)
        before = plain.frames().astype(int)
        wanted = narrated()
        wanted.presenter.description = "a man in a black suit"
        wanted.presenter.engine = "mouth"
        wanted.presenter.shown.shape = parts.AVATAR_SHAPE_FULL_SCREEN
        one = wanted.presenter.shown.ranges.add()
        one.start.FromMilliseconds(1000)
        one.end.FromMilliseconds(2000)
        job = await made(client, wanted)
        assert states(job)["portrait"] == "SUCCEEDED"
        after = (await fetch(client, job, tmp_path)).frames().astype(int)
        other = np.abs(before - after).mean(axis=(1, 2, 3)) > 8
        assert list(np.flatnonzero(other)) == list(range(10, 20))
        corner = after[10:20, :20].reshape(-1, 3)
        assert corner.std(axis=0).max() < 6  # the portrait's plain ground


@pytest.mark.slow
async def test_a_presenter_in_the_last_scene_alone_is_cut_out_in_a_circle(up: Up, tmp_path: Path) -> None:
    async with up.client() as client:
        wanted = narrated()
        wanted.presenter.portrait.CopyFrom(await client.upload(face(tmp_path / "face.png")))
        wanted.presenter.engine = "mouth"
        wanted.presenter.shown.span = parts.AVATAR_SPAN_LAST_SCENE
        wanted.presenter.shown.shape = parts.AVATAR_SHAPE_ROUND
        wanted.presenter.shown.anchor = parts.ANCHOR_CENTER
        wanted.presenter.shown.size = 0.5
        wanted.presenter.shown.remove_background = True
        job = await made(client, wanted)
        assert {step for step in states(job) if step.startswith("present")} == {"present[1]"}
        _, last = await client.scenes(job)
        frames = (await fetch(client, job, tmp_path)).frames().astype(int)
        begin = round(last.start.ToNanoseconds() / 1e8)
        skin = (
            (np.abs(frames[:, 124:134, 80:100] - np.array((220, 170, 140))) < 40)
            .all(axis=-1)
            .mean(axis=(1, 2))
        )
        assert (skin[begin + 1 :] > 0.8).all()
        assert (skin[: begin - 1] < 0.3).all()
        assert green(frames).mean() < 0.01


@pytest.mark.slow
async def test_a_paid_provider_is_given_portrait_and_speech_and_its_cost_is_told(
    up: Up, kling: Kling, tmp_path: Path
) -> None:
    kling.clip_seconds = 10.0
    async with up.client() as client:
        wanted = narrated()
        wanted.presenter.portrait.CopyFrom(await client.upload(face(tmp_path / "face.png")))
        wanted.presenter.shown.span = parts.AVATAR_SPAN_FIRST_SCENE
        told = await client.explain(wanted)
        assert not told.violations
        job = await made(client, wanted)
        (task,) = kling.tasks.values()
        assert task.request["kind"] == "avatar/image2video"
        assert task.request["image"]
        assert task.request["sound_file"]
        assert states(job)["present[0]"] == "SUCCEEDED"
        (attempt,) = [one async for one in client.attempts(job_id=job.id)]
        assert (attempt.step, attempt.model) == ("present[0]", "kling-avatar")
        assert job.execution.cost.nanos == attempt.cost.nanos > 0


@pytest.mark.slow
async def test_clips_to_choose_from(up: Up, tmp_path: Path) -> None:
    async with up.client() as client:
        wanted = narrated()
        wanted.clip.animate_share = 0.5
        wanted.clip.variants = 3
        wanted.clip.duration.FromSeconds(1)
        job = await made(client, wanted)
        done = {step for step in states(job) if step.startswith("animate")}
        (at,) = {int(step[-2]) for step in done}
        assert done == {f"animate[{at}]", f"animate_2[{at}]", f"animate_3[{at}]"}
        view = (await client.scenes(job))[at]
        assert len({clip.digest for clip in view.clips}) == 3
        assert view.clip == view.clips[0]
        edited = await client.edit_scene(job, view.scene.id, clip_index=2)
        assert edited.clip.digest == view.clips[2].digest
        assert {clip.digest for clip in edited.clips} == {clip.digest for clip in view.clips}
        again = await client.wait(await client.run(job))
        assert not any(step.startswith("animate") for step in states(again))
        with pytest.raises(InvalidArgument, match="the scene has 3 clips"):
            await client.edit_scene(job, view.scene.id, clip_index=7)
        kept = (await client.scenes(job))[at]
        assert kept.clip.digest == view.clips[2].digest
        assert {clip.digest for clip in kept.clips} == {clip.digest for clip in view.clips}


@pytest.mark.slow
async def test_a_clip_that_failed_is_made_anew_and_no_other(up: Up, kling: Kling) -> None:
    kling.clip_seconds, before = 10.0, kling.accepted
    kling.faults.append((r"^POST /v1/videos", Reply.of({"code": 1301, "message": "risk control"}, 400)))
    async with up.client() as client:
        wanted = narrated()
        wanted.clip.engine, wanted.clip.model = "paid", "kling-v2-6"
        wanted.clip.animate_share, wanted.clip.variants = 0.5, 3
        job = await made(client, wanted)
        told = {step: state for step, state in states(job).items() if step.startswith("animate")}
        (failed,) = [step for step, state in told.items() if state == "FAILED"]
        assert sorted(told.values()) == ["FAILED", "SUCCEEDED", "SUCCEEDED"]
        assert any(line.startswith(f"{failed} failed: ") for line in job.result.warnings)
        assert kling.accepted == before + 2
        again = await client.wait(await client.run(job))
        assert kling.accepted == before + 3
        told = {step: state for step, state in states(again).items() if step.startswith("animate")}
        assert told.pop(failed) == "SUCCEEDED"
        assert set(told.values()) == {"REMEMBERED"}
