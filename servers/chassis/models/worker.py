"""The worker process of one device: python -m servers.chassis.models.worker DEVICE.

It loads, runs and lets go of models as the server says, one thing at a time; a second thread listens
meanwhile, so that a run can be stopped between two steps.
"""

from __future__ import annotations

import importlib
import json
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

from servers.chassis import worker_main
from servers.chassis.models.memory import Device, is_exhausted
from servers.chassis.models.runner import Runner
from servers.chassis.worker_main import Report, Stopped


class Worker:
    """The models of this process, by their keys."""

    def __init__(self, device: str) -> None:
        self._device = Device(device)
        self._models: dict[str, Runner] = {}
        self.stopping = threading.Event()

    def hello(self, arguments: dict[str, Any], report: Report) -> dict[str, Any]:
        """What the device is."""
        return {"description": self._device.describe(), "memory": self._device.memory()}

    def load(self, arguments: dict[str, Any], report: Report) -> dict[str, Any]:
        """Loads a model: {"key", "runner", "load", "smaller"}."""
        module, _, name = arguments["runner"].partition(":")
        before = self._device.allocated()

        def make() -> Runner:
            runner: Callable[..., Runner] = getattr(importlib.import_module(module), name)
            return runner(self._device.name, smaller=arguments["smaller"], **arguments["load"])

        model = self._careful(make)
        self._models[arguments["key"]] = model
        after = self._device.allocated()
        measured = model.footprint_bytes if before is None or after is None else max(0, after - before)
        return {"footprint_bytes": measured, "memory": self._device.memory()}

    def run(self, arguments: dict[str, Any], report: Report) -> dict[str, Any]:
        """Runs a model: {"key", "batch", "smaller"}."""
        model = self._models[arguments["key"]]
        self._device.forget_peak()
        before = self._device.allocated()
        results = self._careful(
            lambda: model.run(arguments["batch"], report, self._stop, smaller=arguments["smaller"])
        )
        peak = self._device.peak()
        working = 0 if peak is None or before is None else max(0, peak - before)
        return {"results": results, "working_bytes": working, "memory": self._device.memory()}

    def unload(self, arguments: dict[str, Any], report: Report) -> dict[str, Any]:
        """Lets go of models: {"keys"}."""
        for key in arguments["keys"]:
            self._models.pop(key).close()
        self._device.clean()
        return {"memory": self._device.memory()}

    def _stop(self) -> None:
        if self.stopping.is_set():
            raise Stopped

    def _careful(self, do: Callable[[], Any]) -> Any:
        """Calls `do`. Whatever it raises, its tensors are gone afterwards."""
        try:
            return do()
        except BaseException as error:
            exhausted = is_exhausted(error)
            traceback.clear_frames(error.__traceback__)
            if exhausted and not isinstance(error, MemoryError):
                raise MemoryError(str(error)[:500]) from None
            raise
        finally:
            if sys.exc_info()[0] is not None:
                self._device.clean()


def main() -> None:
    """Answers the server's calls until stdin ends."""
    send = worker_main.begin()
    worker = Worker(sys.argv[1])
    calls: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()

    def listen() -> None:
        for line in sys.stdin:
            message = json.loads(line)
            if "stop" in message:
                worker.stopping.set()
            else:
                # The server asks one thing at a time: what it said to stop before is over.
                worker.stopping.clear()
                calls.put(message)
        calls.put(None)

    threading.Thread(target=listen, name="listen", daemon=True).start()
    handlers = {"hello": worker.hello, "load": worker.load, "run": worker.run, "unload": worker.unload}
    while (call := calls.get()) is not None:
        send(worker_main.answer(handlers, call, lambda report: send({"progress": report})))


if __name__ == "__main__":
    main()
