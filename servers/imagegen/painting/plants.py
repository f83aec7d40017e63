"""Trees, grass, flowers and vines. Foot at (0, 0), y upwards; a full-grown tree is about 300 units high."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from servers.imagegen.painting.geometry import Figure, Part, Point, ellipse, limb, smooth
from servers.imagegen.painting.palette import Palette, mix, turned


def _crown(draw: random.Random, x: float, y: float, radius: float, squash: float = 0.85) -> str:
    """A leafy outline: a circle with bumps."""
    bumps = draw.randint(8, 11)
    points: list[Point] = []
    for index in range(bumps * 2):
        turn = math.tau * (index + draw.uniform(-0.15, 0.15)) / (bumps * 2)
        far = radius * (1.06 if index % 2 else 0.9) * draw.uniform(0.96, 1.04)
        points.append((x + math.cos(turn) * far, y + math.sin(turn) * far * squash))
    return smooth(points, pull=1.15)


def broadleaf(draw: random.Random, palette: Palette) -> Figure:
    """A tree with a round crown in three tones."""
    bark, leaf = palette.bark, turned(palette.leaf, draw.uniform(-0.02, 0.02), 1.0, draw.uniform(0.92, 1.06))
    lean = draw.uniform(-16, 16)
    parts = [
        Part(limb([(0, -6), (lean * 0.4, 70), (lean, 150), (lean, 200)], [30, 19, 15, 8]), bark),
        Part(limb([(lean * 0.5, 100), (lean - 34, 160)], [11, 5]), bark),
        Part(limb([(lean * 0.6, 112), (lean + 38, 165)], [10, 5]), bark),
    ]
    blobs = [(-58.0, 176.0, 58.0), (58.0, 182.0, 60.0), (0.0, 220.0, 76.0), (-6.0, 166.0, 62.0)]
    for x, y, radius in blobs:
        parts.append(Part(_crown(draw, x + lean, y, radius), turned(leaf, 0, 1, 0.82)))
    for x, y, radius in blobs[:3]:
        parts.append(Part(_crown(draw, x + lean + 8, y + 11, radius * 0.78), leaf))
    for x, y, radius in blobs[:3]:
        parts.append(Part(_crown(draw, x + lean + 17, y + 22, radius * 0.44), mix(leaf, "#fff2b0", 0.22)))
    return Figure(tuple(parts), 230, 300)


def pine(draw: random.Random, palette: Palette) -> Figure:
    """A conifer: tiers of boughs."""
    leaf = turned(mix(palette.leaf, "#2d5c50", 0.5), 0, 1, draw.uniform(0.9, 1.05))
    parts = [Part(limb([(0, -4), (0, 90)], [18, 13]), palette.bark)]
    tiers = 5
    for tier in range(tiers):
        base, half = 42 + tier * 50.0, 92 - tier * 16.0
        peak = base + 98 - tier * 6
        edge: list[Point] = [
            (0, peak),
            (half, base),
            (half * 0.45, base + 9),
            (0, base - 7),
            (-half * 0.5, base + 9),
            (-half, base),
        ]
        parts.append(Part(smooth(edge, sharp=(0, 1, 5), pull=0.8), turned(leaf, 0, 1, 0.8 + 0.06 * tier)))
        light: list[Point] = [(2, peak), (half, base), (half * 0.45, base + 9), (6, base + 10)]
        parts.append(Part(smooth(light, sharp=(0, 1, 3), pull=0.6), turned(leaf, 0, 1, 0.94 + 0.06 * tier)))
        if palette.snow:
            cap: list[Point] = [
                (0, peak),
                (half * 0.42, base + 50),
                (0, base + 42),
                (-half * 0.42, base + 50),
            ]
            parts.append(Part(smooth(cap, sharp=(0,)), "#f3f6f8"))
    return Figure(tuple(parts), 190, 330)


def bare(draw: random.Random, palette: Palette) -> Figure:
    """A tree without leaves."""
    parts: list[Part] = []

    def branch(x: float, y: float, turn: float, long: float, thick: float) -> None:
        ex, ey = x + math.cos(turn) * long, y + math.sin(turn) * long
        bend = draw.uniform(-0.12, 0.12) * long
        middle = ((x + ex) / 2 - math.sin(turn) * bend, (y + ey) / 2 + math.cos(turn) * bend)
        parts.append(
            Part(limb([(x, y), middle, (ex, ey)], [thick, thick * 0.8, thick * 0.55], 3), palette.bark)
        )
        if thick > 4:
            for side in (-1, 1):
                branch(
                    ex,
                    ey,
                    turn + side * draw.uniform(0.3, 0.62),
                    long * draw.uniform(0.62, 0.78),
                    thick * 0.56,
                )

    branch(0, -6, math.pi / 2 + draw.uniform(-0.08, 0.08), 110, 24)
    return Figure(tuple(parts), 220, 300)


def palm(draw: random.Random, palette: Palette) -> Figure:
    """A palm."""
    lean = draw.choice((-1, 1)) * draw.uniform(20, 46)
    top = (lean, 230.0)
    parts = [Part(limb([(0, -5), (lean * 0.3, 110), top], [20, 14, 10]), palette.bark)]
    for index in range(9):
        turn = math.pi * (0.02 + 0.12 * index)
        x, y = math.cos(turn) * 112, math.sin(turn) * 62
        frond = [top, (top[0] + x * 0.55, top[1] + y * 0.9 + 26), (top[0] + x, top[1] + y * 0.6 - 34)]
        parts.append(Part(limb(frond, [8, 24, 2]), turned(palette.leaf, 0, 1, 0.8 + 0.28 * (index % 2))))
    return Figure(tuple(parts), 230, 300)


def bamboo(draw: random.Random, palette: Palette) -> Figure:
    """A clump of bamboo."""
    parts: list[Part] = []
    stem = mix(palette.leaf, "#9cb45a", 0.4)
    for _ in range(4):
        x, lean, high = draw.uniform(-44, 44), draw.uniform(-16, 16), draw.uniform(270, 380)
        shade = turned(stem, 0, 1, draw.uniform(0.82, 1.05))
        parts.append(
            Part(limb([(x, -4), (x + lean * 0.4, high * 0.5), (x + lean, high)], [11, 9.5, 6]), shade)
        )
        for knot in range(1, 7):
            y = high * knot / 7
            parts.append(
                Part(
                    limb([(x + lean * knot / 7 - 6, y), (x + lean * knot / 7 + 6, y)], [2.4, 2.4], 1),
                    turned(shade, 0, 1, 0.7),
                )
            )
        for _ in range(9):
            y = draw.uniform(high * 0.45, high)
            side, fall = draw.choice((-1, 1)), draw.uniform(6, 34)
            root = (x + lean * y / high, y)
            leaf = [root, (root[0] + side * 24, y + 4), (root[0] + side * 52, y - fall)]
            parts.append(Part(limb(leaf, [2, 11, 1], 3), turned(palette.leaf, 0, 1, draw.uniform(0.78, 1.1))))
    return Figure(tuple(parts), 160, 380)


def cactus(draw: random.Random, palette: Palette) -> Figure:
    """A saguaro."""
    green = mix(palette.leaf, "#4a7d55", 0.6)
    parts = [
        Part(limb([(0, -5), (0, 160)], [34, 32]), green),
        Part(limb([(0, 66), (-42, 74), (-46, 122)], [20, 20, 18]), green),
        Part(limb([(0, 52), (40, 58), (44, 98)], [18, 18, 16]), green),
        Part(limb([(8, 8), (8, 156)], [4, 4]), turned(green, 0, 1, 1.16)),
    ]
    return Figure(tuple(parts), 120, 180)


def bush(draw: random.Random, palette: Palette) -> Figure:
    """A low bush."""
    leaf = turned(palette.leaf, draw.uniform(-0.02, 0.02), 1, 0.9)
    parts = [
        Part(_crown(draw, x, y, radius, 0.8), leaf)
        for x, y, radius in ((-34, 22, 32), (30, 20, 34), (0, 36, 40))
    ]
    parts += [
        Part(_crown(draw, x, y, radius, 0.8), turned(leaf, 0, 1, 1.16))
        for x, y, radius in ((8, 46, 26), (38, 28, 18))
    ]
    return Figure(tuple(parts), 130, 80)


def grass(draw: random.Random, palette: Palette, colour: str = "") -> Figure:
    """A tuft of grass."""
    parts = []
    for index in range(7):
        x, lean, high = (index - 3) * 5.0, (index - 3) * 7 + draw.uniform(-6, 6), draw.uniform(26, 52)
        blade = [(x, -3), (x + lean * 0.3, high * 0.55), (x + lean, high)]
        shade = turned(colour or palette.leaf, 0, 1, draw.uniform(0.82, 1.12))
        parts.append(Part(limb(blade, [5.5, 4.2, 0.6], 3), shade))
    return Figure(tuple(parts), 60, 52)


def flower(draw: random.Random, palette: Palette) -> Figure:
    """A flower on its stem."""
    colour = draw.choice(("#e2574c", "#f2b544", "#f4f0e6", "#c46aa8", "#f08a5d", "#7d7fd0"))
    high, lean = draw.uniform(38, 64), draw.uniform(-8, 8)
    parts = [
        Part(
            limb([(0, -2), (lean * 0.4, high * 0.5), (lean, high)], [3.4, 3, 2.6], 3),
            turned(palette.leaf, 0, 1, 0.85),
        ),
        Part(limb([(lean * 0.3, high * 0.3), (lean + 13, high * 0.52)], [2, 7], 3), palette.leaf),
    ]
    for index in range(6):
        turn = math.tau * index / 6
        parts.append(Part(ellipse(lean + math.cos(turn) * 8, high + math.sin(turn) * 8, 6.4), colour))
    parts.append(Part(ellipse(lean, high, 5.4), "#f7d36a" if colour != "#f2b544" else "#8a5a2c"))
    return Figure(tuple(parts), 30, high + 14)


def reed(draw: random.Random, palette: Palette) -> Figure:
    """Reeds at the water."""
    parts = list(grass(draw, palette).parts)
    for x in (-14.0, 4.0, 18.0):
        high = draw.uniform(82, 124)
        lean = draw.uniform(-8, 12)
        parts.append(
            Part(
                limb([(x, -3), (x + lean * 0.5, high * 0.6), (x + lean, high)], [3.4, 3, 2.4], 3),
                palette.leaf,
            )
        )
        parts.append(
            Part(limb([(x + lean, high - 4), (x + lean * 1.1, high + 24)], [8.5, 7.5], 3), "#7a4f33")
        )
    return Figure(tuple(parts), 70, 140)


def wheat(draw: random.Random, palette: Palette) -> Figure:
    """Ears of wheat."""
    parts = []
    for index in range(5):
        x, lean, high = (index - 2) * 9.0, draw.uniform(-12, 16), draw.uniform(66, 92)
        parts.append(
            Part(limb([(x, -3), (x + lean * 0.4, high * 0.6), (x + lean, high)], [3, 2.6, 2], 3), "#c9a24a")
        )
        parts.append(Part(limb([(x + lean, high - 4), (x + lean * 1.3, high + 24)], [9, 4], 3), "#e2bd5c"))
    return Figure(tuple(parts), 60, 118)


def mushroom(draw: random.Random, palette: Palette) -> Figure:
    """A red-capped mushroom."""
    cap: list[Point] = [(-24, 26), (-15, 44), (4, 50), (20, 42), (26, 26), (0, 21)]
    parts = [Part(limb([(0, -2), (0, 30)], [16, 11]), "#f1e6d2"), Part(smooth(cap, sharp=(0, 4)), "#cf4a3c")]
    parts += [
        Part(ellipse(x, y, r), "#f8efe2")
        for x, y, r in ((-9.0, 36.0, 4.0), (6.0, 41.0, 4.6), (15.0, 31.0, 3.0))
    ]
    return Figure(tuple(parts), 52, 52)


def leaf_outline(x: float, y: float, size: float, turn: float) -> str:
    """A vine's leaf: five lobes, hanging from (x, y) in the direction `turn`, degrees."""
    shape: list[Point] = [
        (0, 0),
        (0.22, 0.34),
        (0.12, 0.62),
        (0.5, 0.46),
        (0.72, 0.56),
        (0.74, 0.24),
        (1.05, 0.0),
        (0.74, -0.24),
        (0.72, -0.56),
        (0.5, -0.46),
        (0.12, -0.62),
        (0.22, -0.34),
    ]
    cos, sin = math.cos(math.radians(turn)) * size, math.sin(math.radians(turn)) * size
    return smooth(
        [(x + px * cos - py * sin, y + px * sin + py * cos) for px, py in shape],
        sharp=(0, 2, 4, 6, 8, 10),
        pull=0.8,
    )


