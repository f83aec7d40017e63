"""What has been made of a film, joined, stored and told of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reelmesh.common.v1.asset_pb2 import MediaFacts
from reelmesh.compose.v1 import compose_pb2
from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest, ComposeResult
from servers.chassis.engine import WorkContext
from servers.compose.codecs import Codec, codec
from servers.compose.copies import gif
from servers.compose.defaults import set_seconds
from servers.compose.drawn import Text
from servers.compose.encoding import too_large
from servers.compose.materials import RATE
from servers.compose.mux import About, Chapter, join
from servers.compose.subtitles import srt, vtt
from servers.compose.timeline import Timeline

_SUBTITLES = {
    compose_pb2.SUBTITLE_FORMAT_SRT: ("film.srt", "application/x-subrip"),
    compose_pb2.SUBTITLE_FORMAT_VTT: ("film.vtt", "text/vtt"),
    compose_pb2.SUBTITLE_FORMAT_ASS: ("film.ass", "text/x-ssa"),
}
"""File and media type of each format."""


@dataclass(frozen=True)
class Made:
    """A film's parts as files."""

    film: Sequence[tuple[Path, int]]
    """The encoded pieces in order, each with its length in frames."""
    clean: Sequence[tuple[Path, int]]
    """The same without lettering. Empty where that is not wanted."""
    sound: Path
    narration: Path | None
    cover: Path
    thumbnails: Path | None


async def deliver(
    request: ComposeRequest, made: Made, words: Text, timeline: Timeline, work: WorkContext
) -> ComposeResult:
    """Joins and stores a film and what was made beside it.

    Raises:
        Internal: ffmpeg failed.
    """
    coded, folder = codec(request.output), work.scratch
    facts = _facts(request, timeline, coded)
    rest = (timeline.fps, made.sound, _about(request, timeline))
    result = ComposeResult()
    film = await join(folder, made.film, *rest, _soft(request, words, folder), codec=coded)
    result.provenance.warnings.extend(too_large(request.output, film.stat().st_size))
    if request.output.gif:
        small = await gif(film, coded, folder, (request.canvas.width_pixels, request.canvas.height_pixels))
        result.gif.CopyFrom(await work.store(small, "image/gif"))
    result.film.CopyFrom(await work.store(film, coded.media_type, facts))
    if made.clean:
        bare = await join(folder, made.clean, *rest, codec=coded, name="clean")
        result.clean_film.CopyFrom(await work.store(bare, coded.media_type, facts))
    if made.narration is not None:
        result.narration.CopyFrom(await work.store(made.narration, "audio/mp4", _sound_facts(timeline)))
    if made.thumbnails is not None:
        result.thumbnails.CopyFrom(await work.store(made.thumbnails, "image/jpeg"))
    result.cover.CopyFrom(await work.store(made.cover, "image/jpeg", _picture_facts(request)))
    result.subtitle_files.extend(await _subtitle_files(request, words, folder, work))
    set_seconds(result.duration, timeline.seconds)
    for scene, shot in zip(request.scenes, timeline.shots, strict=True):
        placed = result.scenes.add(id=scene.id)
        set_seconds(placed.start, timeline.at(shot.start))
        set_seconds(placed.duration, timeline.at(shot.end) - timeline.at(shot.start))
    result.provenance.seed = request.seed
    return result


def _about(request: ComposeRequest, timeline: Timeline) -> About:
    chapters = [
        Chapter(timeline.at(shot.start), timeline.at(shot.end), scene.title)
        for scene, shot in zip(request.scenes, timeline.shots, strict=True)
        if scene.title
    ]
    return About(request.title, request.description, request.language, chapters)


def _languages(words: Text) -> list[str]:
    """Those that the film's words are known in beside the spoken one."""
    return list(dict.fromkeys(language for cue in words.cues for language in cue.others))


def _soft(request: ComposeRequest, words: Text, folder: Path) -> list[tuple[Path, str]]:
    if request.subtitles.mode != parts.SUBTITLE_MODE_SOFT or not words.cues:
        return []
    tracks = [(folder / "soft.srt", request.language)]
    tracks[0][0].write_text(srt(words.cues), encoding="utf-8")
    for index, language in enumerate(_languages(words)):
        path = folder / f"soft-{index}.srt"
        path.write_text(srt(words.cues, language), encoding="utf-8")
        tracks.append((path, language))
    return tracks


async def _subtitle_files(
    request: ComposeRequest, words: Text, folder: Path, work: WorkContext
) -> Sequence[compose_pb2.SubtitleFile]:
    if not words.cues:
        return []
    files: list[compose_pb2.SubtitleFile] = []

    async def add(format_: compose_pb2.SubtitleFormat.ValueType, content: str, language: str) -> None:
        name, media_type = _SUBTITLES[format_]
        path = folder / name
        path.write_text(content, encoding="utf-8")
        asset = await work.store(path, media_type)
        files.append(compose_pb2.SubtitleFile(format=format_, asset=asset, language=language))

    await add(compose_pb2.SUBTITLE_FORMAT_SRT, srt(words.cues), request.language)
    await add(compose_pb2.SUBTITLE_FORMAT_VTT, vtt(words.cues), request.language)
    await add(compose_pb2.SUBTITLE_FORMAT_ASS, words.subtitles.text(), request.language)
    for language in _languages(words):
        await add(compose_pb2.SUBTITLE_FORMAT_SRT, srt(words.cues, language), language)
        await add(compose_pb2.SUBTITLE_FORMAT_VTT, vtt(words.cues, language), language)
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
