"""The local diffusion provider: Stable Video Diffusion in the server's pool of models, no vendor, no bill."""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import AsyncIterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from reelmesh.common.v1.asset_pb2 import MediaFacts
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.video.v1 import video_pb2
from reelmesh.video.v1.video_pb2 import GenerateRequest, GenerateResult
from servers.chassis.engine import Resolved, WorkContext
from servers.chassis.errors import InvalidArgument
from servers.chassis.media import commands, ffmpeg, formats
from servers.chassis.models import options as loading
from servers.chassis.models.engine import ModelEngine
from servers.chassis.worker import Returned, relay
from servers.video import clips, rates, variants
from servers.video.diffusion.options import ClipOptions, DiffusersOptions
from servers.video.record import Record

RUNNER = "servers.video.diffusion.runner:ClipRunner"
_VERSION = "1"
_PARAMS = {"motion": (0, 255), "noise": (0, 10), "steps": (1, 500)}
"""Parameters that a request may give, with their bounds."""
_PIXELS_PER_SECOND = 3e6
"""Pixels that are interpolated in a second on a slow machine, for the bound of time."""


class DiffusersProvider(ModelEngine[ClipOptions]):
    """Lets a picture move as the model imagines it."""

    name = "diffusers"
    runner = RUNNER

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        told = DiffusersOptions(**settings)
        self.known = told.models
        self.named_only = told.named_only
        self._record = Record()

    def unnamed(self) -> ClipOptions:
        """See `ModelEngine.unnamed`."""
        return ClipOptions()

    def describe(self) -> Description:
        """See `Engine.describe`."""
        return Description(
            description="Stable Video Diffusion on this machine: a picture moves as the model imagines it",
            version=_VERSION,
            models=tuple(self.known),
            capabilities=("first-frame", "seed"),
            license="Apache-2.0; each model has its own",
        )

    def provider(self) -> video_pb2.Provider:
        """What routing knows of it; see `listing.IsProvider`."""
        told = video_pb2.Provider(
            health=video_pb2.PROVIDER_HEALTH_SERVING,
            running=self._record.running,
            concurrency=1,
            statistics=self._record.statistics(),
        )
        told.capabilities.min_duration.FromMilliseconds(500)
        told.capabilities.max_duration.FromSeconds(120)
        told.capabilities.cancel = True
        told.capabilities.progress = True
        return told

    def serves(self, request: Message) -> bool:
        """Whatever begins with a picture and needs nothing else."""
        assert isinstance(request, GenerateRequest)
        allowed = not request.routing.allow or self.name in request.routing.allow
        named = not request.model or request.model in self.known
        return allowed and bool(self.known) and named and not _refusals(request)

    def resolve(self, request: GenerateRequest) -> Resolved[GenerateRequest]:
        """See `Engine.resolve`. A request without a seed stays without one and is not to be remembered."""
        if refusals := _refusals(request):
            raise InvalidArgument(*refusals)
        name, options = self.model(request.model)
        full = GenerateRequest()
        full.CopyFrom(request)
        variants.settle(full)
        full.model = name
        if not request.HasField("duration"):
            full.duration.FromSeconds(4)
        full.width_pixels = request.width_pixels or 1080
        full.height_pixels = request.height_pixels or 1920
        full.frames_per_second = request.frames_per_second or 30.0
        told = [
            _VERSION,
            loading.libraries(),
            commands.version(),
            options.model_dump_json(exclude={"pinned", "warm", "license"}),
            loading.identity(options.source(name), options.revision),
        ]
        return Resolved(
            full,
            version=f"{_VERSION}-{hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]}",
            model=name,
            cacheable=request.HasField("seed"),
        )

    async def run(self, request: GenerateRequest, work: WorkContext) -> AsyncIterator[Message]:
        """See `Engine.run`."""
        with self._record.clip():
            yield Progress(stage="loading")
            name, options = self.model(request.model)
            seed = request.seed if request.HasField("seed") else random.SystemRandom().getrandbits(31)
            picture = await work.path(request.first_frame, "first_frame")
            if formats.sniff(picture, "first_frame").kind is not formats.Kind.PICTURE:
                raise InvalidArgument(("first_frame", "must be a PNG, JPEG or WebP picture"))
            arguments = _shot(request, options, seed, picture, work.scratch)
            made: dict[str, Any] = {}
            spec = self.spec(name, options)
            async for item in relay(
                lambda report: self.pool.run(spec, arguments, report, folder=work.scratch)
            ):
                if isinstance(item, Returned):
                    made = item.value
                    continue
                told = Progress(stage=item["stage"], fraction=item["fraction"], detail=item.get("detail", ""))
                if "preview" in item:
                    told.preview.CopyFrom(await work.store(Path(item["preview"]), "image/jpeg"))
                yield told
            yield Progress(stage="encoding", fraction=0.9)
            clip = work.scratch / "clip.mp4"
            await _encode(request, options, work.scratch, clip)
            yield await self._result(request, options, made, seed, clip, work)

    async def _result(
        self,
        request: GenerateRequest,
        options: ClipOptions,
        made: Mapping[str, Any],
        seed: int,
        clip: Path,
        work: WorkContext,
    ) -> GenerateResult:
        result = GenerateResult()
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
        size = (made["width"], made["height"])
        if size != (request.width_pixels, request.height_pixels):
            result.provenance.warnings.append(
                f"made at {size[0]}x{size[1]} and scaled to {request.width_pixels}x{request.height_pixels}"
            )
        result.provenance.warnings.extend(_passed_over(request))
        return result


