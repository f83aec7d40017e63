"""What people build: houses, towers, bridges. Foot at (0, 0), y upwards, in units of a man of 150."""

from __future__ import annotations

import random
from collections.abc import Callable

from servers.imagegen.painting.geometry import Figure, Part, Point, ellipse, limb, polygon, smooth
from servers.imagegen.painting.palette import LAMP, Palette, turned


def _box(x: float, y: float, width: float, height: float) -> str:
    return polygon([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])


def _window(palette: Palette) -> str:
    """Windows glow at night."""
    return LAMP if palette.dark else "#5a6b78"


def house(draw: random.Random, palette: Palette) -> Figure:
    """A cottage with a chimney."""
    wall = draw.choice(("#efe0c4", "#e8cfa8", "#dfd9cf", "#e3b991"))
    roof = "#eef2f5" if palette.snow else draw.choice(("#a8503a", "#8a5a44", "#7b4b45", "#6f5d52"))
    parts = [
        Part(_box(44, 150, 26, 74), turned(wall, 0, 1, 0.7)),
        Part(_box(-100, -4, 200, 128), wall),
        Part(polygon([(-122, 116), (-58, 206), (58, 206), (122, 116)]), roof),
        Part(polygon([(-122, 116), (122, 116), (114, 128), (-114, 128)]), turned(roof, 0, 1, 0.78)),
        Part(_box(-20, -4, 42, 82), "#6b4632"),
    ]
    for x in (-74.0, 44.0):
        parts += [
            Part(_box(x - 3, 35, 36, 46), turned(wall, 0, 1, 0.72)),
            Part(_box(x, 38, 30, 40), _window(palette)),
        ]
        parts += [Part(_box(x + 13.5, 38, 3, 40), wall), Part(_box(x, 56, 30, 3), wall)]
    return Figure(tuple(parts), 244, 224)


def castle(draw: random.Random, palette: Palette) -> Figure:
    """Walls, a gate and four towers."""
    stone = "#b3aca3"
    roof = draw.choice(("#5a6f96", "#8a4a52", "#4f7a78"))
    parts: list[Part] = []
    for x, wide, high in (
        (-190.0, 64.0, 270.0),
        (-70.0, 60.0, 360.0),
        (20.0, 70.0, 420.0),
        (128.0, 64.0, 290.0),
    ):
        parts.append(Part(_box(x, -4, wide, high), turned(stone, 0, 1, 0.92)))
        parts.append(Part(_box(x + wide * 0.62, -4, wide * 0.38, high), turned(stone, 0, 1, 0.78)))
        parts.append(
            Part(
                polygon([(x - 9, high - 6), (x + wide / 2, high + wide * 1.5), (x + wide + 9, high - 6)]),
                roof,
            )
        )
        parts.append(Part(_box(x + wide * 0.32, high * 0.68, wide * 0.22, wide * 0.42), _window(palette)))
        flag: list[Point] = [
            (x + wide / 2, high + wide * 1.9),
            (x + wide / 2 + 30, high + wide * 1.78),
            (x + wide / 2, high + wide * 1.66),
        ]
        parts.append(
            Part(limb([(x + wide / 2, high + wide), (x + wide / 2, high + wide * 1.9)], [3, 3], 1), "#4a4038")
        )
        parts.append(Part(polygon(flag), "#cf4a3c"))
    parts.append(Part(_box(-200, -4, 400, 150), stone))
    for index in range(10):
        parts.append(Part(_box(-200 + index * 41.5, 144, 26, 24), stone))
    parts.append(Part(smooth([(-42, -4), (-42, 60), (0, 98), (42, 60), (42, -4)], sharp=(0, 4)), "#4a3b33"))
    return Figure(tuple(parts), 410, 530)


def temple(draw: random.Random, palette: Palette) -> Figure:
    """A pagoda: tiers of swept roofs."""
    wall, roof = "#a8483a", "#3f5a5e" if not palette.snow else "#e9eff2"
    parts: list[Part] = [Part(_box(-130, -4, 260, 24), "#b5aca0")]
    y = 20.0
    for tier in range(4):
        half = 88 - tier * 17.0
        parts.append(Part(_box(-half, y, half * 2, 62), wall))
        for index in range(3):
            parts.append(
                Part(_box(-half * 0.7 + index * half * 0.56, y + 12, half * 0.28, 38), _window(palette))
            )
        y += 54
        wide = half + 44
        sweep: list[Point] = [
            (-wide - 8, y + 18),
            (-wide * 0.6, y - 1),
            (wide * 0.6, y - 1),
            (wide + 8, y + 18),
            (half * 0.55, y + 40),
            (-half * 0.55, y + 40),
        ]
        parts.append(Part(smooth(sweep, sharp=(0, 3, 4, 5), pull=0.9), roof))
        y += 36
    parts.append(Part(limb([(0, y), (0, y + 56)], [8, 2]), "#d8b24a"))
    return Figure(tuple(parts), 280, 470)


