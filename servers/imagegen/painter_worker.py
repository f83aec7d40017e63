"""The painter's worker process: rasterises scenes with resvg and writes them as PNG, JPEG or WebP."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from servers.chassis.worker_main import serve
from servers.imagegen.painting.composition import paint as compose_picture

_JPEG_QUALITY = 92
_WEBP_QUALITY = 90


def paint(arguments: dict[str, Any], progress: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Paints one picture into the file `path`.

    Arguments: prompt, setting, style, width, height, seed (see `composition.paint`), format (png, jpeg or
    webp), path. Returns what the picture depicts.
    """
    picture = compose_picture(
        arguments["prompt"],
        arguments["setting"],
        arguments["style"],
        arguments["width"],
        arguments["height"],
        arguments["seed"],
    )
    Path(arguments["path"]).write_bytes(rasterise(picture.svg, arguments["format"]))
    return {"depicts": list(picture.depicts)}


def rasterise(svg: str, kind: str) -> bytes:
    """An SVG as the bytes of a picture file."""
    import resvg_py

    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True))
    if kind == "png":
        return png
    from PIL import Image

    # Our own picture, of a size that the contract has bounded: no bomb.
    Image.MAX_IMAGE_PIXELS = None
    out = io.BytesIO()
    opaque = Image.open(io.BytesIO(png)).convert("RGB")
    if kind == "jpeg":
        opaque.save(out, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    else:
        opaque.save(out, "WEBP", quality=_WEBP_QUALITY, method=2)
    return out.getvalue()


if __name__ == "__main__":
    serve({"paint": paint})
