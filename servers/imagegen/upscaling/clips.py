"""Clips that are enlarged: how ffmpeg reads their frames and writes the larger ones, sound and rate kept."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from servers.chassis.media import commands

PICTURE = (
    *("-c:v", "libx264", "-preset", "veryfast", "-crf", "16", "-color_range", "tv"),
    *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"),
)
"""How the frames are encoded: finer than a clip is first made, so that little is lost by the second time."""
FILE = ("-map_metadata", "-1", "-bitexact", "-movflags", "+faststart", "-f", "mp4")
"""How the file is written; its name follows."""


def sound(codec: str) -> tuple[str, ...]:
    """How its sound is kept: as it is where MP4 players know it."""
    return ("-c:a", "copy") if codec in ("aac", "mp3") else ("-c:a", "aac", "-b:a", "192k")


def rate_of(fps: float) -> Fraction:
    """Frames a second as a fraction; 29.97 and its like become what they stand for."""
    for whole in (24, 30, 60, 120):
        if abs(fps - whole * 1000 / 1001) < 0.005:
            return Fraction(whole * 1000, 1001)
    return Fraction(fps).limit_denominator(1000)


def reading(path: Path, demuxer: str, size: tuple[int, int], rate: Fraction) -> list[str]:
    """The command that writes a clip's frames to its stdout, RGB of 8 bits, at an even rate."""
    filters = f"fps={rate.numerator}/{rate.denominator},scale={size[0]}:{size[1]}"
    return commands.command(
        [
            *commands.source(path, demuxer),
            *("-map", "0:v:0", "-vf", filters, "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"),
        ]
    )


def writing(
    path: Path, demuxer: str, size: tuple[int, int], rate: Fraction, codec: str, out: Path
) -> list[str]:
    """The command that reads larger frames from its stdin and writes them with the sound of the clip."""
    frames: Sequence[str] = (
        *commands.CONFINED,
        *("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{size[0]}x{size[1]}"),
        *("-r", f"{rate.numerator}/{rate.denominator}", "-i", "pipe:0"),
    )
    filters = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"
    return commands.command(
        [
            *("-y", *frames, *commands.source(path, demuxer), "-map", "0:v:0", "-map", "1:a:0?"),
            *("-vf", filters, *PICTURE, *sound(codec), *FILE, f"file:{out}"),
        ]
    )
