"""From files to a stage: a picture's layers where they are given, else the picture with a guessed depth.

Runs in a worker process that is bounded in memory. Sheets are decoded one after another, and each keeps only
the rectangle in which it shows anything.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from servers.chassis.media import camera
from servers.chassis.worker_main import Refused
from servers.video import depth, haze, sheets
from servers.video.movement import Drift, Extent, Movement, Partly, Ripple, Time
from servers.video.sheets import Sheet
from servers.video.shot import Shot
from servers.video.stage import Stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

MOST_LAYER_PIXELS = 256_000_000
"""All layers of a picture together: sixteen of 4096 x 3840."""

_ALIKE = 6.0
"""Mean difference, of 255, up to which layers are taken for those of a picture: what a JPEG changes."""
_IN_THE_AIR = 0.9
"""Nearness from which on a layer may be of what is in the air before the camera."""
_MOST_CANVAS_BYTES = 1_200_000_000


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is to be filmed."""

    frame_size: tuple[int, int]
    shot: Shot
    time: Time
    seed: int
    stirs: frozenset[str]
    """What moves besides the camera, of `wording.STIRS`."""
    falls: bool = True
    """A layer of painted snow or rain is left out, to be filmed as falling."""


@dataclasses.dataclass(frozen=True)
class Setting:
    """The sheets of a picture, the farthest first, and what was found in them."""

    canvas: tuple[int, int]
    """Width and height of the canvas that they lie on."""
    sheets: list[Sheet]
    passed_over: list[str]
    """What could not be done, one line each."""
    falling: str = ""
    """"rain" or "snow" where a sheet showed some: it was left out, to be filmed as falling."""


