"""What a film is made of: every asset of a request as a measured local file.

What can not be used is refused here, before any frame is drawn, by the name of the field. A logo that can
not be read is the exception: the film is made without it, and the result says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.chassis.engine import WorkContext
from servers.chassis.errors import DeadlineExceeded, Internal, InvalidArgument
from servers.chassis.media.formats import Kind, sniff
from servers.chassis.media.probe import Probe, Prober
from servers.chassis.worker import WorkerPool
from servers.compose.defaults import MOST_SECONDS, seconds
from servers.compose.endcard import END_CARD

T = TypeVar("T")

RATE = 48_000
"""Samples a second of all sound."""
FRAME_BYTES = 8
"""Bytes of one moment of sound: two channels of 32 bit floating point."""
_DECODE_SECONDS = 600.0


@dataclass(frozen=True)
class Sound:
    """Decoded sound: 48 kHz, stereo, 32 bit floating point, little endian, without header."""

    path: Path
    samples: int
    """Its length, for one channel."""

    @property
    def seconds(self) -> Fraction:
        """Its length."""
        return Fraction(self.samples, RATE)


@dataclass(frozen=True)
class Moving:
    """A clip."""

    path: Path
    digest: str
    demuxer: str
    seconds: float
    """Length of what is used of it."""
    width: int
    height: int
    field: str
    start: float = 0.0
    """Where that begins."""


@dataclass(frozen=True)
class Still:
    """A picture."""

    path: Path
    digest: str
    width: int
    height: int
    field: str


@dataclass
class Materials:
    """All that was found. Lists are as long as the request's."""

    shown: list[Still | Moving | None] = field(default_factory=list)
    """What each scene shows."""
    spoken: list[Sound | None] = field(default_factory=list)
    """What is spoken in each scene."""
    heard: list[Sound | None] = field(default_factory=list)
    """The own sound of each scene's clip, where it is wanted."""
    effects: list[Sound | None] = field(default_factory=list)
    """The sound effects."""
    narration: Sound | None = None
    """One recording for the whole film."""
    music: Sound | None = None
    logos: list[Still | None] = field(default_factory=list)
    """The pictures of the overlays; None for texts and for what could not be read."""
    avatar: Moving | None = None
    """The talking head, where one clip is given for the whole film."""
    heads: list[Moving | None] = field(default_factory=list)
    """The talking head of each scene."""
    cover: Still | None = None
    """The picture of the cover, where one is given."""
    warnings: list[str] = field(default_factory=list)


