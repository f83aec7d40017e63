"""What a mesh has to offer: engines and voices."""

from __future__ import annotations

import asyncio
import importlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import grpc

from reelmesh import errors
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.common.v1.engine_pb2 import Engine
from reelmesh.transfer import Metadata
from reelmesh.tts.v1 import tts_pb2
from reelmesh.tts.v1.tts_pb2_grpc import TTSServiceStub

CALL_SECONDS = 15.0
SAMPLE_SECONDS = 300.0
"""A voice's model may have to be loaded first."""
_SAMPLES = {
    "de": "Guten Tag, ich erzähle dir jetzt eine Geschichte.",
    "en": "Hello, I am glad to tell you this story.",
    "es": "Hola, ahora te voy a contar una historia.",
    "fr": "Bonjour, je vais te raconter une histoire.",
    "ja": "こんにちは。これから物語をお話しします。",
    "ko": "안녕하세요. 지금부터 이야기를 들려드릴게요.",
    "yue": "你好，好高興為你講呢個故事。",
    "zh": "你好，很高兴为你讲这个故事。",
}
"""What a voice says where no text is given, by language."""

SERVICES = {
    "script": ("reelmesh.script.v1.script_pb2", "ScriptService"),
    "tts": ("reelmesh.tts.v1.tts_pb2", "TTSService"),
    "imagegen": ("reelmesh.imagegen.v1.imagegen_pb2", "ImageGenService"),
    "video": ("reelmesh.video.v1.video_pb2", "VideoProviderService"),
    "asr": ("reelmesh.asr.v1.asr_pb2", "ASRService"),
    "compose": ("reelmesh.compose.v1.compose_pb2", "ComposeService"),
}
"""The servers that have engines: module of the contract, and service."""


class Mesh(Protocol):
    """Where servers are found: a Client."""

    def addresses(self) -> dict[str, str]:
        """Targets by server."""

    def channel(self, server: str) -> grpc.aio.Channel:
        """A channel to a server."""


@dataclass(frozen=True)
class ServerEngines:
    """The engines of one server."""

    server: str
    """The server's name, e.g. "tts"."""
    engines: Sequence[Engine]
    """Its engines, in its order."""
    error: errors.ReelmeshError | None = None
    """Why they could not be asked for; None when they could."""


async def engines(mesh: Mesh, metadata: Metadata) -> list[ServerEngines]:
    """The engines of every server that is known, asked all at once.

    Raises:
        MeshNotRunning: none is known.
    """
    known = [name for name in SERVICES if name in mesh.addresses()]
    if not known:
        mesh.channel("tts")  # tells why
    return list(await asyncio.gather(*(_of(mesh, name, metadata) for name in known)))


async def _of(mesh: Mesh, name: str, metadata: Metadata) -> ServerEngines:
    module_name, service = SERVICES[name]
    contract: Any = importlib.import_module(module_name)
    stubs: Any = importlib.import_module(f"{module_name}_grpc")
    stub = getattr(stubs, f"{service}Stub")(mesh.channel(name))
    try:
        answer = await stub.ListEngines(
            contract.ListEnginesRequest(), metadata=metadata, timeout=CALL_SECONDS
        )
    except grpc.aio.AioRpcError as error:
        return ServerEngines(name, (), errors.from_call(error, f"the {name} server"))
    return ServerEngines(name, tuple(answer.engines))


async def voices(mesh: Mesh, metadata: Metadata, wanted: tts_pb2.ListVoicesRequest) -> list[tts_pb2.Voice]:
    """The voices of the TTS server that are wanted, over all pages."""
    stub = TTSServiceStub(mesh.channel("tts"))
    request = tts_pb2.ListVoicesRequest(page_size=1000)
    request.MergeFrom(wanted)
    found: list[tts_pb2.Voice] = []
    while True:
        try:
            page = await stub.ListVoices(request, metadata=metadata, timeout=CALL_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise errors.from_call(error, "the tts server") from None
        found.extend(page.voices)
        request.page_token = page.next_page_token
        if not request.page_token:
            return found


async def sample(mesh: Mesh, metadata: Metadata, voice: tts_pb2.Voice, text: str, language: str) -> Asset:
    """How a voice sounds: a sentence in a language that it speaks."""
    tag = (language or (voice.languages[0] if voice.languages else "")).partition("-")[0].lower()
    request = tts_pb2.SynthesizeRequest(
        request_id=f"sample-{uuid.uuid4()}",
        text=text or _SAMPLES.get("zh" if tag == "cmn" else tag, _SAMPLES["en"]),
        language=language,
        engine=voice.engine,
        voice=voice.name,
    )
    stub = TTSServiceStub(mesh.channel("tts"))
    try:
        async for told in stub.Synthesize(request, metadata=metadata, timeout=SAMPLE_SECONDS):
            if told.HasField("result"):
                return told.result.audio
    except grpc.aio.AioRpcError as error:
        raise errors.from_call(error, "the tts server") from None
    raise errors.Unavailable("the tts server ended without a result")
