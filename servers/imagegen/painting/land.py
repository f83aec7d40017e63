"""The land between the sky and the stage: mountains, hills, forests, water, cities, villages, deserts."""

from __future__ import annotations

import random

from servers.imagegen.painting.buildings import BUILDINGS
from servers.imagegen.painting.canvas import Canvas, Ridge
from servers.imagegen.painting.geometry import Point, ellipse, number, polygon, smooth
from servers.imagegen.painting.palette import LAMP, mix, turned
from servers.imagegen.painting.plants import TREES
from servers.imagegen.painting.scene import Scene
from servers.imagegen.painting.streams import fork


def tree_kind(scene: Scene, place: str) -> str:
    """The kind of tree that grows in a scene."""
    if scene.trees:
        return scene.trees[0]
    if place == "desert":
        return "cactus"
    if place == "mountain" or (scene.season == "winter" and place in ("forest", "village")):
        return "pine"
    return "bare tree" if scene.season == "winter" else "tree"


def paint_land(canvas: Canvas, scene: Scene, draw: random.Random, horizon: float, stage: float) -> None:
    """Paints all that lies between the horizon and the stage (y coordinates), from back to front."""
    places = set(scene.places)
    span = stage - horizon
    water = places & {"sea", "lake", "harbour"}
    canvas.sheet(0.8)
    paint_far(canvas, scene, fork(draw), horizon, span)
    towers = places & {"city", "street", "square", "market", "railway", "courtyard"}
    if towers and not water:
        _city(canvas, fork(draw), horizon, span)
    canvas.sheet(0.55, "ripple" if water and "desert" not in places else "rigid")
    # What one land can not show at once is shown in part: a wood behind a lake, dunes by the sea.
    if water and "desert" not in places:
        if "forest" in places:
            ridge = Ridge(fork(draw), canvas.width, horizon + span * 0.12, span * 0.03)
            _treeline(canvas, fork(draw), ridge, 0.66, span / 480)
        if towers:
            _skyline(canvas, fork(draw), horizon + span * 0.14, span * 0.5)
        _water(canvas, fork(draw), horizon + span * 0.12, stage)
        canvas.note(*water)
    elif "desert" in places:
        _dunes(canvas, fork(draw), horizon, span)
        canvas.note("desert")
    elif "forest" in places:
        _forest(canvas, scene, fork(draw), horizon, span)
        canvas.note("forest")
    elif not towers:
        _hills(canvas, scene, fork(draw), horizon, span)
        canvas.note(*places & {"field", "hills", "garden", "park", "village"})
    if water & places and {"hills", "village", "field", "garden", "park"} & places:
        canvas.note(*{"hills"} & places)
    if scene.weather == "fog":
        _mist(canvas, fork(draw), horizon, span)
        canvas.note("fog")


def _skyline(canvas: Canvas, draw: random.Random, base: float, high: float) -> None:
    """Towers along the far shore, as one outline."""
    points: list[Point] = [(-20.0, base + 30)]
    x = -20.0
    while x < canvas.width + 20:
        wide, top = draw.uniform(26, 64), base - high * draw.uniform(0.25, 1.0)
        points += [(x, top), (x + wide, top)]
        x += wide
    points.append((x, base + 30))
    canvas.shape(polygon(points), canvas.palette.lit("#7e8fa3", 0.6))
    canvas.note("city", "street")


def paint_far(canvas: Canvas, scene: Scene, draw: random.Random, horizon: float, span: float) -> None:
    """The backdrop: peaks where there are mountains, else soft hills."""
    palette = canvas.palette
    if "mountain" in scene.places:
        canvas.note("mountain")
        for index, distance in enumerate((0.95, 0.75, 0.55)):
            base = horizon - span * 0.32 + index * span * 0.24
            ridge = Ridge(
                draw, canvas.width, base, span * (0.42 - 0.08 * index), waves=0.95 + 0.3 * index, jagged=True
            )
            canvas.ground(ridge.points, palette.far, distance, depth=span * 1.6, sharp=True)
            if index < 2:
                _snow_caps(canvas, ridge, distance, span)
        return
    if {"city", "sea", "harbour"} & set(scene.places):
        ridge = Ridge(draw, canvas.width, horizon + 10, span * 0.1, waves=0.9)
        canvas.ground(ridge.points, palette.far, 0.95, depth=span)
        return
    jagged = draw.random() < 0.4
    for index, distance in enumerate((0.95, 0.78)):
        ridge = Ridge(
            draw,
            canvas.width,
            horizon - span * 0.06 + index * span * 0.16,
            span * 0.16,
            waves=1.1,
            jagged=jagged and not index,
        )
        canvas.ground(ridge.points, palette.far, distance, depth=span * 1.2, sharp=jagged and not index)


