"""Animals that neither the quadruped's skeleton nor the bird's body fits, facing right."""

from __future__ import annotations

import math
from collections.abc import Callable

from servers.imagegen.painting.geometry import Figure, Part, Point, ellipse, limb, placed, smooth

_EYE = "#221a18"


def rabbit(coat: str = "#b59c82", light: str = "#f4ece0") -> Figure:
    """A hare that sits up, alert."""
    dark = "#7d6a57"
    parts = [
        Part(ellipse(-33, 17, 11), light),
        Part(limb([(18, 34), (24, 16), (25, 3), (32, 3)], [13, 9, 7, 6]), dark),
        Part(smooth([(-34, 14), (-30, 40), (-6, 54), (18, 46), (25, 26), (14, 7), (-14, 2)]), coat),
        Part(smooth([(26, 30), (22, 44), (14, 40), (12, 16), (18, 10)]), light),
        Part(limb([(-22, 8), (-2, 3), (12, 3)], [12, 8, 7]), coat),
        Part(smooth([(-34, 16), (-30, 34), (-10, 36), (4, 22), (-4, 6), (-22, 3)]), "#a68d73"),
        Part(limb([(16, 32), (20, 14), (19, 3), (26, 3)], [13, 9, 7, 6]), coat),
    ]
    for x, tint in ((18.0, dark), (24.0, coat)):
        ear: list[Point] = [(x, 66), (x - 12, 88), (x - 12, 112), (x - 1, 100), (x + 6, 72)]
        parts.append(Part(smooth(ear), tint))
    parts += [
        Part(smooth([(20, 74), (14, 92), (13, 104), (20, 94), (25, 76)]), "#e3b5a4"),
        Part(smooth([(8, 56), (14, 71), (28, 75), (42, 68), (48, 57), (42, 47), (24, 43), (10, 46)]), coat),
        Part(ellipse(40, 53, 9, 7), light),
        Part(ellipse(48, 58, 3, 2.4), "#c9756c"),
        Part(ellipse(32, 64, 3.2), _EYE),
        Part(ellipse(33, 65.2, 1.1), "#ffffff"),
    ]
    return Figure(tuple(parts), 86, 112)


def turtle() -> Figure:
    """A tortoise on its way."""
    skin, shell, rim = "#8a9a5b", "#6d5a34", "#8c7646"
    parts = [
        Part(limb([(-30, 20), (-36, 8), (-37, 3)], [15, 13, 12]), "#6f7e48"),
        Part(limb([(26, 20), (34, 8), (38, 3)], [15, 13, 12]), "#6f7e48"),
        Part(limb([(-46, 18), (-58, 12)], [8, 1]), skin),
        Part(limb([(36, 22), (52, 32), (62, 44)], [18, 14, 13]), skin),
        Part(smooth([(54, 42), (58, 54), (70, 57), (80, 50), (80, 43), (68, 37)]), skin),
        Part(
            smooth([(-52, 17), (-44, 40), (-22, 56), (4, 58), (28, 48), (44, 30), (48, 18), (0, 11)]), shell
        ),
    ]
    for x, y, size in (
        (-26.0, 34.0, 12.0),
        (-2.0, 40.0, 13.5),
        (22.0, 33.0, 11.0),
        (-14.0, 20.0, 9.0),
        (11.0, 20.0, 9.0),
    ):
        plate = [
            (x + size * math.cos(turn), y + size * 0.82 * math.sin(turn))
            for turn in (0, 1.05, 2.1, 3.14, 4.2, 5.25)
        ]
        parts.append(Part(smooth(plate, pull=0.4), rim))
    parts += [
        Part(limb([(-53, 16), (-2, 10), (49, 17)], [6, 8, 6]), rim),
        Part(limb([(-22, 16), (-20, 8), (-17, 3)], [16, 14, 12]), skin),
        Part(limb([(16, 16), (24, 8), (30, 3)], [16, 14, 12]), skin),
        Part(ellipse(71, 50, 2.6), _EYE),
        Part(smooth([(80, 44), (74, 42), (68, 43)], closed=False), "#55613a", 1.6),
    ]
    return Figure(tuple(parts), 140, 60)


def frog() -> Figure:
    """A frog that sits."""
    green, light, dark = "#6aa84a", "#d9e6a8", "#4a7d35"
    parts = [
        Part(limb([(14, 26), (22, 12), (20, 3), (32, 2)], [13, 9, 7, 8]), dark),
        Part(
            smooth([(-32, 12), (-20, 34), (4, 50), (28, 54), (40, 46), (36, 32), (18, 12), (-10, 4)]), green
        ),
        Part(smooth([(38, 42), (32, 26), (14, 12), (8, 18), (22, 36)]), light),
        Part(smooth([(-36, 10), (-32, 28), (-14, 34), (2, 20), (-6, 6), (-24, 3)]), "#5f9a42"),
        Part(limb([(-30, 6), (-8, 3), (6, 2)], [9, 7, 8]), green),
        Part(limb([(12, 24), (17, 12), (12, 3), (24, 2)], [13, 9, 7, 8]), green),
        Part(ellipse(24, 56, 8), green),
        Part(ellipse(25, 57, 5), "#f4efc8"),
        Part(ellipse(26.5, 57, 2.6), _EYE),
        Part(smooth([(40, 44), (30, 39), (20, 41)], closed=False), dark, 2),
    ]
    return Figure(tuple(parts), 80, 62)


