"""What engines with models share: models by name, from the settings or from a request, and the pool."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from reelmesh.common.v1.engine_pb2 import Missing
from servers.chassis.engine import Engine
from servers.chassis.errors import InvalidArgument
from servers.chassis.models import options as loading
from servers.chassis.models.executor import Executor
from servers.chassis.models.options import PipelineOptions
from servers.chassis.models.pool import ModelPool
from servers.chassis.models.spec import ModelSpec

OptionsT = TypeVar("OptionsT", bound=PipelineOptions)


class Pooled(Engine):
    """An engine whose models run in the server's pool."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._models: Executor | None = None
        self._own: Executor | None = None

    def use(self, models: Executor) -> None:
        """See `RunsModels.use`."""
        self._models = models

    @property
    def pool(self) -> Executor:
        """The server's pool; one of its own where it runs without a server."""
        if self._models is not None:
            return self._models
        if self._own is None:
            self._own = ModelPool()
        return self._own

    def lacking(self, packages: Sequence[Missing]) -> Sequence[Missing]:
        """What stands in the way, where this host lacks some packages that the models need."""
        return packages if self._models is None else self._models.missing(packages)

    async def close(self) -> None:
        """Ends the pool that it made itself, if it did."""
        if self._own is not None:
            await self._own.close()
        await super().close()


class ModelEngine(Pooled, Generic[OptionsT]):
    """An engine whose work is done by diffusion pipelines in the server's pool."""

    runner: str
    """Class that runs them, "package.module:Class"."""
    known: Mapping[str, OptionsT]
    """Models by the names that requests use, the default first."""
    named_only: bool
    """Whether requests may name no others."""

    @abstractmethod
    def unnamed(self) -> OptionsT:
        """How a model is loaded that the settings do not name."""

    def extra_load(self) -> Mapping[str, Any]:
        """Further arguments of the runner."""
        return {}

    def use(self, models: Executor) -> None:
        """See `RunsModels.use`."""
        super().use(models)
        for name, options in self.known.items():
            if options.warm and not self.missing():
                models.warm(self.spec(name, options))

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`."""
        return self.lacking(loading.missing_packages())

    @property
    def on_request(self) -> bool:
        """See `Engine.on_request`: without a model in the settings, a request has to name one."""
        return not self.known

    def model(self, asked: str) -> tuple[str, OptionsT]:
        """The model that a request means, and how it is loaded.

        Raises:
            InvalidArgument: there is none, or the settings do not allow it.
        """
        name = asked or next(iter(self.known), "")
        if name in self.known:
            return name, self.known[name]
        names = ", ".join(self.known) or "none"
        if self.named_only:
            raise InvalidArgument(("model", f"must be one that the settings name ({names})"))
        if not name or not loading.is_pipeline(name):
            raise InvalidArgument(
                (
                    "model",
                    f"must be one that the settings name ({names}), a folder with {loading.INDEX}, "
                    "or a name on the hub",
                )
            )
        return name, self.unnamed()

    def spec(self, name: str, options: OptionsT) -> ModelSpec:
        """The model as the pool is asked for it."""
        told = options.loading(name)
        return ModelSpec(
            name=name,
            engine=self.name,
            runner=self.runner,
            load={"options": told, **self.extra_load()},
            expected_bytes=loading.size_bytes(told["path"]),
            pinned=options.pinned,
        )
