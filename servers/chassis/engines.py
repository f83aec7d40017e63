"""The engines of one server: found through entry points, described, chosen for a request."""

from __future__ import annotations

import functools
import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from google.protobuf.message import Message
from pydantic import ValidationError

from reelmesh.common.v1.engine_pb2 import MISSING_KIND_EXTRA, Missing
from reelmesh.common.v1.engine_pb2 import Engine as Description
from servers.chassis.engine import Engine, Resolved, RunsModels
from servers.chassis.errors import FailedPrecondition, InvalidArgument
from servers.chassis.models.executor import Executor

Around = Callable[[Engine], Engine]
"""Makes of an engine one that does what it does and more."""
_log = structlog.get_logger("reelmesh.engines")


class Engines:
    """The engines of one server, the default first."""

    def __init__(self, engines: Sequence[Engine], *, named: bool = True) -> None:
        """`named` tells that the settings name them. Else nobody has said that a request's content may go to
        another machine, so a remote engine serves only requests that name it."""
        self._engines = {engine.name: engine for engine in engines}
        self._named = named

    @classmethod
    def load(
        cls,
        group: str,
        order: Sequence[str],
        options: Mapping[str, Mapping[str, Any]],
        models: Executor | None = None,
        around: Around | None = None,
    ) -> Engines:
        """Finds the engines of an entry point group and makes them; those with models run them in `models`.

        `around` lays what all of a server's engines have in common around each.

        `order` names them, the default first; empty takes all, by name, but remote ones and those to be named
        last. An engine that can not even be imported is listed as missing: a request for it then says why.
        """
        found = {point.name: point for point in importlib.metadata.entry_points(group=group)}
        names = [*order] or sorted(found)
        engines: list[Engine] = []
        for name in names:
            if name not in found:
                engines.append(_Absent(name, f"no installed package offers it in {group}"))
                continue
            try:
                engine: Engine = found[name].load()(dict(options.get(name, {})))
            except Exception as error:  # a third party's engine must not keep the server from starting
                told = _told(error)
                _log.warning("engine can not be loaded", engine=name, error=told)
                engine = _Absent(name, f"it can not be loaded: {told}"[:300])
            engine.name = name
            if models is not None and isinstance(engine, RunsModels):
                engine.use(models)
            engines.append(engine if around is None else around(engine))
        if not order:
            engines.sort(key=lambda engine: engine.on_request or engine.describe().remote)
        return cls(engines, named=bool(order))

    def all(self) -> list[Engine]:
        """Every engine, the default first."""
        return list(self._engines.values())

    def ready(self) -> list[Engine]:
        """Those that lack nothing."""
        return [engine for engine in self._engines.values() if not engine.missing()]

    def describe(self) -> list[Description]:
        """Every engine as ListEngines tells it."""
        default = next(iter(self.offered()), None)
        return [_described(engine, is_default=engine is default) for engine in self._engines.values()]

    def choose(self, request: Any) -> Engine:
        """The engine a request names, or the first ready one that serves it.

        Raises:
            InvalidArgument: there is no engine of that name.
            FailedPrecondition: it lacks something, or no engine can serve the request.
        """
        if request.engine:
            named = self._engines.get(request.engine)
            if named is None:
                known = ", ".join(self._engines) or "none"
                raise InvalidArgument(
                    ("engine", f'"{request.engine}" is not an engine of this server ({known})')
                )
            demand(named)
            return named
        ready = self.offered()
        for engine in ready:
            if engine.serves(request):
                return engine
        lacking = [engine for engine in self._allowed() if engine.missing() and engine.serves(request)]
        if lacking:
            demand(lacking[0])
        if ready:
            return ready[0]  # it can not serve the request either, but its `resolve` says why
        raise FailedPrecondition("no engine of this server can serve the request", reason="NO_ENGINE")

    def _allowed(self) -> list[Engine]:
        """Those that may serve a request which names none."""
        return [
            one
            for name, one in self._engines.items()
            if not one.on_request and (self._named or name not in self._remote)
        ]

    @functools.cached_property
    def _remote(self) -> frozenset[str]:
        """Those that send a request's content to another machine. Asked once: to describe itself takes an
        engine longer than to choose it may."""
        return frozenset(name for name, one in self._engines.items() if one.describe().remote)

    def offered(self) -> list[Engine]:
        """Those that lack nothing and may serve a request which names none."""
        return [engine for engine in self._allowed() if not engine.missing()]

    def resolve(self, request: Any) -> tuple[Engine, Resolved[Any]]:
        """The engine for a request and the request as that engine would serve it, its name filled in."""
        engine = self.choose(request)
        resolved = engine.resolve(request)
        resolved.request.engine = engine.name
        resolved.request.model = resolved.model
        return engine, resolved

    async def close(self) -> None:
        """Closes every engine."""
        for engine in self._engines.values():
            await engine.close()


def _told(error: Exception) -> str:
    """What went wrong, for people; of options that break a rule the names alone, since values may be keys."""
    if isinstance(error, ValidationError):
        faults = error.errors(include_input=False, include_url=False)
        return "; ".join(f"options.{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in faults)
    return f"{type(error).__name__}: {error}"


def _described(engine: Engine, *, is_default: bool) -> Description:
    description = engine.describe()
    missing = engine.missing()
    description.name = engine.name
    description.ready = not missing
    del description.missing[:]
    description.missing.extend(missing)
    description.is_default = is_default
    return description


def demand(engine: Engine) -> None:
    """Demands that an engine lacks nothing.

    Raises:
        FailedPrecondition: it lacks something; the details name it and the remedy.
    """
    missing = engine.missing()
    if missing:
        what = "; ".join(f"{item.name} is missing: {item.remedy}" for item in missing)
        raise FailedPrecondition(
            f'engine "{engine.name}": {what}', reason="ENGINE_NOT_READY", missing=missing
        )


class _Absent(Engine):
    """Stands for an engine that is named in the settings but can not be used."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__({})
        self.name = name
        self._why = why

    def describe(self) -> Description:
        return Description(description=self._why)

    def missing(self) -> Sequence[Missing]:
        return (Missing(kind=MISSING_KIND_EXTRA, name=self.name, remedy=self._why),)

    def serves(self, request: Message) -> bool:
        return False

    def resolve(self, request: Any) -> Resolved[Any]:
        raise FailedPrecondition(f'engine "{self.name}": {self._why}')

    def run(self, request: Any, work: Any) -> Any:
        raise FailedPrecondition(f'engine "{self.name}": {self._why}')
