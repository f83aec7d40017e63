"""Scenes without ground: among the stars, under water, above the clouds."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Sequence

from servers.imagegen.painting.buildings import BUILDINGS
from servers.imagegen.painting.canvas import Canvas, Ridge
from servers.imagegen.painting.cast import cast
from servers.imagegen.painting.geometry import Point, ellipse, number, polygon, smooth
from servers.imagegen.painting.palette import mix, turned
from servers.imagegen.painting.props import PROPS, Look
from servers.imagegen.painting.scene import Scene
from servers.imagegen.painting.sky import paint_sky, paint_weather
from servers.imagegen.painting.streams import Streams, fork
from servers.imagegen.painting.things import Item, all_items, furnishing, potted, put

_GLOBES = ("earth", "planet", "moon globe", "comet", "satellite", "space station", "ufo", "sun")


def paint_space(canvas: Canvas, scene: Scene, streams: Streams) -> None:
    """Paints a scene among the stars."""
    draw = streams.place("space")
    hue = draw.choice(("#1a1440", "#0f1f47", "#27113d"))
    ink = canvas.palette.ink
    top, low = ("#3a3d42", "#8f8f88") if ink else ("#070a1c", hue)
    canvas.palette = dataclasses.replace(
        canvas.palette,
        light="#ffffff",
        strength=0.0,
        silhouette=0.0,
        haze=low if not ink else canvas.palette.haze,
    )
    canvas.backdrop(((0.0, top), (0.6, mix(top, low, 0.7)), (1.0, low)), canvas.height)
    canvas.note("space")
    canvas.sheet(0.98, "glow")
    for _ in range(4 if not ink else 0):
        x, y = draw.uniform(0, canvas.width), draw.uniform(0, canvas.height * 0.8)
        canvas.glow(x, y, draw.uniform(260, 520), draw.choice(("#7a4fb8", "#2f6fb8", "#b84f8a")), 0.34)
    for _ in range(round(150 * canvas.width * canvas.height / 1e6)):
        canvas.disc(
            draw.uniform(0, canvas.width),
            draw.uniform(0, canvas.height),
            draw.choice((1.2, 1.6, 2.2, 3.2)),
            "#fdf6e2",
            draw.uniform(0.4, 1.0),
        )
    canvas.note("stars")
    things = all_items(scene, streams, canvas)
    names = {one.name for one in things}
    if "moon" in scene.lights and "moon globe" not in names:
        moon = furnishing("moon globe", streams, canvas)
        things.append(Item("moon", moon.figure, 180, "air"))
    if "sun" in scene.lights:
        _sun(canvas, draw)
    globes = [one for one in things if one.name in _GLOBES or one.name == "moon"]
    rest = [one for one in things if one not in globes]
    if not globes:
        far = furnishing("planet", streams, canvas)
        put(canvas, far, canvas.width * 0.78, canvas.height * 0.3, 190, 0.3, shadow=False)
    canvas.sheet(0.7)
    _bodies(canvas, globes, alone=not rest and not scene.subjects)
    canvas.sheet(0.4)
    if rest or scene.subjects or scene.buildings:  # nobody is there to stand on it
        _surface(canvas, streams.place("ground"), "moon globe" in names or "moon" in scene.lights, ink=ink)
    _float(
        canvas,
        scene,
        streams,
        [*rest, *_built(scene, streams, canvas), *potted(scene, streams, canvas)],
        (0.16, 0.66),
    )


def _sun(canvas: Canvas, draw: random.Random) -> None:
    """The sun itself, at one side."""
    x, y = canvas.width * draw.choice((0.1, 0.9)), canvas.height * 0.14
    canvas.note("sun")
    if not canvas.palette.ink:
        for far, strength in ((620.0, 0.5), (330.0, 0.6)):
            canvas.glow(x, y, far, "#ffc65a", strength)
    canvas.disc(x, y, 190, "#f7a93c")
    canvas.disc(x, y, 172, "#fdc552")
    canvas.disc(x - 18, y + 10, 120, "#ffdf8a")


def _bodies(canvas: Canvas, globes: Sequence[Item], *, alone: bool) -> None:
    """Planets and satellites: the first largest."""
    reach = min(canvas.width, canvas.height)
    spots = [
        (0.5, 0.54, 0.56),
        (0.22, 0.24, 0.26),
        (0.8, 0.22, 0.24),
        (0.78, 0.68, 0.2),
        (0.2, 0.7, 0.18),
        (0.5, 0.14, 0.16),
    ]
    if not alone:
        spots[:3] = [(0.2, 0.7, 0.44), (0.8, 0.16, 0.26), (0.2, 0.18, 0.22)]
    for one, (sx, sy, size) in zip(globes, spots, strict=False):
        high = reach * size
        put(
            canvas,
            one,
            canvas.width * sx,
            canvas.height * sy + high * 0.4,
            high,
            0.05,
            widest=reach * size * 1.5,
            shadow=False,
        )


def _surface(canvas: Canvas, draw: random.Random, moon: bool, *, ink: bool) -> None:
    """The curve of a world close to the viewer, with craters."""
    colour = "#b9b4a8" if moon else draw.choice(("#8a6a7a", "#7a7f9a", "#a07a64"))
    if ink:
        colour = "#c9c4b6"
    wide = canvas.width
    top = canvas.height * 0.8
    points: list[Point] = [(-80, top + 60), (wide * 0.25, top + 8), (wide * 0.6, top), (wide + 80, top + 66)]
    d = (
        smooth(points, closed=False)
        + f"L{number(wide + 80)} {number(canvas.height + 60)}L-80 {number(canvas.height + 60)}Z"
    )
    canvas.shape(
        d,
        canvas.gradient(
            (
                (0.0, mix(colour, "#ffffff", 0.25), 1.0),
                (0.3, colour, 1.0),
                (1.0, turned(colour, 0, 1, 0.5), 1.0),
            ),
            top,
            canvas.height,
        ),
    )
    for _ in range(9):
        x, y = draw.uniform(0, wide), draw.uniform(top + 50, canvas.height)
        r = draw.uniform(24, 80) * (0.5 + (y - top) / (canvas.height - top))
        canvas.shape(ellipse(x, y, r, r * 0.3), turned(colour, 0, 1, 0.62), 0.8)
        canvas.shape(ellipse(x, y + r * 0.06, r * 0.86, r * 0.22), turned(colour, 0, 1, 0.74), 0.9)


def paint_underwater(canvas: Canvas, scene: Scene, streams: Streams) -> None:
    """Paints a scene under water."""
    draw = streams.place("water")
    ink, dark = canvas.palette.ink, canvas.palette.dark
    tones = ("#8fdcdc", "#2f8fb4", "#10466e") if not dark else ("#2f6f8f", "#174a70", "#0a2344")
    if ink:
        tones = ("#eef0ea", "#c3cac8", "#8d9694")
    deep = mix(tones[1], tones[2], 0.4)
    canvas.palette = dataclasses.replace(
        canvas.palette,
        light="#d6f0f2",
        strength=0.5,
        silhouette=0.0,
        haze=deep if not ink else canvas.palette.haze,
    )
    canvas.backdrop(((0.0, tones[0]), (0.4, tones[1]), (1.0, tones[2])), canvas.height)
    canvas.note("underwater", "sea")
    canvas.sheet(0.9, "glow")
    if "sun" in scene.lights:
        canvas.note("sun")
    for index in range(6):
        x = canvas.width * (0.05 + 0.17 * index + draw.uniform(-0.04, 0.04))
        wide = draw.uniform(30, 90)
        beam = [
            (x, -10.0),
            (x + wide, -10.0),
            (x + wide * 2.6 - 150, canvas.height * 0.74),
            (x - 190, canvas.height * 0.74),
        ]
        canvas.shape(polygon(beam), "#ffffff", 0.08)
    canvas.sheet(0.75)
    far = Ridge(fork(draw), canvas.width, canvas.height * 0.7, canvas.height * 0.05, waves=1.3)
    canvas.shape(_below(far, canvas), mix(tones[1], tones[2], 0.65))
    canvas.sheet(0.5)
    things = all_items(scene, streams, canvas)
    sand = Ridge(fork(draw), canvas.width, canvas.height * 0.79, canvas.height * 0.018, waves=1.0)
    canvas.shape(
        _below(sand, canvas),
        canvas.gradient(
            ((0.0, mix("#e3cf9c", tones[1], 0.3), 1.0), (1.0, mix("#a08a5f", tones[2], 0.5), 1.0)),
            canvas.height * 0.77,
            canvas.height,
        ),
    )
    for share in (0.08, 0.22, 0.8, 0.94):
        x = canvas.width * share
        coral = PROPS["coral"].build(Look(streams.place(f"coral {share}"), canvas.palette))
        canvas.figure(coral, x, sand.at(x) + 30, draw.uniform(1.2, 2.0), 0.25, name="coral", flip=share > 0.5)
    canvas.sheet(0.35)
    floor = [one for one in things if one.stands == "ground" and one.name != "coral"]
    swims = [one for one in things if one.stands != "ground"]
    for index, one in enumerate(
        [*floor, *potted(scene, streams, canvas), *_built(scene, streams, canvas)][:5]
    ):
        x = canvas.width * (0.5, 0.26, 0.74, 0.38, 0.62)[index]
        put(canvas, one, x, sand.at(x) + 44, min(240, one.figure.height * 2), 0.1, widest=canvas.width * 0.4)
    _float(canvas, scene, streams, swims, (0.12, 0.7))
    canvas.sheet(0.12, "sway")
    weed = canvas.palette.lit("#3f8f6a", 0.1) if not ink else "#5b5f5e"
    for share in (0.03, 0.1, 0.9, 0.97):
        for _ in range(3):
            x, y = canvas.width * share + draw.uniform(-30, 30), canvas.height * 1.01
            high = draw.uniform(220, 420)
            line: list[Point] = [
                (x, y),
                (x + 26, y - high * 0.3),
                (x - 22, y - high * 0.65),
                (x + 14, y - high),
            ]
            canvas.line(
                smooth(line, closed=False), turned(weed, 0, 1, draw.uniform(0.6, 1.0)), draw.uniform(12, 22)
            )
    for _ in range(34):
        canvas.disc(
            draw.uniform(0, canvas.width),
            draw.uniform(0, canvas.height * 0.9),
            draw.choice((4.0, 6.0, 9.0, 13.0)),
            "#ffffff",
            draw.uniform(0.15, 0.4),
        )


def _below(ridge: Ridge, canvas: Canvas) -> str:
    edge = smooth(ridge.points, closed=False)
    low = number(canvas.height + 60)
    return f"{edge}L{number(ridge.points[-1][0])} {low}L{number(ridge.points[0][0])} {low}Z"


def paint_air(canvas: Canvas, scene: Scene, streams: Streams) -> None:
    """Paints a scene high in the sky: clouds above, beside and below, the land far down."""
    draw = streams.place("air")
    paint_sky(canvas, scene, streams, canvas.height * 0.86)
    canvas.note("sky")
    canvas.sheet(0.85)
    palette = canvas.palette
    base = canvas.height * 0.84
    for index, distance in enumerate((0.8, 0.5)):
        ridge = Ridge(
            fork(draw), canvas.width, base + canvas.height * 0.05 * index, canvas.height * 0.03, waves=1.4
        )
        canvas.ground(
            ridge.points,
            mix(palette.far, palette.land, 0.4 + 0.4 * index),
            distance,
            depth=canvas.height * 0.2,
            to_bottom=True,
        )
    canvas.sheet(0.5, "drift")
    for x, y, size in ((0.12, 0.74, 1.2), (0.86, 0.8, 1.4)):
        _puff(canvas, fork(draw), canvas.width * x, canvas.height * y, 190 * size, 0.85)
    things = all_items(scene, streams, canvas)
    _float(
        canvas,
        scene,
        streams,
        [*things, *_built(scene, streams, canvas), *potted(scene, streams, canvas)],
        (0.14, 0.66),
    )
    canvas.sheet(0.12, "drift")
    for x, y, size in ((0.02, 0.95, 1.7), (0.55, 1.0, 1.9), (1.0, 0.93, 1.6)):
        _puff(canvas, fork(draw), canvas.width * x, canvas.height * y, 220 * size, 0.96)
    canvas.sheet(0.05)
    paint_weather(canvas, scene, streams.scene("weather"))


def _puff(canvas: Canvas, draw: random.Random, x: float, y: float, wide: float, opacity: float) -> None:
    palette = canvas.palette
    white = mix("#ffffff", palette.sky[1], 0.1) if not palette.dark else mix(palette.sky[2], "#c8d4ea", 0.3)
    points: list[Point] = [(x - wide, y)]
    for index in range(7):
        a = math.pi * (1 - (index + 0.5) / 7)
        r = wide * draw.uniform(0.84, 1.06)
        points.append((x + math.cos(a) * r * 0.95, y - math.sin(a) * r * 0.46))
    points += [(x + wide, y), (x, y + wide * 0.12)]
    canvas.shape(smooth(points, pull=1.25), white, opacity)


def _built(scene: Scene, streams: Streams, canvas: Canvas) -> list[Item]:
    return [
        Item(one.name, BUILDINGS[one.name](streams.place(f"building {one.name}"), canvas.palette), 300)
        for one in scene.buildings
    ]


def _float(
    canvas: Canvas,
    scene: Scene,
    streams: Streams,
    things: Sequence[Item],
    band: tuple[float, float],
) -> None:
    """Things and figures that hover between two heights (shares of the canvas), the first largest."""
    canvas.sheet(0.22, "breathe")
    draw = streams.scene("float")
    roles = cast(scene, streams)
    every: list[tuple[str, Item]] = [("thing", one) for one in things]
    every += [("figure", Item(role.name, role.figure, 170, "air")) for role in roles]
    if not every:
        return
    count = len(every)
    reach = min(canvas.width, canvas.height * 0.9)
    top, bottom = canvas.height * band[0], canvas.height * band[1]
    sizes = {1: (0.62,), 2: (0.46, 0.4), 3: (0.42, 0.34, 0.32)}.get(count, (0.36, *[0.26] * (count - 1)))
    spots = {
        1: ((0.5, 0.7),),
        2: ((0.34, 0.5), (0.68, 0.94)),
        3: ((0.5, 0.94), (0.24, 0.5), (0.76, 0.46)),
    }.get(
        count,
        (
            (0.5, 0.9),
            (0.22, 0.4),
            (0.78, 0.36),
            (0.2, 0.86),
            (0.8, 0.88),
            (0.5, 0.4),
            (0.35, 0.62),
            (0.65, 0.64),
        ),
    )
    for index, (kind, one) in enumerate(every):
        sx, sy = spots[index % len(spots)]
        sx, sy = sx + 0.03 * (index // len(spots)), sy - 0.08 * (index // len(spots))
        high = reach * sizes[min(index, len(sizes) - 1)] * (1.0 if canvas.width > canvas.height else 1.12)
        if one.name in ("rocket", "hot-air balloon"):
            high *= 1.35
        y = top + (bottom - top) * sy + draw.uniform(-0.015, 0.015) * canvas.height
        y = max(y, high + canvas.height * 0.03)
        turn = 16.0 if one.name == "rocket" else draw.uniform(-7, 7)
        put(
            canvas,
            one,
            canvas.width * sx,
            y,
            high,
            0.0,
            widest=reach * sizes[min(index, len(sizes) - 1)] * 1.5,
            turn=turn,
            flip=kind == "figure" and sx > 0.6,
            shadow=False,
        )
