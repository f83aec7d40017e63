"""The talking head as layers: where, when and in which shape it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.chassis.worker import WorkerPool
from servers.compose.ass import frame_at
from servers.compose.defaults import seconds
from servers.compose.endcard import END_CARD
from servers.compose.materials import Materials, Moving
from servers.compose.picturing import clip_source, corner, even
from servers.compose.timeline import Timeline

_LOOK_SECONDS = 60.0
_LOOK_WIDTH = 192


@dataclass(frozen=True)
class _Showing:
    """A clip, and a time that it is seen. Frames of the film."""

    clip: Moving
    began: int
    """When the clip's own time began."""
    first: int
    end: int
    after: str = "ping_pong"
    """How it goes on behind its last frame; see `clips.ClipSource`."""


async def avatar_layers(
    request: ComposeRequest, found: Materials, timeline: Timeline, renderers: WorkerPool
) -> tuple[list[dict[str, Any]], list[str]]:
    """One layer for each time that it is shown, and what could not be done."""
    avatar, frame = request.avatar, (request.canvas.width_pixels, request.canvas.height_pixels)
    showings = [one for one in _showings(request, found, timeline) if one.first < one.end]
    warnings: list[str] = []
    ground = avatar.background
    if showings and avatar.remove_background and not ground:
        ground = await _ground(showings[0].clip, timeline, renderers)
        if not ground:
            warnings.append(
                f"{showings[0].clip.field} has no plain ground that could be taken away: it is shown whole"
            )
    layers: list[dict[str, Any]] = []
    for one in showings:
        left, top, width, height = _rectangle(avatar, one.clip, frame)
        source = clip_source(one.clip, (width, height), "cover", timeline, "#000000")
        place = {"left": left, "top": top, "first": one.first, "end": one.end, "skip": one.first - one.began}
        layers.append(
            {
                "clip": {**source, "after": one.after},
                "round": avatar.shape == parts.AVATAR_SHAPE_ROUND,
                "ground": ground,
                "place": place,
            }
        )
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


def _showings(request: ComposeRequest, found: Materials, timeline: Timeline) -> list[_Showing]:
    if found.avatar is not None:
        return [
            _Showing(found.avatar, began, first, end)
            for began, first, end in _times(request, timeline, found.avatar)
        ]
    # A scene's clip begins with it, and its last frame fills the pause after the narration. Where it is not
    # wanted, its own time goes on unseen.
    return [
        _Showing(head, shot.start, max(first, shot.start), min(end, shot.end), "freeze")
        for shot, head in zip(timeline.shots, found.heads, strict=True)
        if head is not None
        for _, first, end in _times(request, timeline)
    ]


def _times(
    request: ComposeRequest, timeline: Timeline, clip: Moving | None = None
) -> list[tuple[int, int, int]]:
    """For each time that it is shown: when its clip began, first frame and end, in frames of the film.

    `clip`: the one that is given for the whole film; None: the scenes have their own.
    """
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
    end = whole if clip is None else first + max(1, int(clip.seconds * fps))
    if avatar.HasField("end"):
        end = frame_at(seconds(avatar.end), fps)
    return [(first, first, min(end, whole))]


async def _ground(clip: Moving, timeline: Timeline, renderers: WorkerPool) -> str:
    """The colour of a plain ground behind the head; empty where there is none."""
    size = (_LOOK_WIDTH, even(_LOOK_WIDTH * clip.height / clip.width))
    source = clip_source(clip, size, "cover", timeline, "#000000")
    arguments = {"clip": source, "fps": str(timeline.fps)}
    made = await renderers.call("find_ground", arguments, timeout_seconds=_LOOK_SECONDS)
    return str(made["color"])
