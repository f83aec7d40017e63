"""Pictures and layers for the video server's tests: textured, so that what moves can be measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from servers.video.movement import Time
from servers.video.picture import Plan
from servers.video.shot import Shot

Array = NDArray[Any]
SIZE = (192, 320)
"""Width and height of the small frames."""


def texture(seed: int, size: tuple[int, int] = SIZE, coarse: int = 10) -> Array:
    """Soft coloured noise, height x width x 3."""
    small = (max(2, size[1] // coarse), max(2, size[0] // coarse), 3)
    noise = np.random.default_rng(seed).integers(30, 225, small, dtype=np.uint8)
    return np.asarray(cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC))


def sheet(colours: Array, left: int, top: int, right: int, bottom: int) -> Array:
    """A sheet, height x width x 4, that shows the colours in a rectangle alone."""
    rgba = np.zeros((*colours.shape[:2], 4), np.uint8)
    rgba[top:bottom, left:right, :3] = colours[top:bottom, left:right]
    rgba[top:bottom, left:right, 3] = 255
    return rgba


def whole(colours: Array) -> Array:
    """A sheet that shows the colours everywhere."""
    return sheet(colours, 0, 0, colours.shape[1], colours.shape[0])


def composite(sheets: list[Array]) -> Array:
    """The picture that sheets are, laid over each other."""
    picture = Image.fromarray(sheets[0])
    for one in sheets[1:]:
        picture = Image.alpha_composite(picture, Image.fromarray(one))
    return np.asarray(picture.convert("RGB"))


def save(folder: Path, sheets: list[Array], depths: list[float], motions: list[str]) -> tuple[Path, Any]:
    """The files of a picture and its layers, as `picture.staged` takes them."""
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(composite(sheets)).save(folder / "picture.png")
    layers = []
    for index, (one, depth, motion) in enumerate(zip(sheets, depths, motions, strict=True)):
        path = folder / f"{index}.png"
        Image.fromarray(one).save(path)
        layers.append({"path": str(path), "depth": depth, "motion": motion})
    return folder / "picture.png", layers


def plan(move: str, *, seconds: float = 2.0, loop: bool = False, seed: int = 4, **fields: Any) -> Plan:
    """A plan for small frames."""
    size = fields.pop("size", SIZE)
    shot = Shot(move, fields.pop("amount", 0.15), seconds, seed, loop)
    return Plan(size, shot, Time(seconds, loop), seed, frozenset(fields.pop("stirs", ())), **fields)


def luma(row: Array, size: tuple[int, int] = SIZE) -> Array:
    """The luma of a row of planar I420, as floats."""
    return row[: size[0] * size[1]].reshape(size[1], size[0]).astype(np.float32)


def slid(before: Array, after: Array, left: int, top: int, right: int, bottom: int) -> tuple[float, float]:
    """How far the content of a rectangle moved, in pixels right and down.

    Phase correlation finds it to half a pixel; from there the best correlation is sought to a hundredth.
    """
    one, other = (np.ascontiguousarray(frame[top:bottom, left:right]) for frame in (before, after))
    window = cv2.createHanningWindow((right - left, bottom - top), cv2.CV_32F)
    (x, y), _ = cv2.phaseCorrelate(one, other, window)
    begin = np.array([[1, 0, x], [0, 1, y]], np.float32)
    enough = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-5)
    _, found = cv2.findTransformECC(one, other, begin, cv2.MOTION_TRANSLATION, enough)
    return float(found[0, 2]), float(found[1, 2])
