"""Orchestrators, the servers they call, and their database, all of them processes that can be killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc

from reelmesh.orchestrator.v1 import job_service_pb2 as pb
from reelmesh.orchestrator.v1.events_pb2 import Event
from reelmesh.orchestrator.v1.job_pb2 import Job
from reelmesh.orchestrator.v1.job_service_pb2_grpc import JobServiceStub
from tests.faults.lines import Line
from tests.postgres import Postgres
from tests.unit.orchestrator.conftest import ENDED, as_owner

SERVERS = ("tts", "imagegen")
CALL_SECONDS = 5.0
PASSING = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)
SOCKET = ".s.PGSQL.5432"


class Process:
    """A process that is started again and again."""

    def __init__(self, name: str, arguments: list[str], environment: dict[str, str], log: Path) -> None:
        self.name = name
        self.kills: list[float] = []
        """When it was killed, or told to end, by the machine's monotonic clock."""
        self._arguments = arguments
        self._environment = {**os.environ, **environment}
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Starts it. It listens a little later."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, *self._arguments,
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment,
            )  # fmt: skip

    async def start_instead(self, *module: str) -> None:
        """Starts another module with the same settings and address in its place."""
        own = self._arguments
        self._arguments = ["-m", *module, *own[own.index("--listen") :]]
        await self.start()
        self._arguments = own

    async def dead(self) -> None:
        """Waits until it has ended."""
        assert self._process is not None
        await self._process.wait()
        self.kills.append(time.monotonic())

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process is not None
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        """Sends it a signal."""
        if self.alive:
            assert self._process is not None
            self._process.send_signal(number)

    async def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Ends it."""
        self.send(signal.SIGCONT)
        self.send(how)
        if self._process is not None:
            await self._process.wait()
        self.kills.append(time.monotonic())


class Studio:
    """All of it, in a folder."""

    def __init__(self, folder: Path, chance: random.Random, postgres: Postgres | None) -> None:
        self.folder = folder
        self.postgres = postgres
        self._chance = chance
        self.servers: dict[str, Process] = {}
        self.orchestrators: list[Process] = []
        self.lines: list[Line] = []
        self._channels: list[grpc.aio.Channel] = []

    async def begin(self, replicas: int, *, remember: bool = True) -> None:
        """Starts everything. `remember`: whether steps that ask for the same share a call."""
        home = {"REELMESH_MESH__HOME": str(self.folder / "home"), "REELMESH_MESH__GRACE_SECONDS": "1"}
        database = await self.postgres.database() if self.postgres is not None else None
        for name in SERVERS:
            arguments = ["-m", "tests.faults.counting_server", name, str(self.folder / f"{name}-runs")]
            listen = ["--listen", f"unix:{self.folder}/{name}"]
            settings = {
                f"REELMESH_{name.upper()}__CAPACITY": "64",
                f"REELMESH_{name.upper()}__LINGER_SECONDS": "600",
            }
            log = self.folder / f"{name}.log"
            self.servers[name] = Process(name, arguments + listen, {**home, **settings}, log)
        for number in range(replicas):
            lines = self.folder / f"lines-{number}"
            lines.mkdir()
            addresses = {}
            for name in SERVERS:
                self.lines.append(Line(lines / name, self.folder / name))
                addresses[name] = f"unix:{lines / name}"
            settings = {
                "REELMESH_ORCHESTRATOR__SERVERS": json.dumps(addresses),
                "REELMESH_ORCHESTRATOR__REMEMBER": str(remember).lower(),
                "REELMESH_ORCHESTRATOR__LEASE_SECONDS": "2",
                "REELMESH_ORCHESTRATOR__RETRY": json.dumps(
                    {"max_attempts": 100, "initial_delay_seconds": 0.05, "max_delay_seconds": 0.5}
                ),
            }
            if database is not None:
                socket = Path(str(database.query["host"])) / SOCKET
                self.lines.append(Line(lines / SOCKET, socket))
                settings["REELMESH_ORCHESTRATOR__DATABASE"] = database.set(
                    query={"host": str(lines)}
                ).render_as_string()
            listen = ["-m", "orchestrator", "--listen", f"unix:{self.folder}/orchestrator-{number}"]
            log = self.folder / f"orchestrator-{number}.log"
            self.orchestrators.append(Process(f"orchestrator {number}", listen, {**home, **settings}, log))
            options = [("grpc.max_reconnect_backoff_ms", 200), ("grpc.initial_reconnect_backoff_ms", 50)]
            address = f"unix:{self.folder}/orchestrator-{number}"
            self._channels.append(grpc.aio.insecure_channel(address, options=options))
        for line in self.lines:
            await line.open()
        for process in self.processes:
            await process.start()

    @property
    def processes(self) -> list[Process]:
        """Every process but the database's."""
        return [*self.servers.values(), *self.orchestrators]

    async def end(self) -> None:
        """Kills everything."""
        for channel in self._channels:
            await channel.close()
        await asyncio.gather(*(process.end() for process in self.processes))
        for line in self.lines:
            await line.close()

    def runs(self) -> dict[str, list[tuple[str, float]]]:
        """(server, time) of every run, by request_id."""
        found: dict[str, list[tuple[str, float]]] = {}
        for name in SERVERS:
            file = self.folder / f"{name}-runs"
            for line in file.read_text().splitlines() if file.exists() else ():
                request_id, at = line.split()
                found.setdefault(request_id, []).append((name, float(at)))
        return found

    # -- as a client, who tries again ------------------------------------------------------------------------

    async def call(self, rpc: str, request: Any) -> Any:
        """Calls any orchestrator until one answers."""
        return await self._anywhere(
            lambda jobs: getattr(jobs, rpc)(request, metadata=as_owner("ann"), timeout=CALL_SECONDS)
        )

    async def _anywhere(self, what: Callable[[JobServiceStub], Awaitable[Any]]) -> Any:
        while True:
            try:
                return await what(JobServiceStub(self._chance.choice(self._channels)))
            except grpc.aio.AioRpcError as error:
                if error.code() not in PASSING:
                    raise
            await asyncio.sleep(0.05)

    async def get(self, job_id: str) -> Job:
        """A job."""
        return (await self.call("GetJob", pb.GetJobRequest(job_id=job_id))).job

    async def log(self, job_id: str) -> list[Event]:
        """The stored events of a job from first to last, watched from whichever orchestrator is there."""
        seen: list[Event] = []

        async def watch(jobs: Any) -> None:
            after = seen[-1].sequence if seen else 0
            request = pb.WatchJobRequest(job_id=job_id, after_sequence=after, without_progress=True)
            timeout = self._chance.uniform(1, CALL_SECONDS)
            async for response in jobs.WatchJob(request, metadata=as_owner("ann"), timeout=timeout):
                if not response.event.HasField("idle"):
                    seen.append(response.event)

        while not (seen and seen[-1].job_changed.state in ENDED):
            await self._anywhere(watch)
        return seen


@contextlib.asynccontextmanager
async def studio(
    folder: Path, chance: random.Random, postgres: Postgres | None, replicas: int, *, remember: bool = True
) -> AsyncIterator[Studio]:
    """A studio that runs."""
    made = Studio(folder, chance, postgres)
    try:
        await made.begin(replicas, remember=remember)
        yield made
    finally:
        await made.end()
