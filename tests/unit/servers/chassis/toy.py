"""A toy engine behind the real TTS contract: what it does is in its request's text.

"slow N" reports N steps and waits at each for `gate`; "fail CODE" raises; "nothing" gives no file; anything
else is stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from google.protobuf.message import Message

from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.tts.v1 import tts_pb2
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.engines import Engines
from servers.chassis.errors import FailedPrecondition, Unavailable
from servers.chassis.serve import Built, PlainServer, Resources, Service
from servers.chassis.servicer import EngineServicer

SERVICE = tts_pb2.DESCRIPTOR.services_by_name["TTSService"]


class ToyEngine(Engine):
    name = "toy"

    def __init__(self) -> None:
        super().__init__({})
        self.runs = 0
        self.cancelled = 0
        self.running = 0
        self.gate = asyncio.Event()

    def describe(self) -> Description:
        return Description(description="a toy", capabilities=["seed"])

    def resolve(self, request: tts_pb2.SynthesizeRequest) -> Resolved[tts_pb2.SynthesizeRequest]:
        filled = tts_pb2.SynthesizeRequest()
        filled.CopyFrom(request)
        filled.voice = request.voice or "default"
        return Resolved(filled, version="toy-1")

    async def run(self, request: tts_pb2.SynthesizeRequest, work: WorkContext) -> AsyncIterator[Message]:
        self.runs += 1
        self.running += 1
        try:
            word, _, rest = request.text.partition(" ")
            if word == "slow":
                for step in range(int(rest)):
                    yield Progress(stage="waiting", fraction=step / int(rest))
                    await self.gate.wait()
            if word == "fail":
                raise FailedPrecondition("as asked") if rest == "definite" else Unavailable("as asked")
            if word == "crash":
                raise RuntimeError("a secret in /etc/passwd")
            if word == "nothing":
                yield tts_pb2.SynthesizeResult(voice=request.voice)
                return
            path = work.scratch / "out.wav"
            path.write_text(request.text)
            yield tts_pb2.SynthesizeResult(audio=await work.store(path, "audio/wav"))
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1


class ToyVoices:
    async def ListVoices(self, request: Any, context: Any) -> tts_pb2.ListVoicesResponse:
        return tts_pb2.ListVoicesResponse(voices=[tts_pb2.Voice(name="default")])


def toy_server(engine: ToyEngine) -> PlainServer:
    """A TTS server with the toy engine alone."""

    async def build(resources: Resources) -> Built:
        servicer = EngineServicer(
            SERVICE, Engines([engine]), resources.assets, resources.work, extra=ToyVoices()
        )
        handler = servicer.handler()
        return Built([Service(SERVICE.full_name, lambda server: server.add_generic_rpc_handlers((handler,)))])

    return PlainServer("tts", build)
