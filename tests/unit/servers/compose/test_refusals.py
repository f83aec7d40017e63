"""Bad input: each with a clear fault that names the field; and a film that is cancelled leaves nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
import time
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.chassis.errors import FailedPrecondition, InvalidArgument, NotFound
from servers.compose.defaults import set_seconds
from servers.compose.engine import FfmpegEngine
from tests.unit.servers.compose.studio import Desk, canvas, processes_below, run, words


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
async def engine() -> AsyncIterator[FfmpegEngine]:
    made = FfmpegEngine({})
    yield made
    await made.close()


def request(desk: Desk) -> ComposeRequest:
    made = ComposeRequest(canvas=canvas(64, 64, 10))
    made.output.preset = "ultrafast"
    scene = made.scenes.add()
    scene.picture.CopyFrom(desk.picture((9, 9, 9), (64, 64)))
    set_seconds(scene.duration, 0.5)
    return made


def png(width: int, height: int) -> bytes:
    """A PNG that says it is of this size and holds almost nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))

    head = struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


async def refusal(engine: FfmpegEngine, made: ComposeRequest, desk: Desk) -> str:
    with pytest.raises(InvalidArgument) as caught:
        await run(engine, made, desk)
    [(field, rule)] = caught.value.violations
    assert str(desk.root) not in rule
    return f"{field}: {rule}"


@pytest.mark.parametrize(
    "playlist",
    [
        b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b'<?xml version="1.0"?><MPD></MPD>',
        b"[playlist]\nFile1=/etc/passwd\n",
        b"",
        b"RIFF\0\0\0\0what",
    ],
)
async def test_a_narration_that_is_no_sound_is_refused(
    engine: FfmpegEngine, desk: Desk, playlist: bytes
) -> None:
    made = request(desk)
    made.scenes[0].narration.CopyFrom(desk.give(playlist, "audio/wav"))
    assert (await refusal(engine, made, desk)).startswith(
        "scenes[0].narration: must be media of a known format"
    )


async def test_a_picture_bomb_is_refused_with_the_rule(engine: FfmpegEngine, desk: Desk) -> None:
    made = request(desk)
    made.scenes.add().picture.CopyFrom(desk.give(png(60_000, 60_000)))
    assert "scenes[1].picture: must be a picture of at most 64 megapixels" in await refusal(
        engine, made, desk
    )


async def test_a_broken_picture_is_refused_by_its_field(engine: FfmpegEngine, desk: Desk) -> None:
    made = request(desk)
    made.scenes[0].picture.CopyFrom(desk.give(png(300, 300)))
    assert "scenes[0].picture: " in await refusal(engine, made, desk)


async def test_sound_where_a_picture_belongs_is_refused(engine: FfmpegEngine, desk: Desk) -> None:
    made = request(desk)
    made.scenes[0].picture.CopyFrom(desk.tone(0.2))
    assert await refusal(engine, made, desk) == "scenes[0].picture: must be a picture; this one is a sound"


async def test_a_picture_where_music_belongs_is_refused(engine: FfmpegEngine, desk: Desk) -> None:
    made = request(desk)
    made.music.audio.CopyFrom(made.scenes[0].picture)
    assert await refusal(engine, made, desk) == "music.audio: must be a sound; this one is a picture"


async def test_a_clip_that_is_cut_off_is_refused(engine: FfmpegEngine, desk: Desk) -> None:
    made = request(desk)
    whole = desk.assets[desk.clip("testsrc=s=64x64:r=10:d=1").digest].read_bytes()
    made.scenes[0].clip.CopyFrom(desk.give(whole[:200]))
    assert "scenes[0].clip: " in await refusal(engine, made, desk)


async def test_an_asset_that_is_not_there_is_named(engine: FfmpegEngine, desk: Desk) -> None:
    made = request(desk)
    made.scenes.add().picture.CopyFrom(Asset(digest="0" * 64))
    with pytest.raises(NotFound, match=r"scenes\[1\]\.picture"):
        await run(engine, made, desk)


