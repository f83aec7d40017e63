"""`reelmesh make` as people and scripts use it."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from tests.mesh.running import Up, mesh

STORY = "狐狸看见架上的葡萄。它跳了3次，还是够不着。"
SMALL = ("--size", "180x320", "--fps", "10")


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with mesh() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose name has a blank and Chinese in it, with a story of such a name."""
    made = tmp_path / "我的 films"
    made.mkdir()
    (made / "狐狸 与 葡萄.txt").write_text(STORY, encoding="utf-8")
    return made


def start(home: Path, *arguments: str, cwd: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "REELMESH_MESH__HOME": str(home)}
    return subprocess.Popen(
        [sys.executable, "-m", "reelmesh.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=cwd,
        text=True,
        # What runs in the background is deaf to Ctrl-C, and so is all that it starts.
        preexec_fn=functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )


def command(home: Path, *arguments: str, cwd: Path) -> tuple[int, str, str]:
    """Runs the command: (exit code, stdout, stderr)."""
    process = start(home, *arguments, cwd=cwd)
    out, err = process.communicate()
    return process.returncode, out, err


def told(out: str) -> list[dict[str, Any]]:
    """The objects that --json wrote."""
    return [json.loads(line) for line in out.splitlines()]


def seconds_of(film: Path) -> float:
    with av.open(str(film)) as container:
        assert container.duration is not None
        return container.duration / 1e6


def test_a_film_with_a_mesh_of_its_own(own_settings: Path, folder: Path) -> None:
    code, out, err = command(own_settings, "make", "狐狸 与 葡萄.txt", *SMALL, cwd=folder)
    assert (code, err) == (0, "")
    assert "\x1b" not in out
    lines = out.splitlines()
    assert lines[0] == "starting the mesh"
    assert lines[-1].startswith("狐狸 与 葡萄.mp4: ")
    assert any("narrate 1 of" in line and ": done" in line for line in lines)
    assert seconds_of(folder / "狐狸 与 葡萄.mp4") > 2
    assert sorted(path.name for path in folder.iterdir()) == ["狐狸 与 葡萄.mp4", "狐狸 与 葡萄.txt"]
    assert not (own_settings / "mesh.json").exists()


def test_scripts_get_objects(up: Up, folder: Path) -> None:
    code, out, err = command(
        up.home, "make", "狐狸 与 葡萄.txt", "-o", "out/a b.mp4", *SMALL, "--json", cwd=folder
    )
    assert (code, err) == (0, "")
    objects = told(out)
    assert objects[0]["type"] == "submitted"
    assert {one["type"] for one in objects[1:-1]} == {"event"}
    film = objects[-1]
    assert (film["type"], film["path"], film["job_id"]) == ("film", "out/a b.mp4", objects[0]["job_id"])
    assert seconds_of(folder / "out" / "a b.mp4") == pytest.approx(film["duration_seconds"], abs=0.1)


def test_a_job_is_submitted_followed_edited_and_fetched(up: Up, folder: Path) -> None:
    def call(*arguments: str) -> str:
        code, out, err = command(up.home, *arguments, cwd=folder)
        assert (code, err) == (0, "")
        return out

    (folder / "boat.json").write_text(
        json.dumps(
            {
                "scenes": [{"text": "A boat came home."}, {"text": "The harbour slept."}],
                "canvas": {"widthPixels": 180, "heightPixels": 320, "framesPerSecond": 10},
            }
        )
    )
    job = call("submit", "boat.json", "--quiet", "--name", "boats").strip()
    assert f"job {job} succeeded" in call("watch", job)
    assert f"{job}  succeeded" in call("jobs")
    assert "boats" in call("show", job)
    scenes = [json.loads(line) for line in call("scenes", job, "--json").splitlines()]
    assert [scene["scene"]["text"] for scene in scenes] == ["A boat came home.", "The harbour slept."]
    assert "scene 2" in call("edit", job, "2", "--text", "Then the harbour slept.")
    again = call("run", job, "-o", "film.mp4")
    assert "narrate 1 of 2: kept from before" in again
    assert "narrate 2 of 2: done" in again
    assert (folder / "film.mp4").exists()
    assert "succeeded" in call("show", "last")
    fetched = call("get", job, "-o", "all/").splitlines()
    assert fetched[0].startswith(f"all/{job}.mp4: ")
    endings = {path.suffix for path in (folder / "all").iterdir()}
    assert {".mp4", ".jpg", ".srt", ".vtt"} <= endings
    assert "tts          info    work done" in call("logs", job)
    assert "plan" in call("explain", "狐狸 与 葡萄.txt")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--voice", "nobody"], 1, "voice"),
        (["--engine", "tts=nobody"], 1, "nobody"),
        (["--lang", "not a tag"], 2, "language"),
        (["--music", "狐狸 与 葡萄.txt"], 1, "music"),
    ],
)
def test_what_can_not_be_is_one_line_and_no_film(
    up: Up, folder: Path, arguments: list[str], code: int, words: str
) -> None:
    got, out, err = command(up.home, "make", "狐狸 与 葡萄.txt", *SMALL, *arguments, cwd=folder)
    assert got == code
    assert err.startswith("reelmesh: ")
    assert err.count("\n") == 1
    assert words in err
    assert "Traceback" not in out + err
    assert not (folder / "狐狸 与 葡萄.mp4").exists()


def test_interrupted_it_cancels_the_job_and_leaves_nothing(own_settings: Path, folder: Path) -> None:
    process = start(own_settings, "make", "狐狸 与 葡萄.txt", "--json", cwd=folder)
    assert process.stdout is not None
    job = json.loads(process.stdout.readline())["job_id"]
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert err.splitlines()[-1] == "reelmesh: interrupted"
    assert list(folder.glob("*.mp4")) == []
    assert list(folder.glob(".reelmesh*")) == []
    assert not (own_settings / "mesh.json").exists()
    keeper = start(own_settings, "up", "--only", "storage,orchestrator", "--json", cwd=folder)
    assert keeper.stdout is not None
    assert json.loads(keeper.stdout.readline())["type"] == "ready"
    state = json.loads(command(own_settings, "show", job, "--json", cwd=folder)[1])["state"]
    keeper.send_signal(signal.SIGTERM)
    keeper.communicate()
    assert (keeper.returncode, state) == (0, "JOB_STATE_CANCELLED")
