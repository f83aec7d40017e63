"""What the recipe's steps share: the plan's names, the film's frame, and binding."""

from __future__ import annotations

from reelmesh.compose.v1 import timeline_pb2
from reelmesh.orchestrator.v1.graph_pb2 import Step
from reelmesh.orchestrator.v1.narrated_video_pb2 import NarratedVideo

PLAN = "plan"
"""Id of the step that gives the plan."""
SCENES = "plan.scenes"
DEFAULT_WIDTH_PIXELS = 1080
DEFAULT_HEIGHT_PIXELS = 1920
DEFAULT_FRAMES_PER_SECOND = 30.0


def canvas(video: NarratedVideo) -> timeline_pb2.Canvas:
    """The film's frame with size and rate filled in."""
    frame = timeline_pb2.Canvas()
    frame.CopyFrom(video.canvas)
    frame.width_pixels = frame.width_pixels or DEFAULT_WIDTH_PIXELS
    frame.height_pixels = frame.height_pixels or DEFAULT_HEIGHT_PIXELS
    frame.frames_per_second = frame.frames_per_second or DEFAULT_FRAMES_PER_SECOND
    return frame


def bind(step: Step, to: str, *sources: str) -> None:
    """Binds sources to a target; the last one that is set wins."""
    for source in sources:
        step.bindings.add(to=to, **{"from": source})
