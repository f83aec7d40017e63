"""The talking head: where and when it stands, its shape, and its ground taken away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.compose.defaults import set_seconds
from servers.compose.keying import Ground, cut_out, find
from tests.unit.servers.compose.studio import Desk, Stage, canvas, film_of

RED = (200, 40, 40)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def request(desk: Desk, scenes: int = 1, source: str = "color=0xC82828:s=64x64:r=10:d=4") -> ComposeRequest:
    made = ComposeRequest(canvas=canvas(100, 200, 10))
    made.output.preset, made.output.crf = "ultrafast", 8
    for _ in range(scenes):
        scene = made.scenes.add(picture=desk.picture((0, 0, 0), (100, 200)))
        scene.transition.kind = parts.TRANSITION_KIND_CUT
        set_seconds(scene.duration, 1.0)
    made.avatar.clip.CopyFrom(desk.clip(source))
    made.avatar.size = 0.4
    return made


def frames(made: ComposeRequest, desk: Desk, stage: Stage) -> NDArray[np.int64]:
    return film_of(desk, stage.shoot(made, desk).film).frames().astype(int)


def near(pixel: NDArray[np.int64], color: tuple[int, int, int]) -> bool:
    return bool(np.abs(pixel - np.array(color)).max() < 24)


def test_a_round_head_shows_the_picture_in_its_corners(desk: Desk, stage: Stage) -> None:
    made = request(desk)
    made.avatar.shape = parts.AVATAR_SHAPE_ROUND
    made.avatar.anchor = parts.ANCHOR_TOP_LEFT
    frame = frames(made, desk, stage)[3]
    # 40 pixels wide, 4 from the edges.
    assert near(frame[24, 24], RED)
    assert near(frame[5, 24], RED)
    assert near(frame[6, 6], (0, 0, 0))
    assert near(frame[42, 42], (0, 0, 0))


def test_full_screen_fills_the_frame_for_the_ranges_that_are_given(desk: Desk, stage: Stage) -> None:
    made = request(desk, 2)
    made.avatar.shape = parts.AVATAR_SHAPE_FULL_SCREEN
    for start, end in ((0.2, 0.5), (1.0, 1.4)):
        one = made.avatar.ranges.add()
        set_seconds(one.start, start)
        set_seconds(one.end, end)
    seen = frames(made, desk, stage)
    for number in range(20):
        wanted = RED if 2 <= number < 5 or 10 <= number < 14 else (0, 0, 0)
        assert near(seen[number, 2, 2], wanted), number
        assert near(seen[number, 197, 97], wanted), number


def test_the_clips_own_time_goes_on_while_it_is_not_shown(desk: Desk, stage: Stage) -> None:
    rising = "color=black:s=64x64:r=10:d=3,geq=lum='40+60*T':cb=128:cr=128"
    made = request(desk, 2, rising)
    made.avatar.shape = parts.AVATAR_SHAPE_FULL_SCREEN
    one = made.avatar.ranges.add()
    set_seconds(one.start, 1.5)
    set_seconds(one.end, 2.0)
    light = film_of(desk, stage.shoot(made, desk).film).luma().mean(axis=(1, 2))
    assert light[15:] == pytest.approx([40 + 6 * n for n in range(15, 20)], abs=3)


@pytest.mark.parametrize(
    ("span", "scene"), [(parts.AVATAR_SPAN_FIRST_SCENE, 0), (parts.AVATAR_SPAN_LAST_SCENE, 2)]
)
def test_a_span_is_one_scene(desk: Desk, stage: Stage, span: parts.AvatarSpan.ValueType, scene: int) -> None:
    made = request(desk, 3)
    made.avatar.span = span
    made.end_card.text = "."
    seen = frames(made, desk, stage)
    shown = [near(frame[180, 80], RED) for frame in seen]
    assert shown == [10 * scene <= n < 10 * scene + 10 for n in range(len(seen))]


def test_each_scene_has_a_head_of_its_own_that_begins_with_it(desk: Desk, stage: Stage) -> None:
    made = request(desk, 3)
    made.avatar.ClearField("clip")
    made.avatar.shape = parts.AVATAR_SHAPE_FULL_SCREEN
    made.avatar.start.FromMilliseconds(300)
    made.avatar.end.FromMilliseconds(2600)
    rising = "color=black:s=64x64:r=10:d=0.5,geq=lum='{}+200*T':cb=128:cr=128"
    for at, low in ((0, 40), (2, 140)):
        made.scenes[at].avatar_clip.CopyFrom(desk.clip(rising.format(low)))
    light = film_of(desk, stage.shoot(made, desk).film).luma().mean(axis=(1, 2))
    own = [40, 60, 80, 100, 120] + [120] * 5  # its last frame stays
    wanted = [16] * 3 + own[3:] + [16] * 10 + [100 + one for one in own[:6]] + [16] * 4
    assert light == pytest.approx(wanted, abs=4)


def test_a_head_without_any_clip_is_told_of(desk: Desk, stage: Stage) -> None:
    made = request(desk)
    made.avatar.ClearField("clip")
    assert any("avatar is not shown" in line for line in stage.shoot(made, desk).provenance.warnings)


HEAD = (
    "color={ground}:s=128x128:r=10:d=1[a];color=0xE0B090:s=48x64:r=10:d=1[b];[a][b]overlay=40:40:shortest=1"
)


@pytest.mark.parametrize("ground", ["0x20C040", "0x2040D0", "0xF4F4F4"])
def test_a_plain_ground_is_found_and_taken_away(desk: Desk, stage: Stage, ground: str) -> None:
    made = request(desk, 1, HEAD.format(ground=ground))
    made.scenes[0].picture.CopyFrom(desk.picture((90, 60, 120), (100, 200)))
    made.avatar.size, made.avatar.anchor = 0.96, parts.ANCHOR_CENTER
    made.avatar.remove_background = True
    result = stage.shoot(made, desk)
    frame = film_of(desk, result.film).frames()[4].astype(int)
    # 96 pixels square in the middle: the head is 36 x 48 at 32, 82.
    assert near(frame[106, 50], (0xE0, 0xB0, 0x90))
    for place in ((56, 6), (60, 90), (146, 6), (106, 20), (70, 50)):
        assert near(frame[place], (90, 60, 120)), place
    assert not result.provenance.warnings


def test_a_ground_that_is_not_plain_stays_and_is_told_of(desk: Desk, stage: Stage) -> None:
    made = request(desk, 1, "testsrc2=s=64x64:r=10:d=1")
    made.avatar.remove_background = True
    assert [
        w for w in stage.shoot(made, desk).provenance.warnings if w.startswith("avatar.clip has no plain")
    ]


def test_a_shaded_ground_goes_and_its_shine_too() -> None:
    ground = Ground.of("#20C040")
    light = np.full((40, 40), round(ground.light), dtype=np.uint8)
    light[:, 20:] = round(ground.light) - 30
    planes = (light, *(np.full((20, 20), round(part), dtype=np.uint8) for part in (ground.blue, ground.red)))
    assert cut_out(planes, ground)[0].max() < 10, "a shadow on the ground is ground"
    half = [np.full((20, 20), round((128 + part) / 2), dtype=np.uint8) for part in (ground.blue, ground.red)]
    opaque, blue, red = cut_out((light, *half), ground)
    assert opaque.min() > 100
    assert np.abs(blue.astype(int) - 128).max() < 6
    assert np.abs(red.astype(int) - 128).max() < 6
    assert find([planes])
