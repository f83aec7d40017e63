"""Fog banks and rays of light: soft sheets that are made, not painted, and laid over a picture.

They are small and stretched to the canvas when they are drawn: nothing in them is sharp.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

from servers.video.movement import Movement, Time
from servers.video.sheets import Sheet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

_SIDE = 120
"""Pixels of the shorter side of such a sheet."""
_BANKS = ((0.25, 0.52, 0.16, 0.018), (0.75, 0.8, 0.2, 0.035))
"""Nearness of each, how low it lies and how thick it is (of the height), its pace (units a second)."""
_FOG_COVER = 0.5
_RAY_COVER = 0.3
_LEAN = 0.05
"""How far rays lean to a side, of how far they have come down."""


class _Pass(Movement):
    """Fog that goes by; in a loop it goes out and back."""

    def __init__(self, way: float, time: Time) -> None:
        self._way, self._loop = way, time.loop
        self.reach = abs(way)
        self.fades = True

    def affine(self, t: float) -> tuple[float, ...]:
        """See `Movement.affine`."""
        share = 0.5 * math.sin(2.0 * math.pi * t) if self._loop else t - 0.5
        return (0.0, 0.0, self._way * share, 0.0, 0.0, 0.0)


class _Shine(Movement):
    """Rays that wander a little and grow stronger and weaker."""

    def __init__(self, time: Time, seed: int, part: int) -> None:
        draw = random.Random(f"rays {seed} {part}")
        self._swing = time.turns(draw.uniform(0.07, 0.11)), draw.random()
        self._pulse = time.turns(draw.uniform(0.13, 0.19)), draw.random()
        self.fades = True

    def affine(self, t: float) -> tuple[float, ...]:
        """See `Movement.affine`."""
        turns, phase = self._swing
        return (0.0, _LEAN * math.sin(2.0 * math.pi * (turns * t + phase)), 0.0, 0.0, 0.0, 0.0)

    def gain(self, t: float) -> float:
        """See `Movement.gain`."""
        turns, phase = self._pulse
        return 0.72 + 0.28 * math.sin(2.0 * math.pi * (turns * t + phase))


def fog(canvas: tuple[int, int], luma: float, time: Time, seed: int) -> list[Sheet]:
    """Two banks, a far one and a near one.

    Args:
        canvas: width and height of the canvas.
        luma: how light the picture is, 16 to 235: fog takes its light from it.
        time: the clip's time.
        seed: draws the banks.
    """
    import numpy as np

    banks = []
    for part, (nearness, lies, thick, pace) in enumerate(_BANKS):
        draw = np.random.default_rng([abs(seed), 11, part])
        unit = min(canvas)
        way = (-1) ** (seed % 2) * min(pace * time.seconds, 0.25) * unit
        # It is wider than the canvas by what it goes, and fades at its ends nowhere that can be seen.
        shrink = unit / _SIDE
        left = -abs(way) - 2 * shrink
        size = (math.ceil((canvas[0] - 2 * left) / shrink), math.ceil(canvas[1] / shrink))
        rows = np.linspace(0, 1, size[1], dtype=np.float32)[:, None]
        bank = np.exp(-(((rows - lies) / thick) ** 2))
        cover = np.clip(_FOG_COVER * bank * (0.25 + 0.75 * _billows(draw, size)), 0, 1)
        light = min(225.0, 0.55 * luma + 105)
        banks.append(_sheet(cover, (light, 130, 127), left, nearness, _Pass(way, time), shrink))
    return banks


def rays(canvas: tuple[int, int], luma: float, time: Time, seed: int) -> list[Sheet]:
    """Two fans of warm light that fall from above and cross each other slowly. Arguments as of `fog`."""
    import numpy as np

    fans = []
    side = random.Random(f"sun {seed}").choice((0.12, 0.3, 0.7, 0.88))
    shrink = min(canvas) / _SIDE
    left = -_LEAN * canvas[1] - 2 * shrink
    size = (math.ceil((canvas[0] - 2 * left) / shrink), math.ceil(canvas[1] / shrink) + 1)
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32) / _SIDE
    x += left / min(canvas)
    from_x, from_y = side * canvas[0] / min(canvas), -0.35
    angle = np.arctan2(x - from_x, y - from_y)
    down = np.clip(1.1 - (y - from_y) / (canvas[1] / min(canvas) * 0.95), 0, 1)
    for part in range(2):
        draw = np.random.default_rng([abs(seed), 13, part])
        shafts = sum(
            np.sin(angle * count + draw.uniform(0, math.tau)) * share
            for count, share in zip(draw.uniform((9, 17, 29), (13, 25, 41)), (0.5, 0.3, 0.2), strict=True)
        )
        cover = _RAY_COVER * np.clip(np.asarray(shafts) * 0.8 + 0.12, 0, 1) * down**1.3
        light = min(235.0, max(luma + 70.0, 150.0))
        fans.append(
            _sheet(cover, (light, 112, 142), left, 0.12 + 0.2 * part, _Shine(time, seed, part), shrink)
        )
    return fans


def _billows(draw: Any, size: tuple[int, int]) -> Array:
    """Smooth noise of four octaves, 0 to 1, drawn out sideways."""
    import cv2
    import numpy as np

    total, weight = np.zeros((size[1], size[0]), np.float32), 0.0
    for octave in range(4):
        across, down = max(2, size[0] * 2**octave // 110), max(2, size[1] * 2**octave // 40)
        coarse = draw.random((down, across)).astype(np.float32)
        share = 0.5**octave
        total += share * cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
        weight += share
    return np.asarray(np.clip((total / weight - 0.3) / 0.4, 0, 1), np.float32)


def _sheet(
    cover: Array,
    colour: tuple[float, float, float],
    left: float,
    nearness: float,
    movement: Movement,
    shrink: float,
) -> Sheet:
    import numpy as np

    height, width = cover.shape
    pixels = np.empty((height + 2, width, 4), np.float32)
    # One row more above and below, mirrored: interpolation must not fade at the canvas' edge.
    padded = np.pad(cover, ((1, 1), (0, 0)), mode="edge")
    for channel, value in enumerate((*colour, 255.0)):
        pixels[..., channel] = padded * value
    return Sheet(np.rint(pixels).astype(np.uint8), left, -shrink, nearness, movement, shrink)