def staged(picture: Path, layers: list[dict[str, Any]], plan: Plan) -> tuple[Stage, Setting]:
    """Sets the stage for a clip.

    Args:
        picture: the picture's file.
        layers: path, depth and motion (a name of `LayerMotion` without its prefix) of each, the farthest
            first.
        plan: what is to be filmed.

    Returns:
        The stage, and what it shows.

    Raises:
        Refused: a file is not what it should be; the error names the field.
    """
    try:
        rgb = camera.decode(picture)
    except camera.PictureRefused as refused:
        raise Refused("first_frame", str(refused)) from refused
    passed: list[str] = []
    setting: Setting | None = None
    if layers:
        refusal = _mismatch(rgb, layers)
        setting = None if refusal else _layered(rgb, layers, plan)
        if setting is None:
            passed.append(refusal or "layers were passed over: laid over each other they are not first_frame")
    setting = setting or _flat(rgb, plan)
    setting.passed_over[:0] = passed
    luma = float(rgb[:: max(1, len(rgb) // 64)].mean()) * 219 / 255 + 16
    if "light" in plan.stirs:
        setting.sheets.extend(haze.rays(setting.canvas, luma, plan.time, plan.seed))
    if "fog" in plan.stirs:
        for bank in haze.fog(setting.canvas, luma, plan.time, plan.seed):
            _put_between(setting.sheets, bank)
    return Stage(setting.sheets, setting.canvas, plan.frame_size, plan.shot), setting


def _put_between(setting: list[Sheet], bank: Sheet) -> None:
    """Puts a sheet before all that is farther away; a picture without layers lies behind it wholly."""
    after = len(setting)
    while after > 1 and float(setting[after - 1].nearness) > float(bank.nearness):
        after -= 1
    setting.insert(after, bank)


def _mismatch(rgb: Array, layers: list[dict[str, Any]]) -> str:
    """Why layers can not be those of a picture, told from their headers; "" when they can."""
    sizes = []
    for index, layer in enumerate(layers):
        try:
            sizes.append(camera.size(Path(layer["path"])))
        except camera.PictureRefused as refused:
            raise Refused(f"layers[{index}].picture", str(refused)) from refused
        if sizes[index] != sizes[0]:
            of = "{}x{}".format(*sizes[0])
            raise Refused(f"layers[{index}].picture", f"must be of the same size as layers[0].picture, {of}")
    if sum(width * height for width, height in sizes) > MOST_LAYER_PIXELS:
        most = MOST_LAYER_PIXELS // 1_000_000
        raise Refused("layers", f"must have at most {most} megapixels together")
    height, width = rgb.shape[:2]
    if sizes[0] != (width, height):
        return (
            f"layers were passed over: they are of {sizes[0][0]}x{sizes[0][1]} pixels, "
            f"first_frame is of {width}x{height}"
        )
    return ""


def _layered(rgb: Array, layers: list[dict[str, Any]], plan: Plan) -> Setting | None:
    """The setting of a picture's layers; None when they do not show the picture."""
    room = _room(plan, len(layers))
    found: list[Sheet] = []
    small: Any = None
    canvas, fallen = (0, 0), ""
    for index, layer in enumerate(layers):
        pixels = _sheet_of(layer, index, rgb.shape[:2])
        if not index:
            pixels = sheets.under(pixels, _opaque(rgb))
        small = _seen_small(pixels, small)
        nearness = 1.0 - float(layer["depth"])
        fitted = sheets.fitted(pixels, plan.frame_size, room)
        del pixels
        canvas = (fitted.shape[1], fitted.shape[0])
        if not index:
            found.append(sheets.backdrop(fitted, nearness, _ground_movement(layer["motion"], canvas, plan)))
        elif plan.falls and nearness > _IN_THE_AIR and (falling := sheets.falling(fitted)):
            fallen = falling
        else:
            found += sheets.moving(fitted, nearness, layer["motion"], plan.time, plan.seed, index)
    if not _alike(rgb, small):
        return None
    motions = {layer["motion"] for layer in layers}
    lacking = [
        f"the prompt speaks of {stir}: no layer {verb}"
        for stir, motion, verb in (("clouds", "DRIFT", "drifts"), ("water", "RIPPLE", "ripples"))
        if stir in plan.stirs and motion not in motions
    ]
    return Setting(canvas, found, lacking, fallen)


def _sheet_of(layer: dict[str, Any], index: int, shape: tuple[int, ...]) -> Array:
    """The pixels of one layer."""
    field = f"layers[{index}].picture"
    try:
        rgba = camera.decode_with_cover(Path(layer["path"]))
    except camera.PictureRefused as refused:
        raise Refused(field, str(refused)) from refused
    if rgba.shape[:2] != shape:  # its EXIF turned it
        raise Refused(field, "must be of the size that its header states")
    return sheets.packed(rgba)


def _ground_movement(motion: str, canvas: tuple[int, int], plan: Plan) -> Movement:
    """The farthest sheet has no end, and must show none: of all that may move in it only water can."""
    if motion == "RIPPLE":
        return Ripple(Extent(0, 0, *canvas, min(canvas)), plan.time, plan.seed, 0)
    return Movement()


def _room(plan: Plan, count: int) -> float:
    """Canvas pixels for one of the frame: enough for the closest view, and few enough for the memory."""
    width, height = plan.frame_size
    bytes_at_one = 4 * count * width * height
    most: float = (_MOST_CANVAS_BYTES / bytes_at_one) ** 0.5
    return max(1.0, min(max(plan.shot.closest, camera.OVERSAMPLE), most))


def _seen_small(pixels: Array, behind: Any) -> Any:
    """Layers as far as they are decoded, laid over each other, at a size that is quickly compared."""
    import cv2

    height, width = pixels.shape[:2]
    shrink = max(1.0, min(height, width) / 96)
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return small if behind is None else sheets.under(small, behind)


def _alike(rgb: Array, small: Array) -> bool:
    import cv2

    shown = cv2.resize(rgb, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_AREA)
    return bool(cv2.absdiff(_opaque(shown), small)[..., 0].mean() < _ALIKE)


def _flat(rgb: Array, plan: Plan) -> Setting:
    """The one sheet of a picture without layers, and what it lacks of what was asked for."""
    import numpy as np

    fitted = camera.fitted(rgb, plan.frame_size, _room(plan, 2))
    canvas = (fitted.shape[1], fitted.shape[0])
    scenery = depth.look(fitted)
    parts: list[tuple[Array, Movement]] = []
    lacking = []
    extent = Extent(0, 0, *canvas, min(canvas))
    if "clouds" in plan.stirs:
        if scenery.has_sky:
            parts.append((scenery.sky, Drift(extent, plan.time, plan.seed, 0, share=0.4)))
        else:
            lacking.append("the prompt speaks of clouds: no sky was found in the picture")
    if "water" in plan.stirs:
        if scenery.has_water:
            rows = np.flatnonzero(scenery.water.max(axis=1) > 0.5) / len(scenery.water) * canvas[1]
            water = dataclasses.replace(extent, top=float(rows[0]), bottom=float(rows[-1]) + 1)
            parts.append((scenery.water, Ripple(water, plan.time, plan.seed, 1)))
        else:
            lacking.append("the prompt speaks of water: none was found in the picture")
    movement = Partly(parts, canvas) if parts else Movement()
    return Setting(canvas, [sheets.backdrop(_opaque(fitted), scenery.nearness, movement)], lacking)


def _opaque(rgb: Array) -> Array:
    """Sheet pixels of a picture that hides all behind it."""
    import cv2

    return sheets.packed(cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA))
