"""The talking head as layers: where, when and in which shape it stands."""

from __future__ import annotations

from typing import Any

from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.chassis.worker import WorkerPool
from servers.compose.ass import frame_at
from servers.compose.defaults import seconds
from servers.compose.endcard import END_CARD
from servers.compose.materials import Moving
from servers.compose.picturing import clip_source, corner, even
from servers.compose.timeline import Timeline

_LOOK_SECONDS = 60.0
_LOOK_WIDTH = 192


async def avatar_layers(
    request: ComposeRequest, clip: Moving, timeline: Timeline, renderers: WorkerPool
) -> tuple[list[dict[str, Any]], list[str]]:
    """One layer for each time that it is shown, and what could not be done."""
    avatar, frame = request.avatar, (request.canvas.width_pixels, request.canvas.height_pixels)
    left, top, width, height = _rectangle(avatar, clip, frame)
    shown: dict[str, Any] = {
        "clip": clip_source(clip, (width, height), "cover", timeline, "#000000"),
        "round": avatar.shape == parts.AVATAR_SHAPE_ROUND,
        "ground": avatar.background,
    }
    warnings: list[str] = []
    if avatar.remove_background and not avatar.background:
        shown["ground"] = await _ground(clip, timeline, renderers)
        if not shown["ground"]:
            warnings.append("avatar.clip has no plain ground that could be taken away: it is shown whole")
    layers = [
        {**shown, "place": {"left": left, "top": top, "first": first, "end": end, "skip": first - began}}
        for began, first, end in _times(request, clip, timeline)
        if first < end
    ]
    return layers, warnings


def _rectangle(avatar: parts.Avatar, clip: Moving, frame: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, width and height, all even."""
    if avatar.shape == parts.AVATAR_SHAPE_FULL_SCREEN:
        return 0, 0, *frame
    width = even(avatar.size * frame[0])
    if avatar.shape == parts.AVATAR_SHAPE_RECTANGLE:
        height = even(width * clip.height / clip.width)
        if height > frame[1]:
            width, height = even(frame[1] * clip.width / clip.height), frame[1]
    else:
        width = height = min(width, even(frame[1]))
    margin = round(avatar.margin * min(frame))
    return *corner(avatar.anchor, margin, (width, height), frame), width, height


def _times(request: ComposeRequest, clip: Moving, timeline: Timeline) -> list[tuple[int, int, int]]:
    """For each time that it is shown: when its clip began, first frame and end, in frames of the film."""
    avatar, fps, whole = request.avatar, timeline.fps, timeline.frames
    shots = [shot for scene, shot in zip(request.scenes, timeline.shots, strict=True) if scene.id != END_CARD]
    if avatar.span == parts.AVATAR_SPAN_FIRST_SCENE:
        return [(0, 0, shots[0].end)]
    if avatar.span == parts.AVATAR_SPAN_LAST_SCENE:
        return [(shots[-1].start, shots[-1].start, shots[-1].end)]
    if avatar.ranges:
        ranges = [(seconds(one.start), seconds(one.end)) for one in avatar.ranges]
        return [(0, frame_at(start, fps), min(frame_at(end, fps), whole)) for start, end in ranges]
    first = frame_at(seconds(avatar.start), fps)
    length = max(1, int(clip.seconds * fps))
    end = frame_at(seconds(avatar.end), fps) if avatar.HasField("end") else first + length
    return [(first, first, min(end, whole))]


async def _ground(clip: Moving, timeline: Timeline, renderers: WorkerPool) -> str:
    """The colour of a plain ground behind the head; empty where there is none."""
    size = (_LOOK_WIDTH, even(_LOOK_WIDTH * clip.height / clip.width))
    source = clip_source(clip, size, "cover", timeline, "#000000")
    arguments = {"clip": source, "fps": str(timeline.fps)}
    made = await renderers.call("find_ground", arguments, timeout_seconds=_LOOK_SECONDS)
    return str(made["color"])
