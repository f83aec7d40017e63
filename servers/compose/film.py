"""Making a film, step by step: measure, lay out, draw and encode piece by piece beside the sound, join."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from servers.compose.changes import CHANGES
from servers.compose.codecs import Codec, codec
from servers.compose.copies import gif
from servers.compose.covers import Cover
from servers.compose.defaults import MOST_SECONDS, exact, rate, set_seconds
from servers.compose.drawn import Text, text
from servers.compose.encoding import Encoding, encoding, too_large
from servers.compose.endcard import with_end_card
from servers.compose.hardware import Hardware
from servers.compose.kept import Kept
from servers.compose.laying import prepared_layers
from servers.compose.materials import RATE, Gathering, Materials, Moving, Sound, Together
from servers.compose.mixing import mix, word_starts
from servers.compose.mux import About, Chapter, join
from servers.compose.picturing import Describe, clip_speed, description, pictures_band
from servers.compose.pieces import Pictures, Pieces, Workshop, digest
from servers.compose.preview import Growing, as_preview
from servers.compose.render_settings import piece
from servers.compose.scripts import NOTHING, Burning, font_folder
from servers.compose.strips import Strip
from servers.compose.subtitles import srt, vtt
from servers.compose.timeline import Piece, Timeline, Wish, lay, pieces

Progress = Callable[[dict[str, Any]], None]
"""Takes {"stage", "fraction"}, and "eta" and "preview" where they are known."""

_MOST_ATTEMPTS = 2
"""How often a film that came out too large is encoded again."""
_FITTING = 0.98
"""Share of a size that its streams may have: the container needs some."""
_SUBTITLES = {
    compose_pb2.SUBTITLE_FORMAT_SRT: ("film.srt", "application/x-subrip"),
    compose_pb2.SUBTITLE_FORMAT_VTT: ("film.vtt", "text/vtt"),
    compose_pb2.SUBTITLE_FORMAT_ASS: ("film.ass", "text/x-ssa"),
}
"""File and media type of each format."""
_LOADED, _ENCODED = 0.04, 0.97
"""Shares of the whole that are done when everything is measured, and when everything is encoded."""


@dataclass(frozen=True)
class Tools:
    """The worker processes that a film is made with."""

    prober: Prober
    renderers: WorkerPool
    mixers: WorkerPool
    at_once: int
    """How many pieces are drawn and encoded at once."""
    kept_bytes: int
    """Bound of the pieces that are kept for later films."""
    hardware: Hardware
    """The encoder in hardware that is asked for, if one is."""
    font_folders: tuple[Path, ...] = ()
    """Where fonts are looked for before the system's folders."""


