"""What the worker processes are told to draw: shots and layers as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.chassis.errors import InvalidArgument
from servers.chassis.worker import WorkerPool
from servers.compose.ass import frame_at
from servers.compose.defaults import seconds
from servers.compose.fitting import filters
from servers.compose.materials import Materials, Moving, Still
from servers.compose.motions import MOVES, draw
from servers.compose.timeline import Shot, Timeline

Describe = Callable[[int, int], dict[str, Any]]
"""Describes what is seen from one frame up to another, and only that."""

FITS = {parts.FIT_COVER: "cover", parts.FIT_CONTAIN: "contain", parts.FIT_BLUR_FILL: "blur_fill"}
_LOGO_SECONDS = 60.0
_AVATAR_MARGIN = 0.04
"""Share of the frame's shorter side."""


def description(
    request: ComposeRequest, found: Materials, timeline: Timeline, layers: Sequence[Mapping[str, Any]]
) -> Describe:
    """A function that describes what is seen from one frame up to another, and only that."""
    canvas = request.canvas
    shots = [
        {**_shown(request, index, found.shown[index], timeline), "place": _place(shot)}
        for index, shot in enumerate(timeline.shots)
    ]

    def between(first: int, end: int) -> dict[str, Any]:
        return {
            "width": canvas.width_pixels,
            "height": canvas.height_pixels,
            "fps": str(timeline.fps),
            "shots": [
                shown
                for shown, shot in zip(shots, timeline.shots, strict=True)
                if shot.shown_from < end and shot.shown_until > first
            ],
            "layers": [
                layer for layer in layers if layer["place"]["first"] < end and layer["place"]["end"] > first
            ],
        }

    return between


async def prepared_layers(
    request: ComposeRequest, found: Materials, timeline: Timeline, folder: Path, renderers: WorkerPool
) -> tuple[list[dict[str, Any]], list[str]]:
    """The talking head and the logos, each at its place, and what had to be left out."""
    layers: list[dict[str, Any]] = []
    warnings: list[str] = []
    if found.avatar is not None:
        layers.append(_avatar(request, found.avatar, timeline))
    for index, (overlay, logo) in enumerate(zip(request.overlays, found.logos, strict=True)):
        if logo is None:
            continue
        try:
            layers.append(
                await _logo(request, overlay, logo, timeline, folder / f"logo-{index}.npy", renderers)
            )
        except InvalidArgument as unreadable:
            warnings.append(f"left out: {unreadable.message}")
    return layers, warnings


def even(length: float) -> int:
    """The even number of pixels below a length; at least 2."""
    return max(2, int(length) // 2 * 2)


def corner(
    anchor: parts.Anchor.ValueType, margin: int, size: tuple[int, int], frame: tuple[int, int]
) -> tuple[int, int]:
    """Left and top of a layer, even, within the frame."""
    rooms = [max(0, whole - part) for whole, part in zip(frame, size, strict=True)]
    near = [min(margin, room // 2) for room in rooms]
    far = [room - side for room, side in zip(rooms, near, strict=True)]
    left = near[0] if anchor in (parts.ANCHOR_TOP_LEFT, parts.ANCHOR_BOTTOM_LEFT) else far[0]
    top = near[1] if anchor in (parts.ANCHOR_TOP_LEFT, parts.ANCHOR_TOP_RIGHT) else far[1]
    if anchor == parts.ANCHOR_CENTER:
        left, top = rooms[0] // 2, rooms[1] // 2
    return left // 2 * 2, top // 2 * 2


def _shown(
    request: ComposeRequest, index: int, material: Still | Moving | None, timeline: Timeline
) -> dict[str, Any]:
    canvas, scene, shot = request.canvas, request.scenes[index], timeline.shots[index]
    if material is None:
        return {"color": canvas.background}
    if isinstance(material, Moving):
        size = (canvas.width_pixels, canvas.height_pixels)
        return {"clip": _clip(material, size, FITS[canvas.fit], timeline, canvas.background)}
    return {
        "still": {
            "path": str(material.path),
            "field": material.field,
            "kind": MOVES[scene.motion.kind],
            "amount": scene.motion.amount,
            "seed": draw(request.seed, scene.id),
            "fit": FITS[canvas.fit],
            "background": canvas.background,
            "frames": shot.shown_until - shot.shown_from,
        }
    }


def _clip(
    clip: Moving, size: tuple[int, int], fit: str, timeline: Timeline, background: str
) -> dict[str, Any]:
    return {
        "path": str(clip.path),
        "demuxer": clip.demuxer,
        "frames": max(1, int(clip.seconds * timeline.fps)),
        "width": size[0],
        "height": size[1],
        "filters": filters(fit, *size, timeline.fps, background),
        "field": clip.field,
    }


def _place(shot: Shot) -> dict[str, Any]:
    return {**asdict(shot), "change": shot.change.value}


def _avatar(request: ComposeRequest, clip: Moving, timeline: Timeline) -> dict[str, Any]:
    avatar, frame = request.avatar, (request.canvas.width_pixels, request.canvas.height_pixels)
    width = even(avatar.size * frame[0])
    height = even(width * clip.height / clip.width)
    if height > frame[1]:
        width, height = even(frame[1] * clip.width / clip.height), frame[1]
    first = frame_at(seconds(avatar.start), timeline.fps)
    end = frame_at(seconds(avatar.end), timeline.fps) if avatar.HasField("end") else None
    end = first + max(1, int(clip.seconds * timeline.fps)) if end is None else end
    margin = round(_AVATAR_MARGIN * min(frame))
    left, top = corner(avatar.anchor, margin, (width, height), frame)
    return {
        "clip": _clip(clip, (width, height), "cover", timeline, "#000000"),
        "place": {"left": left, "top": top, "first": first, "end": min(end, timeline.frames)},
    }


async def _logo(
    request: ComposeRequest,
    overlay: parts.Overlay,
    logo: Still,
    timeline: Timeline,
    out: Path,
    renderers: WorkerPool,
) -> dict[str, Any]:
    frame = (request.canvas.width_pixels, request.canvas.height_pixels)
    arguments = {
        "path": str(logo.path),
        "field": logo.field,
        "width": even(overlay.size * frame[0]),
        "most_height": frame[1],
        "out": str(out),
    }
    made = await renderers.call("check_logo", arguments, timeout_seconds=_LOGO_SECONDS)
    margin = round(overlay.margin * min(frame))
    left, top = corner(overlay.anchor, margin, (made["width"], made["height"]), frame)
    end = frame_at(seconds(overlay.end), timeline.fps) if overlay.HasField("end") else timeline.frames
    return {
        "path": str(out),
        "lettering": True,
        "opacity": overlay.opacity,
        "place": {
            "left": left,
            "top": top,
            "first": frame_at(seconds(overlay.start), timeline.fps),
            "end": min(end, timeline.frames),
        },
    }
