"""The canvas: collects shapes from the back to the front, in sheets, and writes them as SVG.

Coordinates are virtual: the shorter side of the picture is 1000 units, whatever its size in pixels, x to the
right and y down. Opaque fills cost least (a tenth of a gradient's or a translucent one's time), so depth
comes from colour, big gradients are limited to what is seen of them, and group opacity is for small things.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import random
from collections.abc import Sequence

from servers.imagegen.painting.geometry import Figure, Part, Point, number, smooth
from servers.imagegen.painting.palette import Palette, mix

SHORT_SIDE = 1000.0
LONGEST_SIDE = 4000.0
"""A picture of more extreme proportions shows the middle of one of this length."""


@dataclasses.dataclass
class Sheet:
    """What is drawn at about one distance and moves in one way."""

    depth: float
    """0 (at the lens) to 1 (at the horizon and beyond)."""
    motion: str
    """rigid, drift, ripple, sway, breathe or glow, as in the contract's LayerMotion."""
    defs: list[str] = dataclasses.field(default_factory=list)
    body: list[str] = dataclasses.field(default_factory=list)


class Canvas:
    """One picture in the making."""

    def __init__(self, width_pixels: int, height_pixels: int, palette: Palette, *, shadows: bool) -> None:
        unit = SHORT_SIDE / min(width_pixels, height_pixels)
        self.pixels = (width_pixels, height_pixels)
        self.width = min(width_pixels * unit, LONGEST_SIDE)
        self.height = min(height_pixels * unit, LONGEST_SIDE)
        self.palette = palette
        self.shadows = shadows
        self.drawn: set[str] = set()
        """Names of all that has been drawn."""
        self._sheets = [Sheet(1.0, "rigid")]
        self._names = itertools.count()

    def sheet(self, depth: float, motion: str = "rigid") -> None:
        """Begins a sheet in front of all that is drawn so far."""
        self._sheets.append(Sheet(depth, motion))

    @property
    def _defs(self) -> list[str]:
        return self._sheets[-1].defs

    @property
    def _body(self) -> list[str]:
        return self._sheets[-1].body

    def note(self, *names: str) -> None:
        """Takes down that something of these names is drawn."""
        self.drawn.update(names)

    def gradient(self, stops: Sequence[tuple[float, str, float]], top: float, bottom: float) -> str:
        """A vertical gradient from y = top to y = bottom, as a fill. Stops: place, colour, opacity."""
        name = f"g{next(self._names)}"
        self._defs.append(
            f'<linearGradient id="{name}" gradientUnits="userSpaceOnUse" x1="0" y1="{number(top)}" x2="0" '
            f'y2="{number(bottom)}">{_stops(stops)}</linearGradient>'
        )
        return f"url(#{name})"

    def backdrop(self, stops: Sequence[tuple[float, str]], bottom: float) -> None:
        """Fills the canvas with a vertical gradient that ends at y = bottom. Stops: place, colour.

        Painted as strips of plain colour, each about two pixels high.
        """
        self.shape(f"M0 {number(bottom)}H{number(self.width)}V{number(self.height + 1)}H0Z", stops[-1][1])
        count = max(8, min(int(bottom / self.height * self.pixels[1] / 2), 700))
        step = bottom / count
        for index in range(count):
            place = (index + 0.5) / count
            (a, first), (b, second) = next(pair for pair in itertools.pairwise(stops) if place <= pair[1][0])
            top, end = f"{index * step:.2f}", f"{(index + 2) * step:.2f}"
            self.shape(f"M0 {top}H{number(self.width)}V{end}H0Z", mix(first, second, (place - a) / (b - a)))

    def shape(self, d: str, fill: str, opacity: float = 1.0) -> None:
        """Fills a path with a finished colour or a gradient."""
        faint = f' fill-opacity="{opacity:.2f}"' if opacity < 1 else ""
        self._body.append(f'<path d="{d}" fill="{fill}"{faint}/>')

    def line(self, d: str, colour: str, width: float, opacity: float = 1.0) -> None:
        """Draws a path as a line with round ends."""
        faint = f' stroke-opacity="{opacity:.2f}"' if opacity < 1 else ""
        self._body.append(
            f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{number(width)}" '
            f'stroke-linecap="round" stroke-linejoin="round"{faint}/>'
        )

    def glow(self, x: float, y: float, radius: float, colour: str, strength: float) -> None:
        """A soft round light."""
        name = f"g{next(self._names)}"
        stops = ((0.0, colour, strength), (0.35, colour, strength * 0.45), (1.0, colour, 0.0))
        self._defs.append(
            f'<radialGradient id="{name}" gradientUnits="userSpaceOnUse" cx="{number(x)}" cy="{number(y)}" '
            f'r="{number(radius)}">{_stops(stops)}</radialGradient>'
        )
        self._body.append(
            f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" fill="url(#{name})"/>'
        )

    def disc(self, x: float, y: float, radius: float, colour: str, opacity: float = 1.0) -> None:
        """A filled circle."""
        faint = f' fill-opacity="{opacity:.2f}"' if opacity < 1 else ""
        self._body.append(
            f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" fill="{colour}"{faint}/>'
        )

    def ground(
        self,
        top: Sequence[Point],
        colour: str,
        distance: float,
        *,
        depth: float = 420.0,
        sharp: bool = False,
        to_bottom: bool = False,
        near: str = "",
    ) -> None:
        """A layer of land below the line `top` (points from left to right): lit at its edge, hazy below.

        Args:
            top: its upper edge.
            colour: in white light.
            distance: 0 (near) to 1 (at the horizon).
            depth: how far down its colour changes; a nearer layer covers it from half of that on.
            sharp: peaks instead of hills.
            to_bottom: no nearer layer covers its lower part.
            near: its colour in white light close to the viewer; the palette's own if empty.
        """
        pull = 0.35 if sharp else 1.0
        edge = smooth(top, closed=False, pull=pull)
        high = min(y for _, y in top)
        lowest = self.height + 60
        floor = number(lowest if to_bottom else min(lowest, max(y for _, y in top) + depth * 0.62))
        d = f"{edge}L{number(top[-1][0])} {floor}L{number(top[0][0])} {floor}Z"
        lit = self.palette.lit(colour, distance)
        if self.shadows:
            dark = mix(self.palette.near, "#101018", 0.5)
            for width, opacity in ((26.0, 0.045), (14.0, 0.06), (6.0, 0.07)):
                self.line(edge, dark, width, opacity * (1.15 - 0.7 * distance))
        if self.palette.ink:
            pale = self.palette.haze
            stops = ((0.0, mix(lit, pale, 0.25), 1.0), (0.35, mix(lit, pale, 0.7), 1.0), (1.0, pale, 1.0))
            self.shape(d, self.gradient(stops, high, high + depth))
            return
        bright = mix(lit, self.palette.light, 0.14 if not self.palette.dark else 0.05)
        below = (
            mix(lit, self.palette.haze, 0.34)
            if distance > 0.3
            else mix(lit, self.palette.lit(near, 0.0) if near else self.palette.near, 0.9 if near else 0.5)
        )
        self.shape(
            d, self.gradient(((0.0, bright, 1.0), (0.3, lit, 1.0), (1.0, below, 1.0)), high, high + depth)
        )

    def figure(
        self,
        figure: Figure,
        x: float,
        y: float,
        size: float,
        distance: float,
        *,
        flip: bool = False,
        turn: float = 0.0,
        shadow: bool = True,
        name: str = "",
    ) -> None:
        """Stands a figure with its foot at (x, y), `size` canvas units for one of its own.

        Args:
            figure: what is drawn.
            x: canvas coordinate.
            y: canvas coordinate.
            size: scale.
            distance: 0 (near) to 1 (at the horizon), for the light.
            flip: it faces left.
            turn: degrees, clockwise on the canvas.
            shadow: False leaves out the soft paper shadow.
            name: what it is; it is noted as drawn and marks the group.
        """
        if name:
            self.note(name)
        mark = f' data-name="{name}"' if name else ""
        sx = -size if flip else size
        spin = f" rotate({number(turn)})" if turn else ""
        place = f"translate({number(x)} {number(y)}){spin} scale({sx:.3f} {-size:.3f})"
        if self.shadows and shadow and distance < 0.75:
            dx, dy = 5.0 + 3 * (1 - distance), 7.0 + 3 * (1 - distance)
            dark = "".join(_path(part, "#0b0d16") for part in figure.parts)
            self._body.append(
                f'<g opacity="{0.2 * (1 - 0.6 * distance):.2f}" '
                f'transform="translate({number(dx)} {number(dy)}) {place}">{dark}</g>'
            )
        paths = "".join(_path(part, self.palette.lit(part.colour, distance)) for part in figure.parts)
        self._body.append(f'<g{mark} transform="{place}">{paths}</g>')

    def pane(self, wide: float, high: float, palette: Palette) -> Canvas:
        """An empty canvas for `inset`, for a rectangle of this size."""
        scale = min(self.pixels) / SHORT_SIDE
        other = Canvas(max(round(wide * scale), 8), max(round(high * scale), 8), palette, shadows=False)
        other._names = self._names
        return other

    def inset(self, other: Canvas, x: float, y: float, wide: float, high: float) -> None:
        """Lays another canvas's picture into a rectangle, cut at its edges: the view from a window."""
        body = "".join(line for one in other._sheets for line in one.body)
        self._defs.extend(line for one in other._sheets for line in one.defs)
        self._body.append(
            f'<svg x="{number(x)}" y="{number(y)}" width="{number(wide)}" height="{number(high)}" '
            f'viewBox="0 0 {number(other.width)} {number(other.height)}" preserveAspectRatio="none">'
            f"{body}</svg>"
        )
        self.drawn |= other.drawn

    def svg(self) -> str:
        """The finished picture."""
        return self._written(self._sheets)

    def sheets(self) -> list[tuple[str, float, str]]:
        """The sheets with something on them, the farthest first: SVG, depth, motion.

        Laid over each other they are the picture.
        """
        return [(self._written([one]), one.depth, one.motion) for one in self._sheets if one.body]

    def _written(self, sheets: Sequence[Sheet]) -> str:
        defs = "".join(line for one in sheets for line in one.defs)
        body = "".join(line for one in sheets for line in one.body)
        width, height = self.pixels
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {self.width:.3f} {self.height:.3f}" preserveAspectRatio="xMidYMid slice">'
            f"<defs>{defs}</defs>{body}</svg>"
        )


