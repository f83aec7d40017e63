"""Serving: from settings to a listening server with health, reflection and a graceful end."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import importlib.metadata
import json
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import structlog
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from pydantic import ValidationError
from yaml import YAMLError

from reelmesh.work.v1 import work_pb2_grpc
from servers.chassis import addresses, logs
from servers.chassis.assets import Assets, RemoteAssets, SharedAssets
from servers.chassis.blobs import BlobFolder
from servers.chassis.engines import Around, Engines
from servers.chassis.errors import FailedPrecondition, Fault
from servers.chassis.failover import Failover
from servers.chassis.interceptors import ChassisInterceptor
from servers.chassis.media import commands
from servers.chassis.models.executor import Executor
from servers.chassis.models.pool import ModelPool
from servers.chassis.models.replicas.executor import RayExecutor
from servers.chassis.reload import watch_settings
from servers.chassis.servicer import EngineServicer
from servers.chassis.settings import EngineChoice, EngineSettings, Settings, WorkSettings
from servers.chassis.work import Limits, WorkTable
from servers.chassis.work_service import WorkService

WORK_SERVICE = "reelmesh.work.v1.WorkService"
CHANNEL_OPTIONS: list[tuple[str, int]] = [
    # The same on both ends, so that a peer that vanished is noticed and neither end calls the other rude.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.so_reuseport", 0),
]
_COLLECT_AFTER = (20_000, 20, 20)
"""When the garbage collector looks at the youngest objects (how many are new), at younger and at all ones."""
_log = structlog.get_logger("reelmesh.serve")


@dataclass(frozen=True)
class Resources:
    """What the chassis gives to a server that is being built."""

    name: str
    settings: Settings
    assets: Assets
    work: WorkTable
    models: Executor


@dataclass(frozen=True)
class Service:
    """One service of a server."""

    name: str
    """Full name, for health and reflection."""
    add: Callable[[grpc.aio.Server], None]
    """Adds it to the gRPC server."""


@dataclass(frozen=True)
class Built:
    """A server's services and what to call at its end."""

    services: Sequence[Service]
    close: Callable[[], Awaitable[None]] | None = None
    """Called after the last RPC has ended."""
    drain: Callable[[], Awaitable[None]] | None = None
    """Called when the server was told to stop, before work is drained."""
    reload: Callable[[Settings], Awaitable[None]] | None = None
    """Called with new settings when a settings file has changed."""


@dataclass(frozen=True)
class PlainServer:
    """A server with servicers of its own."""

    name: str
    """Its part of the settings, and its name in logs."""
    build: Callable[[Resources], Awaitable[Built]]
    """Makes its services."""


@dataclass(frozen=True)
class EngineServer:
    """A server whose work is done by engines."""

    name: str
    service: ServiceDescriptor
    entry_points: str
    """Group in which its engines are found."""
    extra: Callable[[Engines, Assets], Any] | None = field(default=None)
    """Makes the object with the methods that are neither work, Resolve nor ListEngines."""
    around: Callable[[EngineChoice], Around] | None = None
    """From the server's settings: what is laid around each of its engines."""

    async def build(self, resources: Resources) -> Built:
        """Loads the engines and makes the generic servicer."""
        settings = resources.settings.work_of(self.name)
        assert isinstance(settings, EngineChoice)
        around = self.around(settings) if self.around is not None else None
        engines = Engines.load(
            self.entry_points, settings.engines, settings.options, resources.models, around
        )
        extra = self.extra(engines, resources.assets) if self.extra is not None else None
        failover = Failover(engines, _stand_ins(settings))
        servicer = EngineServicer(self.service, engines, resources.assets, resources.work, failover, extra)
        handler = servicer.handler()

        async def close() -> None:
            await engines.close()
            if extra is not None and hasattr(extra, "close"):
                await extra.close()

        async def reload(new: Settings) -> None:
            failover.order = _stand_ins(new.work_of(self.name))

        return Built(
            [Service(self.service.full_name, lambda server: server.add_generic_rpc_handlers((handler,)))],
            close,
            reload=reload,
        )


def _stand_ins(settings: WorkSettings) -> list[str]:
    """Engines that stand in for others; clips have none, since VideoProvider routes them itself."""
    return settings.fallback if isinstance(settings, EngineSettings) else []


class Running:
    """A server that listens. Made by `start`; ended by `stop`."""

    def __init__(
        self, server: grpc.aio.Server, address: str, built: Built, resources: Resources, health_of: Any
    ) -> None:
        self.address = address
        """Where it listens, as a gRPC target: "unix:/path" or "127.0.0.1:port"."""
        self.resources = resources
        self._server = server
        self._built = built
        self._health = health_of
        self._watch = asyncio.create_task(watch_settings(self._reload))

    async def stop(self, grace_seconds: float) -> None:
        """Stops admitting, lets work finish within the grace time, then closes everything."""
        self._watch.cancel()
        await asyncio.gather(self._watch, return_exceptions=True)
        await self._health.enter_graceful_shutdown()
        if self._built.drain is not None:
            await self._built.drain()
        await self.resources.work.drain(grace_seconds)
        await self._server.stop(grace=1.0)
        if self._built.close is not None:
            await self._built.close()
        await self.resources.models.close()
        await self.resources.assets.close()

    async def _reload(self, settings: Settings) -> None:
        table = self.resources.work
        table.limits = limits_of(settings.work_of(self.resources.name))
        table.admit()
        if self._built.reload is not None:
            await self._built.reload(settings)