def grape_vine(
    draw: random.Random, palette: Palette, reach: float, bunches: int, fruit: str = "#6b3f8c"
) -> Figure:
    """A vine that comes in from the left at (0, 0), grows `reach` units to the right and hangs down."""
    stem: list[Point] = [(-60, 24), (reach * 0.25, -6), (reach * 0.55, 12), (reach * 0.82, -20), (reach, -64)]
    parts = [Part(limb(stem, [22, 18, 14, 9, 4]), palette.bark)]
    for index in range(3):
        x = reach * (0.3 + 0.26 * index)
        curl = [(x, -4), (x + 16, -34), (x + 2, -52), (x - 8, -38), (x + 4, -32)]
        parts.append(Part(smooth(curl, closed=False), turned(palette.leaf, 0, 1, 0.8), 3))
    leaves = []
    for index in range(int(reach / 22)):
        x = reach * (index + draw.uniform(-0.3, 0.3)) / (reach / 22)
        size = draw.uniform(56, 88)
        shade = turned(palette.leaf, draw.uniform(-0.02, 0.03), 1, draw.uniform(0.78, 1.12))
        y = 8 - 50 * max(0.0, x / reach - 0.75) * 4
        leaves.append(Part(leaf_outline(x, y + draw.uniform(-12, 22), size, draw.uniform(-150, -20)), shade))
    hanging: list[Part] = []
    for index in range(bunches):
        x = reach * (0.16 + 0.76 * (index + 0.5) / bunches) + draw.uniform(-10, 10)
        hanging += _bunch(draw, x, -26 - 46 * max(0.0, x / reach - 0.7) * 3, draw.uniform(0.85, 1.15), fruit)
    half = len(leaves) // 2
    return Figure((*parts, *leaves[:half], *hanging, *leaves[half:]), reach + 60, 260)