async def test_an_unreadable_logo_is_a_warning_and_the_film_is_made(engine: FfmpegEngine, desk: Desk) -> None:
    made = request(desk)
    made.overlays.add().picture.CopyFrom(desk.give(b"no picture"))
    made.overlays.add().picture.CopyFrom(desk.give(png(40, 40)))
    result = await run(engine, made, desk)
    assert result.film.digest
    for field in ("overlays[0].picture", "overlays[1].picture"):
        assert [w for w in result.provenance.warnings if w.startswith("left out: ") and field in w]


async def test_what_no_font_has_is_left_out_and_told(engine: FfmpegEngine, desk: Desk) -> None:
    made = request(desk)
    made.scenes[0].text = "Hi \U00013000 fox"
    made.scenes[0].words.extend(words("Hi \U00013000 fox", each=0.1))
    result = await run(engine, made, desk)
    assert [w for w in result.provenance.warnings if "U+13000" in w]


def test_a_named_font_that_is_not_there_is_a_precondition(desk: Desk) -> None:
    made = request(desk)
    made.subtitles.font = "No Such Family"
    with pytest.raises(FailedPrecondition, match="No Such Family"):
        FfmpegEngine({}).resolve(made)


def test_one_narration_needs_every_scenes_duration(desk: Desk) -> None:
    made = request(desk)
    made.narration.CopyFrom(desk.tone(0.2))
    made.scenes.add()
    with pytest.raises(InvalidArgument, match=r"scenes\[1\]\.duration"):
        FfmpegEngine({}).resolve(made)


def test_an_end_before_its_start_is_refused(desk: Desk) -> None:
    made = request(desk)
    overlay = made.overlays.add(text="x")
    set_seconds(overlay.start, 2)
    set_seconds(overlay.end, 1)
    with pytest.raises(InvalidArgument, match=r"overlays\[0\]\.end"):
        FfmpegEngine({}).resolve(made)


def test_a_film_of_days_is_refused(desk: Desk) -> None:
    made = request(desk)
    for _ in range(100):
        set_seconds(made.scenes.add().duration, 3600)
    with pytest.raises(InvalidArgument, match="hours"):
        FfmpegEngine({}).resolve(made)


def test_resolving_fills_every_default_and_changes_nothing_more(desk: Desk) -> None:
    made = request(desk)
    before = made.SerializeToString(deterministic=True)
    engine = FfmpegEngine({})
    resolved = engine.resolve(made)
    assert made.SerializeToString(deterministic=True) == before
    again = engine.resolve(resolved.request)
    assert again.request == resolved.request
    assert again.version == resolved.version
    assert resolved.cacheable
    assert resolved.request.canvas.fit == parts.FIT_COVER
    assert resolved.request.scenes[0].motion.kind not in (
        parts.MOTION_KIND_UNSPECIFIED,
        parts.MOTION_KIND_STILL,
    )
    assert resolved.request.loudness_lufs == -16
    assert resolved.request.output.crf == 23


def drawing_below(pid: int) -> bool:
    """Whether anything below a process still draws or encodes; a worker that waits for work does not."""
    for child in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            line = " ".join(child.cmdline())
            if "ffmpeg" in line or ("render_worker" in line and child.status() == psutil.STATUS_RUNNING):
                return True
    return False


async def test_cancelling_ends_every_process_within_a_second_and_stores_nothing(
    engine: FfmpegEngine, desk: Desk
) -> None:
    made = request(desk)
    made.canvas.CopyFrom(canvas(1080, 1920, 30))
    set_seconds(made.scenes[0].duration, 60)
    resolved = engine.resolve(made).request
    stored = dict(desk.assets)
    frames = engine.run(resolved, desk)
    encoding = asyncio.Event()

    async def watch() -> None:
        async for message in frames:
            if message.fraction > 0.05:
                encoding.set()

    task = asyncio.create_task(watch())
    await encoding.wait()
    assert any("render_worker" in line for line in processes_below(os.getpid()))
    began = time.monotonic()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    while drawing_below(os.getpid()):
        assert time.monotonic() - began < 1.0
        await asyncio.sleep(0.01)
    assert desk.assets == stored