def _snow_caps(canvas: Canvas, ridge: Ridge, distance: float, span: float) -> None:
    white = canvas.palette.lit("#ffffff", distance * 0.7)
    points = ridge.points
    for before, (x, y), after in zip(points, points[1:], points[2:], strict=False):
        if y < before[1] - span * 0.12 and y < after[1] - span * 0.12:
            left = (x + (before[0] - x) * 0.34, y + (before[1] - y) * 0.36)
            right = (x + (after[0] - x) * 0.34, y + (after[1] - y) * 0.36)
            wide = right[0] - left[0]
            low = max(left[1], right[1])
            cap: list[Point] = [
                (x, y + 2),
                right,
                (x + wide * 0.2, low - span * 0.02),
                (x + wide * 0.06, low + span * 0.04),
                (x - wide * 0.14, low - span * 0.03),
                left,
            ]
            canvas.shape(smooth(cap, sharp=(0, 1, 5), pull=0.5), white, 0.9)


def _hills(canvas: Canvas, scene: Scene, draw: random.Random, horizon: float, span: float) -> None:
    palette = canvas.palette
    village = bool({"village", "garden"} & set(scene.places))
    for index, distance in enumerate((0.58, 0.38, 0.2)):
        base = horizon + span * (0.34 + 0.25 * index)
        ridge = Ridge(draw, canvas.width, base, span * 0.1, waves=1.2)
        colour = mix(palette.land, palette.near, 0.22 * index)
        canvas.ground(ridge.points, colour, distance, depth=span * 0.9)
        if "field" in scene.places or "garden" in scene.places:
            _furrows(canvas, draw, ridge, base, span, colour, distance)
        size = 0.24 + 0.16 * index
        if village and "village" in scene.places and index < 2:
            for x in _spread(draw, canvas.width, 3 if index else 4, 0.1):
                house = BUILDINGS["house"](fork(draw), palette)
                canvas.figure(
                    house, x, ridge.at(x) + 4, size * 0.9, distance, flip=draw.random() < 0.5, name="house"
                )
        for x in _spread(draw, canvas.width, 4 - index, 0.06):
            tree = TREES[tree_kind(scene, scene.places[0])](fork(draw), palette)
            canvas.figure(
                tree,
                x,
                ridge.at(x) + 5,
                size * draw.uniform(0.7, 1.05),
                distance,
                name=tree_kind(scene, scene.places[0]),
            )


def _furrows(
    canvas: Canvas, draw: random.Random, ridge: Ridge, base: float, span: float, colour: str, distance: float
) -> None:
    """Rows of a field, running towards the viewer."""
    lines = canvas.palette.lit(turned(colour, 0.0, 1.1, 0.86), distance)
    aim = canvas.width * draw.uniform(0.3, 0.7)
    for index in range(-9, 10):
        x = aim + index * canvas.width * 0.09
        top = ridge.at(x) + 12
        canvas.line(
            f"M{number(x)} {number(top)}L{number(x + index * 60)} {number(base + span * 0.5)}", lines, 4, 0.4
        )


def _forest(canvas: Canvas, scene: Scene, draw: random.Random, horizon: float, span: float) -> None:
    """Bands of trees, larger and darker towards the viewer."""
    palette = canvas.palette
    kind = tree_kind(scene, "forest")
    mixed = kind == "tree"
    for index, distance in enumerate((0.72, 0.5, 0.28)):
        base = horizon + span * (0.22 + 0.27 * index)
        ridge = Ridge(draw, canvas.width, base, span * 0.06, waves=1.3)
        size = span / 420 * (0.5 + 0.28 * index)
        count = round((13 - 3.4 * index) * canvas.width / 1000)
        if not index:
            _treeline(canvas, draw, ridge, distance, size)
        else:
            for x in _spread(draw, canvas.width, count, 0.02):
                grown = "pine" if draw.random() < 0.4 and mixed else kind
                tree = TREES[grown](fork(draw), palette)
                canvas.figure(
                    tree,
                    x,
                    ridge.at(x) + 14,
                    size * draw.uniform(0.85, 1.2),
                    distance,
                    shadow=False,
                    name=grown,
                )
        canvas.ground(ridge.points, mix(palette.leaf, palette.near, 0.25 * index), distance, depth=span * 0.8)


def _treeline(canvas: Canvas, draw: random.Random, ridge: Ridge, distance: float, size: float) -> None:
    """The far edge of a wood, as one outline of pointed and round tops."""
    points: list[Point] = [(-140.0, canvas.height)]
    x = -130.0
    while x < canvas.width + 130:
        wide, high = draw.uniform(34, 64) * size * 1.4, draw.uniform(150, 250) * size
        y = ridge.at(min(max(x, -100), canvas.width + 100))
        points += [(x, y - high * 0.42), (x + wide * 0.5, y - high)]
        x += wide
    points.append((canvas.width + 140, canvas.height))
    canvas.shape(
        smooth(points, sharp=(0, len(points) - 1), pull=0.75),
        canvas.palette.lit(canvas.palette.leaf, distance),
    )


