"""One of the servers that `tests.bench.chassis` compares: python -m tests.bench._chassis_server KIND AT."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import grpc

from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.tts.v1 import tts_pb2, tts_pb2_grpc
from servers.chassis import logs, serve
from servers.chassis.settings import Settings
from tests.unit.servers.chassis.toy import ToyEngine, toy_server


class Streamer(tts_pb2_grpc.TTSServiceServicer):
    """Answers with as many messages as the request's text says, the last one a result."""

    async def Synthesize(self, request: Any, context: Any) -> AsyncIterator[tts_pb2.SynthesizeResponse]:
        for number in range(int(request.text) - 1):
            yield tts_pb2.SynthesizeResponse(progress=Progress(stage="counting", fraction=number / 1e6))
        yield tts_pb2.SynthesizeResponse(result=tts_pb2.SynthesizeResult(voice="bench"))


async def main(kind: str, address: str) -> None:
    """Serves until stdin is closed."""
    logs.set_up("bench", "warning")
    if kind == "bare":
        server = grpc.aio.server(options=serve.CHANNEL_OPTIONS)
        tts_pb2_grpc.add_TTSServiceServicer_to_server(Streamer(), server)
        server.add_insecure_port(address)
        await server.start()
    else:
        spec = toy_server(ToyEngine())
        if kind == "chassis":

            async def build(_: serve.Resources) -> serve.Built:
                name = "reelmesh.tts.v1.TTSService"
                return serve.Built(
                    [
                        serve.Service(
                            name, lambda s: tts_pb2_grpc.add_TTSServiceServicer_to_server(Streamer(), s)
                        )
                    ]
                )

            spec = serve.PlainServer("tts", build)
        running = await serve.start(spec, Settings(), address)
        assert running.address == address
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
