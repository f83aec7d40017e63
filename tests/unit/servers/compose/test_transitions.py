"""Transitions: from one picture to the other, smoothly, each in its own way."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.compose.changes import CHANGES
from servers.compose.defaults import fill, set_seconds
from servers.compose.transitions import DRAWN, Look, Moment
from tests.unit.servers.compose.studio import Desk, Stage, canvas, film_of

SIZE = (96, 160)
LUMA = SIZE[0] * SIZE[1]


def picture(seed: int, low: int, high: int) -> NDArray[np.uint8]:
    """Soft stripes as planar I420."""
    random = np.random.default_rng(seed)
    made = np.full(LUMA * 3 // 2, 128, dtype=np.uint8)
    x, y = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    wave = np.sin(x * random.uniform(0.05, 0.1) + y * random.uniform(0.02, 0.06))
    made[:LUMA] = (low + (high - low) * (wave + 1) / 2).reshape(-1)
    return made


BEFORE, AFTER = picture(1, 30, 90), picture(2, 150, 220)


def at(kind: str, share: float, direction: str = "left") -> NDArray[np.int64]:
    """The luma of one moment."""
    before = BEFORE.copy()
    DRAWN[kind](Moment(before, AFTER.copy(), share, SIZE, Look(direction=direction, seed=7)))
    return before[:LUMA].reshape(SIZE[1], SIZE[0]).astype(np.int64)


@pytest.mark.parametrize("kind", sorted(DRAWN))
def test_it_begins_with_one_picture_and_ends_with_the_other(kind: str) -> None:
    first, last = at(kind, 0.0), at(kind, 1.0)
    assert np.abs(first.reshape(-1) - BEFORE[:LUMA]).max() <= 2
    assert np.abs(last.reshape(-1) - AFTER[:LUMA]).max() <= 2


@pytest.mark.parametrize("kind", sorted(DRAWN))
def test_it_goes_over_steadily(kind: str) -> None:
    """The mean light rises from the one picture's to the other's, and never by a jump."""
    light = [float(at(kind, share).mean()) for share in np.linspace(0.0, 1.0, 41)]
    steps = np.diff(light)
    assert steps.min() > -1.5
    assert steps.max() < 0.12 * (light[-1] - light[0])


@pytest.mark.parametrize("kind", sorted(DRAWN))
def test_a_small_step_changes_little(kind: str) -> None:
    """What moves, moves by fractions of a pixel: a two-thousandth of the way is no whole pixel anywhere."""
    for share in (0.21, 0.5, 0.77):
        assert np.abs(at(kind, share + 0.0005) - at(kind, share)).mean() < 0.6
        if kind in ("slide", "push"):
            assert np.abs(at(kind, share + 0.0005) - at(kind, share)).sum() > 0


@pytest.mark.parametrize(
    ("direction", "begins"), [("left", (80, 95)), ("right", (80, 0)), ("up", (159, 48)), ("down", (0, 48))]
)
@pytest.mark.parametrize("kind", ["slide", "push", "wipe"])
def test_a_direction_says_where_to(kind: str, direction: str, begins: tuple[int, int]) -> None:
    """Early on the later picture is seen on the side that it comes from, and nowhere else."""
    seen = at(kind, 0.35, direction) > 120
    assert seen[begins]
    assert not seen[159 - begins[0], 95 - begins[1]]


def test_a_slide_covers_what_stands_still_and_a_push_moves_it() -> None:
    before = BEFORE[:LUMA].reshape(SIZE[1], SIZE[0])
    slid, pushed = at("slide", 0.4), at("push", 0.4)
    assert np.abs(slid[:, :40] - before[:, :40]).max() == 0
    assert np.abs(pushed[:, :40] - before[:, :40]).max() > 5
    assert np.array_equal(slid[:, 80:], pushed[:, 80:])


def request(desk: Desk, scenes: int) -> ComposeRequest:
    made = ComposeRequest(canvas=canvas(*SIZE, 10))
    made.output.preset = "ultrafast"
    for index in range(scenes):
        scene = made.scenes.add()
        scene.picture.CopyFrom(desk.picture((40, 40, 40) if index % 2 else (200, 200, 200), (96, 160)))
        set_seconds(scene.duration, 1.0)
        scene.motion.kind = parts.MOTION_KIND_STILL
    set_seconds(made.transition.duration, 0.4)
    return made


def test_every_kind_works_between_pictures_and_clips_for_its_own_time(tmp_path: Path, stage: Stage) -> None:
    desk = Desk(tmp_path)
    kinds = [kind for kind in CHANGES if kind != parts.TRANSITION_KIND_CUT]
    made = request(desk, len(kinds) + 1)
    clip = desk.clip("color=0x282828:s=96x160:r=10:d=2")
    for index, kind in enumerate(kinds, start=1):
        made.scenes[index].transition.kind = kind
        set_seconds(made.scenes[index].transition.duration, 0.4 if index % 2 else 0.2)
        if index % 2:
            made.scenes[index].clip.CopyFrom(clip)
    light = film_of(desk, stage.shoot(made, desk).film).frames().mean(axis=(1, 2, 3))
    assert len(light) == 10 * len(made.scenes)
    for index in range(1, len(made.scenes)):
        before, after = (200, 40) if index % 2 else (40, 200)
        half = 2 if index % 2 else 1
        assert light[10 * index - half - 1] == pytest.approx(before, abs=4)
        assert light[10 * index + half] == pytest.approx(after, abs=4)
        within = light[10 * index - half : 10 * index + half]
        assert np.abs(within - before).max() > 8
        assert np.abs(within - after).max() > 8


def test_chance_draws_by_seed_and_never_the_same_twice_in_a_row(tmp_path: Path) -> None:
    made = request(Desk(tmp_path), 30)
    made.transition.kind = parts.TRANSITION_KIND_RANDOM
    made.seed = 5
    drawn = [scene.transition.kind for scene in fill(made, "Noto Sans SC").scenes][1:]
    assert drawn == [scene.transition.kind for scene in fill(made, "Noto Sans SC").scenes][1:]
    assert all(before != after for before, after in pairwise(drawn))
    assert len(set(drawn)) > 5
    assert parts.TRANSITION_KIND_CUT not in drawn
    made.seed = 6
    assert drawn != [scene.transition.kind for scene in fill(made, "Noto Sans SC").scenes][1:]
    made.transition.choices.extend([parts.TRANSITION_KIND_WIPE, parts.TRANSITION_KIND_CIRCLE])
    chosen = {scene.transition.kind for scene in fill(made, "Noto Sans SC").scenes[1:]}
    assert chosen == {parts.TRANSITION_KIND_WIPE, parts.TRANSITION_KIND_CIRCLE}
