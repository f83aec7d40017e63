"""House fronts of a street: storeys of windows, a roof, a shop below."""

from __future__ import annotations

import random

from servers.imagegen.painting.canvas import Canvas
from servers.imagegen.painting.geometry import polygon
from servers.imagegen.painting.palette import LAMP, mix, turned
from servers.imagegen.painting.window import box_path

_FRONTS = ("#d9a078", "#c98a72", "#e3c49a", "#a9b4a8", "#b8a0a8", "#d8b884", "#93a5b4", "#c9b0a0")
_ROOFS = ("#8a5244", "#5f6a78", "#76584a", "#4f5f66")


def paint_house(canvas: Canvas, draw: random.Random, x: float, foot: float, wide: float, snow: bool) -> None:
    """A front of three or four storeys with a shop below."""
    palette = canvas.palette
    storeys = draw.randint(2, 3) if canvas.height < canvas.width else draw.randint(2, 4)
    step, shop = 118.0, 168.0
    top = foot - shop - storeys * step - 30
    wall = palette.lit(draw.choice(_FRONTS), 0.2)
    roof = "#eef2f5" if snow else palette.lit(draw.choice(_ROOFS), 0.22)
    glass = palette.lit(LAMP, 0.1) if palette.dark else mix(palette.lit("#7f9fb0", 0.2), palette.sky[1], 0.3)
    shade, light = turned(wall, 0, 1.05, 0.84), mix(wall, "#ffffff", 0.3)
    if canvas.shadows:
        canvas.shape(box_path(x + 8, top + 10, wide, foot - top), "#10131c", 0.16)
    pitch = draw.choice(("gable", "flat", "hip"))
    if pitch == "gable":
        canvas.shape(
            polygon([(x - 8, top + 4), (x + wide / 2, top - wide * 0.3), (x + wide + 8, top + 4)]), roof
        )
    elif pitch == "hip":
        canvas.shape(
            polygon(
                [
                    (x - 8, top + 4),
                    (x + wide * 0.2, top - 74),
                    (x + wide * 0.8, top - 74),
                    (x + wide + 8, top + 4),
                ]
            ),
            roof,
        )
    canvas.shape(box_path(x, top, wide, foot - top + 10), wall)
    canvas.shape(box_path(x + wide * 0.9, top, wide * 0.1, foot - top + 10), shade)
    canvas.shape(box_path(x - 6, top - 8, wide + 12, 20), roof if pitch == "flat" else light)
    panes, frames, sills = [], [], []
    columns = 3 if wide > 250 else 2
    for storey in range(storeys):
        y = top + 34 + storey * step
        for column in range(columns):
            w = wide / columns
            px, pw = x + w * column + w * 0.27, w * 0.46
            frames.append(box_path(px - 5, y - 5, pw + 10, 78))
            sills.append(box_path(px - 9, y + 72, pw + 18, 8))
            if not palette.dark or draw.random() < 0.72:
                panes.append(box_path(px, y, pw * 0.46, 68) + box_path(px + pw * 0.54, y, pw * 0.46, 68))
    canvas.shape("".join(frames), light)
    canvas.shape("".join(sills), shade)
    canvas.shape("".join(panes), glass)
    _shop(canvas, draw, x, foot, wide, shop, glass, wall)


def _shop(
    canvas: Canvas,
    draw: random.Random,
    x: float,
    foot: float,
    wide: float,
    high: float,
    glass: str,
    wall: str,
) -> None:
    """The shop on the ground floor: window, door, sign and awning."""
    palette = canvas.palette
    trim = palette.lit(draw.choice(("#7a3f3a", "#3f5f5a", "#4a4f6a", "#6b4a35")), 0.16)
    canvas.shape(box_path(x + wide * 0.05, foot - high + 8, wide * 0.9, high), trim)
    right = draw.random() < 0.5
    door = x + wide * (0.66 if right else 0.1)
    pane = x + wide * (0.1 if right else 0.38)
    canvas.shape(box_path(door, foot - high + 52, wide * 0.22, high - 46), turned(trim, 0, 1, 0.66))
    canvas.shape(box_path(door + wide * 0.03, foot - high + 62, wide * 0.16, high - 92), glass)
    canvas.shape(box_path(pane, foot - high + 52, wide * 0.52, high - 88), glass)
    for index in range(4):
        good = palette.lit(draw.choice(("#d9503c", "#e0b04a", "#5f9a78", "#c46a94", "#4f7fa6")), 0.2)
        tall = draw.uniform(20, 52)
        canvas.shape(
            box_path(pane + wide * (0.03 + 0.125 * index), foot - 36 - tall, wide * 0.09, tall), good
        )
    canvas.shape(box_path(pane, foot - 38, wide * 0.52, 8), turned(trim, 0, 1, 0.8))
    cloth = palette.lit(draw.choice(("#d9503c", "#3f7f6f", "#d8903c", "#4a6f9f")), 0.12)
    pale, stripes = palette.lit("#f6eedd", 0.1), 9
    step = wide * 0.96 / stripes
    for index in range(stripes):
        a = x + wide * 0.02 + index * step
        colour = cloth if index % 2 == 0 else pale
        canvas.shape(
            polygon(
                [
                    (a + 3, foot - high + 6),
                    (a + step + 3, foot - high + 6),
                    (a + step, foot - high + 46),
                    (a, foot - high + 46),
                ]
            ),
            colour,
        )
        canvas.disc(a + step / 2, foot - high + 46, step / 2, colour)
