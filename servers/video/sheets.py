"""Sheets: pictures with transparency, ready to be laid over each other by a moving camera.

All sheets of a clip lie on one canvas: the whole picture, sized so that there are enough pixels for the
closest view. A sheet keeps only the rectangle in which it shows anything, and one whose content moves by
itself is taken apart where it falls into pieces, so that two clouds need not drift as one. Pixels are Y, Cb,
Cr and cover, 8 bits each, the first three multiplied by the cover: interpolating those never draws the colour
of what is not there, and four channels are warped in the time of one.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from servers.chassis.media import camera
from servers.video.movement import Breathe, Drift, Extent, Glow, Movement, Ripple, Sway, Time, Twinkle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

_APART = ("DRIFT", "SWAY", "BREATHE", "GLOW")
"""Motions with which the pieces of a sheet move each by itself. A lake with an island is one lake."""
_MOST_PARTS = 6
_MOST_OVERLAP = 1.5
"""Most that the rectangles of all pieces take, of the whole's."""
_SMALLEST_PART = 0.0004
"""Pieces that cover less of the canvas stay together."""
_EDGE = 2
"""Pixels kept around the content: what interpolation reads there."""


@dataclasses.dataclass(frozen=True)
class Sheet:
    """One sheet, or a piece of one."""

    pixels: Array
    """height x width x 4: Y, Cb, Cr (BT.709, limited range) times cover, and cover."""
    left: float
    """Where the sheet's first pixel lies on the canvas; it may lie outside of it."""
    top: float
    nearness: float | Array
    """0 (stands still) to 1 (follows the camera wholly); or a field of it, stretched over the canvas."""
    movement: Movement = dataclasses.field(default_factory=Movement)
    shrink: float = 1.0
    """Pixels of the canvas for one of the sheet."""


def packed(rgba: Array) -> Array:
    """Pixels of a sheet from height x width x 4 of 8-bit R, G, B and cover."""
    import cv2
    import numpy as np

    yuv = cv2.transform(np.ascontiguousarray(rgba[..., :3]), np.array(camera.BT709_FROM_RGB, np.float32))
    cover = np.ascontiguousarray(rgba[..., 3])
    planes = [
        cv2.multiply(np.ascontiguousarray(yuv[..., channel]), cover, scale=1 / 255) for channel in range(3)
    ]
    return np.asarray(cv2.merge([*planes, cover]))


def fitted(pixels: Array, frame_size: tuple[int, int], closest: float) -> Array:
    """Sheet pixels of a whole picture, sized to the canvas: see `camera.fitted`."""
    import numpy as np

    sized = camera.fitted(pixels, frame_size, closest)
    # Cubic interpolation overshoots at edges; more colour than cover would be a bright rim.
    return np.minimum(sized, sized[..., 3:])


def under(pixels: Array, ground: Array) -> Array:
    """A sheet laid over an opaque one of the same size: what has a hole shows the ground there."""
    import cv2

    behind = cv2.bitwise_not(cv2.extractChannel(pixels, 3))
    return cv2.add(cv2.multiply(ground, cv2.merge([behind] * 4), scale=1 / 255), pixels)


def moving(whole: Array, nearness: float, motion: str, time: Time, seed: int, index: int) -> list[Sheet]:
    """The sheets of one layer of a picture.

    Args:
        whole: the layer's pixels, of the canvas' size.
        nearness: see `Sheet`.
        motion: a name of `LayerMotion` without its prefix, e.g. "SWAY".
        time: the clip's time.
        seed: draws how things move.
        index: the layer's number, so that no two move alike.
    """
    import cv2
    import numpy as np

    cover = cv2.extractChannel(whole, 3)
    unit = float(min(cover.shape))
    parts = _parts(cover) if motion in _APART else [None]
    sheets = []
    for number, part in enumerate(parts):
        alone = cover if part is None else cv2.bitwise_and(cover, part)
        left, top, width, height = cv2.boundingRect(alone)
        if not width:
            continue
        extent = Extent(left, top, left + width, top + height, unit, _hangs(alone))
        pieces = np.ascontiguousarray(whole[top : top + height, left : left + width])
        if part is not None:
            pieces = cv2.copyTo(pieces, np.ascontiguousarray(part[top : top + height, left : left + width]))
        movement = _movement(motion, extent, alone, time, seed, index * 16 + number)
        sheets.append(_padded(pieces, extent, cover.shape, nearness, movement))
    return sheets


def falling(whole: Array) -> str:
    """What a sheet shows falling: "snow" or "rain" where it is nothing but many small pieces, else "".

    Painted flakes and streaks would hang in the air of a clip: who films them lets some fall in their place.
    """
    import cv2
    import numpy as np

    cover = cv2.extractChannel(whole, 3)
    shrink = max(1.0, min(cover.shape) / 540)
    size = (round(cover.shape[1] / shrink), round(cover.shape[0] / shrink))
    small = np.asarray(cv2.resize(cover, size, interpolation=cv2.INTER_AREA))
    count, _, stats, _ = cv2.connectedComponentsWithStats((small > 16).astype(np.uint8))
    pieces = stats[1:]
    if count < 25 or pieces[:, cv2.CC_STAT_AREA].max() > 0.004 * small.size:
        return ""
    spread = pieces[:, cv2.CC_STAT_TOP]
    if np.ptp(spread) < 0.6 * size[1] or np.median(np.diff(np.sort(spread))) > 0.05 * size[1]:
        return ""
    long = np.median(pieces[:, cv2.CC_STAT_HEIGHT] / pieces[:, cv2.CC_STAT_WIDTH])
    return "rain" if long > 2.0 else "snow"


