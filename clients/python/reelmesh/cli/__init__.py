"""The `reelmesh` command."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from reelmesh.cli.follow import Output

Command = Callable[["argparse.Namespace", "Output"], Awaitable[int]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command and ends the process with its exit code; see `failures.EXIT_CODES`."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code. Failures become one line on stderr."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # what matters arrives as a status
    from reelmesh.cli.arguments import parser
    from reelmesh.cli.failures import INTERRUPTED, UsageError, exit_code, told
    from reelmesh.cli.follow import Output
    from reelmesh.errors import ReelmeshError

    options = parser().parse_args(arguments)
    output = Output(as_json=options.json, quiet=options.quiet)
    try:
        return asyncio.run(_cancelled_by_sigterm(_command(options.command), options, output))
    except (ReelmeshError, UsageError, OSError) as error:
        if isinstance(error, BrokenPipeError):
            return _pipe_closed()
        output.failure(told(error), error)
        return exit_code(error)
    except (KeyboardInterrupt, asyncio.CancelledError):
        output.error("interrupted")
        return INTERRUPTED


def _command(name: str) -> Command:
    from reelmesh.cli import batch, control, doctor, jobs, making, meshes, providers, publish

    commands: dict[str, Command] = {
        **jobs.COMMANDS,
        **batch.COMMANDS,
        **control.COMMANDS,
        **publish.COMMANDS,
        **meshes.COMMANDS,
        **providers.COMMANDS,
        "make": making.make,
        "run": making.run,
        "get": making.get,
        "doctor": doctor.doctor,
    }
    return commands[name]


async def _cancelled_by_sigterm(command: Command, options: argparse.Namespace, output: Output) -> int:
    """SIGTERM ends a command as Ctrl-C does: cleanly."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await command(options, output)


def _pipe_closed() -> int:
    """Whoever read our output has gone, as `head` does: that is no failure, and there is nobody to tell."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
