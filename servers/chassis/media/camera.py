"""A camera that moves over a still picture by fractions of a pixel.

The maths (`View`, `path`, `view_at`, `matrix`) is plain Python, so that a server may plan with it; numpy,
OpenCV and Pillow are imported only where pixels are touched, which happens in worker processes.

A picture is cover-fitted: its largest centred part that has the frame's proportions is what a view of
scale 1 shows. Rounding a moving crop to whole pixels shakes, so every frame is resampled out of the picture
with linear interpolation. The three planes of a YUV picture are resampled each by itself: a quarter less work
than RGB, and no colour conversion for each frame.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

MOST_PIXELS = 64_000_000
"""Largest picture that is decoded: about 200 MB as RGB."""

FORMATS = ("PNG", "JPEG", "WEBP")
"""Formats of pictures that are decoded, by Pillow's names."""

KINDS = ("still", "zoom_in", "zoom_out", "pan_left", "pan_right", "rise", "sink")
"""Moves that `path` knows."""

EASINGS: dict[str, Callable[[float], float]] = {
    "soft": lambda t: t * t * (3.0 - 2.0 * t),
    "linear": lambda t: t,
    "in": lambda t: t * t,
    "out": lambda t: t * (2.0 - t),
}
"""How the speed of a move changes: its share at a time, both 0 to 1."""

# Linear interpolation softens by up to half a pixel, and by how much changes as the picture slides. Out of a
# picture a third larger than the frame the softness stays below what can be seen; out of a much larger one
# the warp would skip pixels, which flickers.
OVERSAMPLE = 1.35
"""Pixels of a prepared picture for each of the frame, at least."""

BT709_FROM_RGB = (
    (0.2126 * 219 / 255, 0.7152 * 219 / 255, 0.0722 * 219 / 255, 16.0),
    (-0.2126 / 1.8556 * 224 / 255, -0.7152 / 1.8556 * 224 / 255, 0.5 * 224 / 255, 128.0),
    (0.5 * 224 / 255, -0.7152 / 1.5748 * 224 / 255, -0.0722 / 1.5748 * 224 / 255, 128.0),
)
"""Rows for Y, Cb and Cr: factors of 8-bit R, G and B, and an offset. ITU-R BT.709-6 for limited range."""


class PictureRefused(ValueError):
    """A picture that is not decoded; the message is the rule that it breaks."""


@dataclasses.dataclass(frozen=True)
class View:
    """What the camera sees: a window of the cover-fitted picture."""

    cx: float = 0.5
    """Centre of the window, 0 (left) to 1 (right) of the cover-fitted picture."""
    cy: float = 0.5
    """Centre of the window, 0 (top) to 1 (bottom) of the cover-fitted picture."""
    scale: float = 1.0
    """Magnification, 1 (the whole cover-fitted picture) or more."""


def path(
    kind: str, amount: float = 0.12, seed: int = 0, focus: tuple[float, float] | None = None
) -> tuple[View, View]:
    """First and last view of one move.

    Args:
        kind: one of `KINDS`. The words name what the camera does: on "pan_left" it turns left, so the
            picture slides right; on "rise" it goes up.
        amount: how far, as a fraction of the frame, 0 (nothing) to 1.
        seed: draws where a zoom aims and how a pan tilts, so that two scenes do not move alike.
        focus: what a zoom aims at instead, as places from 0 to 1 in the cover-fitted picture.

    Raises:
        ValueError: there is no such kind.
    """
    amount = min(max(amount, 0.0), 1.0)
    draw = random.Random(f"camera {seed}")
    near = 1.0 + amount
    room = 0.5 - 0.5 / near  # how far the centre can leave the middle at this scale
    aside, tilt = draw.uniform(-0.6, 0.6) * room, draw.uniform(-0.25, 0.25) * room
    wide = View()
    close = View(0.5 + aside, 0.5 + tilt - 0.3 * room, near)
    if focus is not None:
        # As near to the middle as the picture's edges allow.
        x, y = (min(max(place, 0.5 - room), 0.5 + room) for place in focus)
        close = View(x, y, near)
    moves = {
        "still": (wide, wide),
        "zoom_in": (wide, close),
        "zoom_out": (close, wide),
        "pan_left": (View(0.5 + room, 0.5 + tilt, near), View(0.5 - room, 0.5 - tilt, near)),
        "pan_right": (View(0.5 - room, 0.5 + tilt, near), View(0.5 + room, 0.5 - tilt, near)),
        "rise": (View(0.5 - tilt, 0.5 + room, near), View(0.5 + tilt, 0.5 - room, near)),
        "sink": (View(0.5 - tilt, 0.5 - room, near), View(0.5 + tilt, 0.5 + room, near)),
    }
    if kind not in moves:
        raise ValueError(f"no camera move is called {kind!r}; there are {', '.join(KINDS)}")
    return moves[kind]


