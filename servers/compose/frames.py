"""The film's frames, drawn one by one as planar I420. Runs in a worker process.

Every frame depends on its number alone, so pieces of the film can be drawn apart, by any number of
processes, and join without a seam.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from servers.chassis.media import camera
from servers.chassis.worker_main import Refused
from servers.compose.clips import Clip, ClipSource, Row
from servers.compose.fitting import inside
from servers.compose.layers import Inset, Logo, planes
from servers.compose.timeline import Change, Timeline

_KEPT_PICTURES = 4
_BLUR_SHARE = 0.02
_pictures: OrderedDict[tuple[Any, ...], camera.YUVPicture] = OrderedDict()
"""Pictures that were decoded last: the next piece of the film often begins with one of them."""


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
    field: str
    kind: str
    """One of servers.chassis.media.camera.KINDS."""
    amount: float
    seed: int
    fit: str
    background: str
    frames: int
    """How many frames it is seen for."""
    width: int
    height: int


class StillSource:
    """Films a still picture."""

    def __init__(self, still: Still) -> None:
        self._still = still
        self._picture = _open(still)
        self._start, self._end = camera.path(still.kind, still.amount, still.seed)

    def draw(self, number: int, into: Row) -> None:
        """Warps the view of one frame out of the picture."""
        share = number / max(1, self._still.frames - 1)
        self._picture.planes(camera.view_at(self._start, self._end, share), into)

    def close(self) -> None:
        """The picture stays in the cache."""


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


class Drawing:
    """Draws a film. Sources are opened when they are first seen and closed when they are not any more."""

    def __init__(
        self, timeline: Timeline, size: tuple[int, int], shots: Mapping[int, Still | ClipSource | str]
    ) -> None:
        """Prepares to draw.

        Args:
            timeline: the film.
            size: width and height of the frame.
            shots: what each shot shows: a picture, a clip, or a colour.
        """
        self._timeline = timeline
        self._size = size
        self._shots = shots
        self._open: dict[int, Source] = {}

    def frames(self, first: int, end: int, layers: Sequence[Logo | Inset]) -> Generator[Row, None, None]:
        """The frames from `first` up to `end`. Each is valid until the next is asked for.

        Raises:
            Refused: a picture or clip can not be decoded.
        """
        width, height = self._size
        row, other = (np.empty(width * height * 3 // 2, dtype=np.uint8) for _ in range(2))
        black = solid(width, height, "#000000")
        try:
            for number, blend in enumerate(self._timeline.blends(first, end), start=first):
                self._close_before(blend.shot)
                self._draw(blend.shot, number, row)
                if blend.into is not None:
                    self._change(blend.into, number, blend.share, row, other, black)
                for layer in layers:
                    layer.draw(planes(row, width, height), number)
                yield row
        finally:
            self._close_before(len(self._timeline.shots))

    def _change(self, into: int, number: int, share: float, row: Row, other: Row, black: Row) -> None:
        if self._timeline.shots[into].change is Change.FADE_BLACK:
            if share >= 0.5:
                self._draw(into, number, row)
            light = abs(2.0 * share - 1.0)
            cv2.addWeighted(row, light, black, 1.0 - light, 0.0, dst=row)
        else:
            self._draw(into, number, other)
            cv2.addWeighted(row, 1.0 - share, other, share, 0.0, dst=row)

    def _draw(self, shot: int, number: int, into: Row) -> None:
        if shot not in self._open:
            self._open[shot] = self._source(self._shots[shot])
        self._open[shot].draw(number - self._timeline.shots[shot].shown_from, into)

    def _source(self, what: Still | ClipSource | str) -> Source:
        if isinstance(what, Still):
            return StillSource(what)
        return ClipFrames(what) if isinstance(what, ClipSource) else Plain(*self._size, what)

    def _close_before(self, shot: int) -> None:
        for index in [index for index in self._open if index < shot]:
            self._open.pop(index).close()


def solid(width: int, height: int, color: str) -> Row:
    """A frame of one colour, "#RRGGBB"."""
    rgb = np.full((2, 2, 3), [int(color[at : at + 2], 16) for at in (1, 3, 5)], dtype=np.uint8)
    tiny = camera.YUVPicture(rgb, (2, 2)).planes(camera.View())
    luma = width * height
    row = np.empty(luma * 3 // 2, dtype=np.uint8)
    row[:luma], row[luma : luma * 5 // 4], row[luma * 5 // 4 :] = tiny[0], tiny[4], tiny[5]
    return row


def _open(still: Still) -> camera.YUVPicture:
    key: tuple[Any, ...] = (still.path, still.fit, still.background, still.amount, still.width, still.height)
    if still.fit != "cover":
        key = (*key, still.kind, still.seed)
    if key in _pictures:
        _pictures.move_to_end(key)
        return _pictures[key]
    try:
        rgb = camera.decode(still.path)
    except camera.PictureRefused as error:
        raise Refused(still.field, str(error)) from error
    if still.fit != "cover":
        rgb = _framed(rgb, still)
    size = (still.width, still.height)
    _pictures[key] = camera.YUVPicture(rgb, size, closest=1.0 + still.amount)
    while len(_pictures) > _KEPT_PICTURES:
        _pictures.popitem(last=False)
    return _pictures[key]


def _framed(rgb: Row, still: Still) -> Row:
    """The whole picture on a ground that the camera moves over; it is whole in every view.

    The ground is as much larger than the frame as the camera comes closer; the picture fills what the first
    and the last view have in common around the middle, and what they share the views between them share.
    """
    views = camera.path(still.kind, still.amount, still.seed)
    near = max(view.scale for view in views)
    width, height = round(still.width * near), round(still.height * near)
    share_x = min(1.0 / view.scale - 2.0 * abs(view.cx - 0.5) for view in views)
    share_y = min(1.0 / view.scale - 2.0 * abs(view.cy - 0.5) for view in views)
    room = (max(2, int(width * share_x)), max(2, int(height * share_y)))
    left, top, shown_width, shown_height = inside(rgb.shape[1], rgb.shape[0], *room)
    left, top = left + (width - room[0]) // 2, top + (height - room[1]) // 2
    if still.fit == "blur_fill":
        ground = _blurred(rgb, width, height)
    else:
        color = [int(still.background[at : at + 2], 16) for at in (1, 3, 5)]
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
