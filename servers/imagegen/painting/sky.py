"""The sky: light of the hour, sun, moon, stars, clouds, a rainbow."""

from __future__ import annotations

import math
import random

from servers.imagegen.painting.canvas import Canvas
from servers.imagegen.painting.geometry import Point, number, polygon, smooth
from servers.imagegen.painting.palette import mix
from servers.imagegen.painting.scene import Scene
from servers.imagegen.painting.streams import Streams, fork

_COVERED = ("rain", "storm", "fog", "snow", "cloudy")


def paint_sky(canvas: Canvas, scene: Scene, streams: Streams, horizon: float) -> None:
    """Fills the canvas with sky down to below the horizon."""
    palette = canvas.palette
    canvas.backdrop(((0.0, palette.sky[0]), (0.55, palette.sky[1]), (1.0, palette.sky[2])), horizon + 90)
    canvas.note("sky")
    canvas.sheet(0.98, "glow")
    if (palette.dark and scene.weather not in _COVERED) or "stars" in scene.lights:
        canvas.note("stars")
        _stars(canvas, streams.place("stars"), horizon)
    _orb(canvas, scene, streams.place("orb"), horizon)
    if "rainbow" in scene.lights:
        canvas.note("rainbow")
        _rainbow(canvas, horizon)
    canvas.sheet(0.92, "drift")
    if scene.weather == "cloudy":
        canvas.note("cloudy")
    clouds = {"cloudy": 7, "storm": 9, "rain": 8, "snow": 5, "fog": 3, "clear": 3}.get(scene.weather, 5)
    if palette.dark and scene.weather not in _COVERED:
        clouds = 3
    _clouds(canvas, streams.place("clouds"), horizon, clouds, heavy=scene.weather in ("storm", "rain"))
    if scene.weather == "storm":
        _lightning(canvas, streams.scene("lightning"), horizon)


def _orb(canvas: Canvas, scene: Scene, draw: random.Random, horizon: float) -> None:
    """The sun, or at night the moon; hidden by rain unless it was asked for."""
    palette = canvas.palette
    asked = {"sun", "moon"} & set(scene.lights)
    if scene.weather in ("rain", "storm", "fog", "snow") and not asked:
        return
    moon = (palette.dark and "sun" not in asked) or asked == {"moon"}
    left, right = draw.uniform(0.18, 0.34), draw.uniform(0.66, 0.82)
    x = canvas.width * draw.choice((left, right))
    if {"grapes", "vine"} & set(scene.plants):
        x = canvas.width * left  # the vine hangs at the right
    low = scene.time in ("dawn", "dusk") and not moon
    y = horizon * (draw.uniform(0.72, 0.84) if low else draw.uniform(0.26, 0.4))
    radius = 66.0 if low else 54.0
    if scene.kind == "air" and asked and not scene.things and not scene.subjects:
        radius = 120.0  # there is nothing else to see
    canvas.note("moon" if moon else "sun")
    if palette.ink:
        canvas.disc(x, y, radius, palette.orb)
        return
    for far, strength in ((430.0, 0.34), (190.0, 0.5)):
        canvas.glow(x, y, far, palette.orb, strength * (0.6 if moon else 1.0))
    canvas.disc(x, y, radius, palette.orb)
    if moon:
        shade = mix(palette.orb, palette.sky[1], 0.22)
        for dx, dy, r in ((-16.0, -12.0, 12.0), (14.0, 6.0, 16.0), (-8.0, 22.0, 8.0)):
            grow = radius / 54
            canvas.disc(x + dx * grow, y + dy * grow, r * grow, shade)


def _stars(canvas: Canvas, draw: random.Random, horizon: float) -> None:
    count = int(90 * canvas.width / 1000)
    for _ in range(count):
        x, y = draw.uniform(0, canvas.width), horizon * draw.random() ** 1.4 * 0.92
        canvas.disc(x, y, draw.choice((1.3, 1.7, 2.2, 3.0)), "#fdf6dc", draw.uniform(0.5, 1.0))
    for _ in range(5):
        x, y, r = draw.uniform(60, canvas.width - 60), horizon * draw.uniform(0.05, 0.6), draw.uniform(9, 14)
        points: list[Point] = []
        for index in range(8):
            far = r if index % 2 == 0 else r * 0.22
            points.append((x + math.cos(index * math.pi / 4) * far, y + math.sin(index * math.pi / 4) * far))
        canvas.shape(smooth(points, pull=0.1), "#fdf6dc", 0.95)


