"""FunASR and Whisper on tiny models of the real classes: segments, words, speakers, what they refuse."""

from __future__ import annotations

import contextlib
import io
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

from reelmesh.asr.v1 import asr_pb2, asr_pb2_grpc
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.work.v1 import work_pb2, work_pb2_grpc
from servers.asr.__main__ import SERVER
from servers.asr.funasr import FunASREngine
from servers.asr.whisper import WhisperEngine
from servers.chassis import serve
from servers.chassis.assets import SharedAssets
from servers.chassis.blobs import BlobFolder
from servers.chassis.conformance import LAWS, Case, samples, served
from servers.chassis.context import DEFAULT_OWNER
from servers.chassis.settings import Settings
from tests.models import tiny_speech, tiny_whisper


@pytest.fixture(scope="session")
def options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("funasr")
    tiny = {
        "model": tiny_speech.paraformer(folder / "asr"),
        "vad_model": tiny_speech.vad(folder / "vad"),
        "punc_model": tiny_speech.punctuation(folder / "punc"),
        "spk_model": tiny_speech.speakers(folder / "spk"),
        "license": "Apache-2.0",
    }
    sense = {"model": tiny_speech.sense_voice(folder / "sense"), "languages": ["ja"], "timestamps": False}
    return {"models": {"tiny": tiny, "sense": sense}}


@pytest.fixture(scope="session")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("whisper")
    # What is random would go on for ever with a beam, and has no voice to be found.
    once = {"vad": False, "beam_size": 1, "temperatures": [0.0]}
    return {"models": {"tiny": tiny_whisper.whisper(folder / "model")}, **once}


class Listening:
    """An ASR server that runs."""

    def __init__(self, running: serve.Running, channel: grpc.aio.Channel) -> None:
        self.running = running
        self.channel = channel
        self.stub: Any = asr_pb2_grpc.ASRServiceStub(channel)

    async def events(self, sound: bytes, **fields: Any) -> list[Any]:
        assets: Any = self.running.resources.assets
        async with assets.scratch("test") as scratch:
            path = scratch / "sound"
            path.write_bytes(sound)
            asset: Asset = await assets.store(DEFAULT_OWNER, path, "audio/wav")
        request = asr_pb2.TranscribeRequest(**{"language": "zh", **fields, "audio": asset})
        return [event async for event in self.stub.Transcribe(request)]


@contextlib.asynccontextmanager
async def listening(sockets: Path, options: dict[str, Any], name: str = "funasr") -> AsyncIterator[Listening]:
    settings = Settings(asr={"options": {name: options}}, models={"devices": ["cpu"]})  # type: ignore[arg-type]
    running = await serve.start(SERVER, settings, f"unix:{sockets}/asr")
    try:
        async with grpc.aio.insecure_channel(running.address) as channel:
            yield Listening(running, channel)
    finally:
        await running.stop(0)


def sound(seconds: float = 4.0, loud: float = 3000.0) -> bytes:
    noise = np.random.default_rng(0).normal(size=int(16_000 * seconds)) * loud
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(noise.astype("<i2").tobytes())
    return file.getvalue()


async def test_segments_have_words_speakers_and_punctuation(options: dict[str, Any], sockets: Path) -> None:
    async with listening(sockets, options) as server:
        events = await server.events(sound(), speakers=True, hotwords=["故事"])
        result = events[-1].result
        assert result.duration.ToSeconds() == 4
        assert (result.provenance.engine, result.provenance.model) == ("funasr", "tiny")
        (segment,) = result.segments
        assert segment.speaker == "speaker-1"
        assert segment.text.endswith("。")
        assert [word.text for word in segment.words] == [
            segment.text[word.char_start : word.char_end] for word in segment.words
        ]
        edges = [moment.ToNanoseconds() for word in segment.words for moment in (word.start, word.end)]
        assert edges == sorted(edges)
        assert segment.start.ToNanoseconds() <= edges[0]
        assert edges[-1] <= segment.end.ToNanoseconds() <= 4e9
        assert {event.progress.stage for event in events[:-1]} >= {"decoding", "listening"}
        silent = (await server.events(sound(loud=0.0)))[-1].result
        assert not silent.segments
        work = work_pb2_grpc.WorkServiceStub(server.channel)  # type: ignore[no-untyped-call, unused-ignore]
        (device,) = (await work.ListWork(work_pb2.ListWorkRequest())).devices
        held = {(model.engine, model.name, model.in_use) for model in device.models}
        assert held == {("funasr", "tiny", False)}
        assert all(model.footprint_bytes > 10_000 for model in device.models)


async def test_the_model_follows_the_language_and_what_it_can_not_do_is_refused(
    options: dict[str, Any], sockets: Path
) -> None:
    async with listening(sockets, options) as server:
        heard = (await server.events(sound(1.0), language="ja"))[-1].result
        assert heard.provenance.model == "sense"
        assert heard.segments[0].words
        for wrong in ({"language": "ja", "speakers": True}, {"model": "other"}, {"language": "xx"}):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await server.events(sound(1.0), engine="funasr", **wrong)
            assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        engines = (await server.stub.ListEngines(asr_pb2.ListEnginesRequest())).engines
        (told,) = [one for one in engines if one.name == "funasr"]
        assert (told.ready, told.license) == (True, "MIT AND Apache-2.0")
        assert list(told.capabilities) == ["hotwords", "punctuation", "speakers", "transcribe"]


async def test_it_keeps_every_law(options: dict[str, Any], tmp_path: Path) -> None:
    engine = FunASREngine(options)
    assets = SharedAssets(BlobFolder(tmp_path / "store", low_space_bytes=0))
    for request in served(engine, await samples("reelmesh.asr.engines", assets)):
        for law in LAWS:  # in one test, since the worker takes seconds to import torch
            await law(Case(engine, request, assets))
    await engine.close()


async def test_whisper_tells_segments_as_it_hears_them(whisper: dict[str, Any], sockets: Path) -> None:
    async with listening(sockets, whisper, "faster-whisper") as server:
        events = await server.events(sound(3.0), hotwords=["fox"])
        result = events[-1].result
        assert (result.provenance.engine, result.provenance.model) == ("faster-whisper", "tiny")
        assert result.duration.ToSeconds() == 3
        latest = 0
        for segment in result.segments:
            assert latest <= segment.start.ToNanoseconds() < segment.end.ToNanoseconds() <= 3e9
            latest = segment.end.ToNanoseconds()
            for word in segment.words:
                assert word.text == segment.text[word.char_start : word.char_end]
        assert {event.progress.stage for event in events[:-1]} >= {"decoding", "listening"}
        for wrong in ({"speakers": True}, {"model": "other"}):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await server.events(sound(1.0), engine="faster-whisper", **wrong)
            assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_whisper_keeps_every_law(whisper: dict[str, Any], tmp_path: Path) -> None:
    engine = WhisperEngine(whisper)
    assets = SharedAssets(BlobFolder(tmp_path / "store", low_space_bytes=0))
    for request in served(engine, await samples("reelmesh.asr.engines", assets)):
        for law in LAWS:
            await law(Case(engine, request, assets))
    await engine.close()
