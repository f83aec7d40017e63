"""Making a film, step by step: measure, lay out, draw and encode piece by piece beside the sound, join."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.compose.v1 import compose_pb2
from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest, ComposeResult
from servers.chassis.engine import WorkContext
from servers.chassis.errors import InvalidArgument
from servers.chassis.media.fonts import Font, font_stack
from servers.chassis.media.probe import Prober
from servers.chassis.worker import WorkerPool
from servers.compose import sound, soundtrack, titled
from servers.compose.changes import CHANGES
from servers.compose.codecs import codec
from servers.compose.covers import Cover
from servers.compose.defaults import MOST_SECONDS, exact, rate
from servers.compose.delivery import Made, deliver
from servers.compose.drawn import text
from servers.compose.encoding import Encoding, encoding
from servers.compose.endcard import END_CARD, with_end_card
from servers.compose.hardware import Hardware
from servers.compose.kept import Kept
from servers.compose.laying import prepared_layers
from servers.compose.materials import Gathering, Materials, Still, Together
from servers.compose.mixing import mix, word_starts
from servers.compose.picturing import Describe, description, pictures_band
from servers.compose.pieces import Pictures, Pieces, Workshop
from servers.compose.preview import Growing, as_preview
from servers.compose.render_settings import piece
from servers.compose.scripts import NOTHING, Burning, font_folder
from servers.compose.strips import Strip
from servers.compose.timeline import Piece, Timeline, Wish, lay, pieces

T = TypeVar("T")

Progress = Callable[[dict[str, Any]], None]
"""Takes {"stage", "fraction"}, and "eta" and "preview" where they are known."""

_Files = list[tuple[Path, int]]
"""Encoded pieces in order, each with its length in frames."""

_MOST_ATTEMPTS = 2
"""How often a film that came out too large is encoded again."""
_FITTING = 0.98
"""Share of a size that its streams may have: the container needs some."""
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
    codec(request.output)  # it is there, or refused before anything is made
    await tools.renderers.warm()
    found = await Gathering(request, work, tools.prober, tools.renderers).all()
    timeline = _timeline(request, found)
    band = pictures_band(request, found)
    words = text(request, timeline, word_starts(request, timeline), font, band, tools.font_folders)
    folder = work.scratch
    layers, warnings = await prepared_layers(request, found, timeline, folder, tools.renderers)
    kept = Kept(work.kept / "pieces", tools.kept_bytes)
    shop = Workshop(folder, tools.renderers, tools.at_once, kept, work.owner, version)
    burning = Burning(words.burned, words.fonts, font_folder(folder, words.fonts))
    encoder, told = await tools.hardware.chosen(
        encoding(request.output, timeline.fps, timeline.seconds), request.output, tools.renderers, folder
    )
    shooting = _Shooting(
        pieces(timeline, piece(timeline.fps)),
        description(request, found, timeline, layers),
        burning,
        encoder,
        shop,
        found.cover,
    )
    await soundtrack.slow_down(request, found, timeline, folder)
    made, done = await _made(request, mix(request, found, timeline), shooting, work, tools, report)
    report({"stage": "joining", "fraction": _ENCODED})
    if request.cover.title.strip():
        size = (request.canvas.width_pixels, request.canvas.height_pixels)
        cover, lacking = await titled.titled(
            made.cover,
            request.cover.title,
            size,
            folder,
            lambda shown: font_stack(font, shown, tools.font_folders),
        )
        made, told = replace(made, cover=cover), [*told, *lacking]
    result = await deliver(request, made, words, timeline, work)
    result.work.CopyFrom(done)
    result.provenance.warnings.extend([*found.warnings, *words.warnings, *warnings, *told])
    return result


@dataclass(frozen=True)
class _Shooting:
    """What the film's pictures are made of and with."""

    cut: Sequence[Piece]
    describe: Describe
    burning: Burning
    encoder: Encoding
    shop: Workshop
    cover: Still | None
    """The picture of the cover, where one is given."""


