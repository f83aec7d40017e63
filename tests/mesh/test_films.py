"""Films as the whole mesh makes them: what every player takes, as long as they should be, words in time."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

import reelmesh
from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.orchestrator.v1.job_pb2 import Job
from tests.mesh.films import Film, captions, fetch, lit_words, output, samples, spoken_words
from tests.mesh.running import SMALL, Up, mesh, states

FOX = """The Fox

A hungry fox saw grapes on a high vine. "Those look sweet," said the fox.

He jumped 3 times. He did not reach them.
"""
HU = """狐狸和葡萄

狐狸看见架上的葡萄。“真想尝尝！”它说。

它跳了3次，还是够不着，只好走开。
"""
RECORDING = Path(__file__).parents[1] / "unit/servers/asr/recordings/fox.opus"
IN_TIME = 0.08
"""Seconds between a word's being spoken and its being shown."""
MAGENTA = "#FF00FF"
RATE = 16_000


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with mesh() as running:
        yield running


def narrated(text: str, **more: object) -> reelmesh.NarratedVideo:
    wanted = reelmesh.NarratedVideo(text=text, canvas=SMALL, **more)  # type: ignore[arg-type]
    wanted.plan.target_scene_duration.FromSeconds(3)
    return wanted


async def made(client: reelmesh.Client, wanted: reelmesh.NarratedVideo) -> Job:
    return await client.wait(await client.submit(wanted))


def seconds(duration: object) -> float:
    return duration.ToNanoseconds() / 1e9  # type: ignore[attr-defined, no-any-return]


def plays_everywhere(film: Film, length: float) -> None:
    """H.264 and AAC, yuv420p, constant frame rate, index first, whole, picture and sound equally long."""
    with av.open(str(film.path)) as container:
        (video,), (audio,) = container.streams.video, container.streams.audio
        assert video.codec_context.name == "h264"
        assert video.codec_context.pix_fmt == "yuv420p"
        assert (video.codec_context.width, video.codec_context.height) == (180, 320)
        assert audio.codec_context.name == "aac"
        assert audio.duration is not None
        assert audio.time_base is not None
        assert float(audio.duration * audio.time_base) == pytest.approx(length, abs=0.1)
    names = film.boxes()
    assert names.index("moov") < names.index("mdat")
    assert film.errors() == ""
    times = film.times()
    assert times == [Fraction(number, 10) for number in range(len(times))]
    assert len(times) / 10 == pytest.approx(length, abs=0.1)
    assert len(samples(film.path, RATE)) / RATE == pytest.approx(length, abs=0.1)


def frames_lit(film: Film) -> list[float]:
    """When the lit word changes, seconds: the frames in which magenta stands elsewhere than before."""
    frames = film.frames().astype(int)
    magenta = np.clip(np.minimum(frames[..., 0], frames[..., 2]) - frames[..., 1] - 90, 0, None)
    moved = np.abs(np.diff(magenta, axis=0)).sum(axis=(1, 2))
    lit = magenta.sum(axis=(1, 2))
    return [
        number / 10
        for number in range(1, len(lit))
        if moved[number - 1] > 0.4 * (lit[number - 1] + lit[number])
    ]


def lag(film: np.ndarray, narration: np.ndarray, begin: float) -> float:
    """How much later than `begin` a narration is heard in a film, seconds: where they correlate most."""
    reach = RATE // 4
    padded = np.pad(film, (reach, reach + len(narration)))
    first = round(begin * RATE)
    heard = padded[first : first + len(narration) + 2 * reach]
    return float(np.correlate(heard, narration, "valid").argmax() - reach) / RATE


@pytest.mark.slow
@pytest.mark.parametrize(("story", "language"), [(FOX, "en"), (HU, "zh")], ids=["en", "zh"])
async def test_a_film_plays_everywhere_and_shows_words_when_they_are_spoken(
    up: Up, tmp_path: Path, story: str, language: str
) -> None:
    wanted = narrated(story)
    wanted.subtitles.CopyFrom(parts.Subtitles(highlight_color=MAGENTA, size=0.1))
    wanted.output.crf = 12  # so that colours are told apart
    async with up.client() as client:
        job = await made(client, wanted)
        film, scenes = await fetch(client, job, tmp_path), await client.scenes(job)
        spoken = await spoken_words(client, scenes)
        files = {
            kind: await output(client, job, kind)
            for kind in ("application/x-subrip", "text/vtt", "text/x-ssa")
        }
        heard = samples(film.path, RATE)
        for view in scenes:
            sound = await client.download(view.narration, tmp_path / "narration")
            assert abs(lag(heard, samples(sound, RATE), seconds(view.start))) < 0.02
    assert job.result.warnings == []
    assert len(scenes) in (2, 3)
    assert {view.scene.language for view in scenes} == {language}
    length = sum(seconds(view.duration) for view in scenes)
    assert seconds(job.result.duration) == pytest.approx(length, abs=0.1)
    plays_everywhere(film, length)

    # Frames are what a viewer sees: an event is shown from the first frame at or after its time.
    lit = lit_words(files["text/x-ssa"])
    assert [word.text.strip('.,!?"“”。，！？') for word in lit] == [word.text for word in spoken]
    shown = [np.ceil(word.start * 10 - 1e-6) / 10 for word in lit]
    late = [at - word.start for at, word in zip(shown, spoken, strict=True)]
    assert max(map(abs, late)) <= IN_TIME
    assert frames_lit(film) == pytest.approx(sorted(set(shown))[1:])

    for kind in ("application/x-subrip", "text/vtt"):
        said = captions(files[kind])
        assert all(one.end <= other.start for one, other in itertools.pairwise(said))
        letters = [char for one in said for char in one.text if char.isalnum()]
        assert letters == [char for word in spoken for char in word.text if char.isalnum()]
        for one in said:
            begins = min(spoken, key=lambda word: abs(word.start - one.start))
            assert abs(begins.start - one.start) <= IN_TIME
            assert one.text.strip('"“').startswith(begins.text)


