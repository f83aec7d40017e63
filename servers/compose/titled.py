"""The cover that a request gives: its picture in the frame's shape, and text drawn on it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from servers.chassis.media import commands, ffmpeg
from servers.chassis.media.fonts import FontStack
from servers.chassis.worker import WorkerPool
from servers.compose.ass import Event, Script
from servers.compose.drawn import left_out
from servers.compose.headings import LAYER, SIDE, Lettered
from servers.compose.materials import Still
from servers.compose.scripts import font_folder

_EM = 0.125
"""Size of the letters as a share of the frame's shorter side."""
_MOST_LINES = 3
_TOP = 0.1
"""Distance from the frame's upper edge as a share of its height: clear of what players lay over it."""
_HEIGHT = 0.42
"""Most that the text takes of the frame's height."""
_OUTLINE = 0.1
_FILTERS = (
    # libass draws for limited range, as in films: over anything else white would be grey.
    "scale=out_range=tv:out_color_matrix=bt709,format=yuv444p,ass=filename=title.ass:fontsdir=fonts,"
    "scale=in_range=tv:in_color_matrix=bt709:out_range=pc:out_color_matrix=bt601,format=yuvj444p"
)
_FIT_SECONDS = 120.0
_DRAW_SECONDS = 120.0


async def given(picture: Still, size: tuple[int, int], folder: Path, renderers: WorkerPool) -> Path:
    """A picture cut to the frame's shape, as a JPEG.

    Raises:
        InvalidArgument: it can not be decoded.
    """
    out = folder / "cover-given.jpg"
    arguments = {"path": str(picture.path), "field": picture.field, "size": list(size), "out": str(out)}
    await renderers.call("fit_cover", arguments, timeout_seconds=_FIT_SECONDS)
    return out


async def titled(
    picture: Path, title: str, size: tuple[int, int], scratch: Path, fonts: Callable[[str], FontStack]
) -> tuple[Path, list[str]]:
    """A JPEG of the frame's size with text drawn on it, and warnings.

    Args:
        picture: the JPEG.
        title: the text, of a user: it reaches libass in a script, escaped.
        size: width and height of the frame.
        scratch: a folder for files of the work.
        fonts: the fonts that a text is drawn with.
    """
    stack = fonts(title)
    missing = stack.missing(title)
    folder = scratch / "cover"
    folder.mkdir()
    script = layout(title, size, stack, frozenset(missing))
    (folder / "title.ass").write_text(script.text(), encoding="utf-8")
    out = folder / "cover.jpg"
    arguments = (
        *commands.source(picture, "jpeg_pipe"),
        *("-vf", _FILTERS, "-frames:v", "1", "-q:v", "2", "-bitexact", "-f", "mjpeg", f"file:{out}"),
    )
    environment = font_folder(folder, (stack.first, *stack.others))
    await ffmpeg.run(arguments, timeout_seconds=_DRAW_SECONDS, cwd=folder, environment=environment)
    return out, [f"cover: {left_out(missing)}"] if missing else []


def layout(title: str, size: tuple[int, int], stack: FontStack, missing: frozenset[str]) -> Script:
    """The text as a script of one frame: lines that fit, centred, in the upper part."""
    width, height = size
    lettered = Lettered(size, stack, missing, round(SIDE * width))
    lines, em = lettered.fitted(title, _EM * lettered.shorter, _MOST_LINES, _HEIGHT * height, bold=True)
    style = lettered.style("Cover", em, 8, round(_TOP * height), bold=True, outline=_OUTLINE)
    events = [Event(0, 2, style.name, lettered.joined(lines, em), LAYER)]
    return Script(width, height, Fraction(1), [style], events)
