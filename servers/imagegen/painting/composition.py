"""From the words of a prompt to a picture, whole and in sheets."""

from __future__ import annotations

import dataclasses

from servers.imagegen.painting.canvas import Canvas
from servers.imagegen.painting.landscape import paint_landscape
from servers.imagegen.painting.palette import palette_of
from servers.imagegen.painting.scene import plan
from servers.imagegen.painting.streams import Streams


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
    paint_landscape(canvas, scene, streams)
    return Picture(canvas.svg(), scene.named, tuple(canvas.sheets()))
