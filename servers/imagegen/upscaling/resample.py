"""Plain resampling: Lanczos, in a worker process or by ffmpeg. No model, no GPU, no invented detail."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from typing import Any

from reelmesh.common.v1.engine_pb2 import Engine as Description
from servers.chassis.media import commands, ffmpeg
from servers.chassis.worker import WorkerPool
from servers.chassis.worker_main import Report
from servers.imagegen.upscaling import clips
from servers.imagegen.upscaling.engine import CAPABILITY, Enlarging, Upscaler

_VERSION = "1"
_MEMORY_BYTES = 4 * 1024**3
_PICTURE_SECONDS = 120.0
_CLIP_SECONDS = 3600.0


class ResampleEngine(Upscaler):
    """Enlarges by resampling."""

    name = "resample"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._workers = WorkerPool("servers.imagegen.fitting_worker", size=2, memory_bytes=_MEMORY_BYTES)

    def describe(self) -> Description:
        """See `Engine.describe`."""
        return Description(
            description="plain resampling (Lanczos): enlarges pictures and clips without inventing detail",
            version=_VERSION,
            capabilities=(CAPABILITY,),
            license="MIT",
        )

    def version_of(self, model: str) -> str:
        """See `Upscaler.version_of`."""
        return f"{_VERSION}/{importlib.metadata.version('pillow')}/{commands.version()}"

    async def enlarge(self, model: str, one: Enlarging, report: Report) -> None:
        """See `Upscaler.enlarge`."""
        if not one.is_clip:
            arguments = {
                "path": str(one.path),
                "out": str(one.out),
                "format": one.format,
                "width": one.width,
                "height": one.height,
            }
            await self._workers.call("fit", arguments, timeout_seconds=_PICTURE_SECONDS)
            return
        filters = (
            f"scale={one.width}:{one.height}:flags=lanczos:out_color_matrix=bt709:out_range=tv,"
            "setsar=1,format=yuv420p"
        )
        arguments_ = (
            *commands.source(one.path, one.demuxer),
            *("-map", "0:v:0", "-map", "0:a:0?", "-vf", filters, "-fps_mode", "passthrough"),
            *(*clips.PICTURE, *clips.sound(one.probe.audio_codec), *clips.FILE, f"file:{one.out}"),
        )
        length = max(one.probe.duration, 0.001)
        await ffmpeg.run(
            arguments_,
            timeout_seconds=_CLIP_SECONDS,
            on_progress=lambda seconds: report({"fraction": min(1.0, seconds / length)}),
        )

    async def close(self) -> None:
        """Ends its worker processes."""
        await self._workers.close()
        await super().close()
