"""What an engine writes to have a model run in a device's worker process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from servers.chassis.worker_main import Report

Stop = Callable[[], None]
"""Call it between steps: raises `Stopped` when nobody wants the work any more."""


class Runner(Protocol):
    """A model that is loaded. Made and used in the worker process alone, in one thread.

    Its class is made with the device, `smaller`, and the spec's `load` as keyword arguments; that loads the
    model. It raises `Refused`, `Lacking` or MemoryError (torch's own out-of-memory error is known too).
    """

    @property
    def footprint_bytes(self) -> int:
        """What it holds of the device's memory, where the device itself can not tell (CPU, MPS)."""

    def run(
        self, batch: Sequence[dict[str, Any]], report: Report, stop: Stop, *, smaller: bool
    ) -> list[dict[str, Any]]:
        """Runs the model for all arguments of a batch and gives an answer for each, in order.

        A report with "sample" is for that one of the batch, others are for all. `smaller`: a first try ran
        out of memory, so use less of it, at whatever cost of time.
        """

    def close(self) -> None:
        """Lets go of everything."""