class Gathering:
    """Fetches, measures and decodes the assets of one request."""

    def __init__(
        self, request: ComposeRequest, work: WorkContext, prober: Prober, decoders: WorkerPool
    ) -> None:
        self._request = request
        self._work = work
        self._prober = prober
        self._decoders = decoders
        self._decoded = 0
        self._warnings: list[str] = []

    async def all(self) -> Materials:
        """Everything the request names.

        Raises:
            NotFound: an asset is not there.
            InvalidArgument: an asset is not what its field wants.
        """
        scenes = range(len(self._request.scenes))
        async with Together() as start:
            shown = [start(self._shown(index)) for index in scenes]
            spoken = [start(self._spoken(index)) for index in scenes]
            heard = [start(self._heard(index)) for index in scenes]
            effects = [start(self._effect(index)) for index in range(len(self._request.sound_effects))]
            logos = [start(self._logo(index)) for index in range(len(self._request.overlays))]
            whole, music, avatar = start(self._whole()), start(self._music()), start(self._avatar())
            heads = [start(self._head(index)) for index in scenes]
            cover = start(self._cover())
        return Materials(
            [task.result() for task in shown],
            [task.result() for task in spoken],
            [task.result() for task in heard],
            [task.result() for task in effects],
            whole.result(),
            music.result(),
            [task.result() for task in logos],
            avatar.result(),
            [task.result() for task in heads],
            cover.result(),
            sorted(self._warnings),
        )

    async def _shown(self, index: int) -> Still | Moving | None:
        scene, name = self._request.scenes[index], f"scenes[{index}]"
        if scene.HasField("clip"):
            end = seconds(scene.clip_end) if scene.HasField("clip_end") else None
            return await self._moving(scene.clip, f"{name}.clip", seconds(scene.clip_start), end)
        if scene.HasField("picture"):
            return await self._still(scene.picture, f"{name}.picture")
        if scene.id == END_CARD:
            return None
        self._warnings.append(f"{name} has neither picture nor clip: the background is shown")
        return None

    async def _spoken(self, index: int) -> Sound | None:
        scene, name = self._request.scenes[index], f"scenes[{index}].narration"
        if not scene.HasField("narration"):
            return None
        if self._request.HasField("narration"):
            self._warnings.append(f"{name} is not heard: one narration is given for the whole film")
            return None
        return await self._sound(scene.narration, name)

    async def _heard(self, index: int) -> Sound | None:
        scene, name = self._request.scenes[index], f"scenes[{index}].clip"
        if not (scene.HasField("clip") and scene.HasField("clip_gain_db")):
            return None
        path = await self._work.path(scene.clip, name)
        if not (await self._probe(scene.clip, path, name, Kind.VIDEO)).audio_codec:
            self._warnings.append(f"{name} has no sound of its own to be heard")
            return None
        begin = seconds(scene.clip_start)
        end = seconds(scene.clip_end) if scene.HasField("clip_end") else MOST_SECONDS
        return await self._decode(path, name, begin, end - begin)

    async def _effect(self, index: int) -> Sound:
        return await self._sound(self._request.sound_effects[index].audio, f"sound_effects[{index}].audio")

    async def _whole(self) -> Sound | None:
        if not self._request.HasField("narration"):
            return None
        return await self._sound(self._request.narration, "narration")

    async def _music(self) -> Sound | None:
        if not self._request.HasField("music"):
            return None
        return await self._sound(self._request.music.audio, "music.audio")

    async def _avatar(self) -> Moving | None:
        if not self._request.HasField("avatar"):
            return None
        if self._request.avatar.HasField("clip"):
            return await self._moving(self._request.avatar.clip, "avatar.clip")
        if not any(scene.HasField("avatar_clip") for scene in self._request.scenes):
            self._warnings.append("avatar is not shown: neither it nor any scene has a clip of it")
        return None

    async def _head(self, index: int) -> Moving | None:
        scene = self._request.scenes[index]
        if not (self._request.HasField("avatar") and scene.HasField("avatar_clip")):
            return None
        return await self._moving(scene.avatar_clip, f"scenes[{index}].avatar_clip")

    async def _cover(self) -> Still | None:
        if not self._request.cover.HasField("picture"):
            return None
        return await self._still(self._request.cover.picture, "cover.picture")

    async def _logo(self, index: int) -> Still | None:
        overlay, name = self._request.overlays[index], f"overlays[{index}].picture"
        if not overlay.HasField("picture"):
            return None
        path = await self._work.path(overlay.picture, name)
        try:
            probe = await self._probe(overlay.picture, path, name, Kind.PICTURE)
        except InvalidArgument as unreadable:
            self._warnings.append(f"left out: {unreadable.message}")
            return None
        return Still(path, overlay.picture.digest, probe.width, probe.height, name)

    async def _still(self, asset: Asset, name: str) -> Still:
        path = await self._work.path(asset, name)
        probe = await self._probe(asset, path, name, Kind.PICTURE)
        return Still(path, asset.digest, probe.width, probe.height, name)

    async def _moving(self, asset: Asset, name: str, start: float = 0.0, end: float | None = None) -> Moving:
        path = await self._work.path(asset, name)
        probe = await self._probe(asset, path, name, Kind.VIDEO)
        if start >= probe.duration > 0.0:
            raise InvalidArgument((f"{name}_start", f"must be before the clip's end, {probe.duration:g} s"))
        length = (probe.duration if end is None else min(end, probe.duration)) - start
        demuxer = sniff(path, name).demuxer
        return Moving(path, asset.digest, demuxer, length, probe.width, probe.height, name, start)

    async def _sound(self, asset: Asset, name: str) -> Sound:
        path = await self._work.path(asset, name)
        probe = await self._probe(asset, path, name, Kind.SOUND)
        if probe.duration > MOST_SECONDS:
            raise InvalidArgument((name, f"must be at most {MOST_SECONDS // 3600} hours of sound"))
        return await self._decode(path, name)

    async def _probe(self, asset: Asset, path: Path, name: str, kind: Kind) -> Probe:
        # By owner, too: how long a film takes tells nothing of anybody else's.
        return await self._prober.want(path, name, kind, key=(self._work.owner, asset.digest))

    async def _decode(
        self, path: Path, name: str, start: float | None = None, most: float = MOST_SECONDS
    ) -> Sound:
        """Decodes sound; of a clip what lies from `start` on, both in seconds."""
        self._decoded += 1
        out = self._work.scratch / f"sound-{self._decoded:04d}.f32"
        arguments = {
            "path": str(path),
            "field": name,
            "demuxer": sniff(path, name).demuxer,
            "out": str(out),
            "start": start,
            "most": round(most * RATE),
        }
        try:
            made = await self._decoders.call("decode", arguments, timeout_seconds=_DECODE_SECONDS)
        except DeadlineExceeded:
            raise InvalidArgument(
                (name, f"must be sound that decodes within {_DECODE_SECONDS:g} s")
            ) from None
        except Internal:
            raise InvalidArgument((name, "must be sound that can be decoded; this one is broken")) from None
        return Sound(out, made["samples"])


class Together:
    """`async with Together() as start:` awaits all that `start` started.

    Where one fails, the others are cancelled and awaited, and its own error is raised, not a group.
    """

    def __init__(self) -> None:
        self._tasks: list[asyncio.Future[Any]] = []

    async def __aenter__(self) -> Together:
        return self

    def __call__(self, step: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(step)
        self._tasks.append(task)
        return task

    async def __aexit__(self, *_: object) -> None:
        try:
            await asyncio.gather(*self._tasks)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
