"""The embedded painter: layered scenes drawn from the words of a prompt, on any machine.

The drawing itself happens in a worker process (`servers.imagegen.painter_worker`); what is drawn is
decided in `servers.imagegen.painting`.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from reelmesh.common.v1.asset_pb2 import MediaFacts
from reelmesh.common.v1.engine_pb2 import MISSING_KIND_EXTRA, Missing
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.layer_pb2 import Layer, LayerMotion
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.imagegen.v1 import imagegen_pb2
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.errors import InvalidArgument
from servers.chassis.worker import WorkerPool
from servers.imagegen import filling

STYLES = ("paper-cut", "ink-wash", "flat", "dusk")
"""The styles it knows, the default first."""

_MODEL = "painter"
_VERSION = "2"
_PACKAGES = {"resvg_py": "resvg-py", "PIL": "pillow"}
_SECONDS_PER_MEGAPIXEL = 0.5
_MEMORY_BYTES = 4 * 1024**3


class PainterEngine(Engine):
    """Paints silhouettes, light and weather in layers, as vectors."""

    name = "painter"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._workers = WorkerPool("servers.imagegen.painter_worker", size=2, memory_bytes=_MEMORY_BYTES)

    def describe(self) -> Description:
        """See `Engine.describe`."""
        return Description(
            description="procedural painter: layered scenes from the nouns of a prompt, no model needed",
            version=_VERSION,
            models=(_MODEL,),
            languages=("en", "zh"),
            capabilities=("layers", "seed", "styles"),
            license="MIT",
        )

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`."""
        return tuple(
            Missing(kind=MISSING_KIND_EXTRA, name=package, remedy='pip install "reelmesh[mesh]"')
            for module, package in _PACKAGES.items()
            if importlib.util.find_spec(module) is None
        )

    def models(self) -> Sequence[imagegen_pb2.Model]:
        """The one model, with its styles."""
        described = self.describe()
        return (
            imagegen_pb2.Model(
                name=_MODEL, description=described.description, styles=STYLES, license=described.license
            ),
        )

    def serves(self, request: Message) -> bool:
        """Anything that needs no LoRA and no picture to start from: an engine that uses them goes before."""
        assert isinstance(request, imagegen_pb2.GenerateRequest)
        return not request.loras and not request.HasField("reference_image")

    def resolve(self, request: imagegen_pb2.GenerateRequest) -> Resolved[imagegen_pb2.GenerateRequest]:
        """See `Engine.resolve`. A request without a seed stays without one and is not to be remembered."""
        _check(request)
        filled = filling.filled(request)
        filled.model = _MODEL
        filled.style = _style(request.style) or request.style or STYLES[0]
        megapixels = filled.width_pixels * filled.height_pixels / 1e6
        return Resolved(
            filled,
            version=f"{_VERSION}-{fingerprint()}",
            model=_MODEL,
            cacheable=request.HasField("seed"),
            expected_seconds=filled.count
            * (0.2 + megapixels * _SECONDS_PER_MEGAPIXEL * (2 if filled.layers else 1)),
        )

    async def run(self, request: imagegen_pb2.GenerateRequest, work: WorkContext) -> AsyncIterator[Message]:
        """See `Engine.run`."""
        seed = request.seed if request.HasField("seed") else random.SystemRandom().getrandbits(31)
        result = imagegen_pb2.GenerateResult()
        result.provenance.seed = seed
        result.provenance.warnings.extend(_passed_over(request))
        for index in range(request.count):
            detail = f"picture {index + 1} of {request.count}" if request.count > 1 else ""
            yield Progress(stage="painting", fraction=index / request.count, detail=detail)
            result.images.append(await self._paint(request, seed + index, work))
        yield result

    async def _paint(
        self, request: imagegen_pb2.GenerateRequest, seed: int, work: WorkContext
    ) -> imagegen_pb2.Image:
        kind, media_type = filling.MEDIA[request.format]
        path = work.scratch / f"{seed}.{kind}"
        arguments = {
            "prompt": f"{request.prompt}\n{request.character}",
            "setting": "\n".join(
                (
                    request.scene_settings.camera,
                    request.scene_settings.lighting,
                    request.scene_settings.mood,
                )
            ),
            "style": _style(request.style) or STYLES[0],
            "width": request.width_pixels,
            "height": request.height_pixels,
            "seed": seed,
            "place_seed": request.place_seed if request.HasField("place_seed") else None,
            "character_seed": request.character_seed if request.HasField("character_seed") else None,
            "layers": request.layers,
            "format": kind,
            "path": str(path),
        }
        painted = await self._workers.call("paint", arguments, timeout_seconds=120.0)
        facts = MediaFacts(width_pixels=request.width_pixels, height_pixels=request.height_pixels)
        asset = await work.store(path, media_type, facts)
        layers = [
            Layer(
                picture=await work.store(Path(layer["path"]), "image/png", facts),
                depth=layer["depth"],
                motion=LayerMotion.Value(f"LAYER_MOTION_{layer['motion'].upper()}"),
            )
            for layer in painted["layers"]
        ]
        return imagegen_pb2.Image(asset=asset, seed=seed, depicts=painted["depicts"], layers=layers)

    async def close(self) -> None:
        """Ends the worker processes."""
        await self._workers.close()


@functools.cache
def fingerprint() -> str:
    """Digest of everything that decides a picture: the painter's own source and the library that draws it."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for source in sorted([*here.glob("painting/**/*.py"), here / "painter_worker.py"]):
        digest.update(source.relative_to(here).as_posix().encode() + b"\0" + source.read_bytes() + b"\0")
    for package in _PACKAGES.values():
        try:
            digest.update(importlib.metadata.version(package).encode())
        except importlib.metadata.PackageNotFoundError:
            digest.update(b"none")
    return digest.hexdigest()[:16]


def _style(asked: str) -> str:
    """The known style that is meant, or "" for one that is not known."""
    plain = "-".join(asked.lower().replace("_", " ").replace("-", " ").split())
    return {"papercut": "paper-cut", "ink": "ink-wash", "": STYLES[0]}.get(
        plain, plain if plain in STYLES else ""
    )


def _check(request: imagegen_pb2.GenerateRequest) -> None:
    if request.model not in ("", _MODEL):
        raise InvalidArgument(("model", f'must be empty or "{_MODEL}": this engine has no other'))


def _passed_over(request: imagegen_pb2.GenerateRequest) -> list[str]:
    """What was asked for and means nothing to this engine, one line each."""
    asked = {
        "negative_prompt": bool(request.negative_prompt),
        "steps": bool(request.steps),
        "guidance": request.HasField("guidance"),
        "loras": bool(request.loras),
        "reference_image": request.HasField("reference_image"),
        "reference_strength": request.HasField("reference_strength"),
    }
    lines = [
        f"{field} was passed over: the painter has no use for it" for field, given in asked.items() if given
    ]
    if not _style(request.style):
        lines.append(
            f'style "{request.style[:60]}" is not known ({", ".join(STYLES)}); painted as {STYLES[0]}'
        )
    return lines
