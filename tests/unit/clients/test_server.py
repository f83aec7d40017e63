"""Servers as child processes: kept running, told apart when they fail, and never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from reelmesh.errors import MeshNotRunning
from reelmesh.mesh import processes as module
from reelmesh.mesh import server
from reelmesh.mesh.processes import Processes
from reelmesh.mesh.server import Launch, Server

TOY = "tests.unit.clients.toy_server"


def _launch(folder: Path) -> Launch:
    return Launch("toy", TOY, "unix:/nowhere", folder / "toy.log")


@pytest.fixture(params=["forked", "spawned"])
async def processes(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Processes]:
    """Both ways to start a process, each with an environment that a test may still change."""
    monkeypatch.setattr(module, "_can_fork", lambda: request.param == "forked")
    monkeypatch.setattr(module, "PRELOADED", ())
    made = Processes({})
    yield made
    await made.close()


def alive(pid: int) -> bool:
    """Whether a process is there and not only waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def until(condition: Callable[[], bool]) -> None:
    """Waits for a condition; the test's own timeout bounds it."""
    while not condition():  # noqa: ASYNC110  (what it waits for is another process)
        await asyncio.sleep(0.01)


async def test_a_server_that_dies_is_started_again_where_it_was(
    tmp_path: Path, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "FIRST_DELAY_SECONDS", 0.01)
    changes: list[int] = []
    toy = Server(_launch(tmp_path), processes, lambda: changes.append(toy.pid))
    await toy.start()
    first = toy.pid
    os.kill(first, signal.SIGKILL)
    await until(lambda: bool(changes))
    assert toy.restarts == 1
    assert changes == [toy.pid]
    assert toy.pid != first
    os.kill(toy.pid, signal.SIGKILL)
    await until(lambda: len(changes) == 2)
    await toy.stop(5)
    assert not alive(toy.pid)
    listened = [line.split()[1] for line in (tmp_path / "toy.log").read_text().splitlines()]
    assert listened == ["unix:/nowhere"] * 3


async def test_a_server_that_was_told_to_stop_stays_stopped(tmp_path: Path, processes: Processes) -> None:
    toy = Server(_launch(tmp_path), processes, lambda: None)
    await toy.start()
    await toy.stop(5)
    assert not alive(toy.pid)
    assert toy.restarts == 0


async def test_a_server_that_does_not_end_in_time_is_killed(
    tmp_path: Path, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(processes._environment, "TOY_FAULT", "deaf")
    toy = Server(_launch(tmp_path), processes, lambda: None)
    await toy.start()
    await toy.stop(0.05)
    assert not alive(toy.pid)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("silent", r"toy server does not start; see .*toy\.log"),
        ("settings", r"config\.yaml:3: tts\.capacity"),
    ],
)
async def test_a_server_that_can_not_start_says_why(
    tmp_path: Path, processes: Processes, monkeypatch: pytest.MonkeyPatch, fault: str, told: str
) -> None:
    monkeypatch.setitem(processes._environment, "TOY_FAULT", fault)
    toy = Server(_launch(tmp_path), processes, lambda: None)
    with pytest.raises(MeshNotRunning, match=told):
        await toy.start()
    assert not alive(toy.pid)


async def test_a_package_that_is_missing_is_told_with_the_remedy(
    tmp_path: Path, processes: Processes
) -> None:
    launch = Launch("toy", "there_is_no_such_module", "unix:/nowhere", tmp_path / "toy.log")
    with pytest.raises(MeshNotRunning, match="does not start"):
        await Server(launch, processes, lambda: None).start()


async def test_servers_do_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = f"""
import asyncio
from pathlib import Path
from reelmesh.mesh.processes import Processes
from reelmesh.mesh.server import Launch, Server

async def main():
    launch = Launch("toy", {TOY!r}, "unix:/nowhere", Path({str(tmp_path / "toy.log")!r}))
    toy = Server(launch, Processes(dict()), lambda: None)
    await toy.start()
    print(toy.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    assert alive(pid)
    parent.kill()
    await parent.wait()
    await until(lambda: not alive(pid))


async def test_servers_do_not_need_the_zygote_that_made_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "FIRST_DELAY_SECONDS", 0.01)
    processes = Processes({})
    changes: list[int] = []
    toy = Server(_launch(tmp_path), processes, lambda: changes.append(toy.pid))
    await toy.start()
    zygote = int(Path(f"/proc/{toy.pid}/stat").read_text().rpartition(")")[2].split()[1])
    assert zygote != os.getpid()
    os.kill(zygote, signal.SIGKILL)
    await until(lambda: not alive(zygote))
    first = toy.pid
    assert alive(first)
    assert changes == []
    os.kill(first, signal.SIGKILL)
    await until(lambda: bool(changes))
    assert Path(f"/proc/{toy.pid}/stat").read_text().rpartition(")")[2].split()[1] == str(os.getpid())
    await toy.stop(5)
    assert not alive(toy.pid)
    await processes.close()
