"""What every engine must keep, checked against any engine: ours, and one you are writing.

    python -m servers.chassis.conformance reelmesh.tts.engines espeak

A law is a coroutine that gets a `Case` and raises `Broken` when the engine breaks it. None looks at a clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import struct
import sys
import tempfile
import wave
import zlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from reelmesh.asr.v1 import asr_pb2
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.compose.v1 import compose_pb2, timeline_pb2
from reelmesh.imagegen.v1 import imagegen_pb2
from reelmesh.script.v1 import script_pb2
from reelmesh.tts.v1 import tts_pb2
from reelmesh.video.v1 import video_pb2
from servers.chassis.assets import SharedAssets
from servers.chassis.blobs import BlobFolder
from servers.chassis.engine import Engine
from servers.chassis.errors import Fault, InvalidArgument, NotFound
from servers.chassis.interceptors import violations_of
from servers.chassis.servicer import Desk

OWNER = "conformance"
UNKNOWN_DIGEST = "0" * 64
_HEAVY = ("numpy", "cv2", "PIL", "torch", "av", "diffusers", "funasr")


class Broken(AssertionError):
    """An engine broke a law."""


@dataclass(frozen=True)
class Case:
    """One engine, one request that it must serve, and a store."""

    engine: Engine
    request: Message
    assets: SharedAssets

    async def run(self, request: Message | None = None) -> tuple[list[Progress], Message]:
        """Runs the (resolved) request to its end: all progress, and the one result."""
        resolved = self.engine.resolve(request or self.request).request
        progress: list[Progress] = []
        results: list[Message] = []
        desk = Desk(OWNER, "conformance", self.assets)
        try:
            async for item in self.engine.run(resolved, desk):
                if results:
                    raise Broken("something came after the result")
                if isinstance(item, Progress):
                    progress.append(item)
                else:
                    results.append(item)
        finally:
            await desk.clear()
        if len(results) != 1:
            raise Broken(f"{len(results)} results instead of one")
        return progress, results[0]


Law = Callable[[Case], Awaitable[None]]


async def describes_itself(case: Case) -> None:
    """The engine says what it is; capabilities are sorted; nothing of the chassis' part is filled in."""
    description = case.engine.describe()
    if not description.description or not description.version:
        raise Broken("describe() must give a description and a version")
    if list(description.capabilities) != sorted(description.capabilities):
        raise Broken("capabilities must be sorted")


async def resolves_without_touching_the_request(case: Case) -> None:
    """Resolving fills in a copy, is idempotent, keeps the contract's rules and names a version."""
    before = case.request.SerializeToString(deterministic=True)
    first = case.engine.resolve(case.request)
    if case.request.SerializeToString(deterministic=True) != before:
        raise Broken("resolve() changed the caller's request")
    if not first.version:
        raise Broken("resolve() must name a version")
    second = case.engine.resolve(first.request)
    if (second.request, second.version, second.cacheable) != (first.request, first.version, first.cacheable):
        raise Broken("resolving a resolved request must change nothing")
    if broken := violations_of(first.request):
        raise Broken(f"the resolved request breaks the contract: {broken[0]}")


async def ends_with_one_result(case: Case) -> None:
    """Progress has a stage and a fraction within 0..1; one result comes, last."""
    progress, _ = await case.run()
    for report in progress:
        if not report.stage or not 0 <= report.fraction <= 1:
            raise Broken(f"progress needs a stage and a fraction within 0..1: {report}")


async def repeats_what_may_be_remembered(case: Case) -> None:
    """A cacheable request gives the same result twice, what tells how it came to be apart."""
    if not case.engine.resolve(case.request).cacheable:
        return
    _, first = await case.run()
    _, second = await case.run()
    for result in (first, second):
        for told in {"provenance", "work"} & set(result.DESCRIPTOR.fields_by_name):
            result.ClearField(told)
    if first != second:
        raise Broken("a cacheable request gave two different results")


async def serves_several_at_once(case: Case) -> None:
    """Two runs at the same time both end."""
    await asyncio.gather(case.run(), case.run())


