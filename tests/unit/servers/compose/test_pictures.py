"""What scenes show: motion, fits, clips, layers, fades."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.compose.defaults import set_seconds
from tests.unit.servers.compose.studio import Desk, Stage, canvas, film_of

FPS = 10


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def request(width: int = 96, height: int = 160, seconds: float = 1.0, **more: object) -> ComposeRequest:
    made = ComposeRequest(canvas=canvas(width, height, FPS, **more))
    made.output.preset, made.output.crf = "ultrafast", 10
    set_seconds(made.scenes.add().duration, seconds)
    made.scenes[0].motion.kind = parts.MOTION_KIND_STILL
    return made


def frames(made: ComposeRequest, desk: Desk, stage: Stage) -> NDArray[np.int64]:
    return film_of(desk, stage.shoot(made, desk).film).frames().astype(int)


def landscape() -> NDArray[np.uint8]:
    """Left half red, right half blue, twice as wide as high."""
    picture = np.zeros((100, 200, 3), dtype=np.uint8)
    picture[:, :100], picture[:, 100:] = (220, 20, 20), (20, 20, 220)
    return picture


def test_cover_fills_the_frame(desk: Desk, stage: Stage) -> None:
    made = request()
    made.scenes[0].picture.CopyFrom(desk.picture(landscape()))
    frame = frames(made, desk, stage)[5]
    for row in (2, 80, 157):
        assert frame[row, 10, 0] > 180
        assert frame[row, 85, 2] > 180


def test_contain_leaves_margins_in_the_background(desk: Desk, stage: Stage) -> None:
    made = request(fit=parts.FIT_CONTAIN, background="#20C040")
    made.scenes[0].picture.CopyFrom(desk.picture(landscape()))
    frame = frames(made, desk, stage)[5]
    assert np.all(np.abs(frame[10, 48] - (0x20, 0xC0, 0x40)) < 10)
    assert np.all(np.abs(frame[150, 48] - (0x20, 0xC0, 0x40)) < 10)
    assert frame[80, 4, 0] > 180, "the whole width is shown"
    assert frame[80, 91, 2] > 180


def test_blur_fill_stands_before_a_soft_copy_of_itself(desk: Desk, stage: Stage) -> None:
    made = request(fit=parts.FIT_BLUR_FILL)
    made.scenes[0].picture.CopyFrom(desk.picture(landscape()))
    frame = frames(made, desk, stage)[5]
    assert frame[10, 4, 0] > frame[10, 4, 2] + 60
    assert frame[10, 91, 2] > frame[10, 91, 0] + 60
    sharp = np.abs(np.diff(frame[80, :, 0])).max()
    soft = np.abs(np.diff(frame[10, :, 0])).max()
    assert soft < sharp / 2


@pytest.mark.parametrize(
    "kind", [parts.MOTION_KIND_ZOOM_IN, parts.MOTION_KIND_PAN_LEFT, parts.MOTION_KIND_PAN_UP]
)
def test_what_is_contained_stays_whole_while_the_camera_moves(
    desk: Desk, stage: Stage, kind: parts.MotionKind.ValueType
) -> None:
    made = request(fit=parts.FIT_CONTAIN, background="#00FF00")
    made.scenes[0].motion.kind, made.scenes[0].motion.amount = kind, 0.3
    made.scenes[0].picture.CopyFrom(desk.picture(landscape()))
    seen = frames(made, desk, stage)
    for frame in seen:
        is_red = (frame[..., 0] > 150) & (frame[..., 1] < 120)
        is_blue = (frame[..., 2] > 150) & (frame[..., 1] < 120)
        height = np.count_nonzero(is_red.any(axis=1))
        width = np.count_nonzero((is_red | is_blue).any(axis=0))
        assert width == pytest.approx(2 * height, abs=4), "neither side is cut off"


def test_the_camera_moves_by_less_than_a_pixel_without_shaking(desk: Desk, stage: Stage) -> None:
    """An edge under a slow zoom wanders evenly: no step is more than twice the mean of its neighbours."""
    ramp = np.tile(np.clip((np.arange(400) - 100) * 4, 0, 255).astype(np.uint8)[None, :, None], (600, 1, 3))
    made = request(seconds=3.0)
    made.scenes[0].motion.kind, made.scenes[0].motion.amount = parts.MOTION_KIND_PAN_RIGHT, 0.1
    made.scenes[0].picture.CopyFrom(desk.picture(ramp))
    rows = film_of(desk, stage.shoot(made, desk).film).luma()[:, 80].astype(float)
    places = [float(np.interp(126.0, row, np.arange(96))) for row in rows]
    steps = -np.diff(places)
    assert steps.min() > -0.1
    assert np.abs(np.diff(steps)).max() < 0.25, "speed changes smoothly"
    assert 0.05 < np.median(steps) < 1.0


def test_a_clip_shorter_than_its_scene_is_played_forth_and_back(desk: Desk, stage: Stage) -> None:
    """The clip brightens; the film shows it brighten and darken again, with no jump."""
    clip = desk.clip("color=black:s=96x160:r=10:d=1", "-vf", "geq=lum='40+N*18':cb=128:cr=128", "-crf", "5")
    made = request(seconds=3.4)
    made.scenes[0].clip.CopyFrom(clip)
    light = frames(made, desk, stage).mean(axis=(1, 2, 3))
    number = np.arange(34)
    place = np.abs((number + 9) % 18 - 9)
    wanted = (40 + place * 18 - 16) * 255 / 219
    assert np.abs(light - wanted).max() < 9


def test_a_clip_longer_than_its_scene_is_cut_and_wins_over_a_picture(desk: Desk, stage: Stage) -> None:
    made = request(seconds=1.0)
    made.scenes[0].picture.CopyFrom(desk.picture((250, 0, 0)))
    made.scenes[0].clip.CopyFrom(desk.clip("color=0x00C000:s=320x240:r=25:d=5"))
    seen = frames(made, desk, stage)
    assert len(seen) == 10
    assert np.all(np.abs(seen[:, 80, 48] - (0, 0xC0, 0)) < 12)


def test_fade_black_goes_through_black_at_the_boundary(desk: Desk, stage: Stage) -> None:
    made = request(seconds=2.0)
    made.scenes.add().CopyFrom(made.scenes[0])
    for scene, color in zip(made.scenes, ((200, 60, 60), (60, 60, 200)), strict=True):
        scene.picture.CopyFrom(desk.picture(color))
    made.transition.kind = parts.TRANSITION_KIND_FADE_BLACK
    set_seconds(made.transition.duration, 0.8)
    seen = frames(made, desk, stage)[:, 80, 48]
    assert seen[19].max() < 40
    assert seen[20].max() < 40
    assert np.all(np.abs(seen[10] - (200, 60, 60)) < 8)
    assert np.all(np.abs(seen[30] - (60, 60, 200)) < 8)


def test_a_logo_stands_in_its_corner_for_its_time_and_lets_shine_through(desk: Desk, stage: Stage) -> None:
    logo = np.zeros((40, 80, 4), dtype=np.uint8)
    logo[...] = (255, 255, 255, 0)
    logo[10:30, 20:60, 3] = 255
    path = desk.root / "logo.png"
    Image.fromarray(logo).save(path)
    made = request(200, 200, seconds=2.0)
    made.scenes[0].picture.CopyFrom(desk.picture((0, 0, 0)))
    overlay = made.overlays.add(anchor=parts.ANCHOR_BOTTOM_LEFT, size=0.4, opacity=0.5, margin=0.05)
    overlay.picture.CopyFrom(desk.give(path.read_bytes(), "image/png"))
    set_seconds(overlay.start, 0.5)
    set_seconds(overlay.end, 1.5)
    seen = frames(made, desk, stage)
    # 80 x 40 pixels, 10 from the edges: its own opaque middle is at 50, 170.
    assert seen[10, 170, 50].mean() == pytest.approx(128, abs=8)
    assert seen[10, 155, 15].max() < 12, "its transparent rim is not drawn"
    assert seen[10, 20, 180].max() < 12
    assert [bool(frame[170, 50].mean() > 60) for frame in seen] == [5 <= n < 15 for n in range(20)]


def test_a_talking_head_is_laid_into_its_corner_while_its_clip_lasts(desk: Desk, stage: Stage) -> None:
    made = request(200, 200, seconds=2.0)
    made.scenes[0].picture.CopyFrom(desk.picture((0, 0, 0)))
    made.avatar.clip.CopyFrom(desk.clip("color=white:s=120x120:r=10:d=1"))
    seen = frames(made, desk, stage)
    assert seen[5, 160, 160].min() > 230
    assert seen[5, 100, 100].max() < 12
    assert seen[15, 160, 160].max() < 12


def test_a_title_is_shown_over_the_first_scene_only_when_asked(desk: Desk, stage: Stage) -> None:
    made = request(200, 300, seconds=1.0)
    made.scenes[0].picture.CopyFrom(desk.picture((0, 0, 0)))
    made.scenes.add().CopyFrom(made.scenes[0])
    made.title = "狐假虎威 Fox"
    assert frames(made, desk, stage).max() < 12
    made.show_title = True
    seen = frames(made, desk, stage)
    assert seen[5, 40:120].max() > 230
    assert seen[15, 40:120].max() < 12


def test_a_scene_with_nothing_to_show_is_told_of(desk: Desk, stage: Stage) -> None:
    made = request(background="#804020")
    result = stage.shoot(made, desk)
    seen = film_of(desk, result.film).frames().astype(int)
    assert np.all(np.abs(seen[5, 80, 48] - (0x80, 0x40, 0x20)) < 8)
    assert [w for w in result.provenance.warnings if "scenes[0]" in w]


@pytest.mark.parametrize("fps", [24.0, 29.97, 60.0])
def test_any_frame_rate_is_constant(desk: Desk, stage: Stage, fps: float) -> None:
    made = request(64, 64, seconds=6.0)
    made.canvas.frames_per_second = fps
    made.scenes[0].picture.CopyFrom(desk.picture((40, 40, 40), (64, 64)))
    times = film_of(desk, stage.shoot(made, desk).film).times()
    rate = {24.0: 24, 29.97: 30000 / 1001, 60.0: 60}[fps]
    assert [float(time) for time in times] == pytest.approx([n / rate for n in range(len(times))], abs=1e-5)
    assert len(times) == int(np.ceil(6 * rate - 1e-9))