def _stops(stops: Sequence[tuple[float, str, float]]) -> str:
    return "".join(
        f'<stop offset="{place:.3f}" stop-color="{colour}"'
        + (f' stop-opacity="{opacity:.3f}"' if opacity < 1 else "")
        + "/>"
        for place, colour, opacity in stops
    )


def _path(part: Part, colour: str) -> str:
    if part.width:
        return (
            f'<path d="{part.d}" fill="none" stroke="{colour}" stroke-width="{number(part.width)}" '
            'stroke-linecap="round"/>'
        )
    return f'<path d="{part.d}" fill="{colour}"/>'


class Ridge:
    """The upper edge of a layer of land: smooth hills or jagged peaks, and how high it is anywhere."""

    def __init__(
        self,
        draw: random.Random,
        width: float,
        base: float,
        swing: float,
        *,
        waves: float = 1.6,
        jagged: bool = False,
    ) -> None:
        """Draws an edge about y = base that swings by about `swing`, `waves` times in 1000 units."""
        count = max(4, round(width / 1000 * waves * (5 if jagged else 4))) + 2
        step = (width + 240) / (count - 1)
        phase, tilt = draw.uniform(0, 7), draw.uniform(-0.25, 0.25)
        self.points: list[Point] = []
        for index in range(count):
            x = -120 + index * step + draw.uniform(-0.22, 0.22) * step * (0 < index < count - 1)
            if jagged:
                wave = (1.0 if index % 2 else -1.0) * draw.uniform(0.35, 1.0)
            else:
                wave = _wave(x / 1000 * waves * 3.1 + phase) + draw.uniform(-0.22, 0.22)
            self.points.append((x, base - swing * (wave + tilt * (x / width - 0.5))))

    def at(self, x: float) -> float:
        """The height of the edge at x."""
        for (ax, ay), (bx, by) in itertools.pairwise(self.points):
            if ax <= x <= bx:
                t = (x - ax) / (bx - ax or 1.0)
                t = t * t * (3 - 2 * t)
                return ay + (by - ay) * t
        return self.points[-1][1]


def _wave(x: float) -> float:
    return 0.65 * math.sin(x) + 0.35 * math.sin(2.3 * x + 1.7)
