"""The end card as one more scene."""

from __future__ import annotations

from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest

END_CARD = "end-card"
"""Id of the scene."""


def with_end_card(request: ComposeRequest) -> ComposeRequest:
    """The request with its end card as a last scene; the same where it has none.

    Args:
        request: with every default filled in.
    """
    if not request.HasField("end_card"):
        return request
    made = ComposeRequest()
    made.CopyFrom(request)
    card = made.end_card
    scene = made.scenes.add(id=END_CARD, transition=request.transition)
    scene.duration.CopyFrom(card.duration)
    scene.pause.SetInParent()
    scene.motion.kind = parts.MOTION_KIND_STILL
    scene.motion.amount = 0.0
    if card.HasField("picture"):
        scene.picture.CopyFrom(card.picture)
    return made
