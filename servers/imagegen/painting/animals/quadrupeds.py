"""Four-legged animals, grown from one skeleton."""

from __future__ import annotations

import dataclasses

from servers.imagegen.painting.animals.body import Body
from servers.imagegen.painting.animals.builds import BUILDS
from servers.imagegen.painting.animals.features import back_of_head, head, mane, tail
from servers.imagegen.painting.animals.features import coat as markings
from servers.imagegen.painting.geometry import Figure


def quadruped(
    kind: str, pose: str = "stand", pitch: float = -8.0, *, young: bool = False, coat: str = ""
) -> Figure:
    """An animal of `BUILDS`, facing right.

    Args:
        kind: a key of `BUILDS`.
        pose: one of `POSES`.
        pitch: where the muzzle points, degrees above the horizontal.
        young: without antlers, mane and horns.
        coat: its colour, where the words give one.
    """
    build = BUILDS[kind]
    # A little compact, with a large head: what reads from afar, and pleases.
    build = dataclasses.replace(build, length=build.length * 0.88, head=build.head * 1.22)
    if coat:
        build = dataclasses.replace(build, coat=coat)
    if young:
        build = dataclasses.replace(
            build, marks=" ".join(set(build.marks.split()) - {"antlers", "mane", "horns"})
        )
    body = Body(build, pose)
    head_at, pitch = body.head_place(pitch)
    parts = [
        *tail(build, body),
        *body.far_legs(),
        *back_of_head(build, head_at, pitch),
        *body.neck(head_at),
        *body.torso(),
        *markings(build, body),
        *body.near_legs(),
        *mane(build, body, head_at),
        *head(build, head_at, pitch),
    ]
    return Figure(
        tuple(parts), build.length + build.rump + build.neck + build.head * 2, head_at[1] + build.head
    )
