"""The contract's motions as moves of the camera."""

from __future__ import annotations

import hashlib

from reelmesh.compose.v1 import timeline_pb2 as parts

MOVES = {
    parts.MOTION_KIND_STILL: "still",
    parts.MOTION_KIND_ZOOM_IN: "zoom_in",
    parts.MOTION_KIND_ZOOM_OUT: "zoom_out",
    parts.MOTION_KIND_PAN_LEFT: "pan_left",
    parts.MOTION_KIND_PAN_RIGHT: "pan_right",
    parts.MOTION_KIND_PAN_UP: "rise",
    parts.MOTION_KIND_PAN_DOWN: "sink",
}
"""What servers.chassis.media.camera calls each kind."""

EASINGS = {
    parts.EASING_SOFT: "soft",
    parts.EASING_LINEAR: "linear",
    parts.EASING_IN: "in",
    parts.EASING_OUT: "out",
}
"""What servers.chassis.media.camera calls each easing."""

_CHOICE = tuple(kind for kind in MOVES if kind != parts.MOTION_KIND_STILL)


def move_of(seed: int, scene_id: str) -> parts.MotionKind.ValueType:
    """The kind of motion of a scene that asks for none, the same for the same seed and scene."""
    return _CHOICE[draw(seed, scene_id) % len(_CHOICE)]


def draw(seed: int, scene_id: str) -> int:
    """A number drawn from seed and scene, the same on every machine."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{scene_id}".encode()).digest()[:4], "big")