def backdrop(whole: Array, nearness: float | Array, movement: Movement) -> Sheet:
    """The sheet of a whole opaque picture, behind all others."""
    height, width = whole.shape[:2]
    return _padded(
        whole, Extent(0, 0, width, height, min(width, height)), (height, width), nearness, movement
    )


def _padded(
    pieces: Array, extent: Extent, canvas: tuple[int, ...], nearness: float | Array, movement: Movement
) -> Sheet:
    """Mirrors content that ends at the canvas' edge past it, as far as the movement may uncover it."""
    import cv2
    import numpy as np

    height, width = pieces.shape[:2]
    reach = _EDGE + int(movement.reach + 1)
    ends = (extent.top <= 0, extent.bottom >= canvas[0], extent.left <= 0, extent.right >= canvas[1])
    sizes = (height, height, width, width)
    pads = [min(reach, size - 1) if end else 0 for end, size in zip(ends, sizes, strict=True)]
    above, below, before, behind = pads
    mirrored = cv2.copyMakeBorder(pieces, above, below, before, behind, cv2.BORDER_REFLECT_101)
    clear = [0 if end else _EDGE for end in ends]
    bordered = np.pad(mirrored, ((clear[0], clear[1]), (clear[2], clear[3]), (0, 0)))
    return Sheet(bordered, extent.left - before - clear[2], extent.top - above - clear[0], nearness, movement)


def _parts(cover: Array) -> list[Array | None]:
    """Masks of the pieces that a sheet falls into, the small ones together; [None]: it is of one piece."""
    import cv2
    import numpy as np

    # Soft rims belong to what they surround: pieces that nearly touch are one.
    small = cv2.resize(cover, (max(1, cover.shape[1] // 4), max(1, cover.shape[0] // 4)))
    wide = max(3, min(small.shape) // 90) | 1
    grown = cv2.dilate((small > 4).astype(np.uint8), np.ones((wide, wide), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(grown)
    if count <= 2:
        return [None]
    order = sorted(range(1, count), key=lambda label: -int(stats[label, cv2.CC_STAT_AREA]))
    large = [
        label
        for label in order[: _MOST_PARTS - 1]
        if stats[label, cv2.CC_STAT_AREA] >= _SMALLEST_PART * small.size
    ]
    if not large:
        return [None]
    size = (cover.shape[1], cover.shape[0])
    masks: list[Array | None] = []
    rest: Any = np.full(cover.shape, 255, np.uint8)
    for label in large:
        mask = cv2.resize((labels == label).astype(np.uint8) * 255, size, interpolation=cv2.INTER_NEAREST)
        masks.append(np.asarray(mask, np.uint8))
        rest = cv2.subtract(rest, mask)
    if cv2.bitwise_and(cover, rest).max() > 2:  # less is the last of a soft rim, and not seen
        masks.append(rest)
    boxes = [cv2.boundingRect(cv2.bitwise_and(cover, mask)) for mask in masks if mask is not None]
    _, _, width, height = cv2.boundingRect(cover)
    # Pieces that lie through each other would each take the memory and the time of the whole.
    apart = sum(box[2] * box[3] for box in boxes) < _MOST_OVERLAP * width * height
    return masks if len(masks) > 1 and apart else [None]


def _hangs(cover: Array) -> bool:
    """Whether something is held above: it comes in at the top and does not reach the bottom."""
    top, bottom = cover[: max(1, len(cover) // 50)], cover[-max(1, len(cover) // 50) :]
    return bool((top > 128).mean() > 0.02 and not (bottom > 128).any())


def _movement(motion: str, extent: Extent, cover: Array, time: Time, seed: int, part: int) -> Movement:
    if motion == "DRIFT":
        return Drift(extent, time, seed, part)
    if motion == "RIPPLE":
        return Ripple(extent, time, seed, part)
    if motion == "BREATHE":
        return Breathe(extent, time, seed, part)
    if motion == "SWAY":
        return Sway(extent, time, seed, part, None if extent.held_above else _feet(cover, extent))
    if motion == "GLOW":
        many = (cover > 24).mean() < 0.02 * _filled(extent, cover)
        return Twinkle(extent, time, seed, part) if many else Glow(time, seed, part)
    return Movement()


def _filled(extent: Extent, cover: Array) -> float:
    """Share of the canvas that the extent's rectangle takes."""
    return (extent.right - extent.left) * (extent.bottom - extent.top) / cover.size


def _feet(cover: Array, extent: Extent) -> Array:
    """Where each column stands: its lowest covered row, evened out over the width of a tree."""
    import cv2
    import numpy as np

    solid = cover > 128
    lowest = len(cover) - np.argmax(solid[::-1], axis=0)
    feet = np.where(solid.any(axis=0), lowest, extent.bottom).astype(np.float32)
    # The lowest around: a crown reaches out over the ground that its own trunk stands on.
    around = max(3, int(extent.unit / 6)) | 1
    spread = cv2.dilate(feet[None, :], np.ones((1, around), np.uint8))
    return np.asarray(cv2.blur(spread, (around, 1))[0], dtype=np.float32)
