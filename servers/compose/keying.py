"""Taking away a plain ground behind somebody, by its colour. Runs in a worker process.

A pixel is ground as far as its colour is near the ground's, mostly in Cb and Cr, so that a shaded ground
goes as well; a ground without colour is told by its light too. What the ground shines onto the edges of what
stays is taken out of their colour. All of it works on the chroma planes' half resolution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from servers.chassis.media.camera import BT709_FROM_RGB
from servers.compose.clips import Row
from servers.compose.layers import Frame

_NEAR, _FAR = 16.0, 42.0
"""Distances in colour up to which a pixel is ground, and from which it is not."""
_COLORFUL = 24.0
"""Distance from grey from which a ground counts as coloured."""
_LIGHT = 0.25
"""How much light counts beside colour for a coloured ground."""
_SOFT = 1.0
_EDGE = 0.06
"""Width of the edges that are looked at, as a share of the picture's shorter side."""
_ABOVE = 0.6
"""Share of the sides' height that is looked at: below, shoulders reach the edge."""
_ALIKE = 20.0
_MOST_OTHER = 0.12
"""Share of the edges that may be something else."""


@dataclass(frozen=True)
class Ground:
    """A colour as Y, Cb and Cr."""

    light: float
    blue: float
    red: float

    @classmethod
    def of(cls, color: str) -> Ground:
        """The colour of "#RRGGBB"."""
        rgb = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
        rows = [
            sum(factor * part for factor, part in zip(row, (*rgb, 1.0), strict=True))
            for row in BT709_FROM_RGB
        ]
        return cls(*rows)

    @property
    def saturation(self) -> float:
        """Distance from grey."""
        return float(np.hypot(self.blue - 128.0, self.red - 128.0))


def cut_out(frame: Frame, ground: Ground) -> tuple[NDArray[np.uint8], Row, Row]:
    """How opaque each pixel is, 0 to 255, and the chroma planes without the ground's shine."""
    light = cv2.resize(frame[0], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA).astype(np.float32)
    blue, red = (plane.astype(np.float32) for plane in frame[1:])
    weight = _LIGHT if ground.saturation > _COLORFUL else 1.0
    away = (light - ground.light) * weight, blue - ground.blue, red - ground.red
    distance = np.sqrt(away[0] ** 2 + away[1] ** 2 + away[2] ** 2)
    held = np.clip((distance - _NEAR) / (_FAR - _NEAR), 0.0, 1.0)
    # Edges hold the ground's colour too: they are drawn in by half of what they are softened.
    held = np.clip(2.0 * cv2.GaussianBlur(held, (0, 0), _SOFT) - 1.0, 0.0, 1.0)
    if ground.saturation > _COLORFUL:
        way = np.array([ground.blue - 128.0, ground.red - 128.0]) / ground.saturation
        shine = np.maximum(0.0, (blue - 128.0) * way[0] + (red - 128.0) * way[1] - 4.0)
        blue, red = blue - shine * way[0], red - shine * way[1]
    size = (frame[0].shape[1], frame[0].shape[0])
    opaque = cv2.resize(held, size, interpolation=cv2.INTER_LINEAR)
    made = [np.clip(plane + 0.5, 0, 255).astype(np.uint8) for plane in (opaque * 255.0, blue, red)]
    return made[0], made[1], made[2]


def find(frames: Sequence[Frame]) -> str:
    """The colour of a ground that is plain along the upper edges of all frames; empty where there is none."""
    edges = np.concatenate([_edges(frame) for frame in frames]).astype(np.float32)
    middle = np.median(edges, axis=0)
    weights = np.array([0.4, 1.0, 1.0], dtype=np.float32)
    other = np.sqrt((((edges - middle) * weights) ** 2).sum(axis=1)) > _ALIKE
    return "" if other.mean() > _MOST_OTHER else _rgb(*middle)


def _edges(frame: Frame) -> NDArray[np.uint8]:
    """The pixels along the upper edge and the upper part of the sides, as rows of Y, Cb, Cr."""
    light = cv2.resize(frame[0], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    whole = np.stack((light, frame[1], frame[2]), axis=-1)
    wide = max(1, round(_EDGE * min(light.shape)))
    sides = whole[: round(_ABOVE * len(whole))]
    parts = (whole[:wide], sides[:, :wide], sides[:, -wide:])
    return np.concatenate([part.reshape(-1, 3) for part in parts])


def _rgb(light: float, blue: float, red: float) -> str:
    """ "#RRGGBB" of a colour in BT.709, limited range."""
    level = (light - 16.0) * (255 / 219)
    blue, red = (blue - 128.0) * (255 / 224), (red - 128.0) * (255 / 224)
    green = level - (0.2126 * 1.5748 * red + 0.0722 * 1.8556 * blue) / 0.7152
    parts = (level + 1.5748 * red, green, level + 1.8556 * blue)
    return "#" + "".join(f"{min(255, max(0, round(part))):02X}" for part in parts)
