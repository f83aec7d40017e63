"""A Python process of ours that answers calls (`servers.chassis.worker_main`): its pipes and its end."""

from __future__ import annotations

import asyncio
import collections
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Self

import structlog

from servers.chassis import processes
from servers.chassis.errors import (
    Cancelled,
    FailedPrecondition,
    Fault,
    Internal,
    InvalidArgument,
    ResourceExhausted,
)
from servers.chassis.redaction import without_paths
from servers.chassis.worker_main import Report

_LINE_LIMIT_BYTES = 32 * 1024 * 1024
_KEPT_LOG_LINES = 20
_log = structlog.get_logger("reelmesh.worker")


class Child:
    """A running `python -m <module>`, the leader of a session of its own."""

    def __init__(self, module: str, process: asyncio.subprocess.Process) -> None:
        self._module = module
        self._process = process
        self._lines: collections.deque[str] = collections.deque(maxlen=_KEPT_LOG_LINES)
        self._drain = asyncio.create_task(self._drain_stderr())

    @classmethod
    async def start(
        cls, module: str, arguments: Sequence[str] = (), environment: Mapping[str, str] | None = None
    ) -> Self:
        """Starts it; `environment` is laid over this process's own."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LINE_LIMIT_BYTES,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        return cls(module, process)

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.returncode is None

    def send(self, message: Mapping[str, Any]) -> None:
        """Writes a line to it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")

    async def ask(
        self, method: str, arguments: Mapping[str, Any], on_progress: Report | None
    ) -> dict[str, Any] | Fault:
        """The worker's answer. A fault that it answers with is returned: the process is fit for more."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self.send({"method": method, "arguments": dict(arguments)})
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise await self._died(method) from None
        while line := await self._process.stdout.readline():
            message = json.loads(line)
            if "progress" in message:
                if on_progress is not None:
                    on_progress(message["progress"])
            elif "result" in message:
                result: dict[str, Any] = message["result"]
                return result
            else:
                return self._failure(method, message)
        raise await self._died(method)

    def _failure(self, method: str, message: Mapping[str, Any]) -> Fault:
        if "stopped" in message:
            return Cancelled(f"{method} was stopped")
        if "lacking" in message:
            return FailedPrecondition(without_paths(message["lacking"]), reason="ENGINE_NOT_READY")
        if "refused" in message:
            return InvalidArgument(*((field, rule) for field, rule in message["refused"]))
        _log.error("worker failed", module=self._module, method=method, traceback=message.get("traceback"))
        if "exhausted" in message:
            return ResourceExhausted(
                f"{method} needs more memory than it may use", retry_after_seconds=10, reason="WORKER_MEMORY"
            )
        return Internal(f"{method} failed: {without_paths(message['failed'])}", reason="WORKER_FAILED")

    async def _died(self, method: str) -> Fault:
        """Waits for its end and says how it came, in the middle of `method`."""
        await self._process.wait()
        await asyncio.wait([self._drain], timeout=1)
        code = self._process.returncode or 0
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        _log.error("worker died", module=self._module, method=method, code=code, log=list(self._lines))
        return Internal(f"the worker process of {method} {how}", reason="WORKER_DIED")

    async def kill(self) -> None:
        """Kills the process and all it started, and waits for its end."""
        try:
            await processes.end(self._process)
            await asyncio.wait([self._drain], timeout=1)
        finally:
            self._drain.cancel()
        await asyncio.gather(self._drain, return_exceptions=True)

    async def _drain_stderr(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self._lines.append(line.decode(errors="replace").rstrip()[:500])