async def _made(
    request: ComposeRequest,
    mixed: sound.Mix,
    shooting: _Shooting,
    work: WorkContext,
    tools: Tools,
    report: Progress,
) -> tuple[Made, compose_pb2.ComposeWork]:
    """Makes pictures and sound, side by side, and tells what it took."""
    cut, describe, folder = shooting.cut, shooting.describe, work.scratch
    pictures = Pictures(shooting.shop)
    growing = Growing(
        cut,
        rate(request.canvas.frames_per_second),
        folder,
        lambda seconds: soundtrack.beginning(request, mixed, seconds, folder, tools.mixers),
        lambda path: work.store(path, "video/mp4"),
    )
    first_is_made = asyncio.Event()

    def made(index: int, path: Path) -> None:
        growing.made(index, path)
        first_is_made.set()

    async def behind(work: Callable[[], Awaitable[T]]) -> T:
        """Of a preview, nothing holds up the first piece."""
        if request.preview:
            await first_is_made.wait()
        return await work()

    making = Pieces(cut, describe, shooting.burning, shooting.encoder, pictures, _encoding(report), made=made)
    size = (request.canvas.width_pixels, request.canvas.height_pixels)
    picture = shooting.cover
    looking = Cover(cut if picture is None else (), describe, pictures)

    async def cover_picture() -> Path:
        if picture is None:
            return await looking.best()
        return await titled.given(picture, size, folder, tools.renderers)

    strip = Strip(cut, describe, pictures, request.output.thumbnails)
    report({"stage": "encoding", "fraction": _LOADED})
    await making.look_up()
    await looking.look_up()
    strip.expect()
    try:
        async with Together() as start:
            heard = start(behind(lambda: soundtrack.whole(request, mixed, shooting.shop, tools.mixers)))
            if request.preview:
                start(growing.publish(_previewing(report)))
            spoken = start(soundtrack.narration(request, mixed, folder, tools.mixers))
            encoded = start(making.all())
            cover = start(behind(cover_picture))
            thumbnails = start(behind(strip.make))
        film, shooting = await _fitting(request.output, encoded.result(), heard.result(), shooting, pictures)
        clean = await _clean(shooting, pictures) if request.output.clean_copy else []
    finally:
        await pictures.close()
    done = compose_pb2.ComposeWork(
        pieces=len(cut),
        reused_pieces=making.reused,
        encoder=shooting.encoder.codec,
        processes=tools.at_once,
    )
    return Made(film, clean, heard.result(), spoken.result(), cover.result(), thumbnails.result()), done


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
    if whole is not None and request.scenes[-1].id == END_CARD:
        # The last scene that is spoken lasts until the recording ends, not the card behind it.
        before = sum((wish.least or Fraction(0) for wish in wishes[:-2]), Fraction(0))
        wishes[-2] = replace(wishes[-2], least=max(wishes[-2].least or Fraction(0), whole - before))
    timeline = lay(wishes, rate(request.canvas.frames_per_second), whole)
    if timeline.seconds > MOST_SECONDS:
        raise InvalidArgument(("scenes", f"must last at most {MOST_SECONDS // 3600} hours together"))
    return timeline


def _too_much(output: parts.Output, film: _Files, heard: Path) -> float | None:
    """By what share the bit rate has to fall for the size that is asked for; None where it is kept."""
    target = output.target_size_bytes
    pictures, sound = sum(path.stat().st_size for path, _ in film), heard.stat().st_size
    if not target or pictures + sound <= _FITTING * target:
        return None
    return max(0.1, (_FITTING * target - sound) / pictures) * _FITTING


async def _fitting(
    output: parts.Output, film: _Files, heard: Path, shooting: _Shooting, pictures: Pictures
) -> tuple[_Files, _Shooting]:
    """The pieces of a film that keeps to its size: as they are, or encoded again at a lower rate."""
    for attempt in range(_MOST_ATTEMPTS):
        if (share := _too_much(output, film, heard)) is None:
            break
        shooting = replace(shooting, encoder=shooting.encoder.tightened(share))
        making = Pieces(
            shooting.cut,
            shooting.describe,
            shooting.burning,
            shooting.encoder,
            pictures,
            lambda *_: None,
            name=f"again-{attempt}",
        )
        await making.look_up()
        film = await making.all()
    return film, shooting


async def _clean(shooting: _Shooting, pictures: Pictures) -> _Files:
    """The pieces without lettering. Those that have none are kept from the film itself."""

    def bare(piece: Piece) -> dict[str, Any]:
        described = shooting.describe(piece)
        layers = [layer for layer in described["layers"] if not layer.get("lettering")]
        return {**described, "layers": layers}

    making = Pieces(shooting.cut, bare, NOTHING, shooting.encoder, pictures, lambda *_: None, name="clean")
    await making.look_up()
    return await making.all()
