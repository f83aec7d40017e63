"""The film's pieces: each drawn and encoded in a worker process, or taken as it was kept.

What a piece depends on is its description: pictures by digest, motion, what is laid over it, its text, the
encoder, and who wants it, all in the piece's own time. The digest of that is its name.
"""

from __future__ import annotations

import asyncio
import collections
import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from servers.chassis.worker import WorkerPool
from servers.compose.encoding import Encoding
from servers.compose.kept import Kept
from servers.compose.materials import Together
from servers.compose.scripts import Burning, Letters
from servers.compose.timeline import Piece

_SECONDS_FOR_A_FRAME = 5.0
"""Bound on drawing and encoding one frame, on a busy machine."""
_START_SECONDS = 120.0
_NOT_IN_NAMES = frozenset(("path", "field"))
"""Where a file lies, and what the request called it, make no other film."""


@dataclass(frozen=True)
class Workshop:
    """What pieces are made with."""

    folder: Path
    """The scratch folder of the film."""
    renderers: WorkerPool
    at_once: int
    kept: Kept
    owner: str
    version: str
    """Fingerprint of the engine."""


class Pieces:
    """Makes the pieces of one film."""

    def __init__(
        self,
        pieces: Sequence[Piece],
        describe: Callable[[Piece], dict[str, Any]],
        burning: Burning,
        encoding: Encoding,
        pictures: Pictures,
        advance: Callable[[float, float | None], None],
        name: str = "piece",
        made: Callable[[int, Path], None] = lambda *_: None,
    ) -> None:
        """Prepares to make them.

        Args:
            pieces: what the film is cut into.
            describe: what is seen in a piece, see `picturing.description`.
            burning: the text that is drawn into them.
            encoding: how they are encoded.
            pictures: the film's pictures.
            advance: told the share that is done and how many seconds are left, if that is known.
            name: of the files, before their number.
            made: told the number and the file of every piece that is there.
        """
        self._pieces = pieces
        self._described = [describe(piece) for piece in pieces]
        self._burning = burning
        self._encoding = encoding
        self._workshop = pictures.workshop
        self._pictures = pictures
        self._advance = advance
        self._tell = made
        self._letters = Letters(burning, self._workshop.renderers, self._workshop.folder, name)
        self._slots = asyncio.Semaphore(self._workshop.at_once)
        self._outs = [self._workshop.folder / f"{name}-{index:05d}.mp4" for index in range(len(pieces))]
        self._names = [self._name(index) for index in range(len(pieces))]
        self._missing: list[int] = []
        self._frames: dict[int, int] = {}
        self._wanted = 0
        self._began = 0.0

    @property
    def reused(self) -> int:
        """How many were taken as they were kept."""
        return len(self._pieces) - len(self._missing)

    async def look_up(self) -> None:
        """Takes what is kept, and says which pictures the rest needs. Comes before `all`."""
        take = self._workshop.kept.take
        for index, (name, out) in enumerate(zip(self._names, self._outs, strict=True)):
            if not await asyncio.to_thread(take, name, out):
                self._missing.append(index)
                self._pictures.expect(self._described[index])
                self._letters.expect(index, self._pieces[index])
            else:
                self._tell(index, out)
        self._wanted = sum(self._length(index) for index in self._missing)

    async def all(self) -> list[tuple[Path, int]]:
        """Every piece as a file, with its length in frames.

        Raises:
            InvalidArgument: a picture or clip can not be decoded.
            Internal: the encoder failed.
        """
        self._began = time.monotonic()
        try:
            async with Together() as start:
                for index in self._in_order():
                    start(self._make(index))
        finally:
            await self._letters.close()
        await asyncio.to_thread(self._workshop.kept.prune)
        return [(out, self._length(index)) for index, out in enumerate(self._outs)]

    def _in_order(self) -> list[int]:
        """The pieces as they are begun: in order, but of the last few the longest first, so all cores end."""
        last = 3 * self._workshop.at_once
        return self._missing[:-last] + sorted(self._missing[-last:], key=self._length, reverse=True)

    async def _make(self, index: int) -> None:
        async with self._slots:
            arguments = {
                "piece": await self._pictures.filled(self._described[index]),
                "text": await self._letters.of(index),
                "encoding": asdict(self._encoding),
                "out": str(self._outs[index]),
            }
            await self._workshop.renderers.call(
                "encode",
                arguments,
                timeout_seconds=_START_SECONDS + _SECONDS_FOR_A_FRAME * self._length(index),
                on_progress=lambda report: self._report(index, report["frames"]),
            )
            self._letters.done(index)
            await self._pictures.done(self._described[index])
        await asyncio.to_thread(self._workshop.kept.keep, self._names[index], self._outs[index])
        self._report(index, self._length(index))
        self._tell(index, self._outs[index])

    def _report(self, index: int, frames: int) -> None:
        """Counts only what has to be made: what was kept costs no time."""
        self._frames[index] = frames
        done = sum(self._frames.values()) / self._wanted
        took = time.monotonic() - self._began
        self._advance(done, took * (1.0 - done) / done + 0.5 if done else None)

    def _length(self, index: int) -> int:
        return self._pieces[index].end - self._pieces[index].first

    def _name(self, index: int) -> str:
        depends = {
            "piece": self._described[index],
            "text": self._burning.depends(self._pieces[index]),
            "encoding": asdict(self._encoding),
            "version": self._workshop.version,
            # A kept piece is never another's, so how long a film takes tells nothing of anybody else's.
            "owner": self._workshop.owner,
        }
        return digest(depends)


