"""What an engine asks the pool for: a model, and runs of it."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from servers.chassis.worker_main import Report


@dataclasses.dataclass(frozen=True)
class ModelSpec:
    """A model as it is to be loaded."""

    name: str
    """Its name for people."""
    engine: str
    """Whose it is."""
    runner: str
    """Class that loads and runs it in the worker process, "package.module:Class"; see `runner.Runner`."""
    load: Mapping[str, Any]
    """The runner's arguments, a JSON object."""
    expected_bytes: int = 0
    """Memory it will take, as far as one can tell before it was measured; 0 when nothing is known."""
    pinned: bool = False
    """Whether it stays in memory once it is there."""

    @functools.cached_property
    def key(self) -> str:
        """The same for what can share one loaded model."""
        told = json.dumps([self.runner, self.load], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclasses.dataclass(eq=False)
class Job:
    """One run that waits or is under way. Without arguments the model is loaded, no more."""

    spec: ModelSpec
    arguments: dict[str, Any] | None
    report: Report
    done: asyncio.Future[dict[str, Any]]
    batch_key: str = ""
    """Runs of one model with equal, non-empty keys may be made together."""
    most: int = 1
    """Largest batch that this run may be part of."""
    deaths: int = 0
    """Worker processes that died under it."""

    def goes_with(self, other: Job) -> bool:
        """Whether both may be run together."""
        return (
            bool(self.batch_key)
            and self.batch_key == other.batch_key
            and self.spec.key == other.spec.key
            and None not in (self.arguments, other.arguments)
        )
