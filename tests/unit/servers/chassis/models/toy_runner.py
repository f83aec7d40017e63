"""A model for the tests: writes down what happens to it, waits for files, runs out of memory, dies."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from servers.chassis.models.runner import Stop
from servers.chassis.worker_main import Lacking, Refused, Report


class ToyRunner:
    """Holds as many bytes as it is told to say."""

    def __init__(
        self, device: str, *, smaller: bool, name: str, journal: str, size: int = 0, **ways: Any
    ) -> None:
        self.footprint_bytes = size
        self._name = name
        self._journal = Path(journal)
        self._device = device
        self._write(f"load {name}" + (" smaller" if smaller else ""))
        if "lacks" in ways:
            raise Lacking(ways["lacks"])
        if ways.get("too_large") == "always" or (ways.get("too_large") and not smaller):
            raise RuntimeError("CUDA error: out of memory")

    def run(
        self, batch: Sequence[dict[str, Any]], report: Report, stop: Stop, *, smaller: bool
    ) -> list[dict[str, Any]]:
        words = [one["word"] for one in batch]
        self._write(f"run {self._name} {'+'.join(words)}" + (" smaller" if smaller else ""))
        for index, one in enumerate(batch):
            report({"stage": "running", "fraction": 0.5, "sample": index, "word": one["word"]})
            self._misbehave(one, len(batch), smaller=smaller)
            while "until" in one and not Path(one["until"]).exists():
                stop()
                time.sleep(0.005)
        return [{"word": one["word"], "pid": os.getpid(), "device": self._device} for one in batch]

    def _misbehave(self, one: dict[str, Any], together: int, *, smaller: bool) -> None:
        if one.get("refused"):
            raise Refused("prompt", "must be kind")
        if (
            together > one.get("room", 9)
            or (one.get("hungry") and not smaller)
            or one.get("hungry") == "always"
        ):
            raise MemoryError
        if "beside" in one and _alive(one["beside"]):
            raise MemoryError
        if "dies" in one and not Path(one["dies"]).exists():
            Path(one["dies"]).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if one.get("dies_always"):
            os.kill(os.getpid(), signal.SIGKILL)

    def close(self) -> None:
        self._write(f"close {self._name}")

    def _write(self, line: str) -> None:
        with self._journal.open("a") as file:
            file.write(line + "\n")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