def _bunch(draw: random.Random, x: float, y: float, size: float, fruit: str) -> list[Part]:
    parts = [Part(limb([(x, y + 22), (x, y - 10)], [4, 4]), "#6b5a35")]
    radius = 14.5 * size
    for row, count in enumerate((4, 5, 4, 4, 3, 2, 1)):
        for column in range(count):
            gx = x + (column - (count - 1) / 2) * radius * 1.62 + draw.uniform(-2, 2)
            gy = y - row * radius * 1.42 + draw.uniform(-2, 2)
            shade = turned(fruit, draw.uniform(-0.015, 0.025), 1, draw.uniform(0.82, 1.15))
            parts.append(Part(ellipse(gx, gy, radius), shade))
            parts.append(
                Part(
                    ellipse(gx + radius * 0.3, gy + radius * 0.34, radius * 0.24), mix(fruit, "#ffffff", 0.62)
                )
            )
    return parts


def bough(draw: random.Random, palette: Palette, reach: float) -> Figure:
    """A branch with leaves, from (0, 0) to the right; it is level from its middle on."""
    stem: list[Point] = [(-60, -70), (reach * 0.2, -26), (reach * 0.55, -4), (reach * 0.8, -2), (reach, 18)]
    parts = [
        Part(limb(stem, [46, 34, 24, 16, 4]), palette.bark),
        Part(limb([(reach * 0.3, -18), (reach * 0.46, 52), (reach * 0.58, 84)], [16, 10, 3]), palette.bark),
        Part(limb([(reach * 0.7, -4), (reach * 0.84, -46), (reach * 0.96, -62)], [11, 7, 3]), palette.bark),
    ]
    twigs = (
        (0.98, 14.0),
        (0.9, 4.0),
        (0.56, 80.0),
        (0.5, 66.0),
        (0.42, 44.0),
        (0.95, -60.0),
        (0.86, -48.0),
        (0.16, -30.0),
    )
    for share, y in twigs:
        for _ in range(5):
            turn = draw.uniform(-75, 75) + (90 if y > 40 else 0)
            size = draw.uniform(15, 26)
            x = reach * share + math.cos(math.radians(turn)) * size
            shade = turned(palette.leaf, draw.uniform(-0.02, 0.02), 1, draw.uniform(0.8, 1.12))
            parts.append(
                Part(ellipse(x, y + math.sin(math.radians(turn)) * size, size, size * 0.42, turn), shade)
            )
    return Figure(tuple(parts), reach, 160)


