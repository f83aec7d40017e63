"""Outlines: smooth curves through points, tapered limbs, and the parts that figures are made of.

Figures are drawn with y upwards, feet at y = 0, facing right, about 100 units high at the shoulder of a
wolf. The canvas turns them over.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Sequence

Point = tuple[float, float]
_SEGMENT = re.compile(r"([MLCA])([^A-Z]*)")
_NUMBER = re.compile(r"-?[\d.]+")


@dataclasses.dataclass(frozen=True)
class Part:
    """One filled outline (or, with a width, one line) of one colour."""

    d: str
    """SVG path data."""
    colour: str
    """The thing's own colour in white light, "#rrggbb"; light and distance change it when it is drawn."""
    width: float = 0.0
    """Width of the line; 0 for a filled outline."""


@dataclasses.dataclass(frozen=True)
class Figure:
    """Something that stands on the ground, or hangs or flies at a point."""

    parts: tuple[Part, ...]
    width: float
    """From its leftmost to its rightmost point, about."""
    height: float
    """From its foot to its top, about."""


def extent(figure: Figure) -> tuple[float, float]:
    """The leftmost and the rightmost x of a figure's points (of curves: of the points that steer them)."""
    found: list[float] = []
    for part in figure.parts:
        for letter, numbers in _SEGMENT.findall(part.d):
            values = [float(value) for value in _NUMBER.findall(numbers)]
            found += values[-2:-1] if letter == "A" else values[::2]
    return min(found), max(found)


def number(value: float) -> str:
    """A coordinate, short."""
    return f"{value:.1f}".removesuffix(".0")


def smooth(
    points: Sequence[Point], *, closed: bool = True, sharp: Iterable[int] = (), pull: float = 1.0
) -> str:
    """A curve through all points (Catmull-Rom as cubic Béziers), with corners at the indices in `sharp`."""
    count = len(points)
    corners = {index % count for index in sharp}

    def tangent(index: int) -> Point:
        if index in corners:
            return (0.0, 0.0)
        before, after = points[index - 1], points[(index + 1) % count]
        if not closed and index in (0, count - 1):
            return (0.0, 0.0)
        return ((after[0] - before[0]) * pull / 6, (after[1] - before[1]) * pull / 6)

    out = [f"M{number(points[0][0])} {number(points[0][1])}"]
    for index in range(count if closed else count - 1):
        here, there = points[index], points[(index + 1) % count]
        leave, arrive = tangent(index), tangent((index + 1) % count)
        numbers = (
            here[0] + leave[0],
            here[1] + leave[1],
            there[0] - arrive[0],
            there[1] - arrive[1],
            there[0],
            there[1],
        )
        out.append("C" + " ".join(map(number, numbers)))
    return "".join(out) + ("Z" if closed else "")


def along(points: Sequence[Point], steps: int = 6) -> list[tuple[Point, float]]:
    """Points of the smooth curve through `points`, each with its place 0 to len(points) - 1 on it."""
    out: list[tuple[Point, float]] = []
    last = len(points) - 1
    for index in range(last):
        p0, p1 = points[max(index - 1, 0)], points[index]
        p2, p3 = points[index + 1], points[min(index + 2, last)]
        for step in range(steps + (index == last - 1)):
            t = step / steps
            out.append(
                ((_spline(p0[0], p1[0], p2[0], p3[0], t), _spline(p0[1], p1[1], p2[1], p3[1], t)), index + t)
            )
    return out


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    """Catmull-Rom interpolation between b and c."""
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))


def limb(points: Sequence[Point], widths: Sequence[float], steps: int = 5) -> str:
    """A tapered shape with round ends along a curve: legs, tails, trunks, branches.

    Args:
        points: the middle line, two points or more.
        widths: the full width at each of them.
        steps: how finely the curve between two points is followed.
    """
    line = along(points, steps)
    left: list[Point] = []
    right: list[Point] = []
    for index, ((x, y), place) in enumerate(line):
        (ax, ay), (bx, by) = line[max(index - 1, 0)][0], line[min(index + 1, len(line) - 1)][0]
        length = math.hypot(bx - ax, by - ay) or 1.0
        low = min(int(place), len(widths) - 2)
        half = (widths[low] + (widths[low + 1] - widths[low]) * (place - low)) / 2
        nx, ny = -(by - ay) / length * half, (bx - ax) / length * half
        left.append((x + nx, y + ny))
        right.append((x - nx, y - ny))
    return smooth([*_cap(right[0], left[0]), *left, *_cap(left[-1], right[-1]), *reversed(right)])


def _cap(begin: Point, end: Point) -> list[Point]:
    """The points that round off an end: a half circle from `begin` to `end`, without the two."""
    cx, cy = (begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2
    dx, dy = begin[0] - cx, begin[1] - cy
    turns = (math.pi * 0.25, math.pi * 0.5, math.pi * 0.75)
    return [
        (cx + dx * math.cos(turn) + dy * math.sin(turn), cy - dx * math.sin(turn) + dy * math.cos(turn))
        for turn in turns
    ]


def ellipse(x: float, y: float, rx: float, ry: float | None = None, turn: float = 0.0) -> str:
    """An ellipse; `turn` is in degrees, anticlockwise in a figure."""
    ry = rx if ry is None else ry
    angle = math.radians(turn)
    dx, dy = rx * math.cos(angle), rx * math.sin(angle)
    radii = f"{number(rx)} {number(ry)} {number(turn)}"
    return (
        f"M{number(x - dx)} {number(y - dy)}A{radii} 0 1 {number(x + dx)} {number(y + dy)}"
        f"A{radii} 0 1 {number(x - dx)} {number(y - dy)}Z"
    )


def polygon(points: Sequence[Point]) -> str:
    """Straight lines through all points, closed."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points) + "Z"


def placed(points: Iterable[Point], at: Point, size: float = 1.0, turn: float = 0.0) -> list[Point]:
    """Points scaled by `size`, turned by `turn` degrees about the origin and moved to `at`."""
    cos, sin = math.cos(math.radians(turn)) * size, math.sin(math.radians(turn)) * size
    return [(at[0] + x * cos - y * sin, at[1] + x * sin + y * cos) for x, y in points]


def transformed(part: Part, x: float, y: float, size: float, *, flip: bool = False) -> Part:
    """A part scaled by `size` about the origin, mirrored if `flip`, and moved by (x, y)."""
    sx = -size if flip else size
    out = []
    for letter, numbers in _SEGMENT.findall(part.d):
        values = [float(value) for value in _NUMBER.findall(numbers)]
        if letter == "A":
            rx, ry, turn, large, sweep, px, py = values
            if flip:
                turn, sweep = -turn, 1 - sweep
            ends = f"{number(x + px * sx)} {number(y + py * size)}"
            out.append(
                f"A{number(rx * size)} {number(ry * size)} {number(turn)} {large:.0f} {sweep:.0f} {ends}"
            )
            continue
        pairs = zip(values[::2], values[1::2], strict=True)
        out.append(letter + " ".join(f"{number(x + px * sx)} {number(y + py * size)}" for px, py in pairs))
    return Part("".join(out) + ("Z" if part.d.endswith("Z") else ""), part.colour, part.width * size)