def view_at(start: View, end: View, t: float, easing: str = "soft") -> View:
    """The view at time `t`, 0 (start) to 1 (end).

    Args:
        start: the first view.
        end: the last view.
        t: the time.
        easing: one of `EASINGS`: "soft" starts and stops softly, "in" starts slowly, "out" stops slowly.

    Raises:
        KeyError: there is no such easing.
    """
    return _between(start, end, EASINGS[easing](min(max(t, 0.0), 1.0)))


def loop_at(start: View, end: View, t: float) -> View:
    """The view at time `t` of a move that goes to `end` and comes back: t = 1 is t = 0 again."""
    return _between(start, end, 0.5 - 0.5 * math.cos(2.0 * math.pi * t))


def _between(start: View, end: View, share: float) -> View:
    """Mixes by window edges (1 / scale, not scale): a point that both views hold at one place stays there."""
    window = (1.0 - share) / start.scale + share / end.scale
    return View(
        start.cx + (end.cx - start.cx) * share,
        start.cy + (end.cy - start.cy) * share,
        1.0 / window,
    )


def window(view: View, source_size: tuple[int, int], frame_size: tuple[int, int]) -> tuple[float, ...]:
    """Left, top, width and height of what a view shows, in pixels of the source; always inside of it."""
    source_width, source_height = source_size
    frame_width, frame_height = frame_size
    cover = min(source_width / frame_width, source_height / frame_height)  # source pixels for one frame pixel
    fitted_width, fitted_height = frame_width * cover, frame_height * cover
    scale = max(view.scale, 1.0)
    width, height = fitted_width / scale, fitted_height / scale
    left = (source_width - fitted_width) / 2 + view.cx * fitted_width - width / 2
    top = (source_height - fitted_height) / 2 + view.cy * fitted_height - height / 2
    return (
        min(max(left, 0.0), source_width - width),
        min(max(top, 0.0), source_height - height),
        width,
        height,
    )


def matrix(
    view: View, source_size: tuple[int, int], frame_size: tuple[int, int], plane_scale: float = 1.0
) -> NDArray[np.float64]:
    """The 2x3 matrix from a pixel of the frame to its place in the source, for cv2.WARP_INVERSE_MAP.

    Args:
        view: what is to be seen.
        source_size: width and height of the source's full-size plane.
        frame_size: width and height of the frame's full-size plane.
        plane_scale: size of this plane by the full one, e.g. 0.5 for 4:2:0 chroma.
    """
    import numpy as np

    left, top, width, height = window(view, source_size, frame_size)
    step_x, step_y = width / frame_size[0], height / frame_size[1]
    # The middle of pixel i lies at i + 0.5; OpenCV counts from the middle of pixel 0.
    return np.array(
        [
            [step_x, 0.0, left * plane_scale + 0.5 * step_x - 0.5],
            [0.0, step_y, top * plane_scale + 0.5 * step_y - 0.5],
        ],
        dtype=np.float64,
    )


def decode(picture: Path) -> Bytes:
    """Decodes a PNG, JPEG or WebP to 8-bit RGB, turned as its EXIF says; transparency lies on black.

    Call it in a worker process that is bounded in memory.

    Raises:
        PictureRefused: another format, a broken file, or more than `MOST_PIXELS`.
    """
    return _decoded(picture, _rgb)


def decode_with_cover(picture: Path) -> Bytes:
    """As `decode`, but keeps the transparency: height x width x 4 of 8-bit R, G, B and cover."""
    return _decoded(picture, _rgba)


def size(picture: Path) -> tuple[int, int]:
    """Width and height of a picture as its header states them; no pixel is decoded.

    Raises:
        PictureRefused: see `decode`.
    """
    with _opened(picture) as opened:
        return int(opened.width), int(opened.height)


