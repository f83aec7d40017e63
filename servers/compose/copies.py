"""What is made of a finished film beside it: a small GIF, and where to take pictures out of it."""

from __future__ import annotations

from pathlib import Path

from servers.chassis.media import commands, ffmpeg
from servers.compose.encoding import Codec
from servers.compose.fitting import within

_GIF_SECONDS = 6
_GIF_RATE = 10
_GIF_SIDE = 480
_TIMEOUT_SECONDS = 300.0


async def gif(film: Path, codec: Codec, folder: Path, size: tuple[int, int]) -> Path:
    """The film's first seconds as a GIF: ten frames a second, its longer side at most 480 pixels.

    Raises:
        Internal: ffmpeg failed.
    """
    out = folder / "film.gif"
    width, height = within(*size, _GIF_SIDE)
    # One palette for all frames, made of what moves; a regular dither packs better than a scattered one.
    graph = (
        f"fps={_GIF_RATE},scale={width}:{height}:flags=area,split[a][b];"
        "[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=bayer:bayer_scale=4"
    )
    arguments = (
        *commands.source(film, "matroska" if codec.webm else "mov", "-t", str(_GIF_SECONDS)),
        *("-map", "0:v:0", "-vf", graph, "-loop", "0", "-bitexact", "-f", "gif", f"file:{out}"),
    )
    await ffmpeg.run(arguments, timeout_seconds=_TIMEOUT_SECONDS)
    return out


def spread(frames: int, count: int) -> list[int]:
    """Frames spread evenly over a film, each in the middle of its part."""
    return [min(frames - 1, (2 * index + 1) * frames // (2 * count)) for index in range(count)]
