"""Models in a Ray cluster, as a server sees them."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib.util
import itertools
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from reelmesh.common.v1.engine_pb2 import MISSING_KIND_EXTRA, Missing
from servers.chassis.child import Child
from servers.chassis.errors import FailedPrecondition, Fault, Unavailable
from servers.chassis.models.executor import MOST_DEATHS, DeviceState, Executor, HeldState, placed
from servers.chassis.models.replicas import faults
from servers.chassis.models.replicas.parcels import READ, WRITTEN
from servers.chassis.models.spec import ModelSpec
from servers.chassis.settings import ModelSettings
from servers.chassis.worker_main import Report

_BRIDGE = "servers.chassis.models.replicas.bridge"
_CONNECT_SECONDS = 60.0
_DEVICES_SECONDS = 5.0
_PATIENCE = "RAY_gcs_rpc_server_reconnect_timeout_s"
"""Ray's variable for the seconds without a head after which it ends its drivers: the bridge, and with it all
runs. Ray's own default is a minute."""
_REMEDY = 'pip install "reelmesh[ray]"'
_log = structlog.get_logger("reelmesh.models")


class RayExecutor(Executor):
    """Runs models in the replicas that Ray Serve has. The bridge to it is started by the first run."""

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__()
        self._settings = settings
        self._bridge: Bridge | None = None
        self._opening = asyncio.Lock()
        self._closed = False

    def missing(self, packages: Sequence[Missing]) -> Sequence[Missing]:
        """See `Executor.missing`. What the models need must be on the replicas' hosts, not here."""
        if importlib.util.find_spec("ray") is not None:
            return ()
        return (Missing(kind=MISSING_KIND_EXTRA, name="ray", remedy=_REMEDY),)

    async def devices(self) -> Sequence[DeviceState]:
        """See `Executor.devices`: those of every replica, as this server's runs told of them last."""
        if self._bridge is None or not self._bridge.alive:
            return ()
        try:
            async with asyncio.timeout(_DEVICES_SECONDS):
                answer = await self._bridge.call("devices", {})
        except (Fault, TimeoutError):
            return ()
        return [
            DeviceState(**{**told, "models": [HeldState(**held) for held in told["models"]]})
            for told in answer["devices"]
        ]

    async def close(self) -> None:
        """See `Executor.close`. The replicas stay: other servers may use them."""
        self._closed = True
        await super().close()
        if self._bridge is not None:
            await self._bridge.kill()

    async def _ask(
        self,
        spec: ModelSpec,
        arguments: Mapping[str, Any] | None,
        report: Report,
        folder: Path | None = None,
        batch_key: str = "",
        most: int = 1,
    ) -> dict[str, Any]:
        job = _job(spec, arguments, folder, batch_key, most)
        for death in itertools.count(1):
            bridge = await self._open()
            try:
                return await bridge.call("run", job, report)
            except Fault as fault:
                if fault.reason not in (faults.REPLICA_DIED, faults.RAY_GONE) or death == MOST_DEATHS:
                    raise
                _log.warning("a run is repeated in another replica", model=spec.name, why=fault.message)
                if fault.reason == faults.RAY_GONE:
                    await bridge.kill()
        raise AssertionError

    async def _open(self) -> Bridge:
        """The bridge; a new one where there is none, or it has died.

        Raises:
            FailedPrecondition: Ray is not installed here.
            Unavailable: there is no cluster, or the server is stopping.
        """
        if missing := self.missing(()):
            raise FailedPrecondition(
                f"models.executor is ray, which is missing: {_REMEDY}",
                reason="ENGINE_NOT_READY",
                missing=missing,
            )
        async with self._opening:
            if self._closed:
                raise Unavailable("the server is stopping; call again with the same request_id")
            if self._bridge is None or not self._bridge.alive:
                if self._bridge is not None:
                    await self._bridge.kill()
                self._bridge = await Bridge.start(
                    _BRIDGE, (self._settings.model_dump_json(),), {_PATIENCE: os.environ.get(_PATIENCE, "20")}
                )
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    await asyncio.shield(self._bridge.connected)
            except TimeoutError:
                await self._bridge.kill()
                raise faults.unreachable(
                    self._settings.ray.address, f"no answer in {_CONNECT_SECONDS:g} s"
                ) from None
            except Fault:
                await self._bridge.kill()
                raise
            return self._bridge


class Bridge(Child):
    """The process between this server and Ray; see `bridge`."""

    def __init__(self, module: str, process: asyncio.subprocess.Process) -> None:
        super().__init__(module, process)
        loop = asyncio.get_running_loop()
        self.connected: asyncio.Future[dict[str, Any]] = loop.create_future()
        """Done when it is; fails when it can not be."""
        self._ending = False
        self._numbers = itertools.count(1)
        self._calls: dict[int, tuple[asyncio.Future[dict[str, Any]], Report | None]] = {
            0: (self.connected, None)
        }
        self._reading = asyncio.create_task(self._read())

    async def call(
        self, method: str, arguments: Mapping[str, Any], report: Report | None = None
    ) -> dict[str, Any]:
        """Asks it for something. Cancelling ends that on the other side too.

        Raises:
            Fault: whatever went wrong; of reason REPLICA_DIED when it may be tried again.
        """
        if self._reading.done():
            raise _gone()
        number = next(self._numbers)
        done: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._calls[number] = (done, report)
        self.send({"id": number, "method": method, "arguments": arguments})
        try:
            return await done
        except asyncio.CancelledError:
            self.send({"id": number, "cancel": True})
            raise
        finally:
            self._calls.pop(number, None)

    async def kill(self) -> None:
        """See `Child.kill`."""
        self._ending = True
        await super().kill()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        try:
            while line := await self._process.stdout.readline():
                self._take(json.loads(line))
            if not self._ending:
                await self._died("ray")
        finally:
            for done, _ in self._calls.values():
                if not done.done():
                    done.set_exception(_gone())

    def _take(self, message: dict[str, Any]) -> None:
        done, report = self._calls.get(message["id"], (None, None))
        if done is None or done.done():
            return  # nobody waits for it any more
        if "progress" in message:
            if report is not None:
                report(message["progress"])
        elif "fault" in message:
            done.set_exception(faults.raised(message["fault"]))
        else:
            done.set_result(message["result"])


def _gone() -> Unavailable:
    return Unavailable("the Ray cluster went away", reason=faults.REPLICA_DIED)


def _job(
    spec: ModelSpec, arguments: Mapping[str, Any] | None, folder: Path | None, batch_key: str, most: int
) -> dict[str, Any]:
    """A run as the bridge is asked for it: a JSON object, and which files it reads."""
    reads: list[str] = []

    def place(path: Path) -> dict[str, Any]:
        if folder is not None and path.is_relative_to(folder):
            return {WRITTEN: path.relative_to(folder).as_posix()}
        reads.append(str(path))
        return {READ: len(reads) - 1}

    told = None if arguments is None else placed(arguments, place)
    return {
        "key": spec.key,
        "spec": dataclasses.asdict(spec),
        "arguments": told,
        "reads": reads,
        "folder": str(folder or ""),
        "batch_key": batch_key,
        "most": most,
    }
