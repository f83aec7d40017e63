"""The painter's worker process: rasterises scenes with resvg and writes them as PNG, JPEG or WebP,
whole and in sheets."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from servers.chassis.worker_main import serve
from servers.imagegen.painting.composition import paint as compose_picture

if TYPE_CHECKING:
    from PIL import Image

_JPEG_QUALITY = 92
_WEBP_QUALITY = 90


def paint(arguments: dict[str, Any], progress: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Paints one picture into the file `path`.

    Arguments: prompt, setting, style, width, height, seed, place_seed, character_seed (see
    `composition.paint`), format (png, jpeg or webp), path; layers, where those are wanted too, as PNG files
    beside `path`. Returns what the picture depicts, and its layers: path, depth and motion.
    """
    picture = compose_picture(
        arguments["prompt"],
        arguments["setting"],
        arguments["style"],
        arguments["width"],
        arguments["height"],
        arguments["seed"],
        arguments["place_seed"],
        arguments["character_seed"],
    )
    path = Path(arguments["path"])
    layers: list[dict[str, Any]] = []
    if not arguments["layers"]:
        path.write_bytes(encoded(rasterised(picture.svg), arguments["format"]))
        return {"depicts": list(picture.depicts), "layers": layers}
    whole: Image.Image | None = None
    for index, (svg, depth, motion) in enumerate(picture.sheets):
        png = rasterised(svg)
        place = path.with_name(f"{path.stem}-{index}.png")
        place.write_bytes(png)
        layers.append({"path": str(place), "depth": depth, "motion": motion})
        # The sheets are laid over each other, rather than all drawn again: quicker, and exact.
        whole = laid_over(whole, png)
    assert whole is not None
    path.write_bytes(encoded(whole, arguments["format"]))
    return {"depicts": list(picture.depicts), "layers": layers}


def rasterised(svg: str) -> bytes:
    """An SVG as a PNG file."""
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True))


def laid_over(below: Image.Image | None, png: bytes) -> Image.Image:
    """A picture with a sheet laid over it; without one, the sheet itself."""
    sheet = _opened(png).convert("RGBA")
    if below is None:
        return sheet
    box = sheet.getchannel("A").getbbox()
    if box is not None:
        below.alpha_composite(sheet.crop(box), box[:2])
    return below


def encoded(picture: bytes | Image.Image, kind: str) -> bytes:
    """The bytes of an opaque picture's file; a picture of ours comes as PNG or decoded."""
    if kind == "png" and isinstance(picture, bytes):
        return picture
    opaque = (_opened(picture) if isinstance(picture, bytes) else picture).convert("RGB")
    out = io.BytesIO()
    if kind == "png":
        opaque.save(out, "PNG", compress_level=1)
    elif kind == "jpeg":
        opaque.save(out, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    else:
        opaque.save(out, "WEBP", quality=_WEBP_QUALITY, method=2)
    return out.getvalue()


def _opened(png: bytes) -> Image.Image:
    from PIL import Image

    # Our own picture, of a size that the contract has bounded: no bomb.
    Image.MAX_IMAGE_PIXELS = None
    return Image.open(io.BytesIO(png))


if __name__ == "__main__":
    serve({"paint": paint})
