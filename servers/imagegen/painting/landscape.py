"""A scene under the open sky: what stands where, from the sky to the leaves before the lens."""

from __future__ import annotations

import dataclasses
import random

from servers.imagegen.painting.actors import act, roles_of
from servers.imagegen.painting.buildings import BUILDINGS
from servers.imagegen.painting.canvas import Canvas, Ridge
from servers.imagegen.painting.cast import Role, cast
from servers.imagegen.painting.geometry import Figure, Point, limb, number
from servers.imagegen.painting.land import paint_land, tree_kind
from servers.imagegen.painting.palette import mix, turned
from servers.imagegen.painting.plants import SMALL, TREES, bough, fern, grape_vine, grass
from servers.imagegen.painting.scene import Scene
from servers.imagegen.painting.shapes import bar
from servers.imagegen.painting.sky import paint_sky, paint_weather
from servers.imagegen.painting.streams import Streams, fork
from servers.imagegen.painting.things import Item, all_items, furnishing, lifelike, put
from servers.imagegen.painting.ways import paint_way

_LARGE = 250.0
"""Height in centimetres from which a thing is part of the land rather than of the row of figures."""
_WET = {"sea", "lake", "river", "harbour"}


def paint_landscape(canvas: Canvas, scene: Scene, streams: Streams) -> None:
    """Paints a scene under the open sky."""
    tall = canvas.height > canvas.width
    layout = streams.place("layout")
    horizon = canvas.height * (layout.uniform(0.41, 0.46) if tall else layout.uniform(0.48, 0.53))
    stage_y = canvas.height * (0.735 if tall else 0.77)
    things = all_items(scene, streams, canvas)
    things = [_outdoors(one, streams, canvas) for one in things]
    aloft = [one for one in things if one.stands in ("air", "ceiling", "wall")]
    afloat = [one for one in things if one.stands == "water"]
    large = [one for one in things if one.stands == "ground" and one.tall >= _LARGE]
    small = [one for one in things if one.stands == "ground" and one.tall < _LARGE]
    wet = _WET & set(scene.places)
    if afloat and not wet:
        scene = dataclasses.replace(scene, places=(*scene.places, "river"))
        wet = {"river"}
    backdrop(canvas, scene, streams, horizon, stage_y)
    _aloft(canvas, aloft, streams.scene("aloft"), horizon)
    stage, way = _stage(canvas, scene, streams, horizon, stage_y, large)
    _afloat(canvas, scene, afloat, streams.scene("afloat"), horizon, stage_y, way)
    canvas.sheet(0.2, "breathe")
    roles = [*cast(scene, streams), *roles_of(small, scale=1.0 if not scene.subjects else 0.86)]
    hanging = bool({"grapes", "vine"} & set(scene.plants))
    if hanging:
        _hang_vine(canvas, scene, streams.place("vine"), with_fruit="grapes" in scene.plants)
    draw = streams.scene("stand")
    perches = [role for role in roles if role.place == "branch"]
    for index, role in enumerate(perches):
        _perch(canvas, role, draw, index, left=hanging or index % 2 == 1)
    act(canvas, scene, roles, draw, stage.at, framed=bool(hanging or perches))
    canvas.sheet(0.1, "sway")
    _foreground(canvas, scene, streams.place("foreground"), stage)
    canvas.sheet(0.05)
    paint_weather(canvas, scene, streams.scene("weather"))


def _outdoors(one: Item, streams: Streams, canvas: Canvas) -> Item:
    """The thing as it is under the open sky: a lamp there is a lantern that somebody has put down."""
    if one.name != "lamp":
        return one
    return dataclasses.replace(furnishing("lantern", streams, canvas), name="lamp", stands="ground", tall=40)


def backdrop(canvas: Canvas, scene: Scene, streams: Streams, horizon: float, stage_y: float) -> None:
    """The sky and the land up to the stage: what a window shows, too."""
    paint_sky(canvas, scene, streams, horizon)
    _fly(canvas, scene, streams.scene("birds"), horizon)
    paint_land(canvas, scene, streams.place("land"), horizon, stage_y)


