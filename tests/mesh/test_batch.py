"""Many stories at once: submitted, followed to their end, published; twelve of them within limits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import reelmesh
from reelmesh import batches
from reelmesh.compose.v1.timeline_pb2 import Canvas
from reelmesh.orchestrator.v1.job_pb2 import Job, JobState
from tests.mesh.films import Film
from tests.mesh.load import memory_mb, most_calls
from tests.mesh.running import Up, mesh
from tests.mesh.test_make import command, told

MANIFEST = """\
text,title,lang,name,label.series
A boat came home.,The Boat,en,boat,sea
狐狸看见了葡萄。,狐狸与葡萄,zh,fox,fables
A story of no size.,Wrong,en,,"""


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with mesh() as running:
        yield running


def _manifest(folder: Path, row: dict[str, Any]) -> None:
    """Four good rows in three files, and a bad one."""
    (folder / "stories").mkdir()
    (folder / "stories" / "雪.txt").write_text("Snow fell on the hill.", encoding="utf-8")
    header, *rows = MANIFEST.splitlines()
    wrong = f"{rows.pop()}\n".replace(",en,,", ",not a tag,,")
    (folder / "all.csv").write_text("\n".join([header, *rows, wrong]), encoding="utf-8-sig")
    (folder / "more.jsonl").write_text(json.dumps(row) + "\n")


async def test_four_stories_are_made_and_published(up: Up, tmp_path: Path) -> None:
    _manifest(tmp_path, {"text": "The end.", "title": "The Boat", "size": "180x320", "priority": 9})
    submit = ("submit", "stories", "all.csv", "more.jsonl", "--size", "180x320", "--fps", "10")

    code, out, err = command(up.home, *submit, "--quiet", cwd=tmp_path)
    batch = out.strip()
    assert code == 2
    assert err.startswith("reelmesh: refused: all.csv:4: language: ")
    assert err.count("\n") == 1

    code, out, err = command(up.home, *submit, "--batch", batch, "--json", cwd=tmp_path)
    again = [one["known"] for one in told(out) if one["type"] == "submitted"]
    assert again == [True] * 4

    code, out, err = command(up.home, "batch", batch, "--watch", cwd=tmp_path)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "100 %  4 succeeded"
    assert "\x1b" not in out

    publish = ("publish", "--batch", batch, "--to", "films", "--with", "cover,subtitles")
    code, out, err = command(up.home, *publish, "--json", cwd=tmp_path)
    assert (code, err) == (0, "")
    names = {path.name for path in (tmp_path / "films").iterdir()}
    assert {Path(one["path"]).name for one in told(out)} == names
    for stem in ("Snow fell on the hill", "The Boat", "狐狸与葡萄", "The Boat-2"):
        assert {f"{stem}.mp4", f"{stem}.jpg", f"{stem}.srt", f"{stem}.vtt"} <= names
        film = Film(tmp_path / "films" / f"{stem}.mp4")
        assert film.errors() == ""
        assert film.frames().shape[1:] == (320, 180, 3)
    assert "boat came home" in (tmp_path / "films" / "The Boat.srt").read_text()

    code, out, err = command(up.home, *publish, "--json", cwd=tmp_path)
    assert not any(one["written"] for one in told(out))
    assert {path.name for path in (tmp_path / "films").iterdir()} == names

    async with up.client() as client:
        seen = await client.batch(batch)
        assert [job.spec.labels["batch.number"] for job in seen.jobs] == ["1", "2", "3", "5"]
        (boat,) = [job async for job in client.jobs(labels={"batch": batch, "series": "sea"})]
        assert boat.spec.display_name == "boat"
        published = client.publish(seen.jobs, tmp_path / "named", name="{lang}/{number} {name}")
        named = [file.name async for one in published for file in one.files]
        told_names = ["en/001 雪.mp4", "en/002 boat.mp4", "zh/003 fox.mp4", "en/005 The Boat.mp4"]
        assert [str(path) for path in named] == told_names


LIMITS = {"script": 3, "tts": 2, "imagegen": 2, "compose": 1}
SMALL = Canvas(width_pixels=216, height_pixels=384, frames_per_second=10)
PLACES = ("river", "forest", "mountain", "village", "desert", "island")
地方 = ("河边", "森林", "高山", "村庄", "沙漠", "海岛")


def _stories(mood: str) -> list[reelmesh.NarratedVideo]:
    """Twelve short stories, half of them Chinese."""
    english = [f"The {mood} fox ran to the {place}. It was {mood}." for place in PLACES]
    chinese = [f"一只{mood}狐狸来到{place}。" for place in 地方]
    return [reelmesh.NarratedVideo(text=text, canvas=SMALL) for text in (*english, *chinese)]


async def _made(client: reelmesh.Client, stories: list[reelmesh.NarratedVideo]) -> list[Job]:
    submitted = [one.job async for one in client.submit_many(stories, batch_id=batches.new_id())]
    return [await client.wait(job) for job in submitted if job is not None]


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_twelve_stories_at_once_keep_within_limits_and_level_memory() -> None:
    limits = {f"ORCHESTRATOR__LIMITS__{server.upper()}": str(limit) for server, limit in LIMITS.items()}
    # The servers would take more: what is seen is what the orchestrator asks of them.
    room = {f"{server.upper()}__CAPACITY": "8" for server in LIMITS}
    with mesh(**limits, **room) as up:
        async with up.client() as client:
            await _made(client, _stories("tired")[4:7])
            after_three = memory_mb(up.pid)
            async with most_calls(client, LIMITS) as most:
                jobs = await _made(client, _stories("lively"))
            after_twelve = memory_mb(up.pid)
        assert [job.state for job in jobs] == [JobState.JOB_STATE_SUCCEEDED] * 12
        assert len({job.result.film.digest for job in jobs}) == 12
        assert {server: most[server] <= limit for server, limit in LIMITS.items()} == dict.fromkeys(
            LIMITS, True
        )
        assert most["tts"] > 1  # they were at it together
        assert after_twelve < 1.15 * after_three + 50
