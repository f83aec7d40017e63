"""What engines have in common whose pictures come from another machine: defaults, size, format, storing."""

from __future__ import annotations

import random
from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from google.protobuf.message import Message
from google.type.money_pb2 import Money

from reelmesh.common.v1.asset_pb2 import MediaFacts
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.imagegen.v1 import imagegen_pb2
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.errors import Internal, InvalidArgument
from servers.chassis.worker import Returned, WorkerPool, relay
from servers.imagegen import filling

_MEMORY_BYTES = 4 * 1024**3


@dataclass(frozen=True)
class Call:
    """One picture to be made."""

    request: imagegen_pb2.GenerateRequest
    """The whole request, resolved."""
    seed: int
    number: int
    """Of the picture, from 0."""


class DistantEngine(Engine):
    """An engine that makes one picture a call."""

    able: ClassVar[frozenset[str]] = frozenset()
    """Capabilities."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._fitters = WorkerPool("servers.imagegen.fitting_worker", size=2, memory_bytes=_MEMORY_BYTES)

    @abstractmethod
    async def draw(self, call: Call, work: WorkContext, report: Any) -> Path:
        """Makes one picture, of any size, in a file of the work's scratch folder.

        `report` takes {"fraction", "stage", "queue_position"}, all of which may be left out.

        Raises:
            Fault: whatever goes wrong.
        """

    @abstractmethod
    def models_of(self) -> tuple[str, ...]:
        """Models that a request may name, the default first."""

    @abstractmethod
    def version_of(self, request: imagegen_pb2.GenerateRequest) -> str:
        """`Resolved.version`."""

    def capabilities(self, request: imagegen_pb2.GenerateRequest) -> frozenset[str]:
        """What the request's model can do."""
        return self.able

    def cost_of(self, request: imagegen_pb2.GenerateRequest) -> Money | None:
        """What a request costs; None where nothing is known."""
        return None

    def serves(self, request: Message) -> bool:
        """Whatever needs no LoRA, and no picture to start from unless it takes one."""
        assert isinstance(request, imagegen_pb2.GenerateRequest)
        reference = request.HasField("reference_image") and "reference" not in self.able
        return not request.loras and not reference

    def resolve(self, request: imagegen_pb2.GenerateRequest) -> Resolved[imagegen_pb2.GenerateRequest]:
        """See `Engine.resolve`. A request without a seed stays without one and is not to be remembered."""
        known = self.models_of()
        if request.model and request.model not in known:
            raise InvalidArgument(("model", f'"{request.model[:100]}" is none of {", ".join(known)}'))
        full = filling.filled(request)
        full.model = request.model or known[0]
        return Resolved(
            full,
            version=self.version_of(full),
            model=full.model,
            cacheable=request.HasField("seed"),
            expected_cost=self.cost_of(full),
        )

    async def run(self, request: imagegen_pb2.GenerateRequest, work: WorkContext) -> AsyncIterator[Message]:
        """See `Engine.run`."""
        seed = request.seed if request.HasField("seed") else random.SystemRandom().getrandbits(31)
        result = imagegen_pb2.GenerateResult()
        result.provenance.seed = seed
        result.provenance.warnings.extend(self._passed_over(request))
        if (cost := self.cost_of(request)) is not None:
            result.provenance.cost.CopyFrom(cost)
        for number in range(request.count):
            call = Call(request, seed + number, number)
            detail = f"picture {number + 1} of {request.count}" if request.count > 1 else ""
            yield Progress(stage="asking", fraction=number / request.count, detail=detail)
            drawn: Path | None = None
            async for item in relay(lambda report, call=call: self.draw(call, work, report)):  # type: ignore[misc]
                if isinstance(item, Returned):
                    drawn = item.value
                    continue
                progress = Progress(stage=item.get("stage", "drawing"), detail=detail)
                progress.fraction = (number + item.get("fraction", 0.0)) / request.count
                if "queue_position" in item:
                    progress.queue_position = item["queue_position"]
                yield progress
            assert drawn is not None
            result.images.append(await self._stored(drawn, call, work))
        yield result

    async def _stored(self, drawn: Path, call: Call, work: WorkContext) -> imagegen_pb2.Image:
        kind, media_type = filling.MEDIA[call.request.format]
        path = work.scratch / f"picture-{call.number}.{kind}"
        width, height = call.request.width_pixels, call.request.height_pixels
        arguments = {"path": str(drawn), "out": str(path), "width": width, "height": height, "format": kind}
        try:
            await self._fitters.call("fit", arguments, timeout_seconds=120.0)
        except InvalidArgument as refused:
            raise Internal(
                f"{self.name} gave no picture: {refused.message}", reason="BAD_PICTURE"
            ) from refused
        facts = MediaFacts(width_pixels=width, height_pixels=height)
        asset = await work.store(path, media_type, facts)
        return imagegen_pb2.Image(asset=asset, seed=call.seed)

    def _passed_over(self, request: imagegen_pb2.GenerateRequest) -> list[str]:
        """What was asked for and means nothing to this engine, one line each."""
        able = self.capabilities(request)
        asked = {
            "negative_prompt": (bool(request.negative_prompt), "negative-prompt"),
            "steps": (bool(request.steps), "steps"),
            "guidance": (request.HasField("guidance"), "guidance"),
            "loras": (bool(request.loras), "lora"),
            "reference_image": (request.HasField("reference_image"), "reference"),
        }
        return [
            f"{field} was passed over: {self.name} has no use for it"
            for field, (given, word) in asked.items()
            if given and word not in able
        ]

    async def close(self) -> None:
        """Ends its worker processes."""
        await self._fitters.close()
