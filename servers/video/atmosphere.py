"""What is in the air of a clip: rain, snow, motes of light at several distances, laid over planar frames.

What is near is large, fast and soft, what is far small, slow and faint; the camera's move shifts each
distance in its proportion. Every particle's place is a function of time alone, so that a clip can be made
from any frame on, and one that loops ends where it begins.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from servers.video.movement import Time
from servers.video.shot import Shot

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

KINDS = ("rain", "snow", "motes")
"""What may be in the air."""

_DISTANCES = ((0.25, 0.52), (0.55, 0.32), (1.0, 0.16))
"""Nearness of each, and the share of the particles that are there."""
_COUNT = {"rain": 320, "snow": 260, "motes": 80}
"""How many for a frame of one unit of area, in short sides squared."""
_FALLS = {"rain": 1.7, "snow": 0.15, "motes": -0.045}
"""How often the nearest cross the frame in a second; motes rise."""
_LIGHT = {"rain": 225, "snow": 240, "motes": 235}
_TINT = {"snow": (128, 128), "motes": (112, 142)}
_SLANT = {"rain": 0.22, "snow": 0.3, "motes": 0.1}
"""The most that wind drives them aside, of how far they fall."""
_MARGIN = 0.12
"""How far past the frame's edges they begin and end, so that none appears or vanishes in sight."""
_SOFTNESS = 1.4
"""Standard deviation of a soft point in pixels of the grid that it is drawn on."""


@dataclasses.dataclass(frozen=True)
class _Distance:
    """The particles of one distance; arrays of one value each."""

    nearness: float
    x: Any
    y: Any
    falls: Any
    sways: Any
    phase: Any


class Atmosphere:
    """The particles of one clip."""

    def __init__(self, kind: str, frame_size: tuple[int, int], time: Time, shot: Shot, seed: int) -> None:
        """Draws the particles.

        Args:
            kind: one of `KINDS`.
            frame_size: width and height in pixels.
            time: the clip's time; in a loop particles cross the frame a whole number of times.
            shot: the camera's move.
            seed: draws where they are, and the wind.
        """
        import numpy as np

        self.kind = kind
        self._shot = shot
        self.width, self.height = frame_size
        self.unit = min(frame_size)
        draw = np.random.default_rng([abs(seed), len(kind)])
        self._slant = _SLANT[kind] * draw.choice((-1.0, 1.0)) * draw.uniform(0.5, 1.0)
        self._distances = []
        for nearness, share in _DISTANCES:
            count = max(1, round(_COUNT[kind] * share * max(frame_size) / self.unit))
            pace = _FALLS[kind] * (0.3 + 0.7 * nearness) * time.seconds
            falls = pace * draw.uniform(0.85, 1.15, count)
            sways = draw.uniform(0.1, 0.35, count) * time.seconds
            if time.loop:
                falls = np.sign(pace) * np.maximum(1, np.abs(np.round(falls)))
                sways = np.maximum(1, np.round(sways))
            places = draw.random((3, count))
            self._distances.append(_Distance(nearness, places[0], places[1], falls, sways, places[2]))

    def draw(self, row: Bytes, t: float) -> None:
        """Lays the particles at time t (0 to 1 of the clip) over a frame of planar I420, in place."""
        import numpy as np

        luma = row[: self.width * self.height].reshape(self.height, self.width)
        mask = np.zeros_like(luma)
        for distance in self._distances:
            x, y = self._places(distance, t)
            if self.kind == "rain":
                self._streaks(mask, distance, x, y)
            else:
                self._points(mask, distance, x, y, t)
        _lay(luma, mask, _LIGHT[self.kind])
        if self.kind in _TINT:
            import cv2

            half = (self.width // 2, self.height // 2)
            less: Any = cv2.resize(mask, half, interpolation=cv2.INTER_AREA)
            chroma = row[luma.size :].reshape(2, half[1], half[0])
            for plane, target in zip(chroma, _TINT[self.kind], strict=True):
                _lay(plane, less, target)

    def _places(self, distance: _Distance, t: float) -> tuple[Any, Any]:
        """Where they are, 0 to 1 of the frame's width and height."""
        import numpy as np

        y = ((distance.y + distance.falls * t) % 1.0) * (1 + 2 * _MARGIN) - _MARGIN
        tall = self.height / self.width
        x = distance.x * (1 + 2 * _MARGIN) - _MARGIN + self._slant * (y - 0.5) * tall
        if self.kind != "rain":
            x = x + np.sin(math.tau * (distance.sways * t + distance.phase)) * 0.02 * distance.nearness
        view = self._shot.view(t, distance.nearness)
        return (x - view.cx) * view.scale + 0.5, (y - view.cy) * view.scale + 0.5

    def _points(self, mask: Bytes, distance: _Distance, x: Any, y: Any, t: float) -> None:
        """Soft round points: put between the pixels of a coarse grid, blurred there, and enlarged."""
        import cv2
        import numpy as np

        radius = self.unit * (0.0006 + 0.0048 * distance.nearness) * (1.3 if self.kind == "motes" else 1.0)
        shrink = max(1.0, radius / _SOFTNESS)
        size = (math.ceil(self.width / shrink) + 8, math.ceil(self.height / shrink) + 8)
        strength = np.full(len(x), 0.85 - 0.35 * distance.nearness)
        if self.kind == "motes":
            turn = math.tau * (distance.sways * t + distance.phase)
            strength = strength * (0.3 + 0.7 * np.sin(turn + 1.3) ** 2)
        grid: Any = np.zeros((size[1], size[0]), np.float32)
        column, line = x * self.width / shrink + 3.5, y * self.height / shrink + 3.5
        inside = (column >= 0) & (line >= 0) & (column < size[0] - 1) & (line < size[1] - 1)
        column, line, strength = column[inside], line[inside], strength[inside]
        left, top = np.floor(column).astype(int), np.floor(line).astype(int)
        right_share, lower_share = column - left, line - top
        deviation = radius / shrink
        peak = strength * 255 * math.tau * deviation**2
        for down, lower in ((0, 1 - lower_share), (1, lower_share)):
            for across, right in ((0, 1 - right_share), (1, right_share)):
                np.add.at(grid, (top + down, left + across), peak * lower * right)
        grid = cv2.GaussianBlur(grid, (0, 0), deviation)
        small = cv2.convertScaleAbs(grid)
        # The grid begins four of its cells before the frame.
        matrix = np.array([[1 / shrink, 0, 3.5 + 0.5 / shrink], [0, 1 / shrink, 3.5 + 0.5 / shrink]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        large = cv2.warpAffine(small, matrix, (self.width, self.height), flags=flags)
        cv2.max(mask, large, dst=mask)

    def _streaks(self, mask: Bytes, distance: _Distance, x: Any, y: Any) -> None:
        import cv2

        near = distance.nearness
        long = self.unit * (0.02 + 0.07 * near)
        aside = long * self._slant
        thick = max(1, round(self.unit * 0.0021 * near))
        light = int(62 + 50 * near)
        for px, py in zip(x * self.width, y * self.height, strict=True):
            begin = (round((px - aside) * 16), round((py - long) * 16))
            cv2.line(mask, begin, (round(px * 16), round(py * 16)), light, thick, cv2.LINE_AA, 4)


def _lay(plane: Bytes, mask: Bytes, target: int) -> None:
    """Brings a plane nearer to a value, by as much as the mask says, in place."""
    import cv2

    kept = cv2.multiply(plane, cv2.bitwise_not(mask), scale=1 / 255)
    cv2.add(kept, cv2.convertScaleAbs(mask, alpha=target / 255), dst=plane)
