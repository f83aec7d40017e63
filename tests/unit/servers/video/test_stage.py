"""The stage, by its pixels: what is near moves farther, nothing shakes, nothing has a hole, loops close."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from servers.video import picture, shot
from servers.video.stage import Stage
from tests.unit.servers.video.pictures import (
    SIZE,
    Array,
    composite,
    luma,
    plan,
    save,
    sheet,
    slid,
    texture,
    whole,
)

WIDTH, HEIGHT = SIZE
UPPER = (40, 20, WIDTH - 40, 140)
LOWER = (40, 180, WIDTH - 40, 300)
MOVING = ("DRIFT", "RIPPLE", "SWAY", "BREATHE", "GLOW")


def staged(
    folder: Path, sheets: list[Array], depths: list[float], motions: list[str], **fields: Any
) -> Stage:
    move = fields.pop("move", "still")
    file, layers = save(folder, sheets, depths, motions)
    stage, setting = picture.staged(file, layers, plan(move, **fields))
    assert setting.passed_over == []
    return stage


def two(folder: Path, far: float = 0.6, near: float = 0.2, motion: str = "RIGID", **fields: Any) -> Stage:
    """Far texture above, near texture below."""
    lower = sheet(texture(2), 0, HEIGHT // 2, WIDTH, HEIGHT)
    return staged(folder, [whole(texture(1)), lower], [far, near], ["RIGID", motion], **fields)


def standing(folder: Path, motion: str, **fields: Any) -> Stage:
    """Something in the middle of a still ground, away from every edge."""
    thing = sheet(texture(3, coarse=6), 50, 90, WIDTH - 50, HEIGHT - 60)
    return staged(folder, [whole(texture(1)), thing], [0.9, 0.3], ["RIGID", motion], **fields)


@pytest.mark.parametrize("move", ["pan_left", "pan_right", "rise", "sink"])
def test_what_is_near_moves_farther_by_the_ratio_of_the_depths(tmp_path: Path, move: str) -> None:
    stage = two(tmp_path, far=0.6, near=0.2, move=move)
    first, last = luma(stage.planes(0.4)), luma(stage.planes(0.6))
    far, near = np.hypot(*slid(first, last, *UPPER)), np.hypot(*slid(first, last, *LOWER))
    # Half as far means twice as near; what is nearer is seen a little larger, too.
    assert near / far == pytest.approx(2.0 * 1.12 / 1.06, rel=0.06)
    assert near > 2


def test_what_is_far_away_stands_still(tmp_path: Path) -> None:
    stage = two(tmp_path, far=1.0, near=0.2, move="pan_left")
    first, last = luma(stage.planes(0.0)), luma(stage.planes(1.0))
    assert np.abs(slid(first, last, *UPPER)).max() < 0.05
    assert abs(slid(first, last, *LOWER)[0]) > 5


def test_an_orbit_slides_near_and_far_against_each_other(tmp_path: Path) -> None:
    stage = two(tmp_path, far=0.9, near=0.1, move="orbit")
    first, last = luma(stage.planes(0.3)), luma(stage.planes(0.7))
    assert slid(first, last, *UPPER)[0] * slid(first, last, *LOWER)[0] < -1


@pytest.mark.parametrize("layered", [True, False])
def test_nothing_shakes(tmp_path: Path, layered: bool) -> None:
    file, layers = save(
        tmp_path,
        [whole(texture(1)), sheet(texture(2), 0, HEIGHT // 2, WIDTH, HEIGHT)],
        [0.6, 0.2],
        ["RIGID", "RIGID"],
    )
    stage, _ = picture.staged(file, layers if layered else [], plan("pan_right"))
    frames = [luma(stage.planes(0.4 + 0.004 * index)) for index in range(12)]
    for box in (UPPER, LOWER):
        places = np.array([slid(frames[0], frame, *box) for frame in frames])
        # Over so short a time an eased move is a parabola: what is left is shaking.
        times = np.arange(len(frames))
        for axis in (0, 1):
            curve = np.polyval(np.polyfit(times, places[:, axis], 2), times)
            assert np.abs(places[:, axis] - curve).max() < 0.06
        assert abs(places[-1, 0]) > 0.5


@pytest.mark.parametrize("motion", MOVING)
def test_a_loop_ends_where_it_begins_and_goes_on(tmp_path: Path, motion: str) -> None:
    stage = standing(tmp_path, motion, move="zoom_in", loop=True, seconds=3.0)
    frames = [luma(stage.planes(index / 30)) for index in range(31)]
    assert np.abs(frames[30] - frames[0]).max() <= 1
    steps = [float(np.abs(after - before).mean()) for before, after in itertools.pairwise(frames)]
    assert steps[-1] < 1.5 * max(steps[:-1]), "the seam is a jump"


@pytest.mark.parametrize("motion", MOVING)
def test_what_moves_by_itself_moves_while_the_camera_stands(tmp_path: Path, motion: str) -> None:
    stage = standing(tmp_path, motion)
    frames = [luma(stage.planes(t)) for t in np.linspace(0, 1, 9)]
    inside = [frame[90 : HEIGHT - 60, 50 : WIDTH - 50] for frame in frames]
    changed = max(float(np.abs(frame - inside[0]).mean()) for frame in inside)
    assert changed > 0.5
    # What lies behind it stays: only what it covers or uncovers may change.
    assert all(np.array_equal(frame[:60], frames[0][:60]) for frame in frames)
    assert all(np.array_equal(frame[-40:], frames[0][-40:]) for frame in frames)


@pytest.mark.parametrize("motion", ["RIGID", "UNSPECIFIED"])
def test_what_is_rigid_stands_still_with_the_camera(tmp_path: Path, motion: str) -> None:
    stage = standing(tmp_path, motion)
    assert np.array_equal(stage.planes(0.0), stage.planes(0.7))


@pytest.mark.parametrize("motion", ["SWAY", "BREATHE"])
def test_the_foot_is_held(tmp_path: Path, motion: str) -> None:
    stage = standing(tmp_path, motion, seconds=4.0)
    frames = [luma(stage.planes(t)) for t in np.linspace(0, 1, 7)]
    head, foot = (60, 95, WIDTH - 60, 135), (60, HEIGHT - 92, WIDTH - 60, HEIGHT - 64)

    def moved(box: tuple[int, int, int, int]) -> float:
        return max(float(np.hypot(*slid(frames[0], frame, *box))) for frame in frames)

    assert moved(foot) < 0.5 * moved(head)
    assert moved(head) > 0.3


def test_two_clouds_do_not_drift_as_one(tmp_path: Path) -> None:
    clouds = sheet(texture(3), 10, 20, 80, 90) + sheet(texture(3), 110, 180, 180, 250)
    stage = staged(tmp_path, [whole(texture(1)), clouds], [1.0, 0.9], ["RIGID", "DRIFT"], seconds=6.0)
    first, last = luma(stage.planes(0.0)), luma(stage.planes(1.0))
    one, other = slid(first, last, 22, 30, 68, 80)[0], slid(first, last, 122, 190, 168, 240)[0]
    assert one * other > 0, "there is one wind"
    assert abs(one - other) > 0.2


@pytest.mark.parametrize(
    ("move", "motion"),
    [*((move, "RIGID") for move in shot.KINDS), *(("orbit", motion) for motion in MOVING), ("rise", "SWAY")],
)
def test_no_frame_has_a_hole_at_its_edge(tmp_path: Path, move: str, motion: str) -> None:
    """Before a black ground, a sheet of one colour reaches three edges: no black may show at any of them."""
    white = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    sheets = [whole(np.zeros_like(white)), sheet(white, 0, HEIGHT // 2, WIDTH, HEIGHT)]
    stage = staged(tmp_path, sheets, [0.9, 0.1], ["RIGID", motion], move=move, seconds=6.0)
    for t in (0.0, 0.3, 0.62, 1.0):
        below = luma(stage.planes(t))[HEIGHT // 2 + 40 :]
        least = 16 + 200 * 219 / 255 * {"GLOW": 0.7, "RIPPLE": 0.88}.get(motion, 0.96)
        assert below.min() > least
        assert np.ptp(below) < 40


@pytest.mark.parametrize("size", [(320, 192), (160, 160), (100, 320)])
def test_frames_of_other_proportions_are_filled(tmp_path: Path, size: tuple[int, int]) -> None:
    white = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    sheets = [whole(white), sheet(white, 0, HEIGHT // 3, WIDTH, HEIGHT)]
    stage = staged(tmp_path, sheets, [0.9, 0.1], ["RIGID", "SWAY"], move="pan_left", size=size)
    assert luma(stage.planes(0.5), size).min() > 180


def test_with_a_still_camera_the_first_frame_is_the_picture(tmp_path: Path) -> None:
    sheets = [whole(texture(1)), sheet(texture(2), 30, 120, 150, HEIGHT), sheet(texture(3), 0, 0, 90, 70)]
    stage = staged(tmp_path, sheets, [0.9, 0.5, 0.1], ["RIGID", "RIGID", "RIGID"])
    rgb = composite(sheets).astype(np.float64)
    expected = 16 + (rgb @ [0.2126, 0.7152, 0.0722]) * 219 / 255
    assert np.abs(luma(stage.planes(0.0)) - expected).mean() < 2


def test_the_same_seed_gives_the_same_frames(tmp_path: Path) -> None:
    frames = [
        standing(tmp_path / str(index), "SWAY", move="handheld", seed=seed).planes(0.4)
        for index, seed in enumerate((5, 5, 6))
    ]
    assert np.array_equal(frames[0], frames[1])
    assert not np.array_equal(frames[0], frames[2])


@pytest.mark.parametrize("stir", ["fog", "light"])
def test_fog_and_light_move_and_close_in_a_loop(tmp_path: Path, stir: str) -> None:
    dark = whole(np.full((HEIGHT, WIDTH, 3), 60, np.uint8))
    stage = staged(tmp_path, [dark], [1.0], ["RIGID"], stirs=(stir,), loop=True, seconds=4.0)
    frames = [luma(stage.planes(t)) for t in (0.0, 0.3, 1.0)]
    assert frames[0].max() > 16 + 60 * 219 / 255 + 10
    assert np.abs(frames[1] - frames[0]).max() > 3
    assert np.abs(frames[2] - frames[0]).max() <= 1
    assert np.abs(np.diff(frames[0], axis=1)).max() < 12, "it has an edge"