def _shot(
    request: GenerateRequest, options: ClipOptions, seed: int, picture: Path, folder: Path
) -> dict[str, Any]:
    """What is filmed and how, as the runner takes it."""
    params = request.provider_params
    seconds = Fraction(request.duration.ToNanoseconds(), 1_000_000_000)
    return {
        "picture": picture,
        "folder": folder,
        "width": request.width_pixels,
        "height": request.height_pixels,
        "most_pixels": options.most_pixels,
        # One more than fit, so that there is a frame to move towards at the end.
        "frames": math.ceil(seconds * Fraction(options.frames_per_second)) + 1,
        "run_frames": options.frames,
        "rate": options.frames_per_second,
        "steps": int(params.get("steps", options.steps)),
        "guidance": options.guidance,
        "motion": int(params.get("motion", options.motion)),
        "noise": float(params.get("noise", options.noise)),
        "decode_chunk": options.decode_chunk,
        "seed": seed,
    }


async def _encode(request: GenerateRequest, options: ClipOptions, folder: Path, clip: Path) -> None:
    """Makes the clip of the frames: the rate asked for, then the size."""
    rate, count = rates.rate(request), rates.frames(request)
    told = f"{rate.numerator}/{rate.denominator}"
    between = {
        "motion": f"minterpolate=fps={told}:mi_mode=mci:mc_mode=aobmc:vsbmc=1",
        "blend": f"minterpolate=fps={told}:mi_mode=blend",
        "none": f"fps={told}",
    }[options.interpolation]
    # Interpolation stops short of the last frame: that one is held until the clip is as long as asked for.
    filters = (
        f"{between},tpad=stop=-1:stop_mode=clone,"
        f"{clips.filling(request.width_pixels, request.height_pixels)},format=yuv420p"
    )
    source = commands.source(
        folder / "%05d.png",
        "image2",
        "-framerate",
        str(Fraction(options.frames_per_second)),
        "-start_number",
        "0",
    )
    output = ("-vf", filters, "-frames:v", str(count), "-fps_mode", "cfr", *clips.PICTURE, *clips.FILE)
    seconds = 120 + count * min(options.most_pixels, request.width_pixels * request.height_pixels) / (
        _PIXELS_PER_SECOND / 10
    )
    await ffmpeg.run([*source, *output, f"file:{clip}"], timeout_seconds=seconds)


def _refusals(request: GenerateRequest) -> list[tuple[str, str]]:
    """What it can not do of what is asked for: (field, rule)."""
    found: list[tuple[str, str]] = []
    if not request.HasField("first_frame"):
        found.append(("first_frame", "must be given: this model begins with a picture"))
    if request.HasField("last_frame"):
        found.append(("last_frame", "must be unset: this model can not aim at a last picture"))
    if request.HasField("driving_audio"):
        found.append(("driving_audio", "must be unset: this model makes no talking heads"))
    for field in ("width_pixels", "height_pixels"):
        if getattr(request, field) % 2:
            found.append((field, "must be even"))
    for key, (least, most) in _PARAMS.items():
        given = request.provider_params.get(key)
        if given is not None and not _between(given, least, most, whole=key != "noise"):
            kind = "number" if key == "noise" else "whole number"
            found.append((f'provider_params["{key}"]', f"must be a {kind} from {least} to {most}"))
    return found


def _between(text: str, least: float, most: float, *, whole: bool) -> bool:
    try:
        return least <= (int(text) if whole else float(text)) <= most
    except ValueError:
        return False


def _passed_over(request: GenerateRequest) -> list[str]:
    """What was asked for and means nothing to the model, one line each."""
    asked = {
        "prompt": bool(request.prompt),
        "negative_prompt": bool(request.negative_prompt),
        "loop": request.loop,
    }
    lines = [
        f"{field} was passed over: the model does not take it" for field, given in asked.items() if given
    ]
    unknown = sorted(set(request.provider_params) - set(_PARAMS))
    if unknown:
        lines.append(f"provider_params passed over: {', '.join(unknown)[:200]}")
    return lines
