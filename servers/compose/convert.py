"""Converting a film: another frame, another size, another quality, in one pass of ffmpeg."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from reelmesh.common.v1.asset_pb2 import MediaFacts
from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ConvertRequest, ConvertResult
from servers.chassis.engine import WorkContext
from servers.chassis.errors import Internal, InvalidArgument
from servers.chassis.media import commands, ffmpeg
from servers.chassis.media.fonts import FontStack
from servers.chassis.media.formats import Kind, sniff
from servers.chassis.media.probe import Probe, Prober
from servers.compose.ass import Script, frame_at
from servers.compose.codecs import codec
from servers.compose.defaults import rate
from servers.compose.drawn import left_out
from servers.compose.encoding import encoding, too_large
from servers.compose.fitting import filters, inside
from servers.compose.headings import EDGE, SIDE, Lettered, around
from servers.compose.picturing import FITS, even
from servers.compose.scripts import font_folder

_TIMEOUT_SECONDS = 4 * 3600.0


async def convert(
    request: ConvertRequest,
    work: WorkContext,
    prober: Prober,
    font: Callable[[str], FontStack],
    report: Callable[[dict[str, Any]], None],
) -> ConvertResult:
    """Makes the new film. `font` gives the fonts that a text is drawn with.

    Raises:
        NotFound: the film is not there.
        InvalidArgument: it is not a video that can be decoded.
    """
    report({"stage": "loading", "fraction": 0.0})
    film = await work.path(request.film, "film")
    probe = await prober.want(film, "film", Kind.VIDEO)
    canvas = request.canvas if request.HasField("canvas") else _as_it_is(probe)
    fps = rate(canvas.frames_per_second)
    graph = filters(FITS[canvas.fit], canvas.width_pixels, canvas.height_pixels, fps, canvas.background)
    written = lines(canvas, probe, fps, work.scratch, font)
    graph += written.filter
    coded = codec(request.output)
    tags = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
    out = work.scratch / ("converted.webm" if coded.webm else "converted.mp4")
    arguments = (
        *commands.source(film, sniff(film, "film").demuxer),
        *("-map", "0:v:0", "-map", "0:a:0?", "-vf", graph, "-fps_mode", "cfr", "-r", str(fps)),
        *encoding(request.output, fps, Fraction(max(probe.duration, 0.1)), alone=True).arguments(),
        *("-pix_fmt", "yuv420p", *tags),
        *("-c:a", coded.sound_encoder, "-b:a", str(request.output.audio_bits_per_second)),
        *("-ar", "48000", "-ac", "2", "-map_metadata", "0", "-bitexact", *coded.muxer, f"file:{out}"),
    )

    def on_progress(seconds: float) -> None:
        share = min(seconds / probe.duration, 1.0) if probe.duration else 0.0
        report({"stage": "encoding", "fraction": 0.98 * share})

    try:
        await ffmpeg.run(
            arguments,
            timeout_seconds=_TIMEOUT_SECONDS,
            on_progress=on_progress,
            cwd=work.scratch,
            environment=written.environment,
        )
    except Internal as failed:
        # The film was probed, so what fails is decoding it.
        raise InvalidArgument(("film", f"must be a video that can be decoded; {failed.message}")) from None
    facts = MediaFacts(
        width_pixels=canvas.width_pixels,
        height_pixels=canvas.height_pixels,
        frames_per_second=float(fps),
        video_codec=coded.name,
        audio_codec=coded.sound if probe.audio_codec else "",
        sample_rate_hertz=48_000 if probe.audio_codec else 0,
        channels=2 if probe.audio_codec else 0,
    )
    facts.duration.FromNanoseconds(round(probe.duration * 1e9))
    result = ConvertResult()
    result.provenance.warnings.extend(written.warnings)
    result.provenance.warnings.extend(too_large(request.output, out.stat().st_size))
    result.film.CopyFrom(await work.store(out, coded.media_type, facts))
    return result


@dataclass(frozen=True)
class _Written:
    """The canvas' lines of text."""

    filter: str = ""
    """What draws them, behind the other filters."""
    environment: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()


def lines(
    canvas: parts.Canvas, probe: Probe, fps: Fraction, folder: Path, font: Callable[[str], FontStack]
) -> _Written:
    """Lays the canvas' lines out above and below the film."""
    text = canvas.index_text + canvas.title_text + canvas.desc_text
    if not text.strip():
        return _Written()
    stack, size = font(text), (canvas.width_pixels, canvas.height_pixels)
    missing = stack.missing(text)
    _, top, _, height = inside(probe.width, probe.height, *size)
    band = (0, size[1]) if canvas.fit == parts.FIT_COVER else (top, top + height)
    lettered = Lettered(size, stack, frozenset(missing), round(SIDE * size[0]))
    end = frame_at(max(probe.duration, 1.0) + 1.0, fps)
    script = Script(*size, fps, *around(canvas, lettered, band, round((1.0 - EDGE) * size[1]), end))
    (folder / "lines.ass").write_text(script.text(), encoding="utf-8")
    environment = font_folder(folder, (stack.first, *stack.others))
    warnings = [left_out(missing)] if missing else []
    return _Written(",ass=filename=lines.ass:fontsdir=fonts,format=yuv420p", environment, warnings)


def _as_it_is(probe: Probe) -> parts.Canvas:
    """The film's own frame, with even sides as yuv420p wants them."""
    return parts.Canvas(
        width_pixels=even(probe.width),
        height_pixels=even(probe.height),
        frames_per_second=probe.fps or 30.0,
        fit=parts.FIT_COVER,
        background="#000000",
    )
