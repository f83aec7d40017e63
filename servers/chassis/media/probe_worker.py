"""The worker process that opens media to measure it: PyAV for sound and video, Pillow for pictures."""

from __future__ import annotations

from typing import Any

from servers.chassis.worker_main import Refused, Report, serve

_MOST_STREAMS = 64
_UNRELIABLE_LENGTH = ("mp3", "aac", "mpegts")
"""Demuxers that guess the length from the bit rate: their packets are counted instead."""


def picture(arguments: dict[str, Any], _: Report) -> dict[str, Any]:
    """Size of a picture from its header; the pixels of one that is too large are never decoded."""
    from PIL import ExifTags, Image, UnidentifiedImageError

    from servers.chassis.media.camera import FORMATS, MOST_PIXELS

    field = arguments["field"]
    limit = f"must be a picture of at most {MOST_PIXELS // 1_000_000} megapixels"
    try:
        with Image.open(arguments["path"], formats=FORMATS) as opened:
            width, height = opened.size
            if width * height > MOST_PIXELS:  # before the EXIF: a PNG's may stand behind its pixels
                raise Refused(field, f"{limit}; this one has {width}x{height}")
            turned = opened.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
            codec = (opened.format or "").lower()
    except Image.DecompressionBombError:
        raise Refused(field, limit) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise Refused(field, "must be a picture that can be read; this one is broken") from None
    if turned:
        width, height = height, width
    return {
        "media_type": arguments["media_type"],
        "container": codec,
        "width": width,
        "height": height,
        "video_codec": codec,
    }


def streams(arguments: dict[str, Any], _: Report) -> dict[str, Any]:
    """Streams of sound or video."""
    import av
    import av.error

    field = arguments["field"]
    try:
        with av.open(
            arguments["path"],
            format=arguments["demuxer"],
            options={"protocol_whitelist": "file,pipe"},
            timeout=20.0,
        ) as container:
            return _measure(container, arguments["media_type"], arguments["demuxer"], field)
    except (av.error.FFmpegError, ValueError, EOFError) as error:
        raise Refused(
            field, f"must be media that can be read; this one is broken ({_plain(error)})"
        ) from None


def _measure(container: Any, media_type: str, demuxer: str, field: str) -> dict[str, Any]:
    from servers.chassis.media.camera import MOST_PIXELS

    if len(container.streams) > _MOST_STREAMS:
        raise Refused(field, f"must have at most {_MOST_STREAMS} streams")
    video = next((stream for stream in container.streams.video if not _is_cover(stream)), None)
    audio = next(iter(container.streams.audio), None)
    if video is None and audio is None:
        raise Refused(field, "must hold sound or video; this one holds neither")
    facts: dict[str, Any] = {"media_type": media_type, "container": container.format.name}
    if video is not None:
        width, height = video.codec_context.width, video.codec_context.height
        if width * height > MOST_PIXELS:
            raise Refused(field, f"must have frames of at most {MOST_PIXELS // 1_000_000} megapixels")
        if _rotation(container, video) % 180:
            width, height = height, width
        rate = video.average_rate or video.base_rate or 0
        facts |= {
            "width": width,
            "height": height,
            "fps": float(rate),
            "video_codec": video.codec_context.name,
        }
    elif media_type.startswith("video/"):
        facts["media_type"] = "audio/" + media_type.removeprefix("video/")
    if video is not None and media_type == "audio/ogg":
        facts["media_type"] = "video/ogg"
    if audio is not None:
        context = audio.codec_context
        facts |= {
            "sample_rate": context.sample_rate,
            "channels": context.layout.nb_channels,
            "audio_codec": context.name,
        }
    facts["duration"] = _length(container, video or audio, demuxer)
    return facts


def _is_cover(stream: Any) -> bool:
    """Pictures attached to music are no video."""
    import av.stream

    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _length(container: Any, stream: Any, demuxer: str) -> float:
    """Seconds that the container states; where it only guesses or is silent, the packets' own times."""
    if container.duration and demuxer not in _UNRELIABLE_LENGTH:
        return float(container.duration) / 1_000_000
    first = last = None
    for packet in container.demux(stream):
        if packet.pts is None:
            continue
        first = packet.pts if first is None else min(first, packet.pts)
        end = packet.pts + (packet.duration or 0)
        last = end if last is None else max(last, end)
    if first is None or last is None:
        return 0.0
    return float((last - first) * stream.time_base)


def _rotation(container: Any, video: Any) -> int:
    """Degrees by which a player turns the picture, from the first frame's display matrix."""
    for frame in container.decode(video):
        turned = int(getattr(frame, "rotation", 0))
        container.seek(0)
        return turned
    return 0


def _plain(error: Exception) -> str:
    """A library's words without the path it was given."""
    return (getattr(error, "strerror", None) or type(error).__name__)[:120]


if __name__ == "__main__":
    serve({"picture": picture, "streams": streams})
