"""The compose server's quick methods: measuring media, and one picture out of it."""

from __future__ import annotations

import asyncio

from reelmesh.common.v1.asset_pb2 import Asset, MediaFacts
from reelmesh.compose.v1.compose_pb2 import ProbeRequest, ProbeResponse, ThumbnailRequest, ThumbnailResponse
from servers.chassis.assets import Assets
from servers.chassis.context import CallContext
from servers.chassis.engines import Engines
from servers.chassis.errors import Internal, InvalidArgument, OutOfRange, ResourceExhausted
from servers.chassis.media import commands, ffmpeg
from servers.chassis.media.formats import Kind, sniff
from servers.chassis.media.probe import Prober
from servers.compose.defaults import seconds
from servers.compose.fitting import within

_AT_ONCE = 2
_WAITING = 32
_DEFAULT_SIDE = 512
_THUMBNAIL_SECONDS = 60.0


class ComposeMethods:
    """Probe and Thumbnail."""

    def __init__(self, _: Engines, assets: Assets) -> None:
        self._assets = assets
        self._prober = Prober(size=_AT_ONCE)
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0

    async def Probe(self, request: ProbeRequest, context: CallContext) -> ProbeResponse:
        """See ComposeService.Probe."""
        path = await self._assets.path(context.owner, request.asset, "asset")
        await self._enter()
        try:
            probe = await self._prober.probe(path, "asset")
        finally:
            self._leave()
        size = (await asyncio.to_thread(path.stat)).st_size
        asset = Asset(
            digest=request.asset.digest, size_bytes=size, media_type=probe.media_type, facts=probe.facts()
        )
        return ProbeResponse(asset=asset, container=probe.container)

    async def Thumbnail(self, request: ThumbnailRequest, context: CallContext) -> ThumbnailResponse:
        """See ComposeService.Thumbnail."""
        path = await self._assets.path(context.owner, request.asset, "asset")
        await self._enter()
        try:
            probe = await self._prober.want(path, "asset", Kind.PICTURE, Kind.VIDEO)
            if not probe.video_codec:
                raise InvalidArgument(("asset", "must be a picture or a video; this one has sound alone"))
            at = seconds(request.at)
            if at and at >= probe.duration:
                raise OutOfRange(f"at: {at:g} s lies behind the end, {probe.duration:g} s")
            width, height = within(probe.width, probe.height, request.max_side_pixels or _DEFAULT_SIDE)
            async with self._assets.scratch("thumbnail") as folder:
                out = folder / "thumbnail.jpg"
                seek = ("-ss", f"{at:.6f}") if at else ()
                arguments = (
                    *commands.source(path, sniff(path).demuxer, "-threads", "1", *seek),
                    *("-map", "0:v:0", "-frames:v", "1", "-vf", f"scale={width}:{height}:out_range=pc"),
                    *("-pix_fmt", "yuvj420p", "-q:v", "3", "-bitexact", "-f", "image2", "-update", "1"),
                    f"file:{out}",
                )
                try:
                    await ffmpeg.run(arguments, timeout_seconds=_THUMBNAIL_SECONDS)
                except Internal as failed:
                    raise InvalidArgument(
                        ("asset", f"must be media that decodes; {failed.message}")
                    ) from None
                if not out.exists():
                    raise OutOfRange(f"at: there is no frame at {at:g} s")
                facts = MediaFacts(width_pixels=width, height_pixels=height)
                return ThumbnailResponse(
                    picture=await self._assets.store(context.owner, out, "image/jpeg", facts)
                )
        finally:
            self._leave()

    async def close(self) -> None:
        """Ends the worker processes."""
        await self._prober.close()

    async def _enter(self) -> None:
        if self._waiting >= _WAITING:
            raise ResourceExhausted("too many probes are under way", retry_after_seconds=1.0)
        self._waiting += 1
        try:
            await self._slots.acquire()
        except BaseException:
            self._waiting -= 1
            raise

    def _leave(self) -> None:
        self._waiting -= 1
        self._slots.release()
