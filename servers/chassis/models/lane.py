"""One device: the runs that wait for it, its worker process, and the models in its memory.

One thing happens on a device at a time, so a model is never let go while it runs. Runs are served in the
order they came; those that go together are taken together.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from servers.chassis.child import Child
from servers.chassis.errors import (
    Cancelled,
    DeadlineExceeded,
    Fault,
    Internal,
    ResourceExhausted,
    Unavailable,
)
from servers.chassis.models.cache import Cache
from servers.chassis.models.executor import MOST_DEATHS
from servers.chassis.models.spec import Job, ModelSpec
from servers.chassis.settings import ModelSettings
from servers.chassis.worker_main import Report

_LOOK_SECONDS = 0.5
"""Time between two looks whether another server wants the device."""
_WORKER = "servers.chassis.models.worker"
_log = structlog.get_logger("reelmesh.models")


class Lane:
    """One device and what waits for it."""

    def __init__(
        self, device: str, settings: ModelSettings, needs: dict[str, int], wishes: Path | None = None
    ) -> None:
        """`needs`: bytes that models were measured to take, by key; shared between devices. `wishes`: folder
        in which the servers of this machine tell one another that they want a device's memory."""
        self.device = device
        self.description = ""
        self.total_bytes = 0
        self.restarts = 0
        self.cache = Cache()
        self.queue: collections.deque[Job] = collections.deque()
        self.running: list[Job] = []
        self._settings = settings
        self._needs = needs
        self._most: dict[str, int] = {}
        self._wish = wishes / device.replace(":", "-") if wishes is not None else None
        self._heeded = time.time()
        self._free_bytes = 0
        self._child: Child | None = None
        self._news = asyncio.Event()
        self._serving = asyncio.create_task(self._serve())

    @property
    def free_bytes(self) -> int:
        """What a further model may take, as last told by the device and bounded by the settings."""
        free = self._free_bytes - self._settings.reserve_bytes
        bound = self._settings.memory_bytes.get(self.device)
        return max(0, free if bound is None else min(free, bound - self.cache.footprint_bytes))

    @property
    def known(self) -> bool:
        """Whether the device has told of its memory yet."""
        return self.total_bytes > 0

    def need_bytes(self, spec: ModelSpec) -> int:
        """What the model is known or expected to take."""
        return self._needs.get(spec.key, spec.expected_bytes)

    def holds(self, key: str) -> bool:
        """Whether the model is there, or will be by the time that a further run comes up."""
        return key in self.cache or any(job.spec.key == key for job in (*self.queue, *self.running))

    def put(self, job: Job) -> None:
        """Lets a run wait its turn."""
        self.queue.append(job)
        self._news.set()

    def drop(self, job: Job) -> None:
        """A run is no longer wanted: it leaves the queue, or stops at its next step."""
        job.done.cancel()
        with contextlib.suppress(ValueError):
            self.queue.remove(job)
        if self._child is not None and self.running and all(one.done.done() for one in self.running):
            self._child.send({"stop": True})

    async def close(self) -> None:
        """Ends the process. Runs end with UNAVAILABLE."""
        self._serving.cancel()
        await asyncio.gather(self._serving, return_exceptions=True)
        for job in (*self.running, *self.queue):
            _settle(job, Unavailable("the server is stopping; call again with the same request_id"))
        await self._end()

    async def _serve(self) -> None:
        while True:
            while not self.queue:
                self._news.clear()
                await self._wait()
            self.running = self._take()
            try:
                await self._do(self.running)
            except Exception as error:  # whatever happens to one run, the next is served
                _log.error("a run failed unexpectedly", device=self.device, exc_info=error)
                for job in self.running:
                    _settle(job, Internal(f"{job.spec.name} failed: {type(error).__name__}"))
            self.running = []

    async def _wait(self) -> None:
        """Waits for work; lets go of the device when none comes for long, or another server wants it."""
        idle = self._settings.idle_seconds
        since = time.monotonic()
        while not self._news.is_set():
            holds = self._child is not None and not self.cache.pinned
            try:
                async with asyncio.timeout(min(idle or _LOOK_SECONDS, _LOOK_SECONDS) if holds else None):
                    await self._news.wait()
            except TimeoutError:
                if (idle and time.monotonic() - since >= idle) or self._others_want():
                    await self._end()

    def _others_want(self) -> bool:
        """Whether another server has wished for the device's memory since this was last asked."""
        if self._wish is None or not self._wish.exists():
            return False
        before, self._heeded = self._heeded, max(self._heeded, self._wish.stat().st_mtime)
        return self._heeded > before

    async def _ask_others(self) -> None:
        """Wishes for the device's memory, and gives the others time to let go of what they do not use."""
        assert self._wish is not None
        self._wish.parent.mkdir(parents=True, exist_ok=True)
        self._wish.touch()
        self._others_want()  # one's own wish is none of the others'
        await asyncio.sleep(3 * _LOOK_SECONDS)

    def _take(self) -> list[Job]:
        """The first run and those that go with it."""
        first = self.queue.popleft()
        batch = [first]
        most = self._most.get(first.spec.key, first.most)
        for job in list(self.queue):
            if len(batch) >= min(most, *(one.most for one in (*batch, job))):
                break
            if job.goes_with(first):
                self.queue.remove(job)
                batch.append(job)
        return batch

    async def _do(self, batch: Sequence[Job], *, smaller: bool = False, asked: bool = False) -> None:
        """Runs a batch and settles its jobs; what fails together is tried again one by one."""
        batch = [job for job in batch if not job.done.done()]
        if not batch:
            return
        try:
            results = await self._attempt(batch, smaller=smaller)
        except Fault as fault:
            await self._again(batch, fault, smaller=smaller, asked=asked)
            return
        for job, result in zip(batch, results, strict=True):
            _settle(job, result)

    async def _again(self, batch: Sequence[Job], fault: Fault, *, smaller: bool, asked: bool) -> None:
        """What to do about a batch that failed."""
        died, exhausted = fault.reason == "WORKER_DIED", isinstance(fault, ResourceExhausted)
        if died:
            self._forget()
            for job in batch:
                job.deaths += 1
        together = len(batch) > 1
        if exhausted and together:
            self._most[batch[0].spec.key] = len(batch) // 2
        for job in batch:
            if together or (died and job.deaths < MOST_DEATHS):
                await self._do([job], smaller=smaller, asked=asked)
            elif exhausted and not smaller:
                _log.warning("out of memory: once more, smaller", device=self.device, model=job.spec.name)
                await self._do([job], smaller=True, asked=asked)
            elif exhausted and not asked and self._wish is not None:
                await self._ask_others()
                await self._do([job], asked=True)
            else:
                _settle(job, _told(fault, job.spec, self.device))

    async def _attempt(self, batch: Sequence[Job], *, smaller: bool) -> list[dict[str, Any]]:
        spec = batch[0].spec
        await self._load(batch, smaller=smaller)
        if all(job.done.done() for job in batch):
            raise Cancelled("nobody wants it any more")
        if batch[0].arguments is None:
            return [{} for _ in batch]

        def report(told: dict[str, Any]) -> None:
            sample = told.pop("sample", None)
            for index, job in enumerate(batch):
                if sample in (None, index) and not job.done.done():
                    job.report(told)

        held = self.cache.use(spec.key)
        held.in_use = True
        try:
            arguments = {
                "key": spec.key,
                "batch": [{**(job.arguments or {})} for job in batch],
                "smaller": smaller,
            }
            answer = await self._call("run", arguments, self._settings.run_seconds, report)
        finally:
            held.in_use = False
        held.working_bytes = max(held.working_bytes, answer["working_bytes"])
        self._needs[spec.key] = held.footprint_bytes + held.working_bytes
        results: list[dict[str, Any]] = answer["results"]
        return results

    async def _load(self, batch: Sequence[Job], *, smaller: bool) -> None:
        """Sees to it that the model is there."""
        spec = batch[0].spec
        if self._child is None or not self._child.alive:
            await self._start()
        there = spec.key in self.cache
        if not there:
            for job in batch:
                job.report({"stage": "loading", "fraction": 0.0})
        if not there:  # others may have taken memory since it was last told
            await self._call("hello", {}, self._settings.load_seconds)
        if smaller or not there:
            await self._evict(need_bytes=None if smaller else self.need_bytes(spec), keep=spec.key)
        if there:
            return
        arguments = {"key": spec.key, "runner": spec.runner, "load": dict(spec.load), "smaller": smaller}
        begin = asyncio.get_running_loop().time()
        answer = await self._call("load", arguments, self._settings.load_seconds)
        self._needs[spec.key] = answer["footprint_bytes"]
        self.cache.add(spec, answer["footprint_bytes"])
        seconds = round(asyncio.get_running_loop().time() - begin, 2)
        _log.info("model loaded", model=spec.name, device=self.device, seconds=seconds)

    async def _evict(self, *, need_bytes: int | None, keep: str) -> None:
        """Lets models go until so much is free; without a number, all but the one to keep."""
        if need_bytes is None:
            need_bytes = self.free_bytes + self.cache.footprint_bytes + 1
        most = self._settings.most_models - 1 if self._settings.most_models else sys.maxsize
        victims = self.cache.victims(need_bytes, self.free_bytes, most)
        going = [held for held in victims if held.spec.key != keep]
        if not going:
            return
        names = [held.spec.name for held in going]
        _log.info("models make room", device=self.device, models=names)
        await self._call("unload", {"keys": [held.spec.key for held in going]}, self._settings.run_seconds)
        for held in going:
            self.cache.remove(held.spec.key)

    async def _start(self) -> None:
        if self._child is not None:  # it died while nothing ran
            await self._end()
            self.restarts += 1
        # Threads that spin while they wait for one another starve everybody else on a shared processor.
        waiting = {"OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE")}
        self._child = await Child.start(_WORKER, (self.device,), waiting)
        answer = await self._call("hello", {}, self._settings.load_seconds)
        self.description = answer["description"]

    async def _call(
        self, method: str, arguments: Mapping[str, Any], seconds: float, report: Report | None = None
    ) -> dict[str, Any]:
        assert self._child is not None
        try:
            async with asyncio.timeout(seconds):
                answer = await self._child.ask(method, arguments, report)
        except TimeoutError:
            await self._end()
            raise DeadlineExceeded(
                f"the device took longer than {seconds:g} s to {method} a model", reason="MODEL_TIMEOUT"
            ) from None
        if isinstance(answer, Fault):
            raise answer
        memory = answer.get("memory", {})
        self.total_bytes = memory.get("total_bytes", self.total_bytes)
        self._free_bytes = memory.get("free_bytes", self._free_bytes)
        return answer

    def _forget(self) -> None:
        """The process has died, and with it what it held."""
        self._child = None
        self.cache.clear()
        self.restarts += 1

    async def _end(self) -> None:
        child, self._child = self._child, None
        self.cache.clear()
        if child is not None:
            await child.kill()


def _settle(job: Job, outcome: dict[str, Any] | Fault) -> None:
    if job.done.done():
        return
    if isinstance(outcome, Fault):
        job.done.set_exception(outcome)
    else:
        job.done.set_result(outcome)


def _told(fault: Fault, spec: ModelSpec, device: str) -> Fault:
    """What the caller is told of it."""
    if isinstance(fault, Cancelled):
        return Unavailable(f"{spec.name} was stopped; call again with the same request_id")
    if isinstance(fault, ResourceExhausted):
        return ResourceExhausted(
            f"{spec.name} needs more memory than {device} has free, even with all savers on: "
            "ask for a smaller picture, or set a smaller model, quantization or offload",
            retry_after_seconds=30,
            reason="DEVICE_MEMORY",
        )
    return fault