def _aloft(canvas: Canvas, things: list[Item], draw: random.Random, horizon: float) -> None:
    """What is in the air: large, one beside or above the other."""
    for index, one in enumerate(things):
        x = canvas.width * ((0.5, 0.28, 0.74, 0.4, 0.62)[index % 5] + draw.uniform(-0.06, 0.06))
        y = horizon * (0.74 - 0.24 * (index % 3) + draw.uniform(-0.04, 0.04))
        high = min(max(lifelike(one.tall, 0.3), 110), horizon * 0.5)
        put(canvas, one, x, y, high, 0.12, widest=canvas.width * 0.56, shadow=False)


def _afloat(
    canvas: Canvas,
    scene: Scene,
    things: list[Item],
    draw: random.Random,
    horizon: float,
    stage_y: float,
    way: list[Point],
) -> None:
    """What is on the water: ships far out, small boats and water plants near."""
    span = stage_y - horizon
    sea = bool(_WET - {"river"} & set(scene.places)) and bool({"sea", "lake", "harbour"} & set(scene.places))
    for index, one in enumerate(sorted(things, key=lambda one: -one.tall)):
        far = one.tall > 700
        if sea:
            share = (0.5, 0.26, 0.76, 0.4, 0.62)[index % 5] + draw.uniform(-0.04, 0.04)
            x, y = canvas.width * share, horizon + span * ((0.42 if far else 0.66) + 0.13 * (index % 3))
        else:
            x, y = way[min(5, 4 + index)] if way else (canvas.width * 0.6, stage_y)
        high = lifelike(one.tall, 0.32) * (1.0 if sea else 0.7) * (1.0 if scene.subjects else 1.3)
        size = put(
            canvas,
            one,
            x,
            y,
            high,
            0.16,
            widest=canvas.width * (0.62 if sea else 0.42),
            flip=draw.random() < 0.4,
        )
        light = mix(canvas.palette.lit(canvas.palette.water, 0.2), "#ffffff", 0.5)
        for row in range(3):
            half = one.width * size * (0.5 - 0.1 * row)
            canvas.line(f"M{number(x - half)} {number(y + 6 + row * 9)}h{number(half * 2)}", light, 3, 0.55)


def _stage(
    canvas: Canvas, scene: Scene, streams: Streams, horizon: float, y: float, large: list[Item]
) -> tuple[Ridge, list[Point]]:
    """The ground that the figures stand on, with what stands behind them on it.

    Returns its edge and the middle line of the river or road, if there is one.
    """
    palette, draw = canvas.palette, streams.place("stage")
    span = y - horizon
    stage = Ridge(draw, canvas.width, y, 12, waves=0.8)
    unit = min(canvas.height / 1000, 1.55)
    built = [
        Item(one.name, BUILDINGS[one.name](streams.place(f"building {one.name}"), palette), _LARGE)
        for one in scene.buildings
    ]
    # One alone stands in the middle, large; several share the width.
    every = sorted([*large, *built], key=lambda one: -one.tall)[:6]
    spots = {1: (0.5 if not scene.subjects else 0.62,), 2: (0.3, 0.72), 3: (0.5, 0.2, 0.8)}.get(
        len(every), (0.5, 0.2, 0.8, 0.36, 0.66, 0.06)
    )
    for one, spot in zip(every, spots, strict=False):
        own = streams.place(f"stands {one.name}")
        share = spot + own.uniform(-0.03, 0.03)
        alone = len(every) == 1
        high = min(one.figure.height * 0.95 * unit, span * (1.25 if one.tall < 900 else 1.7))
        if one.tall >= 900:
            high = max(high, span * 0.9)
        vast = one.tall >= 2000  # as wide as the land
        base = y - span * (0.34 if vast else 0.1)
        widest = canvas.width * (1.3 if vast else 0.8 if alone else 0.5)
        put(canvas, one, canvas.width * share, base, high, 0.2, widest=widest, flip=own.random() < 0.3)
    ground, near = mix(palette.land, palette.near, 0.55), ""
    if (
        _WET - {"river"} & set(scene.places) and {"sea", "lake", "harbour"} & set(scene.places)
    ) or "desert" in scene.places:
        ground, near = mix("#e0bf86", palette.near, 0.2), "#b8935c"
    if "harbour" in scene.places:
        ground, near = mix("#a39c92", palette.near, 0.25), "#6f6a66"
    canvas.sheet(0.34, "sway")
    _side_trees(canvas, scene, streams.place("trees"), stage, unit)
    canvas.sheet(0.28)
    canvas.ground(stage.points, ground, 0.06, depth=canvas.height - y + 60, to_bottom=True, near=near)
    if "harbour" in scene.places:
        _quay(canvas, stage, streams.place("quay"))
    return stage, paint_way(canvas, scene, streams.place("way"), horizon, y)


