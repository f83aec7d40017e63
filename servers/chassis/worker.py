"""Worker processes: heavy or dangerous work, out of the server's own process.

A server stays small and keeps answering while a worker paints, decodes or speaks; a worker that crashes
takes nothing with it; and a cancelled piece of work is ended by killing its process, whatever native code
it is in. Parent and worker speak JSON lines over the worker's stdin and stdout; big data goes through files.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from servers.chassis.child import Child
from servers.chassis.errors import DeadlineExceeded, Fault, Internal
from servers.chassis.worker_main import MEMORY_VARIABLE, Report

T = TypeVar("T")


class WorkerPool:
    """Up to `size` processes running `python -m <module>`, started on demand and ended when idle."""

    def __init__(
        self, module: str, *, size: int = 1, idle_seconds: float = 20.0, memory_bytes: int | None = None
    ) -> None:
        self._module = module
        self._size = size
        self._idle_seconds = idle_seconds
        self._variables = {} if memory_bytes is None else {MEMORY_VARIABLE: str(memory_bytes)}
        self._slots = asyncio.Semaphore(size)
        self._busy = 0
        self._idle: list[_Process] = []
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    async def warm(self) -> None:
        """Starts all its processes and does not wait until they are ready: calls that come soon find them."""
        while not self._closed and self._busy + len(self._idle) < self._size:
            self._rest(await _Process.start(self._module, (), self._variables))

    async def call(
        self,
        method: str,
        arguments: Mapping[str, Any],
        *,
        timeout_seconds: float,
        on_progress: Report | None = None,
    ) -> dict[str, Any]:
        """Runs one handler of the worker and returns what it returned.

        Cancelling kills the process at once.

        Raises:
            InvalidArgument: the handler raised `Refused`.
            DeadlineExceeded: it took longer than `timeout_seconds`.
            ResourceExhausted: it ran out of memory.
            Internal: it failed, or its process died.
        """
        async with self._slots:
            if self._closed:
                raise Internal(f"the worker {self._module} is closed")
            self._busy += 1
            try:
                process = await self._process()
                answer = await self._answer(process, method, arguments, timeout_seconds, on_progress)
            finally:
                self._busy -= 1
            self._rest(process)
            if isinstance(answer, Fault):
                raise answer
            return answer

    async def _process(self) -> _Process:
        if not self._idle:
            return await _Process.start(self._module, (), self._variables)
        process = self._idle.pop()
        process.keep()
        return process

    async def _answer(
        self,
        process: _Process,
        method: str,
        arguments: Mapping[str, Any],
        timeout_seconds: float,
        on_progress: Report | None,
    ) -> dict[str, Any] | Fault:
        """What a process answers; one that does not is killed."""
        try:
            async with asyncio.timeout(timeout_seconds):
                return await process.ask(method, arguments, on_progress)
        except TimeoutError:
            await process.kill()
            raise DeadlineExceeded(
                f"{method} took longer than {timeout_seconds:g} s", reason="WORKER_TIMEOUT"
            ) from None
        except BaseException:
            await process.kill()
            raise

    async def close(self) -> None:
        """Ends the idle processes. Running calls end with their callers."""
        self._closed = True
        while self._idle:
            await self._idle.pop().kill()
        await asyncio.gather(*self._ending)

    def _rest(self, process: _Process) -> None:
        if self._closed or not process.alive:
            self._end(process)
            return
        self._idle.append(process)
        process.expire(self._idle_seconds, lambda: self._expired(process))

    def _expired(self, process: _Process) -> None:
        self._idle.remove(process)
        self._end(process)

    def _end(self, process: _Process) -> None:
        task = asyncio.create_task(process.kill())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


class _Process(Child):
    """One worker process and the pipe to it."""

    def __init__(self, module: str, process: asyncio.subprocess.Process) -> None:
        super().__init__(module, process)
        self._timer: asyncio.TimerHandle | None = None

    def expire(self, seconds: float, then: Callable[[], None]) -> None:
        """Calls `then` after `seconds` unless `keep` is called before."""
        self._timer = asyncio.get_running_loop().call_later(seconds, then)

    def keep(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    async def kill(self) -> None:
        """See `Child.kill`."""
        self.keep()
        await super().kill()


@dataclass(frozen=True)
class Returned(Generic[T]):
    """The last item of `relay`: what the call returned."""

    value: T


async def relay(call: Callable[[Report], Awaitable[T]]) -> AsyncGenerator[dict[str, Any] | Returned[T], None]:
    """Turns a call that reports through a callback into a stream: its reports, then `Returned`, last.

    Closing or cancelling the stream cancels the call and waits for its end.
    """
    reports: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
    task = asyncio.ensure_future(call(reports.put_nowait))
    task.add_done_callback(lambda _: reports.put_nowait(None))
    try:
        while (report := await reports.get()) is not None:
            yield report
        yield Returned(task.result())
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
