"""The progress of a job on a terminal: one bar for the whole, and a table of scene by step."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from reelmesh.cli import words
from reelmesh.cli.board import DONE, WAITING, Board, StepLine
from reelmesh.orchestrator.v1.job_pb2 import JobState, StepState

REFRESHES_PER_SECOND = 8
FRAME_LINES = 7
"""Lines that are not scenes: the head, the bar, the table's head, single steps, a note."""
LEAST_SCENES = 3
TITLES = {
    "plan": "plan",
    "narrate": "voice",
    "align": "timing",
    "illustrate": "picture",
    "animate": "clip",
    "cover": "cover",
    "enlarge": "larger",
    "enlarge_clip": "larger clip",
    "compose": "film",
    "transcribe": "listen",
}
"""What people call the recipe's steps. Others keep their ids."""


class Screen:
    """Draws a board again and again until its block ends."""

    def __init__(self, console: Console, board: Board, title: str) -> None:
        self.board = board
        self.note = ""
        """One line under the table: what is being waited for."""
        self.texts: Mapping[str, str] = {}
        """What is spoken in each scene, by its id."""
        self._console = console
        self._title = title
        self._began = time.monotonic()
        self._frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏" if _utf8(console) else "-\\|/"
        self._eta: tuple[float, float] | None = None

    @contextlib.contextmanager
    def shown(self) -> Iterator[Screen]:
        """Shows it while the block runs. The last state stays on the terminal."""
        with Live(
            get_renderable=self.render,
            console=self._console,
            refresh_per_second=REFRESHES_PER_SECOND,
            vertical_overflow="crop",
        ):
            yield self

    def render(self) -> RenderableType:
        """The picture of this moment."""
        names, fanned = self.board.names(), self.board.fanned()
        first = min((names.index(name) for name in fanned), default=len(names))
        parts: list[RenderableType] = [self._head(), self._bar(), *self._single(names[:first])]
        table = self._scenes(fanned)
        if table is not None:
            parts.append(table)
        parts.extend(self._single(names[first:]))
        if self.note:
            parts.append(Text(f"  {self.note}", style="yellow"))
        return Group(*parts)

    def _head(self) -> Text:
        head = Text(words.one_line(self._title, self._console.width - 12), style="bold")
        if self.board.state not in (JobState.JOB_STATE_RUNNING, JobState.JOB_STATE_UNSPECIFIED):
            head.append(f"  {words.job_state(self.board.state)}", style=_job_style(self.board.state))
        return head

    def _bar(self) -> Table:
        row = Table.grid(padding=(0, 1))
        elapsed = time.monotonic() - self._began
        fraction = self.board.fraction
        row.add_row(
            ProgressBar(total=1.0, completed=fraction, width=min(40, max(10, self._console.width - 40))),
            Text(f"{100 * fraction:3.0f} %"),
            Text(words.length(elapsed), style="dim"),
            Text(self._left(), style="cyan"),
        )
        return row

    def _left(self) -> str:
        """The time that is left, running down between two reports."""
        eta = self.board.eta_seconds
        if eta is None or self.board.ended:
            return ""
        if self._eta is None or self._eta[0] != eta:
            self._eta = (eta, time.monotonic())
        rest = eta - (time.monotonic() - self._eta[1])
        return f"about {words.length(max(1.0, round(rest)))} left" if rest > 1 else "nearly done"

    def _single(self, names: Sequence[str]) -> Iterator[RenderableType]:
        """The steps that run once: the plan above the scenes' table, the film below it."""
        for name in names:
            for line in self.board.of_step(name):
                if line.index is None and line.state != StepState.STEP_STATE_SKIPPED:
                    row = Table.grid(padding=(0, 1))
                    row.add_row(Text(f"  {TITLES.get(name, name):<9}"), self._cell(line), self._detail(line))
                    yield row

    def _detail(self, line: StepLine) -> Text:
        if line.state == StepState.STEP_STATE_RUNNING:
            return Text(line.stage, style="dim")
        if line.error and line.state not in DONE:
            return Text(words.one_line(line.error, self._console.width - 24), style="red")
        return Text(words.length(line.seconds) if line.seconds and line.state in DONE else "", style="dim")

    def _scenes(self, fanned: Sequence[str]) -> Table | None:
        columns = [name for name in fanned if self._worth_showing(name)]
        rows = max((len(self.board.of_step(name)) for name in columns), default=0)
        if not rows:
            return None
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
        table.add_column("  scene", no_wrap=True)
        for name in columns:
            table.add_column(TITLES.get(name, name), no_wrap=True, min_width=9)
        chosen = self._chosen(columns, rows)
        for index in chosen:
            cells = [self._cell(self.board.steps.get((name, index))) for name in columns]
            table.add_row(self._scene_name(index, len(columns)), *cells)
        if len(chosen) < rows:
            done = sum(self._done(columns, index) for index in range(rows))
            table.add_row(Text(f"  {rows} scenes, {done} done", style="dim"))
        return table

    def _worth_showing(self, name: str) -> bool:
        return any(line.state != StepState.STEP_STATE_SKIPPED for line in self.board.of_step(name))

    def _done(self, columns: list[str], index: int) -> bool:
        lines = [self.board.steps.get((name, index)) for name in columns]
        return all(line is not None and line.state in DONE for line in lines)

    def _chosen(self, columns: list[str], rows: int) -> list[int]:
        """The scenes that fit: all, or those that run and what is next to them."""
        room = max(LEAST_SCENES, self._console.height - FRAME_LINES - len(self.board.names()))
        if rows <= room:
            return list(range(rows))
        open_ones = [index for index in range(rows) if not self._done(columns, index)]
        first = open_ones[0] if open_ones else rows - room
        first = min(first, rows - room)
        return list(range(first, first + room))

    def _scene_name(self, index: int, columns: int) -> Text:
        number = f"  {index + 1:>3}  "
        scene = self.board.scenes[index] if index < len(self.board.scenes) else ""
        width = max(0, min(48, self._console.width - 8 - 12 * columns))
        text = words.one_line(self.texts.get(scene, ""), 200)
        if cell_len(text) > width:
            text = set_cell_size(text, max(0, width - 1)).rstrip() + "…"
        return Text.assemble((number, "dim"), text)

    def _cell(self, line: StepLine | None) -> RenderableType:
        """One step instance in few letters."""
        if line is None or line.state in WAITING:
            retried = line is not None and line.attempts > 0
            return Text("again" if retried else "·", style="yellow" if retried else "dim")
        if line.state == StepState.STEP_STATE_RUNNING:
            if line.queue_position is not None:
                return Text("waits", style="dim")
            frame = self._frames[int(time.monotonic() * REFRESHES_PER_SECOND) % len(self._frames)]
            return Text(f"{frame} {100 * line.fraction:3.0f} %", style="cyan")
        word, style = _CELLS.get(line.state, (words.step_state(line.state), ""))
        return Text(word, style=style)


_CELLS = {
    StepState.STEP_STATE_SUCCEEDED: ("✓", "green"),
    StepState.STEP_STATE_REMEMBERED: ("✓ kept", "green"),
    StepState.STEP_STATE_SKIPPED: ("–", "dim"),
    StepState.STEP_STATE_FAILED: ("✗ failed", "red"),
    StepState.STEP_STATE_CANCELLED: ("cancelled", "yellow"),
    StepState.STEP_STATE_UNCONFIRMED: ("unconfirmed", "yellow"),
}


def _job_style(state: JobState.ValueType) -> str:
    if state == JobState.JOB_STATE_SUCCEEDED:
        return "green"
    return "red" if state == JobState.JOB_STATE_FAILED else "yellow"


def _utf8(console: Console) -> bool:
    return console.encoding.startswith("utf")
