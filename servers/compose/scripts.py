"""The text that is drawn into each piece of the film, as scripts for libass."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from servers.chassis.media.fonts import Font
from servers.compose.ass import Event, Script
from servers.compose.timeline import Piece

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
        script = self._of(piece)
        if not script.events:
            return None
        return [script.text(), [font.fingerprint for font in self.fonts]]

    def write(self, piece: Piece, name: str, folder: Path) -> dict[str, Any] | None:
        """Writes the script of a piece, and says what a worker has to know; None without any text."""
        script = self._of(piece)
        if not script.events:
            return None
        (folder / name).write_text(script.text(), encoding="utf-8")
        return {"script": name, "states": states(script.events), "environment": dict(self.environment)}

    def _of(self, piece: Piece) -> Script:
        return self.script.piece(piece.first, piece.end)


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
