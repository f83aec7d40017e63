"""The camera: what it shows, how smoothly it moves, and what it refuses to decode."""

from __future__ import annotations

import io
import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from servers.chassis.media import camera
from servers.chassis.media.camera import KINDS, PictureRefused, View, YUVPicture

FRAME = (64, 96)
views = st.builds(View, st.floats(-1, 2), st.floats(-1, 2), st.floats(0.5, 5))
sides = st.integers(1, 5000)


def scenery(width: int = 640, height: int = 960) -> NDArray[np.uint8]:
    """A smooth picture with something everywhere."""
    noise = np.random.default_rng(5).integers(0, 255, (height // 80, width // 80, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def luma(row: NDArray[np.uint8], frame: tuple[int, int] = FRAME) -> NDArray[np.float64]:
    return row[: frame[0] * frame[1]].reshape(frame[1], frame[0]).astype(np.float64)


@given(views, sides, sides, sides, sides)
def test_a_window_lies_within_the_picture(
    view: View, width: int, height: int, across: int, down: int
) -> None:
    left, top, wide, high = camera.window(view, (width, height), (across, down))
    slack = 1e-6 * max(width, height)
    assert left >= -slack
    assert top >= -slack
    assert left + wide <= width + slack
    assert top + high <= height + slack
    assert wide * down == pytest.approx(high * across)


@given(st.sampled_from(KINDS), st.floats(0, 1), st.integers(), st.floats(0, 1))
def test_every_view_of_a_path_stays_in_the_frame(kind: str, amount: float, seed: int, t: float) -> None:
    view = camera.view_at(*camera.path(kind, amount, seed), t)
    half = 0.5 / view.scale
    assert view.scale >= 1 - 1e-9
    assert half - 1e-9 <= view.cx <= 1 - half + 1e-9
    assert half - 1e-9 <= view.cy <= 1 - half + 1e-9


@pytest.mark.parametrize(
    ("kind", "moved"),
    [
        ("zoom_in", lambda a, b: b.scale > a.scale),
        ("zoom_out", lambda a, b: b.scale < a.scale),
        ("pan_left", lambda a, b: b.cx < a.cx),
        ("pan_right", lambda a, b: b.cx > a.cx),
        ("rise", lambda a, b: b.cy < a.cy),
        ("sink", lambda a, b: b.cy > a.cy),
        ("still", lambda a, b: a == b),
    ],
)
def test_a_move_goes_where_its_name_says(kind: str, moved: object) -> None:
    assert callable(moved)
    assert moved(*camera.path(kind, 0.2, 7))


def test_an_unknown_move_is_refused() -> None:
    with pytest.raises(ValueError, match="no camera move"):
        camera.path("spin")


def test_a_move_starts_and_ends_softly_and_a_loop_closes() -> None:
    start, end = camera.path("zoom_in", 0.3, 1)
    assert camera.view_at(start, end, 0) == start
    assert camera.view_at(start, end, 1).scale == pytest.approx(end.scale)
    first = camera.view_at(start, end, 0.01).scale - start.scale
    middle = camera.view_at(start, end, 0.51).scale - camera.view_at(start, end, 0.5).scale
    assert first < 0.1 * middle
    assert camera.loop_at(start, end, 1).scale == pytest.approx(camera.loop_at(start, end, 0).scale)
    assert camera.loop_at(start, end, 0.5).scale == pytest.approx(end.scale)


def test_the_whole_picture_is_shown_at_scale_one() -> None:
    rgb = np.repeat(scenery()[..., :1], 3, axis=2)
    shown = luma(YUVPicture(rgb, FRAME).planes(View()))
    grey = cv2.resize(rgb, FRAME, interpolation=cv2.INTER_AREA)[..., 0]
    difference = np.abs(shown - (16 + grey * (219 / 255)))
    assert difference.mean() < 3


@pytest.mark.parametrize(
    ("colour", "yuv"),
    [((255, 255, 255), (235, 128, 128)), ((0, 0, 0), (16, 128, 128)), ((255, 0, 0), (63, 102, 240)),
     ((0, 0, 255), (32, 240, 118))],
)  # fmt: skip
def test_colours_are_bt709_limited_range(colour: tuple[int, ...], yuv: tuple[int, ...]) -> None:
    rgb = np.full((96, 64, 3), colour, dtype=np.uint8)
    row = YUVPicture(rgb, FRAME).planes(View())
    size = FRAME[0] * FRAME[1]
    assert [int(row[0]), int(row[size]), int(row[size * 5 // 4])] == pytest.approx(yuv, abs=1)


def test_a_frame_is_planar_420() -> None:
    assert len(YUVPicture(scenery(), FRAME).frame(View())) == FRAME[0] * FRAME[1] * 3 // 2


def test_motion_is_smooth_below_a_pixel() -> None:
    """Frame to frame the picture changes evenly: a crop rounded to pixels would stand still and jump."""
    picture = YUVPicture(scenery(), FRAME)
    start, end = View(0.45, 0.5, 1.2), View(0.55, 0.5, 1.2)
    views = [View(start.cx + (end.cx - start.cx) * index / 60, 0.5, 1.2) for index in range(61)]
    frames = [luma(picture.planes(view)) for view in views]
    steps = [np.abs(after - before).mean() for before, after in itertools.pairwise(frames)]
    assert min(steps) > 0.5 * max(steps)


def test_odd_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="even"):
        YUVPicture(scenery(), (63, 96))


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (7, 5), (3000, 2000)])
def test_pictures_of_any_proportions_are_filmed(size: tuple[int, int]) -> None:
    rgb = np.full((size[1], size[0], 3), 200, dtype=np.uint8)
    picture = YUVPicture(rgb, FRAME)
    assert abs(int(luma(picture.planes(View(scale=1.3))).mean()) - (16 + 200 * 219 // 255)) <= 1
    assert picture.size[0] * picture.size[1] < 64 * FRAME[0] * FRAME[1]


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_three_formats_are_decoded(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "picture"
    file.write_bytes(encoded(Image.new("RGB", (20, 30), (200, 100, 50)), kind))
    rgb = camera.decode(file)
    assert rgb.shape == (30, 20, 3)
    assert rgb[15, 10].tolist() == pytest.approx([200, 100, 50], abs=4)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_every_mode_becomes_rgb(mode: str, tmp_path: Path) -> None:
    file = tmp_path / "picture"
    picture = (
        Image.new("I;16", (8, 8), 40000)
        if mode == "I;16"
        else Image.new("RGB", (8, 8), "white").convert(mode)
    )
    file.write_bytes(encoded(picture, "JPEG" if mode == "CMYK" else "PNG"))
    rgb = camera.decode(file)
    assert rgb.shape == (8, 8, 3)
    assert int(rgb[4, 4, 0]) == pytest.approx(156 if mode == "I;16" else 255, abs=2)


def test_transparency_lies_on_black(tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(encoded(Image.new("RGBA", (8, 8), (255, 255, 255, 0)), "PNG"))
    assert camera.decode(file).max() == 0


def test_a_picture_is_turned_as_its_exif_says(tmp_path: Path) -> None:
    file = tmp_path / "picture.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    file.write_bytes(encoded(Image.new("RGB", (40, 20)), "JPEG", exif=exif))
    assert camera.decode(file).shape == (40, 20, 3)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        b"#EXTM3U\nfile:///etc/passwd\n",
        encoded(Image.new("RGB", (64, 64), "red"), "PNG")[:60],
        encoded(Image.new("RGB", (64, 64), "red"), "JPEG")[:300],
        encoded(Image.new("RGB", (8, 8)), "GIF"),
        encoded(Image.new("RGB", (8, 8)), "BMP"),
        encoded(Image.new("1", (9000, 9000)), "PNG"),
        encoded(Image.new("1", (16000, 16000)), "PNG"),
    ],
    ids=["empty", "text", "playlist", "cut png", "cut jpeg", "gif", "bmp", "81 megapixels", "256 megapixels"],
)
def test_what_is_not_decoded(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "picture"
    file.write_bytes(content)
    with pytest.raises(PictureRefused):
        camera.decode(file)
