"""How one picture becomes the next, frame by frame, on planar I420. Runs in a worker process.

Everything depends on the share alone: how far one picture has become the other. What moves is placed by
fractions of a pixel, and starts and stops softly; edges are soft, so that nothing jumps from pixel to pixel.
Masks are made for the luma plane and halved for the chroma planes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from servers.compose.clips import Row
from servers.compose.layers import planes

Mask = NDArray[np.float32]
"""Share of the later picture, 0 to 1, for each pixel of a plane."""

_SOFT_EDGE = 0.12
"""Width of a wiping edge as a share of the way it goes."""
_CLOSER = 0.7
"""How much closer a zoom goes."""
_MOST_BLUR = 0.05
"""Largest radius of a blur as a share of the frame's shorter side."""
_CLOUD_SOFTNESS = 0.25
_RIM = 1.5
"""Width of a circle's edge in pixels."""
_WAYS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


@dataclass(frozen=True)
class Look:
    """How a transition looks, beside its kind. Crosses to the worker processes as JSON."""

    direction: str = "left"
    """Where to, for those that move: "left", "right", "up" or "down"."""
    color: str = "#000000"
    """What is gone through, "#RRGGBB"."""
    seed: int = 0
    """Draws the clouds of a dissolve."""


@dataclass(frozen=True)
class Moment:
    """One frame of a transition."""

    before: Row
    """The picture before; the result is written here."""
    after: Row
    """The picture after. Not to be kept: it may be overwritten."""
    share: float
    """How far it is, 0 to 1."""
    size: tuple[int, int]
    """Width and height in pixels, both even."""
    look: Look


def crossfade(moment: Moment) -> None:
    """Mixes the pictures by the share."""
    cv2.addWeighted(moment.before, 1.0 - moment.share, moment.after, moment.share, 0.0, dst=moment.before)


def through(shown: Row, ground: Row, share: float) -> None:
    """Fades the picture that is shown, in place, into a plain frame or out of it."""
    light = abs(2.0 * share - 1.0)
    cv2.addWeighted(shown, light, ground, 1.0 - light, 0.0, dst=shown)


def slide(moment: Moment) -> None:
    """The later picture moves over the one before."""
    _moved(moment, pushed=False)


def push(moment: Moment) -> None:
    """The later picture moves in, and the one before out."""
    _moved(moment, pushed=True)


def wipe(moment: Moment) -> None:
    """A soft edge moves over the frame."""
    step_x, step_y = _WAYS[moment.look.direction]
    for before, after, (width, height) in _planes(moment):
        length = width if step_x else height
        place = (np.arange(length, dtype=np.float32) + 0.5) / length
        if step_x < 0 or step_y < 0:
            place = 1.0 - place
        edge = moment.share * (1.0 + _SOFT_EDGE)
        line = _smooth((edge - place) / _SOFT_EDGE)
        mask = line[None, :] if step_x else line[:, None]
        _blend(before, after, np.broadcast_to(mask, (height, width)))


def circle(moment: Moment) -> None:
    """A circle opens from the middle."""
    for before, after, (width, height) in _planes(moment):
        reach = np.hypot(width, height) / 2
        radius = _eased(moment.share) * (reach + 2.0 * _RIM) - _RIM
        part = _middle(width, height, radius + _RIM)
        distance = _distance(width, height)[part]
        _blend(before[part], after[part], np.clip((radius - distance) / _RIM + 0.5, 0.0, 1.0))


def dissolve(moment: Moment) -> None:
    """The later picture comes up in clouds."""
    levels = np.linspace(0.0, 1.0, 256, dtype=np.float32)
    edge = moment.share * (1.0 + _CLOUD_SOFTNESS)
    table = _smooth((edge - levels) / _CLOUD_SOFTNESS)
    for before, after, (width, height) in _planes(moment):
        _blend(before, after, np.asarray(cv2.LUT(_clouds(width, height, moment.look.seed), table)))


