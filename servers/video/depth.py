"""What is near and what is far in a picture that is not taken apart, without a model.

Three things tell it: what is low in a picture is near, the sky is as far as can be, and what stands out in
the middle is what the picture is about, a little before its surroundings. The guess is rough, so the field
is smoothed until nothing that is warped by it can fold or tear.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

_SIDE = 128
"""Pixels of the shorter side at which a picture is looked at."""
_PLAUSIBLE = 0.05
"""Share of a picture that water or sky takes at least, to be taken for it."""
_FARTHEST, _NEAREST = 0.35, 1.0
"""Bounds of the nearness: a guess moves less than what is known."""


@dataclasses.dataclass(frozen=True)
class Scenery:
    """Fields stretched over a picture, float32, 0 to 1."""

    nearness: Array
    """0.35 (far) to 1 (near)."""
    sky: Array
    """Where the sky is, softly bounded."""
    water: Array
    """Where water is, softly bounded."""

    @property
    def has_sky(self) -> bool:
        """Whether there is so much sky that it is likely one."""
        return float(self.sky.mean()) > _PLAUSIBLE

    @property
    def has_water(self) -> bool:
        """Whether there is so much water that it is likely some."""
        return float(self.water.mean()) > _PLAUSIBLE


def look(rgb: Array) -> Scenery:
    """Guesses the scenery of a picture of height x width x 3."""
    import cv2
    import numpy as np

    height, width = rgb.shape[:2]
    shrink = _SIDE / min(height, width)
    # A strip of a picture is looked at as if it were less long.
    size = (min(6 * _SIDE, max(8, round(width * shrink))), min(6 * _SIDE, max(8, round(height * shrink))))
    small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    busy = _busyness(lab[..., 0])
    sky = _sky(lab, busy)
    horizon = _horizon(sky)
    water = _water(lab, sky, horizon)
    rows = np.linspace(0, 1, size[1], dtype=np.float32)[:, None]
    ground = np.clip((rows - horizon) / max(0.05, 1 - horizon), 0, 1) ** 0.8
    stands_out = _salience(lab)
    near = (0.3 + 0.7 * ground) * (1 - sky) + 0.3 * stands_out * (1 - sky)
    near = cv2.GaussianBlur(np.clip(near, 0, 1), (0, 0), 0.07 * min(size))
    soft = 0.03 * min(size)
    return Scenery(
        np.asarray(_FARTHEST + (_NEAREST - _FARTHEST) * near, np.float32),
        np.asarray(cv2.GaussianBlur(sky, (0, 0), soft * 1.6), np.float32),
        np.asarray(cv2.GaussianBlur(water, (0, 0), soft * 0.6), np.float32),
    )


def _busyness(light: Array) -> Array:
    """How much the lightness (0 to 100) changes from pixel to pixel around each place."""
    import cv2
    import numpy as np

    edges = np.hypot(cv2.Sobel(light, cv2.CV_32F, 1, 0), cv2.Sobel(light, cv2.CV_32F, 0, 1))
    return np.asarray(cv2.blur(edges, (7, 7)), np.float32)


def _sky(lab: Array, busy: Array) -> Array:
    """1 where something calm goes on from the top edge downwards, however slowly it changes its colour."""
    import cv2
    import numpy as np

    height, width = lab.shape[:2]
    calm = busy < 14
    if calm[: max(1, height // 40)].mean() < 0.3:
        return np.zeros(lab.shape[:2], np.float32)
    smooth = cv2.bilateralFilter(np.ascontiguousarray(lab), 5, 3.0, 3.0)  # takes grain, leaves outlines
    mask = np.zeros((height + 2, width + 2), np.uint8)
    step = (1.1, 1.1, 1.1)  # between neighbours: a gradient passes, an outline does not
    for column in range(0, width, 4):
        if calm[0, column] and not mask[1, column + 1]:
            cv2.floodFill(
                smooth, mask, (column, 0), (0, 0, 0), step, step, 4 | (1 << 8) | cv2.FLOODFILL_MASK_ONLY
            )
    # What the sky surrounds is in it: clouds, birds, the sun.
    wide = max(3, width // 8) | 1
    sky = cv2.morphologyEx(mask[1:-1, 1:-1], cv2.MORPH_CLOSE, np.ones((wide, wide), np.uint8))
    sky[int(height * 0.75) :] = 0
    return np.asarray(sky, np.float32)


def _horizon(sky: Array) -> float:
    """Where the land begins, 0 (top) to 1 (bottom)."""
    import numpy as np

    if sky.mean() < _PLAUSIBLE:
        return 0.3
    return float(np.clip(np.median(sky.sum(axis=0)) / len(sky), 0.05, 0.75))


def _water(lab: Array, sky: Array, horizon: float) -> Array:
    """1 where a wide blue or green-blue area, or one of the sky's colour, lies below the horizon."""
    import cv2
    import numpy as np

    green, blue = lab[..., 1], lab[..., 2]
    bluish = (blue < -4) & (green < 12)
    if sky.mean() > _PLAUSIBLE:
        above = lab[sky > 0][:, 1:]
        for share in (10, 30, 50, 70, 90):  # water mirrors the sky, low sky and high
            mirrored = np.percentile(above, share, axis=0)
            bluish |= np.linalg.norm(lab[..., 1:] - mirrored, axis=-1) < 6
    bluish[sky > 0] = False
    bluish[: int(len(lab) * horizon * 0.9)] = False
    joined = cv2.morphologyEx(bluish.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    wide = [
        label
        for label in range(1, count)
        if stats[label, cv2.CC_STAT_AREA] > 0.02 * labels.size
        and stats[label, cv2.CC_STAT_WIDTH] > 0.3 * labels.shape[1]
        and stats[label, cv2.CC_STAT_TOP] + stats[label, cv2.CC_STAT_HEIGHT] > 0.5 * labels.shape[0]
    ]
    return np.isin(labels, wide).astype(np.float32)


def _salience(lab: Array) -> Array:
    """How much a place differs from the picture as a whole, the middle before the margins."""
    import cv2
    import numpy as np

    height, width = lab.shape[:2]
    smooth = cv2.GaussianBlur(lab, (0, 0), 0.02 * min(height, width) + 0.5)
    odd = np.linalg.norm(smooth - smooth.reshape(-1, 3).mean(axis=0), axis=-1)
    odd = odd / max(1.0, float(np.percentile(odd, 98)))
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    return np.asarray(np.clip(odd, 0, 1) * np.exp(-1.5 * (x * x + (y - 0.15) ** 2)), np.float32)
