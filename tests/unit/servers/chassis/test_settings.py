"""Settings are laid over each other in order, and say what is wrong by path and line."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import yaml

from servers.chassis import config
from servers.chassis.errors import FailedPrecondition
from servers.chassis.reload import watch_settings
from servers.chassis.settings import Settings, reveal


@pytest.fixture
def user_file(tmp_path: Path) -> Path:
    path = tmp_path / "config" / "reelmesh" / "config.yaml"
    path.parent.mkdir(parents=True)
    return path


def test_the_user_is_above_the_project_and_the_environment_above_both(
    tmp_path: Path, user_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reelmesh.yaml").write_text("tts: {capacity: 2, queue: 7}\nasr: {capacity: 9}\n")
    user_file.write_text("tts: {capacity: 3}\n")
    settings = Settings()
    assert (settings.tts.capacity, settings.tts.queue, settings.asr.capacity) == (3, 7, 9)
    monkeypatch.setenv("REELMESH_TTS__CAPACITY", "4")
    assert Settings().tts.capacity == 4


def test_a_named_file_is_above_the_others(
    tmp_path: Path, user_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_file.write_text("tts: {capacity: 3}\n")
    (tmp_path / "own.yaml").write_text("tts: {capacity: 5}\n")
    monkeypatch.setenv("REELMESH_CONFIG", str(tmp_path / "own.yaml"))
    assert Settings().tts.capacity == 5


def test_the_template_is_valid_when_every_line_is_switched_on(user_file: Path) -> None:
    lines = config.template().splitlines()
    # Four lines of words stand above the settings; below them every comment is a setting.
    switched_on = "\n".join(line.replace("# ", "", 1) for line in lines[4:])
    assert set(yaml.safe_load(switched_on)) == set(Settings.model_fields)
    user_file.write_text(switched_on)
    assert config.problems() == []


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("tts:\n  capacity: none\n", 2, "tts.capacity"),
        ("tts:\n  capacities: 1\n", 2, "tts.capacities"),
        ("mesh:\n  log_level: loud\n", 2, "mesh.log_level"),
        ("tts: [\n", 2, ""),
        ("\nspeech: {}\n", 2, "speech"),
        ("- a\n", 1, "mapping"),
    ],
)
def test_faults_are_told_by_path_and_line(user_file: Path, text: str, line: int, says: str) -> None:
    user_file.write_text(text)
    [problem, *_] = config.problems()
    assert problem.startswith(f"{user_file}:{line}: ")
    assert says in problem


def test_a_fault_in_the_environment_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELMESH_TTS__CAPACITY", "many")
    [problem] = config.problems()
    assert problem.startswith("REELMESH_TTS__CAPACITY")


def test_secrets_are_looked_up_when_used_and_a_missing_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "s3cret")
    assert reveal("Bearer ${MY_KEY}") == "Bearer s3cret"
    with pytest.raises(FailedPrecondition, match="NO_SUCH_KEY"):
        reveal("${NO_SUCH_KEY}")


async def test_a_changed_file_is_taken_and_a_broken_one_changes_nothing(user_file: Path) -> None:
    taken: asyncio.Queue[Settings] = asyncio.Queue()
    watching = asyncio.create_task(watch_settings(taken.put, poll_seconds=0.01))
    await asyncio.sleep(0)
    user_file.write_text("tts: {capacity: 3}\n")
    assert (await asyncio.wait_for(taken.get(), 20)).tts.capacity == 3
    user_file.write_text("tts: {capacity: broken}\n")
    user_file.write_text("tts: {capacity: 11}\n")
    assert (await asyncio.wait_for(taken.get(), 20)).tts.capacity == 11
    watching.cancel()
