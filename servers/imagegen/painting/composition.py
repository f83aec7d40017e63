"""From the words of a prompt to a picture, whole and in sheets."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from servers.imagegen.painting.afloat import paint_air, paint_space, paint_underwater
from servers.imagegen.painting.canvas import Canvas
from servers.imagegen.painting.interior import paint_interior
from servers.imagegen.painting.landscape import paint_landscape
from servers.imagegen.painting.palette import palette_of
from servers.imagegen.painting.portrait import is_portrait, paint_portrait
from servers.imagegen.painting.scene import Scene, plan
from servers.imagegen.painting.streams import Streams
from servers.imagegen.painting.street import paint_street
from servers.imagegen.painting.studio import paint_studio
from servers.imagegen.painting.tabletop import paint_tabletop


@dataclasses.dataclass(frozen=True)
class Picture:
    """A finished picture."""

    svg: str
    depicts: tuple[str, ...]
    """What is in it, most telling first."""
    sheets: tuple[tuple[str, float, str], ...]
    """The same in sheets, the farthest first: SVG, depth and motion (see `canvas.Sheet`)."""


def paint(
    prompt: str,
    setting: str,
    style: str,
    width: int,
    height: int,
    seed: int,
    place_seed: int | None = None,
    character_seed: int | None = None,
) -> Picture:
    """Paints a prompt. The same arguments always give the same picture.

    Args:
        prompt: what is to be seen.
        setting: further words on camera, light and mood.
        style: one of `palette.STYLES`.
        width: pixels.
        height: pixels.
        seed: draws all that the words leave open.
        place_seed: draws the place; None stands for `seed`.
        character_seed: draws the looks of people; None stands for `seed`.
    """
    streams = Streams(
        seed,
        seed if place_seed is None else place_seed,
        seed if character_seed is None else character_seed,
    )
    scene = plan(prompt, setting, streams.place("plan"))
    palette = palette_of(scene.time, scene.season, scene.weather, scene.mood, style, streams.place("palette"))
    canvas = Canvas(width, height, palette, shadows=style in ("paper-cut", "dusk"))
    if is_portrait(prompt, scene):
        paint_portrait(canvas, prompt, scene, streams)
    else:
        _PAINTERS[scene.kind](canvas, scene, streams)
    return Picture(canvas.svg(), _depicts(canvas, scene), tuple(canvas.sheets()))


_PAINTERS: dict[str, Callable[[Canvas, Scene, Streams], None]] = {
    "landscape": paint_landscape,
    "street": paint_street,
    "interior": paint_interior,
    "tabletop": paint_tabletop,
    "studio": paint_studio,
    "space": paint_space,
    "underwater": paint_underwater,
    "air": paint_air,
}


def _depicts(canvas: Canvas, scene: Scene) -> tuple[str, ...]:
    """What was asked for and has been drawn."""
    return tuple(name for name in scene.named if name in canvas.drawn)
