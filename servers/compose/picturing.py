"""What the worker processes are told to draw: shots and layers as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.chassis.worker import WorkerPool
from servers.compose.ass import frame_at
from servers.compose.changes import look
from servers.compose.defaults import seconds
from servers.compose.fitting import filters, inside, within_cover
from servers.compose.materials import Materials, Moving, Still
from servers.compose.motions import EASINGS, MOVES, draw
from servers.compose.timeline import Piece, Shot, Timeline

Describe = Callable[[Piece], dict[str, Any]]
"""Describes what is seen in a piece."""

FITS = {parts.FIT_COVER: "cover", parts.FIT_CONTAIN: "contain", parts.FIT_BLUR_FILL: "blur_fill"}
_AFTER = {
    parts.CLIP_FIT_PING_PONG: "ping_pong",
    parts.CLIP_FIT_LOOP: "loop",
    parts.CLIP_FIT_SLOW: "freeze",
    parts.CLIP_FIT_FREEZE: "freeze",
}
"""How `clips.Clip` goes on behind a clip's last frame."""
_SLOWEST = 0.25
_LOGO_SECONDS = 60.0


def description(
    request: ComposeRequest, found: Materials, timeline: Timeline, layers: Sequence[Mapping[str, Any]]
) -> Describe:
    """A function that describes what is seen in a piece, in the piece's own time.

    Nothing that is not seen in a piece is in its description, and nothing tells where in the film it stands:
    so it changes only when its frames do.
    """
    canvas = request.canvas
    shown = [_shown(request, index, found.shown[index], timeline) for index in range(len(timeline.shots))]

    def describe(piece: Piece) -> dict[str, Any]:
        seen = [piece.shot] if piece.into is None else [piece.shot, piece.into]
        change = None if piece.into is None else _change(request, timeline, piece.into)
        return {
            "width": canvas.width_pixels,
            "height": canvas.height_pixels,
            "fps": str(timeline.fps),
            "frames": piece.end - piece.first,
            "shots": [
                {**shown[index], "since": piece.first - timeline.shots[index].shown_from} for index in seen
            ],
            "change": change,
            "layers": [cut for layer in layers if (cut := _within(layer, piece)) is not None],
        }

    return describe


def _within(layer: Mapping[str, Any], piece: Piece) -> dict[str, Any] | None:
    """The part of a layer that falls into a piece, in the piece's time."""
    place = layer["place"]
    first, end = max(place["first"], piece.first), min(place["end"], piece.end)
    if first >= end:
        return None
    # A logo looks the same however long it has been there; a clip and a bar do not.
    skip = place.get("skip", 0) + first - place["first"] if "clip" in layer or "bar" in layer else 0
    return {**layer, "place": {**place, "first": first - piece.first, "end": end - piece.first, "skip": skip}}


def _change(request: ComposeRequest, timeline: Timeline, into: int) -> dict[str, Any]:
    """How the shot before becomes a shot."""
    scene = request.scenes[into]
    looks = look(scene.transition, request.seed, scene.id, request.canvas.background)
    return {"kind": timeline.shots[into].change.value, **looks}


def pictures_band(request: ComposeRequest, found: Materials) -> tuple[int, int]:
    """The upper and the lower edge of what the pictures and clips fill of the frame at most."""
    canvas = request.canvas
    frame = (canvas.width_pixels, canvas.height_pixels)
    shown = [material for material in found.shown if material is not None]
    if canvas.fit == parts.FIT_COVER or not shown:
        return 0, frame[1]
    places = [inside(material.width, material.height, *frame) for material in shown]
    return min(top for _, top, _, _ in places), max(top + height for _, top, _, height in places)


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
        source = clip_source(material, size, FITS[canvas.fit], timeline, canvas.background)
        return {
            "clip": {
                **source,
                "after": _AFTER[scene.clip_fit],
                "speed": clip_speed(scene, material, shot, timeline),
            }
        }
    move: dict[str, Any] = {
        "kind": MOVES[scene.motion.kind],
        "amount": scene.motion.amount,
        "seed": draw(request.seed, scene.id),
    }
    around: dict[str, Any] = {"amount": scene.motion.amount}
    filmed = {**move, "easing": EASINGS[scene.motion.easing]}
    if canvas.fit != parts.FIT_COVER:
        # Only a picture that is shown whole is prepared for where the camera goes.
        around = move
    elif scene.motion.HasField("focus"):
        focus = scene.motion.focus
        around["focus"] = [focus.x, focus.y]
        frame = (canvas.width_pixels, canvas.height_pixels)
        filmed["focus"] = within_cover((focus.x, focus.y), (material.width, material.height), frame)
    picture = {
        "path": str(material.path),
        "digest": material.digest,
        "field": material.field,
        "width": canvas.width_pixels,
        "height": canvas.height_pixels,
        "fit": FITS[canvas.fit],
        "background": canvas.background,
        **around,
    }
    return {"still": {"picture": picture, "move": filmed, "frames": shot.shown_until - shot.shown_from}}


def clip_source(
    clip: Moving, size: tuple[int, int], fit: str, timeline: Timeline, background: str
) -> dict[str, Any]:
    """A clip for `clips.ClipSource`."""
    return {
        "path": str(clip.path),
        "digest": clip.digest,
        "demuxer": clip.demuxer,
        "frames": max(1, int(clip.seconds * timeline.fps)),
        "width": size[0],
        "height": size[1],
        "filters": filters(fit, *size, timeline.fps, background),
        "field": clip.field,
        "start": clip.start,
    }


def clip_speed(scene: parts.Scene, clip: Moving, shot: Shot, timeline: Timeline) -> float:
    """How fast a clip is played: less than 1 where it is slowed down to last as long as it is seen."""
    if scene.clip_fit != parts.CLIP_FIT_SLOW:
        return 1.0
    seen = float(timeline.at(shot.shown_until - shot.shown_from))
    return min(1.0, max(_SLOWEST, round(clip.seconds / seen, 6)))


async def logo_layer(
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
        "digest": logo.digest,
        "width": made["width"],
        "height": made["height"],
        "opacity": overlay.opacity,
        "place": {
            "left": left,
            "top": top,
            "first": frame_at(seconds(overlay.start), timeline.fps),
            "end": min(end, timeline.frames),
        },
    }