class Pictures:
    """Decoded pictures of one film: each is prepared once, by whoever needs it first, and then shared."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self._made: dict[str, asyncio.Task[dict[str, Any]]] = {}
        self._users: collections.Counter[str] = collections.Counter()

    def expect(self, piece: Mapping[str, Any]) -> None:
        """Says that a piece will be drawn: its pictures stay until it is done."""
        self._users.update(digest(still["picture"]) for still in _stills(piece))

    async def filled(self, piece: Mapping[str, Any]) -> dict[str, Any]:
        """The piece's description with its prepared pictures in it.

        Raises:
            InvalidArgument: one can not be decoded.
        """
        shots: list[dict[str, Any]] = []
        for shot in piece["shots"]:
            if "still" not in shot:
                shots.append(shot)
                continue
            still = shot["still"]
            shots.append({**shot, "still": {**still, **await self._prepared(still["picture"])}})
        return {**piece, "shots": shots}

    async def done(self, piece: Mapping[str, Any]) -> None:
        """Removes the pictures that no piece needs any more."""
        for still in _stills(piece):
            name = digest(still["picture"])
            self._users[name] -= 1
            if not self._users[name]:
                path = Path((await self._made.pop(name))["path"])
                await asyncio.to_thread(path.unlink)

    async def close(self) -> None:
        """Ends what is still being prepared."""
        for task in self._made.values():
            task.cancel()
        await asyncio.gather(*self._made.values(), return_exceptions=True)

    async def _prepared(self, picture: Mapping[str, Any]) -> dict[str, Any]:
        name = digest(picture)
        if name not in self._made:
            self._made[name] = asyncio.ensure_future(self._prepare(name, picture))
        # Shielded: who else waits for it is not to lose it because this one is cancelled.
        return await asyncio.shield(self._made[name])

    async def _prepare(self, name: str, picture: Mapping[str, Any]) -> dict[str, Any]:
        out = self.workshop.folder / f"picture-{name}.yuv"
        arguments = {**picture, "out": str(out)}
        made = await self.workshop.renderers.call("prepare", arguments, timeout_seconds=_START_SECONDS)
        return {"path": str(out), "size": made["size"]}


def _stills(piece: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [shot["still"] for shot in piece["shots"] if "still" in shot]


def digest(depends: Any) -> str:
    """Name of what depends on a JSON value."""
    return hashlib.sha256(json.dumps(_named(depends), sort_keys=True).encode()).hexdigest()


def _named(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _named(part) for key, part in value.items() if key not in _NOT_IN_NAMES}
    if isinstance(value, (list, tuple)):
        return [_named(part) for part in value]
    return str(value) if isinstance(value, (Fraction, Path)) else value
