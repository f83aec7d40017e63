"""Thumbnails: pictures from all over the film, side by side in one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from servers.compose.pieces import Pictures
from servers.compose.timeline import Piece

_LOOK_SECONDS = 60.0


class Strip:
    """Draws the thumbnails of one film, without text."""

    def __init__(
        self,
        pieces: Sequence[Piece],
        describe: Callable[[Piece], dict[str, Any]],
        pictures: Pictures,
        count: int,
    ) -> None:
        """Prepares to draw `count` of them; 0 is none."""
        frames = spread(pieces[-1].end, count)
        seen = [next(piece for piece in pieces if frame < piece.end) for frame in frames]
        self._looks: list[dict[str, Any]] = [
            {"piece": describe(piece), "frame": frame - piece.first}
            for piece, frame in zip(seen, frames, strict=True)
        ]
        self._pictures = pictures
        self._workshop = pictures.workshop

    def expect(self) -> None:
        """Says which pictures it needs. Comes before `make`."""
        for look in self._looks:
            self._pictures.expect(look["piece"])

    async def make(self) -> Path | None:
        """A JPEG; None where none is wanted.

        Raises:
            InvalidArgument: a picture or clip can not be decoded.
        """
        if not self._looks:
            return None
        out = self._workshop.folder / "thumbnails.jpg"
        filled = [{**look, "piece": await self._pictures.filled(look["piece"])} for look in self._looks]
        arguments = {"looks": filled, "out": str(out)}
        bound = _LOOK_SECONDS * (1 + len(filled))
        await self._workshop.renderers.call("strip", arguments, timeout_seconds=bound)
        for look in self._looks:
            await self._pictures.done(look["piece"])
        return out


def spread(frames: int, count: int) -> list[int]:
    """Frames spread evenly over a film, each in the middle of its part."""
    return [min(frames - 1, (2 * index + 1) * frames // (2 * count)) for index in range(count)]
