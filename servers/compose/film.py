"""Making a film, step by step: measure, lay out, draw and encode piece by piece beside the sound, join."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from reelmesh.common.v1.asset_pb2 import Asset, MediaFacts
from reelmesh.compose.v1 import compose_pb2
from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest, ComposeResult
from servers.chassis.engine import WorkContext
from servers.chassis.errors import InvalidArgument
from servers.chassis.media.fonts import Font
from servers.chassis.media.probe import Prober
from servers.chassis.worker import WorkerPool
from servers.compose import sound
from servers.compose.ass import Script
from servers.compose.defaults import MOST_SECONDS, exact, rate, set_seconds
from servers.compose.drawn import Text, text
from servers.compose.materials import RATE, Gathering, Materials, Together
from servers.compose.mux import About, Chapter, join
from servers.compose.picturing import description, prepared_layers
from servers.compose.render_settings import piece
from servers.compose.subtitles import srt, vtt
from servers.compose.timeline import Change, Timeline, Wish, lay, segments

Progress = Callable[[dict[str, Any]], None]
"""Takes {"stage", "fraction", "eta"}."""

_SECONDS_FOR_A_FRAME = 5.0
"""Bound on drawing and encoding one frame, on a busy machine."""
_START_SECONDS = 120.0
_LOADED, _ENCODED = 0.04, 0.97
"""Shares of the whole that are done when everything is measured, and when everything is encoded."""
_CHANGES = {
    parts.TRANSITION_KIND_CUT: Change.CUT,
    parts.TRANSITION_KIND_CROSSFADE: Change.CROSSFADE,
    parts.TRANSITION_KIND_FADE_BLACK: Change.FADE_BLACK,
}


@dataclass(frozen=True)
class Tools:
    """The worker processes that a film is made with."""

    prober: Prober
    renderers: WorkerPool
    mixers: WorkerPool
    font_folders: tuple[Path, ...] = ()
    """Where fonts are looked for before the system's folders."""


