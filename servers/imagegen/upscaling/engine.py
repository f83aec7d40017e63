"""What engines that enlarge have in common: which size is wanted, what is measured, what is stored."""

from __future__ import annotations

import dataclasses
import math
from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.imagegen.v1.imagegen_pb2 import UpscaleRequest, UpscaleResult
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.errors import InvalidArgument
from servers.chassis.media.formats import Kind, sniff
from servers.chassis.media.probe import Probe, Prober
from servers.chassis.worker import Returned, relay
from servers.chassis.worker_main import Report
from servers.imagegen import filling

CAPABILITY = "upscale"
MOST_SECONDS = 1800.0
"""The longest clip that is enlarged."""
_MOST_SIDE = 8192
_FACTOR = 2.0


@dataclasses.dataclass(frozen=True)
class Enlarging:
    """One picture or clip to be enlarged."""

    path: Path
    out: Path
    """Where the larger one goes."""
    probe: Probe
    demuxer: str
    width: int
    height: int
    """The size to make."""
    format: str
    """A picture's, as Pillow names it; "mp4" for a clip."""

    @property
    def is_clip(self) -> bool:
        """Whether it moves."""
        return self.probe.kind is Kind.VIDEO


class Upscaler(Engine):
    """An engine that enlarges, and does nothing else."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._prober = Prober()

    @abstractmethod
    async def enlarge(self, model: str, one: Enlarging, report: Report) -> None:
        """Writes the larger one to `one.out`. `report` takes {"fraction"}, of its own work.

        Raises:
            Fault: whatever goes wrong.
        """

    @abstractmethod
    def version_of(self, model: str) -> str:
        """`Resolved.version`."""

    def model_of(self, asked: str) -> str:
        """The model that a request means; "" where there is no choice.

        Raises:
            InvalidArgument: there is no such model.
        """
        if asked:
            raise InvalidArgument(("model", f"must be empty: {self.name} has no choice of models"))
        return ""

    def serves(self, request: Message) -> bool:
        """See `Engine.serves`."""
        return isinstance(request, UpscaleRequest)

    def resolve(self, request: Any) -> Resolved[UpscaleRequest]:
        """See `Engine.resolve`."""
        if not isinstance(request, UpscaleRequest):
            raise InvalidArgument(("engine", f'"{self.name}" enlarges pictures, it makes none'))
        full = UpscaleRequest()
        full.CopyFrom(request)
        if not (full.width_pixels or full.height_pixels or full.HasField("factor")):
            full.factor = _FACTOR
        full.model = self.model_of(request.model)
        return Resolved(full, version=self.version_of(full.model), model=full.model)

    async def run(self, request: UpscaleRequest, work: WorkContext) -> AsyncIterator[Message]:
        """See `Engine.run`."""
        if not request.HasField("asset"):
            yield UpscaleResult()
            return
        yield Progress(stage="measuring")
        path = await work.path(request.asset, "asset")
        probe = await self._prober.want(path, "asset", Kind.PICTURE, Kind.VIDEO)
        width, height = size_of(request, probe)
        if (width, height) == (probe.width, probe.height):
            yield UpscaleResult(asset=_told(request.asset, probe, width, height))
            return
        one = _enlarging(path, work.scratch, probe, width, height)
        async for item in relay(lambda report: self.enlarge(request.model, one, report)):
            if not isinstance(item, Returned):
                yield Progress(stage="enlarging", fraction=item["fraction"], detail=item.get("detail", ""))
        media_type = "video/mp4" if one.is_clip else probe.media_type
        stored = await work.store(one.out, media_type)
        if one.is_clip:
            probe = dataclasses.replace(probe, video_codec="h264")
        yield UpscaleResult(asset=_told(stored, probe, width, height))

    async def close(self) -> None:
        """Ends its worker processes."""
        await self._prober.close()


def size_of(request: UpscaleRequest, probe: Probe) -> tuple[int, int]:
    """The size that a request makes of a picture or clip; its own where it is large enough.

    Raises:
        InvalidArgument: it would be too large, or the clip is too long.
    """
    if request.HasField("factor"):
        scale = request.factor
    else:
        scale = max(request.width_pixels / probe.width, request.height_pixels / probe.height)
    if scale <= 1.0:
        return probe.width, probe.height
    field = "factor" if request.HasField("factor") else "width_pixels"
    width, height = max(1, round(probe.width * scale)), max(1, round(probe.height * scale))
    # Rounding may not make it smaller than what was asked for.
    width, height = max(width, request.width_pixels), max(height, request.height_pixels)
    if probe.kind is Kind.VIDEO:
        width, height = math.ceil(width / 2) * 2, math.ceil(height / 2) * 2
        if probe.duration > MOST_SECONDS:
            raise InvalidArgument(("asset", f"must be at most {MOST_SECONDS:g} s long to be enlarged"))
    if max(width, height) > _MOST_SIDE or width * height > filling.MOST_PIXELS:
        raise InvalidArgument(
            (field, f"makes {width}x{height} pixels: at most {filling.MOST_PIXELS} (7680x4320) are made")
        )
    return width, height


def _enlarging(path: Path, scratch: Path, probe: Probe, width: int, height: int) -> Enlarging:
    kind = "mp4" if probe.kind is Kind.VIDEO else probe.media_type.removeprefix("image/")
    demuxer = sniff(path, "asset").demuxer
    return Enlarging(path, scratch / f"larger.{kind}", probe, demuxer, width, height, kind)


def _told(asset: Asset, probe: Probe, width: int, height: int) -> Asset:
    """An asset with its facts."""
    told = Asset(digest=asset.digest, size_bytes=asset.size_bytes, media_type=asset.media_type)
    told.facts.CopyFrom(probe.facts())
    told.facts.width_pixels, told.facts.height_pixels = width, height
    return told
