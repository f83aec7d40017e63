"""Four stories submitted at once with one command, followed to their end, and published."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.mesh.films import Film
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
