"""The embedded provider: a picture made to move, with depth, on any machine.

A camera glides through the picture's layers, or over a guessed depth where it has none; clouds, water, trees
and figures move by themselves; and what the prompt speaks of is in the air. The work is done in a worker
process (`servers.video.motion_worker`).
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from reelmesh.common.v1.asset_pb2 import MediaFacts
from reelmesh.common.v1.engine_pb2 import MISSING_KIND_EXTRA, Missing
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.layer_pb2 import LayerMotion
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.video.v1 import video_pb2
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.errors import InvalidArgument
from servers.chassis.media import commands, formats
from servers.chassis.worker import Returned, WorkerPool, relay
from servers.video import rates, shot, variants
from servers.video.record import Record
from servers.video.wording import STIRS, atmosphere, camera_move, stirs

_VERSION = "2"
_CONCURRENCY = 2
_MEMORY_BYTES = 4 * 1024**3
_PACKAGES = {"cv2": "opencv-python-headless", "numpy": "numpy", "PIL": "pillow"}
_MOVES = ("zoom_in", "zoom_in", "zoom_out", "pan_left", "pan_right", "rise", "orbit")
"""What the seed chooses from when the prompt says nothing of the camera."""
_PIXELS_PER_SECOND = 45e6
"""Frames' pixels that are composed and encoded in a second, on two slow cores."""
_SECONDS_PER_LAYER = 0.3
_AIRS = ("none", "rain", "snow", "motes")


class MotionProvider(Engine):
    """Moves a camera through a picture's layers, and lets move in it what moves by itself."""

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
            description="a picture made to move with depth: parallax, water, clouds, weather, light",
            version=_VERSION,
            languages=("en", "zh"),
            capabilities=("camera", "first-frame", "layers", "loop", "seed"),
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
        variants.settle(filled)
        if not request.HasField("duration"):
            filled.duration.FromSeconds(5)
        filled.width_pixels = request.width_pixels or 1080
        filled.height_pixels = request.height_pixels or 1920
        filled.frames_per_second = request.frames_per_second or 30.0
        pixels = filled.width_pixels * filled.height_pixels * rates.frames(filled)
        return Resolved(
            filled,
            version=f"{_VERSION}-{fingerprint()}-{_ffmpeg_version()}",
            cacheable=request.HasField("seed"),
            expected_seconds=0.5 + _SECONDS_PER_LAYER * len(filled.layers) + pixels / _PIXELS_PER_SECOND,
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
            arguments = {
                **_shot(request, seed),
                "picture": str(picture),
                "layers": await _layers(request, work),
                "path": str(clip),
            }
            passed_over: list[str] = []
            limit = (
                60.0
                + 10 * len(request.layers)
                + 20
                * request.width_pixels
                * request.height_pixels
                * rates.frames(request)
                / _PIXELS_PER_SECOND
            )
            async for item in relay(
                lambda report: self._workers.call(
                    "film", arguments, timeout_seconds=limit, on_progress=report
                )
            ):
                if isinstance(item, Returned):
                    passed_over = item.value["passed_over"]
                else:
                    yield Progress(stage="encoding", fraction=item["fraction"])
            result = video_pb2.GenerateResult()
            result.duration.FromNanoseconds(int(rates.frames(request) * 1_000_000_000 / rates.rate(request)))
            facts = MediaFacts(
                width_pixels=request.width_pixels,
                height_pixels=request.height_pixels,
                duration=result.duration,
                frames_per_second=float(rates.rate(request)),
                video_codec="h264",
            )
            result.clip.CopyFrom(await work.store(clip, "video/mp4", facts))
            result.provenance.seed = seed
            result.provenance.warnings.extend([*_passed_over(request), *passed_over])
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
        "rate": str(rates.rate(request)),
        "frames": rates.frames(request),
        "move": params.get("camera", "") or camera_move(request.prompt) or chosen,
        # Longer clips go a little farther, so that the pace stays alike.
        "amount": min(0.32, 0.11 + 0.014 * request.duration.seconds),
        "air": air,
        "stirs": sorted(_stirs(request)),
        "loop": request.loop,
        "seed": seed,
        "threads": max(1, min(4, os.cpu_count() or 1)),
    }


def _stirs(request: video_pb2.GenerateRequest) -> frozenset[str]:
    named = request.provider_params.get("stirs")
    if named is None:
        return stirs(request.prompt)
    return frozenset(name for name in _listed(named) if name != "none")


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


async def _layers(request: video_pb2.GenerateRequest, work: WorkContext) -> list[dict[str, Any]]:
    """The layers as the worker takes them."""
    found = []
    for index, layer in enumerate(request.layers):
        field = f"layers[{index}].picture"
        path = await work.path(layer.picture, field)
        if formats.sniff(path, field) not in (formats.PNG, formats.WEBP):
            raise InvalidArgument((field, "must be a PNG or WebP picture"))
        motion = LayerMotion.Name(layer.motion).removeprefix("LAYER_MOTION_")
        found.append({"path": str(path), "depth": layer.depth, "motion": motion})
    return found


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
    for key, known in (("camera", shot.KINDS), ("atmosphere", _AIRS)):
        if params.get(key, known[0]) not in known:
            found.append((f'provider_params["{key}"]', f"must be one of {', '.join(known)}"))
    if not set(_listed(params.get("stirs", ""))) <= {*STIRS, "none"}:
        found.append(('provider_params["stirs"]', f"must be some of {', '.join(STIRS)}, or none"))
    return found


def _passed_over(request: video_pb2.GenerateRequest) -> list[str]:
    lines = []
    if request.negative_prompt:
        lines.append("negative_prompt was passed over: the motion provider adds nothing to the picture")
    unknown = sorted(set(request.provider_params) - {"camera", "atmosphere", "stirs"})
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


@functools.cache
def fingerprint() -> str:
    """Digest of what decides a clip, but for ffmpeg: this server's own source and the library that warps."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for source in [*sorted(here.glob("*.py")), here.parent / "chassis" / "media" / "camera.py"]:
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    for package in _PACKAGES.values():
        try:
            digest.update(importlib.metadata.version(package).encode())
        except importlib.metadata.PackageNotFoundError:
            digest.update(b"none")
    return digest.hexdigest()[:16]


def _ffmpeg_version() -> str:
    return commands.version()
