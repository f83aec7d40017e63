"""A whole server over a real socket: work, rules, faults, health, reflection, draining."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from reelmesh.tts.v1 import tts_pb2, tts_pb2_grpc
from reelmesh.work.v1 import work_pb2, work_pb2_grpc
from servers.chassis import serve
from servers.chassis.errors import FailedPrecondition, InvalidArgument
from servers.chassis.settings import Settings
from tests.unit.servers.chassis.toy import ToyEngine, toy_server

Call = tts_pb2.SynthesizeRequest


class Mesh:
    def __init__(self, running: serve.Running, engine: ToyEngine, channel: grpc.aio.Channel) -> None:
        self.running = running
        self.engine = engine
        self.channel = channel
        self.tts = tts_pb2_grpc.TTSServiceStub(channel)
        self.work = work_pb2_grpc.WorkServiceStub(channel)


@pytest.fixture
async def mesh(sockets: Path) -> AsyncIterator[Mesh]:
    engine = ToyEngine()
    running = await serve.start(toy_server(engine), Settings(), f"unix:{sockets}/tts")
    async with grpc.aio.insecure_channel(running.address) as channel:
        yield Mesh(running, engine, channel)
    engine.gate.set()
    await running.stop(0)


async def results(call: object) -> list[tts_pb2.SynthesizeResponse]:
    return [message async for message in call]  # type: ignore[attr-defined]


async def begun(call: object) -> tts_pb2.SynthesizeResponse:
    """The first message: the work has been accepted."""
    return await anext(aiter(call))  # type: ignore[call-overload, no-any-return]


def details(error: grpc.aio.AioRpcError, kind: type) -> list[object]:
    trailers = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
    found = []
    for packed in status.details:
        if packed.Is(kind.DESCRIPTOR):  # type: ignore[attr-defined]
            message = kind()
            packed.Unpack(message)
            found.append(message)
    return found


async def test_work_ends_with_one_result_that_names_its_engine(mesh: Mesh) -> None:
    messages = await results(mesh.tts.Synthesize(Call(text="hello", request_id="1")))
    assert [m.WhichOneof("event") for m in messages][-1] == "result"
    assert sum(m.HasField("result") for m in messages) == 1
    provenance = messages[-1].result.provenance
    assert (provenance.engine, provenance.version) == ("toy", "toy-1")
    assert provenance.wall_time.ToNanoseconds() > 0


async def test_a_caller_who_comes_back_joins_the_same_work(mesh: Mesh) -> None:
    call = mesh.tts.Synthesize(Call(text="slow 2", request_id="1"))
    await begun(call)
    call.cancel()
    again = mesh.tts.Synthesize(Call(text="slow 2", request_id="1"))
    assert (await begun(again)).HasField("progress")
    mesh.engine.gate.set()
    assert (await results(again))[-1].HasField("result")
    assert mesh.engine.runs == 1


async def test_broken_rules_are_told_field_by_field(mesh: Mesh) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await results(mesh.tts.Synthesize(Call(text="x", speed=9, pitch_semitones=99)))
    assert raised.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    [bad] = details(raised.value, error_details_pb2.BadRequest)
    assert {violation.field for violation in bad.field_violations} == {"speed", "pitch_semitones"}  # type: ignore[attr-defined]


async def test_every_fault_says_whether_it_may_be_tried_again(mesh: Mesh) -> None:
    for text, code, retryable in (
        ("fail definite", grpc.StatusCode.FAILED_PRECONDITION, "false"),
        ("fail passing", grpc.StatusCode.UNAVAILABLE, "true"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await results(mesh.tts.Synthesize(Call(text=text)))
        assert raised.value.code() == code
        [info] = details(raised.value, error_details_pb2.ErrorInfo)
        assert info.metadata["retryable"] == retryable  # type: ignore[attr-defined]
        assert info.domain == "reelmesh"  # type: ignore[attr-defined]


async def test_an_engine_that_crashes_is_internal_and_tells_no_secret(mesh: Mesh) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await results(mesh.tts.Synthesize(Call(text="crash")))
    assert raised.value.code() == grpc.StatusCode.INTERNAL
    assert "secret" not in (raised.value.details() or "")
    assert (await results(mesh.tts.Synthesize(Call(text="still here"))))[-1].HasField("result")


async def test_an_unknown_engine_is_refused_by_name(mesh: Mesh) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await results(mesh.tts.Synthesize(Call(text="x", engine="nobody")))
    assert raised.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "nobody" in (raised.value.details() or "")


async def test_resolve_fills_in_defaults_and_runs_nothing(mesh: Mesh) -> None:
    answer = await mesh.tts.ResolveSynthesize(tts_pb2.ResolveSynthesizeRequest(request=Call(text="x")))
    assert (answer.request.voice, answer.request.engine) == ("default", "toy")
    assert (answer.resolution.version, answer.resolution.cacheable) == ("toy-1", True)
    assert mesh.engine.runs == 0


async def test_work_is_listed_and_cancelled_by_its_id(mesh: Mesh) -> None:
    call = mesh.tts.Synthesize(Call(text="slow 2", request_id="mine"), metadata=(("reelmesh-job", "j1"),))
    await begun(call)
    listed = await mesh.work.ListWork(work_pb2.ListWorkRequest())
    assert [(work.request_id, work.job_id) for work in listed.work] == [("mine", "j1")]
    await mesh.work.CancelWork(work_pb2.CancelWorkRequest(request_id="mine"))
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await results(call)
    assert raised.value.code() == grpc.StatusCode.CANCELLED
    assert (mesh.engine.cancelled, mesh.engine.running) == (1, 0)


async def test_the_work_of_another_owner_is_neither_seen_nor_cancelled(mesh: Mesh) -> None:
    call = mesh.tts.Synthesize(Call(text="slow 2", request_id="ann"), metadata=(("reelmesh-owner", "ann"),))
    await begun(call)
    assert not (await mesh.work.ListWork(work_pb2.ListWorkRequest())).work
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await mesh.work.CancelWork(work_pb2.CancelWorkRequest(request_id="ann"))
    assert raised.value.code() == grpc.StatusCode.NOT_FOUND
    call.cancel()


async def test_a_malformed_owner_is_refused(mesh: Mesh) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await results(mesh.tts.Synthesize(Call(text="x"), metadata=(("reelmesh-owner", "../etc"),)))
    assert raised.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_health_and_reflection_are_on(mesh: Mesh) -> None:
    health = health_pb2_grpc.HealthStub(mesh.channel)
    for service in ("", "reelmesh.tts.v1.TTSService", "reelmesh.work.v1.WorkService"):
        answer = await health.Check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    reflection = reflection_pb2_grpc.ServerReflectionStub(mesh.channel)
    asked = reflection_pb2.ServerReflectionRequest(list_services="")
    [answer] = [m async for m in reflection.ServerReflectionInfo(iter([asked]))]
    names = {service.name for service in answer.list_services_response.service}
    assert {"reelmesh.tts.v1.TTSService", "reelmesh.work.v1.WorkService"} <= names


async def test_stopping_lets_running_work_finish(mesh: Mesh) -> None:
    call = mesh.tts.Synthesize(Call(text="slow 1", request_id="1"))
    await begun(call)
    stopping = asyncio.create_task(mesh.running.stop(60))
    mesh.engine.gate.set()
    assert (await results(call))[-1].HasField("result")
    await stopping


async def test_a_socket_that_is_in_use_is_refused_and_a_dead_one_is_taken_over(
    mesh: Mesh, sockets: Path
) -> None:
    with pytest.raises(InvalidArgument):
        await serve.start(toy_server(ToyEngine()), Settings(), mesh.running.address)
    assert (await results(mesh.tts.Synthesize(Call(text="still here"))))[-1].HasField("result")


async def test_other_machines_are_not_served_in_the_clear() -> None:
    with pytest.raises(FailedPrecondition) as raised:
        await serve.start(toy_server(ToyEngine()), Settings(), "0.0.0.0:0")
    assert raised.value.reason == "TLS_REQUIRED"


async def test_a_quiet_connection_outlives_many_keepalive_pings(
    sockets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that finds a peer's pings too many ends the connection after a few. Ours here come faster."""
    fast = [(key, value // 100 if value >= 1000 else value) for key, value in serve.CHANNEL_OPTIONS]
    monkeypatch.setattr(serve, "CHANNEL_OPTIONS", fast)
    engine = ToyEngine()
    running = await serve.start(toy_server(engine), Settings(), f"unix:{sockets}/tts")
    async with grpc.aio.insecure_channel(running.address, options=fast) as channel:
        await results(tts_pb2_grpc.TTSServiceStub(channel).Synthesize(Call(text="nothing")))
        ended = asyncio.create_task(channel.wait_for_state_change(grpc.ChannelConnectivity.READY))
        # One ping a second; three are too many for a server that counts.
        await asyncio.wait({ended}, timeout=6)
        assert not ended.done()
        ended.cancel()
    await running.stop(0)


async def test_a_unix_socket_is_for_its_owner_alone(mesh: Mesh) -> None:
    path = Path(mesh.running.address.removeprefix("unix:"))
    assert path.stat().st_mode & 0o077 == 0