async def make(
    request: ComposeRequest, work: WorkContext, tools: Tools, font: Font, report: Progress
) -> ComposeResult:
    """Makes the film of a request that has every default filled in.

    Raises:
        InvalidArgument: an asset is not what its field wants.
        NotFound: an asset is not there.
        FailedPrecondition: the font that is named lacks a glyph.
        Internal: the encoder failed.
    """
    report({"stage": "loading", "fraction": 0.0})
    found = await Gathering(request, work, tools.prober).all()
    timeline = _timeline(request, found)
    words = text(request, timeline, _word_starts(request, timeline), font, tools.font_folders)
    folder = work.scratch
    layers, warnings = await prepared_layers(request, found, timeline, folder, tools.renderers)
    film = description(request, found, timeline, layers)
    report({"stage": "encoding", "fraction": _LOADED})
    drawing = _Drawing(film, timeline, words.burned, folder, words.fonts, request.output, tools.renderers, report)
    async with Together() as start:
        heard = start(_sound(request, found, timeline, folder, tools))
        cover = start(drawing.cover(timeline.shots[0].length // 2))
        pieces = start(drawing.pieces())
    report({"stage": "joining", "fraction": _ENCODED})
    soft = _soft(request, words, folder)
    made = await join(folder, pieces.result(), timeline.fps, heard.result(), _about(request, timeline), soft)
    result = ComposeResult(
        film=await work.store(made, "video/mp4", _facts(request, timeline)),
        cover=await work.store(cover.result(), "image/jpeg", _picture_facts(request)),
        subtitle_files=await _subtitle_files(request, words, folder, work),
    )
    set_seconds(result.duration, timeline.seconds)
    for scene, shot in zip(request.scenes, timeline.shots, strict=True):
        placed = result.scenes.add(id=scene.id)
        set_seconds(placed.start, timeline.at(shot.start))
        set_seconds(placed.duration, timeline.at(shot.end) - timeline.at(shot.start))
    result.provenance.seed = request.seed
    result.provenance.warnings.extend([*found.warnings, *words.warnings, *warnings])
    return result


class _Drawing:
    """Draws and encodes the pieces of a film in worker processes."""

    def __init__(
        self,
        film: Callable[[int, int], Mapping[str, Any]],
        timeline: Timeline,
        script: Script,
        folder: Path,
        fonts: Sequence[Font],
        output: parts.Output,
        renderers: WorkerPool,
        report: Progress,
    ) -> None:
        self._film = film
        self._timeline = timeline
        self._script = script
        self._folder = folder
        self._output = output
        self._renderers = renderers
        self._report = report
        self._done: dict[int, int] = {}
        self._began = time.monotonic()
        self._environment = _fonts(folder, fonts)

    async def pieces(self) -> list[tuple[Path, int]]:
        """Every piece, encoded, with its length in frames."""
        cuts = segments(self._timeline, piece(self._timeline.fps))
        async with Together() as start:
            tasks = [start(self._piece(index, *cut)) for index, cut in enumerate(cuts)]
        return [(task.result(), end - first) for task, (first, end) in zip(tasks, cuts, strict=True)]

    async def cover(self, frame: int) -> Path:
        """One frame as a picture, without text."""
        out = self._folder / "cover.jpg"
        arguments = {"film": self._film(frame, frame + 1), "frame": frame, "out": str(out)}
        await self._renderers.call("cover", arguments, timeout_seconds=_START_SECONDS)
        return out

    async def _piece(self, index: int, first: int, end: int) -> Path:
        out = self._folder / f"piece-{index:05d}.mp4"
        script = self._script.piece(first, end)
        name = f"piece-{index:05d}.ass" if script.events else None
        if name:
            (self._folder / name).write_text(script.text(), encoding="utf-8")
        arguments = {
            "film": self._film(first, end),
            "first": first,
            "end": end,
            "script": name,
            "folder": str(self._folder),
            "environment": self._environment,
            "out": str(out),
            "crf": self._output.crf,
            "preset": self._output.preset,
        }
        bound = _START_SECONDS + _SECONDS_FOR_A_FRAME * (end - first)
        await self._renderers.call(
            "encode",
            arguments,
            timeout_seconds=bound,
            on_progress=lambda report: self._advance(index, report["frames"]),
        )
        self._advance(index, end - first)
        return out

    def _advance(self, index: int, frames: int) -> None:
        self._done[index] = frames
        done = sum(self._done.values()) / self._timeline.frames
        took = time.monotonic() - self._began
        self._report(
            {
                "stage": "encoding",
                "fraction": _LOADED + (_ENCODED - _LOADED) * done,
                "eta": took * (1.0 - done) / done + 0.5 if done else None,
            }
        )


def _timeline(request: ComposeRequest, found: Materials) -> Timeline:
    wishes = [
        Wish(
            narration=spoken.seconds if spoken is not None else None,
            least=exact(scene.duration) if scene.HasField("duration") else None,
            pause=exact(scene.pause),
            change=_CHANGES[scene.transition.kind],
            change_seconds=exact(scene.transition.duration),
        )
        for scene, spoken in zip(request.scenes, found.spoken, strict=True)
    ]
    whole = found.narration.seconds if found.narration is not None else None
    timeline = lay(wishes, rate(request.canvas.frames_per_second), whole)
    if timeline.seconds > MOST_SECONDS:
        raise InvalidArgument(("scenes", f"must last at most {MOST_SECONDS // 3600} hours together"))
    return timeline


def _word_starts(request: ComposeRequest, timeline: Timeline) -> list[Fraction]:
    """When each scene's words begin to count: with one recording, by its own time, not rounded to frames."""
    if not request.HasField("narration"):
        return [timeline.at(shot.start) for shot in timeline.shots]
    starts = [Fraction(0)]
    for scene in request.scenes:
        starts.append(starts[-1] + exact(scene.duration))
    return starts[:-1]


async def _sound(
    request: ComposeRequest, found: Materials, timeline: Timeline, folder: Path, tools: Tools
) -> Path:
    starts = [round(timeline.at(shot.start) * RATE) for shot in timeline.shots]
    placed: list[sound.Placed] = []
    speech: list[tuple[int, int]] = []
    for at, spoken in zip(starts, found.spoken, strict=True):
        if spoken is not None:
            placed.append(sound.Placed(str(spoken.path), spoken.samples, at))
            speech.append((at, at + spoken.samples))
    if found.narration is not None:
        placed.append(sound.Placed(str(found.narration.path), found.narration.samples, 0))
        speech = _spoken_stretches(request, timeline) or [(0, found.narration.samples)]
    for scene, heard, shot in zip(request.scenes, found.heard, timeline.shots, strict=True):
        if heard is not None:
            at = round(timeline.at(shot.shown_from) * RATE)
            seen = round(timeline.at(shot.shown_until) * RATE) - at
            fade = max(480, round(Fraction(shot.tail) / timeline.fps * RATE))
            samples = min(heard.samples, seen)
            placed.append(sound.Placed(str(heard.path), samples, at, scene.clip_gain_db, fade))
    mix = sound.Mix(round(timeline.seconds * RATE), placed, _bed(request, found), speech)
    bits = request.output.audio_bits_per_second
    return await sound.make(mix, folder, request.loudness_lufs, bits, tools.mixers)


def _bed(request: ComposeRequest, found: Materials) -> sound.Bed | None:
    if found.music is None:
        return None
    music = request.music
    fades = (round(exact(music.fade_in) * RATE), round(exact(music.fade_out) * RATE))
    return sound.Bed(str(found.music.path), found.music.samples, music.gain_db, music.duck_db, *fades)


def _spoken_stretches(request: ComposeRequest, timeline: Timeline) -> list[tuple[int, int]]:
    """When somebody speaks in one recording, from the words' times."""
    stretches: list[tuple[int, int]] = []
    for scene, start in zip(request.scenes, _word_starts(request, timeline), strict=True):
        for word in scene.words:
            begin, end = (round((start + exact(time)) * RATE) for time in (word.start, word.end))
            if stretches and begin <= stretches[-1][1] + RATE // 2:
                stretches[-1] = (stretches[-1][0], max(end, stretches[-1][1]))
            else:
                stretches.append((begin, end))
    return stretches


def _about(request: ComposeRequest, timeline: Timeline) -> About:
    chapters = [
        Chapter(timeline.at(shot.start), timeline.at(shot.end), scene.title)
        for scene, shot in zip(request.scenes, timeline.shots, strict=True)
        if scene.title
    ]
    return About(request.title, request.description, request.language, chapters)


def _soft(request: ComposeRequest, words: Text, folder: Path) -> Path | None:
    if request.subtitles.mode != parts.SUBTITLE_MODE_SOFT or not words.cues:
        return None
    path = folder / "soft.srt"
    path.write_text(srt(words.cues), encoding="utf-8")
    return path


async def _subtitle_files(
    request: ComposeRequest, words: Text, folder: Path, work: WorkContext
) -> Sequence[compose_pb2.SubtitleFile]:
    if not words.cues:
        return []
    files: list[compose_pb2.SubtitleFile] = []
    for format_, name, media_type, content in (
        (compose_pb2.SUBTITLE_FORMAT_SRT, "film.srt", "application/x-subrip", srt(words.cues)),
        (compose_pb2.SUBTITLE_FORMAT_VTT, "film.vtt", "text/vtt", vtt(words.cues)),
        (compose_pb2.SUBTITLE_FORMAT_ASS, "film.ass", "text/x-ssa", words.subtitles.text()),
    ):
        path = folder / name
        path.write_text(content, encoding="utf-8")
        asset: Asset = await work.store(path, media_type)
        files.append(compose_pb2.SubtitleFile(format=format_, asset=asset))
    return files


def _facts(request: ComposeRequest, timeline: Timeline) -> MediaFacts:
    facts = _picture_facts(request)
    set_seconds(facts.duration, timeline.seconds)
    facts.frames_per_second = float(timeline.fps)
    facts.sample_rate_hertz, facts.channels = RATE, 2
    facts.video_codec, facts.audio_codec = "h264", "aac"
    return facts


def _picture_facts(request: ComposeRequest) -> MediaFacts:
    return MediaFacts(width_pixels=request.canvas.width_pixels, height_pixels=request.canvas.height_pixels)


def _fonts(folder: Path, fonts: Sequence[Font]) -> dict[str, str]:
    """A folder with the fonts that are drawn with, and a fontconfig that knows nothing else."""
    named = folder / "fonts"
    named.mkdir(exist_ok=True)
    for number, font in enumerate(fonts):
        (named / f"font{number}{font.path.suffix}").symlink_to(font.path)
    config = folder / "fonts.conf"
    config.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
        '<fontconfig><dir prefix="cwd">fonts</dir><cachedir prefix="cwd">fonts-cache</cachedir></fontconfig>'
    )
    return {"FONTCONFIG_FILE": str(config)}
