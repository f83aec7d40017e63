"""Where models run: what engines ask, whether the answer comes from this host's devices or from elsewhere."""

from __future__ import annotations

import asyncio
import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from reelmesh.common.v1.engine_pb2 import Missing
from servers.chassis.errors import Fault
from servers.chassis.models.spec import ModelSpec
from servers.chassis.worker_main import Report

MOST_DEATHS = 2
"""Processes that may die under a run before it is given up."""
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


class Executor(ABC):
    """What runs the models of one server. Nothing is started before the first run."""

    def __init__(self) -> None:
        self._warming: set[asyncio.Task[None]] = set()

    async def run(
        self,
        spec: ModelSpec,
        arguments: Mapping[str, Any],
        report: Report,
        *,
        folder: Path | None = None,
        batch_key: str = "",
        most: int = 1,
    ) -> dict[str, Any]:
        """Runs a model and gives what its runner answers. Cancelling stops it at its next step.

        Whatever in `arguments` is a `Path` is a file or folder of this host, and the runner gets one that it
        can use as a text: below `folder` those that it writes, elsewhere those that it reads. Texts are left
        as they are: a model by its path must be wherever it may run.

        Runs of one model that wait with an equal `batch_key` may be made together, at most `most` of them.

        Raises:
            InvalidArgument: the runner refused the arguments.
            FailedPrecondition: the model can not be loaded, or needs a package that is not there.
            ResourceExhausted: it needs more memory than the device has, even with all savers on.
            DeadlineExceeded: it took too long.
            Internal: it failed, or its process died again and again.
            Unavailable: the server is stopping, or where the models run is out of reach.
        """
        return await self._ask(spec, arguments, report, folder, batch_key, most)

    async def load(self, spec: ModelSpec) -> None:
        """Loads a model, unless it is there. Raises as `run` does."""
        await self._ask(spec, None, lambda _: None)

    def warm(self, spec: ModelSpec) -> None:
        """Begins to load a model, before anybody asks for it."""

        async def load() -> None:
            try:
                await self.load(spec)
            except Fault as fault:
                _log.warning("a model can not be warmed up", model=spec.name, why=fault.message)

        task = asyncio.create_task(load())
        self._warming.add(task)
        task.add_done_callback(self._warming.discard)

    def missing(self, packages: Sequence[Missing]) -> Sequence[Missing]:
        """What stands in the way of running models that need packages of which this host lacks these."""
        return packages

    @abstractmethod
    async def devices(self) -> Sequence[DeviceState]:
        """The devices, as they are now; none before the first run."""

    async def close(self) -> None:
        """Ends every process. Runs end with UNAVAILABLE."""
        for task in list(self._warming):
            task.cancel()
        await asyncio.gather(*self._warming, return_exceptions=True)

    @abstractmethod
    async def _ask(
        self,
        spec: ModelSpec,
        arguments: Mapping[str, Any] | None,
        report: Report,
        folder: Path | None = None,
        batch_key: str = "",
        most: int = 1,
    ) -> dict[str, Any]:
        """See `run`. Without arguments the model is loaded, no more."""


def placed(value: Any, place: Callable[[Path], Any]) -> Any:
    """A JSON value with every `Path` in it replaced by what `place` says."""
    if isinstance(value, Path):
        return place(value)
    if isinstance(value, Mapping):
        return {key: placed(one, place) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [placed(one, place) for one in value]
    return value
