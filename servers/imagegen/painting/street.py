"""A scene in a street: house fronts, a pavement, the road and what drives on it."""

from __future__ import annotations

import random

from servers.imagegen.painting.actors import act, cast_shadow, roles_of
from servers.imagegen.painting.buildings import BUILDINGS
from servers.imagegen.painting.canvas import Canvas
from servers.imagegen.painting.cast import cast
from servers.imagegen.painting.fronts import paint_house
from servers.imagegen.painting.geometry import number, polygon
from servers.imagegen.painting.land import paint_far
from servers.imagegen.painting.palette import LAMP, mix, turned
from servers.imagegen.painting.plants import TREES
from servers.imagegen.painting.scene import Scene
from servers.imagegen.painting.sky import paint_sky, paint_weather
from servers.imagegen.painting.streams import Streams, fork
from servers.imagegen.painting.things import MAN, Item, all_items, furnishing, lifelike, put
from servers.imagegen.painting.window import box_path

_ON_ROAD = (
    "tram",
    "bus",
    "car",
    "ambulance",
    "fire engine",
    "police car",
    "truck",
    "bicycle",
    "motorcycle",
    "train",
    "cart",
)
_BIG = 260.0
"""Centimetres: from here on a thing is built rather than put somewhere."""
_LOFTY = ("skyscraper", "crane machine", "clock tower")
_SLENDER = (
    "street lamp",
    "flag",
    "traffic light",
    "crane machine",
    "statue",
    "fountain",
    "market stall",
)
"""Before these the houses go on."""
_WATERS = {"harbour", "sea", "river", "lake"}


def paint_street(canvas: Canvas, scene: Scene, streams: Streams) -> None:
    """Paints a street with its houses, or an open square before one great building."""
    tall = canvas.height > canvas.width
    kerb = canvas.height * (0.665 if tall else 0.68)
    foot = kerb - canvas.height * 0.055
    road = canvas.height * (0.735 if tall else 0.79)
    horizon = foot - canvas.height * 0.14
    paint_sky(canvas, scene, streams, horizon)
    canvas.sheet(0.84)
    paint_far(canvas, scene, streams.place("far"), horizon, canvas.height * 0.28)
    if not _of_old(scene):
        _skyline(canvas, streams.place("skyline"), foot, canvas.height * (0.36 if tall else 0.34))
        canvas.note("city")
    things = all_items(scene, streams, canvas)
    aloft = [one for one in things if one.stands in ("air", "water")]
    built = [
        Item(one.name, BUILDINGS[one.name](streams.place(f"building {one.name}"), canvas.palette), 500)
        for one in scene.buildings
    ]
    great = [
        one for one in things if one.stands == "ground" and one.tall >= _BIG and one.name not in _ON_ROAD
    ] + built
    if "market" in scene.places and all(one.name != "market stall" for one in great):
        great += [furnishing("market stall", streams, canvas)] * 2
    riding = [one for one in things if one.name in _ON_ROAD]
    small = [
        one for one in things if one.stands in ("ground", "wall") and one not in great and one not in riding
    ]
    for index, one in enumerate(aloft):
        share = (0.5, 0.25, 0.75)[index % 3]
        put(
            canvas,
            one,
            canvas.width * share,
            horizon * (0.62 - 0.2 * index),
            min(lifelike(one.tall, 0.3), horizon * 0.4),
            0.2,
            widest=canvas.width * 0.55,
            shadow=False,
        )
    wet = _WATERS & set(scene.places)
    if wet:
        _waterfront(canvas, scene, streams, foot)
        canvas.note(*wet)
    canvas.sheet(0.6)
    open_ground = {"square", "market", "courtyard"} & set(scene.places) or "railway" in scene.places
    _fronts(canvas, scene, streams, foot, great)
    canvas.note(*({"street", "square", "market", "railway", "courtyard"} & set(scene.places)))
    canvas.sheet(0.42)
    _ground(
        canvas, scene, streams, foot, kerb, road, paved=bool(open_ground) and "railway" not in scene.places
    )
    canvas.sheet(0.36, "sway")
    _trees(canvas, scene, streams.place("trees"), foot)
    canvas.sheet(0.34, "glow" if canvas.palette.dark else "rigid")
    _lamps(canvas, scene, streams, kerb, things)
    for index, one in enumerate(one for one in things if one.stands == "ceiling"):
        share = (0.3, 0.7, 0.5, 0.1, 0.9)[index % 5]
        put(canvas, one, canvas.width * share, foot - canvas.height * 0.15, 170, 0.06, shadow=False)
    _drive(canvas, scene, streams, riding, road, kerb)
    canvas.sheet(0.18, "breathe")
    roles = [*cast(scene, streams), *roles_of(small, scale=0.9)]
    draw = streams.scene("stand")
    # Beside the traffic people stand on the near side of the road.
    lower = kerb + canvas.height * 0.13 if riding else road
    act(canvas, scene, roles, draw, lambda x: lower, framed=True)
    canvas.sheet(0.06)
    _near(canvas, scene, streams.place("near"))
    paint_weather(canvas, scene, streams.scene("weather"))