def _decoded(picture: Path, convert: Callable[[Any], Any]) -> Bytes:
    import numpy as np
    from PIL import ImageOps

    with _opened(picture) as opened:
        opened.load()
        return np.asarray(convert(ImageOps.exif_transpose(opened)))


@contextlib.contextmanager
def _opened(picture: Path) -> Iterator[Any]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(picture, formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise PictureRefused(
                    f"a picture has at most {MOST_PIXELS // 1_000_000} megapixels, "
                    f"this one has {opened.width}x{opened.height}"
                )
            yield opened
    except Image.DecompressionBombError as error:  # so large that Pillow refuses before we do
        raise PictureRefused(f"a picture has at most {MOST_PIXELS // 1_000_000} megapixels") from error
    except UnidentifiedImageError as error:
        raise PictureRefused("a picture is a PNG, JPEG or WebP") from error
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, PictureRefused):
            raise
        raise PictureRefused("the picture is broken or cut off") from error


def _rgb(picture: Any) -> Any:
    """8-bit RGB of a Pillow image of any mode."""
    from PIL import Image

    picture = _of_eight_bits(picture)
    layered = picture.convert("RGBA") if picture.has_transparency_data else None
    if layered is not None and layered.getextrema()[3][0] < 255:
        ground = Image.new("RGBA", layered.size, (0, 0, 0, 255))
        return Image.alpha_composite(ground, layered).convert("RGB")
    return picture.convert("RGB")


def _rgba(picture: Any) -> Any:
    """8-bit RGBA of a Pillow image of any mode."""
    return _of_eight_bits(picture).convert("RGBA")


def _of_eight_bits(picture: Any) -> Any:
    if picture.mode.startswith("I"):  # 16 bits of grey: keep the upper eight
        return picture.point(lambda value: value / 256).convert("L")
    return picture


