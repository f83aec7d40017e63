"""Other engines stand in after a definite refusal or failure, never on a guess; and the result says who."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from reelmesh.tts.v1 import tts_pb2, tts_pb2_grpc
from servers.chassis import serve
from servers.chassis.settings import Settings
from servers.tts.__main__ import SERVER
from tests.vendors.http import Reply
from tests.vendors.voices import Azure, Speech

TEXT = "A hungry fox jumped."


@pytest.fixture
def azure() -> Iterator[Azure]:
    with Azure() as simulator:
        yield simulator


@pytest.fixture
def speech() -> Iterator[Speech]:
    with Speech() as simulator:
        yield simulator


@contextlib.asynccontextmanager
async def talking(sockets: Path, azure: Azure, speech: Speech, **more: Any) -> AsyncIterator[Any]:
    """A server with two paid engines and one of its own; what stands in, unless `fallback` says otherwise."""
    options = {
        "azure": {"key": azure.KEY, "base_url": azure.url, "attempts": 1},
        "openai": {"key": speech.KEY, "base_url": speech.url, "attempts": 1},
    }
    tts = {"engines": ["azure", "openai", "espeak"], "fallback": ["openai", "espeak"], "options": options}
    running = await serve.start(SERVER, Settings(tts={**tts, **more}), f"unix:{sockets}/tts")  # type: ignore[arg-type]
    try:
        async with grpc.aio.insecure_channel(running.address) as channel:
            yield tts_pb2_grpc.TTSServiceStub(channel)
    finally:
        await running.stop(0)


async def spoken(stub: Any, **fields: Any) -> tts_pb2.SynthesizeResult:
    request = tts_pb2.SynthesizeRequest(**{"text": TEXT, **fields})
    return [event async for event in stub.Synthesize(request)][-1].result  # type: ignore[no-any-return]


async def test_the_next_engine_stands_in_after_a_failure(azure: Azure, speech: Speech, sockets: Path) -> None:
    azure.replies.append(Reply(500, b"oops"))
    async with talking(sockets, azure, speech) as stub:
        result = await spoken(stub, voice="en-US-GuyNeural", style="newscast")
        resolved = await stub.ResolveSynthesize(
            tts_pb2.ResolveSynthesizeRequest(request=tts_pb2.SynthesizeRequest(text=TEXT))
        )
        assert result.provenance.engine == "openai"
        assert result.provenance.model == "gpt-4o-mini-tts"
        # What another engine made is not remembered as the first one's.
        assert result.provenance.version != resolved.resolution.version
        assert "azure failed: azure: oops" in result.provenance.warnings
        assert '"openai" stood in for "azure"' in result.provenance.warnings
        again = await spoken(stub)
        assert (again.provenance.engine, list(again.provenance.warnings)) == ("azure", [])


async def test_what_only_the_first_knows_is_left_out(azure: Azure, speech: Speech, sockets: Path) -> None:
    azure.replies.append(Reply(503))
    speech.replies.append(Reply(503))
    async with talking(sockets, azure, speech) as stub:
        result = await spoken(stub, voice="en-US-GuyNeural", style="newscast")
    assert result.provenance.engine == "espeak"
    assert result.voice == "en-us+f2"
    assert [line.partition(" failed")[0] for line in result.provenance.warnings if " failed" in line] == [
        "azure",
        "openai",
    ]


async def test_nobody_is_asked_where_paid_work_may_have_been_done(
    azure: Azure, speech: Speech, sockets: Path
) -> None:
    azure.replies.append(Reply(drop=True))
    async with talking(sockets, azure, speech) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as lost:
            await spoken(stub)
    assert lost.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert "may have been paid" in str(lost.value.details())
    assert not speech.bodies


async def test_the_request_s_own_fault_is_nobody_else_s(azure: Azure, speech: Speech, sockets: Path) -> None:
    async with talking(sockets, azure, speech) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await spoken(stub, voice="Bob")
        assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        moderated = {"error": {"message": "no", "code": "content_policy_violation"}}
        speech.replies.append(Reply.of(moderated, 400))
        with pytest.raises(grpc.aio.AioRpcError) as unwanted:
            await spoken(stub, engine="openai")
        assert unwanted.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_an_engine_whose_key_is_wrong_is_not_asked_again_for_a_while(
    azure: Azure, speech: Speech, sockets: Path
) -> None:
    azure.replies += [Reply(401), Reply(401)]
    async with talking(sockets, azure, speech) as stub:
        first = await spoken(stub)
        second = await spoken(stub, text="It fell.")
        assert [first.provenance.engine, second.provenance.engine] == ["openai", "openai"]
        assert any("azure is not asked now" in line for line in second.provenance.warnings)
    assert len(azure.replies) == 1


async def test_without_an_order_a_failure_is_the_caller_s_to_see(
    azure: Azure, speech: Speech, sockets: Path
) -> None:
    azure.replies.append(Reply(500, b"oops"))
    async with talking(sockets, azure, speech, fallback=[]) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await spoken(stub)
        assert failed.value.code() == grpc.StatusCode.UNAVAILABLE
        assert "oops" in str(failed.value.details())
    assert not speech.bodies
