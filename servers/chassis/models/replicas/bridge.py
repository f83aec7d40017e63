"""The bridge from a server to Ray: python -m servers.chassis.models.replicas.bridge SETTINGS.

JSON lines, like every worker's, but many calls at once: {"id", "method", "arguments"} and {"id", "cancel"}
in; {"id", "progress"} any number of times, then {"id", "result"} or {"id", "fault"} out. The answer to a call
0, which nobody made, says that it is connected.
"""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import functools
import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ray
from ray import serve
from ray.serve.exceptions import DeploymentUnavailableError, RayServeException

from servers.chassis import worker_main
from servers.chassis.errors import FailedPrecondition, Fault, Internal, Unavailable
from servers.chassis.models.executor import DeviceState
from servers.chassis.models.replicas import faults, parcels
from servers.chassis.models.replicas.replica import application
from servers.chassis.settings import ModelSettings

_LINE_LIMIT_BYTES = 32 * 1024 * 1024
_KEPT_BYTES = 4 * 2**30
"""Bound of the files that stay in Ray's object store for further runs."""
_LOOK_SECONDS = 5.0
"""Time without news after which a run that waits for a replica tells why it may."""
_GONE = (ray.exceptions.RayError, RayServeException, ConnectionError)
Send = Callable[[dict[str, Any]], None]


def connect(settings: ModelSettings) -> Any:
    """The handle of the replicas, which are deployed if nobody has done so.

    Raises:
        Unavailable: there is no cluster at that address, or this host is no node of it.
    """
    told = settings.ray
    try:
        _probe(told.address)
        ray.init(address=told.address, namespace="reelmesh", log_to_driver=False, logging_level="WARNING")
        serve.start(proxy_location="Disabled")  # nobody is to reach the replicas but by Ray
    except (*_GONE, OSError, RuntimeError, ValueError) as error:
        raise faults.unreachable(told.address, type(error).__name__) from error
    try:
        return serve.get_app_handle(told.application)
    except RayServeException:
        target = serve.RunTarget(
            application(settings.model_dump(mode="json")), name=told.application, route_prefix=None
        )
        (handle,) = serve.run_many([target], wait_for_applications_running=False)
        return handle


def _probe(address: str) -> None:
    """Raises an OSError where nobody listens: Ray itself would try for two minutes."""
    host, _, port = address.rpartition(":")
    if port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()


class Bridge:
    """The calls that are under way."""

    def __init__(self, settings: ModelSettings, handle: Any, send: Send) -> None:
        self._application = settings.ray.application
        self._handle = handle
        self._send = send
        self._told: dict[str, list[dict[str, Any]]] = {}
        """The devices of replicas, by the replicas' names."""
        self._places: dict[int, str] = {}
        """The replicas that runs are in."""
        self._kept: collections.OrderedDict[tuple[Any, ...], parcels.Parcel] = collections.OrderedDict()

    async def run(self, call: int, job: dict[str, Any]) -> dict[str, Any]:
        """Runs a model in a replica; see `Replica.run`."""
        sent = [await self._packed(Path(path)) for path in job.pop("reads")]
        handle = self._handle.options(stream=True, multiplexed_model_id=job.pop("key"))
        stream = handle.run.remote(job, sent)
        try:
            while True:
                item = await self._next(call, stream)
                if "devices" in item:
                    self._places[call] = item["replica"]
                    self._told[item["replica"]] = item["devices"]
                elif "file" in item:
                    await asyncio.to_thread(_write, Path(job["folder"]), item["file"], item["content"])
                elif "progress" in item:
                    self._send({"id": call, "progress": item["progress"]})
                elif "fault" in item:
                    raise faults.raised(item["fault"])
                else:
                    result: dict[str, Any] = item["result"]
                    return result
        except BaseException:
            await asyncio.to_thread(stream.cancel)
            raise
        finally:
            self._leave(call)

    async def devices(self, call: int, arguments: dict[str, Any]) -> dict[str, Any]:
        """The devices of all replicas, as the runs of this server told of them last."""
        alive = await asyncio.to_thread(_alive, self._application)
        self._told = {name: self._told[name] for name in alive if name in self._told}
        return {"devices": [one for name in alive for one in self._told.get(name, [_unknown(name)])]}

    def _leave(self, call: int) -> None:
        """A run has ended, or nobody hears of it any more: as far as is known, its replica may be idle."""
        replica = self._places.pop(call, None)
        if replica in self._told and replica not in self._places.values():
            for device in self._told[replica]:
                device.update(running=0, queued=0)
                for held in device["models"]:
                    held["in_use"] = False

    async def _next(self, call: int, stream: Any) -> dict[str, Any]:
        """What happens next; as long as nothing does, why that may be."""
        coming = asyncio.ensure_future(anext(stream))
        try:
            while not (await asyncio.wait([coming], timeout=_LOOK_SECONDS))[0]:
                if told := await asyncio.to_thread(self._waits_for):
                    self._send({"id": call, "progress": {"stage": "queued", "fraction": 0.0, "detail": told}})
            item: dict[str, Any] = coming.result()
            return item
        finally:
            coming.cancel()

    def _waits_for(self) -> str:
        """What keeps the application from having all its replicas; "" when nothing does."""
        found = serve.status().applications.get(self._application)
        if found is None or found.status == "NOT_STARTED":
            raise Unavailable(
                f'the application "{self._application}" is gone from Ray Serve', reason=faults.RAY_GONE
            )
        messages = [found.message, *(one.message for one in found.deployments.values())]
        told = next((message for message in messages if message), "")
        if found.status == "DEPLOY_FAILED":
            raise Unavailable(
                f"Ray Serve can not deploy the replicas: {told}"[:900], reason="RAY_DEPLOY_FAILED"
            )
        return told[:300]

    async def _packed(self, path: Path) -> parcels.Parcel:
        """The file or folder, put into Ray's object store unless it is there."""
        try:
            mark = await asyncio.to_thread(_mark, path)
            if mark not in self._kept:
                self._kept[mark] = await asyncio.to_thread(parcels.pack, path, ray.put)
        except OSError as error:
            raise FailedPrecondition(
                f"{path.name} can not be read: {error.strerror or error}", reason="FILE_UNREADABLE"
            ) from error
        self._kept.move_to_end(mark)
        parcel = self._kept[mark]
        while len(self._kept) > 1 and sum(one.size_bytes for one in self._kept.values()) > _KEPT_BYTES:
            self._kept.popitem(last=False)
        return parcel


