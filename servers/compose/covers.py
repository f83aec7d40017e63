"""The cover picture: of the film's scenes, the look that is sharpest and richest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from servers.compose.pieces import Pictures, digest
from servers.compose.timeline import Piece

_MOST_LOOKS = 8
_LOOK_SECONDS = 120.0
_EARLIER = 0.04
"""By how much a later look must be better: the film's beginning tells best what it is about."""


class Cover:
    """Chooses and draws the cover of one film."""

    def __init__(
        self, pieces: Sequence[Piece], describe: Callable[[Piece], dict[str, Any]], pictures: Pictures
    ) -> None:
        """Prepares to look: at the middle of a few scenes, spread over the film."""
        self._looks = [describe(piece) for piece in candidates(pieces)]
        self._pictures = pictures
        self._workshop = pictures.workshop
        self._out = self._workshop.folder / "cover.jpg"
        depends = {"cover": self._looks, "version": self._workshop.version, "owner": self._workshop.owner}
        self._name = digest(depends)
        self._found = False

    async def look_up(self) -> None:
        """Takes the cover that is kept, or says which pictures it needs. Comes before `best`."""
        self._found = await asyncio.to_thread(self._workshop.kept.take, self._name, self._out)
        for look in () if self._found else self._looks:
            self._pictures.expect(look)

    async def best(self) -> Path:
        """A JPEG of one frame, without text, from the scene that looks best.

        Raises:
            InvalidArgument: a picture or clip can not be decoded.
        """
        if self._found:
            return self._out
        scores: list[float] = []
        for number, look in enumerate(self._looks):
            arguments = {
                "piece": await self._pictures.filled(look),
                "frame": look["frames"] // 2,
                "out": str(self._path(number)),
            }
            made = await self._workshop.renderers.call("look", arguments, timeout_seconds=_LOOK_SECONDS)
            await self._pictures.done(look)
            scores.append(float(made["score"]) - (_EARLIER if number else 0.0))
        best = max(range(len(scores)), key=scores.__getitem__)
        self._path(best).replace(self._out)
        await asyncio.to_thread(self._workshop.kept.keep, self._name, self._out)
        return self._out

    def _path(self, number: int) -> Path:
        return self._workshop.folder / f"look-{number}.jpg"


def candidates(pieces: Sequence[Piece]) -> list[Piece]:
    """The longest piece of each scene alone; of many scenes a few, spread over the film."""
    longest: dict[int, Piece] = {}
    for piece in pieces:
        known = longest.get(piece.shot)
        if piece.into is None and (known is None or piece.end - piece.first > known.end - known.first):
            longest[piece.shot] = piece
    scenes = [longest[shot] for shot in sorted(longest)] or [pieces[0]]
    return scenes[:: -(-len(scenes) // _MOST_LOOKS)]