async def make(
    request: ComposeRequest, work: WorkContext, tools: Tools, font: Font, version: str, report: Progress
) -> ComposeResult:
    """Makes the film of a request that has every default filled in.

    Raises:
        InvalidArgument: an asset is not what its field wants.
        NotFound: an asset is not there.
        FailedPrecondition: the font that is named lacks a glyph.
        Internal: the encoder failed.
    """
    report({"stage": "loading", "fraction": 0.0})
    request = as_preview(with_end_card(request))
    coded = codec(request.output)
    found = await Gathering(request, work, tools.prober).all()
    timeline = _timeline(request, found)
    band = pictures_band(request, found)
    words = text(request, timeline, word_starts(request, timeline), font, band, tools.font_folders)
    folder = work.scratch
    layers, warnings = await prepared_layers(request, found, timeline, folder, tools.renderers)
    describe = description(request, found, timeline, layers)
    kept = Kept(work.kept / "pieces", tools.kept_bytes)
    shop = Workshop(folder, tools.renderers, tools.at_once, kept, work.owner, version)
    burning = Burning(words.burned, words.fonts, font_folder(folder, words.fonts))
    encoder, told = await tools.hardware.chosen(
        encoding(request.output, timeline.fps, timeline.seconds), request.output, tools.renderers, folder
    )
    cut = pieces(timeline, piece(timeline.fps))
    pictures = Pictures(shop)
    growing = Growing(cut, timeline.fps, folder, lambda path: work.store(path, "video/mp4"))
    making = Pieces(cut, describe, burning, encoder, pictures, _encoding(report), made=growing.made)
    looking = Cover(cut, describe, pictures)
    strip = Strip(cut, describe, pictures, request.output.thumbnails)
    report({"stage": "encoding", "fraction": _LOADED})
    await making.look_up()
    await looking.look_up()
    strip.expect()
    await _slow_down(request, found, timeline, folder)
    mixed = mix(request, found, timeline)
    try:
        async with Together() as start:
            heard = start(_sound(request, mixed, shop, tools))
            if request.preview:
                start(growing.publish(heard, _previewing(report)))
            spoken = start(_narration(request, mixed, folder, tools))
            encoded = start(making.all())
            cover = start(looking.best())
            thumbnails = start(strip.make())
        film = encoded.result()
        for attempt in range(_MOST_ATTEMPTS):
            if (share := _too_much(request.output, film, heard.result())) is None:
                break
            encoder = encoder.tightened(share)
            again = Pieces(
                cut, describe, burning, encoder, pictures, lambda *_: None, name=f"again-{attempt}"
            )
            await again.look_up()
            film = await again.all()
        clean = await _clean(request, cut, describe, encoder, pictures) if request.output.clean_copy else []
    finally:
        await pictures.close()
    report({"stage": "joining", "fraction": _ENCODED})
    rest = (timeline.fps, heard.result(), _about(request, timeline))
    soft = _soft(request, words, folder)
    made = await join(folder, film, *rest, soft, codec=coded)
    warnings = [*warnings, *told, *too_large(request.output, made.stat().st_size)]
    facts = _facts(request, timeline, coded)
    result = ComposeResult()
    if clean:
        bare = await join(folder, clean, *rest, codec=coded, name="clean")
        result.clean_film.CopyFrom(await work.store(bare, coded.media_type, facts))
    if request.output.gif:
        small = await gif(made, coded, folder, (request.canvas.width_pixels, request.canvas.height_pixels))
        result.gif.CopyFrom(await work.store(small, "image/gif"))
    if (alone := spoken.result()) is not None:
        result.narration.CopyFrom(await work.store(alone, "audio/mp4", _sound_facts(timeline)))
    if (side_by_side := thumbnails.result()) is not None:
        result.thumbnails.CopyFrom(await work.store(side_by_side, "image/jpeg"))
    result.film.CopyFrom(await work.store(made, coded.media_type, facts))
    result.cover.CopyFrom(await work.store(cover.result(), "image/jpeg", _picture_facts(request)))
    result.subtitle_files.extend(await _subtitle_files(request, words, folder, work))
    set_seconds(result.duration, timeline.seconds)
    for scene, shot in zip(request.scenes, timeline.shots, strict=True):
        placed = result.scenes.add(id=scene.id)
        set_seconds(placed.start, timeline.at(shot.start))
        set_seconds(placed.duration, timeline.at(shot.end) - timeline.at(shot.start))
    result.work.CopyFrom(
        compose_pb2.ComposeWork(
            pieces=len(cut), reused_pieces=making.reused, encoder=encoder.codec, processes=tools.at_once
        )
    )
    result.provenance.seed = request.seed
    result.provenance.warnings.extend([*found.warnings, *words.warnings, *warnings])
    return result


def _encoding(report: Progress) -> Callable[[float, float | None], None]:
    def advance(done: float, left: float | None) -> None:
        fraction = _LOADED + (_ENCODED - _LOADED) * done
        report({"stage": "encoding", "fraction": fraction, "eta": left})

    return advance


def _previewing(report: Progress) -> Callable[[Asset], None]:
    return lambda asset: report({"stage": "encoding", "fraction": 0.0, "preview": asset})


def _timeline(request: ComposeRequest, found: Materials) -> Timeline:
    wishes = [
        Wish(
            narration=spoken.seconds if spoken is not None else None,
            least=exact(scene.duration) if scene.HasField("duration") else None,
            pause=exact(scene.pause),
            change=CHANGES[scene.transition.kind],
            change_seconds=exact(scene.transition.duration),
        )
        for scene, spoken in zip(request.scenes, found.spoken, strict=True)
    ]
    whole = found.narration.seconds if found.narration is not None else None
    timeline = lay(wishes, rate(request.canvas.frames_per_second), whole)
    if timeline.seconds > MOST_SECONDS:
        raise InvalidArgument(("scenes", f"must last at most {MOST_SECONDS // 3600} hours together"))
    return timeline


