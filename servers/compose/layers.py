"""What is laid over the frames: a logo, a talking head. Runs in a worker process.

Only the rectangle that changes is touched. A logo is brought to its size, to YUV and to its opacity once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from servers.chassis.media.camera import BT709_FROM_RGB, FORMATS, MOST_PIXELS
from servers.chassis.worker_main import Refused
from servers.compose.clips import Clip, Row

Frame = tuple[Row, Row, Row]
"""The three planes of a frame, as views into it."""

_TO_YUV = np.array(BT709_FROM_RGB, dtype=np.float32)


class Layer(Protocol):
    """What is laid over frames. Frames are drawn in order."""

    def draw(self, frame: Frame, number: int) -> None:
        """Draws it into the planes of the piece's frame `number`."""

    def close(self) -> None:
        """Frees what it holds."""


@dataclass(frozen=True)
class Place:
    """Where and when a layer is shown. Pixels, all even; frames of the piece."""

    left: int
    top: int
    first: int
    end: int
    skip: int = 0
    """How many of its own frames were shown before the piece."""


@dataclass(frozen=True)
class Sheet:
    """A rectangle to blend: what it adds to each plane, and how much of what is under it stays (0 to 255)."""

    left: int
    top: int
    adds: Frame
    stays: Frame

    @classmethod
    def of(cls, left: int, top: int, adds: tuple[Any, Any, Any], stays: tuple[Any, Any]) -> Sheet:
        """A sheet of floating point planes; `stays`, for luma and for both chromas, is 0 to 1."""
        luma, small = (np.clip(plane * 255.0 + 0.5, 0, 255).astype(np.uint8) for plane in stays)
        first, second, third = (np.clip(plane + 0.5, 0, 255).astype(np.uint8) for plane in adds)
        return cls(left, top, (first, second, third), (luma, small, small))


def blend(frame: Frame, sheet: Sheet) -> None:
    """Lays a sheet over the planes of a frame."""
    for plane, adds, stays, shrink in zip(frame, sheet.adds, sheet.stays, (1, 2, 2), strict=True):
        top, left = sheet.top // shrink, sheet.left // shrink
        under = plane[top : top + adds.shape[0], left : left + adds.shape[1]]
        cv2.add(cv2.multiply(under, stays, scale=1 / 255), adds, dst=under)


