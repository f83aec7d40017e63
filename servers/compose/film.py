"""Making a film, step by step: measure, lay out, draw and encode piece by piece beside the sound, join."""

from __future__ import annotations

import math
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
from servers.compose import copies, sound
from servers.compose.defaults import MOST_SECONDS, exact, rate, set_seconds
from servers.compose.drawn import Text, text
from servers.compose.encoding import Codec
from servers.compose.materials import RATE, Gathering, Materials, Together
from servers.compose.mux import About, Chapter, join
from servers.compose.outputs import codec, encoding, too_large
from servers.compose.picturing import Describe, description, prepared_layers
from servers.compose.render_settings import piece
from servers.compose.subtitles import srt, vtt
from servers.compose.timeline import Change, Timeline, Wish, lay, segments

Progress = Callable[[dict[str, Any]], None]
"""Takes {"stage", "fraction", "eta"}."""

_SECONDS_FOR_A_FRAME = 5.0
"""Bound on drawing and encoding one frame, on a busy machine."""
_START_SECONDS = 120.0
_MOST_COVERS = 12
"""Shots that are looked at for a cover."""
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
    coded = codec(request.output)
    found = await Gathering(request, work, tools.prober).all()
    timeline = _timeline(request, found)
    words = text(request, timeline, _word_starts(request, timeline), font, tools.font_folders)
    folder = work.scratch
    layers, warnings = await prepared_layers(request, found, timeline, folder, tools.renderers)
    drawing = _Drawing(
        request, description(request, found, timeline, layers), timeline, words, folder, tools, report
    )
    mix = _mix(request, found, timeline)
    report({"stage": "encoding", "fraction": _LOADED})
    async with Together() as start:
        heard = start(_sound(request, mix, folder, tools))
        spoken = start(_narration(request, mix, folder, tools))
        cover = start(drawing.cover())
        strip = start(drawing.strip(request.output.thumbnails))
        pieces = start(drawing.pieces())
    report({"stage": "joining", "fraction": _ENCODED})
    about, soft = _about(request, timeline), _soft(request, words, folder)
    rest = (timeline.fps, heard.result(), about)
    made = await join(folder, pieces.result().film, *rest, soft, codec=coded)
    warnings = [*warnings, *too_large(request.output, made.stat().st_size)]
    result = ComposeResult()
    if request.output.gif:
        small = await copies.gif(
            made, coded, folder, (request.canvas.width_pixels, request.canvas.height_pixels)
        )
        result.gif.CopyFrom(await work.store(small, "image/gif"))
    facts = _facts(request, timeline, coded)
    if request.output.clean_copy:
        clean = await join(folder, pieces.result().clean, *rest, codec=coded, name="clean")
        result.clean_film.CopyFrom(await work.store(clean, coded.media_type, facts))
    if (alone := spoken.result()) is not None:
        result.narration.CopyFrom(await work.store(alone, "audio/mp4", _sound_facts(timeline)))
    if (pictures := strip.result()) is not None:
        result.thumbnails.CopyFrom(await work.store(pictures, "image/jpeg"))
    result.film.CopyFrom(await work.store(made, coded.media_type, facts))
    result.cover.CopyFrom(await work.store(cover.result(), "image/jpeg", _picture_facts(request)))
    result.subtitle_files.extend(await _subtitle_files(request, words, folder, work))
    set_seconds(result.duration, timeline.seconds)
    for scene, shot in zip(request.scenes, timeline.shots, strict=True):
        placed = result.scenes.add(id=scene.id)
        set_seconds(placed.start, timeline.at(shot.start))
        set_seconds(placed.duration, timeline.at(shot.end) - timeline.at(shot.start))
    result.provenance.seed = request.seed
    result.provenance.warnings.extend([*found.warnings, *words.warnings, *warnings])
    return result


@dataclass(frozen=True)
class _Pieces:
    """Encoded pieces in order, each with its length in frames."""

    film: list[tuple[Path, int]]
    clean: list[tuple[Path, int]]
    """Without lettering. Empty where that is not wanted."""


