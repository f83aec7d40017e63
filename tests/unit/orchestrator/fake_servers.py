"""The mesh around the orchestrator: real servers over unix sockets with toy engines that count.

What a toy does is in the request's text (or prompt): "[fail CODE]" fails always, "[fail CODE 2]" twice,
"[busy 2]" is full twice ("[busy 2 60]": for 60 s), "[unconfirmed]" does not know what became of a paid call
(until it is asked under another id), "[hang]" waits for the gate, "[lose]" never reports again, "[paid]"
costs 0.25 USD.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from google.type.money_pb2 import Money

from reelmesh.asr.v1 import asr_pb2
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.compose.v1 import compose_pb2
from reelmesh.imagegen.v1 import imagegen_pb2
from reelmesh.script.v1 import script_pb2
from reelmesh.tts.v1 import tts_pb2
from reelmesh.video.v1 import video_pb2
from servers.chassis import errors, serve
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.engines import Engines
from servers.chassis.serve import Built, PlainServer, Resources, Service
from servers.chassis.servicer import EngineServicer
from servers.chassis.settings import Settings

SERVICES: dict[str, ServiceDescriptor] = {
    "script": script_pb2.DESCRIPTOR.services_by_name["ScriptService"],
    "tts": tts_pb2.DESCRIPTOR.services_by_name["TTSService"],
    "imagegen": imagegen_pb2.DESCRIPTOR.services_by_name["ImageGenService"],
    "video": video_pb2.DESCRIPTOR.services_by_name["VideoProviderService"],
    "asr": asr_pb2.DESCRIPTOR.services_by_name["ASRService"],
    "compose": compose_pb2.DESCRIPTOR.services_by_name["ComposeService"],
}
_FAIL = re.compile(r"\[fail ([A-Za-z]+)(?: (\d+))?\]")
_BUSY = re.compile(r"\[busy (\d+)(?: (\d+))?\]")


class Toy(Engine):
    """One toy engine, behind any of the contracts."""

    name = "toy"

    def __init__(self) -> None:
        super().__init__({})
        self.calls: Counter[str] = Counter()
        """How often the engine ran, by request_id."""
        self.done: list[str] = []
        """Requests that it finished, by what they say, in order."""
        self.cancelled: list[str] = []
        self.running = 0
        self.most = 0
        """Most that ran at once."""
        self.gate = asyncio.Event()
        self.version = "1"
        self.cacheable = True
        self.quick = False
        """True: results without files."""

    def describe(self) -> Description:
        return Description(description="a toy")

    def resolve(self, request: Any) -> Resolved[Any]:
        filled = type(request)()
        filled.CopyFrom(request)
        if hasattr(filled, "model"):
            filled.model = filled.model or "wood"
        if "[unable]" in saying(request):
            raise errors.FailedPrecondition("the toy lacks a part", reason="PART_MISSING")
        return Resolved(filled, version=self.version, model="wood", cacheable=self.cacheable)

    async def run(self, request: Any, work: WorkContext) -> AsyncIterator[Message]:
        self.calls[work.request_id] += 1
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            text = saying(request)
            yield Progress(stage="playing", fraction=0.5)
            if not isinstance(request, script_pb2.PlanRequest):  # its text is that of all scenes
                await self._misbehave(text, work.request_id)
            result = await self._make(request, work)
            if "[paid]" in text:
                result.provenance.cost.CopyFrom(Money(currency_code="USD", nanos=250_000_000))
            self.done.append(text)
            yield result
        except asyncio.CancelledError:
            self.cancelled.append(work.request_id)
            raise
        finally:
            self.running -= 1

    async def _misbehave(self, text: str, request_id: str) -> None:
        if "[hang]" in text:
            await self.gate.wait()
        calls = self.calls[request_id]
        if (failing := _FAIL.search(text)) and calls <= int(failing[2] or 1_000_000):
            if failing[1] == "InvalidArgument":
                raise errors.InvalidArgument(("text", "is what the test asked for"))
            raise getattr(errors, failing[1])("as the test asked")
        if (busy := _BUSY.search(text)) and calls <= int(busy[1]):
            seconds = float(busy[2] or 0.02)
            raise errors.ResourceExhausted("full", retry_after_seconds=seconds, reason="QUEUE_FULL")
        if "[unconfirmed]" in text and sum(self.calls.values()) == 1:
            raise errors.FailedPrecondition("paid, but what became of it?", reason="UNCONFIRMED")

    async def _make(self, request: Any, work: WorkContext) -> Any:
        async def asset(name: str, media_type: str) -> Asset:
            if self.quick:
                return Asset(digest=hashlib.sha256(name.encode()).hexdigest(), media_type=media_type)
            path = work.scratch / "made"
            path.write_text(name)
            return await work.store(path, media_type)

        match request:
            case script_pb2.PlanRequest():
                return script_pb2.PlanResult(
                    title="Toys", language="en", scenes=[_scene(line) for line in request.text.split("\n")]
                )
            case tts_pb2.SynthesizeRequest():
                result = tts_pb2.SynthesizeResult(audio=await asset(f"speech {request.text}", "audio/wav"))
                result.duration.FromSeconds(1)
                return result
            case imagegen_pb2.GenerateRequest():
                names = [f"{request.prompt} {request.seed} {n}" for n in range(request.count or 1)]
                images = [imagegen_pb2.Image(asset=await asset(name, "image/png")) for name in names]
                return imagegen_pb2.GenerateResult(images=images)
            case video_pb2.GenerateRequest():
                return video_pb2.GenerateResult(clip=await asset(f"clip {request.prompt}", "video/mp4"))
            case compose_pb2.ComposeRequest():
                made = request.SerializeToString(deterministic=True).hex()
                return compose_pb2.ComposeResult(film=await asset(f"film {made}", "video/mp4"))
            case asr_pb2.TranscribeRequest():
                return asr_pb2.TranscribeResult()
            case asr_pb2.AlignRequest():
                return asr_pb2.AlignResult()
        raise TypeError(type(request).__name__)


def saying(request: Any) -> str:
    """The text that tells a toy what to do."""
    return str(getattr(request, "text", "") or getattr(request, "prompt", "") or type(request).__name__)


def _scene(line: str) -> script_pb2.Scene:
    return script_pb2.Scene(
        id="s" + hashlib.sha256(line.encode()).hexdigest()[:8],
        text=line,
        image_prompt=f"picture of {line}",
        language="en",
        narrate=True,
        illustrate=True,
        animate="animate" in line,
        seed=7,
    )


class _Extra:
    """RPCs that no test calls."""

    def __getattr__(self, name: str) -> Any:
        async def refuse(request: Any, context: Any) -> Any:
            raise errors.FailedPrecondition(f"the toys have no {name}")

        return refuse


class FakeMesh:
    """The servers that a test needs, with the real Storage among them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, serve.Running] = {}
        self.toys: dict[str, Toy] = {}

    @property
    def addresses(self) -> dict[str, str]:
        """Of every server that was ever started, whether it is up or not."""
        return {name: f"unix:{self._folder}/{name}" for name in ("storage", *SERVICES)}

    async def start(self, *names: str, **work: Any) -> None:
        """Starts servers. `work`: their work settings, e.g. capacity."""
        for name in names:
            if name == "storage":
                from servers.storage.__main__ import SERVER as spec
            else:
                spec = server_with(name, self.toys.setdefault(name, Toy()))
            section: Any = {"capacity": 64, "linger_seconds": 60.0, **work}
            settings = Settings(**({} if name == "storage" else {name: section}))
            self._running[name] = await serve.start(spec, settings, self.addresses[name])

    async def stop(self, *names: str) -> None:
        """Stops servers, or all of them."""
        for name in names or tuple(self._running):
            running = self._running.pop(name)
            if name in self.toys:
                self.toys[name].gate.set()
            await running.stop(0)

    def calls(self, server: str) -> int:
        """How often a server's engine ran."""
        return sum(self.toys[server].calls.values())


def server_with(name: str, toy: Toy) -> PlainServer:
    """The server of that name with a toy in it."""

    async def build(resources: Resources) -> Built:
        service = SERVICES[name]
        servicer = EngineServicer(service, Engines([toy]), resources.assets, resources.work, extra=_Extra())
        handler = servicer.handler()
        return Built([Service(service.full_name, lambda server: server.add_generic_rpc_handlers((handler,)))])

    return PlainServer(name, build)