def planes(row: Row, width: int, height: int) -> Frame:
    """The three planes of a frame, as views into it."""
    luma, chroma = width * height, width * height // 4
    return (
        row[:luma].reshape(height, width),
        row[luma : luma + chroma].reshape(height // 2, width // 2),
        row[luma + chroma :].reshape(height // 2, width // 2),
    )


@dataclass(frozen=True)
class Cut:
    """What is seen of a clip's frame."""

    planes: Frame
    opaque: Row
    """How opaque each pixel is, 0 to 255."""


class Logo:
    """A picture with transparency."""

    def __init__(self, rgba: NDArray[np.uint8], opacity: float, place: Place) -> None:
        """Prepares a picture of even sides, height x width x 4."""
        self.place = place
        height, width = rgba.shape[:2]
        yuv = cv2.transform(np.ascontiguousarray(rgba[..., :3]), _TO_YUV).astype(np.float32)
        alpha = rgba[..., 3].astype(np.float32) / 255.0 * opacity
        half = (width // 2, height // 2)
        small = cv2.resize(yuv[..., 1:], half, interpolation=cv2.INTER_AREA).reshape(half[1], half[0], 2)
        small_alpha = cv2.resize(alpha, half, interpolation=cv2.INTER_AREA).reshape(half[1], half[0])
        adds = (yuv[..., 0] * alpha, small[..., 0] * small_alpha, small[..., 1] * small_alpha)
        self._sheet = Sheet.of(place.left, place.top, adds, (1.0 - alpha, 1.0 - small_alpha))

    def draw(self, frame: Frame, number: int) -> None:
        """See `Layer.draw`."""
        if self.place.first <= number < self.place.end:
            blend(frame, self._sheet)

    def close(self) -> None:
        """Nothing to end."""


class Inset:
    """A clip in a rectangle of the frame, whole or cut out."""

    def __init__(
        self, clip: Clip, width: int, height: int, place: Place, cut: Callable[[Frame], Cut] | None = None
    ) -> None:
        """Prepares to draw; `cut` says how much of each frame is seen. Without it all of it is."""
        self.place = place
        self._clip = clip
        self._size = (width, height)
        self._cut = cut

    def draw(self, frame: Frame, number: int) -> None:
        """See `Layer.draw`."""
        place = self.place
        if not place.first <= number < place.end:
            return
        mine = planes(self._clip.frame(number - place.first + place.skip), *self._size)
        if self._cut is not None:
            blend(frame, self._sheet(self._cut(mine)))
            return
        for plane, part, shrink in zip(frame, mine, (1, 2, 2), strict=True):
            top, left = place.top // shrink, place.left // shrink
            plane[top : top + part.shape[0], left : left + part.shape[1]] = part

    def close(self) -> None:
        """Ends the decoder."""
        self._clip.close()

    def _sheet(self, cut: Cut) -> Sheet:
        small: Any = cv2.resize(cut.opaque, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        seen = (cut.opaque, small, small)
        parts = zip(cut.planes, seen, strict=True)
        adds: Any = tuple(cv2.multiply(plane, share, scale=1 / 255) for plane, share in parts)
        stays: Any = tuple(255 - share for share in seen)
        return Sheet(self.place.left, self.place.top, adds, stays)


class Bar:
    """A bar along an edge of the frame that grows with the film."""

    def __init__(self, bar: Mapping[str, Any], width: int, place: Place) -> None:
        """Prepares a bar: "color", "opacity", "height" in pixels, "whole", the film's length in frames."""
        self.place = place
        self._width, self._height = width, bar["height"]
        self._whole: int = bar["whole"]
        self._opacity: float = bar["opacity"]
        rgb = np.array([[[int(bar["color"][at : at + 2], 16) for at in (1, 3, 5)]]], dtype=np.uint8)
        self._color = cv2.transform(rgb, _TO_YUV).reshape(3).astype(np.float32)

    def draw(self, frame: Frame, number: int) -> None:
        """See `Layer.draw`."""
        place = self.place
        if not place.first <= number < place.end:
            return
        length = self._width * min(1.0, (number - place.first + place.skip + 1) / self._whole)
        for plane, color, shrink in zip(frame, self._color, (1, 2, 2), strict=True):
            top, high = place.top // shrink, self._height // shrink
            shown = math.ceil(length / shrink)
            under = plane[top : top + high, :shown]
            # The last column is covered as far as the bar reaches into it.
            share = np.full(shown, self._opacity, dtype=np.float32)
            share[-1] *= length / shrink - (shown - 1)
            under[...] = (under * (1.0 - share) + color * share + 0.5).astype(np.uint8)

    def close(self) -> None:
        """Nothing to end."""


def disc(width: int, height: int) -> Row:
    """How opaque each pixel of a disc in a square is, 0 to 255; its edge is soft."""
    x = np.arange(width, dtype=np.float32) + 0.5 - width / 2
    y = np.arange(height, dtype=np.float32) + 0.5 - height / 2
    inside = min(width, height) / 2 - np.hypot(x[None, :], y[:, None])
    return np.asarray(np.clip(inside + 0.5, 0.0, 1.0) * 255.0 + 0.5, dtype=np.uint8)


def open_logo(path: Path, field: str, width: int, most_height: int) -> NDArray[np.uint8]:
    """Decodes a picture with its transparency, as wide as asked for and at most so high; sides are even.

    Raises:
        Refused: it can not be read, or is too large.
    """
    try:
        with Image.open(path, formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Refused(field, f"must be a picture of at most {MOST_PIXELS // 1_000_000} megapixels")
            picture = opened.convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        raise Refused(field, "must be a picture that can be read; this one is not") from None
    scale = min(width / picture.width, most_height / picture.height)
    size = tuple(max(2, int(side * scale) // 2 * 2) for side in picture.size)
    # Pillow resamples colour and transparency premultiplied, so that no dark rim appears.
    return np.asarray(picture.resize((size[0], size[1]), Image.Resampling.LANCZOS))
