"""Defaults of a request for pictures, the same for every engine."""

from __future__ import annotations

from reelmesh.imagegen.v1 import imagegen_pb2
from servers.chassis.errors import InvalidArgument

MOST_PIXELS = 7680 * 4320
MEDIA: dict[int, tuple[str, str]] = {
    imagegen_pb2.IMAGE_FORMAT_PNG: ("png", "image/png"),
    imagegen_pb2.IMAGE_FORMAT_JPEG: ("jpeg", "image/jpeg"),
    imagegen_pb2.IMAGE_FORMAT_WEBP: ("webp", "image/webp"),
}
"""Name of each format, as Pillow knows it and as files end, and its media type."""


def filled(request: imagegen_pb2.GenerateRequest) -> imagegen_pb2.GenerateRequest:
    """A copy with size, format and count filled in.

    Raises:
        InvalidArgument: the picture would be too large.
    """
    full = imagegen_pb2.GenerateRequest()
    full.CopyFrom(request)
    full.width_pixels = request.width_pixels or 1080
    full.height_pixels = request.height_pixels or 1920
    if full.width_pixels * full.height_pixels > MOST_PIXELS:  # only one side was given
        raise InvalidArgument(
            ("width_pixels", f"times height_pixels must be at most {MOST_PIXELS} (7680x4320)")
        )
    full.format = request.format or imagegen_pb2.IMAGE_FORMAT_PNG
    full.count = request.count or 1
    return full
