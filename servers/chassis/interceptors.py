"""What happens around every RPC: context, validation, and faults turned into statuses.

One interceptor wraps each method once and keeps the wrapped handler, so a call pays for no look-up.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NoReturn, TypeAlias

import grpc
import protovalidate
import structlog
from google.protobuf.message import Message

from servers.chassis import context as call_context
from servers.chassis.errors import Cancelled, Fault, Internal, InvalidArgument, Violation
from servers.chassis.streams import drain

_log = structlog.get_logger("reelmesh.rpc")
_OWN = "/reelmesh."
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
"""Health and reflection are not ours to validate."""


class ChassisInterceptor(grpc.aio.ServerInterceptor):
    """Enters the call's context, enforces the contract's rules and maps faults."""

    def __init__(self) -> None:
        self._wrapped: dict[str, Handler] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """The method's handler, wrapped."""
        method = handler_call_details.method
        if method not in self._wrapped:
            handler = await continuation(handler_call_details)
            if handler is None or not method.startswith(_OWN):
                return handler
            self._wrapped[method] = _wrap(method, handler)
        return self._wrapped[method]


def _wrap(method: str, handler: Any) -> Handler:
    codec = {
        "request_deserializer": handler.request_deserializer,
        "response_serializer": handler.response_serializer,
    }
    if handler.request_streaming and handler.response_streaming:
        return grpc.stream_stream_rpc_method_handler(
            _streaming(method, handler.stream_stream, checks=False), **codec
        )
    if handler.request_streaming:
        return grpc.stream_unary_rpc_method_handler(
            _unary(method, handler.stream_unary, checks=False), **codec
        )
    if handler.response_streaming:
        return grpc.unary_stream_rpc_method_handler(_streaming(method, handler.unary_stream), **codec)
    return grpc.unary_unary_rpc_method_handler(_unary(method, handler.unary_unary), **codec)


def _unary(method: str, behaviour: Any, *, checks: bool = True) -> Any:
    async def call(request: Any, context: Any) -> Any:
        try:
            _begin(method, context)
            requests = request if checks else _checked_stream(request)
            if checks:
                check(request)
            return await behaviour(requests, context)
        except Exception as error:
            if not checks:
                await drain(aiter(request))
            await _fail(method, error, context)

    return call


def _streaming(method: str, behaviour: Any, *, checks: bool = True) -> Any:
    async def call(request: Any, context: Any) -> AsyncIterator[Any]:
        try:
            _begin(method, context)
            requests = request if checks else _checked_stream(request)
            if checks:
                check(request)
            async for response in behaviour(requests, context):
                yield response
        except Exception as error:
            if not checks:
                await drain(aiter(request))
            await _fail(method, error, context)

    return call


async def _checked_stream(requests: AsyncIterator[Message]) -> AsyncIterator[Message]:
    async for request in requests:
        check(request)
        yield request


def _begin(method: str, context: Any) -> None:
    call = call_context.read(context.invocation_metadata())
    call_context.enter(call)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(
        **{
            key: value
            for key, value in (
                ("rpc", method.rpartition("/")[2]),
                ("job", call.job_id),
                ("execution", call.execution_id),
                ("step", call.step),
                ("trace", call.traceparent[3:35]),
            )
            if value
        }
    )


def check(message: Message) -> None:
    """Enforces the contract's rules.

    Raises:
        InvalidArgument: with one violation per broken rule.
    """
    violations = violations_of(message)
    if violations:
        raise InvalidArgument(*violations)


def violations_of(message: Message) -> list[Violation]:
    """Every rule of the contract that a message breaks, as (field path, rule)."""
    return [_told(violation) for violation in protovalidate.collect_violations(message)]


def _told(violation: Any) -> Violation:
    proto = violation.proto
    path = ""
    for element in proto.field.elements if proto.field is not None else ():
        path += f".{element.field_name}" if path else element.field_name
        if element.subscript is not None:
            path += f"[{element.subscript.value}]"
    return path, proto.message or proto.rule_id


async def _fail(method: str, error: Exception, context: Any) -> NoReturn:
    if isinstance(error, grpc.aio.AbortError):
        raise error
    if not isinstance(error, Fault):
        _log.error("unexpected failure", method=method, exc_info=error)
        error = Internal(f"{type(error).__name__} in the server; its log tells more", reason="UNEXPECTED")
    elif not isinstance(error, Cancelled):
        _log.info("refused", method=method, code=error.code.name, reason=error.reason, message=error.message)
    status = error.status()
    metadata = (("grpc-status-details-bin", status.SerializeToString()),)
    await context.abort(error.code, status.message, metadata)
    raise error  # abort always raises; this tells the type checker so
