"""Follows a job to its end and shows how it goes, in the form that the output is for."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from rich.console import Console

from reelmesh import errors
from reelmesh.cli.board import Board, StepLine
from reelmesh.cli.plain import Lines
from reelmesh.cli.screen import Screen
from reelmesh.client import Client
from reelmesh.orchestrator.v1.events_pb2 import Event
from reelmesh.orchestrator.v1.job_pb2 import Job, JobState

PIPE_COLUMNS = 1000
CANCEL_SECONDS = 10.0
"""How long an interrupted command waits for its job to end. The mesh cancels it later, if need be."""


class Output:
    """Where a command writes, and in which form."""

    def __init__(self, *, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet
        # A pipe has no width: nothing may be cut there.
        width = None if sys.stdout.isatty() else PIPE_COLUMNS
        self.console = Console(highlight=False, soft_wrap=True, emoji=False, markup=False, width=width)

    @property
    def live(self) -> bool:
        """Whether progress is drawn: on a terminal, for people."""
        return self.console.is_terminal and not self.console.is_dumb_terminal and not self.plain_only

    @property
    def plain_only(self) -> bool:
        """Whether nothing may be drawn."""
        return self.as_json or self.quiet

    def say(self, text: str) -> None:
        """A line for people. Left out of JSON and of quiet output."""
        if not self.plain_only:
            self.console.print(text)

    def result(self, text: str, **fields: Any) -> None:
        """The outcome of a command: a line for people, or an object for scripts. Also in quiet output."""
        if self.as_json:
            self.emit(**fields)
        else:
            self.console.print(text)

    def emit(self, **fields: Any) -> None:
        """One JSON object on a line of its own."""
        print(json.dumps(fields, ensure_ascii=False), flush=True)

    def failure(self, text: str, error: BaseException) -> None:
        """Why the command failed: a line on stderr, and for scripts an object on stdout too."""
        if self.as_json:
            if isinstance(error, errors.ReelmeshError):
                self.emit(
                    type="error",
                    code=error.code.name,
                    reason=error.reason,
                    message=error.message,
                    retryable=error.retryable,
                    violations=[{"field": item.field, "rule": item.rule} for item in error.violations],
                )
            else:
                self.emit(type="error", code="INVALID_ARGUMENT", message=str(error))
        self.error(text)

    def error(self, text: str) -> None:
        """A line on stderr."""
        print(f"reelmesh: {text}", file=sys.stderr, flush=True)


def as_dict(message: Message) -> dict[str, Any]:
    """A message as JSON has it, with the contract's own field names."""
    return MessageToDict(message, preserving_proto_field_name=True)


async def follow(client: Client, job: Job, output: Output, title: str, *, after: int | None = None) -> Job:
    """Watches a job to its end, showing how it goes, and gives it with its outcome.

    Raises:
        JobFailed: it failed.
        JobCancelled: it was cancelled.
    """
    board = Board()
    with _shown(output, board, title) as view:
        async for event in client.watch(job, after=after, progress=not output.quiet, on_lost=view.lost):
            view.found_again()
            changed = board.apply(event)
            if output.as_json:
                output.emit(type="event", event=as_dict(event))
            view.took(event, changed)
            if event.HasField("step_planned") or event.HasField("snapshot"):
                await view.name_scenes(client, job.id)
    ended = await client.get(job)
    if ended.state == JobState.JOB_STATE_FAILED:
        raise errors.JobFailed(ended)
    if ended.state == JobState.JOB_STATE_CANCELLED:
        raise errors.JobCancelled(ended)
    return ended


class _View:
    """What is shown while a job is followed: nothing, here."""

    def lost(self, error: errors.ReelmeshError) -> None:
        """The connection was lost and will be made again."""

    def found_again(self) -> None:
        """The connection is there."""

    def took(self, event: Event, changed: list[StepLine]) -> None:
        """An event was taken in."""

    async def name_scenes(self, client: Client, job_id: str) -> None:
        """The scenes may be known now."""


class _Drawn(_View):
    """On a terminal."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def lost(self, error: errors.ReelmeshError) -> None:
        self._screen.note = "the connection to the mesh was lost; trying again"

    def found_again(self) -> None:
        self._screen.note = ""

    async def name_scenes(self, client: Client, job_id: str) -> None:
        if not self._screen.board.scenes or self._screen.texts:
            return
        with contextlib.suppress(errors.ReelmeshError):  # only for show, and a job need not have scenes
            views = await client.scenes(job_id)
            self._screen.texts = {view.scene.id: view.scene.title or view.scene.text for view in views}


class _Written(_View):
    """As lines."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._away = False

    def lost(self, error: errors.ReelmeshError) -> None:
        if not self._away:
            self._lines.note(f"the connection was lost ({error.message}); trying again")
        self._away = True

    def found_again(self) -> None:
        if self._away:
            self._lines.note("connected again")
        self._away = False

    def took(self, event: Event, changed: list[StepLine]) -> None:
        self._lines.changed(changed)
        if event.HasField("step_progressed"):
            self._lines.progressed()


@contextlib.contextmanager
def _shown(output: Output, board: Board, title: str) -> Iterator[_View]:
    if output.plain_only:
        yield _View()
    elif output.live:
        with Screen(output.console, board, title).shown() as screen:
            yield _Drawn(screen)
    else:
        yield _Written(Lines(output.say, board))


@contextlib.asynccontextmanager
async def cancelled_with(client: Client, job: Job, on_cancel: Callable[[], None]) -> AsyncIterator[None]:
    """Cancels the job when the block is interrupted, so that it does not go on behind the user's back."""
    try:
        yield
    except asyncio.CancelledError:
        on_cancel()
        with contextlib.suppress(errors.ReelmeshError, TimeoutError):
            async with asyncio.timeout(CANCEL_SECONDS):
                await client.cancel(job)
                async for _ in client.watch(job, progress=False):
                    pass
        raise
