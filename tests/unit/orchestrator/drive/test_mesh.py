"""Calls to servers over real sockets: statuses, connections, progress, Storage."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2
from google.rpc.status_pb2 import Status

from orchestrator.drive.attempt import assets_in
from orchestrator.drive.mesh import CallFailed, Mesh, Patience, server_of, status_of
from orchestrator.drive.retry import reason
from orchestrator.pure.methods import METHODS
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from reelmesh.imagegen.v1.imagegen_pb2 import GenerateResult, Image
from reelmesh.tts.v1.tts_pb2 import SynthesizeRequest, SynthesizeResult
from servers.chassis.context import CallContext
from servers.chassis.errors import FailedPrecondition, NotFound, Unavailable
from servers.chassis.settings import Settings
from tests.unit.orchestrator.conftest import Workbench

SYNTHESIZE = METHODS["synthesize"]
ANN = CallContext(owner="ann", job_id="j", execution_id="e", step="s[0]")


def mesh_of(bench: Workbench, **patience: float) -> Mesh:
    values = {"connect_seconds": 0.1, **patience}
    return Mesh(bench.mesh.addresses, Settings().mesh, Patience(**values))  # type: ignore[arg-type]


def nothing(_: Progress) -> None:
    """Takes a report and forgets it."""


async def test_work_gives_progress_and_its_result(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    mesh = mesh_of(bench)
    reports: list[Progress] = []
    result = await mesh.work(SYNTHESIZE, SynthesizeRequest(text="a", request_id="r"), ANN, reports.append)
    assert isinstance(result, SynthesizeResult)
    assert result.provenance.engine == "toy"
    assert reports
    await mesh.close()


async def test_a_second_call_gets_the_stored_result(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    mesh = mesh_of(bench)
    request = SynthesizeRequest(text="a", request_id="r")
    first = await mesh.work(SYNTHESIZE, request, ANN, nothing)
    assert await mesh.work(SYNTHESIZE, request, ANN, nothing) == first
    assert bench.mesh.calls("tts") == 1
    await mesh.close()


async def test_resolving_tells_who_would_serve(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    mesh = mesh_of(bench)
    request, resolution = await mesh.resolve(SYNTHESIZE, SynthesizeRequest(text="a"), ANN)
    assert isinstance(request, SynthesizeRequest)
    assert request.model == "wood"
    assert (resolution.engine, resolution.version, resolution.cacheable) == ("toy", "1", True)
    await mesh.close()


async def test_details_of_a_failure_arrive(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    mesh = mesh_of(bench)
    with pytest.raises(CallFailed) as failed:
        await mesh.work(SYNTHESIZE, SynthesizeRequest(text="[busy 9]"), ANN, nothing)
    assert failed.value.status.code == code_pb2.RESOURCE_EXHAUSTED
    assert reason(failed.value.status) == "QUEUE_FULL"
    with pytest.raises(CallFailed) as failed:
        await mesh.resolve(SYNTHESIZE, SynthesizeRequest(text="[unable]"), ANN)
    assert isinstance(failed.value.fault(), FailedPrecondition)
    await mesh.close()


async def test_a_server_that_is_away_is_named_without_its_socket(bench: Workbench, sockets: Path) -> None:
    mesh = mesh_of(bench)
    for call in (
        mesh.work(SYNTHESIZE, SynthesizeRequest(text="a"), ANN, nothing),
        mesh.resolve(SYNTHESIZE, SynthesizeRequest(text="a"), ANN),
        mesh.find_missing(ANN, ["0" * 64]),
    ):
        with pytest.raises(CallFailed) as failed:
            await call
        assert failed.value.status.code == code_pb2.UNAVAILABLE
        assert "server can not be reached" in failed.value.status.message
        assert str(sockets) not in failed.value.status.message
    await mesh.cancel(SYNTHESIZE, "r", ANN)  # nothing to cancel, nothing to raise
    await mesh.close()


async def test_a_restarted_server_is_found_again(bench: Workbench) -> None:
    await bench.mesh.start("tts")
    mesh = mesh_of(bench, connect_seconds=30)
    await mesh.work(SYNTHESIZE, SynthesizeRequest(text="a"), ANN, nothing)
    await bench.mesh.stop("tts")
    await bench.mesh.start("tts")
    await mesh.work(SYNTHESIZE, SynthesizeRequest(text="b"), ANN, nothing)
    await mesh.close()


async def test_storage_is_asked_and_links_are_made(bench: Workbench) -> None:
    await bench.mesh.start("storage", "tts")
    mesh = mesh_of(bench)
    result = await mesh.work(SYNTHESIZE, SynthesizeRequest(text="a"), ANN, nothing)
    assert isinstance(result, SynthesizeResult)
    assert await mesh.find_missing(ANN, [result.audio.digest, "0" * 64]) == {"0" * 64}
    assert await mesh.find_missing(CallContext(owner="bob"), [result.audio.digest]) == {result.audio.digest}
    link = await mesh.sign(ANN, result.audio, Duration(seconds=60), "a.wav")
    assert link.startswith("http")
    with pytest.raises(CallFailed) as failed:
        await mesh.sign(ANN, Asset(digest="0" * 64), Duration(seconds=60), "a.wav")
    assert isinstance(failed.value.fault(), NotFound)
    await mesh.close()


def test_every_method_belongs_to_a_server() -> None:
    names = {server_of(method) for method in METHODS.values() if method.called}
    assert names == {"script", "tts", "imagegen", "video", "asr", "compose"}


def test_a_status_is_taken_from_the_trailers_where_it_fits_the_code() -> None:
    def failed(code: grpc.StatusCode, details: bytes | None) -> grpc.aio.AioRpcError:
        trailers = grpc.aio.Metadata(*([("grpc-status-details-bin", details)] if details is not None else []))
        return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailers, details="in words")

    told = Status(code=code_pb2.NOT_FOUND, message="the voice is not there")
    not_found = grpc.StatusCode.NOT_FOUND
    assert status_of(failed(not_found, told.SerializeToString()), "tts") == told
    plain = Status(code=code_pb2.NOT_FOUND, message="in words")
    assert status_of(failed(not_found, None), "tts") == plain
    assert status_of(failed(not_found, b"\xff\xff"), "tts") == plain
    assert status_of(failed(not_found, Status(code=3).SerializeToString()), "tts") == plain
    assert "tts" in status_of(failed(grpc.StatusCode.UNAVAILABLE, None), "tts").message
    assert isinstance(CallFailed(Status(code=code_pb2.UNAVAILABLE)).fault(), Unavailable)


def test_assets_are_found_wherever_they_stand() -> None:
    images = GenerateResult(images=[Image(asset=Asset(digest="a")), Image(asset=Asset(digest="b"))])
    assert assets_in(images) == {"a", "b"}
    compose = ComposeRequest()
    compose.scenes.add().picture.digest = "c"
    compose.music.audio.digest = "d"
    assert assets_in(compose) == {"c", "d"}
    assert assets_in(Asset()) == set()


async def test_a_request_goes_to_one_replica_again_and_again(bench: Workbench) -> None:
    """And to another one only where its own is away."""
    await bench.mesh.start("tts", "asr")  # asr's process is there to be stopped: its address is no TTS server
    addresses = bench.mesh.addresses
    mesh = Mesh(
        {"tts": f"{addresses['tts']}, {addresses['asr']}"},
        Settings().mesh,
        Patience(connect_seconds=0.1, replica_seconds=0.1),
    )
    places: dict[str, set[bool]] = {}
    for number in range(20):
        for _ in range(2):
            request = SynthesizeRequest(text="a", request_id=f"r{number}")
            there = True
            try:
                await mesh.work(SYNTHESIZE, request, ANN, nothing)
            except CallFailed:  # UNIMPLEMENTED: it was the other
                there = False
            places.setdefault(request.request_id, set()).add(there)
    assert all(len(place) == 1 for place in places.values())
    assert {True, False} == set().union(*places.values())
    await bench.mesh.stop("asr")
    for number in range(20):
        request = SynthesizeRequest(text="a", request_id=f"r{number}")
        await mesh.work(SYNTHESIZE, request, ANN, nothing)
    await mesh.close()
