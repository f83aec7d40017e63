"""Things shown for their own sake: on a pedestal, in studio light."""

from __future__ import annotations

import dataclasses

from servers.imagegen.painting.actors import act, cast_shadow
from servers.imagegen.painting.canvas import Canvas
from servers.imagegen.painting.cast import cast
from servers.imagegen.painting.geometry import ellipse, polygon
from servers.imagegen.painting.palette import mix, turned
from servers.imagegen.painting.scene import Scene
from servers.imagegen.painting.streams import Streams
from servers.imagegen.painting.things import Item, all_items, potted, put
from servers.imagegen.painting.window import box_path, indoors

_TONES = (
    ("#f0c9a4", "#e28f6a"),
    ("#bfd9d4", "#6fa8a0"),
    ("#d3cdea", "#8f84c0"),
    ("#f3d79a", "#dda24a"),
    ("#c9dbea", "#6f9cc4"),
    ("#efc4c4", "#cf7f86"),
)


def paint_studio(canvas: Canvas, scene: Scene, streams: Streams) -> None:
    """Paints what a scene names on pedestals before a plain ground."""
    draw = streams.place("studio")
    pale, strong = draw.choice(_TONES)
    night = canvas.palette.dark
    if night:
        pale, strong = mix(pale, "#1c2440", 0.72), mix(strong, "#1c2440", 0.5)
    canvas.palette = dataclasses.replace(
        indoors(canvas.palette, pale), haze=canvas.palette.haze if canvas.palette.ink else pale
    )
    ink = canvas.palette.ink
    if ink:
        pale, strong = canvas.palette.sky[2], "#b9b4a6"
    elif canvas.palette.silhouette or scene.time == "dusk":
        strong = mix(strong, "#7a3f5f", 0.3)
    tall = canvas.height > canvas.width
    floor = canvas.height * (0.63 if tall else 0.66)
    canvas.backdrop(((0.0, mix(strong, pale, 0.35)), (0.75, pale), (1.0, mix(pale, "#ffffff", 0.25))), floor)
    canvas.note("studio")
    canvas.sheet(0.9, "glow")
    middle, radius = canvas.width / 2, min(canvas.width * 0.43, canvas.height * 0.36)
    centre = floor - radius * 0.72
    canvas.disc(middle, centre, radius, mix(strong, pale, 0.35))
    canvas.disc(middle, centre, radius * 0.8, mix(strong, pale, 0.2))
    if not ink:
        canvas.glow(middle, centre, radius * 1.5, "#fff6e0", 0.55)
    canvas.sheet(0.7)
    side = draw.choice((-1, 1))
    arch = mix(pale, "#ffffff", 0.35)
    for share, wide, high in ((0.5 + side * 0.36, 0.2, 0.34), (0.5 - side * 0.4, 0.15, 0.2)):
        x, w, h = canvas.width * share, canvas.width * wide, canvas.height * high
        canvas.shape(_arch(x, floor, w, h), turned(arch, 0, 1, 0.97 if wide > 0.16 else 0.93))
    canvas.sheet(0.5)
    ground = mix(pale, strong, 0.3)
    canvas.shape(
        box_path(-60, floor, canvas.width + 120, canvas.height - floor + 60),
        canvas.gradient(
            ((0.0, mix(ground, "#ffffff", 0.3), 1.0), (1.0, mix(ground, strong, 0.55), 1.0)),
            floor,
            canvas.height,
        ),
    )
    if not ink:
        beam = [
            (middle - radius * 0.3, -10.0),
            (middle + radius * 0.3, -10.0),
            (middle + radius * 1.25, floor + 150),
            (middle - radius * 1.25, floor + 150),
        ]
        canvas.shape(polygon(beam), "#ffffff", 0.1)
    canvas.sheet(0.22)
    things = all_items(scene, streams, canvas)
    things += potted(scene, streams, canvas)
    _exhibit(canvas, things, pale, strong, floor, tall=tall)
    canvas.sheet(0.15, "breathe")
    roles = [dataclasses.replace(role, place="ground", size=role.size * 0.8) for role in cast(scene, streams)]
    act(canvas, scene, roles, streams.scene("stand"), lambda x: floor + canvas.height * 0.2, framed=True)


def _arch(x: float, y: float, wide: float, high: float) -> str:
    half = wide / 2
    return (
        f"M{x - half:.1f} {y:.1f}V{y - high + half:.1f}A{half:.1f} {half:.1f} 0 0 1 "
        f"{x + half:.1f} {y - high + half:.1f}V{y:.1f}Z"
    )


def _exhibit(canvas: Canvas, things: list[Item], pale: str, strong: str, floor: float, *, tall: bool) -> None:
    """The first thing on the pedestal in the middle, the others on lower ones beside it."""
    if not things:
        return
    reach = min(canvas.width, canvas.height * 1.1)
    middle = canvas.width / 2
    base = canvas.height * (0.715 if tall else 0.76)
    hero, rest = things[0], things[1:7]
    spots = [
        (-0.35, 0.035, 0.52),
        (0.35, 0.035, 0.52),
        (-0.27, 0.115, 0.42),
        (0.27, 0.115, 0.42),
        (-0.43, 0.13, 0.36),
        (0.43, 0.13, 0.36),
    ]
    # The farther ones first, so that the near ones stand before them.
    room = canvas.height * (0.3 if tall else 0.42)
    alone = 1.25 if not rest else 1.0
    _stand(
        canvas,
        hero,
        middle,
        base,
        reach * 0.27 * (1.15 if not rest else 1.0),
        canvas.height * 0.1,
        room * alone,
        reach * 0.52 * alone,
        pale,
        strong,
    )
    for one, (sx, sy, scale) in zip(rest, spots, strict=False):
        _stand(
            canvas,
            one,
            middle + reach * sx,
            base + canvas.height * sy,
            reach * 0.135,
            canvas.height * (0.045 if sy < 0.1 else 0.02),
            room * scale,
            reach * 0.27,
            pale,
            strong,
        )


def _stand(
    canvas: Canvas,
    one: Item,
    x: float,
    y: float,
    half: float,
    high: float,
    room: float,
    widest: float,
    pale: str,
    strong: str,
) -> None:
    """A round pedestal with its foot at y, and a thing on it."""
    flat = half * 0.17
    side, top = mix(pale, strong, 0.42), mix(pale, "#ffffff", 0.55)
    cast_shadow(canvas, x + half * 0.12, y + flat * 0.4, half * 1.25, turned(strong, 0, 1, 0.4))
    round_ = f"A{half:.1f} {flat:.1f} 0 0 0 {x + half:.1f} {y:.1f}V{y - high:.1f}Z"
    canvas.shape(f"M{x - half:.1f} {y - high:.1f}V{y:.1f}{round_}", side)
    shade = f"M{x + half * 0.35:.1f} {y - high:.1f}V{y + flat * 0.9:.1f}{round_}"
    canvas.shape(shade, turned(side, 0, 1, 0.9))
    canvas.shape(ellipse(x, y - high, half, flat), top)
    canvas.shape(ellipse(x, y - high, half * 0.92, flat * 0.9), mix(top, side, 0.16))
    lift = room * 0.16 if one.stands in ("air", "water") else 0.0
    cast_shadow(canvas, x, y - high + flat * 0.25, min(half * 0.8, widest * 0.45), turned(strong, 0, 1, 0.35))
    put(canvas, one, x, y - high + flat * 0.25 - lift, room, 0.0, widest=widest)
