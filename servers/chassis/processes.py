"""Ending child processes so that nothing of them is left: not their children, not their pipes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal


async def end(process: asyncio.subprocess.Process) -> None:
    """Kills a process that leads a group of its own, with its group, and waits for its end.

    What its pipes still hold is dropped, unless another task is reading them. When this is cancelled
    meanwhile, the process is killed all the same.
    """
    try:
        # The group outlives its leader: what it started is ended even when it has died itself.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        for stream in (process.stdout, process.stderr):
            # The loop holds a process until its pipes have ended too. RuntimeError: another task reads it.
            with contextlib.suppress(RuntimeError):
                if stream is not None:
                    await stream.read()
    finally:
        # A loop that is closed before a transport complains. There is no public way to it.
        process._transport.close()  # type: ignore[attr-defined]
