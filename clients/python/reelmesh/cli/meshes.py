"""Commands about the mesh itself: up, engines, config, version, logs."""

from __future__ import annotations

import argparse
import asyncio
import heapq
import importlib.metadata
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.table import Table

from reelmesh.catalogue import ServerEngines
from reelmesh.cli import words
from reelmesh.cli.failures import INTERRUPTED, OK, USAGE, UsageError
from reelmesh.cli.follow import Output, as_dict
from reelmesh.cli.voices import voices
from reelmesh.client import Client
from reelmesh.mesh import discovery, places, running

LOGS_KEPT = 6
"""How many files of a server's log there may be: the current one and what was rotated away."""


async def up(options: argparse.Namespace, output: Output) -> int:
    """Starts the mesh and keeps it until it is told to stop."""
    plan = running.Plan(
        only=[name for name in options.only.split(",") if name],
        tcp=options.tcp,
        config=options.config,
        log_level=options.log_level,
    )
    stop = _Stop()
    _log_to(sys.stderr, quiet=output.quiet)
    output.say("starting the mesh")
    starting = asyncio.create_task(running.start(plan))
    await asyncio.wait([starting, stop.task], return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        output.error("interrupted")
        return INTERRUPTED
    mesh = starting.result()
    _tell(mesh, output)
    await stop.task
    output.say("\nstopping (Ctrl-C again: at once)")
    stopping = asyncio.create_task(mesh.stop())
    await asyncio.wait([stopping, stop.again()], return_when=asyncio.FIRST_COMPLETED)
    if not stopping.done():
        stopping.cancel()
    await asyncio.gather(stopping, return_exceptions=True)
    output.say("stopped")
    return OK


class _Stop:
    """SIGINT and SIGTERM, as tasks to wait for."""

    def __init__(self) -> None:
        self._count = 0
        self._told = asyncio.Condition()
        self.task = asyncio.ensure_future(self._reached(1))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, lambda: self._tasks.append(loop.create_task(self._tell())))
        self._tasks: list[asyncio.Task[None]] = []

    def again(self) -> asyncio.Task[None]:
        """Done when one more signal has come."""
        return asyncio.ensure_future(self._reached(self._count + 1))

    async def _tell(self) -> None:
        async with self._told:
            self._count += 1
            self._told.notify_all()

    async def _reached(self, count: int) -> None:
        async with self._told:
            await self._told.wait_for(lambda: self._count >= count)


