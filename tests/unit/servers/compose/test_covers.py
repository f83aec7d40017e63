"""The cover that a request gives: its picture in the frame's shape, its title where it can be read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.chassis.errors import InvalidArgument
from servers.chassis.media.fonts import default_font, font_stack
from servers.compose.defaults import set_seconds
from servers.compose.titled import layout
from tests.unit.servers.compose.studio import Desk, Stage, canvas

BLUE, GREEN, FILM = (30, 60, 200), (40, 160, 70), (128, 90, 60)
LONG = (
    "The Fox and the Grapes, or how one learns to despise what hangs too high for one's paws, in three parts"
)


def shot(stage: Stage, desk: Desk, size: tuple[int, int], title: str, *, given: bool = True) -> Any:
    """The result of a small film with a cover."""
    request = ComposeRequest(canvas=canvas(*size, 5.0), language="en")
    request.output.preset = "ultrafast"
    scene = request.scenes.add()
    scene.picture.CopyFrom(desk.picture(FILM))
    set_seconds(scene.duration, 0.4)
    request.cover.title = title
    if given:  # blue above, green below, and so wide that its red sides are cut off
        pixels = np.zeros((60, 180, 3), np.uint8)
        pixels[:30], pixels[30:] = BLUE, GREEN
        pixels[:, :34] = pixels[:, -34:] = (255, 0, 0)
        request.cover.picture.CopyFrom(desk.picture(pixels))
    return stage.shoot(request, desk)


def pixels_of(desk: Desk, result: Any) -> np.ndarray:
    with Image.open(desk.assets[result.cover.digest]) as cover:
        assert cover.format == "JPEG"
        return np.asarray(cover.convert("RGB")).astype(int)


def near(pixels: np.ndarray, color: tuple[int, int, int]) -> np.ndarray:
    return np.asarray(np.abs(pixels - np.array(color)).max(axis=-1) < 24)


@pytest.mark.parametrize("size", [(360, 640), (640, 360)], ids=["portrait", "landscape"])
@pytest.mark.parametrize("title", ["The Fox and the Grapes", "狐假虎威", LONG, LONG.replace(" ", "狐")])
def test_a_title_stands_on_the_picture_clear_of_the_edges(
    stage: Stage, tmp_path: Any, size: tuple[int, int], title: str
) -> None:
    desk = Desk(tmp_path)
    width, height = size
    cover = pixels_of(desk, shot(stage, desk, size, title))
    assert cover.shape == (height, width, 3)
    letters, outline = near(cover, (255, 255, 255)), near(cover, (0, 0, 0))
    assert letters.sum() > 100
    assert outline.sum() > 100
    rows, columns = np.nonzero(letters | outline)
    assert 0.07 * height < rows.min() < rows.max() < 0.6 * height
    assert 0.04 * width < columns.min() < columns.max() < 0.96 * width
    assert abs((columns.min() + columns.max()) / 2 - width / 2) < 0.05 * width
    assert near(cover[: round(0.06 * height)], BLUE).all(), "above it is the picture, its sides cut off"
    assert near(cover[round(0.65 * height) :], GREEN).all(), "below too"


def test_without_a_title_it_is_the_picture_and_without_a_picture_the_title_is_on_a_frame(
    stage: Stage, tmp_path: Any
) -> None:
    desk = Desk(tmp_path)
    bare = pixels_of(desk, shot(stage, desk, (180, 320), ""))
    assert near(bare[:150], BLUE).all()
    assert near(bare[170:], GREEN).all()
    framed = pixels_of(desk, shot(stage, desk, (180, 320), "Fox", given=False))
    assert near(framed[200:], FILM).all()
    assert near(framed, (255, 255, 255)).sum() > 50


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("Fox", ["Fox"]),
        ("狐假虎威", ["狐假虎威"]),
        (LONG, None),
        ("狐" * 290, None),
        ("{\\an1}{\\p1}m 0 0 l 9 9", None),
        ("one\ntwo\r\nthree\tfour", None),
    ],
)
def test_it_has_at_most_three_lines_and_users_text_is_no_markup(title: str, lines: list[str] | None) -> None:
    script = layout(title, (1080, 1920), font_stack(default_font(), title, ()), frozenset())
    (event,) = script.events
    assert event.text.count("\\N") <= 2
    assert "{\\an1}" not in event.text
    assert "{\\p1}" not in event.text
    if lines is not None:
        assert event.text.split("\\N") == lines
    if len(title) > 200:
        assert event.text.endswith("…")


def test_what_no_font_has_is_told_and_a_broken_picture_is_refused(stage: Stage, tmp_path: Any) -> None:
    desk = Desk(tmp_path)
    told = shot(stage, desk, (180, 320), "Fox \U0001fbf0\ue123").provenance.warnings
    assert [line for line in told if line.startswith("cover: left out")]
    request = ComposeRequest(canvas=canvas())
    set_seconds(request.scenes.add().duration, 0.4)
    request.cover.picture.CopyFrom(desk.give(b"no picture", "image/png"))
    with pytest.raises(InvalidArgument) as refused:
        stage.shoot(request, desk)
    assert refused.value.violations[0][0] == "cover.picture"
