"""Server processes: forked from a zygote where the system allows it, else started anew."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

PRELOADED = ("servers.chassis.serve",)
"""What the zygote imports: what every server stands on."""


class Process(Protocol):
    """A server process. It is the leader of a group and a session of its own."""

    @property
    def pid(self) -> int:
        """Its number."""

    @property
    def ended(self) -> bool:
        """Whether it has ended."""

    @property
    def stdout(self) -> asyncio.StreamReader:
        """What it says."""

    @property
    def stderr(self) -> asyncio.StreamReader:
        """What it says beside its log."""

    async def wait(self) -> int | None:
        """Waits for its end: exit code, or minus the signal that ended it; None where nobody knows."""

    def send(self, number: signal.Signals) -> None:
        """Sends it a signal. SIGKILL goes to its whole group: its workers too."""


class Processes:
    """Starts server processes. All have the same environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """`environment`: variables over those of this process."""
        self._environment = {**os.environ, **environment}
        self._zygote: _Zygote | None = None
        self._tried = not _can_fork()
        self._starting = asyncio.Lock()

    async def start(self, name: str, module: str, arguments: Sequence[str]) -> Process:
        """Starts a server: `python -m MODULE ARGUMENTS`. Its stdin is a pipe that ends with this process."""
        async with self._starting:
            if not self._tried:
                self._tried = True
                self._zygote = await _Zygote.start(self._environment)
        if self._zygote is not None:
            with contextlib.suppress(_ZygoteGone):
                return await self._zygote.fork(name, module, arguments)
            self._zygote = None
        return await _Spawned.start(module, arguments, self._environment)

    async def close(self) -> None:
        """Ends the zygote. Servers go on."""
        if self._zygote is not None:
            await self._zygote.close()
            self._zygote = None
            self._tried = not _can_fork()


def _can_fork() -> bool:
    """Elsewhere than on Linux, libraries of the system do not survive a fork."""
    return sys.platform == "linux"


class _Spawned:
    """A process that was started anew."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self._process = process
        self.pid = process.pid
        self.stdout = process.stdout
        self.stderr = process.stderr

    @classmethod
    async def start(cls, module: str, arguments: Sequence[str], environment: Mapping[str, str]) -> _Spawned:
        pipe = asyncio.subprocess.PIPE
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                module,
                *arguments,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                env=environment,
                start_new_session=True,
            )
        )

    @property
    def ended(self) -> bool:
        return self._process.returncode is not None

    async def wait(self) -> int | None:
        return await self._process.wait()

    def send(self, number: signal.Signals) -> None:
        if not self.ended:
            _send(self.pid, number)


class _ZygoteGone(Exception):
    """The zygote has ended, or never began."""


class _Zygote:
    """The zygote's side in this process; see `reelmesh.mesh.zygote` for the other."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket) -> None:
        self._process = process
        self._control = control
        self._asked: collections.deque[asyncio.Future[int]] = collections.deque()
        self._forked: dict[int, _Forked] = {}
        self._codes: dict[int, int] = {}
        self._gone = False
        asyncio.get_running_loop().add_reader(control, self._hear)

    @classmethod
    async def start(cls, environment: Mapping[str, str]) -> _Zygote:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        with its:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "reelmesh.mesh.zygote",
                str(its.fileno()),
                *PRELOADED,
                pass_fds=[its.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
        return cls(process, ours)

    async def fork(self, name: str, module: str, arguments: Sequence[str]) -> _Forked:
        """A server, forked.

        Raises:
            _ZygoteGone: there is no zygote any more.
        """
        if self._gone:
            raise _ZygoteGone
        pipes = [os.pipe() for _ in range(3)]
        its = [pipes[0][0], pipes[1][1], pipes[2][1]]
        ours = [pipes[0][1], pipes[1][0], pipes[2][0]]
        request = {"name": name, "module": module, "arguments": list(arguments)}
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        try:
            socket.send_fds(self._control, [json.dumps(request).encode()], its)
            self._asked.append(answer)
            pid = await asyncio.shield(answer)
        except (OSError, _ZygoteGone):
            for descriptor in ours:
                os.close(descriptor)
            raise _ZygoteGone from None
        except asyncio.CancelledError:
            os.close(ours[0])  # whatever was forked ends with its stdin
            os.close(ours[1])
            os.close(ours[2])
            raise
        finally:
            for descriptor in its:
                os.close(descriptor)
        forked = self._forked[pid] = await _Forked.of(pid, ours)
        if pid in self._codes:
            forked.end(self._codes.pop(pid))
        return forked

    def _hear(self) -> None:
        try:
            message = self._control.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        if not message:
            self._end()
            return
        told = json.loads(message)
        if "pid" in told:
            answer = self._asked.popleft()
            if not answer.done():
                answer.set_result(told["pid"])
        elif told["ended"] in self._forked:
            self._forked.pop(told["ended"]).end(told["code"])
        else:
            self._codes[told["ended"]] = told["code"]

    def _end(self) -> None:
        """The zygote is gone: its children go on, and their end shows in their stdout."""
        self._gone = True
        asyncio.get_running_loop().remove_reader(self._control)
        self._control.close()
        for answer in self._asked:
            if not answer.done():
                answer.set_exception(_ZygoteGone())
        for forked in self._forked.values():
            forked.orphaned()

    async def close(self) -> None:
        """Ends it."""
        if not self._gone:
            self._end()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


class _Forked:
    """A process that the zygote forked."""

    def __init__(
        self, pid: int, stdin: int, stdout: asyncio.StreamReader, stderr: asyncio.StreamReader
    ) -> None:
        self.pid = pid
        self.stdout = stdout
        self.stderr = stderr
        self._stdin = stdin
        self._code: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._watch: asyncio.Task[None] | None = None

    @classmethod
    async def of(cls, pid: int, ours: Sequence[int]) -> _Forked:
        return cls(pid, ours[0], await _reader(ours[1]), await _reader(ours[2]))

    @property
    def ended(self) -> bool:
        return self._code.done()

    async def wait(self) -> int | None:
        return await asyncio.shield(self._code)

    def send(self, number: signal.Signals) -> None:
        if not self.ended:
            _send(self.pid, number)

    def end(self, code: int | None) -> None:
        """It has ended."""
        if not self.ended:
            os.close(self._stdin)
            self._code.set_result(code)

    def orphaned(self) -> None:
        """Nobody will tell of its end any more."""
        self._watch = asyncio.create_task(self._until_silent())

    async def _until_silent(self) -> None:
        while await self.stdout.read(1024):
            pass
        self.end(None)


async def _reader(descriptor: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(descriptor, "rb"))
    return reader


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        if number == signal.SIGKILL:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