@pytest.mark.slow
async def test_subtitles_can_be_a_track_or_stay_out_of_the_film(up: Up, tmp_path: Path) -> None:
    soft, none = narrated(FOX), narrated(FOX)
    soft.subtitles.mode = parts.SUBTITLE_MODE_SOFT
    none.subtitles.mode = parts.SUBTITLE_MODE_NONE
    async with up.client() as client:
        jobs = await asyncio.gather(made(client, soft), made(client, none))
        said = [captions(await output(client, job, "application/x-subrip")) for job in jobs]
        films = []
        for job in jobs:
            (tmp_path / job.id).mkdir()
            films.append(await fetch(client, job, tmp_path / job.id))
    assert said[0] == said[1]
    assert "hungry fox" in said[0][0].text
    plays_everywhere(films[1], seconds(jobs[1].result.duration))
    with av.open(str(films[1].path)) as container:
        assert not container.streams.subtitles
    assert films[0].errors() == ""
    with av.open(str(films[0].path)) as container:
        (track,) = container.streams.subtitles
        assert track.language == "eng"
        begins = [
            float(packet.pts * packet.time_base)
            for packet in container.demux(track)
            if packet.pts is not None and packet.size > 2  # a track fills its gaps with empty texts
        ]
    assert begins == pytest.approx([one.start for one in said[0]], abs=IN_TIME)
    assert np.array_equal(films[0].frames(), films[1].frames())


@pytest.mark.slow
async def test_a_recording_of_ones_own_becomes_a_film_of_its_length(up: Up, tmp_path: Path) -> None:
    with av.open(str(RECORDING)) as container:
        assert container.duration is not None
        length = container.duration / 1e6
    async with up.client() as client:
        audio = await client.upload(RECORDING)
        job = await made(client, reelmesh.NarratedVideo(audio=audio, canvas=SMALL))
        film, scenes = await fetch(client, job, tmp_path), await client.scenes(job)
        said = captions(await output(client, job, "text/vtt"))
    assert states(job).keys() >= {"transcribe", "plan", "illustrate[0]", "compose"}
    assert not any(step.startswith("narrate") for step in states(job))
    assert seconds(job.result.duration) == pytest.approx(length, abs=0.1)
    plays_everywhere(film, length)
    words = [word for view in scenes for word in view.scene.words]
    assert {"hungry", "fox", "jumped", "sour"} <= {word.text for word in words}
    assert abs(said[0].start - seconds(words[0].start)) <= IN_TIME
    whole = samples(RECORDING, RATE)
    assert abs(lag(samples(film.path, RATE), whole[: 4 * RATE], 0.0)) < 0.02


@pytest.mark.slow
async def test_ready_scenes_keep_what_the_user_gave(up: Up, tmp_path: Path) -> None:
    picture, clip = tmp_path / "red.png", tmp_path / "blue.mp4"
    Image.new("RGB", (90, 160), (200, 20, 20)).save(picture)
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("h264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 90, 160, "yuv420p"
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((160, 90, 3), (20, 20, 200), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    async with up.client() as client:
        wanted = reelmesh.NarratedVideo(
            canvas=SMALL, title="My title", description="My words", publish_title="For the public"
        )
        wanted.scenes.add(id="one", text="This is my own picture.", picture=await client.upload(picture))
        moving = wanted.scenes.add(id="two", clip=await client.upload(clip))
        moving.duration.FromSeconds(2)
        wanted.scenes.add(id="three", text="A dog sleeps.", image_prompt="a dog on a red rug")
        wanted.subtitles.mode = parts.SUBTITLE_MODE_NONE
        wanted.transition.kind = parts.TRANSITION_KIND_CUT
        job = await made(client, wanted)
        film, scenes = await fetch(client, job, tmp_path), await client.scenes(job)
    assert states(job) == dict.fromkeys(
        ("plan", "narrate[0]", "narrate[2]", "illustrate[2]", "compose"), "SUCCEEDED"
    )
    assert [view.scene.id for view in scenes] == ["one", "two", "three"]
    assert scenes[2].scene.image_prompt == "a dog on a red rug"
    assert seconds(scenes[1].duration) == 2
    plays_everywhere(film, sum(seconds(view.duration) for view in scenes))
    colours = film.frames().astype(int).mean(axis=(1, 2))
    first, second = round(seconds(scenes[1].start) * 10), round(seconds(scenes[2].start) * 10)
    assert np.allclose(colours[:first], (200, 20, 20), atol=16)
    assert np.allclose(colours[first:second], (20, 20, 200), atol=16)
    assert not np.allclose(colours[second:], (20, 20, 200), atol=16)
    assert job.result.title == "For the public"
    assert job.result.description == "My words"
    with av.open(str(film.path)) as container:
        assert container.metadata["title"] == "My title"


@pytest.mark.slow
async def test_the_users_title_goes_over_the_planned_one(up: Up, tmp_path: Path) -> None:
    async with up.client() as client:
        planned, own = await asyncio.gather(
            made(client, narrated(FOX)), made(client, narrated(FOX, title="Sour grapes"))
        )
        film = await fetch(client, own, tmp_path)
    assert planned.result.title == "The Fox"
    assert own.result.title == "Sour grapes"
    assert own.result.description == planned.result.description != ""
    with av.open(str(film.path)) as container:
        assert container.metadata["title"] == "Sour grapes"