def _write(folder: Path, name: str, content: bytes) -> None:
    if folder.is_dir():  # whoever wants it has not left meanwhile
        parcels.unpack(folder, name, content)


def _alive(application: str) -> list[str]:
    """The names of the replicas that there are."""
    actors = ray.util.list_named_actors(all_namespaces=True)
    names = [actor["name"] for actor in actors if actor["namespace"] == "serve"]
    prefix = f"SERVE_REPLICA::{application}#"
    return sorted(name.rpartition("#")[2] for name in names if name.startswith(prefix))


def _unknown(replica: str) -> dict[str, Any]:
    """The device of a replica that has run nothing for this server yet."""
    empty = DeviceState(replica, "", 0, 0, running=0, queued=0, restarts=0, models=())
    return dataclasses.asdict(empty)


def _mark(path: Path) -> tuple[Any, ...]:
    """Changes when the file or folder does."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return (path, *((file, file.stat().st_size, file.stat().st_mtime_ns) for file in files))


async def serve_calls(bridge: Bridge, send: Send) -> None:
    """Answers the server's calls until stdin ends."""
    lines = asyncio.StreamReader(limit=_LINE_LIMIT_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin.buffer
    )
    methods = {"run": bridge.run, "devices": bridge.devices}
    tasks: dict[int, asyncio.Task[None]] = {}

    async def answer(call: int, method: str, arguments: dict[str, Any]) -> None:
        try:
            send({"id": call, "result": await methods[method](call, arguments)})
        except Exception as error:
            send({"id": call, "fault": faults.told(fault_of(error))})

    async for line in lines:
        message = json.loads(line)
        call = message["id"]
        if "cancel" in message:
            if call in tasks:
                tasks[call].cancel()
            continue
        tasks[call] = asyncio.create_task(answer(call, message["method"], message["arguments"]))
        tasks[call].add_done_callback(functools.partial(_forget, tasks, call))


def _forget(tasks: dict[int, asyncio.Task[None]], call: int, _: asyncio.Task[None]) -> None:
    del tasks[call]


def fault_of(error: Exception) -> Fault:
    """What went wrong on the way, as the server is told."""
    if isinstance(error, Fault):
        return error
    if isinstance(error, ray.exceptions.RayTaskError):
        return Internal(f"a replica failed: {error.cause!r}"[:500], reason="WORKER_FAILED")
    if isinstance(error, DeploymentUnavailableError):
        return Unavailable("Ray Serve has no such replicas any more", reason=faults.RAY_GONE)
    if isinstance(error, _GONE):
        return Unavailable(f"a replica went away ({type(error).__name__})", reason=faults.REPLICA_DIED)
    return Internal(f"the way to Ray failed: {error!r}"[:500], reason="WORKER_FAILED")


def main() -> None:
    """Connects, says so, and answers calls."""
    send = worker_main.begin()
    settings = ModelSettings.model_validate_json(sys.argv[1])
    try:
        handle = connect(settings)
    except Fault as fault:
        send({"id": 0, "fault": faults.told(fault)})
        return
    send({"id": 0, "result": {}})
    asyncio.run(serve_calls(Bridge(settings, handle, send), send))


if __name__ == "__main__":
    main()
