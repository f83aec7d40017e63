"""The progress of a job as plain lines: for logs, pipes and CI. No control codes."""

from __future__ import annotations

import time
from collections.abc import Callable

from reelmesh.cli import words
from reelmesh.cli.board import Board, StepLine
from reelmesh.orchestrator.v1.job_pb2 import StepState

EVERY_SECONDS = 10.0
"""How long silence may last while a step runs."""

_TOLD = {
    StepState.STEP_STATE_SUCCEEDED: "done",
    StepState.STEP_STATE_REMEMBERED: "kept from before",
    StepState.STEP_STATE_FAILED: "failed",
    StepState.STEP_STATE_UNCONFIRMED: "of unknown outcome: reelmesh show tells more",
}


class Lines:
    """Writes a line for what is worth one."""

    def __init__(
        self, write: Callable[[str], None], board: Board, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write = write
        self._board = board
        self._clock = clock
        self._began = self._last = clock()

    def changed(self, lines: list[StepLine]) -> None:
        """Writes of steps that changed state; that they began only of those that run once."""
        for line in lines:
            if line.state in _TOLD:
                self._say(f"{self._place(line)}: {_TOLD[line.state]}{_how(line)}")
            elif line.state == StepState.STEP_STATE_READY and line.error:
                self._say(f"{self._place(line)}: to be tried again ({words.one_line(line.error, 200)})")
            elif line.state == StepState.STEP_STATE_RUNNING and line.index is None:
                self._say(f"{self._place(line)}: begun")

    def progressed(self) -> None:
        """Writes how far everything is, when nothing was written for a while."""
        if self._clock() - self._last < EVERY_SECONDS:
            return
        running = [line for line in self._board.steps.values() if line.state == StepState.STEP_STATE_RUNNING]
        if running:
            steps = ", ".join(f"{line.name} {100 * line.fraction:.0f} %" for line in running[:4])
            self._say(f"{steps}{self._left()}")

    def note(self, text: str) -> None:
        """Writes a line of another kind."""
        self._say(text)

    def _place(self, line: StepLine) -> str:
        if line.index is None:
            return line.step
        return f"{line.step} {line.index + 1} of {len(self._board.of_step(line.step))}"

    def _left(self) -> str:
        eta = self._board.eta_seconds
        return f", about {words.length(eta)} left" if eta is not None else ""

    def _say(self, text: str) -> None:
        self._last = self._clock()
        elapsed = int(self._last - self._began)
        self._write(f"{elapsed // 60:3d}:{elapsed % 60:02d} {100 * self._board.fraction:3.0f} %  {text}")


def _how(line: StepLine) -> str:
    facts = [words.length(line.seconds)] if line.seconds is not None else []
    if line.engine and line.state == StepState.STEP_STATE_SUCCEEDED:
        facts.append(line.engine)
    if line.error and line.state == StepState.STEP_STATE_FAILED:
        facts.append(words.one_line(line.error, 300))
    return f" ({', '.join(facts)})" if facts else ""
