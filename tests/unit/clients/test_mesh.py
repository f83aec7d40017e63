"""A mesh of toy servers: found, shared, exclusive to its home, and gone when it ends."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

import reelmesh
from reelmesh.errors import MeshNotRunning
from reelmesh.mesh import discovery, places, running
from tests.unit.clients.test_server import alive, until

NAMES = ("toy_one", "toy_two", "orchestrator_toy")


@pytest.fixture
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sequence[str]:
    """Toy servers as an installed package declares them: through entry points."""
    dist = tmp_path / "site" / "toys-1.0.dist-info"
    dist.mkdir(parents=True)
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: toys\nVersion: 1.0\n")
    points = "\n".join(f"{name} = tests.unit.clients.toy_server:main" for name in NAMES)
    (dist / "entry_points.txt").write_text(f"[reelmesh.servers]\n{points}\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'site'}:{Path.cwd()}")
    return NAMES


@pytest.fixture
def plan(toys: Sequence[str], own_settings: Path) -> running.Plan:
    """The toys alone."""
    return running.Plan(home=own_settings, only=toys)


async def test_a_mesh_is_announced_while_it_runs(plan: running.Plan) -> None:
    assert discovery.read() is None
    mesh = await running.start(plan)
    found = discovery.read()
    assert found is not None
    assert found.addresses == mesh.addresses
    assert (found.pid, found.temporary, sorted(found.addresses)) == (os.getpid(), False, sorted(NAMES))
    assert all(alive(pid) for pid in found.pids.values())
    await mesh.stop()
    assert discovery.read() is None
    assert not any(alive(pid) for pid in found.pids.values())


async def test_a_server_that_came_back_is_announced_anew(plan: running.Plan) -> None:
    mesh = await running.start(plan)
    before = discovery.read()
    assert before is not None
    os.kill(before.pids["toy_one"], signal.SIGKILL)

    def told() -> bool:
        now = discovery.read()
        return now is not None and now.pids["toy_one"] != before.pids["toy_one"]

    await until(told)
    after = discovery.read()
    assert after is not None
    assert after.addresses == before.addresses
    await mesh.stop()


async def test_one_mesh_to_a_home(plan: running.Plan) -> None:
    mesh = await running.start(plan)
    with pytest.raises(MeshNotRunning, match=f"runs here already .pid {os.getpid()}"):
        await running.start(plan)
    await mesh.stop()
    await (await running.start(plan)).stop()


async def test_a_file_that_a_dead_mesh_left_counts_for_nothing(plan: running.Plan) -> None:
    plan.home.mkdir(parents=True)
    dead = discovery.Discovery(2**22 + 1, 1, "0", plan.home, {"tts": "unix:/gone"}, {})
    discovery.write(dead)
    assert discovery.read() is None
    # The same pid again, but another process: only the time of its birth tells.
    discovery.write(discovery.Discovery(os.getpid(), 1, "0", plan.home, {"tts": "unix:/gone"}, {}))
    assert discovery.read() is None
    mesh = await running.start(plan)
    found = discovery.read()
    assert found is not None
    assert "tts" not in found.addresses
    await mesh.stop()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"pid": 1}', '{"pid": "x", "born": 0, "servers": 3}'])
def test_a_file_that_is_no_such_file_counts_for_nothing(own_settings: Path, text: str) -> None:
    own_settings.mkdir(parents=True)
    (own_settings / discovery.FILE).write_text(text)
    assert discovery.read() is None


async def test_when_one_server_can_not_start_none_is_left(
    plan: running.Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOY_FAULT", "settings")
    with pytest.raises(MeshNotRunning, match=r"tts\.capacity"):
        await running.start(plan)
    assert discovery.read() is None
    monkeypatch.delenv("TOY_FAULT")
    await (await running.start(plan)).stop()


async def test_a_start_that_is_given_up_leaves_nothing(
    plan: running.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOY_FAULT", "late")
    monkeypatch.setenv("TOY_GATE", str(tmp_path / "gate"))
    task = asyncio.create_task(running.start(plan))
    await asyncio.sleep(0)
    await until(lambda: (plan.home / "logs").is_dir())
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    lock = discovery.Lock(plan.home / discovery.LOCK)
    assert lock.acquire()
    lock.release()


async def test_a_script_uses_the_mesh_that_runs(plan: running.Plan) -> None:
    mesh = await running.start(plan)
    async with reelmesh.local_mesh() as found:
        assert found.addresses == mesh.addresses
    assert discovery.read() is not None
    await mesh.stop()


async def test_a_mesh_for_a_script_ends_with_the_last_that_uses_it(plan: running.Plan) -> None:
    temporary = running.Plan(home=plan.home, only=plan.only, temporary=True)
    second_done = asyncio.Event()
    waited = asyncio.Event()

    async def second() -> None:
        async with reelmesh.local_mesh(temporary) as found:
            assert found.temporary
            await second_done.wait()

    async with reelmesh.local_mesh(temporary, on_wait=waited.set) as first:
        other = asyncio.create_task(second())
        users = discovery.Lock(plan.home / discovery.USERS)

        def used() -> bool:
            free = users.acquire()
            users.release()
            return not free

        await until(used)

        async def finish() -> None:
            await waited.wait()
            assert discovery.read() is not None
            second_done.set()

        finishing = asyncio.create_task(finish())
    await asyncio.gather(other, finishing)
    assert discovery.read() is None
    assert not any(alive(pid) for pid in first.pids.values())


def test_only_names_servers_there_are() -> None:
    with pytest.raises(MeshNotRunning, match="no server 'ttss'; there are: asr, compose"):
        places.chosen(["ttss"], places.modules())


def test_a_home_with_a_long_path_has_its_sockets_elsewhere(tmp_path: Path) -> None:
    short = places.socket_folder(Path("/tmp") / f"rm-{os.getpid()}", ["tts"])
    assert short.parent.name == f"rm-{os.getpid()}"
    short.rmdir()
    short.parent.rmdir()
    long = tmp_path / ("x" * 90)
    folder = places.socket_folder(long, ["orchestrator"])
    assert len(os.fsencode(folder / "orchestrator.sock")) < places.SOCKET_PATH_BYTES
    assert folder.stat().st_mode & 0o777 == 0o700
    assert places.socket_folder(long, ["orchestrator"]) == folder
    assert places.socket_folder(tmp_path / ("y" * 90), ["orchestrator"]) != folder
    folder.chmod(0o755)
    with pytest.raises(MeshNotRunning, match="yours alone"):
        places.socket_folder(long, ["orchestrator"])
    folder.rmdir()


def test_tcp_gives_each_server_a_port_of_its_own(tmp_path: Path) -> None:
    found = places.addresses(["a", "b", "c"], tmp_path, tcp=True)
    assert len(set(found.values())) == 3
    assert all(address.startswith("127.0.0.1:") for address in found.values())
