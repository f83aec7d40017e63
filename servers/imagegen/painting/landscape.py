"""A scene under the open sky: what stands where, from the sky to the leaves before the lens."""

from __future__ import annotations

import random

from servers.imagegen.painting.buildings import BUILDINGS
from servers.imagegen.painting.canvas import Canvas, Ridge
from servers.imagegen.painting.cast import Role, cast
from servers.imagegen.painting.geometry import extent, limb, number
from servers.imagegen.painting.land import paint_land, paint_way, tree_kind
from servers.imagegen.painting.palette import mix, turned
from servers.imagegen.painting.plants import SMALL, TREES, bough, fern, grape_vine, grass
from servers.imagegen.painting.scene import Scene
from servers.imagegen.painting.sky import paint_sky, paint_weather
from servers.imagegen.painting.streams import Streams, fork


def paint_landscape(canvas: Canvas, scene: Scene, streams: Streams) -> None:
    """Paints a scene under the open sky."""
    tall = canvas.height > canvas.width
    layout = streams.place("layout")
    horizon = canvas.height * (layout.uniform(0.41, 0.46) if tall else layout.uniform(0.48, 0.53))
    stage_y = canvas.height * (0.735 if tall else 0.77)
    paint_sky(canvas, scene, streams, horizon)
    _fly(canvas, scene, streams.scene("birds"), horizon)
    paint_land(canvas, scene, streams.place("land"), horizon, stage_y)
    stage = _stage(canvas, scene, streams, horizon, stage_y)
    canvas.sheet(0.2, "breathe")
    _act(canvas, scene, streams.scene("figures"), stage)
    canvas.sheet(0.1, "sway")
    _foreground(canvas, scene, streams.place("foreground"), stage)
    canvas.sheet(0.05)
    paint_weather(canvas, scene, streams.scene("weather"))


def _stage(canvas: Canvas, scene: Scene, streams: Streams, horizon: float, y: float) -> Ridge:
    """The ground that the figures stand on, with what stands behind them on it."""
    palette, draw = canvas.palette, streams.place("stage")
    span = y - horizon
    stage = Ridge(draw, canvas.width, y, 12, waves=0.8)
    unit = min(canvas.height / 1000, 1.55)
    shores = {"sea", "lake"} & set(scene.places)
    for index, building in enumerate(one for one in scene.buildings if one.name != "boat"):
        own = streams.place(f"building {building.name}")
        figure = BUILDINGS[building.name](own, palette)
        size = min(0.95 * unit, canvas.width * 0.5 / figure.width, span * 1.15 / figure.height)
        x = canvas.width * ((0.7, 0.26, 0.5)[index] + own.uniform(-0.05, 0.05))
        canvas.figure(figure, x, y - span * 0.12, size, 0.24, flip=own.random() < 0.5, name=building.name)
    ground = mix(palette.land, palette.near, 0.55)
    if shores or "desert" in scene.places:
        ground = mix("#e0bf86", palette.near, 0.2)
    elif "city" in scene.places:
        ground = mix("#9a948c", palette.near, 0.25)
    canvas.sheet(0.34, "sway")
    _side_trees(canvas, scene, streams.place("trees"), stage, unit)
    canvas.sheet(0.28)
    canvas.ground(stage.points, ground, 0.06, depth=canvas.height - y + 60, to_bottom=True)
    way = paint_way(canvas, scene, streams.place("way"), horizon, y)
    if any(one.name == "boat" for one in scene.buildings):
        boat = BUILDINGS["boat"](draw, palette)
        if "river" in scene.places:
            x, afloat = way[5]
            canvas.figure(boat, x, afloat, 0.72 * unit, 0.05, flip=draw.random() < 0.5)
        else:
            x = canvas.width * draw.choice((0.3, 0.64))
            canvas.figure(boat, x, horizon + span * 0.55, 0.95 * unit, 0.2, flip=draw.random() < 0.5)
    return stage


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
        canvas.figure(grown, x, stage.at(x) + 12, grow, 0.16)


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


