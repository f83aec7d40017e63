"""The Storage server as others meet it: a process that is asked through reflection alone."""

from __future__ import annotations

from pathlib import Path

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from tests.faults.test_storage_crash import process
from tests.unit.servers.storage.caller import ALICE, digest_of, write

SERVICE = "reelmesh.storage.v1.StorageService"


async def load(
    stub: reflection_pb2_grpc.ServerReflectionStub, pool: descriptor_pool.DescriptorPool, **wanted: str
) -> None:
    """Adds a file, and before it those that it imports, to the pool."""
    request = reflection_pb2.ServerReflectionRequest(**wanted)
    (answer,) = [answer async for answer in stub.ServerReflectionInfo(iter([request]))]
    file = descriptor_pb2.FileDescriptorProto.FromString(
        answer.file_descriptor_response.file_descriptor_proto[0]
    )
    for name in file.dependency:
        try:
            pool.FindFileByName(name)
        except KeyError:
            await load(stub, pool, file_by_filename=name)
    pool.Add(file)


async def test_a_caller_without_our_files_can_use_it(sockets: Path, tmp_path: Path) -> None:
    async with process(sockets / "s", tmp_path / "store") as (_, stub):
        await write(stub, b"film", media_type="video/mp4")
        async with grpc.aio.insecure_channel(f"unix:{sockets}/s") as channel:
            health = health_pb2_grpc.HealthStub(channel)
            status = await health.Check(health_pb2.HealthCheckRequest(service=SERVICE))
            assert status.status == health_pb2.HealthCheckResponse.SERVING
            pool = descriptor_pool.DescriptorPool()
            await load(
                reflection_pb2_grpc.ServerReflectionStub(channel), pool, file_containing_symbol=SERVICE
            )
            method = pool.FindServiceByName(SERVICE).FindMethodByName("Stat")
            request = message_factory.GetMessageClass(method.input_type)(digest=digest_of(b"film"))
            call = channel.unary_unary(
                f"/{SERVICE}/Stat",
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=message_factory.GetMessageClass(method.output_type).FromString,
            )
            response = await call(request, metadata=ALICE)
            assert response.asset.size_bytes == 4
            assert response.asset.media_type == "video/mp4"
