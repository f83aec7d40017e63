"""Clips from vendors: downloaded at once, checked, brought to the length, size and rate asked for."""

from __future__ import annotations

import asyncio
import contextlib
from fractions import Fraction
from pathlib import Path

import httpx

from reelmesh.common.v1.asset_pb2 import MediaFacts
from reelmesh.video.v1.video_pb2 import GenerateRequest
from servers.chassis.errors import Fault, InvalidArgument
from servers.chassis.http import Http, NoAnswer, NotAllowed, NotSent
from servers.chassis.media import commands, ffmpeg
from servers.chassis.media.formats import Kind as MediaKind
from servers.chassis.media.formats import sniff
from servers.chassis.media.probe import Probe, Prober
from servers.video.fitting import asked_seconds
from servers.video.vendor import Finished, Kind, Trouble

MOST_BYTES = 2 * 2**30
MOST_SECONDS = 1800.0
_TRIES = 4
_SHORTEST_SHARE = 0.8
"""A clip that is shorter than this share of what was ordered is no good."""
_GONE = (401, 403, 404, 410)
"""Answers of a link that has expired; asking the vendor again gives a fresh one."""


PICTURE = (
    *("-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-color_range", "tv"),
    *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"),
)
"""How ffmpeg encodes the frames of a clip."""
FILE = ("-map_metadata", "-1", "-bitexact", "-movflags", "+faststart", "-f", "mp4")
"""How it writes the file; its name follows."""


class Gone(Exception):
    """The link is no longer good."""


class Later(Exception):
    """The clip's host does not answer, or breaks off: the clip is paid for, so it is asked again."""


class Bad(Exception):
    """What the vendor made is no good."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.trouble = Trouble(Kind.BAD_OUTPUT, message)


async def fetch(finished: Finished, http: Http, path: Path) -> None:
    """Downloads a clip into a file, going on from what is there when the connection breaks.

    Raises:
        Gone: the link has expired.
        Later: its host does not answer, or breaks off again and again.
        Bad: it is larger than any clip, or lies where nothing may be fetched from.
    """
    if not finished.url:
        raise Gone
    said = ""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(MOST_SECONDS):
            for attempt in range(_TRIES):
                if attempt:
                    await asyncio.sleep(0.5 * 2**attempt)
                try:
                    if await _more(finished, http, path):
                        return
                    said = "it broke off"
                except NotAllowed as error:
                    raise Bad(f"the clip can not be downloaded: {http.redacted(str(error))}") from error
                except (NotSent, NoAnswer, httpx.HTTPError) as error:
                    said = http.redacted(str(error) or type(error).__name__)
    raise Later(f"the clip can not be downloaded: {said or 'it takes too long'}")


async def _more(finished: Finished, http: Http, path: Path) -> bool:
    """One download from where the file ends. True: it is whole."""
    offset = await asyncio.to_thread(_size, path)
    async with http.download(finished.url, finished.headers, offset=offset) as response:
        if response.status_code in _GONE:
            raise Gone
        if response.status_code == 416 and offset:  # nothing behind what is there
            return True
        if response.status_code not in (200, 206):
            raise NoAnswer(f"the clip's host answered {response.status_code}")
        if response.status_code == 200:
            offset = 0  # it does not know ranges
        told = response.headers.get("content-length", "")
        expected = (
            offset + int(told) if told.isdigit() and "content-encoding" not in response.headers else None
        )
        if expected is not None and expected > MOST_BYTES:
            raise Bad(f"the clip is said to have {expected} bytes")
        size = offset
        with path.open("r+b" if offset else "wb") as file:
            file.seek(offset)
            async for chunk in response.aiter_bytes():
                size += len(chunk)
                if size > MOST_BYTES:
                    raise Bad(f"the clip has more than {MOST_BYTES} bytes")
                await asyncio.to_thread(file.write, chunk)
    return expected is None or size >= expected


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


async def check(path: Path, ordered: Fraction, prober: Prober) -> Probe:
    """Measures a downloaded clip.

    Raises:
        Bad: it is no video, or much shorter than ordered.
    """
    try:
        probe = await prober.want(path, "clip", MediaKind.VIDEO)
    except InvalidArgument as fault:
        raise Bad(f"what came is no video: {fault.message}") from fault
    if probe.duration < float(ordered) * _SHORTEST_SHARE:
        raise Bad(f"the clip lasts {probe.duration:.1f} s of the {float(ordered):g} s that were ordered")
    return probe


def filling(width: int, height: int) -> str:
    """ffmpeg's filters that scale a picture to cover a size and crop what stands over."""
    return (
        f"scale={width}:{height}:force_original_aspect_ratio=increase:flags=lanczos,"
        f"crop={width}:{height},setsar=1"
    )


async def suit(path: Path, probe: Probe, request: GenerateRequest, out: Path) -> MediaFacts:
    """Trims and scales a clip to what was asked for; its sound is kept.

    Raises:
        Bad: it can not be decoded.
    """
    seconds = min(float(asked_seconds(request)), probe.duration)
    width, height = request.width_pixels, request.height_pixels
    rate = Fraction(request.frames_per_second).limit_denominator(1001)
    filters = f"{filling(width, height)},fps={rate.numerator}/{rate.denominator},format=yuv420p"
    arguments = (
        *commands.source(path, sniff(path, "clip").demuxer),
        *("-map", "0:v:0", "-map", "0:a:0?", "-t", f"{seconds:.6f}", "-vf", filters, "-fps_mode", "cfr"),
        *(*PICTURE, "-c:a", "aac", "-b:a", "160k", *FILE, f"file:{out}"),
    )
    try:
        await ffmpeg.run(arguments, timeout_seconds=600.0)
    except Fault as fault:
        raise Bad(f"the clip can not be decoded: {fault.message}") from fault
    facts = MediaFacts(
        width_pixels=width,
        height_pixels=height,
        frames_per_second=float(rate),
        video_codec="h264",
        audio_codec="aac" if probe.audio_codec else "",
        sample_rate_hertz=probe.sample_rate if probe.audio_codec else 0,
        channels=probe.channels if probe.audio_codec else 0,
    )
    facts.duration.FromNanoseconds(round(seconds * 1e9))
    return facts
