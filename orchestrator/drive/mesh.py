"""The servers as the orchestrator sees them: channels to them, and calls by their contracts."""

from __future__ import annotations

import asyncio
import functools
import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
import structlog
from google.protobuf import message_factory
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError, Message
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import ResourceInfo
from google.rpc.status_pb2 import Status

from orchestrator.drive.retry import reason
from orchestrator.pure.methods import Method
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.common.v1.engine_pb2 import Resolution
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.storage.v1 import storage_pb2
from reelmesh.work.v1 import work_pb2, work_pb2_grpc
from servers.chassis import addresses
from servers.chassis.context import CallContext
from servers.chassis.errors import FailedPrecondition, Fault, NotFound, Unavailable
from servers.chassis.serve import CHANNEL_OPTIONS
from servers.chassis.settings import MeshSettings

STORAGE = "storage"
FIND_MISSING_LIMIT = 10_000
_SLACK = 0.1
"""Share of the longest silence by which it may be longer: the timer is not set anew for every report."""
_DETAILS_KEY = "grpc-status-details-bin"
# A server that was restarted is found again at once: gRPC's own backoff goes up to two minutes.
_OPTIONS = [
    *CHANNEL_OPTIONS,
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.enable_retries", 0),  # attempts are the orchestrator's to count
]
_log = structlog.get_logger("reelmesh.mesh")


class CallFailed(Exception):
    """A call that ended with an error status."""

    def __init__(self, status: Status) -> None:
        super().__init__(f"{code_pb2.Code.Name(status.code)}: {status.message}")
        self.status = status

    def fault(self) -> Fault:
        """The failure as an answer to whoever asked the orchestrator."""
        message = self.status.message
        if self.status.code == code_pb2.NOT_FOUND:
            for detail in self.status.details:
                info = ResourceInfo()
                if detail.Unpack(info):
                    return NotFound(info.resource_type, info.resource_name)
        if self.status.code == code_pb2.FAILED_PRECONDITION:
            return FailedPrecondition(message, reason=reason(self.status) or None)
        return Unavailable(message)


@dataclass(frozen=True)
class Patience:
    """How long the orchestrator waits for servers, seconds."""

    connect_seconds: float = 15.0
    """For a connection: time for a server to be started again."""
    replica_seconds: float = 1.0
    """For the replica that has a request's work, where there are others."""
    unary_seconds: float = 30.0
    """For an answer to a call that does no work."""
    silence_seconds: float = 60.0
    """Between two reports of running work."""
    cancel_seconds: float = 5.0
    """For a server to acknowledge that work is cancelled."""
    timeouts_seconds: Mapping[str, float] = field(default_factory=dict)
    """For one attempt, by the server's name."""

    def attempt(self, server: str) -> float | None:
        """Longest time for one attempt; None: no bound."""
        return self.timeouts_seconds.get(server)