def _water(canvas: Canvas, draw: random.Random, top: float, stage: float) -> None:
    """The sea or a lake up to the stage, with lines of waves and a path of light."""
    palette = canvas.palette
    deep = palette.lit(palette.water, 0.12)
    far = mix(palette.lit(palette.water, 0.6), palette.sky[2], 0.35)
    rectangle = polygon(
        [(-20, top), (canvas.width + 20, top), (canvas.width + 20, canvas.height), (-20, canvas.height)]
    )
    canvas.shape(rectangle, canvas.gradient(((0.0, far, 1.0), (1.0, deep, 1.0)), top, stage + 120))
    light = mix(far, "#ffffff", 0.5)
    rows = 15
    for row in range(rows):
        t = (row + 0.4) / rows
        y = top + (canvas.height - top) * t**1.6
        for _ in range(round(5 * canvas.width / 1000)):
            x, wide = draw.uniform(-40, canvas.width + 40), draw.uniform(30, 90) * (0.4 + 1.6 * t)
            sag = wide * 0.07
            wave: list[Point] = [
                (x - wide, y),
                (x - wide * 0.4, y - sag),
                (x + wide * 0.3, y + sag),
                (x + wide, y),
            ]
            canvas.line(smooth(wave, closed=False), light, 2 + 4 * t, 0.3)
    glint = canvas.width * draw.uniform(0.3, 0.7)
    for row in range(14):
        t = row / 14
        y = top + 8 + (stage - top) * t
        wide = draw.uniform(16, 60) * (0.5 + t)
        canvas.shape(ellipse(glint + draw.uniform(-18, 18), y, wide, 2.4 + 2 * t), palette.orb, 0.36)


def _dunes(canvas: Canvas, draw: random.Random, horizon: float, span: float) -> None:
    sand = mix("#e3b774", canvas.palette.land, 0.12)
    for index, distance in enumerate((0.7, 0.48, 0.3, 0.15)):
        ridge = Ridge(draw, canvas.width, horizon + span * (0.14 + 0.22 * index), span * 0.13, waves=0.9)
        canvas.ground(
            ridge.points, turned(sand, 0.0, 1.0 + 0.06 * index, 1.0 - 0.04 * index), distance, depth=span
        )


def _city(canvas: Canvas, draw: random.Random, horizon: float, span: float) -> None:
    """Two rows of towers; at night their windows are lit."""
    canvas.note("city", "street")
    palette = canvas.palette
    glass = LAMP if palette.dark or palette.silhouette else "#eaf2f4"
    for index, distance in enumerate((0.74, 0.42)):
        base = horizon + span * (0.3 + 0.42 * index)
        x = -30.0
        while x < canvas.width + 20:
            wide = draw.uniform(70, 130) * (0.75 + 0.4 * index)
            high = span * draw.uniform(0.45, 1.25) * (1.0 - 0.2 * index)
            own = draw.choice(("#7e8fa3", "#8d7f92", "#a08c80", "#6f8792"))
            colour = palette.lit(own, distance)
            roof = draw.choice((0.0, 0.0, 26.0))
            top = base - high
            body = polygon(
                [
                    (x, base + 40),
                    (x, top),
                    (x + wide * 0.5, top - roof),
                    (x + wide, top),
                    (x + wide, base + 40),
                ]
            )
            canvas.shape(body, colour)
            canvas.shape(
                polygon(
                    [
                        (x + wide * 0.7, base + 40),
                        (x + wide * 0.7, top),
                        (x + wide, top),
                        (x + wide, base + 40),
                    ]
                ),
                turned(colour, 0, 1, 0.9),
            )
            panes: list[str] = []
            for row in range(int(high / 34)):
                for column in range(3):
                    if draw.random() < (0.55 if palette.dark else 0.7):
                        wx, wy = x + wide * (0.1 + 0.3 * column), top + 16 + row * 34
                        panes.append(
                            polygon(
                                [(wx, wy), (wx + wide * 0.16, wy), (wx + wide * 0.16, wy + 17), (wx, wy + 17)]
                            )
                        )
            if panes:
                canvas.shape("".join(panes), mix(colour, glass, 0.8 if palette.dark else 0.45))
            x += wide + draw.choice((0.0, 4.0, 16.0))
        ground = Ridge(draw, canvas.width, base + 24, 6, waves=0.5)
        canvas.ground(ground.points, mix(palette.land, "#8a8a8a", 0.6), distance, depth=span * 0.7)


def _mist(canvas: Canvas, draw: random.Random, horizon: float, span: float) -> None:
    """Bands of fog that lie in the valleys."""
    haze = canvas.palette.haze
    for index in range(4):
        y = horizon + span * (0.1 + 0.25 * index)
        band = canvas.gradient(
            ((0.0, haze, 0.0), (0.5, haze, 0.7), (1.0, haze, 0.0)), y - span * 0.22, y + span * 0.22
        )
        canvas.shape(
            polygon(
                [
                    (-5, y - span * 0.22),
                    (canvas.width + 5, y - span * 0.22),
                    (canvas.width + 5, y + span * 0.22),
                    (-5, y + span * 0.22),
                ]
            ),
            band,
        )


def _spread(draw: random.Random, width: float, count: int, margin: float) -> list[float]:
    """x coordinates, about evenly spread but not in step; as many more as the canvas is wider."""
    many = max(1, round(count * width / 1000))
    step = width * (1 - 2 * margin) / many
    places = [width * margin + step * (index + draw.uniform(0.15, 0.85)) for index in range(many)]
    draw.shuffle(places)
    return places
