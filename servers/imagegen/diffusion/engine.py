"""The diffusers engine: pictures from any text-to-image pipeline, in the server's pool of models.

What is asked of a model and how it is loaded is decided here, without torch; the models themselves are
loaded and run in the devices' worker processes (`servers.imagegen.diffusion.runner`).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from reelmesh.common.v1.asset_pb2 import MediaFacts
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.imagegen.v1 import imagegen_pb2
from reelmesh.imagegen.v1.imagegen_pb2 import GenerateRequest, GenerateResult
from servers.chassis.engine import Resolved, WorkContext
from servers.chassis.errors import InvalidArgument
from servers.chassis.media import formats
from servers.chassis.models import options as loading
from servers.chassis.models.engine import ModelEngine
from servers.chassis.worker import Returned, relay
from servers.chassis.worker_main import Report
from servers.imagegen import filling, wording
from servers.imagegen.diffusion.options import DiffusersOptions, LoraOptions, ModelOptions

RUNNER = "servers.imagegen.diffusion.runner:PictureRunner"
_VERSION = "1"
_REFERENCE_STRENGTH = 0.5


class DiffusersEngine(ModelEngine[ModelOptions]):
    """Draws with the models that its settings or a request name."""

    name = "diffusers"
    runner = RUNNER

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._options = DiffusersOptions(**settings)
        self.known = self._options.models
        self.named_only = self._options.named_only

    def unnamed(self) -> ModelOptions:
        """See `ModelEngine.unnamed`."""
        return ModelOptions()

    def extra_load(self) -> Mapping[str, Any]:
        """See `ModelEngine.extra_load`."""
        return {"loras_kept": self._options.loras_kept}

    def describe(self) -> Description:
        """See `Engine.describe`."""
        return Description(
            description="diffusion models: Flux, SDXL, SD3.5, Qwen-Image and others, on this machine",
            version=_VERSION,
            models=tuple(self.known),
            capabilities=("lora", "negative-prompt", "reference", "seed", "steps", "styles"),
            license="Apache-2.0; each model has its own",
        )

    def models(self) -> Sequence[imagegen_pb2.Model]:
        """Its models with their licences."""
        return [
            imagegen_pb2.Model(name=name, description=told.description, license=told.license_of(name))
            for name, told in self.known.items()
        ]

    def serves(self, request: Message) -> bool:
        """Whatever names one of its models, or none where it has one."""
        assert isinstance(request, GenerateRequest)
        return bool(self.known) and (not request.model or request.model in self.known)

    def resolve(self, request: GenerateRequest) -> Resolved[GenerateRequest]:
        """See `Engine.resolve`. A request without a seed stays without one and is not to be remembered."""
        name, options = self.model(request.model)
        full = filling.filled(request)
        full.model = name
        full.steps = request.steps or options.steps
        if not request.HasField("guidance") and options.guidance is not None:
            full.guidance = options.guidance
        if request.HasField("reference_image") and not request.HasField("reference_strength"):
            full.reference_strength = _REFERENCE_STRENGTH
        loras = self._loras(request, name)
        return Resolved(
            full, version=self._version(name, options, loras), model=name, cacheable=request.HasField("seed")
        )

    async def run(self, request: GenerateRequest, work: WorkContext) -> AsyncIterator[Message]:
        """See `Engine.run`."""
        name, options = self.model(request.model)
        seed = request.seed if request.HasField("seed") else random.SystemRandom().getrandbits(31)
        shared = await self._shared(request, name, options, work)
        spec = self.spec(name, options)
        kind, media_type = filling.MEDIA[request.format]
        seeds = [seed + index for index in range(request.count)]
        paths = [work.scratch / f"{index}.{kind}" for index in range(request.count)]
        batch_key = hashlib.sha256(
            json.dumps(shared["alike"], sort_keys=True, default=str).encode()
        ).hexdigest()
        pool = self.pool

        async def draw(report: Report) -> list[dict[str, Any]]:
            async def one(index: int) -> dict[str, Any]:
                return await pool.run(
                    spec,
                    {**shared, "seed": seeds[index], "path": paths[index]},
                    lambda told: report({**told, "picture": index}),
                    folder=work.scratch,
                    # An IP-Adapter takes one reference for all of a batch.
                    batch_key="" if shared["alike"]["adapter"] else batch_key,
                    most=options.batch,
                )

            tasks = [asyncio.create_task(one(index)) for index in range(request.count)]
            try:
                return await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

        done = [0.0] * request.count
        drawn: list[dict[str, Any]] = []
        async for item in relay(draw):
            if isinstance(item, Returned):
                drawn = item.value
                continue
            done[item["picture"]] = item["fraction"]
            progress = Progress(
                stage=item["stage"], fraction=sum(done) / len(done), detail=item.get("detail", "")
            )
            if "preview" in item:
                progress.preview.CopyFrom(await work.store(Path(item["preview"]), "image/jpeg"))
            yield progress
        result = GenerateResult()
        result.provenance.seed = seed
        facts = MediaFacts(width_pixels=request.width_pixels, height_pixels=request.height_pixels)
        for path, one in zip(paths, seeds, strict=True):
            result.images.add(asset=await work.store(path, media_type, facts), seed=one)
        result.provenance.warnings.extend(drawn[0]["warnings"])
        yield result

    def _loras(self, request: GenerateRequest, model: str) -> list[tuple[str, float, LoraOptions]]:
        """The LoRAs to lay over the model: those that were asked for, and those of the characters."""
        found: dict[str, tuple[str, float, LoraOptions]] = {}
        for index, asked in enumerate(request.loras):
            known = self._options.loras.get(asked.name)
            field = f"loras[{index}].name"
            if known is None:
                names = ", ".join(self._options.loras) or "none"
                raise InvalidArgument((field, f'"{asked.name}" is not in the settings ({names})'))
            if known.models and model not in known.models:
                raise InvalidArgument(
                    (field, f'"{asked.name}" is for {", ".join(known.models)}, not {model}')
                )
            weight = asked.weight if asked.HasField("weight") else known.weight
            found[asked.name] = (asked.name, weight, known)
        for name, known in self._options.loras.items():
            drawn = any(character.lower() in request.character.lower() for character in known.characters)
            if drawn and name not in found and (not known.models or model in known.models):
                found[name] = (name, known.weight, known)
        return list(found.values())

    def _version(
        self, name: str, options: ModelOptions, loras: Sequence[tuple[str, float, LoraOptions]]
    ) -> str:
        told = [
            _VERSION,
            loading.libraries(),
            options.model_dump_json(exclude={"pinned", "warm", "license", "description", "preview_steps"}),
            loading.identity(options.source(name), options.revision),
            *(f"{weight} {lora} {loading.identity(known.path or lora)}" for lora, weight, known in loras),
        ]
        return f"{_VERSION}-{hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]}"

    async def _shared(
        self, request: GenerateRequest, name: str, options: ModelOptions, work: WorkContext
    ) -> dict[str, Any]:
        """What is alike in all pictures of a request; under "alike" what pictures of one run must share."""
        reference = None
        if request.HasField("reference_image"):
            path = await work.path(request.reference_image, "reference_image")
            if formats.sniff(path, "reference_image").kind is not formats.Kind.PICTURE:
                raise InvalidArgument(("reference_image", "must be a PNG, JPEG or WebP picture"))
            reference = path
        loras = self._loras(request, name)
        alike = {
            "width": request.width_pixels,
            "height": request.height_pixels,
            "steps": request.steps,
            "guidance": request.guidance if request.HasField("guidance") else None,
            "true_guidance": options.true_guidance,
            "text_tokens": options.text_tokens,
            "negative": bool(request.negative_prompt),
            "strength": request.reference_strength if reference else None,
            "adapter": options.ip_adapter.model_dump() if reference and options.ip_adapter else None,
            "loras": [
                {"name": lora, "weight": weight, **known.weights(lora)} for lora, weight, known in loras
            ],
            "preview_steps": options.preview_steps,
        }
        return {
            "alike": alike,
            "prompt": wording.prompt(request, [known.trigger for _, _, known in loras]),
            "negative_prompt": request.negative_prompt,
            "reference": reference,
            "format": filling.MEDIA[request.format][0],
            "previews": work.scratch,
        }