class _Drawing:
    """Draws and encodes the pieces of a film in worker processes."""

    def __init__(
        self,
        request: ComposeRequest,
        film: Describe,
        timeline: Timeline,
        words: Text,
        folder: Path,
        tools: Tools,
        report: Progress,
    ) -> None:
        self._film = film
        self._timeline = timeline
        self._script = words.burned
        self._folder = folder
        self._encoding = encoding(request.output, timeline.seconds).as_json()
        self._clean = request.output.clean_copy
        self._renderers = tools.renderers
        self._report = report
        self._done: dict[str, int] = {}
        self._began = time.monotonic()
        self._environment = _fonts(folder, words.fonts)

    async def pieces(self) -> _Pieces:
        """Every piece, encoded; those with lettering also without it, where a clean copy is wanted."""
        cuts = segments(self._timeline, piece(self._timeline.fps))
        lengths = [end - first for first, end in cuts]
        async with Together() as start:
            tasks = [start(self._lettered(index, *cut)) for index, cut in enumerate(cuts)]
            bare = [start(self._bare(index, *cut)) for index, cut in enumerate(cuts)] if self._clean else []
        film = [task.result() for task in tasks]
        clean = [task.result() or piece for task, piece in zip(bare, film, strict=False)]
        return _Pieces(list(zip(film, lengths, strict=True)), list(zip(clean, lengths, strict=False)))

    async def cover(self) -> Path:
        """The best of the shots' middles as a picture, without text."""
        step = math.ceil(len(self._timeline.shots) / _MOST_COVERS)
        middles = [(shot.start + shot.end) // 2 for shot in self._timeline.shots[::step]]
        return await self._stills("cover", middles)

    async def strip(self, count: int) -> Path | None:
        """Pictures from all over the film, side by side; None where none are wanted."""
        if not count:
            return None
        return await self._stills("strip", copies.spread(self._timeline.frames, count))

    async def _stills(self, method: str, frames: Sequence[int]) -> Path:
        out = self._folder / f"{method}.jpg"
        wanted = [{"film": self._film(frame, frame + 1), "frame": frame} for frame in frames]
        bound = _START_SECONDS + _SECONDS_FOR_A_FRAME * len(frames)
        await self._renderers.call(method, {"frames": wanted, "out": str(out)}, timeout_seconds=bound)
        return out

    async def _lettered(self, index: int, first: int, end: int) -> Path:
        script = self._script.piece(first, end)
        name = f"piece-{index:05d}.ass" if script.events else None
        if name:
            (self._folder / name).write_text(script.text(), encoding="utf-8")
        return await self._encode(f"piece-{index:05d}", self._film(first, end), first, end, name)

    async def _bare(self, index: int, first: int, end: int) -> Path | None:
        """A piece without lettering; None where it has none, so that it is the same."""
        film = self._film(first, end)
        kept = [layer for layer in film["layers"] if not layer.get("lettering")]
        if len(kept) == len(film["layers"]) and not self._script.piece(first, end).events:
            return None
        return await self._encode(f"clean-{index:05d}", {**film, "layers": kept}, first, end, None)

    async def _encode(
        self, name: str, film: Mapping[str, Any], first: int, end: int, script: str | None
    ) -> Path:
        out = self._folder / f"{name}.mp4"
        arguments = {
            "film": film,
            "first": first,
            "end": end,
            "script": script,
            "folder": str(self._folder),
            "environment": self._environment,
            "out": str(out),
            "encoding": self._encoding,
        }
        bound = _START_SECONDS + _SECONDS_FOR_A_FRAME * (end - first)
        await self._renderers.call(
            "encode",
            arguments,
            timeout_seconds=bound,
            on_progress=lambda report: self._advance(name, report["frames"]),
        )
        self._advance(name, end - first)
        return out

    def _advance(self, name: str, frames: int) -> None:
        self._done[name] = frames
        whole = self._timeline.frames * (2 if self._clean else 1)
        done = sum(self._done.values()) / whole
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


def _mix(request: ComposeRequest, found: Materials, timeline: Timeline) -> sound.Mix:
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
    return sound.Mix(
        round(timeline.seconds * RATE),
        placed,
        _around(request, found, timeline),
        _bed(request, found),
        speech,
    )


def _around(request: ComposeRequest, found: Materials, timeline: Timeline) -> list[sound.Placed]:
    """The clips' own sounds, each at its place."""
    placed: list[sound.Placed] = []
    for scene, heard, shot in zip(request.scenes, found.heard, timeline.shots, strict=True):
        if heard is not None:
            at = round(timeline.at(shot.shown_from) * RATE)
            seen = round(timeline.at(shot.shown_until) * RATE) - at
            fade = max(480, round(Fraction(shot.tail) / timeline.fps * RATE))
            samples = min(heard.samples, seen)
            placed.append(sound.Placed(str(heard.path), samples, at, scene.clip_gain_db, fade))
    return placed


async def _sound(request: ComposeRequest, mix: sound.Mix, folder: Path, tools: Tools) -> Path:
    loudness = None if request.keep_loudness else request.loudness_lufs
    bits, webm = request.output.audio_bits_per_second, codec(request.output).webm
    return await sound.make(mix, folder, loudness, bits, tools.mixers, webm=webm)


async def _narration(request: ComposeRequest, mix: sound.Mix, folder: Path, tools: Tools) -> Path | None:
    """What is spoken, alone; None where nothing is, or where it is not asked for."""
    if not request.output.narration_file or not mix.spoken:
        return None
    alone = sound.Mix(mix.samples, mix.spoken, [], None, mix.speech)
    loudness = None if request.keep_loudness else request.loudness_lufs
    bits = request.output.audio_bits_per_second
    return await sound.make(alone, folder, loudness, bits, tools.mixers, name="narration")


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


def _soft(request: ComposeRequest, words: Text, folder: Path) -> list[tuple[Path, str]]:
    if request.subtitles.mode != parts.SUBTITLE_MODE_SOFT or not words.cues:
        return []
    path = folder / "soft.srt"
    path.write_text(srt(words.cues), encoding="utf-8")
    return [(path, request.language)]


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


def _facts(request: ComposeRequest, timeline: Timeline, coded: Codec) -> MediaFacts:
    facts = _sound_facts(timeline)
    facts.MergeFrom(_picture_facts(request))
    facts.frames_per_second = float(timeline.fps)
    facts.video_codec, facts.audio_codec = coded.name, coded.sound
    return facts


def _sound_facts(timeline: Timeline) -> MediaFacts:
    facts = MediaFacts(sample_rate_hertz=RATE, channels=2, audio_codec="aac")
    set_seconds(facts.duration, timeline.seconds)
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
