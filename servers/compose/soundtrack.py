"""The film's sound as files: all of it, or what is spoken alone."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from pathlib import Path

from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.chassis.worker import WorkerPool
from servers.compose import sound
from servers.compose.codecs import codec
from servers.compose.materials import RATE, Materials, Moving, Sound
from servers.compose.picturing import clip_speed
from servers.compose.pieces import Workshop, digest
from servers.compose.timeline import Timeline


async def slow_down(request: ComposeRequest, found: Materials, timeline: Timeline, folder: Path) -> None:
    """Slows the own sound of clips that are slowed down."""
    for index, (scene, heard) in enumerate(zip(request.scenes, found.heard, strict=True)):
        clip = found.shown[index]
        if heard is None or not isinstance(clip, Moving):
            continue
        speed = clip_speed(scene, clip, timeline.shots[index], timeline)
        if speed < 1.0:
            out = folder / f"slow-{index:04d}.f32"
            found.heard[index] = Sound(out, await sound.slowed(heard.path, heard.samples, speed, out))


async def whole(request: ComposeRequest, mixed: sound.Mix, shop: Workshop, mixers: WorkerPool) -> Path:
    """The film's sound: as it was kept, where it would be the same."""
    loudness = None if request.keep_loudness else request.loudness_lufs
    bits, webm = request.output.audio_bits_per_second, codec(request.output).webm
    heard = await asyncio.to_thread(sound.fingerprint, mixed)
    settings = (loudness, bits, webm, request.preview)
    name = digest({"sound": heard, "settings": settings, "version": shop.version, "owner": shop.owner})
    out = shop.folder / f"sound-of-film{'.webm' if webm else '.m4a'}"
    if await asyncio.to_thread(shop.kept.take, name, out):
        return out
    made = await sound.make(
        mixed, shop.folder, loudness, bits, mixers, webm=webm, limited=not request.preview
    )
    await asyncio.to_thread(shop.kept.keep, name, made)
    return made


async def beginning(
    request: ComposeRequest, mixed: sound.Mix, seconds: Fraction, folder: Path, mixers: WorkerPool
) -> Path:
    """The sound of a preview's first seconds, at the loudness that these have: the rest is not mixed yet."""
    loudness = None if request.keep_loudness else request.loudness_lufs
    bits, samples = request.output.audio_bits_per_second, round(seconds * RATE)
    return await sound.make(
        mixed, folder, loudness, bits, mixers, name=f"sound-{samples}", limited=False, samples=samples
    )


async def narration(
    request: ComposeRequest, mixed: sound.Mix, folder: Path, mixers: WorkerPool
) -> Path | None:
    """What is spoken, alone; None where nothing is, or where it is not asked for."""
    if not request.output.narration_file or not mixed.spoken:
        return None
    alone = sound.Mix(mixed.samples, mixed.spoken, [], None, mixed.speech)
    loudness = None if request.keep_loudness else request.loudness_lufs
    bits = request.output.audio_bits_per_second
    return await sound.make(alone, folder, loudness, bits, mixers, name="narration")
