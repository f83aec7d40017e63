"""ListModels: the models of all engines, ready or not, in pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from reelmesh.imagegen.v1.imagegen_pb2 import ListModelsRequest, ListModelsResponse, Model
from servers.chassis import paging
from servers.chassis.assets import Assets
from servers.chassis.context import CallContext
from servers.chassis.engine import Engine
from servers.chassis.engines import Engines


@runtime_checkable
class ListsModels(Protocol):
    """An engine that knows more of its models than their names."""

    def models(self) -> Sequence[Model]:
        """Its models; the listing fills in `engine` and `ready`."""


class ImageGenMethods:
    """The RPCs of ImageGenService that are neither work nor the same in every service."""

    def __init__(self, engines: Engines, assets: Assets) -> None:
        self._engines = engines

    async def ListModels(self, request: ListModelsRequest, context: CallContext) -> ListModelsResponse:
        """One page of models, by engine, then name."""
        models = [
            model
            for engine in self._engines.all()
            if request.engine in ("", engine.name)
            for model in _listed(engine)
        ]
        shown, token = paging.page(
            models, request.page_size, request.page_token, lambda model: f"{model.engine}/{model.name}"
        )
        return ListModelsResponse(models=shown, next_page_token=token)


def models_of(engine: Engine) -> list[Model]:
    """What an engine knows of its models; `engine` and `ready` are not filled in."""
    if isinstance(engine, ListsModels):
        return list(engine.models())
    description = engine.describe()
    return [Model(name=name, license=description.license) for name in description.models]


def _listed(engine: Engine) -> list[Model]:
    ready, known = not engine.missing(), models_of(engine)
    for model in known:
        model.engine, model.ready = engine.name, ready
    return known
