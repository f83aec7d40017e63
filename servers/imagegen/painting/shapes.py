"""Parts in one word each: boxes, ovals, polygons, blobs, bars and lines, y upwards as in all figures."""

from __future__ import annotations

from servers.imagegen.painting.geometry import Figure, Part, Point, ellipse, limb, number, polygon, smooth
from servers.imagegen.painting.palette import mix, turned


def box(x: float, y: float, wide: float, high: float, colour: str, round_: float = 0.0) -> Part:
    """An upright rectangle from its lower left corner, with corners rounded by `round_`."""
    if not round_:
        return poly(colour, (x, y), (x + wide, y), (x + wide, y + high), (x, y + high))
    r = min(round_, wide / 2, high / 2)
    q = number(r)
    turns = ((x + wide, y + r), (x + wide - r, y + high), (x, y + high - r), (x + r, y))
    sides = ((x + wide - r, y), (x + wide, y + high - r), (x + r, y + high), (x, y + r))
    d = f"M{number(x + r)} {number(y)}"
    for side, turn in zip(sides, turns, strict=True):
        d += f"L{number(side[0])} {number(side[1])}A{q} {q} 0 0 1 {number(turn[0])} {number(turn[1])}"
    return Part(d + "Z", colour)


def oval(x: float, y: float, rx: float, ry: float, colour: str, turn: float = 0.0) -> Part:
    """An ellipse, turned anticlockwise by `turn` degrees."""
    return Part(ellipse(x, y, rx, ry, turn), colour)


def disc(x: float, y: float, radius: float, colour: str) -> Part:
    """A circle."""
    return Part(ellipse(x, y, radius), colour)


def poly(colour: str, *points: Point) -> Part:
    """Straight edges."""
    return Part(polygon(points), colour)


def blob(colour: str, *points: Point, sharp: tuple[int, ...] = (), pull: float = 1.0) -> Part:
    """A closed curve through points, with corners at those in `sharp`."""
    return Part(smooth(points, sharp=sharp, pull=pull), colour)


def bar(colour: str, width: float | tuple[float, ...], *points: Point) -> Part:
    """A stick or a limb along points: of one width, or of one width at each point."""
    if isinstance(width, tuple):
        return Part(limb(list(points), list(width), 4), colour)
    return Part(smooth(points, closed=False), colour, width)


def line(colour: str, width: float, *points: Point) -> Part:
    """A drawn curve through points."""
    return Part(smooth(points, closed=False), colour, width)


def pane(
    x: float, y: float, wide: float, high: float, colour: str, frame: str, edge: float = 4.0
) -> list[Part]:
    """A window: a frame around glass."""
    return [box(x - edge, y - edge, wide + 2 * edge, high + 2 * edge, frame), box(x, y, wide, high, colour)]


def dark(colour: str, share: float = 0.8) -> str:
    """The colour in shade."""
    return turned(colour, 0.0, 1.05, share)


def pale(colour: str, share: float = 0.35) -> str:
    """The colour where light falls on it."""
    return mix(colour, "#ffffff", share)


def figure(parts: list[Part], wide: float, high: float) -> Figure:
    """The parts as a figure."""
    return Figure(tuple(parts), wide, high)


def moved(one: Figure, x: float, y: float, size: float = 1.0, *, flip: bool = False) -> list[Part]:
    """A figure's parts scaled and moved, to put it into another."""
    from servers.imagegen.painting.geometry import transformed

    return [transformed(part, x, y, size, flip=flip) for part in one.parts]
