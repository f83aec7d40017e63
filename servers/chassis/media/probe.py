"""Measuring media: what it is, its size, length, rates and codecs.

What users supply is opened only in a worker process that is bounded in time and memory, by a demuxer named
from its first bytes (see `servers.chassis.media.formats`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

from reelmesh.common.v1.asset_pb2 import MediaFacts
from servers.chassis.errors import InvalidArgument
from servers.chassis.media.formats import Kind, sniff
from servers.chassis.worker import WorkerPool

_TIMEOUT_SECONDS = 30.0
_MEMORY_BYTES = 3 * 1024**3
_MOST_KNOWN = 4096


@dataclass(frozen=True)
class Probe:
    """What was measured. What does not apply is 0 or empty."""

    media_type: str
    """RFC 6838 media type."""
    container: str
    """Name of the container as ffmpeg knows it."""
    width: int = 0
    """Pixels, after rotation."""
    height: int = 0
    """Pixels, after rotation."""
    duration: float = 0.0
    """Playing time in seconds."""
    fps: float = 0.0
    """Average frame rate."""
    sample_rate: int = 0
    """Hertz."""
    channels: int = 0
    video_codec: str = ""
    audio_codec: str = ""

    @property
    def kind(self) -> Kind:
        """Picture, sound or video."""
        if self.media_type.startswith("image/") and not self.duration:
            return Kind.PICTURE
        return Kind.VIDEO if self.video_codec else Kind.SOUND

    def facts(self) -> MediaFacts:
        """The same as the contract's message."""
        facts = MediaFacts(
            width_pixels=self.width,
            height_pixels=self.height,
            frames_per_second=self.fps,
            sample_rate_hertz=self.sample_rate,
            channels=self.channels,
            video_codec=self.video_codec,
            audio_codec=self.audio_codec,
        )
        if self.duration:
            facts.duration.FromNanoseconds(round(self.duration * 1e9))
        return facts


class Prober:
    """Measures media in worker processes. One for a server; close it at the end."""

    def __init__(
        self, size: int = 1, idle_seconds: float = 20.0, *, workers: WorkerPool | None = None
    ) -> None:
        """Up to `size` processes of its own, started when they are needed and ended when idle for
        `idle_seconds`; or `workers` that others use too, which answer as `probe_worker` does."""
        self._is_own = workers is None
        self._workers = workers or WorkerPool(
            "servers.chassis.media.probe_worker",
            size=size,
            idle_seconds=idle_seconds,
            memory_bytes=_MEMORY_BYTES,
        )
        self._known: OrderedDict[Hashable, Probe] = OrderedDict()

    async def probe(self, path: Path, field: str = "asset", key: Hashable = None) -> Probe:
        """Measures one file.

        Args:
            path: the file.
            field: the request's field that named it, for errors.
            key: names its content: what was measured under the same key of late is told again.

        Raises:
            InvalidArgument: it is not media that can be read, or a picture larger than is decoded.
            DeadlineExceeded: measuring took too long.
        """
        if key is not None and key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        found = sniff(path, field)
        arguments = {
            "path": str(path),
            "field": field,
            "demuxer": found.demuxer,
            "media_type": found.media_type,
        }
        method = "picture" if found.kind is Kind.PICTURE else "streams"
        probe = Probe(**await self._workers.call(method, arguments, timeout_seconds=_TIMEOUT_SECONDS))
        if key is not None:
            self._known[key] = probe
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return probe

    async def want(self, path: Path, field: str, *kinds: Kind, key: Hashable = None) -> Probe:
        """As `probe`, and refuses what is not of one of `kinds`.

        Raises:
            InvalidArgument: see `probe`; or it is another kind of media than the field wants.
        """
        probe = await self.probe(path, field, key)
        if probe.kind not in kinds and not (Kind.SOUND in kinds and probe.audio_codec):
            wanted = " or ".join(kind.value for kind in kinds)
            raise InvalidArgument((field, f"must be a {wanted}; this one is a {probe.kind.value}"))
        return probe

    async def close(self) -> None:
        """Ends the worker processes, if they are its own."""
        if self._is_own:
            await self._workers.close()


async def probe(path: Path, field: str = "asset") -> Probe:
    """Measures one file in a worker process started for it alone. A server keeps a `Prober` instead.

    Raises:
        InvalidArgument: see `Prober.probe`.
    """
    prober = Prober()
    try:
        return await prober.probe(path, field)
    finally:
        await prober.close()