async def survives_cancelling(case: Case) -> None:
    """A run that is cancelled at its first sign of life ends, and the engine serves the next."""
    resolved = case.engine.resolve(case.request).request

    async def first_sign() -> None:
        desk = Desk(OWNER, "conformance", case.assets)
        try:
            async for _ in case.engine.run(resolved, desk):
                alive.set()
        finally:
            await desk.clear()

    alive = asyncio.Event()
    task = asyncio.create_task(first_sign())
    signs = asyncio.create_task(alive.wait())
    await asyncio.wait({task, signs}, return_when=asyncio.FIRST_COMPLETED)
    signs.cancel()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await case.run()


async def names_the_field_of_an_asset_that_is_not_there(case: Case) -> None:
    """An asset that is not in the store is NOT_FOUND, and the error names the request's field."""
    for path in _asset_fields(case.request):
        request = type(case.request)()
        request.CopyFrom(case.request)
        _asset_at(request, path).digest = UNKNOWN_DIGEST
        try:
            await case.run(request)
        except NotFound as fault:
            if path.split("[")[0] not in fault.message:
                raise Broken(f"the error must name {path}: {fault.message}") from None
        else:
            raise Broken(f"{path} is not in the store, and nothing was said")


async def refuses_with_faults_alone(case: Case) -> None:
    """An asset that is not media is refused with INVALID_ARGUMENT, not with a failure of the server."""
    path = next(iter(_asset_fields(case.request)), None)
    if path is None:
        return
    request = type(case.request)()
    request.CopyFrom(case.request)
    _asset_at(request, path).CopyFrom(
        await _stored(case.assets, b"#EXTM3U\nfile:///etc/passwd\n", "text/plain")
    )
    try:
        await case.run(request)
    except InvalidArgument:
        return
    except Fault as fault:
        raise Broken(f"{path} is not media: expected INVALID_ARGUMENT, got {fault.code.name}") from fault
    raise Broken(f"{path} is not media, and nothing was said")


LAWS: tuple[Law, ...] = (
    describes_itself,
    resolves_without_touching_the_request,
    ends_with_one_result,
    repeats_what_may_be_remembered,
    serves_several_at_once,
    survives_cancelling,
    names_the_field_of_an_asset_that_is_not_there,
    refuses_with_faults_alone,
)