def _of_old(scene: Scene) -> bool:
    """True for a street of a time before lamps, towers and shop windows."""
    told = {one.name for one in (*scene.things, *scene.subjects)}
    return "courtyard" in scene.places or bool(
        told & {"palace", "city gate", "junk", "pyramid", "emperor", "minister", "scholar"}
    )


def _skyline(canvas: Canvas, draw: random.Random, foot: float, high: float) -> None:
    """Paler houses and towers behind the street."""
    palette, x = canvas.palette, -30.0
    glass = LAMP if palette.dark else "#eef3f2"
    while x < canvas.width + 30:
        wide, top = draw.uniform(70, 140), foot - high * draw.uniform(0.9, 1.6)
        colour = palette.lit(draw.choice(("#8a9cb0", "#9a94a8", "#a8a29a")), 0.68)
        canvas.shape(box_path(x, top, wide, foot - top + 20), colour)
        panes = []
        for row in range(int((foot - top) / 40)):
            for column in range(3):
                if draw.random() < 0.5:
                    panes.append(
                        box_path(x + wide * (0.14 + 0.27 * column), top + 18 + row * 40, wide * 0.14, 16)
                    )
        if panes:
            canvas.shape("".join(panes), mix(colour, glass, 0.6 if palette.dark else 0.35))
        x += wide + draw.choice((0.0, 0.0, 18.0))


def _waterfront(canvas: Canvas, scene: Scene, streams: Streams, foot: float) -> None:
    """The water at the end of the street, with what floats there."""
    palette, draw = canvas.palette, streams.place("waterfront")
    top = foot - canvas.height * 0.115
    far = mix(palette.lit(palette.water, 0.5), palette.sky[2], 0.3)
    near = palette.lit(palette.water, 0.2)
    canvas.shape(
        box_path(-60, top, canvas.width + 120, foot - top + 20),
        canvas.gradient(((0.0, far, 1.0), (1.0, near, 1.0)), top, foot),
    )
    for _ in range(16):
        x, y = draw.uniform(0, canvas.width), draw.uniform(top + 8, foot - 8)
        canvas.line(
            f"M{number(x)} {number(y)}h{number(draw.uniform(30, 110))}", mix(far, "#ffffff", 0.5), 3, 0.6
        )
    if "harbour" in scene.places:
        crane = furnishing("crane machine", streams, canvas)
        canvas.drawn.discard("crane machine")
        put(canvas, crane, canvas.width * 0.88, foot - 4, canvas.height * 0.3, 0.36, flip=True)
    ship = furnishing("ship" if {"harbour", "sea"} & set(scene.places) else "boat", streams, canvas)
    put(
        canvas,
        ship,
        canvas.width * 0.7,
        foot - canvas.height * 0.035,
        1e6,
        0.3,
        widest=canvas.width * 0.36,
        flip=True,
    )


def _fronts(canvas: Canvas, scene: Scene, streams: Streams, foot: float, great: list[Item]) -> None:
    """Houses side by side with shops below; great buildings that were asked for take the middle."""
    draw = streams.place("fronts")
    tall = canvas.height > canvas.width
    kept: list[tuple[float, float]] = []
    if _WATERS & set(scene.places):
        kept.append((canvas.width * 0.46, canvas.width * 1.1))  # the houses give way to the water
    if _of_old(scene):
        kept.append((-canvas.width, canvas.width * 2))
    spots = {1: (0.5,), 2: (0.26, 0.74), 3: (0.5, 0.15, 0.85)}.get(len(great), (0.5, 0.15, 0.85, 0.33, 0.67))
    widest = canvas.width * {1: 0.8, 2: 0.48, 3: 0.42}.get(len(great), 0.3)
    standing: list[tuple[Item, float, float]] = []
    for one, share in zip(sorted(great, key=lambda one: -one.tall), spots, strict=False):
        high = min(canvas.height * 0.36, one.figure.height * (2.3 if one.name in _SLENDER else 2.0))
        if one.name in _LOFTY:
            high = canvas.height * 0.44
        half = one.width * min(high / one.figure.height, widest / one.width) / 2
        standing.append((one, canvas.width * share, high))
        if one.name not in _SLENDER:
            kept.append((canvas.width * share - half - 8, canvas.width * share + half + 8))
    width = 268.0 if tall else 300.0
    x = -draw.uniform(20, 120)
    for _ in range(int(canvas.width / width) + 3):
        own, wide = fork(draw), width * draw.uniform(0.86, 1.1)
        if not any(a < x + wide * 0.8 and x + wide * 0.2 < b for a, b in kept):
            paint_house(canvas, own, x, foot, wide, canvas.palette.snow)
        x += wide
    for one, at, high in standing:
        ahead = canvas.height * 0.035 if one.tall < 700 else 6  # small ones stand before the fronts
        put(canvas, one, at, foot + ahead, high, 0.12, widest=widest)


