"""Figures and small things in a row: large, on the ground, turned to what matters, none before another."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from servers.imagegen.painting.canvas import Canvas
from servers.imagegen.painting.cast import Role
from servers.imagegen.painting.geometry import ellipse, extent
from servers.imagegen.painting.palette import mix
from servers.imagegen.painting.scene import Scene
from servers.imagegen.painting.things import Item, lifelike

Ground = Callable[[float], float]
"""Height of the ground (canvas y) at an x."""


def roles_of(things: Sequence[Item], *, scale: float = 1.0) -> list[Role]:
    """Things as members of the row of figures."""
    return [
        Role(one.figure, lifelike(one.tall) * scale / max(one.figure.height, 1.0), "ground", one.name)
        for one in things
    ]


def act(
    canvas: Canvas,
    scene: Scene,
    roles: Sequence[Role],
    draw: random.Random,
    ground: Ground,
    *,
    framed: bool = False,
    shade: str = "#20242c",
    room: tuple[float, float] | None = None,
    turned_left: bool | None = None,
) -> None:
    """Draws the figures of a row, evenly spread over `room` (x from, x to; else the canvas), smaller where
    they would not fit; those of a crowd stand behind it.
    """
    _watch(canvas, [role for role in roles if role.place == "behind"], draw, ground)
    leads = [role for role in roles if role.place in ("ground", "air")]
    if not leads:
        return
    if room is None:
        wide = min(canvas.width, canvas.height * 1.3) * (
            0.72 if len(leads) < 3 and canvas.width > canvas.height else 1.0
        )
        room = ((canvas.width - wide) / 2, (canvas.width + wide) / 2)
    wide = room[1] - room[0]
    looking = [_faces_left(scene, len(leads), index) for index in range(len(leads))]
    if turned_left is not None:
        looking = [turned_left] * len(leads)
    elif len(leads) == 1 and not framed and "river" not in scene.places:
        looking = [draw.random() < 0.35]
    sides = [_sides(role, flip=flip) for role, flip in zip(leads, looking, strict=True)]
    fit = min(1.0, wide * 0.93 / sum(right - left for left, right in sides))
    gap = (wide - fit * sum(right - left for left, right in sides)) / (len(leads) + 1)
    x = room[0] + gap * _leaning(scene, len(leads), draw, framed=framed)
    places: list[float] = []
    for left, right in sides:
        places.append(x - left * fit)
        x += (right - left) * fit + gap
    for index in sorted(range(len(leads)), key=lambda index: -leads[index].figure.height):
        role, x = leads[index], places[index]
        y = ground(x) + 26 + 16 * (index % 2)
        if role.place == "air":
            y -= canvas.height * (0.2 + 0.09 * abs(index - (len(leads) - 1) / 2) + draw.uniform(0.0, 0.05))
        elif "leap" in scene.actions and index == 0:
            y -= 46 * min(canvas.height / 1000, 1.5)
        else:
            middle = x + (sides[index][0] + sides[index][1]) / 2 * fit
            cast_shadow(canvas, middle, y, (sides[index][1] - sides[index][0]) * fit * 0.46, shade)
        canvas.figure(role.figure, x, y, role.size * fit, 0.0, flip=looking[index], name=role.name)
        canvas.note(*role.also)


def cast_shadow(canvas: Canvas, x: float, y: float, half: float, shade: str = "#20242c") -> None:
    """The shade on the ground below something."""
    if canvas.palette.ink:
        shade = mix(canvas.palette.haze, "#2e3130", 0.55)
    if half < 4:
        return
    canvas.shape(ellipse(x, y, half, max(half * 0.09, 4.0)), shade, 0.2)


def _leaning(scene: Scene, count: int, draw: random.Random, *, framed: bool) -> float:
    """How much of the gap before the first figure is kept: 1 is evenly spread, less is farther left."""
    if "river" in scene.places:
        return 0.3  # the river runs down at the right
    if count > 1:
        return 1.0
    return (1.0 if scene.kind != "landscape" else 0.45) if framed else draw.uniform(0.7, 1.3)


def _sides(role: Role, *, flip: bool) -> tuple[float, float]:
    """How far a figure reaches to the left and the right of its foot, in canvas units."""
    left, right = extent(role.figure)
    return (-right * role.size, -left * role.size) if flip else (left * role.size, right * role.size)


def _faces_left(scene: Scene, count: int, index: int) -> bool:
    """Two who meet face each other; who follows looks the same way as who leads; alone one looks right.

    The first who is spoken of stands at the left: it looks right at whom it follows, or leads the rest left.
    """
    if count == 1 or {"follow", "fly", "run"} & scene.actions:
        return False
    return "lead" in scene.actions or index >= (count + 1) // 2


def _watch(canvas: Canvas, roles: list[Role], draw: random.Random, ground: Ground) -> None:
    """A crowd behind the leads, smaller and paler."""
    for index, role in enumerate(roles):
        x = canvas.width * ((index + 0.5) / len(roles) + draw.uniform(-0.04, 0.04))
        y = ground(x) - canvas.height * draw.uniform(0.018, 0.03)
        canvas.figure(role.figure, x, y, role.size, 0.18, flip=x > canvas.width / 2, name=role.name)