def _quay(canvas: Canvas, stage: Ridge, draw: random.Random) -> None:
    """The paving of a quay, and its bollards."""
    line = canvas.palette.lit("#7a746c", 0.05)
    for row in range(5):
        y = stage.at(canvas.width / 2) + 46 + row * (30 + row * 16)
        canvas.line(f"M0 {number(y)}H{number(canvas.width)}", line, 3, 0.4)
    for share in (0.1, 0.5, 0.9):
        x = canvas.width * share
        put(
            canvas,
            Item(
                "",
                Figure(
                    (bar("#3f444c", 22, (0, 0), (0, 30)), bar("#4a5058", 12, (-16, 32), (16, 32))), 40, 40
                ),
                50,
            ),
            x,
            stage.at(x) + 16,
            44,
            0.05,
        )


def _side_trees(canvas: Canvas, scene: Scene, draw: random.Random, stage: Ridge, unit: float) -> None:
    """Trees at both sides that frame the stage; in a forest they reach out of the picture."""
    palette, place = canvas.palette, scene.places[0]
    wooded = place in ("forest", "garden", "river", "mountain", "hills", "field", "village") or scene.trees
    if not wooded:
        return
    forest = place == "forest"
    sides = [(-0.02, 1.0), (1.02, 1.0)] if forest else [(draw.choice((0.08, 0.92)), 0.62)]
    if scene.trees and not forest:
        sides = (
            [(0.14, 0.8), (0.9, 0.62)]
            if canvas.width > canvas.height
            else [(draw.choice((0.12, 0.88)), 0.85)]
        )
    kind = tree_kind(scene, place)
    for share, size in sides:
        x = canvas.width * (share + draw.uniform(-0.02, 0.02))
        grown = TREES[kind](fork(draw), palette)
        grow = size * (2.1 if forest else 1.75) * unit * draw.uniform(0.92, 1.08)
        canvas.figure(grown, x, stage.at(x) + 12, grow, 0.16, name=kind)


def _fly(canvas: Canvas, scene: Scene, draw: random.Random, horizon: float) -> None:
    """Far birds, where nothing else is in the sky: small strokes that give the sky its size."""
    if scene.weather in ("storm", "rain") or canvas.palette.dark or draw.random() < 0.35:
        return
    colour = mix(canvas.palette.far, "#26262e", 0.35)
    x, y = canvas.width * draw.uniform(0.2, 0.7), horizon * draw.uniform(0.3, 0.6)
    for _ in range(draw.randint(3, 6)):
        bx, by, wing = x + draw.uniform(-130, 130), y + draw.uniform(-55, 55), draw.uniform(11, 21)
        canvas.line(
            f"M{number(bx - wing)} {number(by - wing * 0.35)}"
            f"Q{number(bx - wing * 0.4)} {number(by - wing * 0.6)} {number(bx)} {number(by)}"
            f"Q{number(bx + wing * 0.4)} {number(by - wing * 0.6)} "
            f"{number(bx + wing)} {number(by - wing * 0.35)}",
            colour,
            3.2,
        )


