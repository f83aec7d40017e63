"""One generic servicer for every service with engines, built from the service's descriptor.

A server-streaming RPC whose response is `oneof event {progress, result}` is work; `Resolve<Rpc>` beside it
resolves; ListEngines lists. What else a service offers comes from the server's own class of methods.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import structlog
from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message

from reelmesh.common.v1.asset_pb2 import Asset, MediaFacts
from reelmesh.common.v1.engine_pb2 import Provenance, Resolution
from reelmesh.common.v1.progress_pb2 import Progress
from servers.chassis.assets import Assets, remove_scratch
from servers.chassis.context import CallContext, current
from servers.chassis.engine import Engine, Resolved
from servers.chassis.engines import Engines
from servers.chassis.errors import Fault, Internal
from servers.chassis.failover import Failover
from servers.chassis.work import Work, WorkKey, WorkTable

_log = structlog.get_logger("reelmesh.work")
Behaviour = Callable[[Any, Any], Any]


def fingerprint(request: Message) -> bytes:
    """Digest of a request without its id: the same for the same request, however often it is sent."""
    copy = type(request)()
    copy.CopyFrom(request)
    copy.ClearField("request_id")
    return hashlib.sha256(copy.SerializeToString(deterministic=True)).digest()


def is_work(method: MethodDescriptor) -> bool:
    """Whether an RPC has the shape of work."""
    fields = method.output_type.fields_by_name
    return bool(method.server_streaming) and "progress" in fields and "result" in fields


@dataclass(frozen=True)
class EngineServicer:
    """Serves one service through its engines."""

    service: ServiceDescriptor
    engines: Engines
    assets: Assets
    work: WorkTable
    failover: Failover | None = None
    """Who stands in for an engine that fails; None: nobody."""
    extra: Any = None
    """Object with an async method for each RPC that is neither work, Resolve nor ListEngines."""

    def handler(self) -> grpc.GenericRpcHandler:
        """The handlers of all of the service's RPCs.

        Raises:
            TypeError: the service has an RPC that nothing serves.
        """
        handlers = {method.name: self._handler(method) for method in self.service.methods}
        return grpc.method_handlers_generic_handler(self.service.full_name, handlers)

    def _handler(self, method: MethodDescriptor) -> grpc.RpcMethodHandler[Any, Any]:
        behaviour: Behaviour
        if is_work(method):
            behaviour = self._work(method)
        elif method.name == "ListEngines":
            behaviour = self._list_engines(method)
        elif method.name.startswith("Resolve"):
            behaviour = self._resolve(method)
        else:
            own = getattr(self.extra, method.name, None)
            if own is None:
                raise TypeError(f"nothing serves {method.full_name}")
            behaviour = self._own(own)
        make = (
            grpc.unary_stream_rpc_method_handler
            if method.server_streaming
            else grpc.unary_unary_rpc_method_handler
        )
        return make(
            behaviour,
            request_deserializer=message_factory.GetMessageClass(method.input_type).FromString,
            response_serializer=message_factory.GetMessageClass(method.output_type).SerializeToString,
        )

    def _work(self, method: MethodDescriptor) -> Behaviour:
        response_class = message_factory.GetMessageClass(method.output_type)
        name = f"{self.service.full_name}/{method.name}"

        async def serve(request: Any, _: Any) -> AsyncIterator[Message]:
            context = current()
            engine, resolved = self.engines.resolve(request)
            key = WorkKey(context.owner, name, request.request_id or f"anonymous-{secrets.token_hex(12)}")

            async def run(work: Work) -> Message:
                if self.failover is None:
                    return await self._run(engine, resolved, work)
                return await self.failover.run(
                    engine, resolved, lambda other, request: self._run(other, request, work)
                )

            events = self.work.join(
                key, fingerprint(request), context, run, joinable=bool(request.request_id)
            )
            async for event in events:
                if isinstance(event, Progress):
                    yield response_class(progress=event)
                else:
                    yield response_class(result=event)

        return serve

    async def _run(self, engine: Engine, resolved: Resolved[Any], work: Work) -> Message:
        begin = time.monotonic()
        await self.assets.require_room()
        _log.info("work begins", request_id=work.key.request_id, engine=engine.name)
        result: Message | None = None
        desk = Desk(work.key.owner, work.key.request_id, self.assets, self.service.name, work)
        try:
            async for item in engine.run(resolved.request, desk):
                if isinstance(item, Progress):
                    work.report(item)
                else:
                    result = item
        except Fault as fault:
            _log.info(
                "work failed", request_id=work.key.request_id, reason=fault.reason, message=fault.message
            )
            raise
        except Exception as error:
            _log.error("engine failed unexpectedly", request_id=work.key.request_id, exc_info=error)
            raise Internal(
                f'engine "{engine.name}" failed: {type(error).__name__}', reason="ENGINE_FAILED"
            ) from error
        finally:
            await desk.clear()
        if result is None:
            raise Internal(f'engine "{engine.name}" ended without a result', reason="NO_RESULT")
        _sign(result, engine, resolved, time.monotonic() - begin)
        _log.info("work done", request_id=work.key.request_id, seconds=round(time.monotonic() - begin, 3))
        return result

    def _resolve(self, method: MethodDescriptor) -> Behaviour:
        response_class = message_factory.GetMessageClass(method.output_type)

        async def serve(request: Any, _: Any) -> Message:
            engine, resolved = self.engines.resolve(request.request)
            return response_class(request=resolved.request, resolution=resolution(engine, resolved))

        return serve

    def _list_engines(self, method: MethodDescriptor) -> Behaviour:
        response_class = message_factory.GetMessageClass(method.output_type)

        async def serve(_: Any, __: Any) -> Message:
            return response_class(engines=self.engines.describe())

        return serve

    def _own(self, method: Callable[[Any, CallContext], Any]) -> Behaviour:
        async def serve(request: Any, _: Any) -> Any:
            return await method(request, current())

        return serve


@dataclass(frozen=True)
class Desk:
    """What one piece of work may use; see `servers.chassis.engine.WorkContext`."""

    owner: str
    request_id: str
    assets: Assets
    name: str = "work"
    """Hint for people who look at scratch folders."""
    work: Work | None = None
    """The work; None for work of the server's own."""

    @property
    def unwanted(self) -> bool:
        """See `WorkContext.unwanted`."""
        return self.work is not None and self.work.unwanted

    @functools.cached_property
    def scratch(self) -> Path:
        """See `WorkContext.scratch`. Made when it is first asked for: much work needs none."""
        return self.assets.new_scratch(self.name)

    @property
    def kept(self) -> Path:
        """See `WorkContext.kept`."""
        return self.assets.kept

    async def clear(self) -> None:
        """Removes the scratch folder, if there is one."""
        if "scratch" in self.__dict__:
            await remove_scratch(self.scratch)

    async def path(self, asset: Asset, field: str) -> Path:
        """See `WorkContext.path`."""
        return await self.assets.path(self.owner, asset, field)

    async def store(self, path: Path, media_type: str, facts: MediaFacts | None = None) -> Asset:
        """See `WorkContext.store`."""
        return await self.assets.store(self.owner, path, media_type, facts)


def resolution(engine: Engine, resolved: Resolved[Any]) -> Resolution:
    """The resolution as it travels."""
    message = Resolution(
        engine=engine.name, model=resolved.model, version=resolved.version, cacheable=resolved.cacheable
    )
    if resolved.expected_cost is not None:
        message.expected_cost.CopyFrom(resolved.expected_cost)
    if resolved.expected_seconds is not None:
        message.expected_time.FromNanoseconds(int(resolved.expected_seconds * 1e9))
    return message


def _sign(result: Any, engine: Engine, resolved: Resolved[Any], seconds: float) -> None:
    """Completes the result's provenance; the engine has set seed, cost and warnings."""
    provenance: Provenance = result.provenance
    provenance.engine = provenance.engine or engine.name
    provenance.model = provenance.model or resolved.model
    provenance.version = provenance.version or resolved.version
    provenance.wall_time.FromNanoseconds(int(seconds * 1e9))
