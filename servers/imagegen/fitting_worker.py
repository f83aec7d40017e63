"""The worker process that brings pictures of other machines to the size and format that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from servers.chassis.media import camera
from servers.chassis.worker_main import Refused, serve

SAVING: dict[str, dict[str, Any]] = {
    "png": {"compress_level": 1},
    "jpeg": {"quality": 92, "subsampling": 0},
    "webp": {"quality": 90, "method": 2},
}
"""How Pillow saves each format."""


def fit(arguments: dict[str, Any], _: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Writes the picture `path` to `out`: scaled until it covers `width` x `height`, and cut to its middle.

    Arguments: path, out, width, height, format (png, jpeg or webp).
    """
    from PIL import Image, ImageOps

    try:
        rgb = camera.decode(Path(arguments["path"]))
    except camera.PictureRefused as refused:
        raise Refused("picture", str(refused)) from refused
    picture = Image.fromarray(rgb)
    size = (arguments["width"], arguments["height"])
    if picture.size != size:
        picture = ImageOps.fit(picture, size, Image.Resampling.LANCZOS)
    picture.save(arguments["out"], format=arguments["format"], **SAVING[arguments["format"]])
    return {}


if __name__ == "__main__":
    serve({"fit": fit})
