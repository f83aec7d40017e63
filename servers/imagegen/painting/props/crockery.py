"""What dishes are served in, for the builders of food and of kitchen things."""

from __future__ import annotations

from servers.imagegen.painting.geometry import Part, Point
from servers.imagegen.painting.shapes import bar, blob, box, dark, line, oval, pale

CHINA = "#f4efe4"


def plate(colour: str = CHINA, half: float = 110.0) -> list[Part]:
    """A plate, seen from a little above."""
    return [
        oval(0, 12, half, 22, dark(colour, 0.82)),
        oval(0, 17, half, 22, colour),
        oval(0, 17, half * 0.74, 14, dark(colour, 0.93)),
    ]


def bowl_back(colour: str, half: float = 80.0, top: float = 74.0) -> list[Part]:
    """The far rim and the inside of a bowl; its content comes next, then `bowl_front`."""
    return [oval(0, top, half, 17, colour), oval(0, top - 2, half - 6, 14, dark(colour, 0.75))]


def bowl_front(colour: str, half: float = 80.0, top: float = 74.0, band: str = "#4f7fa6") -> list[Part]:
    """The near side of a bowl, in front of its content."""
    side: list[Point] = [(-half, top), (-half * 0.86, top * 0.42), (-half * 0.4, 8), (half * 0.4, 8)]
    front = [*side, (half * 0.86, top * 0.42), (half, top), (half * 0.5, top - 13), (-half * 0.5, top - 13)]
    rim: list[Point] = [(-half * 0.93, top * 0.66), (0, top * 0.66 - 14), (half * 0.93, top * 0.66)]
    return [
        box(-half * 0.4, 0, half * 0.8, 12, dark(colour, 0.8)),
        blob(colour, *front, sharp=(0, 5), pull=0.9),
        blob(
            pale(colour, 0.5), (-half * 0.8, top * 0.72), (-half * 0.62, top * 0.3), (-half * 0.5, top * 0.32)
        ),
        line(band, 5, *rim),
    ]


def steam(x: float = 0.0, y: float = 0.0, high: float = 80.0) -> list[Part]:
    """Three threads of steam."""
    out = []
    for dx, grow in ((-26.0, 0.8), (0.0, 1.0), (26.0, 0.75)):
        h = high * grow
        curl: list[Point] = [
            (x + dx, y),
            (x + dx + 9, y + h * 0.3),
            (x + dx - 7, y + h * 0.62),
            (x + dx + 5, y + h),
        ]
        out.append(bar("#f6f3ec", (3.0, 9.0, 7.0, 1.0), *curl))
    return out
