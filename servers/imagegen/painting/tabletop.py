"""A scene on a kitchen's counter: what is cooked with and eaten, and who cooks, behind it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from servers.imagegen.painting.actors import act, cast_shadow
from servers.imagegen.painting.canvas import Canvas
from servers.imagegen.painting.cast import cast
from servers.imagegen.painting.geometry import number
from servers.imagegen.painting.palette import mix, turned
from servers.imagegen.painting.scene import Scene
from servers.imagegen.painting.streams import Streams
from servers.imagegen.painting.things import Item, all_items, furnishing, potted, put
from servers.imagegen.painting.window import box_path, indoors, paint_window

_HIGH = 150.0
"""Centimetres: from here on a thing stands on the floor behind the counter."""


def paint_tabletop(canvas: Canvas, scene: Scene, streams: Streams) -> None:
    """Paints a still life on a counter."""
    draw = streams.place("kitchen")
    outside = canvas.palette
    wall = draw.choice(("#dfe3d0", "#e6d3b8", "#cddcdc", "#e3c6b4"))
    canvas.palette = indoors(outside, wall)
    tall = canvas.height > canvas.width
    edge = canvas.height * (0.535 if tall else 0.56)
    _wall(canvas, wall, edge)
    canvas.note("kitchen")
    left = draw.random() < 0.5
    wide = canvas.width * (0.46 if tall else 0.28)
    high = min(canvas.height * 0.27, wide * 1.1)
    x = canvas.width * (0.08 if left else 0.92) - (0 if left else wide)
    y = edge - canvas.height * (0.15 if tall else 0.13) - high
    paint_window(canvas, scene, streams, outside, (x, y, wide, high))
    things = all_items(scene, streams, canvas)
    things += potted(scene, streams, canvas)
    _shelves(canvas, streams, left=left, y=y + high * 0.5)
    back = [one for one in things if one.tall >= _HIGH and one.stands != "wall"]
    for index, one in enumerate(back[:3]):
        put(
            canvas,
            one,
            canvas.width * ((0.8, 0.2, 0.5)[index] if left else (0.2, 0.8, 0.5)[index]),
            edge + 60,
            canvas.height * 0.36,
            0.15,
            widest=canvas.width * 0.4,
        )
    canvas.sheet(0.4, "breathe")
    _cooks(canvas, scene, streams, edge)
    canvas.sheet(0.3)
    _counter(canvas, streams, edge)
    canvas.sheet(0.22)
    _still_life(canvas, scene, [one for one in things if one not in back], streams, edge, tall=tall)


def _wall(canvas: Canvas, wall: str, edge: float) -> None:
    """Plaster above, tiles below."""
    lit = canvas.palette.lit(wall, 0.12)
    canvas.backdrop(((0.0, turned(lit, 0, 1.05, 0.88)), (0.7, lit), (1.0, mix(lit, "#ffffff", 0.14))), edge)
    top, tile = edge - canvas.height * 0.115, 64.0
    canvas.shape(box_path(-5, top, canvas.width + 10, edge - top + 4), mix(lit, "#ffffff", 0.34))
    grout = turned(lit, 0, 1, 0.9)
    rows = int((edge - top) / tile) + 1
    for row in range(rows + 1):
        y = top + row * tile
        canvas.line(f"M-5 {number(y)}H{number(canvas.width + 5)}", grout, 3, 0.7)
        for column in range(int(canvas.width / tile / 1.6) + 2):
            x = column * tile * 1.6 + (row % 2) * tile * 0.8
            if y + tile <= edge + tile:
                canvas.line(f"M{number(x)} {number(y)}v{number(min(tile, edge - y))}", grout, 3, 0.7)


def _shelves(canvas: Canvas, streams: Streams, *, left: bool, y: float) -> None:
    """A shelf with jars beside the window, a lamp above."""
    x = canvas.width * (0.8 if left else 0.2)
    shelf = furnishing("shelf", streams, canvas)
    put(canvas, shelf, x, y, 1e6, 0.12, widest=canvas.width * 0.32)
    if canvas.height > canvas.width:
        put(canvas, shelf, x, y - canvas.height * 0.1, 1e6, 0.12, widest=canvas.width * 0.3, flip=True)
    lamp = furnishing("ceiling lamp", streams, canvas)
    canvas.figure(lamp.figure, canvas.width * 0.52, -20, 1.5, 0.1, shadow=False)
    if canvas.palette.dark and not canvas.palette.ink:
        canvas.glow(canvas.width * 0.52, canvas.height * 0.12, 420, "#ffd98a", 0.4)


def _cooks(canvas: Canvas, scene: Scene, streams: Streams, edge: float) -> None:
    """Whoever is there stands behind the counter."""
    roles = [dataclasses.replace(role, place="ground", size=role.size * 1.5) for role in cast(scene, streams)]
    high = max((role.figure.height * role.size for role in roles), default=0.0)
    act(canvas, scene, roles[:4], streams.scene("stand"), lambda x: edge + high * 0.4, framed=True)


def _counter(canvas: Canvas, streams: Streams, edge: float) -> None:
    """The worktop, its grain and its front."""
    palette = canvas.palette
    wood = streams.place("counter").choice(("#c89a66", "#b8895a", "#d2ab7c"))
    far, near = palette.lit(wood, 0.14), palette.lit(turned(wood, 0, 1.1, 0.8), 0.0)
    canvas.shape(
        box_path(-60, edge, canvas.width + 120, canvas.height - edge + 60),
        canvas.gradient(((0.0, far, 1.0), (1.0, near, 1.0)), edge, canvas.height),
    )
    canvas.line(f"M-10 {number(edge + 3)}H{number(canvas.width + 10)}", mix(far, "#ffffff", 0.35), 6)
    draw, dark = streams.place("grain"), turned(near, 0, 1, 0.8)
    for index in range(11):
        y = edge + (canvas.height - edge) * (0.06 + 0.9 * (index / 11) ** 1.3)
        start, sway = draw.uniform(-0.2, 0.5) * canvas.width, draw.uniform(-7, 7)
        long = draw.uniform(0.4, 0.9) * canvas.width
        canvas.line(
            f"M{number(start)} {number(y)}q{number(long / 2)} {number(sway)} {number(long)} 0",
            dark,
            2.4,
            0.32,
        )
    front = canvas.height * 0.945
    canvas.shape(
        box_path(-60, front, canvas.width + 120, canvas.height - front + 60), turned(near, 0, 1.1, 0.62)
    )
    canvas.line(f"M-10 {number(front)}H{number(canvas.width + 10)}", mix(near, "#ffffff", 0.2), 8)


def _still_life(
    canvas: Canvas, scene: Scene, things: list[Item], streams: Streams, edge: float, *, tall: bool
) -> None:
    """Things in rows: tall ones behind, small ones before them, all within reach of the eye."""
    things = [one for one in things if one.name not in ("window", "shelf", "table", "desk", "door")]
    asked = {one.name for one in scene.things}
    if not things:
        things = [furnishing(name, streams, canvas) for name in ("pot", "fruit", "cutting board")]
    elif len(things) < 3 and not scene.subjects:
        things += [
            furnishing(name, streams, canvas)
            for name in ("bowl", "cutting board", "oil")
            if name not in asked
        ][: 3 - len(things)]
    if "table" in asked or "desk" in asked:
        canvas.note("table", *(asked & {"desk"}))
    if "shelf" in asked:
        canvas.note("shelf")
    flying = [one for one in things if one.stands == "air"]
    standing = sorted((one for one in things if one.stands != "air"), key=lambda one: -one.tall)
    rows = _rows(standing, 2 if len(standing) <= 5 else 3)
    bases: tuple[float, ...] = (0.085, 0.165, 0.25) if tall else (0.1, 0.2, 0.3)
    if len(rows) == 2:
        bases = (0.1, 0.215) if tall else (0.12, 0.27)
    elif len(rows) == 1:
        bases = (0.17,)
    scale = {1: 1.5, 2: 1.4, 3: 1.3}.get(len(standing) + 2 * len(scene.subjects), 1.0) * (
        1.0 if tall else 0.8
    )
    for row, base in zip(rows, bases, strict=False):
        _row(canvas, row, edge + canvas.height * base, scale)
    for index, one in enumerate(flying):
        put(
            canvas,
            one,
            canvas.width * (0.5 + 0.2 * index),
            edge - 40,
            260,
            0.05,
            widest=canvas.width * 0.4,
            shadow=False,
        )


def _rows(things: Sequence[Item], count: int) -> list[list[Item]]:
    """The tallest in the first row, equal shares of the width in each."""
    if len(things) < 3:
        return [list(things)]
    total = sum(_wide(one) for one in things)
    rows: list[list[Item]] = [[] for _ in range(count)]
    so_far = 0.0
    for one in things:
        rows[min(int(so_far / total * count), count - 1)].append(one)
        so_far += _wide(one)
    return [row for row in rows if row]


def _high(one: Item) -> float:
    return float(330.0 * (min(max(one.tall, 4), 80) / 26) ** 0.5)


def _wide(one: Item) -> float:
    return min(one.width * _high(one) / max(one.figure.height, 1.0), 380.0)


def _row(canvas: Canvas, row: Sequence[Item], y: float, scale: float) -> None:
    """One row from left to right, the widest in the middle."""
    ordered: list[Item] = []
    for index, one in enumerate(sorted(row, key=lambda one: -_wide(one))):
        ordered.insert(len(ordered) if index % 2 else 0, one)
    span = min(canvas.width, canvas.height * 1.25) * 0.94
    wides = [_wide(one) * scale for one in ordered]
    fit = min(1.0, span * 0.98 / sum(wides))
    gap = (span - fit * sum(wides)) / (len(ordered) + 1)
    x = (canvas.width - span) / 2 + gap
    for index, (one, wide) in enumerate(zip(ordered, wides, strict=True)):
        middle, foot = x + wide * fit / 2, y + (14 if index % 2 else -6)
        cast_shadow(canvas, middle + 10, foot + 2, wide * fit * 0.5, "#3a2616")
        put(canvas, one, middle, foot, _high(one) * scale * fit, 0.0, widest=wide * fit)
        x += wide * fit + gap