def zoom(moment: Moment) -> None:
    """Closer into the picture before, faster and faster, and out of the later one, slower and slower."""
    share = moment.share
    nearer, farther = 1.0 + _CLOSER * share**2, 1.0 + _CLOSER * (1.0 - share) ** 2
    seen = float(_smooth((share - 0.2) / 0.6))
    for before, after, size in _planes(moment):
        near, far = _enlarged(before, nearer, size), _enlarged(after, farther, size)
        cv2.addWeighted(near, 1.0 - seen, far, seen, 0.0, dst=before)


def blur(moment: Moment) -> None:
    """Out of focus, over into the later picture, and back into focus."""
    depth = 1.0 - abs(2.0 * moment.share - 1.0)
    seen = float(_smooth((moment.share - 0.25) / 0.5))
    for before, after, size in _planes(moment):
        radius = _MOST_BLUR * min(size) * depth
        cv2.addWeighted(
            _blurred(before, radius) if seen < 1.0 else before,
            1.0 - seen,
            _blurred(after, radius) if seen > 0.0 else after,
            seen,
            0.0,
            dst=before,
        )


DRAWN: Mapping[str, Callable[[Moment], None]] = {
    "crossfade": crossfade,
    "slide": slide,
    "push": push,
    "wipe": wipe,
    "zoom": zoom,
    "dissolve": dissolve,
    "circle": circle,
    "blur": blur,
}
"""By kind, those that are made of both pictures."""


THROUGH = ("fade_black", "fade_white", "fade")
"""Those that show one picture at a time, see `through`."""


def _moved(moment: Moment, *, pushed: bool) -> None:
    step_x, step_y = _WAYS[moment.look.direction]
    axis, step = (1, step_x) if step_x else (0, step_y)
    share = _eased(moment.share)
    for before, after, size in _planes(moment):
        length = size[1 - axis]
        offset = -step * (1.0 - share) * length
        if pushed:
            before[...] = _shifted(before.copy(), offset + step * length, axis)
        _laid(before, after, offset, axis)


def _shifted(plane: Row, offset: float, axis: int) -> Row:
    """A plane moved along an axis by a fraction of pixels, linearly interpolated; its edges go on."""
    whole, share = int(np.floor(offset)), offset - np.floor(offset)
    wide = np.pad(plane, [(1, 1) if at == axis else (0, 0) for at in (0, 1)], mode="edge")
    length = plane.shape[axis]
    place = np.clip(np.arange(length) - whole, 0, length)
    near, far = (np.ascontiguousarray(np.take(wide, place + at, axis)) for at in (1, 0))
    return np.asarray(cv2.addWeighted(near, 1.0 - share, far, share, 0.0), dtype=np.uint8)


def _laid(under: Row, over: Row, offset: float, axis: int) -> None:
    """Lays a plane over another of its size, moved along an axis; a pixel it half covers is half its own."""
    length = under.shape[axis]
    first, end = max(0, int(np.floor(offset))), min(length, int(np.ceil(length + offset)))
    if first >= end:
        return
    part = np.s_[:, first:end] if axis else np.s_[first:end, :]
    moved = _shifted(over, offset, axis)[part]
    place = np.arange(first, end, dtype=np.float32)
    cover = np.clip(np.minimum(place + 1.0 - offset, length + offset - place), 0.0, 1.0)
    edges = {int(at) for at in (0, end - first - 1) if cover[at] < 1.0}
    mixed = {at: _mixed(under[part].take(at, axis), moved.take(at, axis), float(cover[at])) for at in edges}
    under[part] = moved
    for at, line in mixed.items():
        under[part][(slice(None), at) if axis else (at, slice(None))] = line


def _mixed(under: Any, over: Any, share: float) -> Row:
    return np.asarray(under * (1.0 - share) + over * share + 0.5, dtype=np.uint8)


