"""The engine that aligns by warping: its laws, what it serves, and what it refuses."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from reelmesh.asr.v1 import asr_pb2
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.common.v1.speech_pb2 import TIMING_SOURCE_ALIGNMENT, TIMING_SOURCE_ESTIMATE
from servers.asr.sphinx import PocketsphinxEngine
from servers.asr.warp import WarpEngine
from servers.chassis.assets import SharedAssets
from servers.chassis.blobs import BlobFolder
from servers.chassis.conformance import LAWS, OWNER, Case, Law, samples, served
from servers.chassis.engines import Engines
from servers.chassis.errors import FailedPrecondition, Fault, InvalidArgument
from servers.chassis.servicer import Desk
from tests.unit.servers.asr.known import RECORDING, TEXT

SOMETHING = Asset(digest="0" * 64)


@pytest.fixture
async def engine() -> AsyncIterator[WarpEngine]:
    made = WarpEngine({})
    yield made
    await made.close()


@pytest.fixture
def assets(tmp_path: Path) -> SharedAssets:
    return SharedAssets(BlobFolder(tmp_path / "store", low_space_bytes=0))


async def fox(assets: SharedAssets) -> Asset:
    async with assets.scratch("fox") as scratch:
        path = scratch / "fox"
        path.write_bytes(RECORDING.read_bytes())
        return await assets.store(OWNER, path, "audio/ogg")


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
async def test_it_keeps_the_law(engine: WarpEngine, assets: SharedAssets, law: Law) -> None:
    for request in served(engine, await samples("reelmesh.asr.engines", assets)):
        assert isinstance(request, asr_pb2.AlignRequest)
        await law(Case(engine, request, assets))


async def test_it_aligns(engine: WarpEngine, assets: SharedAssets) -> None:
    request = asr_pb2.AlignRequest(audio=await fox(assets), text=TEXT)
    progress, result = await Case(engine, request, assets).run()
    assert isinstance(result, asr_pb2.AlignResult)
    assert result.timing_source == TIMING_SOURCE_ALIGNMENT
    assert [word.text for word in result.words] == TEXT.replace(".", "").replace(",", "").split()
    assert [report.stage for report in progress][:2] == ["decoding", "aligning"]
    fractions = [report.fraction for report in progress]
    assert fractions == sorted(fractions)


async def test_a_text_that_is_not_spoken_is_an_estimate(engine: WarpEngine, assets: SharedAssets) -> None:
    request = asr_pb2.AlignRequest(audio=await fox(assets), text="从前有一只饥饿的狐狸，走进了一座葡萄园。")
    _, result = await Case(engine, request, assets).run()
    assert isinstance(result, asr_pb2.AlignResult)
    assert result.timing_source == TIMING_SOURCE_ESTIMATE
    assert "not found in the recording" in result.provenance.warnings[0]


@pytest.mark.parametrize(
    ("request_", "chosen"),
    [
        (asr_pb2.AlignRequest(audio=SOMETHING, text="A fox"), "pocketsphinx"),
        (asr_pb2.AlignRequest(audio=SOMETHING, text="Un renard", language="fr"), "warp"),
        (asr_pb2.AlignRequest(audio=SOMETHING, text="一只狐狸"), "warp"),
        (asr_pb2.AlignRequest(audio=SOMETHING, text="一只狐狸", language="zh-TW"), "warp"),
        (asr_pb2.AlignRequest(audio=SOMETHING, text="A fox", engine="warp"), "warp"),
        (asr_pb2.TranscribeRequest(audio=SOMETHING, language="en-GB"), "pocketsphinx"),
    ],
)
async def test_english_goes_to_pocketsphinx_and_the_rest_is_warped(request_: Any, chosen: str) -> None:
    engines = Engines([PocketsphinxEngine({}), WarpEngine({})])
    engine, resolved = engines.resolve(request_)
    assert engine.name == resolved.request.engine == chosen
    assert resolved.request.language
    assert engines.resolve(resolved.request)[1] == resolved
    await engines.close()


@pytest.mark.parametrize(
    ("request_", "fault", "said"),
    [
        (asr_pb2.TranscribeRequest(audio=SOMETHING), FailedPrecondition, '"pocketsphinx"'),
        (
            asr_pb2.TranscribeRequest(audio=SOMETHING, language="zh"),
            FailedPrecondition,
            "reelmesh.asr.engines",
        ),
        (
            asr_pb2.AlignRequest(audio=SOMETHING, text="x", language="xx"),
            FailedPrecondition,
            'no voice for "xx"',
        ),
        (asr_pb2.AlignRequest(audio=SOMETHING, text="?!"), InvalidArgument, "text"),
        (asr_pb2.AlignRequest(text="a fox"), InvalidArgument, "audio"),
        (asr_pb2.AlignRequest(audio=SOMETHING, text="a fox", model="big"), InvalidArgument, "model"),
    ],
)
def test_what_it_can_not_do_it_refuses(
    engine: WarpEngine, request_: Any, fault: type[Fault], said: str
) -> None:
    with pytest.raises(fault, match=said):
        engine.resolve(request_)


async def test_a_language_that_nobody_speaks_is_refused_by_the_server_too() -> None:
    engines = Engines([PocketsphinxEngine({}), WarpEngine({})])
    with pytest.raises(FailedPrecondition, match='not "xx"'):
        engines.resolve(asr_pb2.AlignRequest(audio=SOMETHING, text="x", language="xx"))
    await engines.close()


async def test_cancelling_ends_the_worker(engine: WarpEngine, assets: SharedAssets) -> None:
    request = engine.resolve(asr_pb2.AlignRequest(audio=await fox(assets), text=TEXT)).request
    desk = Desk(OWNER, "cancelled", assets)
    running = engine.run(request, desk)
    async for report in running:
        if report.fraction > 0.1:  # type: ignore[attr-defined]
            break
    workers = [
        child for child in psutil.Process().children() if "alignment.worker" in " ".join(child.cmdline())
    ]
    assert workers
    await running.aclose()  # type: ignore[attr-defined]
    await desk.clear()
    _, alive = await asyncio.to_thread(psutil.wait_procs, workers, timeout=10)
    assert not alive


def test_the_server_process_loads_neither_numpy_nor_the_library() -> None:
    code = (
        "import sys, servers.asr.warp as w\n"
        "e = w.WarpEngine({}); e.describe(); e.missing()\n"
        "assert not {'numpy', 'espeakng_loader', 'av'} & set(sys.modules), sys.modules.keys()\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
