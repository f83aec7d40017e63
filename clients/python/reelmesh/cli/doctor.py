"""`doctor`: what reelmesh needs on this machine, one line each, with the remedy where something lacks."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from reelmesh import errors
from reelmesh.cli.failures import FAILED, OK
from reelmesh.cli.follow import Output
from reelmesh.cli.words import one_line, size
from reelmesh.client import ADDRESS_VARIABLE, Client
from reelmesh.errors import ReelmeshError
from reelmesh.mesh import discovery, places

LEAST_FREE_BYTES = 2 * 10**9
SECONDS = 30.0

# Asked in a process of its own: what this looks at may be broken in ways that end a process.
_FFMPEG = "from servers.chassis.media import commands; print(commands.executable(), commands.version())"
_FONT = "from servers.chassis.media import fonts; print(fonts.default_font().family)"


@dataclass(frozen=True)
class Finding:
    """What was found of one thing."""

    name: str
    ok: bool
    text: str
    remedy: str = ""


async def doctor(options: argparse.Namespace, output: Output) -> int:
    """Checks everything. The exit code is 1 when something is wrong."""
    failed = False
    async for finding in _findings():
        failed = failed or not finding.ok
        if output.as_json:
            output.emit(check=finding.name, ok=finding.ok, text=finding.text, remedy=finding.remedy)
            continue
        word = "ok     " if finding.ok else "problem"
        remedy = f" - {finding.remedy}" if finding.remedy else ""
        style = "" if finding.ok else "red"
        if not (output.quiet and finding.ok):
            output.console.print(f"{word}  {finding.name:<12} {finding.text}{remedy}", style=style)
    return FAILED if failed else OK


async def _findings() -> AsyncIterator[Finding]:
    yield _python()
    installed = _servers()
    yield installed
    if installed.ok:
        yield await _asked("ffmpeg", _FFMPEG, 'pip install "reelmesh[mesh]", or set REELMESH_FFMPEG to one')
        yield await _asked("fonts", _FONT, 'pip install "reelmesh[mesh]"')
        yield await _settings()
        yield await _links()
    home = discovery.home()
    yield _disk(home)
    yield _sockets(home)
    async for finding in _mesh():
        yield finding


def _python() -> Finding:
    number = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", sys.version_info >= (3, 11), f"{number}, {sys.executable}", "")


def _servers() -> Finding:
    try:
        names = ", ".join(places.modules())
    except ReelmeshError as error:
        return Finding("servers", False, error.message)
    lacking = [
        name for name in ("av", "cv2", "numpy", "PIL", "sqlalchemy") if importlib.util.find_spec(name) is None
    ]
    if lacking:
        return Finding("servers", False, f"{', '.join(lacking)} missing", 'pip install "reelmesh[mesh]"')
    return Finding("servers", True, names)


async def _asked(name: str, script: str, remedy: str) -> Finding:
    code, out, err = await _run([sys.executable, "-c", script])
    said = (out if code == 0 else err).strip().splitlines()
    text = one_line(said[-1] if said else "no answer", 200)
    return Finding(name, code == 0, text, "" if code == 0 else remedy)


async def _settings() -> Finding:
    code, out, err = await _run([sys.executable, "-m", "servers.chassis.config", "check"])
    if code:
        return Finding(
            "settings", False, one_line(err.strip().replace("\n", "; "), 500), "mend that, see `config init`"
        )
    read = [line.rpartition(": ")[0] for line in out.splitlines() if line.endswith(": read")]
    return Finding("settings", True, ", ".join(read) or "defaults (no settings file)")


async def _links() -> Finding:
    code, out, err = await _run([sys.executable, "-m", "servers.video.links"])
    said = (out if code == 0 else err).strip().splitlines() or ["no answer"]
    return Finding(
        "links", code == 0, one_line(said[-1], 300), "" if code == 0 else "see storage.http_public_url"
    )


async def _run(command: list[str]) -> tuple[int, str, str]:
    try:
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, "", str(error)
    return done.returncode, done.stdout, done.stderr


def _disk(home: Path) -> Finding:
    there = home.absolute()
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free
    if not os.access(there, os.W_OK):
        return Finding(
            "disk", False, f"{there} can not be written to", f"set {discovery.HOME_VARIABLE} to a folder"
        )
    enough = free >= LEAST_FREE_BYTES
    remedy = "" if enough else f"free some space, or set {discovery.HOME_VARIABLE} to a folder with more"
    return Finding("disk", enough, f"{size(free)} free in {home}", remedy)


def _sockets(home: Path) -> Finding:
    try:
        folder = places.socket_folder(home, ("orchestrator",))
    except (ReelmeshError, OSError) as error:
        return Finding("sockets", False, str(error), "use `reelmesh up --tcp`")
    return Finding("sockets", True, str(folder))


async def _mesh() -> AsyncIterator[Finding]:
    """Health of every server of the mesh, as each tells it."""
    found = discovery.read()
    if found is None and not os.environ.get(ADDRESS_VARIABLE):
        yield Finding("mesh", True, "not running (reelmesh up starts it; reelmesh make does so by itself)")
        return
    if found is not None:
        yield Finding("mesh", True, f"runs, pid {found.pid}, reelmesh {found.version}")
    async with Client() as client:
        for name in client.addresses():
            yield await _health(client, name)
        if "video" in client.addresses():
            async for finding in _providers(client):
                yield finding
        for server in await client.engines():
            for engine in server.engines:
                if engine.is_default and not engine.ready:
                    remedy = "; ".join(missing.remedy for missing in engine.missing)
                    yield Finding(
                        server.server, False, f"its default engine {engine.name} is not ready", remedy
                    )


async def _providers(client: Client) -> AsyncIterator[Finding]:
    """Accounts at vendors: whether what they need is set, and whether the vendor answers to it."""
    try:
        found = [one for one in await client.providers() if one.engine.remote]
        for one in found:
            name = one.engine.name
            if one.engine.missing:
                remedy = "; ".join(missing.remedy for missing in one.engine.missing)
                off = any(missing.name == "enabled" for missing in one.engine.missing)
                yield Finding(name, off, "switched off" if off else "is not set up", "" if off else remedy)
                continue
            told = await client.test_provider(name)
            remedy = "" if told.ok else f"check video.providers.{name} in the settings"
            yield Finding(name, told.ok, one_line(told.detail, 200), remedy)
    except ReelmeshError as error:
        yield Finding("providers", False, error.message, "see reelmesh logs")


async def _health(client: Client, name: str) -> Finding:
    """Asks by grpc.health.v1 without its package, which the base install has not: its answer is two bytes."""
    check: Any = client.channel(name).unary_unary("/grpc.health.v1.Health/Check")
    try:
        answer = await check(b"", timeout=5)
    except grpc.aio.AioRpcError as error:
        told = errors.from_call(error, "it").message
        return Finding(name, False, f"does not answer ({one_line(told, 100)})", "see reelmesh logs")
    serving = answer == b"\x08\x01"  # field 1, SERVING
    return Finding(
        name, serving, "serves" if serving else "does not serve", "" if serving else "see reelmesh logs"
    )
