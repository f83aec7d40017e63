"""The pool: every device that models may run on, and which of them gets a run.

Engines ask the pool, never a device. A run goes where its model lies, unless that device has so much to do
that loading the model elsewhere is the shorter wait; among equals, where most memory is free.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog

from servers.chassis.errors import Fault, Internal
from servers.chassis.models.lane import Lane
from servers.chassis.models.spec import Job, ModelSpec
from servers.chassis.settings import ModelSettings
from servers.chassis.worker_main import Report

LOADING_COUNTS_AS = 2
"""Runs that could be waited for in the time that a model takes to load."""
_log = structlog.get_logger("reelmesh.models")


@dataclasses.dataclass(frozen=True)
class HeldState:
    """A model in a device's memory, as it is told."""

    name: str
    engine: str
    footprint_bytes: int
    working_bytes: int
    in_use: bool
    pinned: bool


@dataclasses.dataclass(frozen=True)
class DeviceState:
    """A device as it is told."""

    name: str
    description: str
    total_bytes: int
    free_bytes: int
    running: int
    queued: int
    restarts: int
    models: Sequence[HeldState]
    """The most recently used first."""


class ModelPool:
    """The devices of one server. Nothing is started before the first run."""

    def __init__(self, settings: ModelSettings | None = None, wishes: Path | None = None) -> None:
        """`wishes`: folder that it shares with the pools of other servers; see `Lane`."""
        self._wishes = wishes
        self._settings = settings or ModelSettings()
        self._lanes: list[Lane] = []
        self._needs: dict[str, int] = {}
        self._opening = asyncio.Lock()
        self._warming: set[asyncio.Task[None]] = set()

    async def run(
        self,
        spec: ModelSpec,
        arguments: dict[str, Any],
        report: Report,
        *,
        batch_key: str = "",
        most: int = 1,
    ) -> dict[str, Any]:
        """Runs a model and gives what its runner answers. Cancelling stops it at its next step.

        Runs of one model that wait with an equal `batch_key` may be made together, at most `most` of them.

        Raises:
            InvalidArgument: the runner refused the arguments.
            FailedPrecondition: the model can not be loaded, or needs a package that is not there.
            ResourceExhausted: it needs more memory than the device has, even with all savers on.
            DeadlineExceeded: it took too long.
            Internal: it failed, or its process died again and again.
        """
        return await self._ask(spec, arguments, report, batch_key, most)

    def warm(self, spec: ModelSpec) -> None:
        """Begins to load a model, before anybody asks for it."""

        async def load() -> None:
            try:
                await self._ask(spec, None, lambda _: None)
            except Fault as fault:
                _log.warning("a model can not be warmed up", model=spec.name, why=fault.message)

        task = asyncio.create_task(load())
        self._warming.add(task)
        task.add_done_callback(self._warming.discard)

    def state(self) -> list[DeviceState]:
        """The devices, as they are now; none before the first run."""
        return [
            DeviceState(
                name=lane.device,
                description=lane.description,
                total_bytes=lane.total_bytes,
                free_bytes=lane.free_bytes,
                running=len(lane.running),
                queued=len(lane.queue),
                restarts=lane.restarts,
                models=[
                    HeldState(
                        held.spec.name,
                        held.spec.engine,
                        held.footprint_bytes,
                        held.working_bytes,
                        held.in_use,
                        held.spec.pinned,
                    )
                    for held in lane.cache.all()
                ],
            )
            for lane in self._lanes
        ]

    async def close(self) -> None:
        """Ends every process."""
        for task in list(self._warming):
            task.cancel()
        await asyncio.gather(*self._warming, return_exceptions=True)
        await asyncio.gather(*(lane.close() for lane in self._lanes))
        self._lanes = []

    async def _ask(
        self,
        spec: ModelSpec,
        arguments: dict[str, Any] | None,
        report: Report,
        batch_key: str = "",
        most: int = 1,
    ) -> dict[str, Any]:
        await self._open()
        done: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        job = Job(spec, arguments, report, done, batch_key, most)
        lane = min(self._lanes, key=lambda lane: _cost(lane, spec))
        lane.put(job)
        if lane.running or len(lane.queue) > 1:
            report({"stage": "queued", "fraction": 0.0})
        try:
            return await done
        except asyncio.CancelledError:
            lane.drop(job)
            raise

    async def _open(self) -> None:
        async with self._opening:
            if not self._lanes:
                names = self._settings.devices or await _discover()
                self._lanes = [Lane(name, self._settings, self._needs, self._wishes) for name in names]


def _cost(lane: Lane, spec: ModelSpec) -> tuple[bool, int, int]:
    """The less, the better: whether it has no room, how long to wait, then least memory free."""
    there = lane.holds(spec.key)
    room = there or not lane.known or lane.free_bytes + lane.cache.evictable_bytes >= lane.need_bytes(spec)
    waiting = len(lane.queue) + len(lane.running)
    free = lane.free_bytes if lane.known else sys.maxsize
    return not room, waiting + (0 if there else LOADING_COUNTS_AS), -free


async def _discover() -> list[str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "servers.chassis.models.discover",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, said = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        _log.error("devices can not be discovered", said=said.decode(errors="replace")[-2000:])
        raise Internal("the devices of this machine can not be discovered: set models.devices")
    found: list[str] = json.loads(output)
    return found
