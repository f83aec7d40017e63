"""A whole mesh as child processes of this one."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reelmesh.errors import MeshNotRunning
from reelmesh.mesh import discovery, places
from reelmesh.mesh.processes import Processes
from reelmesh.mesh.server import Launch, Server

GRACE_SECONDS = 20.0
"""The servers' own default of mesh.grace_seconds."""
MARGIN_SECONDS = 10.0
"""How much longer than its grace time a server may take to end."""

Reporter = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What mesh is wanted."""

    home: Path = field(default_factory=discovery.home)
    """Its home."""
    only: Sequence[str] = ()
    """Servers to start. Empty: all."""
    tcp: bool = False
    """Ports of this machine in place of unix sockets."""
    config: Path | None = None
    """A settings file over the usual ones."""
    log_level: str = ""
    """debug, info, warning or error. Empty: as in the settings."""
    temporary: bool = False
    """Whether it ends with the film or the script that started it."""

    def environment(self, addresses: Mapping[str, str]) -> dict[str, str]:
        """Variables for the servers."""
        told = {discovery.HOME_VARIABLE: str(self.home.absolute())}
        if self.config is not None:
            told["REELMESH_CONFIG"] = str(self.config.absolute())
        if self.log_level:
            told["REELMESH_MESH__LOG_LEVEL"] = self.log_level
        for name, address in addresses.items():
            if name != places.ORCHESTRATOR:
                told[f"REELMESH_ORCHESTRATOR__SERVERS__{name.upper()}"] = address
        return told


class Mesh:
    """A mesh that this process keeps. Made by `start`."""

    def __init__(
        self, plan: Plan, lock: discovery.Lock, processes: Processes, servers: Sequence[Server]
    ) -> None:
        self.plan = plan
        self.servers = servers
        self.ready_seconds = 0.0
        """How long it took from the start until all servers listened."""
        self._lock = lock
        self._processes = processes

    @property
    def addresses(self) -> dict[str, str]:
        """gRPC targets by server."""
        return {server.launch.name: server.launch.address for server in self.servers}

    def announce(self) -> None:
        """Writes the discovery file."""
        pid = os.getpid()
        discovery.write(
            discovery.Discovery(
                pid=pid,
                born=discovery.born(pid),
                version=importlib.metadata.version("reelmesh"),
                home=self.plan.home,
                addresses=self.addresses,
                pids={server.launch.name: server.pid for server in self.servers},
                temporary=self.plan.temporary,
            )
        )

    async def stop(self) -> None:
        """Ends the mesh: the orchestrator first, so that no work begins any more, then the others."""
        discovery.remove(self.plan.home)
        grace = _grace_seconds() + MARGIN_SECONDS
        first = [server for server in self.servers if server.launch.name == places.ORCHESTRATOR]
        rest = [server for server in self.servers if server.launch.name != places.ORCHESTRATOR]
        try:
            for group in (first, rest):
                await asyncio.gather(*(server.stop(grace) for server in group))
        finally:
            await self.kill()
            self._lock.release()

    async def kill(self) -> None:
        """Ends whatever still runs, at once."""
        await asyncio.gather(*(server.kill() for server in self.servers))
        await self._processes.close()

    async def stop_when_unused(self, on_wait: Callable[[], None] = lambda: None) -> None:
        """Ends a temporary mesh once nobody else uses it any more. `on_wait` is called when somebody does."""
        users = discovery.Lock(self.plan.home / discovery.USERS)
        if not users.acquire():
            on_wait()
            while not users.acquire():  # noqa: ASYNC110  (another process frees it)
                await asyncio.sleep(0.2)
        try:
            discovery.remove(self.plan.home)
        finally:
            users.release()
        await self.stop()


async def start(plan: Plan) -> Mesh:
    """Starts a mesh and returns when all its servers listen.

    Raises:
        MeshNotRunning: another mesh runs in this home, or a server does not come up.
    """
    began = time.monotonic()
    modules = places.chosen(plan.only, places.modules())
    _prepare(plan)
    lock = discovery.Lock(plan.home / discovery.LOCK)
    if not lock.acquire():
        raise MeshNotRunning(_occupied(plan.home))
    try:
        discovery.remove(plan.home)
        mesh = _made(plan, lock, modules)
        await _start_all(mesh)
    except BaseException:
        lock.release()
        raise
    mesh.ready_seconds = time.monotonic() - began
    mesh.announce()
    return mesh


def _prepare(plan: Plan) -> None:
    if plan.config is not None and not plan.config.is_file():
        raise MeshNotRunning(f"there is no settings file {plan.config}")
    try:
        plan.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (plan.home / "logs").mkdir(exist_ok=True)
    except OSError as error:
        raise MeshNotRunning(f"the mesh's home can not be made: {error}") from error


def _made(plan: Plan, lock: discovery.Lock, modules: Mapping[str, str]) -> Mesh:
    addresses = places.addresses(list(modules), plan.home, tcp=plan.tcp)
    servers: list[Server] = []
    processes = Processes(plan.environment(addresses))
    mesh = Mesh(plan, lock, processes, servers)
    for name, module in modules.items():
        log_file = plan.home.absolute() / "logs" / f"{name}.log"
        launch = Launch(name, module, addresses[name], log_file)
        servers.append(Server(launch, processes, mesh.announce))
    return mesh


async def _start_all(mesh: Mesh) -> None:
    """Starts all servers at once; when one fails, or the caller gives up, none is left."""
    tasks = [asyncio.create_task(server.start()) for server in mesh.servers]
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await mesh.kill()
        raise


def _occupied(home: Path) -> str:
    running = discovery.read(home)
    if running is None:
        return f"another mesh is starting or stopping in {home}: try again in a moment"
    return f"a mesh runs here already (pid {running.pid}, reelmesh {running.version}, home {home})"


def _grace_seconds() -> float:
    with contextlib.suppress(KeyError, ValueError):
        return float(os.environ["REELMESH_MESH__GRACE_SECONDS"])
    return GRACE_SECONDS
