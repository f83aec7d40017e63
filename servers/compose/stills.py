"""Single pictures out of a film: which makes a good cover, and many side by side. Runs in a worker process.

Sharpness is the variance of the Laplacian (Pech-Pacheco and others, 2000), colourfulness the measure of
Hasler and Suesstrunk (2003).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image

from servers.compose.clips import Row

STRIP_HEIGHT = 180
"""Pixels."""
_SEEN = 320
"""Height in pixels that pictures are judged at."""


def rgb(yuv: Row, width: int, height: int) -> Row:
    """A frame of I420 as RGB, by the inverse of BT.709 for limited range: OpenCV's own is BT.601.

    Args:
        yuv: height * 3 / 2 rows of the frame's width.
        width: of the frame.
        height: of the frame.
    """
    luma = yuv[:height].astype(np.float32)
    flat = yuv.reshape(-1)[width * height :].reshape(2, height // 2, width // 2)
    blue, red = (
        cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32) - 128.0
        for plane in flat
    )
    light = (luma - 16.0) * (255 / 219)
    blue, red = blue * (255 / 224), red * (255 / 224)
    green_part = (0.2126 * 1.5748 * red + 0.0722 * 1.8556 * blue) / 0.7152
    made = np.stack((light + 1.5748 * red, light - green_part, light + 1.8556 * blue), axis=-1)
    return np.clip(made + 0.5, 0, 255).astype(np.uint8)


def appeal(picture: Row) -> float:
    """How good a cover an RGB picture makes: sharp, rich in tones and colour, neither dark nor blown out."""
    height = min(_SEEN, picture.shape[0])
    width = max(1, round(picture.shape[1] * height / picture.shape[0]))
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    grey = small @ np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
    sharpness = float(np.log1p(cv2.Laplacian(grey, cv2.CV_32F).var()))
    shares = np.histogram(grey, bins=64, range=(0, 256))[0] / grey.size
    shares = shares[shares > 0]
    tones = float(-(shares * np.log2(shares)).sum())
    sides = (small[..., 0] - small[..., 1], 0.5 * (small[..., 0] + small[..., 1]) - small[..., 2])
    colour = float(
        np.hypot(*(side.std() for side in sides)) + 0.3 * np.hypot(*(side.mean() for side in sides))
    )
    exposed = 1.0 - abs(float(grey.mean()) - 118.0) / 138.0
    return 0.5 * sharpness + tones + 0.02 * min(colour, 100.0) + 3.0 * exposed


def side_by_side(pictures: Sequence[Row]) -> Image.Image:
    """RGB pictures of one size in a row, each `STRIP_HEIGHT` high."""
    height, width = pictures[0].shape[:2]
    size = (max(1, round(width * STRIP_HEIGHT / height)), STRIP_HEIGHT)
    strip = Image.new("RGB", (size[0] * len(pictures), size[1]))
    for index, picture in enumerate(pictures):
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        strip.paste(Image.fromarray(small), (index * size[0], 0))
    return strip
