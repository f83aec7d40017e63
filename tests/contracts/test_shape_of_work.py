"""Every piece of slow work has the one shape: a stream of progress, then one result."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)

# Streams that carry no work of an engine: they move bytes or tell of events.
OTHER_STREAMS = {
    "reelmesh.storage.v1.StorageService.Read",
    "reelmesh.orchestrator.v1.JobService.WatchJob",
    "reelmesh.orchestrator.v1.JobService.WatchJobs",
    "reelmesh.orchestrator.v1.JobService.ExportJob",
}
WORK = {
    "reelmesh.script.v1.ScriptService.Plan",
    "reelmesh.tts.v1.TTSService.Synthesize",
    "reelmesh.imagegen.v1.ImageGenService.Generate",
    "reelmesh.imagegen.v1.ImageGenService.Upscale",
    "reelmesh.video.v1.VideoProviderService.Generate",
    "reelmesh.asr.v1.ASRService.Transcribe",
    "reelmesh.asr.v1.ASRService.Align",
    "reelmesh.compose.v1.ComposeService.Compose",
    "reelmesh.compose.v1.ComposeService.Convert",
}


class Rpc(NamedTuple):
    """An RPC with what surrounds it."""

    file: FileDescriptorProto
    service: ServiceDescriptorProto
    method: MethodDescriptorProto

    @property
    def name(self) -> str:
        return f"{self.file.package}.{self.service.name}.{self.method.name}"


@pytest.fixture(scope="session")
def messages(image: FileDescriptorSet) -> dict[str, DescriptorProto]:
    """All top-level messages by full name with a leading dot, as descriptors refer to them."""
    return {f".{file.package}.{each.name}": each for file in image.file for each in file.message_type}


@pytest.fixture(scope="session")
def streams(ours: list[FileDescriptorProto]) -> dict[str, Rpc]:
    """All RPCs that answer with a stream."""
    services = [(file, service) for file in ours for service in file.service]
    rpcs = [Rpc(file, service, method) for file, service in services for method in service.method]
    return {rpc.name: rpc for rpc in rpcs if rpc.method.server_streaming}


def test_each_stream_is_work_or_known_to_be_something_else(streams: dict[str, Rpc]) -> None:
    assert set(streams) == WORK | OTHER_STREAMS


@pytest.mark.parametrize("name", sorted(WORK))
class TestWork:
    def test_answers_with_progress_and_then_a_result(
        self, name: str, streams: dict[str, Rpc], messages: dict[str, DescriptorProto]
    ) -> None:
        rpc = streams[name]
        response = messages[rpc.method.output_type]
        assert [oneof.name for oneof in response.oneof_decl] == ["event"]
        assert {(field.name, field.number) for field in response.field} == {("progress", 1), ("result", 2)}
        assert {field.HasField("oneof_index") for field in response.field} == {True}
        types = {field.name: field.type_name for field in response.field}
        assert types["progress"] == ".reelmesh.common.v1.Progress"
        assert types["result"].startswith(f".{rpc.file.package}.")

    def test_can_be_joined_by_its_request_id(
        self, name: str, streams: dict[str, Rpc], messages: dict[str, DescriptorProto]
    ) -> None:
        request = messages[streams[name].method.input_type]
        assert request.field[0].name == "request_id"
        assert request.field[0].number == 1

    def test_result_names_what_made_it(
        self, name: str, streams: dict[str, Rpc], messages: dict[str, DescriptorProto]
    ) -> None:
        response = messages[streams[name].method.output_type]
        result = messages[next(field.type_name for field in response.field if field.name == "result")]
        assert ".reelmesh.common.v1.Provenance" in {field.type_name for field in result.field}

    def test_can_be_resolved_without_being_done(
        self, name: str, streams: dict[str, Rpc], messages: dict[str, DescriptorProto]
    ) -> None:
        rpc = streams[name]
        methods = {method.name: method for method in rpc.service.method}
        resolve = methods[f"Resolve{rpc.method.name}"]
        assert not resolve.server_streaming
        inside = {field.type_name for field in messages[resolve.input_type].field}
        assert rpc.method.input_type in inside, "Resolve takes the very request that the work takes"
        assert rpc.method.input_type in {field.type_name for field in messages[resolve.output_type].field}

    def test_has_engines_to_list(self, name: str, streams: dict[str, Rpc]) -> None:
        methods = {method.name: method for method in streams[name].service.method}
        assert not methods["ListEngines"].server_streaming
