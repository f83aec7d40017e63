"""`reelmesh up` with the real servers: one to a home, kept running, and gone without a trace."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import reelmesh
from reelmesh.mesh import discovery, places
from tests.mesh.running import Up, mesh


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with mesh() as running:
        yield running


def command(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command against a home."""
    environment = {**os.environ, "REELMESH_MESH__HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-m", "reelmesh.cli", *arguments], capture_output=True, text=True, env=environment
    )


@contextlib.contextmanager
def serving(home: Path, *arguments: str) -> Iterator[dict[str, Any]]:
    """A command that goes on until it is told to end; gives the first thing that it tells."""
    process = subprocess.Popen(
        [sys.executable, "-m", "reelmesh.cli", *arguments, "--json"],
        env={**os.environ, "REELMESH_MESH__HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        assert process.wait(60) == 130


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def until(condition: Callable[[], bool]) -> None:
    """Waits for a condition; the test's own timeout bounds it."""
    while not condition():  # noqa: ASYNC110  (what it waits for is another process)
        await asyncio.sleep(0.02)


def test_every_server_that_is_installed_runs_and_is_found(up: Up) -> None:
    assert sorted(up.pids()) == sorted(places.modules())
    assert all(alive(pid) for pid in up.pids().values())


def test_a_second_one_says_that_there_is_one(up: Up) -> None:
    second = command(up.home, "up")
    assert second.returncode == 3
    assert f"a mesh runs here already (pid {up.pid}" in second.stderr


def test_the_doctor_finds_it_well(up: Up) -> None:
    done = command(up.home, "doctor", "--json")
    findings = {told["check"]: told for told in map(json.loads, done.stdout.splitlines())}
    assert {name: told for name, told in findings.items() if not told["ok"]} == {}
    assert done.returncode == 0
    assert set(up.pids()) | {"python", "ffmpeg", "fonts", "disk", "sockets", "mesh"} <= set(findings)


def test_engines_and_voices_are_listed(up: Up) -> None:
    told = [json.loads(line) for line in command(up.home, "engines", "--json").stdout.splitlines()]
    assert {server["server"] for server in told} == set(up.pids()) - {"storage", "orchestrator"}
    assert all(any(engine.get("ready") for engine in server["engines"]) for server in told)
    voices = command(up.home, "engines", "--voices", "--lang", "zh", "--json").stdout.splitlines()
    assert voices
    assert all(
        any(tag.startswith(("zh", "cmn", "yue", "hak")) for tag in json.loads(one)["languages"])
        for one in voices
    )
    readable = command(up.home, "engines").stdout
    assert "espeak (ready, default)" in readable


def test_a_voice_is_heard_before_it_is_chosen(up: Up, tmp_path: Path) -> None:
    chosen = ("--lang", "en-GB", "--gender", "female", "--engine", "espeak")
    done = command(up.home, "engines", "--voices", *chosen, "--samples", str(tmp_path / "heard"), "--json")
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert told
    assert all("+f" in one["voice"] for one in told), "only these are female"
    for one in told:
        assert Path(one["path"]).read_bytes()[:4] == b"RIFF"
    assert {Path(one["path"]) for one in told} == set((tmp_path / "heard").iterdir())
    refused = command(up.home, "engines", "--voices", "--samples", str(tmp_path / "all"))
    assert (refused.returncode, "name fewer by --lang" in refused.stderr) == (2, True)
    assert not (tmp_path / "all").exists(), "none of them has spoken"


def test_the_mesh_is_told_in_numbers(up: Up) -> None:
    lines = command(up.home, "metrics").stdout.splitlines()
    assert {f'reelmesh_up{{server="{name}"}} 1' for name in up.pids()} <= set(lines)
    assert any(line.startswith('reelmesh_work_capacity{server="compose"} ') for line in lines)
    assert any(line.startswith('reelmesh_limit_running{limit="overall"} ') for line in lines)
    names = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(names) == len(set(names)), "each is described once"


def test_the_numbers_are_served_to_who_asks(up: Up) -> None:
    with serving(up.home, "metrics", "--listen", "127.0.0.1:0") as told:
        address = told["address"]
        answer = httpx.get(address, timeout=60)
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert 'reelmesh_up{server="tts"} 1' in answer.text.splitlines()
        assert httpx.get(address.replace("/metrics", "/"), timeout=60).status_code == 404
    refused = command(up.home, "metrics", "--listen", "nowhere")
    assert (refused.returncode, "must be HOST:PORT" in refused.stderr) == (2, True)


async def test_a_server_that_is_killed_comes_back_where_it_was(up: Up) -> None:
    before = up.pids()
    os.kill(before["tts"], signal.SIGKILL)
    await until(lambda: up.pids()["tts"] != before["tts"])
    assert {name: pid for name, pid in up.pids().items() if name != "tts"} == {
        name: pid for name, pid in before.items() if name != "tts"
    }
    async with up.client() as client:
        assert await client.voices(language="en")


def test_ports_in_place_of_sockets_and_only_some_servers() -> None:
    with mesh("--tcp", "--only", "storage,tts") as running:
        found = discovery.read(running.home)
        assert found is not None
        assert sorted(found.addresses) == ["storage", "tts"]
        assert all(address.startswith("127.0.0.1:") for address in found.addresses.values())
        done = command(running.home, "jobs")
        assert (done.returncode, "has no orchestrator" in done.stderr) == (3, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_told_to_stop_it_ends_everything(number: signal.Signals) -> None:
    with mesh("--only", "storage,orchestrator") as running:
        pids = running.pids()
        os.kill(running.pid, number)
        await until(lambda: not any(alive(pid) for pid in (running.pid, *pids.values())))
        assert discovery.read(running.home) is None
        assert not (running.home / discovery.FILE).exists()


async def test_killed_it_leaves_no_server_behind() -> None:
    with mesh("--only", "storage,tts,orchestrator") as running:
        pids = running.pids()
        os.kill(running.pid, signal.SIGKILL)
        await until(lambda: not any(alive(pid) for pid in pids.values()))
        assert discovery.read(running.home) is None


def test_wrong_settings_are_told_by_line(tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("tts:\n  capacity: none\n")
    done = command(tmp_path / "home", "up", "--config", str(settings), "--only", "tts")
    assert done.returncode == 3
    assert "settings.yaml:2: tts.capacity" in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_are_written_and_checked(tmp_path: Path) -> None:
    template = command(tmp_path, "config", "init").stdout
    assert "# capacity:" in template
    (tmp_path / "all.yaml").write_text(template)
    assert command(tmp_path, "config", "check", "--config", str(tmp_path / "all.yaml")).returncode == 0


async def test_local_mesh_uses_the_one_that_runs(up: Up, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELMESH_MESH__HOME", str(up.home))
    async with reelmesh.local_mesh() as found:
        assert found.pid == up.pid
    assert discovery.read(up.home) is not None