class Mesh:
    """Channels to the servers, and what is called over them."""

    def __init__(self, servers: Mapping[str, str], settings: MeshSettings, patience: Patience) -> None:
        """`servers`: addresses by name, e.g. {"tts": "unix:/run/tts.sock"}; those of replicas by commas."""
        self._addresses = servers
        self._settings = settings
        self._patience = patience
        self._channels: dict[str, dict[str, grpc.aio.Channel]] = {}  # by server, then address
        self._rpcs: dict[tuple[grpc.aio.Channel, str], Any] = {}  # that were called

    def has(self, server: str) -> bool:
        """Whether a server's address is known."""
        return server in self._addresses

    async def resolve(
        self, method: Method, request: Message, context: CallContext
    ) -> tuple[Message, Resolution]:
        """The request with every default filled in, and who would serve it.

        Raises:
            CallFailed: it can not be served, or the server can not be reached.
        """
        codec = _codec(method.path)
        response = await self._unary(
            server_of(method),
            codec.resolve_path,
            codec.resolve_request(request=request),
            codec.resolve_response,
            context,
        )
        return response.request, response.resolution

    async def work(
        self,
        method: Method,
        request: Message,
        context: CallContext,
        on_progress: Callable[[Progress], None],
        timeout_seconds: float | None = None,
    ) -> Message:
        """Has work done and returns its result.

        Cancelling it leaves the work to the server's linger time: see `cancel`.

        Raises:
            CallFailed: the attempt failed, was silent for too long or took too long.
        """
        server = server_of(method)
        channel = await self._connected(server, getattr(request, "request_id", ""))
        codec = _codec(method.path)
        rpc = self._rpcs.get((channel, method.path))
        if rpc is None:
            rpc = self._rpcs[channel, method.path] = channel.unary_stream(
                method.path,
                request_serializer=method.request.SerializeToString,
                response_deserializer=codec.response.FromString,
            )
        timeout = timeout_seconds or self._patience.attempt(server)
        call = rpc(request, metadata=context.metadata(), timeout=timeout)
        result: Message | None = None
        clock = asyncio.get_running_loop().time
        longest = self._patience.silence_seconds * (1 + _SLACK)
        heard = clock()
        try:
            async with asyncio.timeout(longest) as silence:
                async for response in call:
                    if (now := clock()) > heard + _SLACK * longest:
                        heard = now
                        silence.reschedule(now + longest)
                    if response.HasField("progress"):
                        on_progress(response.progress)
                    elif response.HasField("result"):
                        result = response.result
        except grpc.aio.AioRpcError as error:
            raise CallFailed(status_of(error, server)) from error
        except TimeoutError:
            message = f"the {server} server was silent for {self._patience.silence_seconds:g} s"
            raise CallFailed(Status(code=code_pb2.UNAVAILABLE, message=message)) from None
        finally:
            call.cancel()
        if result is None:
            message = f"the {server} server ended the call without a result"
            raise CallFailed(Status(code=code_pb2.INTERNAL, message=message))
        return result

    async def cancel(self, method: Method, request_id: str, context: CallContext) -> None:
        """Ends work on its server at once, instead of after its linger time. Never raises."""
        request = work_pb2.CancelWorkRequest(request_id=request_id, method=method.path.lstrip("/"))
        try:
            channels = self._replicas(server_of(method), request_id)
        except CallFailed as failure:
            _log.warning("work could not be cancelled", request_id=request_id, reason=str(failure))
            return
        await asyncio.gather(*(self._cancel(channel, request, context) for channel in channels))

    async def _cancel(
        self, channel: grpc.aio.Channel, request: work_pb2.CancelWorkRequest, context: CallContext
    ) -> None:
        try:
            stub = work_pb2_grpc.WorkServiceStub(channel)
            timeout = self._patience.cancel_seconds
            await stub.CancelWork(request, metadata=context.metadata(), timeout=timeout)
        except grpc.aio.AioRpcError as error:
            if error.code() != grpc.StatusCode.NOT_FOUND:  # it had ended, or is another replica's
                code = error.code().name
                _log.warning("work could not be cancelled", request_id=request.request_id, code=code)

    async def reach(self, server: str) -> None:
        """Waits until a server is connected.

        Raises:
            CallFailed: it can not be reached in time.
        """
        await self._connected(server)

    async def find_missing(self, context: CallContext, digests: Collection[str]) -> set[str]:
        """Which of the assets are no longer the owner's to read; the others are leased.

        Raises:
            CallFailed: Storage can not be reached.
        """
        missing: set[str] = set()
        wanted = sorted(digests)
        for start in range(0, len(wanted), FIND_MISSING_LIMIT):
            request = storage_pb2.FindMissingRequest(digests=wanted[start : start + FIND_MISSING_LIMIT])
            response = await self._storage("FindMissing", request, storage_pb2.FindMissingResponse, context)
            missing.update(response.missing)
        return missing

    async def delete(self, context: CallContext, digests: Collection[str]) -> set[str]:
        """Takes the owner's references to assets away. Returns those that a lease holds: they were left.

        Raises:
            CallFailed: Storage can not be reached.
        """
        if not digests:
            return set()
        request = storage_pb2.DeleteRequest(digests=sorted(digests), keep_leased=True)
        response = await self._storage("Delete", request, storage_pb2.DeleteResponse, context)
        return set(response.leased)

    async def sign(self, context: CallContext, asset: Asset, lifetime: Duration, file_name: str) -> str:
        """A link to an asset.

        Raises:
            CallFailed: Storage can not be reached, or makes no links.
        """
        request = storage_pb2.SignRequest(digest=asset.digest, lifetime=lifetime, file_name=file_name)
        response = await self._storage("Sign", request, storage_pb2.SignResponse, context)
        url: str = response.url
        return url

    async def close(self) -> None:
        """Closes the channels."""
        channels = [channel for replicas in self._channels.values() for channel in replicas.values()]
        await asyncio.gather(*(channel.close() for channel in channels))

    async def _storage(
        self, rpc: str, request: Message, response: type[Message], context: CallContext
    ) -> Any:
        return await self._unary(
            STORAGE, f"/reelmesh.storage.v1.StorageService/{rpc}", request, response, context
        )

    async def _unary(
        self, server: str, path: str, request: Message, response: type[Message], context: CallContext
    ) -> Any:
        channel = await self._connected(server)
        rpc = self._rpcs.get((channel, path))
        if rpc is None:
            rpc = self._rpcs[channel, path] = channel.unary_unary(
                path,
                request_serializer=type(request).SerializeToString,
                response_deserializer=response.FromString,
            )
        try:
            return await rpc(request, metadata=context.metadata(), timeout=self._patience.unary_seconds)
        except grpc.aio.AioRpcError as error:
            raise CallFailed(status_of(error, server)) from error

    def _replicas(self, server: str, request_id: str) -> list[grpc.aio.Channel]:
        """Channels to the replicas of a server: first to the one that has the work of a request, if any has.

        Which that is follows from the request's id alone, so every orchestrator knows it, also after a crash.

        Raises:
            CallFailed: the server's address is not known.
        """
        known = self._channels.get(server)
        if known is None:
            named = [one.strip() for one in self._addresses.get(server, "").split(",") if one.strip()]
            if not named:
                raise _unreachable(server, f"set orchestrator.servers.{server} to its address")
            known = self._channels[server] = {
                one: addresses.channel(one, self._settings, _OPTIONS) for one in named
            }
        if len(known) == 1:
            return list(known.values())
        first = sorted(known, key=lambda one: hashlib.sha256(f"{request_id} {one}".encode()).digest())
        return [known[one] for one in first]

    async def _connected(self, server: str, request_id: str = "") -> grpc.aio.Channel:
        """A server's channel, when it is connected: a server that is being restarted is waited for.

        Of several replicas the one that has the request's work is waited for a little, and then any.
        """
        channels = self._replicas(server, request_id)
        for channel in channels:
            if channel.get_state(try_to_connect=True) == grpc.ChannelConnectivity.READY:
                return channel
            if len(channels) > 1 and await _is_ready([channel], self._patience.replica_seconds):
                return channel
        ready = await _is_ready(channels, self._patience.connect_seconds)
        if ready is None:
            raise _unreachable(server, "is it running?")
        return ready