def _middle(width: int, height: int, radius: float) -> tuple[slice, slice]:
    """Rows and columns of the square around a circle in the middle of a plane."""
    half = [
        (max(0, int(side / 2 - radius)), min(side, int(np.ceil(side / 2 + radius))))
        for side in (height, width)
    ]
    return slice(*half[0]), slice(*half[1])


def _enlarged(plane: Row, scale: float, size: tuple[int, int]) -> Row:
    """A plane enlarged about its middle."""
    step = 1.0 / scale
    rest = [0.5 * side * (1.0 - step) + 0.5 * step - 0.5 for side in size]
    return _warped(plane, np.array([[step, 0.0, rest[0]], [0.0, step, rest[1]]], dtype=np.float64), size)


def _warped(plane: Row, matrix: NDArray[np.float64], size: tuple[int, int]) -> Row:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(plane, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE))


def _blurred(plane: Row, radius: float) -> Row:
    """A plane out of focus. Large radii are made small: cheaper, and it looks the same."""
    if radius < 0.3:
        return plane
    shrink = 1
    while radius / shrink > 4.0 and min(plane.shape) // (2 * shrink) >= 16:
        shrink *= 2
    height, width = plane.shape
    small: Any = plane
    if shrink > 1:
        small = cv2.resize(plane, (width // shrink, height // shrink), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), radius / shrink)
    if shrink > 1:
        soft = cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(soft, dtype=np.uint8)


def _blend(before: Row, after: Row, share: Mask) -> None:
    """Mixes two planes in place by a mask; only the rows and columns where it does anything are touched."""
    if not share.size:
        return
    rows, columns = np.flatnonzero(share.max(axis=1)), np.flatnonzero(share.max(axis=0))
    if not len(rows):
        return
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    mask = np.ascontiguousarray(share[part], dtype=np.float32)
    # blendLinear divides by the sum of both weights.
    before[part] = cv2.blendLinear(
        np.ascontiguousarray(before[part]), np.ascontiguousarray(after[part]), 1.0 - mask, mask
    )


def _planes(moment: Moment) -> list[tuple[Row, Row, tuple[int, int]]]:
    """Each plane of the picture before and of the later one, with its width and height."""
    width, height = moment.size
    pairs = zip(planes(moment.before, width, height), planes(moment.after, width, height), strict=True)
    return [(before, after, (before.shape[1], before.shape[0])) for before, after in pairs]


def _eased(share: float) -> float:
    """Starts and stops softly (smootherstep)."""
    return share**3 * (share * (6.0 * share - 15.0) + 10.0)


def _smooth(value: Any) -> Mask:
    """0 below 0, 1 above 1, and soft between (smoothstep)."""
    held = np.clip(value, 0.0, 1.0)
    return np.asarray(held * held * (3.0 - 2.0 * held), dtype=np.float32)


@functools.lru_cache(maxsize=4)
def _distance(width: int, height: int) -> Mask:
    """Of each pixel from the middle, in pixels."""
    x = np.arange(width, dtype=np.float32) + 0.5 - width / 2
    y = np.arange(height, dtype=np.float32) + 0.5 - height / 2
    return np.asarray(np.hypot(x[None, :], y[:, None]), dtype=np.float32)


@functools.lru_cache(maxsize=4)
def _clouds(width: int, height: int, seed: int) -> Row:
    """Soft noise from 0 to 255, each value as often as any other; alike at every size."""
    random = np.random.default_rng(seed)
    grain = np.zeros((height, width), dtype=np.float32)
    for octave in range(4):
        cells = [4 * 2**octave * side // max(width, height) + 2 for side in (height, width)]
        coarse = random.random(cells, dtype=np.float32)
        grain += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) / 2**octave
    # Ranks make the values even, so that the picture comes up at a steady pace.
    levels = np.quantile(grain, np.linspace(0.0, 1.0, 257))
    return np.interp(grain, levels, np.linspace(0.0, 255.0, 257)).astype(np.uint8)
