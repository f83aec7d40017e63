"""The worker process that decodes pictures of users, to code them anew within a vendor's limits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from servers.chassis.media import camera
from servers.chassis.worker_main import Refused, serve
from servers.video.media import jpeg_within


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


if __name__ == "__main__":
    serve({"shrink": shrink})
