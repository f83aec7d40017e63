"""One server as a child process: started, heard when it listens, started again when it dies, and ended."""

from __future__ import annotations

import asyncio
import collections
import json
import logging
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reelmesh.errors import MeshNotRunning
from reelmesh.mesh.processes import Process, Processes

FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 15.0
STEADY_SECONDS = 30.0
"""A server that ran for so long is started again without delay."""
READY_SECONDS = 60.0
KEPT_LINES = 40

_log = logging.getLogger("reelmesh.mesh")


@dataclass(frozen=True)
class Launch:
    """How a server is started."""

    name: str
    """Its name, e.g. "tts"."""
    module: str
    """Module to run."""
    address: str
    """Where it shall listen."""
    log_file: Path
    """Where it shall log."""

    def arguments(self) -> list[str]:
        """Arguments of the module."""
        return ["--listen", self.address, "--log-file", str(self.log_file), "--with-parent"]


class Server:
    """A server that is kept running until `stop`."""

    def __init__(self, launch: Launch, processes: Processes, on_change: Callable[[], None]) -> None:
        """`on_change` is called whenever the server was started again."""
        self.launch = launch
        self._processes = processes
        self.pid = 0
        """Its process; that of the latest start."""
        self.restarts = 0
        """How often it was started again."""
        self._on_change = on_change
        self._process: Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._kept: asyncio.Task[None] | None = None
        self._stopping = False
        self._last_words: collections.deque[str] = collections.deque(maxlen=KEPT_LINES)

    async def start(self) -> None:
        """Starts it and returns when it listens; from then on it is kept running.

        Raises:
            MeshNotRunning: it does not come up. The message ends with its last words.
        """
        await self._launch()
        self._kept = asyncio.create_task(self._keep())

    async def stop(self, grace_seconds: float) -> None:
        """Ends it: asks it to, and after the grace time makes it."""
        self._stopping = True
        if self._process is not None and not self._process.ended:
            self._process.send(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._process.wait(), grace_seconds)
            except TimeoutError:
                _log.warning("%s did not end within %.0f s and is killed", self.launch.name, grace_seconds)
        await self.kill()

    async def kill(self) -> None:
        """Ends it at once, with whatever it started."""
        self._stopping = True
        if self._process is not None and not self._process.ended:
            self._process.send(signal.SIGKILL)
            await self._process.wait()
        tasks = [task for task in (self._kept, self._listening) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _launch(self) -> None:
        launch = self.launch
        process = await self._processes.start(launch.name, launch.module, launch.arguments())
        self._process, self.pid = process, process.pid
        self._last_words.clear()
        self._listening = asyncio.create_task(self._listen(process.stderr))
        try:
            line = await asyncio.wait_for(process.stdout.readline(), READY_SECONDS)
            json.loads(line)
        except (TimeoutError, ValueError):
            process.send(signal.SIGKILL)
            await process.wait()
            await self._listening
            raise MeshNotRunning(self._why()) from None

    async def _listen(self, stream: asyncio.StreamReader) -> None:
        """Keeps what the server says beside its log: the reason, when it can not start."""
        while line := await stream.readline():
            self._last_words.append(line.decode(errors="replace").rstrip())

    def _why(self) -> str:
        said = [line for line in self._last_words if line.strip()]
        name = self.launch.name
        if not said:
            return f"the {name} server does not start; see {self.launch.log_file}"
        if any("ModuleNotFoundError" in line for line in said):
            return f'the {name} server does not start ({said[-1]}): pip install "reelmesh[mesh]"'
        if said[0].startswith("the settings are wrong"):
            return "; ".join(said)
        return f"the {name} server does not start: {said[-1].removeprefix(f'{name}: ')}"

    async def _keep(self) -> None:
        """Starts it again whenever it dies, later and later while it does not stay."""
        delay = FIRST_DELAY_SECONDS
        while True:
            assert self._process is not None
            began = time.monotonic()
            code = await self._process.wait()
            if self._stopping:
                return
            if time.monotonic() - began > STEADY_SECONDS:
                delay = FIRST_DELAY_SECONDS
            _log.error("%s ended (%s); starting it again in %.1f s", self.launch.name, _how(code), delay)
            while True:
                await asyncio.sleep(delay)
                delay = min(LONGEST_DELAY_SECONDS, delay * 2)
                try:
                    await self._launch()
                except MeshNotRunning as error:
                    _log.error("%s; next attempt in %.1f s", error, delay)
                else:
                    break
            self.restarts += 1
            _log.warning("%s listens again, pid %d", self.launch.name, self.pid)
            self._on_change()


def _how(code: int | None) -> str:
    if code is None:
        return "nobody knows how"
    if code < 0:
        try:
            return signal.Signals(-code).name
        except ValueError:
            return f"signal {-code}"
    return f"exit code {code}"
