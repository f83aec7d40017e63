"""ffmpeg as a confined process."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import psutil
import pytest

from servers.chassis.errors import DeadlineExceeded, Internal
from servers.chassis.media import commands, ffmpeg

ENDLESS = (*commands.CONFINED, "-f", "lavfi", "-i", "testsrc=s=640x480:r=30")


def running() -> list[psutil.Process]:
    """Programs of ours that run; not those of other tests, e.g. their database."""
    children = psutil.Process().children()
    return [one for one in children if one.status() != psutil.STATUS_ZOMBIE and "ffmpeg" in one.name()]


async def test_it_reports_the_seconds_written(tmp_path: Path) -> None:
    seen: list[float] = []
    source = (*commands.CONFINED, "-f", "lavfi", "-i", "sine=d=3")
    await ffmpeg.run((*source, f"file:{tmp_path / 'a.wav'}"), timeout_seconds=30, on_progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(3.0, abs=0.1)


async def test_a_failure_tells_the_end_of_the_log_without_paths(tmp_path: Path) -> None:
    path = tmp_path / "secret-folder" / "a.wav"
    path.parent.mkdir()
    path.write_bytes(b"no sound")
    with pytest.raises(Internal, match="ffmpeg failed with code") as caught:
        await ffmpeg.run((*commands.source(path, "wav"), "-f", "null", "-"), timeout_seconds=30)
    assert "secret-folder" not in caught.value.message
    assert "Invalid data" in caught.value.message


async def test_too_long_is_a_deadline_and_leaves_no_process(tmp_path: Path) -> None:
    with pytest.raises(DeadlineExceeded):
        await ffmpeg.run((*ENDLESS, "-f", "null", "-"), timeout_seconds=0.5)
    assert not running()


async def test_cancelling_kills_it_within_a_second() -> None:
    begun = asyncio.Event()
    task = asyncio.create_task(
        ffmpeg.run((*ENDLESS, "-f", "null", "-"), timeout_seconds=60, on_progress=lambda _: begun.set())
    )
    await begun.wait()
    started = time.monotonic()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert time.monotonic() - started < 1.0
    assert not running()


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/a.wav", "tcp://127.0.0.1:9", "concat:a|b", "data:,x"]
)
async def test_no_protocol_but_files_and_pipes_is_spoken(address: str) -> None:
    arguments = (*commands.CONFINED, "-f", "wav", "-i", address, "-f", "null", "-")
    with pytest.raises(Internal, match=r"whitelist|not found"):
        await ffmpeg.run(arguments, timeout_seconds=10)


def test_an_input_without_a_named_format_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="format"):
        commands.command(["-i", "a.mp4", "b.mp4"])
    with pytest.raises(ValueError, match="confined"):
        commands.command([*commands.source(Path("a"), "wav"), "-f", "wav", "-i", "b"])


async def test_another_ffmpeg_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REELMESH_FFMPEG", str(tmp_path / "mine"))
    commands.executable.cache_clear()
    try:
        assert commands.executable() == str(tmp_path / "mine")
    finally:
        commands.executable.cache_clear()
