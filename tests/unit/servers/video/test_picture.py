"""From files to a stage: which layers are taken, which are refused, and what is found in a flat picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from servers.chassis.worker_main import Refused
from servers.video import depth, picture
from servers.video.movement import Partly
from tests.unit.servers.video.pictures import SIZE, Array, luma, plan, save, sheet, slid, texture, whole

WIDTH, HEIGHT = SIZE
SHEETS = [whole(texture(1)), sheet(texture(2), 20, 100, 150, 300)]


def landscape(water: bool = True) -> Array:
    """A calm sky with clouds, busy land, and water below it."""
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    rgb[:] = np.linspace((110, 160, 220), (170, 205, 235), HEIGHT)[:, None, :]
    clouds = cv2.GaussianBlur(texture(8, coarse=30)[..., 0], (0, 0), 6)
    rgb[:120] = np.clip(rgb[:120] + (clouds[:120, :, None] > 140) * 14, 0, 255)
    rgb[130:] = (texture(5, coarse=4)[130:] * [0.5, 0.8, 0.3]).astype(np.uint8)
    if water:
        waves = texture(6, coarse=9)[190:280, :, :1] / 16
        rgb[190:280] = (np.array([60, 110, 165]) + waves).astype(np.uint8)
    return rgb


def saved(folder: Path, rgb: Array) -> Path:
    path = folder / "picture.png"
    Image.fromarray(rgb).save(path)
    return path


def test_layers_of_another_picture_are_passed_over(tmp_path: Path) -> None:
    file, layers = save(tmp_path, SHEETS, [0.9, 0.2], ["RIGID", "RIGID"])
    _, setting = picture.staged(file, layers, plan("still"))
    assert (len(setting.sheets), setting.passed_over) == (2, [])
    other = saved(tmp_path, texture(9))
    stage, setting = picture.staged(other, layers, plan("still"))
    assert setting.passed_over == ["layers were passed over: laid over each other they are not first_frame"]
    shown = luma(stage.planes(0.0)).ravel()
    assert np.corrcoef(shown, (texture(9) @ [0.2126, 0.7152, 0.0722]).ravel())[0, 1] > 0.97


def test_layers_of_another_size_are_passed_over(tmp_path: Path) -> None:
    _, layers = save(tmp_path, SHEETS, [0.9, 0.2], ["RIGID", "RIGID"])
    other = saved(tmp_path, texture(9, (100, 100)))
    _, setting = picture.staged(other, layers, plan("still"))
    assert setting.passed_over == [
        "layers were passed over: they are of 192x320 pixels, first_frame is of 100x100"
    ]


def test_a_picture_saved_as_jpeg_is_still_that_of_its_layers(tmp_path: Path) -> None:
    file, layers = save(tmp_path, SHEETS, [0.9, 0.2], ["RIGID", "RIGID"])
    jpeg = tmp_path / "picture.jpg"
    Image.open(file).save(jpeg, quality=70)
    _, setting = picture.staged(jpeg, layers, plan("still"))
    assert setting.passed_over == []


def test_layers_of_different_sizes_are_refused(tmp_path: Path) -> None:
    file, layers = save(tmp_path, SHEETS, [0.9, 0.2], ["RIGID", "RIGID"])
    Image.new("RGBA", (10, 10)).save(layers[1]["path"])
    with pytest.raises(Refused, match=r"layers\[1\]\.picture: must be of the same size .*192x320"):
        picture.staged(file, layers, plan("still"))


@pytest.mark.parametrize("kept", [20, 200])
def test_a_broken_layer_is_refused_by_its_field(tmp_path: Path, kept: int) -> None:
    file, layers = save(tmp_path, SHEETS, [0.9, 0.2], ["RIGID", "RIGID"])
    path = Path(layers[1]["path"])
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(Refused, match=r"layers\[1\]\.picture"):
        picture.staged(file, layers, plan("still"))


def test_a_layer_that_would_burst_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    file, layers = save(tmp_path, SHEETS, [0.9, 0.2], ["RIGID", "RIGID"])
    Image.new("1", (9000, 9000)).save(layers[1]["path"])
    with pytest.raises(Refused, match=r"layers\[1\]\.picture: .*64 megapixels"):
        picture.staged(file, layers, plan("still"))


def test_layers_that_are_too_large_together_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture, "MOST_LAYER_PIXELS", 100_000)
    file, layers = save(tmp_path, SHEETS, [0.9, 0.2], ["RIGID", "RIGID"])
    with pytest.raises(Refused, match="layers: must have at most"):
        picture.staged(file, layers, plan("still"))


def test_a_hole_in_the_farthest_layer_shows_the_picture(tmp_path: Path) -> None:
    file, layers = save(tmp_path, SHEETS, [0.9, 0.2], ["RIGID", "RIGID"])
    holed = SHEETS[0].copy()
    holed[200:240, :, 3] = 0
    Image.fromarray(holed).save(layers[0]["path"])
    stage, _ = picture.staged(file, layers, plan("still"))
    assert luma(stage.planes(0.0)).min() > 30


@pytest.mark.parametrize(("tall", "kind"), [(2, "snow"), (9, "rain")])
def test_painted_snow_and_rain_are_left_out_to_fall(tmp_path: Path, tall: int, kind: str) -> None:
    drawn = np.random.default_rng(2)
    air = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    for x, y in zip(drawn.integers(0, WIDTH - 3, 60), drawn.integers(0, HEIGHT - 10, 60), strict=True):
        air[y : y + tall, x : x + 2] = 240
    file, layers = save(tmp_path, [whole(texture(1)), air], [0.9, 0.05], ["RIGID", "RIGID"])
    _, setting = picture.staged(file, layers, plan("still"))
    assert (setting.falling, len(setting.sheets)) == (kind, 1)
    _, setting = picture.staged(file, layers, plan("still", falls=False))
    assert (setting.falling, len(setting.sheets)) == ("", 2)


def test_what_is_low_is_near_and_the_sky_is_far() -> None:
    scenery = depth.look(landscape())
    rows = scenery.nearness.mean(axis=1)
    assert rows[: len(rows) // 4].max() < 0.45
    assert rows[-len(rows) // 8 :].min() > 0.8
    assert scenery.has_sky
    assert scenery.sky[: len(rows) // 4].mean() > 0.9
    assert scenery.sky[-len(rows) // 3 :].mean() < 0.02


def test_water_is_found_where_it_lies() -> None:
    scenery = depth.look(landscape())
    place = slice(int(0.64 * len(scenery.water)), int(0.82 * len(scenery.water)))
    assert scenery.has_water
    assert scenery.water[place].mean() > 0.8
    assert not depth.look(landscape(water=False)).has_water


@pytest.mark.parametrize("size", [(64, 64), (2000, 60), (60, 2000), (3, 200)])
def test_any_picture_has_a_depth(size: tuple[int, int]) -> None:
    scenery = depth.look(texture(1, size))
    for field in (scenery.nearness, scenery.sky, scenery.water):
        assert np.isfinite(field).all()
        assert 0 <= field.min() <= field.max() <= 1


def test_a_guessed_depth_never_folds(tmp_path: Path) -> None:
    """Going right over the frame one goes right over the picture, everywhere."""
    stage, _ = picture.staged(saved(tmp_path, landscape()), [], plan("pan_left", amount=0.32))
    actor = stage._actors[0]
    for t in (0.0, 0.5, 1.0):
        actor.aim(t)
        assert actor._maps is not None
        columns, rows = actor._maps
        assert np.diff(columns, axis=1).min() > 0
        assert np.diff(rows, axis=0).min() > 0


def test_a_flat_picture_has_parallax(tmp_path: Path) -> None:
    stage, _ = picture.staged(saved(tmp_path, landscape()), [], plan("pan_left"))
    first, last = luma(stage.planes(0.45)), luma(stage.planes(0.55))
    far, near = slid(first, last, 40, 135, 150, 175)[0], slid(first, last, 40, 285, 150, 315)[0]
    assert near > 1.2 * far > 0.5


def test_water_and_clouds_of_a_flat_picture_move_where_they_are(tmp_path: Path) -> None:
    file = saved(tmp_path, landscape())
    stage, setting = picture.staged(file, [], plan("still", stirs=("water", "clouds"), seconds=5.0))
    assert setting.passed_over == []
    assert isinstance(setting.sheets[0].movement, Partly)
    first, last = luma(stage.planes(0.0)), luma(stage.planes(0.9))
    change = np.abs(last - first)
    assert change[200:270].mean() > 1
    assert change[20:90].mean() > 0.3
    assert change[150:180].mean() < 0.3, "the land stands"
    assert change[300:].mean() < 0.3


def test_what_the_picture_lacks_is_said(tmp_path: Path) -> None:
    file = saved(tmp_path, (texture(5, coarse=4) * [0.5, 0.8, 0.3]).astype(np.uint8))
    _, setting = picture.staged(file, [], plan("still", stirs=("water", "clouds")))
    assert sorted(setting.passed_over) == [
        "the prompt speaks of clouds: no sky was found in the picture",
        "the prompt speaks of water: none was found in the picture",
    ]


def test_what_the_layers_lack_is_said(tmp_path: Path) -> None:
    file, layers = save(tmp_path, SHEETS, [0.9, 0.2], ["RIGID", "RIPPLE"])
    _, setting = picture.staged(file, layers, plan("still", stirs=("water", "clouds")))
    assert setting.passed_over == ["the prompt speaks of clouds: no layer drifts"]
