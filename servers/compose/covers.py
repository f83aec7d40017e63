"""The cover picture: of the film's scenes, the look that is sharpest and richest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
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
        """Prepares to look: at the middle of a few scenes, spread over the film; at none without pieces."""
        self._pictures = pictures
        self._workshop = pictures.workshop
        self._looks = [describe(piece) for piece in candidates(pieces)]
        self._names = [self._name(look) for look in self._looks]
        self._missing: list[int] = []

    async def look_up(self) -> None:
        """Takes the looks that are kept, and says which pictures the rest needs. Comes before `best`."""
        for number, look in enumerate(self._looks):
            if not await asyncio.to_thread(self._take, number):
                self._missing.append(number)
                self._pictures.expect(look)

    async def best(self) -> Path:
        """A JPEG of one frame, without text, from the scene that looks best.

        Raises:
            InvalidArgument: a picture or clip can not be decoded.
        """
        for number in self._missing:
            look, out = self._looks[number], self._path(number)
            arguments = {
                "piece": await self._pictures.filled(look),
                "frame": look["frames"] // 2,
                "out": str(out),
            }
            made = await self._workshop.renderers.call("look", arguments, timeout_seconds=_LOOK_SECONDS)
            await self._pictures.done(look)
            await asyncio.to_thread(self._keep, number, float(made["score"]))
        found = [float(self._score(number).read_text()) for number in range(len(self._looks))]
        scores = [score - (_EARLIER if number else 0.0) for number, score in enumerate(found)]
        return self._path(max(range(len(scores)), key=scores.__getitem__))

    def _path(self, number: int) -> Path:
        return self._workshop.folder / f"look-{number}.jpg"

    def _score(self, number: int) -> Path:
        return self._workshop.folder / f"look-{number}.score"

    def _take(self, number: int) -> bool:
        take, name = self._workshop.kept.take, self._names[number]
        return take(name, self._path(number)) and take(f"{name}-score", self._score(number))

    def _keep(self, number: int, score: float) -> None:
        keep, name = self._workshop.kept.keep, self._names[number]
        self._score(number).write_text(repr(score))
        keep(name, self._path(number))
        keep(f"{name}-score", self._score(number))

    def _name(self, look: Mapping[str, Any]) -> str:
        return digest({"look": look, "version": self._workshop.version, "owner": self._workshop.owner})


def candidates(pieces: Sequence[Piece]) -> list[Piece]:
    """The longest piece of each scene alone; of many scenes a few, spread over the film."""
    longest: dict[int, Piece] = {}
    for piece in pieces:
        known = longest.get(piece.shot)
        if piece.into is None and (known is None or piece.end - piece.first > known.end - known.first):
            longest[piece.shot] = piece
    scenes = [longest[shot] for shot in sorted(longest)] or list(pieces[:1])
    return scenes[:: max(1, -(-len(scenes) // _MOST_LOOKS))]