async def _is_ready(channels: Sequence[grpc.aio.Channel], seconds: float) -> grpc.aio.Channel | None:
    """The first of some channels to be connected; None: none is in time."""
    waits = {asyncio.ensure_future(channel.channel_ready()): channel for channel in channels}
    try:
        done, _ = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return next((waits[wait] for wait in done), None)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


def server_of(method: Method) -> str:
    """Name of the server that offers a method: "tts" for "reelmesh.tts.v1.TTSService"."""
    return method.service.split(".")[1]


def status_of(error: grpc.aio.AioRpcError, server: str) -> Status:
    """The google.rpc.Status of a failed call: from the trailers where it fits the code, else made of it."""
    code = error.code().value[0]
    for key, value in error.trailing_metadata() or ():
        if key == _DETAILS_KEY and isinstance(value, bytes):
            try:
                status = Status.FromString(value)
            except DecodeError:
                break
            if status.code == code:
                return status
    details = error.details() or "no details"
    if code == code_pb2.UNAVAILABLE:
        details = f"the {server} server is not available"  # gRPC's own words name sockets and errnos
    return Status(code=code, message=details[:1000])


def _unreachable(server: str, remedy: str) -> CallFailed:
    fault = Unavailable(f"the {server} server can not be reached: {remedy}", reason="SERVER_UNREACHABLE")
    return CallFailed(fault.status())


@dataclass(frozen=True)
class _Codec:
    response: Any
    resolve_path: str
    resolve_request: Any
    resolve_response: Any


@functools.cache
def _codec(path: str) -> _Codec:
    """The classes of an RPC and its Resolve, from the contract's descriptors."""
    from google.protobuf import descriptor_pool

    service_name, _, rpc = path.lstrip("/").partition("/")
    service = descriptor_pool.Default().FindServiceByName(service_name)
    work, resolve = service.methods_by_name[rpc], service.methods_by_name[f"Resolve{rpc}"]
    return _Codec(
        response=message_factory.GetMessageClass(work.output_type),
        resolve_path=f"/{service_name}/{resolve.name}",
        resolve_request=message_factory.GetMessageClass(resolve.input_type),
        resolve_response=message_factory.GetMessageClass(resolve.output_type),
    )