class YUVPicture:
    """A picture ready to be filmed: decoded and converted once, to planar 4:2:0 in BT.709 limited range."""

    def __init__(self, rgb: Bytes, frame_size: tuple[int, int], *, closest: float = 1.25) -> None:
        """Prepares a picture for frames of one size.

        Args:
            rgb: height x width x 3, 8 bits.
            frame_size: width and height of the frames, both even.
            closest: the largest scale it will be seen at.

        Raises:
            ValueError: the frame's sides are not even.
        """
        import cv2
        import numpy as np

        if frame_size[0] % 2 or frame_size[1] % 2:
            raise ValueError("a frame in 4:2:0 has even sides")
        self.frame_size = frame_size
        rgb = np.ascontiguousarray(fitted(rgb, frame_size, max(closest, OVERSAMPLE)))
        self.size = (rgb.shape[1], rgb.shape[0])
        luma, *chroma = np.array(BT709_FROM_RGB, dtype=np.float32)
        # Halved before it is converted: the same but for rounding, and a quarter of the work.
        half = cv2.resize(rgb, (self.size[0] // 2, self.size[1] // 2), interpolation=cv2.INTER_AREA)
        self._planes: tuple[Any, ...] = (
            cv2.transform(rgb, luma[None]).reshape(rgb.shape[:2]),
            *cv2.split(cv2.transform(half, np.array(chroma))),
        )

    @classmethod
    def open(cls, picture: Path, frame_size: tuple[int, int], *, closest: float = 1.25) -> YUVPicture:
        """Decodes a picture file (see `decode`) and prepares it.

        Raises:
            PictureRefused: see `decode`.
        """
        return cls(decode(picture), frame_size, closest=closest)

    def save(self, path: Path) -> None:
        """Writes the prepared picture, as planar I420 without a header, for `load` in another process."""
        with path.open("wb") as file:
            for plane in self._planes:
                file.write(plane.data)

    @classmethod
    def load(cls, path: Path, size: tuple[int, int], frame_size: tuple[int, int]) -> YUVPicture:
        """A picture that `save` wrote; `size` is its `size`. The file is mapped, so processes share it."""
        import numpy as np

        width, height = size
        row = np.memmap(path, dtype=np.uint8, mode="r", shape=(width * height * 3 // 2,))
        ends = (width * height, width * height * 5 // 4)
        picture = cls.__new__(cls)
        picture.frame_size, picture.size = frame_size, size
        picture._planes = (
            row[: ends[0]].reshape(height, width),
            row[ends[0] : ends[1]].reshape(height // 2, width // 2),
            row[ends[1] :].reshape(height // 2, width // 2),
        )
        return picture

    def planes(self, view: View, into: Bytes | None = None) -> Bytes:
        """The frame that a view shows, as one row of planar I420: width * height * 3 / 2 bytes.

        `into` is such a row to write to instead of a new one.
        """
        import numpy as np

        width, height = self.frame_size
        row: Bytes = np.empty(width * height * 3 // 2, dtype=np.uint8) if into is None else into
        end = 0
        for plane, room, shrink in zip(self._planes, self._rooms, (1, 2, 2), strict=True):
            plane_width, plane_height = width // shrink, height // shrink
            begin, end = end, end + plane_width * plane_height
            places = matrix(view, self.size, self.frame_size, 1.0 / shrink)
            _resample(plane, places, row[begin:end].reshape(plane_height, plane_width), room)
        return row

    @functools.cached_property
    def _rooms(self) -> tuple[Any, ...]:
        """Room for what is moved of each plane: megabytes that come and go with each frame would tear the
        memory to pieces."""
        import numpy as np

        return tuple(np.empty_like(plane, subok=False) for plane in self._planes)

    def frame(self, view: View) -> bytes:
        """The frame that a view shows, as planar I420: what ffmpeg's rawvideo yuv420p reads."""
        return self.planes(view).tobytes()


def _resample(plane: Bytes, places: NDArray[np.float64], into: Bytes, room: Bytes) -> None:
    """Draws the part of a plane that a matrix of `matrix` names, linearly interpolated; `room` is as large.

    An affine warp could do it at once, but takes half as long again: here the part is first moved by its
    fraction of a pixel and then resized by the exact factor, and OpenCV has both vectorised.
    """
    import cv2
    import numpy as np

    height, width = into.shape
    step_x, step_y = float(places[0, 0]), float(places[1, 1])
    part = (_span(width, step_x), _span(height, step_y))
    # Resizing looks at (i + 0.5) * step - 0.5 for pixel i; the matrix wants i * step + its offset.
    left, top = places[0, 2] - 0.5 * step_x + 0.5, places[1, 2] - 0.5 * step_y + 0.5
    middle = (left + (part[0] - 1) / 2, top + (part[1] - 1) / 2)
    moved = room[: part[1], : part[0]]
    if moved.shape != (part[1], part[0]):  # a plane so small that the part reaches over its edge
        moved = np.empty((part[1], part[0]), dtype=np.uint8)
    cv2.getRectSubPix(plane, part, middle, patch=moved)
    cv2.resize(moved, None, dst=into, fx=1.0 / step_x, fy=1.0 / step_y, interpolation=cv2.INTER_LINEAR)


def _span(length: int, step: float) -> int:
    """Most pixels that shrink to `length` when resized by 1 / step: so the last has its neighbour too."""
    return max(1, math.ceil((length + 0.5) * step - 1e-6) - 1)


def fitted(rgb: Bytes, frame_size: tuple[int, int], room: float) -> Bytes:
    """The picture, sized so that its cover-fitted part has `room` pixels for each of the frame.

    Any number of channels; both sides of what it returns are even.
    """
    import cv2
    import numpy as np

    height, width = rgb.shape[:2]
    factor = room * max(frame_size[0] / width, frame_size[1] / height)
    # Even sides, for the chroma: less than a pixel of stretch, where cutting would shift the picture.
    size = (2 * math.ceil(width * factor / 2), 2 * math.ceil(height * factor / 2))
    # A narrow strip would grow without bound in the other direction: only the fitted middle is ever seen,
    # and a little around it.
    most = (2 * math.ceil(frame_size[0] * room), 2 * math.ceil(frame_size[1] * room))
    if size[0] > most[0] or size[1] > most[1]:
        keep_width, keep_height = min(width, int(most[0] / factor)), min(height, int(most[1] / factor))
        left, top = (width - keep_width) // 2, (height - keep_height) // 2
        rgb = rgb[top : top + keep_height, left : left + keep_width]
        size = (min(size[0], most[0]), min(size[1], most[1]))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(np.ascontiguousarray(rgb), size, interpolation=how), dtype=np.uint8)