def _ground(
    canvas: Canvas, scene: Scene, streams: Streams, foot: float, kerb: float, road: float, *, paved: bool
) -> None:
    """The pavement before the houses; the road with its lines, or the paving of a square."""
    palette, ink = canvas.palette, canvas.palette.ink
    snow = "#e9eef2"
    stone = palette.lit(mix("#c3b8a8", snow, 0.6 if palette.snow else 0.0), 0.14)
    canvas.shape(box_path(-60, foot, canvas.width + 120, canvas.height - foot + 60), stone)
    seam = turned(stone, 0, 1, 0.88)
    if paved:
        near = palette.lit(mix("#a59a8c", snow, 0.5 if palette.snow else 0.0), 0.0)
        canvas.shape(
            box_path(-60, foot + 20, canvas.width + 120, canvas.height - foot + 60),
            canvas.gradient(((0.0, stone, 1.0), (1.0, near, 1.0)), foot + 20, canvas.height),
        )
        y, step = foot + 30, 20.0
        while y < canvas.height + 10:
            canvas.line(f"M-10 {number(y)}H{number(canvas.width + 10)}", seam, 2.5, 0.6)
            y, step = y + step, step * 1.25
        for index in range(-9, 10):
            top, bottom = (
                canvas.width / 2 + index * canvas.width * 0.08,
                canvas.width / 2 + index * canvas.width * 0.25,
            )
            canvas.line(
                f"M{number(top)} {number(foot + 22)}L{number(bottom)} {number(canvas.height)}", seam, 2.5, 0.6
            )
        return
    for index in range(int(canvas.width / 90) + 2):
        canvas.line(
            f"M{number(index * 90)} {number(foot)}"
            f"l{number((index * 90 - canvas.width / 2) * 0.12)} {number(kerb - foot)}",
            seam,
            2.5,
            0.7,
        )
    canvas.shape(box_path(-60, kerb - 4, canvas.width + 120, 16), mix(stone, "#ffffff", 0.3))
    canvas.shape(box_path(-60, kerb + 12, canvas.width + 120, 10), turned(stone, 0, 1, 0.66))
    tar, deep = (
        palette.lit(mix("#6f727c", snow, 0.45 if palette.snow else 0.0), 0.06),
        palette.lit(mix("#4c4f5a", snow, 0.3 if palette.snow else 0.0), 0.0),
    )
    if ink:
        tar, deep = mix(palette.haze, "#5b5f5e", 0.3), mix(palette.haze, "#5b5f5e", 0.55)
    canvas.shape(
        box_path(-60, kerb + 20, canvas.width + 120, canvas.height - kerb + 60),
        canvas.gradient(((0.0, tar, 1.0), (1.0, deep, 1.0)), kerb, canvas.height),
    )
    white = mix(tar, "#f6f1e2", 0.72)
    names = {one.name for one in scene.things}
    if "railway" in scene.places or names & {"tram", "train"}:
        for y, thick in ((road - 6, 5.0), (road + 26, 7.0)):
            canvas.line(f"M-10 {number(y)}H{number(canvas.width + 10)}", mix(tar, "#2a2c34", 0.6), thick + 4)
            canvas.line(
                f"M-10 {number(y - 2)}H{number(canvas.width + 10)}", mix(tar, "#dfe4ea", 0.6), thick * 0.5
            )
        if "railway" in scene.places:
            for index in range(-1, int(canvas.width / 70) + 2):
                x = index * 70.0
                canvas.line(f"M{number(x)} {number(road - 16)}l-14 52", mix(tar, "#4a3628", 0.6), 13, 0.75)
    y = canvas.height * 0.845
    dash = canvas.width * 0.16
    for index in range(-1, 7):
        x = index * dash * 1.5 + 20
        canvas.shape(
            polygon([(x, y), (x + dash * 0.8, y), (x + dash * 0.78, y + 13), (x - 6, y + 13)]), white, 0.8
        )
    if scene.weather in ("rain", "storm") and not ink:
        draw = streams.place("wet")
        for _ in range(16):
            x, py = draw.uniform(0, canvas.width), draw.uniform(kerb + 40, canvas.height)
            canvas.line(
                f"M{number(x)} {number(py)}h{number(draw.uniform(60, 200))}",
                mix(tar, palette.sky[2], 0.5),
                4,
                0.45,
            )
    edge = canvas.height * 0.955
    canvas.shape(
        box_path(-60, edge, canvas.width + 120, canvas.height - edge + 60), turned(stone, 0, 1, 0.62)
    )
    canvas.shape(box_path(-60, edge - 6, canvas.width + 120, 10), turned(stone, 0, 1, 0.8))