def tower(draw: random.Random, palette: Palette) -> Figure:
    """A lighthouse, or any lone tower."""
    parts = [
        Part(polygon([(-44, -4), (44, -4), (28, 270), (-28, 270)]), "#ece5d8"),
        Part(polygon([(12, -4), (44, -4), (28, 270), (10, 270)]), "#cfc6b6"),
        Part(polygon([(-39, 80), (39, 80), (35, 140), (-35, 140)]), "#c8503f"),
        Part(polygon([(-32, 200), (32, 200), (29, 252), (-29, 252)]), "#c8503f"),
        Part(_box(-38, 268, 76, 12), "#4a4a50"),
        Part(_box(-20, 280, 40, 38), LAMP if palette.dark else "#9fb4c0"),
        Part(polygon([(-28, 316), (0, 356), (28, 316)]), "#4a4a50"),
    ]
    return Figure(tuple(parts), 90, 356)


def bridge(draw: random.Random, palette: Palette) -> Figure:
    """A stone bridge with one arch."""
    deck: list[Point] = [(-220, 20), (-110, 72), (0, 90), (110, 72), (220, 20)]
    arch: list[Point] = [(220, -14), (124, -14), (84, 36), (0, 58), (-84, 36), (-124, -14), (-220, -14)]
    parts = [Part(smooth([*deck, *arch], sharp=(0, 4, 5, 6, 10, 11)), "#a79c8d")]
    parts.append(Part(limb([(x, y + 14) for x, y in deck], [9, 9, 9, 9, 9]), "#8d8376"))
    for x, y in deck[1:-1]:
        parts.append(Part(limb([(x, y - 4), (x, y + 18)], [10, 10], 1), "#8d8376"))
    return Figure(tuple(parts), 440, 110)


def well(draw: random.Random, palette: Palette) -> Figure:
    """A well with a roof and a bucket."""
    parts = [
        Part(limb([(-44, 40), (-44, 138)], [9, 9], 1), "#6b4a35"),
        Part(limb([(44, 40), (44, 138)], [9, 9], 1), "#6b4a35"),
        Part(polygon([(-74, 132), (0, 182), (74, 132)]), "#8a5a44"),
        Part(limb([(0, 132), (0, 92)], [3, 3], 1), "#d8c9a8"),
        Part(polygon([(-13, 92), (13, 92), (10, 68), (-10, 68)]), "#7a5a3c"),
        Part(_box(-58, -4, 116, 58), "#a39b90"),
        Part(ellipse(0, 54, 58, 11), "#4f5a60"),
    ]
    for row in range(3):
        for column in range(4):
            x = -52 + column * 28 + (row % 2) * 10
            parts.append(
                Part(_box(x, row * 17 + 1, 22, 12), turned("#b3aba0", 0, 1, draw.uniform(0.86, 1.04)))
            )
    return Figure(tuple(parts), 150, 182)


def fence(draw: random.Random, palette: Palette) -> Figure:
    """A wooden fence."""
    wood = "#8a6a4a"
    parts = [Part(limb([(-160, y), (160, y + draw.uniform(-3, 3))], [8, 8], 1), wood) for y in (24.0, 48.0)]
    for index in range(6):
        x = -150 + index * 60.0
        post: list[Point] = [(x - 7, -4), (x - 7, 64), (x, 74), (x + 7, 64), (x + 7, -4)]
        parts.append(Part(polygon(post), turned(wood, 0, 1, draw.uniform(0.85, 1.1))))
    return Figure(tuple(parts), 320, 74)


def wall(draw: random.Random, palette: Palette) -> Figure:
    """A low wall of field stones."""
    parts = [Part(_box(-230, -6, 460, 84), "#7d776e")]
    for row in range(4):
        x = -232.0 - 20 * (row % 2)
        while x < 226:
            wide = draw.uniform(38, 66)
            end = min(x + wide, 232.0)
            stone: list[Point] = [
                (x + 2, row * 21 - 5),
                (end - 2, row * 21 - 5),
                (end - 3, row * 21 + 13),
                (x + 3, row * 21 + 14),
            ]
            parts.append(Part(smooth(stone, pull=0.5), turned("#a69e92", 0, 1, draw.uniform(0.86, 1.08))))
            x += wide
    return Figure(tuple(parts), 470, 84)


def rock(draw: random.Random, palette: Palette) -> Figure:
    """A boulder."""
    outline = [
        (x, y * draw.uniform(0.85, 1.15))
        for x, y in ((-70.0, -6.0), (-60.0, 34.0), (-20.0, 66.0), (28.0, 60.0), (62.0, 26.0), (72.0, -6.0))
    ]
    lit = [(x * 0.8 + 9, y * 0.76 + 12) for x, y in outline[1:5]]
    return Figure(
        (
            Part(smooth(outline, sharp=(0, 5), pull=0.5), "#8a8780"),
            Part(smooth([*lit, (10, 26)], pull=0.5), "#a3a098"),
        ),
        142,
        66,
    )


BUILDINGS: dict[str, Callable[[random.Random, Palette], Figure]] = {
    "house": house,
    "castle": castle,
    "temple": temple,
    "tower": tower,
    "bridge": bridge,
    "well": well,
    "fence": fence,
    "wall": wall,
    "rock": rock,
}