def fern(draw: random.Random, palette: Palette, colour: str) -> Figure:
    """Dark fronds for the nearest plane."""
    parts: list[Part] = []
    for index in range(5):
        lean = (index - 2) * 46 + draw.uniform(-10, 10)
        high = draw.uniform(110, 190)
        tip = (lean * 1.5, high - abs(lean) * 0.35)
        middle = (lean * 0.55, high * 0.68)
        shade = turned(colour, 0, 1, draw.uniform(0.85, 1.15))
        parts.append(Part(limb([(0, -6), middle, tip], [7, 5, 1], 4), shade))
        for step in range(3, 14):
            t = step / 14
            x = (2 * t * (1 - t)) * middle[0] + t * t * tip[0]
            y = (2 * t * (1 - t)) * middle[1] + t * t * tip[1]
            long = 36 * (1 - t) + 8
            for side in (-1, 1):
                end = (x + side * long * 0.9 + lean * 0.08, y + long * 0.42)
                parts.append(Part(limb([(x, y), end], [8 * (1 - t) + 2.4, 0.8], 2), shade))
    return Figure(tuple(parts), 320, 190)


TREES: dict[str, Callable[[random.Random, Palette], Figure]] = {
    "tree": broadleaf,
    "pine": pine,
    "bare tree": bare,
    "palm": palm,
    "bamboo": bamboo,
    "cactus": cactus,
}
SMALL: dict[str, Callable[[random.Random, Palette], Figure]] = {
    "bush": bush,
    "grass": grass,
    "flower": flower,
    "reed": reed,
    "wheat": wheat,
    "mushroom": mushroom,
}
