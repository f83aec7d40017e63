"""Rivers and roads: what winds from the hills down to the viewer."""

from __future__ import annotations

import random

from servers.imagegen.painting.canvas import Canvas
from servers.imagegen.painting.geometry import Point, ellipse, smooth
from servers.imagegen.painting.palette import mix, turned
from servers.imagegen.painting.scene import Scene
from servers.imagegen.painting.streams import fork


def paint_way(canvas: Canvas, scene: Scene, draw: random.Random, horizon: float, stage: float) -> list[Point]:
    """Paints the river or the road, if there is one, from the hills down to the viewer.

    Returns points of its middle line, from far to near; none when there is neither.
    """
    top = horizon + (stage - horizon) * 0.52
    if "river" in scene.places:
        canvas.note("river")
        return _ribbon(canvas, draw, top, canvas.palette.water, water=True)
    if "road" in scene.places:
        canvas.note("road")
        return _ribbon(canvas, draw, top, "#d9c296", water=False)
    return []


def _ribbon(canvas: Canvas, draw: random.Random, top: float, colour: str, *, water: bool) -> list[Point]:
    """A river or a road that winds from the distance to the viewer, widening."""
    palette = canvas.palette
    bottom = canvas.height + 40
    side = draw.choice((-1.0, 1.0))
    middle = canvas.width * (0.74 if water else 0.5) + side * canvas.width * draw.uniform(0.02, 0.09)
    reach = min(canvas.width, 1500.0)
    left: list[Point] = []
    right: list[Point] = []
    for index in range(8):
        t = index / 7
        y = top + (bottom - top) * t**1.35
        bend = side * reach * 0.2 * (1 - 2 * abs(((t * 1.3 + 0.15) % 1.0) - 0.5)) * (0.25 + t)
        half = reach * ((0.03 + 0.46 * t**1.7) if water else (0.012 + 0.25 * t**1.7))
        left.append((middle + bend - half, y))
        right.append((middle + bend + half, y))
    d = smooth([*left, *reversed(right)], sharp=(0, 7, 8, 15))
    near, far = (
        palette.lit(colour, 0.08),
        mix(palette.lit(colour, 0.5), palette.sky[2], 0.3 if water else 0.0),
    )
    if water and palette.dark and not palette.ink:  # the moon is in it
        near, far = mix(near, palette.orb, 0.2), mix(far, palette.orb, 0.32)
    canvas.line(d, palette.lit(turned(palette.land, 0, 1, 0.8), 0.3), 10, 0.5)
    canvas.shape(d, canvas.gradient(((0.0, far, 1.0), (1.0, near, 1.0)), top, bottom))
    if water:
        _ripples(canvas, draw, left, right, mix(far, "#ffffff", 0.55))
        if palette.dark and not palette.ink:
            _moonlight(canvas, fork(draw), left, right)
    return [((a[0] + b[0]) / 2, a[1]) for a, b in zip(left, right, strict=True)]


def _moonlight(canvas: Canvas, draw: random.Random, left: list[Point], right: list[Point]) -> None:
    """The path of the moon's light down a river."""
    for index in range(22):
        t = (index + 0.5) / 22 * 0.92
        low = min(int(t * 7), 6)
        share = t * 7 - low
        y = left[low][1] + (left[low + 1][1] - left[low][1]) * share
        a = left[low][0] + (left[low + 1][0] - left[low][0]) * share
        b = right[low][0] + (right[low + 1][0] - right[low][0]) * share
        wide = (b - a) * draw.uniform(0.1, 0.26)
        x = (a + b) / 2 + (b - a) * draw.uniform(-0.08, 0.08)
        canvas.shape(ellipse(x, y, wide, 2 + 5 * t), canvas.palette.orb, 0.7)


def _ripples(canvas: Canvas, draw: random.Random, left: list[Point], right: list[Point], light: str) -> None:
    """Lines of waves between the two banks of a river."""
    for _ in range(26):
        t = draw.uniform(0.12, 0.95)
        low = min(int(t * 7), 6)
        share = t * 7 - low
        y = left[low][1] + (left[low + 1][1] - left[low][1]) * share
        a = left[low][0] + (left[low + 1][0] - left[low][0]) * share
        b = right[low][0] + (right[low + 1][0] - right[low][0]) * share
        x, wide = a + (b - a) * draw.uniform(0.25, 0.75), (b - a) * draw.uniform(0.05, 0.14)
        sag = wide * 0.08
        wave: list[Point] = [
            (x - wide, y),
            (x - wide * 0.3, y - sag),
            (x + wide * 0.4, y + sag),
            (x + wide, y),
        ]
        canvas.line(smooth(wave, closed=False), light, 2 + 3 * t, 0.5)