def _too_much(output: parts.Output, film: Sequence[tuple[Path, int]], heard: Path) -> float | None:
    """By what share the bit rate has to fall for the size that is asked for; None where it is kept."""
    target = output.target_size_bytes
    pictures, sound = sum(path.stat().st_size for path, _ in film), heard.stat().st_size
    if not target or pictures + sound <= _FITTING * target:
        return None
    return max(0.1, (_FITTING * target - sound) / pictures) * _FITTING


async def _clean(
    request: ComposeRequest,
    cut: Sequence[Piece],
    describe: Describe,
    encoder: Encoding,
    pictures: Pictures,
) -> list[tuple[Path, int]]:
    """The pieces without lettering. Those that have none are kept from the film itself."""

    def bare(piece: Piece) -> dict[str, Any]:
        described = describe(piece)
        layers = [layer for layer in described["layers"] if not layer.get("lettering")]
        return {**described, "layers": layers}

    making = Pieces(cut, bare, NOTHING, encoder, pictures, lambda *_: None, name="clean")
    await making.look_up()
    return await making.all()


async def _slow_down(request: ComposeRequest, found: Materials, timeline: Timeline, folder: Path) -> None:
    """Slows the own sound of clips that are slowed down."""
    for index, (scene, heard) in enumerate(zip(request.scenes, found.heard, strict=True)):
        clip = found.shown[index]
        if heard is None or not isinstance(clip, Moving):
            continue
        speed = clip_speed(scene, clip, timeline.shots[index], timeline)
        if speed < 1.0:
            out = folder / f"slow-{index:04d}.f32"
            found.heard[index] = Sound(out, await sound.slowed(heard.path, heard.samples, speed, out))


async def _sound(request: ComposeRequest, mixed: sound.Mix, shop: Workshop, tools: Tools) -> Path:
    """The film's sound: as it was kept, where it would be the same."""
    loudness = None if request.keep_loudness else request.loudness_lufs
    bits, webm = request.output.audio_bits_per_second, codec(request.output).webm
    heard = await asyncio.to_thread(sound.fingerprint, mixed)
    settings = (loudness, bits, webm, request.preview)
    name = digest({"sound": heard, "settings": settings, "version": shop.version, "owner": shop.owner})
    out = shop.folder / f"sound-of-film{'.webm' if webm else '.m4a'}"
    if await asyncio.to_thread(shop.kept.take, name, out):
        return out
    made = await sound.make(
        mixed, shop.folder, loudness, bits, tools.mixers, webm=webm, limited=not request.preview
    )
    await asyncio.to_thread(shop.kept.keep, name, made)
    return made


async def _narration(request: ComposeRequest, mixed: sound.Mix, folder: Path, tools: Tools) -> Path | None:
    """What is spoken, alone; None where nothing is, or where it is not asked for."""
    if not request.output.narration_file or not mixed.spoken:
        return None
    alone = sound.Mix(mixed.samples, mixed.spoken, [], None, mixed.speech)
    loudness = None if request.keep_loudness else request.loudness_lufs
    bits = request.output.audio_bits_per_second
    return await sound.make(alone, folder, loudness, bits, tools.mixers, name="narration")


def _about(request: ComposeRequest, timeline: Timeline) -> About:
    chapters = [
        Chapter(timeline.at(shot.start), timeline.at(shot.end), scene.title)
        for scene, shot in zip(request.scenes, timeline.shots, strict=True)
        if scene.title
    ]
    return About(request.title, request.description, request.language, chapters)


def _languages(request: ComposeRequest, words: Text) -> list[str]:
    """Those that the film's words are known in beside the spoken one."""
    return list(dict.fromkeys(language for cue in words.cues for language in cue.others))


def _soft(request: ComposeRequest, words: Text, folder: Path) -> list[tuple[Path, str]]:
    if request.subtitles.mode != parts.SUBTITLE_MODE_SOFT or not words.cues:
        return []
    tracks = [(folder / "soft.srt", request.language)]
    tracks[0][0].write_text(srt(words.cues), encoding="utf-8")
    for index, language in enumerate(_languages(request, words)):
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
        asset: Asset = await work.store(path, media_type)
        files.append(compose_pb2.SubtitleFile(format=format_, asset=asset, language=language))

    await add(compose_pb2.SUBTITLE_FORMAT_SRT, srt(words.cues), request.language)
    await add(compose_pb2.SUBTITLE_FORMAT_VTT, vtt(words.cues), request.language)
    await add(compose_pb2.SUBTITLE_FORMAT_ASS, words.subtitles.text(), request.language)
    for language in _languages(request, words):
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