def _trees(canvas: Canvas, scene: Scene, draw: random.Random, foot: float) -> None:
    """A tree or two at the edge of the pavement."""
    kind = scene.trees[0] if scene.trees else "bare tree" if scene.season == "winter" else "tree"
    for share in (0.03, 0.98) if canvas.height > canvas.width else (0.02, 0.33, 0.7, 0.99):
        tree = TREES[kind](fork(draw), canvas.palette)
        x = canvas.width * share
        canvas.figure(tree, x, foot + canvas.height * 0.03, draw.uniform(1.25, 1.5), 0.12, name=kind)


def _lamps(canvas: Canvas, scene: Scene, streams: Streams, kerb: float, things: list[Item]) -> None:
    """Street lamps on the pavement, lit at night."""
    if _of_old(scene) and all(one.name != "street lamp" for one in scene.things):
        return
    lamp = furnishing("street lamp", streams, canvas)
    high = min(canvas.height * 0.3, 470.0)
    for share in (0.16, 0.84) if canvas.height > canvas.width else (0.12, 0.5, 0.88):
        x = canvas.width * share
        flip = share > 0.5
        size = put(canvas, lamp, x, kerb - 8, high, 0.06, flip=flip)
        if canvas.palette.dark and not canvas.palette.ink:
            canvas.glow(x + (-10 if flip else 10) * size, kerb - 8 - 205 * size, 150, "#ffdf94", 0.75)


def _drive(
    canvas: Canvas, scene: Scene, streams: Streams, riding: list[Item], road: float, kerb: float
) -> None:
    """Vehicles on the road, the largest on the far lane."""
    ordered = sorted(riding, key=lambda one: -one.figure.width)
    draw = streams.scene("drive")
    flip = draw.random() < 0.5
    far, near = ordered[:1], ordered[1:5]
    for one in far:
        size = min(
            MAN / 150 * (0.74 if one.name in ("tram", "train") else 0.86), canvas.width * 0.98 / one.width
        )
        if len(riding) == 1:
            size = max(size, min(MAN / 150 * 1.0, canvas.width * 0.84 / one.width))
        x, y = canvas.width * (0.5 if len(riding) == 1 else 0.46), road + 22
        cast_shadow(canvas, x, y + 2, one.width * size * 0.5)
        put(canvas, one, x, y, one.figure.height * size, 0.04, flip=flip)
    for index, one in enumerate(near):
        size = min(MAN / 150 * 0.8, canvas.width * (0.46 if len(near) > 1 else 0.7) / one.width)
        share = (0.66,) if len(near) == 1 else (0.26, 0.74, 0.5, 0.9)
        x, y = canvas.width * share[index % len(share)], road + canvas.height * (0.062 + 0.02 * (index % 2))
        cast_shadow(canvas, x, y + 2, one.width * size * 0.5)
        put(canvas, one, x, y, one.figure.height * size, 0.0, flip=not flip)


def _near(canvas: Canvas, scene: Scene, draw: random.Random) -> None:
    """Dark leaves or a railing at the lower corners, close to the lens."""
    from servers.imagegen.painting.plants import grass

    palette = canvas.palette
    dark = palette.near if palette.ink else mix(turned(palette.near, 0, 1.1, 0.5), "#10141c", 0.4)
    if {"square", "courtyard", "market"} & set(scene.places):
        return
    for share, size in ((0.03, 2.6), (0.12, 1.8), (0.9, 2.0), (0.98, 2.8)):
        canvas.figure(
            grass(fork(draw), palette, dark),
            canvas.width * share,
            canvas.height * 1.0,
            size,
            0.0,
            shadow=False,
        )
