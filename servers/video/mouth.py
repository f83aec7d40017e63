"""The embedded talking head: a portrait whose mouth moves with the sound's energy, on any machine, no model.

It knows nothing of faces: it takes what stands out from the picture's border for the head, and the lower
third of it for the mouth; `provider_params["face"]` says better where the face is.
"""

from __future__ import annotations

import importlib.util
import os
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from reelmesh.common.v1.asset_pb2 import MediaFacts
from reelmesh.common.v1.engine_pb2 import MISSING_KIND_EXTRA, Missing
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.video.v1 import video_pb2
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.errors import FailedPrecondition, InvalidArgument
from servers.chassis.media import commands, formats
from servers.chassis.media.probe import Prober
from servers.chassis.worker import Returned, WorkerPool, relay
from servers.video import variants
from servers.video.record import Record

_VERSION = "2"
_CONCURRENCY = 2
_MEMORY_BYTES = 4 * 1024**3
_PACKAGES = {"cv2": "opencv-python-headless", "numpy": "numpy", "PIL": "pillow"}
_PIXELS_PER_SECOND = 30e6
_MOST_SECONDS = 120
_PARAMS = {"face", "sway"}


class MouthProvider(Engine):
    """Makes a portrait speak: the mouth opens with the sound, the eyes blink, the head sways a little."""

    name = "mouth"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._workers = WorkerPool(
            "servers.video.mouth_worker", size=_CONCURRENCY, memory_bytes=_MEMORY_BYTES
        )
        self._prober = Prober()
        self._record = Record()

    def describe(self) -> Description:
        """See `Engine.describe`."""
        return Description(
            description="a portrait whose mouth moves with the sound's energy; no model, no real lip-sync",
            version=_VERSION,
            capabilities=("first-frame", "seed", "talking-head"),
            license="MIT",
        )

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`."""
        lacking = [
            Missing(kind=MISSING_KIND_EXTRA, name=package, remedy='pip install "reelmesh[mesh]"')
            for module, package in _PACKAGES.items()
            if importlib.util.find_spec(module) is None
        ]
        try:
            commands.executable()
        except FailedPrecondition:
            lacking.append(Missing(kind=MISSING_KIND_EXTRA, name="imageio-ffmpeg", remedy=commands.REMEDY))
        return lacking

    def provider(self) -> video_pb2.Provider:
        """What routing knows of it; see `listing.IsProvider`."""
        told = video_pb2.Provider(
            health=video_pb2.PROVIDER_HEALTH_SERVING,
            running=self._record.running,
            concurrency=_CONCURRENCY,
            statistics=self._record.statistics(),
        )
        told.capabilities.min_duration.FromMilliseconds(500)
        told.capabilities.max_duration.FromSeconds(_MOST_SECONDS)
        told.capabilities.cancel = True
        told.capabilities.progress = True
        return told

    def serves(self, request: Message) -> bool:
        """Whatever has a portrait and a sound."""
        assert isinstance(request, video_pb2.GenerateRequest)
        allowed = not request.routing.allow or self.name in request.routing.allow
        return allowed and not _refusals(request)

    def resolve(self, request: video_pb2.GenerateRequest) -> Resolved[video_pb2.GenerateRequest]:
        """See `Engine.resolve`. A request without a length gets that of its sound."""
        if refusals := _refusals(request):
            raise InvalidArgument(*refusals)
        filled = video_pb2.GenerateRequest()
        filled.CopyFrom(request)
        variants.settle(filled)
        if not request.HasField("duration") and request.driving_audio.facts.HasField("duration"):
            filled.duration.CopyFrom(request.driving_audio.facts.duration)
        filled.width_pixels = request.width_pixels or 1080
        filled.height_pixels = request.height_pixels or 1920
        filled.frames_per_second = request.frames_per_second or 30.0
        seconds = filled.duration.ToNanoseconds() / 1e9 or 10.0
        pixels = filled.width_pixels * filled.height_pixels * seconds * filled.frames_per_second
        return Resolved(
            filled,
            version=f"{_VERSION}-{commands.version()}",
            cacheable=request.HasField("seed"),
            expected_seconds=1.0 + pixels / _PIXELS_PER_SECOND,
        )

    async def run(self, request: video_pb2.GenerateRequest, work: WorkContext) -> AsyncIterator[Message]:
        """See `Engine.run`."""
        with self._record.clip():
            yield Progress(stage="loading")
            seed = request.seed if request.HasField("seed") else random.SystemRandom().getrandbits(31)
            picture = await work.path(request.first_frame, "first_frame")
            if formats.sniff(picture, "first_frame").kind is not formats.Kind.PICTURE:
                raise InvalidArgument(("first_frame", "must be a PNG, JPEG or WebP picture"))
            sound = await work.path(request.driving_audio, "driving_audio")
            heard = await self._prober.want(sound, "driving_audio", formats.Kind.SOUND, formats.Kind.VIDEO)
            rate = Fraction(request.frames_per_second).limit_denominator(1001)
            seconds, warnings = _seconds(request, heard.duration)
            frames = max(1, round(seconds * rate))
            clip = work.scratch / "clip.mp4"
            limit = 60.0 + 20 * request.width_pixels * request.height_pixels * frames / _PIXELS_PER_SECOND
            arguments = {**_shot(request, seed, rate, frames), "picture": str(picture), "path": str(clip)}
            arguments |= {"sound": str(sound), "demuxer": formats.sniff(sound, "driving_audio").demuxer}
            async for item in relay(
                lambda report: self._workers.call(
                    "speak", arguments, timeout_seconds=limit, on_progress=report
                )
            ):
                if not isinstance(item, Returned):
                    yield Progress(stage="encoding", fraction=item["fraction"])
            result = await _stored(request, work, clip, frames, rate)
            result.provenance.seed = seed
            result.provenance.warnings.extend([*warnings, *_passed_over(request)])
            yield result

    async def close(self) -> None:
        """Ends the worker processes."""
        await self._workers.close()
        await self._prober.close()


async def _stored(
    request: video_pb2.GenerateRequest, work: WorkContext, clip: Path, frames: int, rate: Fraction
) -> video_pb2.GenerateResult:
    result = video_pb2.GenerateResult()
    result.duration.FromNanoseconds(int(frames * 1_000_000_000 / rate))
    facts = MediaFacts(
        width_pixels=request.width_pixels,
        height_pixels=request.height_pixels,
        duration=result.duration,
        frames_per_second=float(rate),
        video_codec="h264",
        audio_codec="aac",
        sample_rate_hertz=48000,
        channels=1,
    )
    result.clip.CopyFrom(await work.store(clip, "video/mp4", facts))
    return result


def _seconds(request: video_pb2.GenerateRequest, heard: float) -> tuple[float, list[str]]:
    """How long the clip lasts: as long as the sound, unless a shorter length is asked for."""
    wanted = request.duration.ToNanoseconds() / 1e9 if request.HasField("duration") else heard
    seconds = min(wanted, heard, float(_MOST_SECONDS))
    lines = []
    if seconds < wanted - 0.05:
        lines.append(
            f"the clip lasts {seconds:.1f} s, not {wanted:.1f} s: no longer than the sound, nor 120 s"
        )
    return seconds, lines


def _shot(request: video_pb2.GenerateRequest, seed: int, rate: Fraction, frames: int) -> dict[str, Any]:
    params = request.provider_params
    face = [float(part) for part in params["face"].split(",")] if "face" in params else None
    return {
        "width": request.width_pixels,
        "height": request.height_pixels,
        "rate": str(rate),
        "frames": frames,
        "face": face,
        "sway": params.get("sway", "on") == "on",
        "seed": seed,
        "threads": max(1, min(4, os.cpu_count() or 1)),
    }


def _refusals(request: video_pb2.GenerateRequest) -> list[tuple[str, str]]:
    """What it can not do of what is asked for: (field, rule)."""
    found: list[tuple[str, str]] = []
    if not request.HasField("driving_audio"):
        found.append(("driving_audio", "must be given: this provider makes talking heads"))
    if not request.HasField("first_frame"):
        found.append(("first_frame", "must be given: the portrait that speaks"))
    for field in ("last_frame", "model"):
        if request.HasField("last_frame") if field == "last_frame" else request.model:
            found.append((field, "must be unset: this provider does not know it"))
    for field in ("width_pixels", "height_pixels"):
        if getattr(request, field) % 2:
            found.append((field, "must be even"))
    params = request.provider_params
    if "face" in params and not _is_face(params["face"]):
        rule = 'must be "x,y,width": the middle and width of the face in shares of the frame, 0 to 1'
        found.append(('provider_params["face"]', rule))
    if params.get("sway", "on") not in ("on", "off"):
        found.append(('provider_params["sway"]', "must be on or off"))
    return found


def _is_face(text: str) -> bool:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        return False
    return len(numbers) == 3 and all(0 <= number <= 1 for number in numbers) and numbers[2] > 0.02


def _passed_over(request: video_pb2.GenerateRequest) -> list[str]:
    lines = [
        f"{name} was passed over: the mouth provider only lets the portrait speak"
        for name, given in (
            ("prompt", request.prompt),
            ("negative_prompt", request.negative_prompt),
            ("loop", request.loop),
        )
        if given
    ]
    unknown = sorted(set(request.provider_params) - _PARAMS)
    if unknown:
        lines.append(f"provider_params passed over: {', '.join(unknown)[:200]}")
    return lines
