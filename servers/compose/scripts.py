"""The text that is drawn into each piece of the film, as scripts for libass."""

from __future__ import annotations

import asyncio
import bisect
import functools
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from servers.chassis.media.fonts import Font
from servers.chassis.worker import WorkerPool
from servers.compose.ass import Event, Script, Style
from servers.compose.timeline import Piece

_BATCH = 300
"""Frames of film whose text is drawn together."""
_FIRST_BATCH = 75
"""As many of the first are drawn together: nothing is encoded before these are."""
_BATCH_SECONDS = 600.0
_LONG = 600
"""Frames; an event that is seen for longer is looked at for every piece."""
_MOVING = re.compile(r"\\(t\(|fade?\(|move\(|k|K)")
"""Overrides under which a text looks different from frame to frame."""


@dataclass(frozen=True)
class Burning:
    """The film's text and what it is drawn with."""

    script: Script
    fonts: Sequence[Font]
    environment: Mapping[str, str]
    """For libass: see `font_folder`."""

    def depends(self, piece: Piece) -> Any:
        """What the text of a piece depends on, as JSON; None without any."""
        script = self.of(piece)
        if not script.events:
            return None
        return [script.text(), [font.fingerprint for font in self.fonts]]

    def of(self, piece: Piece) -> Script:
        """The script of one piece, with the styles that it uses."""
        if piece not in self._known:
            near = replace(self.script, events=self._near(piece)).piece(piece.first, piece.end)
            used = {style for event in near.events for style in event.styles}
            self._known[piece] = replace(near, styles=[style for style in near.styles if style.name in used])
        return self._known[piece]

    def _near(self, piece: Piece) -> list[Event]:
        """The events that may be seen in a piece, in their order: a long film has thousands that are not."""
        first = bisect.bisect_left(self._starts, piece.first - _LONG)
        end = bisect.bisect_left(self._starts, piece.end)
        chosen = sorted((*self._long, *self._short[first:end]))
        return [self.script.events[number] for number in chosen]

    @functools.cached_property
    def _known(self) -> dict[Piece, Script]:
        return {}

    @functools.cached_property
    def _long(self) -> list[int]:
        """Numbers of the events that are seen for long."""
        return [n for n, event in enumerate(self.script.events) if event.end - event.first > _LONG]

    @functools.cached_property
    def _short(self) -> list[int]:
        """Numbers of the others, by when they begin."""
        events = self.script.events
        short = [n for n, event in enumerate(events) if event.end - event.first <= _LONG]
        return sorted(short, key=lambda number: events[number].first)

    @functools.cached_property
    def _starts(self) -> list[int]:
        return [self.script.events[number].first for number in self._short]


class Letters:
    """The drawn text of the pieces that are to be made.

    Starting libass costs as much as drawing ten texts, so neighbours are drawn together; the next are begun
    when the first of these are asked for, so that nobody waits for them.
    """

    def __init__(self, burning: Burning, renderers: WorkerPool, folder: Path, name: str) -> None:
        """`name` begins the names of the files."""
        self._name = name
        self._burning = burning
        self._renderers = renderers
        self._folder = folder
        self._batches: list[list[tuple[int, Piece]]] = []
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._batch_of: dict[int, int] = {}
        # libass takes almost 200 MB at 1080x1920, as much as two renderers: never twice at once.
        self._one = asyncio.Semaphore(1)

    def expect(self, index: int, piece: Piece) -> None:
        """Says that a piece will be drawn. Pieces are told in order."""
        if not self._burning.of(piece).events:
            return
        frames = sum(known.end - known.first for _, known in self._batches[-1]) if self._batches else _BATCH
        if frames >= (_BATCH if len(self._batches) != 1 else _FIRST_BATCH):
            self._batches.append([])
        self._batches[-1].append((index, piece))
        self._batch_of[index] = len(self._batches) - 1

    async def of(self, index: int) -> str | None:
        """The file with a piece's text; None without any.

        Raises:
            Internal: libass failed.
        """
        if index not in self._batch_of:
            return None
        batch = self._batch_of[index]
        for number in (batch, batch + 1):
            if number < len(self._batches) and number not in self._tasks:
                self._tasks[number] = asyncio.ensure_future(self._draw(number))
        # Shielded: who else waits for it is not to lose it because this one is cancelled.
        await asyncio.shield(self._tasks[batch])
        return str(self._path(index))

    def done(self, index: int) -> None:
        """Removes the text of a piece that is made."""
        if index in self._batch_of:
            self._path(index).unlink(missing_ok=True)

    async def close(self) -> None:
        """Ends what is still being drawn."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _draw(self, number: int) -> None:
        events: list[Event] = []
        styles: dict[str, Style] = {}
        pieces: list[dict[str, Any]] = []
        begin = 0
        for index, piece in self._batches[number]:
            own = self._burning.of(piece)
            styles.update((style.name, style) for style in own.styles)
            pieces.append({"out": str(self._path(index)), "begin": begin, "states": states(own.events)})
            events += [replace(e, first=e.first + begin, end=e.end + begin) for e in own.events]
            begin += piece.end - piece.first
        whole = replace(self._burning.script, styles=[*styles.values()], events=events)
        name = f"{self._name}-text-{number:05d}.ass"
        (self._folder / name).write_text(whole.text(), encoding="utf-8")
        arguments = {
            "script": {"name": name, "environment": dict(self._burning.environment), "pieces": pieces},
            "size": [whole.width, whole.height],
            "fps": str(whole.fps),
            "folder": str(self._folder),
        }
        async with self._one:
            await self._renderers.call("letter", arguments, timeout_seconds=_BATCH_SECONDS)

    def _path(self, index: int) -> Path:
        return self._folder / f"{self._name}-{index:05d}.npz"


NOTHING = Burning(Script(0, 0, Fraction(1), (), ()), (), {})
"""No text at all."""


def states(events: Sequence[Event]) -> list[tuple[int, int]]:
    """The stretches over which nothing in a piece's text changes, first frame and end, in order.

    Stretches without text are left out; text that moves by itself changes with every frame.
    """
    edges = sorted({edge for event in events for edge in (event.first, event.end)})
    found: list[tuple[int, int]] = []
    for first, end in itertools.pairwise(edges):
        seen = [event for event in events if event.first <= first and end <= event.end]
        if any(_MOVING.search(event.text) for event in seen):
            found += [(frame, frame + 1) for frame in range(first, end)]
        elif seen:
            found.append((first, end))
    return found


def font_folder(folder: Path, fonts: Sequence[Font]) -> dict[str, str]:
    """The environment of a libass that knows the given fonts alone; they are laid into the folder."""
    named = folder / "fonts"
    named.mkdir(exist_ok=True)
    for number, font in enumerate(fonts):
        (named / f"font{number}{font.path.suffix}").symlink_to(font.path)
    config = folder / "fonts.conf"
    config.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
        '<fontconfig><dir prefix="cwd">fonts</dir><cachedir prefix="cwd">fonts-cache</cachedir></fontconfig>'
    )
    return {"FONTCONFIG_FILE": str(config)}
