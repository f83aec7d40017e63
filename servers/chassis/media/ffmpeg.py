"""ffmpeg as a process: confined, bounded, watched, and gone within a second when it is not wanted any more.

Confined means: no protocol but files and pipes, the format of every input named by us (see
`servers.chassis.media.formats`), nothing read from the terminal, bounds on time and memory. Text of users
never stands in an argument: it reaches ffmpeg in files of our making only.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import os
import resource
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from servers.chassis import processes
from servers.chassis.errors import DeadlineExceeded, Fault, Internal
from servers.chassis.media.commands import command, ended

OnProgress = Callable[[float], None]
"""Takes how many seconds of output are written."""

_KEPT_LINES = 12
_MEMORY_BYTES = 6 * 1024**3


async def run(
    arguments: Sequence[str],
    *,
    timeout_seconds: float,
    on_progress: OnProgress | None = None,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Runs ffmpeg to its end. Outputs are files; existing ones are overwritten.

    Args:
        arguments: inputs (see `source`), options and outputs.
        timeout_seconds: bound on its wall time; it may use as many seconds of each core.
        on_progress: called with the seconds of output written, about five times a second.
        cwd: folder that relative names start from.
        environment: variables to add.

    Raises:
        Internal: it failed; the message is the end of its log, without paths.
        DeadlineExceeded: it took too long.
    """
    await logged(
        arguments, timeout_seconds=timeout_seconds, on_progress=on_progress, cwd=cwd, environment=environment
    )


async def logged(
    arguments: Sequence[str],
    *,
    timeout_seconds: float,
    on_progress: OnProgress | None = None,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    kept_lines: int = _KEPT_LINES,
) -> list[str]:
    """As `run`, and returns the last lines of the log: what measuring filters print."""
    process = await asyncio.create_subprocess_exec(
        *command(["-y", "-progress", "pipe:1", "-stats_period", "0.2", *arguments]),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        start_new_session=True,
    )
    bound(process.pid, timeout_seconds)
    lines: collections.deque[str] = collections.deque(maxlen=kept_lines)
    try:
        async with asyncio.timeout(timeout_seconds):
            await asyncio.gather(_watch(process.stdout, on_progress), _keep(process.stderr, lines))
            code = await process.wait()
    except TimeoutError:
        raise DeadlineExceeded(
            f"ffmpeg took longer than {timeout_seconds:g} s", reason="FFMPEG_TIMEOUT"
        ) from None
    finally:
        await processes.end(process)
    if code != 0:
        raise failure(code, lines)
    return list(lines)


def bound(pid: int, cpu_seconds: float) -> None:
    """Bounds a process's memory and its time on the processor, where the system can (Linux)."""
    if not hasattr(resource, "prlimit"):
        return
    seconds = int(cpu_seconds * (os.cpu_count() or 1)) + 1
    with contextlib.suppress(ProcessLookupError, PermissionError):
        resource.prlimit(pid, resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        resource.prlimit(pid, resource.RLIMIT_CPU, (seconds, seconds))


def failure(code: int, lines: Sequence[str]) -> Fault:
    """The fault of an ffmpeg that ended badly."""
    return Internal(ended(code, lines), reason="FFMPEG_FAILED")


async def _watch(stream: asyncio.StreamReader | None, on_progress: OnProgress | None) -> None:
    if stream is None:
        return
    async for line in stream:
        key, _, value = line.decode(errors="replace").strip().partition("=")
        if on_progress is not None and key == "out_time_us" and value.lstrip("-").isdigit():
            on_progress(max(0, int(value)) / 1e6)


async def _keep(stream: asyncio.StreamReader | None, lines: collections.deque[str]) -> None:
    if stream is None:
        return
    # Read by blocks, not lines: a line of a log may be longer than a stream reader takes.
    rest = b""
    while block := await stream.read(65536):
        *whole, rest = (rest + block).replace(b"\r", b"\n").split(b"\n")
        lines.extend(line.decode(errors="replace")[:1000] for line in whole)
        rest = rest[-1000:]
    if rest:
        lines.append(rest.decode(errors="replace"))