def _log_to(stream: Any, *, quiet: bool) -> None:
    """What happens to servers goes to stderr."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("reelmesh.mesh")
    logger.addHandler(handler)
    logger.setLevel(logging.ERROR if quiet else logging.INFO)


def _tell(mesh: running.Mesh, output: Output) -> None:
    if output.as_json:
        output.emit(
            type="ready",
            pid=os.getpid(),
            home=str(mesh.plan.home),
            seconds=round(mesh.ready_seconds, 3),
            servers={
                server.launch.name: {"address": server.launch.address, "pid": server.pid}
                for server in mesh.servers
            },
        )
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for server in mesh.servers:
        table.add_row(server.launch.name, server.launch.address, f"pid {server.pid}")
    if not output.quiet:
        output.console.print(table)
    output.say(f"the mesh is ready ({mesh.ready_seconds:.1f} s), home {mesh.plan.home}; Ctrl-C stops it")


async def engines(options: argparse.Namespace, output: Output) -> int:
    """Lists engines, or voices."""
    if options.voices or options.lang or options.gender or options.engine or options.samples:
        return await voices(options, output)
    async with Client() as client:
        found = await client.engines()
    for server in found:
        if output.as_json:
            output.emit(
                server=server.server,
                error=server.error.message if server.error else "",
                engines=[as_dict(engine) for engine in server.engines],
            )
        else:
            _print_engines(server, output)
    return OK


def _print_engines(server: ServerEngines, output: Output) -> None:
    output.console.print(server.server, style="bold")
    if server.error is not None:
        output.console.print(f"  can not be asked: {server.error.message}", style="red")
    for engine in server.engines:
        ready = "ready" if engine.ready else "not ready"
        marks = ", default" if engine.is_default else ""
        remote = ", sends to another machine" if engine.remote else ""
        output.console.print(f"  {engine.name} ({ready}{marks}{remote}): {engine.description}")
        if engine.models:
            output.console.print(f"    models: {words.one_line(', '.join(engine.models), 200)}", style="dim")
        if engine.capabilities:
            output.console.print(f"    can: {', '.join(engine.capabilities)}", style="dim")
        if engine.license:
            output.console.print(f"    licence: {engine.license}", style="dim")
        for missing in engine.missing:
            output.console.print(f"    missing {missing.name}: {missing.remedy}", style="yellow")


async def metrics(options: argparse.Namespace, output: Output) -> int:
    """Tells what the mesh does in numbers."""
    from reelmesh.cli import metrics as serving  # an HTTP server, which other commands need not load

    return await serving.metrics(options, output)


async def config(options: argparse.Namespace, output: Output) -> int:
    """Prints a settings file, or checks those there are."""
    places.modules()
    environment = dict(os.environ)
    if options.config is not None:
        if not options.config.is_file():
            raise UsageError(f"{options.config}: there is no such file")
        environment["REELMESH_CONFIG"] = str(options.config)
    command = [sys.executable, "-m", "servers.chassis.config", options.action]
    done = await asyncio.to_thread(subprocess.run, command, env=environment, check=False)
    return USAGE if done.returncode else OK


async def version(options: argparse.Namespace, output: Output) -> int:
    """Prints the version."""
    number = importlib.metadata.version("reelmesh")
    output.result(f"reelmesh {number}", type="version", version=number)
    return OK


async def logs(options: argparse.Namespace, output: Output) -> int:
    """Shows what the servers logged."""
    folder = discovery.home() / "logs"
    job = options.job
    if job == "last":
        async with Client() as client:
            from reelmesh.cli.jobs import job_named

            job = await job_named(client, job)
    records = list(_records(folder, options.server, job))
    if not records:
        raise UsageError(f"nothing was logged of {job or 'anything'} in {folder}")
    for record in records[-options.limit :] if options.limit else records:
        if output.as_json:
            output.emit(**record)
        else:
            output.console.print(_pretty(record), style=_STYLES.get(str(record.get("level")), ""))
    return OK


_STYLES = {"warning": "yellow", "error": "red", "critical": "red", "debug": "dim"}
_SAID = ("timestamp", "level", "server", "event", "logger", "job", "execution", "trace", "exception")


def _records(folder: Path, server: str, job: str) -> Iterator[dict[str, Any]]:
    """The records of all servers, in the order of their times."""
    names = (
        sorted({path.name.partition(".log")[0] for path in folder.glob("*.log*")}) if folder.is_dir() else []
    )
    chosen = [name for name in names if server in ("", name)]
    return heapq.merge(
        *(_of_server(folder, name, job) for name in chosen),
        key=lambda record: str(record.get("timestamp", "")),
    )


def _of_server(folder: Path, name: str, job: str) -> Iterator[dict[str, Any]]:
    """Oldest first: what was rotated away has the higher numbers."""
    paths = [folder / f"{name}.log.{number}" for number in range(LOGS_KEPT, 0, -1)]
    for path in (*paths, folder / f"{name}.log"):
        if not path.is_file():
            continue
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                try:
                    record = json.loads(line)
                except ValueError:
                    continue  # cut off by a crash
                if isinstance(record, dict) and (not job or job in (record.get("job"), record.get("job_id"))):
                    yield {"server": name, **record}


def _pretty(record: dict[str, Any]) -> str:
    time = str(record.get("timestamp", "")).partition("T")[2][:12]
    rest = " ".join(f"{key}={value}" for key, value in record.items() if key not in _SAID)
    text = f"{time} {record.get('server', ''):<12} {record.get('level', ''):<7} {record.get('event', '')}"
    trace = f"\n{record['exception']}" if "exception" in record else ""
    return f"{text}  {rest}".rstrip() + trace


COMMANDS = {
    "up": up,
    "engines": engines,
    "metrics": metrics,
    "config": config,
    "version": version,
    "logs": logs,
}
