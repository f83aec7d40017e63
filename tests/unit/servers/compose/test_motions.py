"""Where the camera goes: towards a point of interest, at the speed that is asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.chassis.media.camera import EASINGS, View, path, view_at
from servers.compose.defaults import set_seconds
from servers.compose.fitting import cover_window, within_cover
from tests.unit.servers.compose.studio import Desk, Stage, canvas, film_of


def test_a_zoom_goes_as_near_to_its_focus_as_the_edges_allow() -> None:
    wide, close = path("zoom_in", 1.0, 3, (0.4, 0.95))
    assert wide == View()
    assert (close.cx, close.scale) == (0.4, 2.0)
    assert close.cy == 0.75, "half of the window is below its middle"
    assert path("zoom_out", 1.0, 3, (0.4, 0.95)) == (close, wide)


@pytest.mark.parametrize("easing", sorted(EASINGS))
def test_every_easing_begins_and_ends_in_place_and_never_goes_back(easing: str) -> None:
    views = [view_at(View(), View(0.7, 0.5, 2.0), t, easing).cx for t in np.linspace(0.0, 1.0, 30)]
    steps = np.diff(views)
    assert (views[0], views[-1]) == pytest.approx((0.5, 0.7))
    assert steps.min() >= 0.0
    first, last = steps[0] / steps.mean(), steps[-1] / steps.mean()
    assert (first < 0.5) == (easing in ("soft", "in"))
    assert (last < 0.5) == (easing in ("soft", "out"))


def test_a_picture_of_another_shape_is_cut_around_its_focus() -> None:
    left, top, width, height = cover_window((0.9, 0.5), (400, 100), (100, 100))
    assert (left, top, width, height) == pytest.approx((0.75, 0.0, 0.25, 1.0))
    assert within_cover((0.9, 0.5), (400, 100), (100, 100)) == pytest.approx((0.6, 0.5))


@pytest.mark.parametrize(("x", "shown"), [(0.1, 0), (0.9, 2)])
def test_the_focus_is_seen_from_the_first_frame_to_the_last(
    tmp_path: Path, stage: Stage, x: float, shown: int
) -> None:
    """A picture of three stripes in an upright frame: only the one with the focus is in it."""
    desk = Desk(tmp_path)
    stripes = np.zeros((100, 300, 3), dtype=np.uint8)
    for index in range(3):
        stripes[:, 100 * index : 100 * (index + 1), index] = 220
    made = ComposeRequest(canvas=canvas(64, 128, 10))
    made.output.preset = "ultrafast"
    scene = made.scenes.add(picture=desk.picture(stripes))
    set_seconds(scene.duration, 1.0)
    scene.motion.kind, scene.motion.amount = parts.MOTION_KIND_ZOOM_IN, 0.5
    scene.motion.focus.x, scene.motion.focus.y = x, 0.5
    frames = film_of(desk, stage.shoot(made, desk).film).frames()
    for frame in (frames[0], frames[-1]):
        assert int(frame.reshape(-1, 3).mean(axis=0).argmax()) == shown
        assert frame[64, 32, shown] > 180
