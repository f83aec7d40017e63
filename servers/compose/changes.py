"""The contract's transitions: their names for the worker processes, and chance resolved by seed."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration

from reelmesh.compose.v1 import timeline_pb2 as parts
from servers.compose.motions import draw
from servers.compose.timeline import Change

CHANGES = {
    parts.TRANSITION_KIND_CUT: Change.CUT,
    parts.TRANSITION_KIND_CROSSFADE: Change.CROSSFADE,
    parts.TRANSITION_KIND_FADE_BLACK: Change.FADE_BLACK,
    parts.TRANSITION_KIND_FADE_WHITE: Change.FADE_WHITE,
    parts.TRANSITION_KIND_FADE: Change.FADE,
    parts.TRANSITION_KIND_SLIDE: Change.SLIDE,
    parts.TRANSITION_KIND_PUSH: Change.PUSH,
    parts.TRANSITION_KIND_WIPE: Change.WIPE,
    parts.TRANSITION_KIND_ZOOM: Change.ZOOM,
    parts.TRANSITION_KIND_DISSOLVE: Change.DISSOLVE,
    parts.TRANSITION_KIND_CIRCLE: Change.CIRCLE,
    parts.TRANSITION_KIND_BLUR: Change.BLUR,
}
"""All but RANDOM, which becomes one of them."""

_DIRECTIONS = {
    parts.DIRECTION_LEFT: "left",
    parts.DIRECTION_RIGHT: "right",
    parts.DIRECTION_UP: "up",
    parts.DIRECTION_DOWN: "down",
}
_THROUGH = {parts.TRANSITION_KIND_FADE_BLACK: "#000000", parts.TRANSITION_KIND_FADE_WHITE: "#FFFFFF"}
_ANY = tuple(kind for kind in CHANGES if kind != parts.TRANSITION_KIND_CUT)
_MOVING = (parts.TRANSITION_KIND_SLIDE, parts.TRANSITION_KIND_PUSH, parts.TRANSITION_KIND_WIPE)


def settle(
    change: parts.Transition, seed: int, scene_id: str, before: parts.TransitionKind.ValueType
) -> None:
    """Fills in a transition's kind and direction where they are left to chance.

    Args:
        change: the transition; what it is made.
        seed: of the film.
        scene_id: of the scene that it leads into.
        before: the kind of the transition before, which is not drawn again where there is another.
    """
    if change.kind == parts.TRANSITION_KIND_RANDOM:
        choices = list(dict.fromkeys(change.choices)) or list(_ANY)
        others = [kind for kind in choices if kind != before] or choices
        chance = draw(seed, f"transition/{scene_id}")
        change.kind = others[chance % len(others)]
        if not change.direction:
            change.direction = list(_DIRECTIONS)[chance // 64 % len(_DIRECTIONS)]
        if change.kind == parts.TRANSITION_KIND_CUT:
            change.duration.CopyFrom(Duration())
    change.direction = change.direction or parts.DIRECTION_LEFT


def look(change: parts.Transition, seed: int, scene_id: str, background: str) -> dict[str, str | int]:
    """How a transition looks, for `transitions.Look`: only what its kind depends on."""
    if change.kind in _MOVING:
        return {"direction": _DIRECTIONS[change.direction]}
    if change.kind == parts.TRANSITION_KIND_DISSOLVE:
        return {"seed": draw(seed, f"clouds/{scene_id}")}
    if change.kind == parts.TRANSITION_KIND_FADE:
        return {"color": background}
    return {"color": _THROUGH[change.kind]} if change.kind in _THROUGH else {}