def fish(colour: str = "#e0703a") -> Figure:
    """A fish that leaps."""
    line: list[Point] = [(-40, 0), (-24, 13), (2, 19), (28, 12), (42, 0), (28, -11), (2, -16), (-24, -10)]
    parts = [
        Part(
            smooth(placed([(-34, 2), (-66, 22), (-56, 0), (-64, -20)], (0, 40), 1, 18), sharp=(0, 1, 3)),
            "#c2552c",
        ),
        Part(smooth(placed([(-14, 14), (-2, 32), (18, 15)], (0, 40), 1, 18), sharp=(1,)), "#c2552c"),
        Part(smooth(placed(line, (0, 40), 1, 18)), colour),
        Part(smooth(placed([(40, -2), (26, -10), (2, -15), (-22, -9), (4, -5)], (0, 40), 1, 18)), "#f7d9ba"),
        Part(smooth(placed([(8, 0), (-12, -4), (-8, -14)], (0, 40), 1, 18), sharp=(1, 2)), "#c2552c"),
        Part(ellipse(*placed([(29, 4)], (0, 40), 1, 18)[0], 4), "#fff6e0"),
        Part(ellipse(*placed([(30, 4)], (0, 40), 1, 18)[0], 2.2), _EYE),
    ]
    return Figure(tuple(parts), 112, 70)


def snake() -> Figure:
    """A snake that winds along and lifts its head."""
    line: list[Point] = [
        (-80, 5),
        (-56, 12),
        (-36, 4),
        (-12, 13),
        (10, 5),
        (34, 8),
        (46, 28),
        (38, 50),
        (54, 58),
    ]
    parts = [Part(limb(line, [2, 8, 11, 13, 14, 14, 13, 12, 13]), "#5f8f4a")]
    for index in range(1, 6):
        (x, y) = line[index]
        parts.append(Part(ellipse(x, y + 3, 5, 3), "#c9b04a"))
    parts += [
        Part(smooth([(36, 56), (46, 66), (62, 64), (72, 57), (62, 51), (46, 49)]), "#5f8f4a"),
        Part(smooth([(72, 57), (80, 57), (86, 60)], closed=False), "#c43f3a", 1.6),
        Part(smooth([(80, 57), (86, 54)], closed=False), "#c43f3a", 1.6),
        Part(ellipse(57, 60, 2.6), _EYE),
    ]
    return Figure(tuple(parts), 170, 66)


def monkey(coat: str = "#8a5e3c") -> Figure:
    """A monkey that sits and points."""
    face = "#ecc9a0"
    parts = [
        Part(limb([(-20, 10), (-44, 4), (-58, 22), (-48, 44), (-58, 52)], [7, 6, 6, 5, 4]), coat),
        Part(limb([(10, 52), (30, 44), (46, 58)], [11, 9, 8]), "#6f4a2f"),
        Part(smooth([(-24, 4), (-24, 34), (-12, 60), (10, 62), (20, 38), (18, 4)]), coat),
        Part(ellipse(6, 30, 11, 20), face),
        Part(limb([(-6, 12), (16, 28), (24, 6), (34, 3)], [15, 14, 9, 7]), coat),
        Part(limb([(-8, 54), (-4, 34), (14, 24)], [12, 10, 8]), coat),
        Part(ellipse(-14, 80, 8), face),
        Part(ellipse(6, 80, 21, 20), coat),
        Part(smooth([(4, 90), (12, 92), (20, 88), (24, 76), (20, 66), (8, 64), (2, 74)]), face),
        Part(ellipse(11, 82, 2.6), _EYE),
        Part(ellipse(20, 81, 2.4), _EYE),
        Part(smooth([(8, 71), (15, 68), (22, 71)], closed=False), "#7a4a35", 1.8),
    ]
    return Figure(tuple(parts), 100, 102)


def butterfly(colour: str = "#e58a3c") -> Figure:
    """A butterfly on the wing."""
    parts = []
    for side, shade in ((-1.0, 0.0), (1.0, 1.0)):
        upper: list[Point] = [(0, 2), (side * 10, 24), (side * 32, 28), (side * 28, 6)]
        lower: list[Point] = [(0, 0), (side * 24, -2), (side * 24, -20), (side * 8, -16)]
        parts += [Part(smooth(lower), "#c9652e" if shade else "#b8592a"), Part(smooth(upper), colour)]
        parts.append(Part(ellipse(side * 20, 17, 5), "#fbe3b0"))
    parts.append(Part(limb([(0, -12), (0, 12)], [3, 4]), "#3a2a22"))
    return Figure(tuple(parts), 64, 50)


def ant() -> Figure:
    """An ant, large as a fable needs it."""
    dark = "#4a2b22"
    parts = []
    for x, reach in ((-8.0, -26.0), (2.0, 4.0), (10.0, 32.0)):
        parts.append(
            Part(smooth([(x, 20), (x + reach * 0.5, 30), (x + reach, 1)], closed=False, pull=0.4), dark, 3.4)
        )
    parts += [
        Part(ellipse(-26, 23, 19, 13, 8), dark),
        Part(ellipse(2, 21, 11, 8), "#5c372b"),
        Part(ellipse(24, 27, 12, 10), dark),
        Part(smooth([(28, 35), (34, 48), (46, 50)], closed=False), dark, 2.6),
        Part(ellipse(28, 29, 2.6), "#f6e9d8"),
    ]
    return Figure(tuple(parts), 92, 50)


OTHERS: dict[str, Callable[[], Figure]] = {
    "rabbit": rabbit,
    "turtle": turtle,
    "frog": frog,
    "fish": fish,
    "snake": snake,
    "monkey": monkey,
    "butterfly": butterfly,
    "ant": ant,
}
