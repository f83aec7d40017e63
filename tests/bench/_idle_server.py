"""The server that the orchestrator's benchmark calls: python -m tests.bench._idle_server ADDRESS.

A TTS server on the chassis whose engine does nothing, for as many seconds as the request's text says. It
notes when each piece of work began and ended, and tells on stdout how long the successor of each step took to
begin whenever a line comes on stdin.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

from google.protobuf.message import Message

from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.tts.v1 import tts_pb2
from servers.chassis import logs, serve
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.engines import Engines
from servers.chassis.serve import Built, PlainServer, Resources, Service
from servers.chassis.servicer import EngineServicer
from servers.chassis.settings import EngineSettings, MeshSettings, Settings

SERVICE = tts_pb2.DESCRIPTOR.services_by_name["TTSService"]
CAPACITY = 1024


class Idle(Engine):
    """Does nothing, and notes when."""

    name = "idle"

    def __init__(self) -> None:
        super().__init__({})
        self.ended: dict[str, float] = {}
        """When the latest step of each execution ended."""
        self.gaps: list[float] = []
        """Seconds from a step's end to its successor's begin."""
        self.runs = 0

    def describe(self) -> Description:
        return Description(description="does nothing")

    def resolve(self, request: tts_pb2.SynthesizeRequest) -> Resolved[tts_pb2.SynthesizeRequest]:
        filled = tts_pb2.SynthesizeRequest()
        filled.CopyFrom(request)
        filled.voice = request.voice or "default"
        return Resolved(filled, version="idle-1")

    async def run(self, request: tts_pb2.SynthesizeRequest, work: WorkContext) -> AsyncIterator[Message]:
        execution = work.request_id.partition("/")[0]
        before = self.ended.pop(execution, None)
        if before is not None:
            self.gaps.append(time.perf_counter() - before)
        self.runs += 1
        seconds = float(request.text.partition(" ")[0])
        if seconds:
            await asyncio.sleep(seconds)
        result = tts_pb2.SynthesizeResult(voice=request.voice)
        self.ended[execution] = time.perf_counter()
        yield result


class _NoVoices:
    async def ListVoices(self, request: Any, context: Any) -> tts_pb2.ListVoicesResponse:
        return tts_pb2.ListVoicesResponse()


async def main(address: str) -> None:
    """Serves until stdin is closed."""
    logs.set_up("bench", "warning")
    engine = Idle()

    async def build(resources: Resources) -> Built:
        servicer = EngineServicer(
            SERVICE, Engines([engine]), resources.assets, resources.work, extra=_NoVoices()
        )
        handler = servicer.handler()
        return Built([Service(SERVICE.full_name, lambda server: server.add_generic_rpc_handlers((handler,)))])

    work = EngineSettings(capacity=CAPACITY, queue=4096, linger_seconds=30.0)
    settings = Settings(mesh=MeshSettings(log_level="warning"), tts=work)
    running = await serve.start(PlainServer("tts", build), settings, address)
    assert running.address == address
    serve.keep_out_of_collections()
    print("ready", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps({"gaps": engine.gaps, "runs": engine.runs}), flush=True)
        engine.gaps, engine.runs = [], 0
        engine.ended.clear()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
