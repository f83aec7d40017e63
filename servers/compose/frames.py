"""The frames of a piece of the film, drawn one by one as planar I420. Runs in a worker process.

Every frame depends on its number within its scene alone, so pieces of the film can be drawn apart, by any
number of processes, and join without a seam.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from servers.chassis.media import camera
from servers.chassis.worker_main import Refused
from servers.compose.clips import Clip, ClipSource, Row
from servers.compose.fitting import cover_window, inside
from servers.compose.layers import Layer, planes
from servers.compose.transitions import DRAWN, THROUGH, Look, Moment, through

_BLUR_SHARE = 0.02


class Source(Protocol):
    """What a shot shows."""

    def draw(self, number: int, into: Row) -> None:
        """Draws the frame `number` frames after the shot is first seen."""

    def close(self) -> None:
        """Frees what it holds."""


@dataclass(frozen=True)
class Still:
    """A picture and how the camera moves over it."""

    path: Path
    """What `prepare_picture` wrote."""
    size: tuple[int, int]
    """What `prepare_picture` returned."""
    kind: str
    """One of servers.chassis.media.camera.KINDS."""
    amount: float
    seed: int
    frames: int
    """How many frames it is seen for."""
    easing: str = "soft"
    """One of servers.chassis.media.camera.EASINGS."""
    focus: tuple[float, float] | None = None
    """What a zoom aims at, see servers.chassis.media.camera.path."""


class StillSource:
    """Films a still picture."""

    def __init__(self, still: Still, size: tuple[int, int]) -> None:
        self._frames = still.frames
        self._picture = camera.YUVPicture.load(still.path, still.size, size)
        self._start, self._end = camera.path(still.kind, still.amount, still.seed, still.focus)
        self._easing = still.easing

    def draw(self, number: int, into: Row) -> None:
        """Draws the view of one frame out of the picture."""
        share = number / max(1, self._frames - 1)
        self._picture.planes(camera.view_at(self._start, self._end, share, self._easing), into)

    def close(self) -> None:
        """The mapped file goes with the last view of it."""


class ClipFrames:
    """Plays a clip."""

    def __init__(self, source: ClipSource) -> None:
        self._clip = Clip(source)

    def draw(self, number: int, into: Row) -> None:
        """Copies one frame of the clip."""
        into[:] = self._clip.frame(number)

    def close(self) -> None:
        """Ends the decoder."""
        self._clip.close()


class Plain:
    """A frame of one colour."""

    def __init__(self, width: int, height: int, color: str) -> None:
        self._row = solid(width, height, color)

    def draw(self, number: int, into: Row) -> None:
        """The same for every number."""
        into[:] = self._row

    def close(self) -> None:
        """Nothing to end."""


@dataclass(frozen=True)
class Seen:
    """A shot in a piece of the film."""

    what: Still | ClipSource | str
    """A picture, a clip, or a colour."""
    since: int
    """For how many frames it has been seen before the piece begins."""


class Drawing:
    """Draws a piece of the film: one shot, or the change of one into another. Close it at the end."""

    def __init__(
        self, size: tuple[int, int], shots: Sequence[Seen], change: Mapping[str, Any] | None, frames: int
    ) -> None:
        """Prepares to draw.

        Args:
            size: width and height of the frame.
            shots: what is seen: one shot, or the two of a change.
            change: how the first becomes the second: its "kind", and what `transitions.Look` has.
            frames: length of the piece; a change lasts as long as the piece.
        """
        self._size = size
        self._shots = shots
        self._change = change
        self._frames = frames
        self._sources: list[Source] = []

    def frames(self, layers: Sequence[Layer], first: int = 0) -> Generator[Row, None, None]:
        """The frames from `first` on. Each is valid until the next is asked for.

        Raises:
            Refused: a picture or clip can not be decoded.
        """
        width, height = self._size
        row, other = (np.empty(width * height * 3 // 2, dtype=np.uint8) for _ in range(2))
        try:
            self._sources += [self._source(shot.what) for shot in self._shots]
            for number in range(first, self._frames):
                if self._change is None:
                    self._draw(0, number, row)
                else:
                    self._draw_change((number + 0.5) / self._frames, number, row, other)
                for layer in layers:
                    layer.draw(planes(row, width, height), number)
                yield row
        finally:
            for source in self._sources:
                source.close()

    def _draw_change(self, share: float, number: int, row: Row, other: Row) -> None:
        assert self._change is not None
        kind = self._change["kind"]
        look = Look(**{name: value for name, value in self._change.items() if name != "kind"})
        if kind in THROUGH:
            self._draw(1 if share >= 0.5 else 0, number, row)
            through(row, solid(*self._size, look.color), share)
        else:
            self._draw(0, number, row)
            self._draw(1, number, other)
            DRAWN[kind](Moment(row, other, share, self._size, look))

    def _draw(self, shot: int, number: int, into: Row) -> None:
        self._sources[shot].draw(number + self._shots[shot].since, into)

    def _source(self, what: Still | ClipSource | str) -> Source:
        if isinstance(what, Still):
            return StillSource(what, self._size)
        return ClipFrames(what) if isinstance(what, ClipSource) else Plain(*self._size, what)


def solid(width: int, height: int, color: str) -> Row:
    """A frame of one colour, "#RRGGBB"."""
    rgb = np.full((2, 2, 3), [int(color[at : at + 2], 16) for at in (1, 3, 5)], dtype=np.uint8)
    tiny = camera.YUVPicture(rgb, (2, 2)).planes(camera.View())
    luma = width * height
    row = np.empty(luma * 3 // 2, dtype=np.uint8)
    row[:luma], row[luma : luma * 5 // 4], row[luma * 5 // 4 :] = tiny[0], tiny[4], tiny[5]
    return row


def prepare_picture(picture: Mapping[str, Any], out: Path) -> tuple[int, int]:
    """Decodes a picture, brings it to the size that it is filmed at and writes it as YUV: done once for it.

    Args:
        picture: "path", "field", "fit", "background", "closest", "kind", "amount" and "seed" of the
            camera's move, "focus" where there is one, "width" and "height" of the frame.
        out: the file to write, see `camera.YUVPicture.save`.

    Returns:
        Width and height of what was written.

    Raises:
        Refused: it can not be decoded.
    """
    try:
        rgb = camera.decode(Path(picture["path"]))
    except camera.PictureRefused as error:
        raise Refused(picture["field"], str(error)) from error
    size = (picture["width"], picture["height"])
    if picture["fit"] != "cover":
        rgb = _framed(rgb, picture, size)
    elif focus := picture.get("focus"):
        rgb = _around(rgb, (focus[0], focus[1]), size)
    made = camera.YUVPicture(rgb, size, closest=1.0 + picture["amount"])
    made.save(out)
    return made.size


def _around(rgb: Row, focus: tuple[float, float], size: tuple[int, int]) -> Row:
    """The part of a picture around a point that fills the frame."""
    height, width = rgb.shape[:2]
    left, top, wide, high = cover_window(focus, (width, height), size)
    begin_x, begin_y = round(left * width), round(top * height)
    return rgb[begin_y : begin_y + round(high * height), begin_x : begin_x + round(wide * width)]


def _framed(rgb: Row, picture: Mapping[str, Any], size: tuple[int, int]) -> Row:
    """The whole picture on a ground that the camera moves over; it is whole in every view.

    The ground is as much larger than the frame as the camera comes closer; the picture fills what the first
    and the last view have in common around the middle, and what they share the views between them share.
    """
    views = camera.path(picture["kind"], picture["amount"], picture["seed"])
    near = max(view.scale for view in views)
    width, height = round(size[0] * near), round(size[1] * near)
    share_x = min(1.0 / view.scale - 2.0 * abs(view.cx - 0.5) for view in views)
    share_y = min(1.0 / view.scale - 2.0 * abs(view.cy - 0.5) for view in views)
    room = (max(2, int(width * share_x)), max(2, int(height * share_y)))
    left, top, shown_width, shown_height = inside(rgb.shape[1], rgb.shape[0], *room)
    left, top = left + (width - room[0]) // 2, top + (height - room[1]) // 2
    if picture["fit"] == "blur_fill":
        ground = _blurred(rgb, width, height)
    else:
        color = [int(picture["background"][at : at + 2], 16) for at in (1, 3, 5)]
        ground = np.full((height, width, 3), color, dtype=np.uint8)
    how = cv2.INTER_AREA if shown_width < rgb.shape[1] else cv2.INTER_CUBIC
    shown = cv2.resize(np.ascontiguousarray(rgb), (shown_width, shown_height), interpolation=how)
    ground[top : top + shown_height, left : left + shown_width] = shown
    return ground


def _blurred(rgb: Row, width: int, height: int) -> Row:
    """A blurred copy that fills the ground. Blurred small: it is cheaper and looks the same."""
    small = (max(2, width // 8), max(2, height // 8))
    scale = max(small[0] / rgb.shape[1], small[1] / rgb.shape[0])
    size = (max(small[0], round(rgb.shape[1] * scale)), max(small[1], round(rgb.shape[0] * scale)))
    shrunk = cv2.resize(np.ascontiguousarray(rgb), size, interpolation=cv2.INTER_AREA)
    left, top = (size[0] - small[0]) // 2, (size[1] - small[1]) // 2
    cut = shrunk[top : top + small[1], left : left + small[0]]
    soft = cv2.GaussianBlur(cut, (0, 0), max(1.0, _BLUR_SHARE * 8 * min(small)))
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
