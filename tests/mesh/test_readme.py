"""The README's script, run as it stands in a folder of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from reelmesh.mesh import discovery
from tests.mesh.films import Film

ROOT = Path(__file__).parents[2]
STORY = "The Fox\n\nA fox ran home.\n"


def script() -> str:
    """The first block of Python in the README."""
    return blocks()[0]


def blocks() -> list[str]:
    """The README's blocks of Python."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```$", readme, re.M | re.S)


def test_it_is_short_and_reads_a_story_that_is_there() -> None:
    lines = [line for line in script().splitlines() if line.strip()]
    assert len(lines) <= 10
    (story,) = re.findall(r'open\("(.*?)"\)', script())
    assert (ROOT / story).is_file()


def test_the_provider_that_is_printed_is_the_example_that_is_tested() -> None:
    example = (ROOT / "examples" / "provider.py").read_text(encoding="utf-8")
    assert example.endswith(blocks()[1])
    assert len(blocks()[1].splitlines()) <= 60


@pytest.mark.slow
def test_it_makes_a_film(tmp_path: Path, own_settings: Path) -> None:
    (story,) = re.findall(r'open\("(.*?)"\)', script())
    (tmp_path / story).parent.mkdir()
    (tmp_path / story).write_text(STORY, encoding="utf-8")  # shorter: the script takes any
    environment = {**os.environ, discovery.HOME_VARIABLE: str(own_settings)}
    ended = subprocess.run(
        [sys.executable, "-c", script()], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    told = [line.split() for line in ended.stdout.splitlines()]
    assert {"snapshot", "step_changed", "job_changed"} <= {what for _, what in told}
    sequences = [int(number) for number, _ in told]
    assert sequences == sorted(sequences)
    film = Film(tmp_path / "film.mp4")
    assert film.errors() == ""
    assert len(film.times()) > 30
    assert discovery.read(own_settings) is None  # the mesh that was started for it has ended