def light_imports(group: str, name: str) -> str:
    """Program text that loads, describes and checks an engine and fails if that imported something heavy."""
    return (
        "import sys, importlib.metadata as m\n"
        f"e = [p for p in m.entry_points(group={group!r}) if p.name == {name!r}][0].load()({{}})\n"
        "e.describe(); e.missing()\n"
        f"heavy = [h for h in {_HEAVY!r} if h in sys.modules]\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )


def served(engine: Engine, requests: Sequence[Message]) -> list[Message]:
    """Those of some requests that the engine says it serves: one that aligns need not transcribe.

    Raises:
        Broken: it serves none.
    """
    wanted = [request for request in requests if _takes(engine, request) and engine.serves(request)]
    if not wanted:
        raise Broken("the engine serves none of the small requests that its group is tried with")
    return wanted


def _takes(engine: Engine, request: Message) -> bool:
    """Whether it is offered such requests at all: what enlarges does nothing else, what draws does not."""
    upscales = "upscale" in engine.describe().capabilities
    return not isinstance(request, imagegen_pb2.GenerateRequest if upscales else imagegen_pb2.UpscaleRequest)


async def samples(group: str, assets: SharedAssets) -> list[Message]:
    """Small requests that engines of a group are tried with; each must serve at least one."""
    picture = await _stored(assets, picture_bytes(64, 96), "image/png")
    sound = await _stored(assets, sound_bytes(1.0), "audio/wav")
    found: dict[str, list[Message]] = {
        "reelmesh.script.engines": [script_pb2.PlanRequest(text="A fox saw some grapes. They hung high.")],
        "reelmesh.tts.engines": [
            tts_pb2.SynthesizeRequest(text="A fox saw some grapes.", seed=1),
            tts_pb2.SynthesizeRequest(text="A fox saw some grapes.", seed=1, reference_audio=sound),
        ],
        "reelmesh.imagegen.engines": [
            imagegen_pb2.GenerateRequest(
                prompt="a fox under a vine", width_pixels=64, height_pixels=96, seed=1
            ),
            imagegen_pb2.UpscaleRequest(asset=picture, factor=2),
        ],
        "reelmesh.video.providers": [_clip(picture), _clip(picture, sound)],
        "reelmesh.asr.engines": [
            asr_pb2.TranscribeRequest(audio=sound, language="en"),
            asr_pb2.AlignRequest(audio=sound, text="a fox", language="en"),
        ],
        "reelmesh.compose.engines": [_film(picture, sound)],
    }
    return found[group]


def _clip(picture: Asset, sound: Asset | None = None) -> video_pb2.GenerateRequest:
    request = video_pb2.GenerateRequest(
        prompt="slowly closer",
        first_frame=picture,
        driving_audio=sound,
        width_pixels=64,
        height_pixels=96,
        frames_per_second=10,
        seed=1,
    )
    request.duration.FromMilliseconds(500)
    return request


def _film(picture: Asset, sound: Asset) -> compose_pb2.ComposeRequest:
    canvas = timeline_pb2.Canvas(width_pixels=64, height_pixels=96, frames_per_second=10)
    scene = timeline_pb2.Scene(picture=picture, narration=sound, text="A fox.")
    scene.words.add(text="A", char_start=0, char_end=1).end.FromMilliseconds(300)
    word = scene.words.add(text="fox", char_start=2, char_end=5)
    word.start.FromMilliseconds(300)
    word.end.FromMilliseconds(800)
    return compose_pb2.ComposeRequest(canvas=canvas, scenes=[scene, scene])


def picture_bytes(width: int, height: int) -> bytes:
    """A small PNG with a gradient, made without any library."""
    rows = b"".join(
        b"\0" + bytes(value for x in range(width) for value in (x * 255 // width, y * 255 // height, 128))
        for y in range(height)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def sound_bytes(seconds: float, rate: int = 16000) -> bytes:
    """A WAV file with a quiet buzz, made without any library."""
    with tempfile.TemporaryFile() as file:
        with wave.open(file, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(rate)
            sound.writeframes(
                b"".join(struct.pack("<h", (n * 97 % 200 - 100) * 30) for n in range(int(seconds * rate)))
            )
        file.seek(0)
        return file.read()


async def _stored(assets: SharedAssets, content: bytes, media_type: str) -> Asset:
    async with assets.scratch("sample") as scratch:
        path = scratch / "sample"
        path.write_bytes(content)
        return await assets.store(OWNER, path, media_type)


def _asset_fields(message: Any, prefix: str = "") -> Iterator[str]:
    """Paths of the assets set in a request, e.g. "scenes[0].picture"."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        items = list(enumerate(value)) if field.is_repeated else [(None, value)]
        for index, item in items:
            path = f"{prefix}{field.name}" + (f"[{index}]" if index is not None else "")
            if isinstance(item, Asset):
                yield path
            elif field.message_type.full_name.startswith("reelmesh."):
                yield from _asset_fields(item, f"{path}.")


def _asset_at(message: Any, path: str) -> Asset:
    for part in path.split("."):
        name, _, index = part.rstrip("]").partition("[")
        message = getattr(message, name)
        message = message[int(index)] if index else message
    asset: Asset = message
    return asset


async def check(group: str, name: str) -> list[str]:
    """Every law that an installed engine breaks, one line each."""
    [point] = [point for point in importlib.metadata.entry_points(group=group) if point.name == name]
    broken: list[str] = []
    with tempfile.TemporaryDirectory() as root:
        assets = SharedAssets(BlobFolder(Path(root), low_space_bytes=0, low_space_fraction=0))
        requests = await samples(group, assets)
        for request in served(point.load()({}), requests):
            engine: Engine = point.load()({})
            for law in LAWS:
                try:
                    await law(Case(engine, request, assets))
                except (Broken, Fault) as error:
                    broken.append(f"{type(request).__name__}: {law.__name__}: {error}")
            await engine.close()
    return broken


if __name__ == "__main__":
    found = asyncio.run(check(*sys.argv[1:3]))
    print("\n".join(found) or "the engine keeps every law")
    sys.exit(1 if found else 0)
