"""The pool: every device of this host that models may run on, and which of them gets a run.

Engines ask the pool, never a device. A run goes where its model lies, unless that device has so much to do
that loading the model elsewhere is the shorter wait; among equals, where most memory is free.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from servers.chassis.errors import Internal
from servers.chassis.models.executor import DeviceState, Executor, HeldState, placed
from servers.chassis.models.lane import Lane
from servers.chassis.models.spec import Job, ModelSpec
from servers.chassis.settings import ModelSettings
from servers.chassis.worker_main import Report

LOADING_COUNTS_AS = 2
"""Runs that could be waited for in the time that a model takes to load."""
_log = structlog.get_logger("reelmesh.models")


class ModelPool(Executor):
    """The devices of one server. Nothing is started before the first run."""

    def __init__(self, settings: ModelSettings | None = None, wishes: Path | None = None) -> None:
        """`wishes`: folder that it shares with the pools of other servers; see `Lane`."""
        super().__init__()
        self._wishes = wishes
        self._settings = settings or ModelSettings()
        self._lanes: list[Lane] = []
        self._needs: dict[str, int] = {}
        self._opening = asyncio.Lock()

    async def devices(self) -> Sequence[DeviceState]:
        """See `Executor.devices`."""
        return self.state()

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
        """See `Executor.close`."""
        await super().close()
        await asyncio.gather(*(lane.close() for lane in self._lanes))
        self._lanes = []

    async def open(self) -> None:
        """Finds out which devices there are."""
        async with self._opening:
            if not self._lanes:
                names = self._settings.devices or await _discover()
                self._lanes = [Lane(name, self._settings, self._needs, self._wishes) for name in names]

    async def _ask(
        self,
        spec: ModelSpec,
        arguments: Mapping[str, Any] | None,
        report: Report,
        folder: Path | None = None,
        batch_key: str = "",
        most: int = 1,
    ) -> dict[str, Any]:
        told = None if arguments is None else placed(arguments, str)
        await self.open()
        done: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        job = Job(spec, told, report, done, batch_key, most)
        lane = min(self._lanes, key=lambda lane: _cost(lane, spec))
        lane.put(job)
        if lane.running or len(lane.queue) > 1:
            report({"stage": "queued", "fraction": 0.0})
        try:
            return await done
        except asyncio.CancelledError:
            lane.drop(job)
            raise


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
