"""The embedded provider: a picture made to move by a camera that glides over it, on any machine."""

from __future__ import annotations

import importlib.util
import os
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from google.protobuf.message import Message

from reelmesh.common.v1.asset_pb2 import MediaFacts
from reelmesh.common.v1.engine_pb2 import MISSING_KIND_EXTRA, Missing
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.video.v1 import video_pb2
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.errors import InvalidArgument
from servers.chassis.media import camera, commands, formats
from servers.chassis.worker import Returned, WorkerPool, relay
from servers.video.record import Record
from servers.video.wording import atmosphere, camera_move

_VERSION = "1"
_CONCURRENCY = 2
_MEMORY_BYTES = 4 * 1024**3
_PACKAGES = {"cv2": "opencv-python-headless", "numpy": "numpy", "PIL": "pillow"}
_MOVES = ("zoom_in", "zoom_in", "zoom_out", "pan_left", "pan_right", "rise")
"""What the seed chooses from when the prompt says nothing of the camera."""
_PIXELS_PER_SECOND = 80e6
"""Frames' pixels that are warped and encoded in a second, on two slow cores."""
_AIRS = ("none", "rain", "snow", "motes")


class MotionProvider(Engine):
    """Moves the camera over a still picture, and lets rain, snow or motes of light drift through it."""

    name = "motion"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._workers = WorkerPool(
            "servers.video.motion_worker", size=_CONCURRENCY, memory_bytes=_MEMORY_BYTES
        )
        self._record = Record()

    def describe(self) -> Description:
        """See `Engine.describe`."""
        return Description(
            description="a picture made to move: an eased camera, and rain, snow or light in the air",
            version=_VERSION,
            languages=("en", "zh"),
            capabilities=("camera", "first-frame", "loop", "seed"),
            license="MIT",
        )

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`."""
        remedy = 'pip install "reelmesh[mesh]"'
        lacking = [
            Missing(kind=MISSING_KIND_EXTRA, name=package, remedy=remedy)
            for module, package in _PACKAGES.items()
            if importlib.util.find_spec(module) is None
        ]
        return [*lacking, *_missing_ffmpeg()]

    def provider(self) -> video_pb2.Provider:
        """What routing knows of it; see `listing.IsProvider`."""
        told = video_pb2.Provider(
            health=video_pb2.PROVIDER_HEALTH_SERVING,
            running=self._record.running,
            concurrency=_CONCURRENCY,
            statistics=self._record.statistics(),
        )
        told.capabilities.min_duration.FromMilliseconds(500)
        told.capabilities.max_duration.FromSeconds(120)
        told.capabilities.cancel = True
        told.capabilities.progress = True
        return told

    def serves(self, request: Message) -> bool:
        """Whatever begins with a picture and needs nothing else."""
        assert isinstance(request, video_pb2.GenerateRequest)
        allowed = not request.routing.allow or self.name in request.routing.allow
        return allowed and not _refusals(request)

    def resolve(self, request: video_pb2.GenerateRequest) -> Resolved[video_pb2.GenerateRequest]:
        """See `Engine.resolve`. A request without a seed stays without one and is not to be remembered."""
        if refusals := _refusals(request):
            raise InvalidArgument(*refusals)
        filled = video_pb2.GenerateRequest()
        filled.CopyFrom(request)
        if not request.HasField("duration"):
            filled.duration.FromSeconds(5)
        filled.width_pixels = request.width_pixels or 1080
        filled.height_pixels = request.height_pixels or 1920
        filled.frames_per_second = request.frames_per_second or 30.0
        pixels = filled.width_pixels * filled.height_pixels * _frames(filled)
        return Resolved(
            filled,
            version=f"{_VERSION}-{_ffmpeg_version()}",
            cacheable=request.HasField("seed"),
            expected_seconds=0.5 + pixels / _PIXELS_PER_SECOND,
        )

    async def run(self, request: video_pb2.GenerateRequest, work: WorkContext) -> AsyncIterator[Message]:
        """See `Engine.run`."""
        with self._record.clip():
            yield Progress(stage="loading")
            seed = request.seed if request.HasField("seed") else random.SystemRandom().getrandbits(31)
            picture = await work.path(request.first_frame, "first_frame")
            if formats.sniff(picture, "first_frame").kind is not formats.Kind.PICTURE:
                raise InvalidArgument(("first_frame", "must be a PNG, JPEG or WebP picture"))
            clip = work.scratch / "clip.mp4"
            arguments = {**_shot(request, seed), "picture": str(picture), "path": str(clip)}
            limit = (
                60.0
                + 20 * request.width_pixels * request.height_pixels * _frames(request) / _PIXELS_PER_SECOND
            )
            async for item in relay(
                lambda report: self._workers.call(
                    "film", arguments, timeout_seconds=limit, on_progress=report
                )
            ):
                if not isinstance(item, Returned):
                    yield Progress(stage="encoding", fraction=item["fraction"])
            result = video_pb2.GenerateResult()
            result.duration.FromNanoseconds(int(_frames(request) * 1_000_000_000 / _rate(request)))
            facts = MediaFacts(
                width_pixels=request.width_pixels,
                height_pixels=request.height_pixels,
                duration=result.duration,
                frames_per_second=float(_rate(request)),
                video_codec="h264",
            )
            result.clip.CopyFrom(await work.store(clip, "video/mp4", facts))
            result.provenance.seed = seed
            result.provenance.warnings.extend(_passed_over(request))
            yield result

    async def close(self) -> None:
        """Ends the worker processes."""
        await self._workers.close()


def _shot(request: video_pb2.GenerateRequest, seed: int) -> dict[str, Any]:
    """What is filmed and how, as the worker takes it."""
    params = request.provider_params
    draw = random.Random(f"motion {seed}")
    chosen = draw.choice(_MOVES)
    air = params.get("atmosphere", "") or atmosphere(request.prompt)
    return {
        "width": request.width_pixels,
        "height": request.height_pixels,
        "rate": str(_rate(request)),
        "frames": _frames(request),
        "move": params.get("camera", "") or camera_move(request.prompt) or chosen,
        # Longer clips go a little farther, so that the pace stays alike.
        "amount": min(0.28, 0.08 + 0.012 * request.duration.seconds),
        "air": "" if air == "none" else air,
        "loop": request.loop,
        "seed": seed,
        "threads": max(1, min(4, os.cpu_count() or 1)),
    }


def _rate(request: video_pb2.GenerateRequest) -> Fraction:
    """The frame rate as a fraction; 29.97 and its like become what they stand for."""
    for whole in (24, 30, 60, 120):
        if abs(request.frames_per_second - whole * 1000 / 1001) < 0.005:
            return Fraction(whole * 1000, 1001)
    return Fraction(request.frames_per_second).limit_denominator(1000)


def _frames(request: video_pb2.GenerateRequest) -> int:
    return max(1, round(request.duration.ToNanoseconds() * _rate(request) / 1_000_000_000))


def _refusals(request: video_pb2.GenerateRequest) -> list[tuple[str, str]]:
    """What it can not do of what is asked for: (field, rule)."""
    found: list[tuple[str, str]] = []
    if not request.HasField("first_frame"):
        found.append(("first_frame", "must be given: this provider moves the camera over a picture"))
    if request.HasField("last_frame"):
        found.append(("last_frame", "must be unset: this provider can not aim at a last picture"))
    if request.HasField("driving_audio"):
        found.append(("driving_audio", "must be unset: this provider makes no talking heads"))
    if request.model:
        found.append(("model", "must be empty: this provider has no models"))
    for field in ("width_pixels", "height_pixels"):
        if getattr(request, field) % 2:
            found.append((field, "must be even"))
    params = request.provider_params
    for key, known in (("camera", camera.KINDS), ("atmosphere", _AIRS)):
        if params.get(key, known[0]) not in known:
            found.append((f'provider_params["{key}"]', f"must be one of {', '.join(known)}"))
    return found


def _passed_over(request: video_pb2.GenerateRequest) -> list[str]:
    lines = []
    if request.negative_prompt:
        lines.append("negative_prompt was passed over: the motion provider adds nothing to the picture")
    unknown = sorted(set(request.provider_params) - {"camera", "atmosphere"})
    if unknown:
        lines.append(f"provider_params passed over: {', '.join(unknown)[:200]}")
    return lines


def _missing_ffmpeg() -> Sequence[Missing]:
    from servers.chassis.errors import FailedPrecondition

    try:
        commands.executable()
    except FailedPrecondition:
        return (Missing(kind=MISSING_KIND_EXTRA, name="imageio-ffmpeg", remedy=commands.REMEDY),)
    return ()


def _ffmpeg_version() -> str:
    return commands.version()
