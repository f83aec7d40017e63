"""The stage: sheets seen by a camera at a time, composed into planar frames.

A frame is composed by bands of rows that stay in the processor's cache. In each band the nearest sheet that
covers it wholly is drawn as it is, and only what stands before it is laid over: what can not be seen costs
nothing. What does not move at all is composed once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from servers.chassis.media import camera
from servers.video.movement import UNCHANGED, Field, sampled
from servers.video.sheets import Sheet
from servers.video.shot import Shot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

_BAND = 96
"""Rows composed at a time."""
_CELL = 12
"""Pixels between the places at which a field of movement is computed; smooth ones need no more."""


class Stage:
    """The sheets of one clip, the farthest first. Single-threaded: it writes to buffers of its own."""

    def __init__(
        self, sheets: list[Sheet], canvas_size: tuple[int, int], frame_size: tuple[int, int], shot: Shot
    ) -> None:
        """Sets the stage.

        Args:
            sheets: the first is opaque and covers the whole canvas.
            canvas_size: width and height of the canvas that they lie on.
            frame_size: width and height of the frames, both even.
            shot: the camera's move.
        """
        import numpy as np

        self.frame_size = frame_size
        self._actors = [_Actor(sheet, canvas_size, frame_size, shot) for sheet in sheets]
        width, height = frame_size
        self._pixels: Array = np.empty((height, width, 4), np.uint8)
        resting = [actor.rests for actor in self._actors]
        self._resting = resting.index(False) if False in resting else len(resting)
        self._ground: Array | None = None
        if self._resting:
            for actor in self._actors[: self._resting]:
                actor.aim(0.0)
            self._compose(self._actors[: self._resting])
            self._ground = self._pixels.copy()

    def planes(self, t: float, into: Array | None = None) -> Array:
        """The frame at time t, 0 to 1 of the clip, as one row of planar I420.

        `into` is such a row to write to instead of a new one.
        """
        actors = self._actors[self._resting :]
        for actor in actors:
            actor.aim(t)
        self._compose(actors, self._ground)
        return self._planar(into)

    def _compose(self, actors: list[_Actor], ground: Array | None = None) -> None:
        height = self.frame_size[1]
        for top in range(0, height, _BAND):
            bottom = min(top + _BAND, height)
            band = self._pixels[top:bottom]
            first = next(
                (index for index in reversed(range(len(actors))) if actors[index].covers(top, bottom)), None
            )
            if first is None and ground is not None:
                band[:] = ground[top:bottom]
            elif first is None:
                first = 0
            for index in range(first or 0, len(actors)):
                actors[index].draw(self._pixels, top, bottom, whole=index == first)

    def _planar(self, into: Array | None) -> Array:
        import cv2
        import numpy as np

        width, height = self.frame_size
        row: Array = np.empty(width * height * 3 // 2, dtype=np.uint8) if into is None else into
        cv2.extractChannel(self._pixels, 0, dst=row[: width * height].reshape(height, width))
        half = cv2.resize(self._pixels, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        for channel, plane in zip(
            (1, 2), row[width * height :].reshape(2, height // 2, width // 2), strict=True
        ):
            cv2.extractChannel(half, channel, dst=plane)
        return row


class _Actor:
    """One sheet on the stage, aimed at one time after another."""

    def __init__(
        self, sheet: Sheet, canvas_size: tuple[int, int], frame_size: tuple[int, int], shot: Shot
    ) -> None:
        import cv2
        import numpy as np

        self._sheet, self._canvas, self._frame, self._shot = sheet, canvas_size, frame_size, shot
        self._deep = not isinstance(sheet.nearness, (int, float))
        self._bends = self._deep or isinstance(sheet.movement, Field)
        still = shot.still or (sheet.nearness == 0.0 if not self._deep and shot.kind != "orbit" else False)
        self.rests = still and type(sheet.movement).__name__ == "Movement"
        cover = cv2.extractChannel(sheet.pixels, 3)
        seen = cover > 0
        width = cover.shape[1]
        any_seen = seen.any(axis=1)
        self._left = np.where(any_seen, seen.argmax(axis=1), width)
        self._right = np.where(any_seen, width - seen[:, ::-1].argmax(axis=1), 0)
        spans = sheet.left <= 0 and sheet.left + width * sheet.shrink >= canvas_size[0]
        opaque = (cover.min(axis=1) == 255) if spans else np.zeros(len(cover), bool)
        self._opaque = np.concatenate([[0], np.cumsum(opaque)])
        self._matrix: Array = np.eye(2, 3)
        self._gain = 1.0
        self._maps: tuple[Array, Array] | None = None
        self._gains: Array | None = None
        self._box = (0, 0, 0, 0)

    def aim(self, t: float) -> None:
        """Finds where the sheet is at time t."""
        import numpy as np

        sheet = self._sheet
        nearness = 1.0 if self._deep else float(sheet.nearness)
        self._gain = sheet.movement.gain(t)
        matrix = camera.matrix(self._shot.view(t, nearness), self._canvas, self._frame)
        xx, xy, x0, yx, yy, y0 = sheet.movement.affine(t)
        moved = np.array([[1.0 - xx, -xy, -x0], [-yx, 1.0 - yy, -y0]])
        matrix = moved @ np.vstack([matrix, [0.0, 0.0, 1.0]])
        self._matrix = self._to_sheet(matrix)
        self._box = self._bounds()
        if self._bends:
            self._bend(t)

    def _to_sheet(self, matrix: Array) -> Array:
        """From the canvas' pixels to the sheet's."""
        import numpy as np

        shrink = self._sheet.shrink
        placed = matrix / shrink
        # The middle of pixel i lies at i + 0.5, on the canvas and on the sheet.
        placed[:, 2] += (0.5 - np.array([self._sheet.left, self._sheet.top])) / shrink - 0.5
        return placed

    @property
    def _reach(self) -> float:
        """Pixels of the sheet by which its content may lie elsewhere than the matrix says."""
        reach = 1.0 + (self._sheet.movement.reach if self._bends else 0.0)
        return reach / self._sheet.shrink

    def _bounds(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of what it may touch of the frame, in pixels of the frame."""
        width, height = self._frame
        if self._deep:
            return 0, 0, width, height
        sheet_height, sheet_width = self._sheet.pixels.shape[:2]
        (a, b, x0), (c, d, y0) = self._matrix
        reach = self._reach
        # A lean or a tilt is small: its whole effect is added on both sides.
        lean, tilt = abs(b) * height, abs(c) * width
        left = (-reach - lean - x0) / a
        right = (sheet_width + reach + lean - x0) / a
        top = (-reach - tilt - y0) / d
        bottom = (sheet_height + reach + tilt - y0) / d
        return max(0, int(left)), max(0, int(top)), min(width, int(right) + 2), min(height, int(bottom) + 2)

    def _rows(self, top: int, bottom: int) -> tuple[float, float]:
        """The rows of the sheet that some rows of the frame may show."""
        (_, _, _), (c, d, y0) = self._matrix
        tilt = abs(c) * self._frame[0]
        return d * top + y0 - self._reach - tilt, d * (bottom - 1) + y0 + self._reach + tilt

    def covers(self, top: int, bottom: int) -> bool:
        """Whether nothing behind it can be seen in some rows of the frame."""
        if self._deep:
            return True
        if self._sheet.movement.fades or self._box[0] > 0 or self._box[2] < self._frame[0]:
            return False
        first, last = self._rows(top, bottom)
        if first < 0 or last > len(self._opaque) - 2:
            return False
        low, high = int(first), int(last) + 2
        return bool(self._opaque[min(high, len(self._opaque) - 1)] - self._opaque[low] == high - low)

    def _columns(self, top: int, bottom: int) -> tuple[int, int]:
        """The columns of the frame that it may touch in some of its rows."""
        left, _, right, _ = self._box
        if self._deep:
            return left, right
        first, last = self._rows(top, bottom)
        low, high = max(0, int(first)), max(0, int(last) + 2)
        if not len(self._left[low:high]):
            return 0, 0
        (a, b, x0), _ = self._matrix
        reach = self._reach + abs(b) * self._frame[1]
        begin = int((float(self._left[low:high].min()) - reach - x0) / a)
        end = int((float(self._right[low:high].max()) + reach - x0) / a) + 2
        return max(left, begin), min(right, end)

    def draw(self, onto: Array, top: int, bottom: int, *, whole: bool) -> None:
        """Draws it into some rows of a frame; `whole`: it covers them, nothing need be behind it."""
        import cv2

        top, bottom = max(top, self._box[1]), min(bottom, self._box[3])
        if top >= bottom:
            return
        left, right = self._columns(top, bottom)
        if left >= right:
            return
        target = onto[top:bottom, left:right]
        if whole:
            self._patch(left, top, right, bottom, into=target)
            return
        patch = self._patch(left, top, right, bottom)
        behind = cv2.bitwise_not(cv2.extractChannel(patch, 3))
        cv2.multiply(target, cv2.merge([behind] * 4), dst=target, scale=1 / 255)
        cv2.add(target, patch, dst=target)

    def _patch(self, left: int, top: int, right: int, bottom: int, into: Array | None = None) -> Array:
        """Its pixels in a rectangle of the frame, written to `into` where that is given."""
        import cv2
        import numpy as np

        if self._maps is not None:
            x, y = self._box[0], self._box[1]
            window = slice(top - y, bottom - y), slice(left - x, right - x)
            columns, rows = (places[window] for places in self._maps)
            patch: Any = cv2.remap(self._sheet.pixels, columns, rows, cv2.INTER_LINEAR, dst=into)
            if self._gains is not None:
                patch = cv2.multiply(patch, self._gains[window], dst=patch, scale=1 / UNCHANGED)
        else:
            matrix = self._matrix.copy()
            matrix[:, 2] += matrix[:, :2] @ (left, top)
            size = (right - left, bottom - top)
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            patch = cv2.warpAffine(self._sheet.pixels, matrix, size, dst=into, flags=flags)
        if self._gain != 1.0:
            patch = cv2.convertScaleAbs(patch, dst=patch, alpha=self._gain)
        return np.asarray(patch)

    def _bend(self, t: float) -> None:
        """Computes where each pixel of the box comes from, on a coarse grid that is then filled in."""
        import numpy as np

        left, top, right, bottom = self._box
        if left >= right or top >= bottom:
            return
        # One cell more on each side, so that filling in never has to guess past the last place.
        across, down = -(-(right - left) // _CELL) + 2, -(-(bottom - top) // _CELL) + 2
        x = left + (np.arange(across, dtype=np.float64) - 0.5) * _CELL - 0.5
        y = top + (np.arange(down, dtype=np.float64) - 0.5) * _CELL - 0.5
        canvas_x, canvas_y = self._places(*np.meshgrid(x, y), t)
        movement = self._sheet.movement
        gains = None
        if isinstance(movement, Field):
            dx, dy = movement.shift(canvas_x, canvas_y, t)
            gains = movement.gains(canvas_x, canvas_y, t)
            canvas_x, canvas_y = canvas_x - dx, canvas_y - dy
        shrink = self._sheet.shrink
        columns = (canvas_x - self._sheet.left + 0.5) / shrink - 0.5
        rows = (canvas_y - self._sheet.top + 0.5) / shrink - 0.5
        self._maps = self._filled(columns.astype(np.float32)), self._filled(rows.astype(np.float32))
        self._gains = None if gains is None else self._filled(gains)

    def _filled(self, grid: Any) -> Any:
        import cv2

        left, top, right, bottom = self._box
        size = (grid.shape[1] * _CELL, grid.shape[0] * _CELL)
        full = cv2.resize(grid, size, interpolation=cv2.INTER_LINEAR)
        return full[_CELL : _CELL + bottom - top, _CELL : _CELL + right - left]

    def _places(self, x: Any, y: Any, t: float) -> tuple[Any, Any]:
        """Places of the canvas that places of the frame show."""
        import numpy as np

        if not self._deep:
            matrix = camera.matrix(
                self._shot.view(t, float(self._sheet.nearness)),
                self._canvas,
                self._frame,
            )
            return matrix[0, 0] * x + matrix[0, 2], matrix[1, 1] * y + matrix[1, 2]
        field: Any = self._sheet.nearness
        far, near = (
            camera.matrix(self._shot.view(t, nearness), self._canvas, self._frame) for nearness in (0.0, 1.0)
        )
        share: Any = 0.5
        # What is seen somewhere depends on how near it is, which depends on what is seen: it settles soon.
        for _ in range(3):
            mixed = [[far[i, j] + (near[i, j] - far[i, j]) * share for j in range(3)] for i in range(2)]
            canvas_x, canvas_y = mixed[0][0] * x + mixed[0][2], mixed[1][1] * y + mixed[1][2]
            share = sampled(field, canvas_x / self._canvas[0], canvas_y / self._canvas[1])
        return np.asarray(canvas_x), np.asarray(canvas_y)
