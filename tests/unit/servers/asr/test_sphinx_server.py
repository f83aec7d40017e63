"""The whole ASR server, transcribing and aligning English with pocketsphinx, over a socket."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import sys
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest

from reelmesh.asr.v1 import asr_pb2, asr_pb2_grpc
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.common.v1.speech_pb2 import TIMING_SOURCE_ALIGNMENT, TIMING_SOURCE_ESTIMATE
from servers.asr.__main__ import SERVER
from servers.chassis import serve
from servers.chassis.context import DEFAULT_OWNER
from servers.chassis.settings import Settings
from tests.unit.servers.asr.known import RECORDING, STARTS, TEXT


class Server:
    def __init__(self, running: serve.Running, channel: grpc.aio.Channel, folder: Path) -> None:
        self.stub = asr_pb2_grpc.ASRServiceStub(channel)
        self._assets = running.resources.assets
        self._folder = folder

    async def asset(self, source: Path | bytes, media_type: str = "audio/ogg") -> Asset:
        path = self._folder / "upload"
        if isinstance(source, bytes):
            path.write_bytes(source)
        else:
            shutil.copy(source, path)
        return await self._assets.store(DEFAULT_OWNER, path, media_type)

    async def transcribe(self, audio: Asset, **fields: Any) -> asr_pb2.TranscribeResult:
        request = asr_pb2.TranscribeRequest(audio=audio, **fields)
        return [message async for message in self.stub.Transcribe(request)][-1].result

    async def align(self, audio: Asset, text: str, **fields: Any) -> asr_pb2.AlignResult:
        request = asr_pb2.AlignRequest(audio=audio, text=text, **fields)
        return [message async for message in self.stub.Align(request)][-1].result


@pytest.fixture
async def server(sockets: Path, tmp_path: Path) -> AsyncIterator[Server]:
    running = await serve.start(SERVER, Settings(), f"unix:{sockets}/asr")
    async with grpc.aio.insecure_channel(running.address) as channel:
        yield Server(running, channel, tmp_path)
    await running.stop(0)


async def refusal(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return refused.value


async def test_words_of_a_known_text_are_found_where_they_are_spoken(server: Server) -> None:
    result = await server.align(await server.asset(RECORDING), TEXT)
    assert result.timing_source == TIMING_SOURCE_ALIGNMENT
    assert [word.text for word in result.words] == TEXT.replace(".", "").replace(",", "").split()
    errors = [
        abs(word.start.ToNanoseconds() / 1e9 - start)
        for word, start in zip(result.words, STARTS, strict=True)
    ]
    assert statistics.median(errors) < 0.04
    assert max(errors) < 0.12
    edges = [edge.ToNanoseconds() for word in result.words for edge in (word.start, word.end)]
    assert edges == sorted(edges)


async def test_words_that_english_can_not_read_are_placed_between_their_neighbours(server: Server) -> None:
    text = TEXT.replace("tall green", "tall 狐狸 green").replace("fox", "fox (ἀλώπηξ)")
    result = await server.align(await server.asset(RECORDING), text, language="en")
    assert result.timing_source == TIMING_SOURCE_ALIGNMENT
    for word in result.words:
        assert word.text == text[word.char_start : word.char_end]
        assert word.start.ToNanoseconds() <= word.end.ToNanoseconds()
    starts = [word.start.ToNanoseconds() for word in result.words]
    assert starts == sorted(starts)
    assert "狐" in [word.text for word in result.words]


async def test_a_text_that_is_not_spoken_is_spread_and_says_so(server: Server) -> None:
    other = "Completely different words were never said by anybody in this recording of ours. " * 20
    result = await server.align(await server.asset(RECORDING), other)
    assert result.timing_source == TIMING_SOURCE_ESTIMATE
    assert "not found in the recording" in result.provenance.warnings[0]
    assert result.words[-1].end.ToNanoseconds() <= 8.99e9


async def test_speech_is_written_down_with_times(server: Server) -> None:
    result = await server.transcribe(await server.asset(RECORDING))
    text = " ".join(segment.text for segment in result.segments)
    assert {"hungry", "fox", "green", "trees", "jumped", "fruit", "head", "sour"} <= set(text.split())
    assert result.language == "en"
    assert result.duration.ToNanoseconds() / 1e9 == pytest.approx(8.92, abs=0.1)
    known = {"jumped": 2.953, "fruit": 4.581, "sour": 6.509}
    for segment in result.segments:
        assert segment.text == " ".join(word.text for word in segment.words)
        assert segment.start == segment.words[0].start
        assert segment.end == segment.words[-1].end
        for word in segment.words:
            if word.text in known:
                assert word.start.ToNanoseconds() / 1e9 == pytest.approx(known[word.text], abs=0.08)


def _wav(path: Path, samples: bytes) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44_100)
        file.writeframes(samples)
    return path


@pytest.mark.parametrize("seconds", [0.0, 0.01, 3.0])
async def test_silence_has_no_segments(server: Server, tmp_path: Path, seconds: float) -> None:
    silence = _wav(tmp_path / "silence.wav", b"\0" * (4 * int(44_100 * seconds)))
    result = await server.transcribe(await server.asset(silence, "audio/wav"))
    assert not result.segments
    assert result.duration.ToNanoseconds() / 1e9 == pytest.approx(seconds, abs=0.01)


@pytest.mark.parametrize(
    "content",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{secret}'\n",
        "file '{secret}'\n",
        '<?xml version="1.0"?><MPD><BaseURL>file://{secret}</BaseURL></MPD>',
        "[playlist]\nFile1={secret}\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n",
        "just words",
        "",
    ],
)
@pytest.mark.parametrize("media_type", ["audio/wav", "application/vnd.apple.mpegurl"])
async def test_lists_of_other_files_are_refused(server: Server, content: str, media_type: str) -> None:
    asset = await server.asset(content.format(secret=RECORDING).encode(), media_type)
    error = await refusal(server.transcribe(asset))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert (error.details() or "").startswith("audio: ")
    assert str(RECORDING) not in (error.details() or "")


async def test_a_recording_that_was_cut_off_is_heard_as_far_as_it_goes(server: Server) -> None:
    result = await server.transcribe(await server.asset(RECORDING.read_bytes()[:9000]))
    assert 1 < result.duration.ToNanoseconds() / 1e9 < 8
    assert result.segments


@pytest.mark.parametrize("content", [RECORDING.read_bytes()[:60], b"fLaC" + bytes(2000), b"RIFF0000WAVE"])
async def test_a_recording_that_can_not_be_decoded_is_refused(server: Server, content: bytes) -> None:
    error = await refusal(server.transcribe(await server.asset(content)))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert (error.details() or "").startswith("audio: ")


async def test_a_picture_holds_no_sound(server: Server) -> None:
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
        "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
    )
    error = await refusal(server.transcribe(await server.asset(png, "image/png")))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "must hold sound" in (error.details() or "")


@pytest.mark.parametrize(
    ("fields", "code", "said"),
    [
        (
            {"engine": "pocketsphinx", "language": "zh"},
            grpc.StatusCode.FAILED_PRECONDITION,
            "reelmesh.asr.engines",
        ),
        ({"language": "zh"}, grpc.StatusCode.FAILED_PRECONDITION, ""),
        ({"speakers": True}, grpc.StatusCode.INVALID_ARGUMENT, "speakers"),
        ({"model": "big"}, grpc.StatusCode.INVALID_ARGUMENT, "model"),
    ],
)
async def test_what_it_can_not_do_it_refuses(
    server: Server, fields: dict[str, Any], code: grpc.StatusCode, said: str
) -> None:
    error = await refusal(server.transcribe(await server.asset(RECORDING), **fields))
    assert error.code() is code
    assert said in (error.details() or "")


async def test_a_recording_that_is_not_there_is_not_found(server: Server) -> None:
    error = await refusal(server.transcribe(Asset(digest="0" * 64)))
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert "audio" in (error.details() or "")


async def test_resolve_fills_in_the_language(server: Server) -> None:
    audio = Asset(digest="0" * 64)
    request = asr_pb2.AlignRequest(audio=audio, text="Hello there")
    answer = await server.stub.ResolveAlign(asr_pb2.ResolveAlignRequest(request=request))
    assert answer.request.language == "en"
    assert answer.request.engine == "pocketsphinx"
    assert answer.resolution.cacheable
    again = await server.stub.ResolveAlign(asr_pb2.ResolveAlignRequest(request=answer.request))
    assert again == answer


async def test_cancelling_ends_the_worker(server: Server) -> None:
    request = asr_pb2.TranscribeRequest(audio=await server.asset(RECORDING))
    call = server.stub.Transcribe(request)
    async for message in call:
        if message.progress.stage == "listening":
            break
    call.cancel()
    workers = [child for child in psutil.Process().children() if "sphinx_worker" in " ".join(child.cmdline())]
    _, alive = await asyncio.to_thread(psutil.wait_procs, workers, timeout=10)
    assert not alive


async def test_the_server_process_loads_neither_numpy_nor_pocketsphinx() -> None:
    code = (
        "import sys, servers.asr.__main__, servers.asr.sphinx as s\n"
        "s.PocketsphinxEngine({}).describe()\n"
        "assert not {'numpy', 'pocketsphinx', 'av'} & set(sys.modules), sys.modules.keys()\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await process.wait() == 0
