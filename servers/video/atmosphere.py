"""What drifts through the air of a clip: rain, snow, motes of light, laid over planar frames.

Every particle's place is a function of time alone, so that a clip can be made from any frame on, and one that
loops ends where it begins.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

# How many for a frame of one unit of area, in short sides squared; how many times a particle crosses the
# frame in a second, slowest and fastest; how bright (luma).
_KINDS = {"rain": (210, 1.1, 1.7, 225), "snow": (95, 0.07, 0.16, 240), "motes": (42, 0.015, 0.045, 235)}


class Atmosphere:
    """The particles of one clip."""

    def __init__(
        self, kind: str, frame_size: tuple[int, int], seconds: float, seed: int, *, loop: bool
    ) -> None:
        """Draws the particles.

        Args:
            kind: rain, snow or motes.
            frame_size: width and height in pixels.
            seconds: length of the clip.
            seed: draws where they are.
            loop: particles cross the frame a whole number of times.
        """
        import numpy as np

        many, slow, fast, self._luma = _KINDS[kind]
        self.kind = kind
        self.width, self.height = frame_size
        self.unit = min(frame_size)
        draw = np.random.default_rng([abs(seed), len(kind)])
        count = round(many * max(frame_size) / self.unit)
        self.near = draw.uniform(0.25, 1.0, count) ** 1.5  # 1 is close: large and fast
        self.x, self.y = draw.random(count), draw.random(count)
        cycles = (slow + (fast - slow) * self.near) * seconds
        sways = draw.uniform(0.1, 0.35, count) * seconds
        if loop:
            cycles, sways = np.maximum(1, np.round(cycles)), np.maximum(1, np.round(sways))
        self.cycles, self.sways, self.phase = cycles, sways, draw.random(count)

    def draw(self, row: Bytes, t: float) -> None:
        """Lays the particles at time t (0 to 1 of the clip) over a frame of planar I420, in place."""
        luma = row[: self.width * self.height].reshape(self.height, self.width)
        if self.kind == "rain":
            self._rain(luma, t)
            return
        import numpy as np

        rises = -1.0 if self.kind == "motes" else 1.0
        y = ((self.y + rises * self.cycles * t) % 1.0) * 1.08 - 0.04
        turn = math.tau * (self.sways * t + self.phase)
        x = self.x + np.sin(turn) * 0.022 * (1.2 - self.near)
        radius = self.unit * (0.0016 + 0.0052 * self.near)
        alpha = 0.35 + 0.5 * self.near
        if self.kind == "motes":
            radius = radius * 1.5
            alpha = alpha * (0.45 + 0.55 * np.sin(turn * 1.0 + 1.3) ** 2)
        half = (self.width // 2, self.height // 2)
        chroma = row[luma.size :].reshape(2, half[1], half[0])
        tint = (112, 142) if self.kind == "motes" else (128, 128)  # warm light, or white
        for px, py, size, share in zip(x * self.width, y * self.height, radius, alpha, strict=True):
            _dot(luma, px, py, size, share, self._luma)
            for plane, target in zip(chroma, tint, strict=True):
                _dot(plane, px / 2, py / 2, size / 2, share, target)

    def _rain(self, luma: Bytes, t: float) -> None:
        import cv2
        import numpy as np

        mask = np.zeros_like(luma)
        y = ((self.y + self.cycles * t) % 1.0) * 1.3 - 0.2
        x = (self.x + 0.12 * (y - 0.5)) % 1.0
        for px, py, near in zip(x * self.width, y * self.height, self.near, strict=True):
            long = self.unit * (0.025 + 0.05 * near)
            ends = [
                (round(px * 16), round(py * 16)),
                (round((px + long * 0.12) * 16), round((py + long) * 16)),
            ]
            thick = max(1, round(self.unit * 0.0022 * near))
            cv2.line(mask, ends[0], ends[1], int(60 + 90 * near), thick, cv2.LINE_AA, 4)
        # Streaks lighten what is behind them and vanish before what is as bright as they are.
        room = cv2.subtract(np.full_like(luma, self._luma), luma)
        cv2.add(luma, cv2.multiply(room, mask, scale=1 / 255), dst=luma)


def _dot(plane: Bytes, x: float, y: float, radius: float, alpha: float, target: int) -> None:
    """A soft round point, placed between pixels: a Gaussian whose standard deviation is the radius."""
    import numpy as np

    reach = math.ceil(radius * 2.6)
    left, right = max(0, int(x) - reach), min(plane.shape[1], int(x) + reach + 1)
    top, bottom = max(0, int(y) - reach), min(plane.shape[0], int(y) + reach + 1)
    if left >= right or top >= bottom:
        return
    across = np.exp(-((np.arange(left, right) - x) ** 2) / (2 * radius * radius))
    down = np.exp(-((np.arange(top, bottom) - y) ** 2) / (2 * radius * radius))
    cover = np.outer(down, across * alpha)
    patch = plane[top:bottom, left:right]
    patch[:] = np.rint(patch + (target - patch.astype(np.float64)) * cover).astype(np.uint8)
