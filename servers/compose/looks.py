"""How good a picture is as a cover: sharp, with light and dark in it, colourful. Runs in a worker process.

Sharpness is the variance of the Laplacian (Pech-Pacheco 2000), colourfulness that of Hasler and Süsstrunk
(2003), contrast the spread of the light. Each is bounded, so that none outdoes the rest.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_SIDE = 360
_SHARP = 2000.0
"""Variance of the Laplacian of a sharp, detailed photograph of that size."""
_COLORFUL = 60.0
_CONTRAST = 60.0


def score(rgb: NDArray[np.uint8]) -> float:
    """0 (an empty frame) to 1.

    Args:
        rgb: height x width x 3.
    """
    scale = _SIDE / min(rgb.shape[:2])
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else rgb
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    sharp = float(cv2.Laplacian(grey, cv2.CV_32F).var())
    red, green, blue = (small[..., channel].astype(np.float32) for channel in range(3))
    across, along = red - green, (red + green) / 2 - blue
    spread = float(np.hypot(across.std(), along.std()) + 0.3 * np.hypot(across.mean(), along.mean()))
    # Mostly black or mostly white pictures are held against it: half of the middle light is enough.
    middle = float(np.mean((grey > 24) & (grey < 232)))
    merits = (
        np.log1p(sharp) / np.log1p(_SHARP),
        spread / _COLORFUL,
        float(grey.std()) / _CONTRAST,
        middle * 2,
    )
    return float(np.mean([min(1.0, merit) for merit in merits]))