async def start(spec: PlainServer | EngineServer, settings: Settings, address: str) -> Running:
    """Starts a server.

    Raises:
        Fault: the settings do not allow the address, or it can not be bound.
    """
    work = WorkTable(limits_of(settings.work_of(spec.name)))
    models = open_executor(settings)
    resources = Resources(spec.name, settings, open_assets(spec.name, settings), work, models)
    built = await spec.build(resources)
    server = grpc.aio.server(interceptors=[ChassisInterceptor()], options=CHANNEL_OPTIONS)
    for service in built.services:
        service.add(server)
    work_pb2_grpc.add_WorkServiceServicer_to_server(WorkService(work, models), server)
    names = [*(service.name for service in built.services), WORK_SERVICE]
    health_of = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health_of, server)
    reflection.enable_server_reflection((*names, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    bound = addresses.bind(server, address, settings.mesh)
    await server.start()
    addresses.protect(bound)
    for name in ("", *names):
        await health_of.set(name, health_pb2.HealthCheckResponse.SERVING)
    return Running(server, bound, built, resources, health_of)


def limits_of(settings: WorkSettings) -> Limits:
    """The bounds of a server's work, from its settings."""
    return Limits(
        capacity=settings.capacity,
        queue=settings.queue,
        linger_seconds=settings.linger_seconds,
        keep_results_seconds=settings.keep_results_seconds,
        keep_results_bytes=settings.keep_results_bytes,
    )


def open_executor(settings: Settings) -> Executor:
    """What runs models, as the settings say."""
    if settings.models.executor == "ray":
        return RayExecutor(settings.models)
    return ModelPool(settings.models, settings.mesh.home / "devices")


def open_assets(name: str, settings: Settings) -> Assets:
    """The store's shared folder, or a remote Storage behind a cache.

    Raises:
        FailedPrecondition: the store is not a folder, and nothing says where its server is.
    """

    def folder_at(root: Path) -> BlobFolder:
        return BlobFolder(
            root,
            low_space_fraction=settings.storage.low_space_fraction,
            low_space_bytes=settings.storage.low_space_bytes,
            keep_seconds=settings.storage.upload_keep_seconds,
        )

    address = settings.mesh.storage_address
    if name == "storage" or (settings.storage.backend == "disk" and not address):
        return SharedAssets(folder_at(settings.store_root))
    address = address or settings.orchestrator.servers.get("storage", "")
    if not address:
        raise FailedPrecondition(
            f'storage.backend is "{settings.storage.backend}", which servers reach through Storage alone: '
            "set mesh.storage_address",
            reason="STORAGE_ADDRESS_MISSING",
        )
    folder = folder_at(settings.mesh.home / "remote" / name)
    channel = addresses.channel(address, settings.mesh, CHANNEL_OPTIONS)
    return RemoteAssets(channel, folder, settings.mesh.cache_bytes)


def main(spec: PlainServer | EngineServer, arguments: Sequence[str] | None = None) -> None:
    """The command of every server: `python -m servers.<name> [--listen ADDRESS] [--log-file FILE] ...`.

    When it listens it prints one line of JSON to stdout: {"server", "address", "pid", "version"}. SIGTERM and
    SIGINT end it gracefully; a second one at once.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m {spec.name}", description=f"reelmesh's {spec.name} server"
    )
    parser.add_argument(
        "--listen", default="127.0.0.1:0", help='"unix:/path" or "host:port" (port 0: a free one)'
    )
    parser.add_argument("--log-file", type=Path, help="write logs there, rotated, instead of to stderr")
    parser.add_argument(
        "--with-parent", action="store_true", help="end gracefully when stdin does: with whoever holds it"
    )
    options = parser.parse_args(arguments)
    settings = _settings()
    logs.set_up(spec.name, settings.mesh.log_level, options.log_file)
    if settings.mesh.ffmpeg is not None:  # for this process and its workers
        os.environ[commands.VARIABLE] = str(settings.mesh.ffmpeg)
    try:
        asyncio.run(_serve(spec, settings, options.listen, with_parent=options.with_parent))
    except Fault as fault:
        _log.error("can not start", reason=fault.reason, message=fault.message)
        sys.exit(f"{spec.name}: {fault.message}")


def _settings() -> Settings:
    try:
        return Settings()
    except (ValidationError, ValueError, YAMLError):
        from servers.chassis.config import problems

        sys.exit("\n".join(("the settings are wrong:", *problems())))


async def _serve(
    spec: PlainServer | EngineServer, settings: Settings, address: str, *, with_parent: bool
) -> None:
    running = await start(spec, settings, address)
    keep_out_of_collections()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    if with_parent:
        _when_stdin_ends(loop, stop.set)

    def on_signal() -> None:
        if stop.is_set():
            os._exit(130)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    version = importlib.metadata.version("reelmesh")
    ready = {"server": spec.name, "address": running.address, "pid": os.getpid(), "version": version}
    print(json.dumps(ready), flush=True)
    _log.info("listening", address=running.address, version=version)
    await stop.wait()
    _log.info("stopping", grace_seconds=settings.mesh.grace_seconds)
    await running.stop(settings.mesh.grace_seconds)
    _log.info("stopped")


def keep_out_of_collections() -> None:
    """Lets Python's garbage collector leave alone what is there at the start, and stays, and look seldom for
    the rest: a look over all objects stops everything for as long as it takes, and most are freed without."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


def _when_stdin_ends(loop: asyncio.AbstractEventLoop, then: Callable[[], None]) -> None:
    """Calls `then` in the loop at the end of stdin.

    In a thread, since a loop can not wait for every kind of file; a daemon, since nobody may come to end it.
    """

    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        with contextlib.suppress(RuntimeError):  # the loop has ended before us
            loop.call_soon_threadsafe(then)

    threading.Thread(target=wait, name="parent", daemon=True).start()
