"""What is made of a finished film beside it: a small GIF."""

from __future__ import annotations

from pathlib import Path

from servers.chassis.media import commands, ffmpeg
from servers.compose.codecs import Codec
from servers.compose.fitting import within

_SECONDS = 6
_RATE = 10
_SIDE = 480
_TIMEOUT_SECONDS = 300.0


async def gif(film: Path, codec: Codec, folder: Path, size: tuple[int, int]) -> Path:
    """The film's first seconds as a GIF: ten frames a second, its longer side at most 480 pixels.

    Raises:
        Internal: ffmpeg failed.
    """
    out = folder / "film.gif"
    width, height = within(*size, _SIDE)
    # One palette for all frames, made of what moves; a regular dither packs better than a scattered one.
    graph = (
        f"fps={_RATE},scale={width}:{height}:flags=area,split[a][b];"
        "[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=bayer:bayer_scale=4"
    )
    arguments = (
        *commands.source(film, codec.demuxer, "-t", str(_SECONDS)),
        *("-map", "0:v:0", "-vf", graph, "-loop", "0", "-bitexact", "-f", "gif", f"file:{out}"),
    )
    await ffmpeg.run(arguments, timeout_seconds=_TIMEOUT_SECONDS)
    return out