def _perch(canvas: Canvas, role: Role, draw: random.Random, index: int, *, left: bool) -> None:
    """A bird on a branch that reaches in from one side."""
    palette = canvas.palette
    size = min(canvas.width, canvas.height * 0.9) / 1000
    y = canvas.height * (0.4 if index == 0 else 0.3)
    reach = 560 * size
    branch = bough(draw, palette, 560)
    canvas.figure(branch, -10 if left else canvas.width + 10, y, size, 0.04, flip=not left)
    x = reach * 0.6 if left else canvas.width - reach * 0.6
    canvas.figure(role.figure, x, y - 14 * size, role.size * 1.15, 0.0, flip=not left, name=role.name)


def _hang_vine(canvas: Canvas, scene: Scene, draw: random.Random, *, with_fruit: bool) -> None:
    """A vine that reaches in from the upper right, above the stage."""
    palette = canvas.palette
    tall = canvas.height > canvas.width
    size = 1.25 if tall else 1.0
    reach = min(canvas.width * 0.62, 900.0) / size
    y = canvas.height * (0.26 if tall else 0.2)
    post = canvas.width - 34 * size
    wood = palette.lit(palette.bark, 0.04)
    canvas.shape(limb([(post, canvas.height * 0.8), (post - 8, y), (post + 4, y - 90)], [40, 32, 26]), wood)
    vine = grape_vine(draw, palette, reach, max(2, round(reach / 150)) if with_fruit else 0)
    canvas.figure(vine, canvas.width + 20, y, size, 0.02, flip=True, name="vine")
    if with_fruit:
        canvas.note("grapes")
    if with_fruit and tall:
        upper = grape_vine(draw, palette, reach * 0.8, 2)
        canvas.figure(upper, canvas.width + 40, y - 190, size * 0.85, 0.12, flip=True)


def _foreground(canvas: Canvas, scene: Scene, draw: random.Random, stage: Ridge) -> None:
    """Small plants on the stage, and dark leaves close to the lens that frame it."""
    palette = canvas.palette
    wanted = [name for name in scene.plants if name in SMALL]
    bare = bool({"desert", "harbour"} & set(scene.places)) and not wanted
    shore = bool({"lake", "river"} & set(scene.places))
    below = canvas.height - stage.at(canvas.width / 2)
    for index in range(0 if bare else round((17 if wanted else 11) * canvas.width / 1000)):
        x = canvas.width * draw.random()
        deep = draw.uniform(0.1, 0.62)
        if "river" in scene.places and abs(x / canvas.width - 0.5) < 0.3:
            continue
        kind = (
            wanted[index % len(wanted)]
            if wanted and index % 3
            else "reed"
            if shore and index % 4 == 0
            else "grass"
        )
        if not wanted and scene.season in ("spring", "summer") and index % 3 == 0 and not palette.dark:
            kind = "flower"
        if kind == "grass" and "sea" in scene.places:
            continue
        canvas.figure(
            SMALL[kind](fork(draw), palette),
            x,
            stage.at(x) + below * deep,
            (1.1 + 1.3 * deep),
            0.03,
            shadow=kind != "grass",
            name=kind,
        )
    _near_leaves(canvas, scene, draw, bare=bare or "sea" in scene.places)


def _near_leaves(canvas: Canvas, scene: Scene, draw: random.Random, *, bare: bool) -> None:
    palette = canvas.palette
    dark = mix(turned(mix(palette.near, palette.leaf, 0.3), 0, 1.1, 0.62), "#10141c", 0.25)
    hill = Ridge(draw, canvas.width, canvas.height * 0.945, canvas.height * 0.012, waves=1.0)
    if bare:
        return
    if "river" not in scene.places and "road" not in scene.places:
        canvas.ground(
            hill.points,
            dark if not palette.ink else palette.near,
            0.0,
            depth=canvas.height * 0.1,
            to_bottom=True,
        )
    for share, size in ((0.02, 1.5), (0.14, 1.0), (0.87, 1.1), (0.99, 1.6)):
        x = canvas.width * (share + draw.uniform(-0.03, 0.03))
        leaves = (
            fern(fork(draw), palette, dark)
            if scene.places[0] in ("forest", "garden", "mountain")
            else grass(fork(draw), palette, dark)
        )
        grow = size * (0.95 if leaves.width > 100 else 2.6)
        canvas.figure(leaves, x, canvas.height * 0.985, grow, 0.0, shadow=False)
