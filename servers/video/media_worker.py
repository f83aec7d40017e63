"""The worker process that decodes pictures of users, to code them anew within a vendor's limits."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from servers.chassis.media import camera
from servers.chassis.worker_main import Refused, serve


def shrink(arguments: dict[str, Any], _: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Writes the picture `path` as a JPEG of at most `most_bytes` to `out`."""
    try:
        rgb = camera.decode(Path(arguments["path"]))
    except camera.PictureRefused as refused:
        raise Refused(arguments["field"], str(refused)) from refused
    size = arguments.get("size")
    made = jpeg_within(rgb, arguments["most_bytes"], tuple(size) if size else None)
    if made is None:
        raise Refused(arguments["field"], f"can not be brought to {arguments['most_bytes']} bytes")
    Path(arguments["out"]).write_bytes(made)
    return {}


def jpeg_within(rgb: object, most_bytes: int, size: tuple[int, int] | None = None) -> bytes | None:
    """A picture (height x width x 3, 8 bits) as a JPEG of at most so many bytes, shrunk as far as it must be.

    With `size` it is cut to its middle, scaled to it, and only coded more coarsely. None: it can not be.
    """
    picture = Image.fromarray(rgb)  # type: ignore[arg-type]
    if size is not None:
        picture = ImageOps.fit(picture, size, Image.Resampling.LANCZOS)
    for quality in (92, 85, 75):
        for _ in range(12):
            out = io.BytesIO()
            picture.save(out, "JPEG", quality=quality, optimize=True)
            if out.tell() <= most_bytes:
                return out.getvalue()
            if quality > 75:
                break
            if size is not None or min(picture.size) < 320:  # below it vendors refuse a picture
                return None
            picture = picture.resize((picture.width * 4 // 5, picture.height * 4 // 5))
    return None


if __name__ == "__main__":
    serve({"shrink": shrink})