def _clouds(canvas: Canvas, draw: random.Random, horizon: float, count: int, *, heavy: bool) -> None:
    palette = canvas.palette
    base = mix("#ffffff", palette.sky[2], 0.25) if not palette.dark else mix(palette.sky[2], "#c8d4ea", 0.15)
    if heavy:
        base = mix(palette.sky[0], "#4c545f" if not palette.dark else "#141c2c", 0.45)
    for index in range(round(count * max(1.0, canvas.width / 1100))):
        far = index / max(count, 1)
        x = draw.uniform(-60, canvas.width + 60)
        y = horizon * (draw.uniform(0.05, 0.3) if heavy else draw.uniform(0.08, 0.72))
        wide = draw.uniform(120, 300) * (1.5 if heavy else 1.0)
        shade = mix(base, palette.sky[1], 0.15 + 0.35 * far)
        _cloud(canvas, fork(draw), x, y, wide, shade, 0.92 if not palette.dark else 0.55)


def _cloud(
    canvas: Canvas, draw: random.Random, x: float, y: float, wide: float, colour: str, opacity: float
) -> None:
    """Flat below, heaped above."""
    heaps = draw.randint(4, 6)
    points: list[Point] = [(x - wide, y)]
    for index in range(heaps):
        share = (index + 0.5) / heaps
        high = wide * (0.16 + 0.34 * math.sin(math.pi * share)) * draw.uniform(0.8, 1.15)
        points.append((x - wide + 2 * wide * share, y - high))
        if index < heaps - 1:
            valley = wide * (0.16 + 0.3 * math.sin(math.pi * (share + 0.5 / heaps))) * 0.82
            points.append((x - wide + 2 * wide * (share + 0.5 / heaps), y - valley))
    points += [(x + wide, y), (x + wide * 0.4, y + wide * 0.05), (x - wide * 0.4, y + wide * 0.05)]
    if canvas.shadows:
        canvas.shape(smooth([(px + 5, py + 8) for px, py in points], pull=1.1), "#1a2030", 0.09)
    canvas.shape(smooth(points, pull=1.1), colour, opacity)


def _rainbow(canvas: Canvas, horizon: float) -> None:
    colours = ("#e2574c", "#ef9a45", "#f4d35e", "#6fb56a", "#5b8fc9", "#8a6bb8")
    for index, colour in enumerate(colours):
        radius = min(canvas.width * 0.46, horizon * 0.92) - index * 13
        x0, x1 = canvas.width / 2 - radius, canvas.width / 2 + radius
        foot, far = number(horizon + 60), number(radius)
        arc = f"M{number(x0)} {foot}A{far} {far} 0 0 1 {number(x1)} {foot}"
        canvas.line(arc, colour, 13.5, 0.62)


def _lightning(canvas: Canvas, draw: random.Random, horizon: float) -> None:
    x, y = canvas.width * draw.uniform(0.25, 0.75), horizon * 0.2
    path = f"M{number(x)} {number(y)}"
    while y < horizon * 0.94:
        x, y = x + draw.uniform(-52, 44), y + draw.uniform(46, 92)
        path += f"L{number(x)} {number(y)}"
    canvas.line(path, "#fff3b8", 17, 0.28)
    canvas.line(path, "#fffbe6", 6)


def paint_weather(canvas: Canvas, scene: Scene, draw: random.Random) -> None:
    """Rain, snow, or leaves and petals in the wind, over everything."""
    area = canvas.width * canvas.height / 1e6
    if scene.weather in ("rain", "storm", "snow", "wind"):
        canvas.note(scene.weather)
    if scene.weather in ("rain", "storm"):
        strokes = []
        for _ in range(round(130 * area)):
            x, y, long = (
                draw.uniform(-20, canvas.width),
                draw.uniform(-40, canvas.height),
                draw.uniform(26, 74),
            )
            strokes.append(f"M{number(x)} {number(y)}l{number(-long * 0.2)} {number(long)}")
        canvas.line("".join(strokes), "#e6eef6", 2.4, 0.42)
    elif scene.weather == "snow":
        for _ in range(round(120 * area)):
            radius = draw.choice((2.5, 3.5, 4.5, 6.0, 8.5))
            canvas.disc(
                draw.uniform(0, canvas.width),
                draw.uniform(0, canvas.height),
                radius,
                "#ffffff",
                draw.uniform(0.55, 0.95),
            )
    elif scene.weather == "wind" or scene.season in ("autumn", "spring"):
        colours = (
            ("#e08a3c", "#d4572f", "#e8b84a")
            if scene.season != "spring"
            else ("#f4b8c4", "#f8d3da", "#ef9fb2")
        )
        for _ in range(round(20 * area)):
            x, y, size = (
                draw.uniform(0, canvas.width),
                draw.uniform(0, canvas.height * 0.8),
                draw.uniform(7, 15),
            )
            turn = draw.uniform(-0.8, 0.8)
            leaf = polygon(
                [
                    (x - size, y - size * turn),
                    (x, y - size * 0.45),
                    (x + size, y + size * turn),
                    (x, y + size * 0.45),
                ]
            )
            canvas.shape(leaf, canvas.palette.lit(draw.choice(colours), 0.05))
