"""Enlarging by a model: ESRGAN, Real-ESRGAN, SwinIR and whatever else spandrel knows, in the server's pool.

Only models that the settings name are loaded. What is asked of them is decided here, without torch; they are
loaded and run in the devices' worker processes (`servers.imagegen.upscaling.runner`).
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
from collections.abc import Mapping, Sequence
from typing import Any

from reelmesh.common.v1.engine_pb2 import MISSING_KIND_EXTRA, MISSING_KIND_MODEL, Missing
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.imagegen.v1 import imagegen_pb2
from servers.chassis.errors import FailedPrecondition, InvalidArgument
from servers.chassis.media import commands
from servers.chassis.models import options as loading
from servers.chassis.models.engine import Pooled
from servers.chassis.models.executor import Executor
from servers.chassis.models.spec import ModelSpec
from servers.chassis.worker_main import Report
from servers.imagegen.upscaling import clips
from servers.imagegen.upscaling.engine import CAPABILITY, Enlarging, Upscaler
from servers.imagegen.upscaling.options import ENDINGS, SpandrelOptions

RUNNER = "servers.imagegen.upscaling.runner:UpscaleRunner"
_VERSION = "1"
_PACKAGES = ("torch", "spandrel", "safetensors")
_WHERE = "imagegen.options.spandrel.models"


class SpandrelEngine(Pooled, Upscaler):
    """Enlarges with the models that its settings name."""

    name = "spandrel"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._known = SpandrelOptions(**settings).models

    def use(self, models: Executor) -> None:
        """See `RunsModels.use`."""
        super().use(models)
        for name, told in self._known.items():
            if told.warm and not self.missing():
                models.warm(self._spec(name))

    def describe(self) -> Description:
        """See `Engine.describe`."""
        return Description(
            description="a model that enlarges: ESRGAN, Real-ESRGAN, SwinIR and others, by spandrel",
            version=_VERSION,
            models=tuple(self._known),
            capabilities=(CAPABILITY,),
            license="MIT; each model has its own",
        )

    def models(self) -> Sequence[imagegen_pb2.Model]:
        """Its models with their licences."""
        return [
            imagegen_pb2.Model(name=name, description=told.description, license=told.license)
            for name, told in self._known.items()
        ]

    @property
    def on_request(self) -> bool:
        """See `Engine.on_request`: plain resampling is the default."""
        return True

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`: packages, or a model."""
        packages = [
            Missing(kind=MISSING_KIND_EXTRA, name=package, remedy='pip install "reelmesh[upscale]"')
            for package in _PACKAGES
            if importlib.util.find_spec(package) is None
        ]
        found = [*self.lacking(packages)]
        if not self._known:
            remedy = f"set {_WHERE} to files of weights, by names of your own"
            found.append(Missing(kind=MISSING_KIND_MODEL, name="models", remedy=remedy))
        return found

    def model_of(self, asked: str) -> str:
        """See `Upscaler.model_of`.

        Raises:
            FailedPrecondition: its file is not there.
        """
        names = ", ".join(self._known) or "none"
        name = asked or next(iter(self._known), "")
        if name not in self._known:
            raise InvalidArgument(("model", f"must be one that the settings name ({names})"))
        path = self._known[name].path
        if path.suffix.lower() not in ENDINGS or not path.is_file():
            lacking = Missing(
                kind=MISSING_KIND_MODEL,
                name=name,
                remedy=f"set {_WHERE}.{name}.path to a file of weights ({', '.join(ENDINGS)})",
            )
            raise FailedPrecondition(f'model "{name}" is not there: {lacking.remedy}', missing=[lacking])
        return name

    def version_of(self, model: str) -> str:
        """See `Upscaler.version_of`."""
        told = self._known[model]
        parts = [
            _VERSION,
            loading.libraries(),
            _version(),
            commands.version(),
            f"{told.tile} {told.overlap}",
            loading.identity(str(told.path)),
        ]
        return f"{_VERSION}-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]}"

    async def enlarge(self, model: str, one: Enlarging, report: Report) -> None:
        """See `Upscaler.enlarge`."""
        told = self._known[model]
        arguments: dict[str, Any] = {
            "path": one.path,
            "out": one.out,
            "format": one.format,
            "width": one.width,
            "height": one.height,
            "tile": told.tile,
            "overlap": told.overlap,
        }
        if one.is_clip:
            rate = clips.rate_of(one.probe.fps)
            arguments["clip"] = {
                "demuxer": one.demuxer,
                "size": [one.probe.width, one.probe.height],
                "rate": str(rate),
                "frames": max(1, round(one.probe.duration * rate)),
                "audio_codec": one.probe.audio_codec,
            }
        await self.pool.run(self._spec(model), arguments, report, folder=one.out.parent)

    def _spec(self, name: str) -> ModelSpec:
        path = self._known[name].path
        return ModelSpec(
            name=name,
            engine=self.name,
            runner=RUNNER,
            # A file that was replaced is another model.
            load={"path": str(path), "identity": loading.identity(str(path))},
            expected_bytes=path.stat().st_size if path.is_file() else 0,
            pinned=self._known[name].pinned,
        )


def _version() -> str:
    """The library's version; "" where it is not on this host but where the models run."""
    try:
        return importlib.metadata.version("spandrel")
    except importlib.metadata.PackageNotFoundError:
        return ""