def _act(canvas: Canvas, scene: Scene, draw: random.Random, stage: Ridge) -> None:
    """The figures: who was asked for, large, on the stage, turned to what matters."""
    hanging = {"grapes", "vine"} & set(scene.plants)
    roles = cast(scene, draw)
    _watch(canvas, [role for role in roles if role.place == "behind"], draw, stage)
    if hanging:
        _hang_vine(canvas, scene, draw, with_fruit="grapes" in scene.plants)
    perches = [role for role in roles if role.place == "branch"]
    for index, role in enumerate(perches):
        _perch(canvas, role, draw, index, left=bool(hanging) or index % 2 == 1)
    leads = [role for role in roles if role.place in ("ground", "air")]
    if not leads:
        return
    room = min(canvas.width, canvas.height * 1.3)
    looking = [_faces_left(scene, len(leads), index) for index in range(len(leads))]
    if len(leads) == 1 and not hanging and not perches and "river" not in scene.places:
        looking = [draw.random() < 0.35]
    sides = [_sides(role, flip=flip) for role, flip in zip(leads, looking, strict=True)]
    fit = min(1.0, room * 0.95 / sum(right - left for left, right in sides))
    gap = (room - fit * sum(right - left for left, right in sides)) / (len(leads) + 1)
    x = (canvas.width - room) / 2 + gap * _leaning(scene, len(leads), draw, framed=bool(hanging or perches))
    places: list[float] = []
    for left, right in sides:
        places.append(x - left * fit)
        x += (right - left) * fit + gap
    for index in sorted(range(len(leads)), key=lambda index: -leads[index].figure.height):
        role, x = leads[index], places[index]
        y = stage.at(x) + 26 + 16 * (index % 2)
        if role.place == "air":
            y -= canvas.height * (0.2 + 0.09 * abs(index - (len(leads) - 1) / 2) + draw.uniform(0.0, 0.05))
        elif "leap" in scene.actions and index == 0:
            y -= 46 * min(canvas.height / 1000, 1.5)
        canvas.figure(role.figure, x, y, role.size * fit, 0.0, flip=looking[index])


def _leaning(scene: Scene, count: int, draw: random.Random, *, framed: bool) -> float:
    """How much of the gap before the first figure is kept: 1 is evenly spread, less is farther left."""
    if "river" in scene.places:
        return 0.3  # the river runs down at the right
    if count > 1:
        return 1.0
    return 0.45 if framed else draw.uniform(0.55, 1.3)


def _sides(role: Role, *, flip: bool) -> tuple[float, float]:
    """How far a figure reaches to the left and the right of its foot, in canvas units."""
    left, right = extent(role.figure)
    return (-right * role.size, -left * role.size) if flip else (left * role.size, right * role.size)


def _faces_left(scene: Scene, count: int, index: int) -> bool:
    """Two who meet face each other; who follows looks the same way as who leads; alone one looks right.

    The first who is spoken of stands at the left: it looks right at whom it follows, or leads the rest left.
    """
    if count == 1 or {"follow", "fly"} & scene.actions:
        return False
    return "lead" in scene.actions or index >= (count + 1) // 2


def _watch(canvas: Canvas, roles: list[Role], draw: random.Random, stage: Ridge) -> None:
    """A crowd behind the leads, smaller and paler."""
    for index, role in enumerate(roles):
        x = canvas.width * ((index + 0.5) / len(roles) + draw.uniform(-0.04, 0.04))
        y = stage.at(x) - canvas.height * draw.uniform(0.035, 0.06)
        canvas.figure(role.figure, x, y, role.size, 0.22, flip=x > canvas.width / 2)


def _perch(canvas: Canvas, role: Role, draw: random.Random, index: int, *, left: bool) -> None:
    """A bird on a branch that reaches in from one side."""
    palette = canvas.palette
    size = min(canvas.width, canvas.height * 0.9) / 1000
    y = canvas.height * (0.4 if index == 0 else 0.3)
    reach = 560 * size
    branch = bough(draw, palette, 560)
    canvas.figure(branch, -10 if left else canvas.width + 10, y, size, 0.04, flip=not left)
    x = reach * 0.6 if left else canvas.width - reach * 0.6
    canvas.figure(role.figure, x, y - 14 * size, role.size * 1.15, 0.0, flip=not left)


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
    canvas.figure(vine, canvas.width + 20, y, size, 0.02, flip=True)
    if with_fruit and tall:
        upper = grape_vine(draw, palette, reach * 0.8, 2)
        canvas.figure(upper, canvas.width + 40, y - 190, size * 0.85, 0.12, flip=True)


def _foreground(canvas: Canvas, scene: Scene, draw: random.Random, stage: Ridge) -> None:
    """Small plants on the stage, and dark leaves close to the lens that frame it."""
    palette = canvas.palette
    wanted = [name for name in scene.plants if name in SMALL]
    bare = bool({"desert", "city"} & set(scene.places)) and not wanted
    shore = bool({"sea", "lake", "river"} & set(scene.places))
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
