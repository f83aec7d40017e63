"""What the contract promises, over a real socket."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from hypothesis import given, settings
from hypothesis import strategies as st

from reelmesh.storage.v1 import storage_pb2 as pb
from reelmesh.storage.v1.storage_pb2_grpc import StorageServiceStub
from servers.chassis.blobs import BlobFolder
from tests.unit.servers.storage.caller import (
    ALICE,
    BOB,
    code_of,
    digest_of,
    listed,
    messages,
    read,
    refused,
    storage,
    write,
)

Code = grpc.StatusCode


@pytest.fixture
async def stub(sockets: Path, tmp_path: Path) -> AsyncIterator[StorageServiceStub]:
    async with storage(sockets / "s", root=tmp_path / "store") as made:
        yield made


def blobs_in(root: Path) -> set[str]:
    return {path.parent.name + path.name for path in (root / "blobs").rglob("*") if path.is_file()}


async def test_what_was_written_can_be_read(stub: StorageServiceStub) -> None:
    data = os.urandom(5_000_001)
    response = await write(stub, data, media_type="video/mp4")
    asset = response.asset
    assert (asset.digest, asset.size_bytes, asset.media_type) == (digest_of(data), len(data), "video/mp4")
    assert await read(stub, asset.digest) == data
    assert await read(stub, asset.digest, 7, 600_000) == data[7:600_007]
    assert await read(stub, asset.digest, len(data) - 3) == data[-3:]
    assert await read(stub, asset.digest, len(data)) == b""
    stat = await stub.Stat(pb.StatRequest(digest=asset.digest), metadata=ALICE)
    assert stat.asset == asset
    assert abs(stat.create_time.ToSeconds() + 3600 - response.lease_expire_time.ToSeconds()) < 60


async def test_an_empty_blob_is_a_blob(stub: StorageServiceStub) -> None:
    asset = (await write(stub, b"")).asset
    assert asset.digest == digest_of(b"")
    assert asset.media_type == "application/octet-stream"
    assert await read(stub, asset.digest) == b""


async def test_nobody_reads_without_a_reference(stub: StorageServiceStub) -> None:
    digest = (await write(stub, b"secret of alice")).asset.digest
    for call in (
        stub.Stat(pb.StatRequest(digest=digest), metadata=BOB),
        stub.Sign(pb.SignRequest(digest=digest), metadata=BOB),
        read(stub, digest, who=BOB),
        read(stub, digest_of(b"nowhere")),
    ):
        assert (await refused(call)).code() is Code.NOT_FOUND
    missing = await stub.FindMissing(pb.FindMissingRequest(digests=[digest]), metadata=BOB)
    assert list(missing.missing) == [digest]
    await write(stub, b"secret of alice", who=BOB)
    assert await read(stub, digest, who=BOB) == b"secret of alice"


@pytest.mark.parametrize("digest", ["../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n", ""])
async def test_a_digest_is_never_a_path(stub: StorageServiceStub, digest: str) -> None:
    for call in (
        stub.Stat(pb.StatRequest(digest=digest)),
        stub.FindMissing(pb.FindMissingRequest(digests=[digest])),
        stub.Delete(pb.DeleteRequest(digests=[digest])),
        stub.Sign(pb.SignRequest(digest=digest)),
        read(stub, digest, who=()),
    ):
        error = await refused(call)
        assert error.code() is Code.INVALID_ARGUMENT
        status = rpc_status.from_call(error)
        bad = error_details_pb2.BadRequest()
        assert any(detail.Unpack(bad) for detail in status.details)
        assert bad.field_violations[0].field.startswith("digest")


@settings(max_examples=25, deadline=None)
@given(
    size=st.integers(1, 3_000_000),
    cuts=st.lists(st.integers(1, 3_000_000), max_size=6),
    ends=st.lists(st.integers(0, 3_000_000), max_size=3),
    seed=st.integers(0, 2**32),
)
async def test_any_cuts_give_the_same_blob(size: int, cuts: list[int], ends: list[int], seed: int) -> None:
    """However an upload is cut into messages and streams: the same blob, and nothing before its end."""
    data = random.Random(seed).randbytes(size)
    every = {*cuts, *range(1 << 20, size, 1 << 20), *ends}
    with tempfile.TemporaryDirectory(prefix="rm-") as folder:
        root = Path(folder)
        async with storage(root / "s", root=root / "store") as stub:
            safe = 0
            for end in sorted({end for end in ends if end < size}):
                part = messages(data, "u", cuts=every, offset=safe, finish=False)
                sent = [message for message in part if message.offset + len(message.data) <= end]
                error = await refused(stub.Write(iter(sent), metadata=ALICE)) if sent else None
                assert error is None or error.code() is Code.ABORTED
                if sent:
                    status = await stub.QueryWriteStatus(
                        pb.QueryWriteStatusRequest(upload_id="u"), metadata=ALICE
                    )
                    assert status.persisted_bytes == sent[-1].offset + len(sent[-1].data) >= safe
                    assert not status.HasField("asset")
                    safe = status.persisted_bytes
                assert blobs_in(root / "store") == set()
            response = await stub.Write(messages(data, "u", cuts=every, offset=safe), metadata=ALICE)
            assert response.asset.digest == digest_of(data)
            assert await read(stub, digest_of(data)) == data
            again = await stub.Write(messages(data, "u", cuts=every), metadata=ALICE)
            assert again.asset == response.asset
            status = await stub.QueryWriteStatus(pb.QueryWriteStatusRequest(upload_id="u"), metadata=ALICE)
            assert (status.persisted_bytes, status.asset) == (size, response.asset)


async def test_a_bad_chunk_costs_only_itself(stub: StorageServiceStub, tmp_path: Path) -> None:
    data = os.urandom(300_000)
    sent = list(messages(data, "u", cuts=[100_000, 200_000]))
    sent[1].crc32 ^= 1
    assert (await refused(stub.Write(iter(sent), metadata=ALICE))).code() is Code.DATA_LOSS
    status = await stub.QueryWriteStatus(pb.QueryWriteStatusRequest(upload_id="u"), metadata=ALICE)
    assert status.persisted_bytes == 100_000
    assert blobs_in(tmp_path / "store") == set()
    await write(stub, data, "u", offset=100_000)
    assert await read(stub, digest_of(data)) == data


async def test_a_bad_digest_stores_nothing_and_begins_anew(stub: StorageServiceStub, tmp_path: Path) -> None:
    data = b"what was meant"
    sent = next(messages(data, "u"))
    sent.data, sent.crc32 = b"what was senT", 0
    sent.ClearField("crc32")
    sent.spec.size_bytes = 0
    assert (await refused(stub.Write(iter([sent]), metadata=ALICE))).code() is Code.DATA_LOSS
    assert blobs_in(tmp_path / "store") == set()
    query = stub.QueryWriteStatus(pb.QueryWriteStatusRequest(upload_id="u"), metadata=ALICE)
    assert (await refused(query)).code() is Code.NOT_FOUND
    assert (await write(stub, data, "u")).asset.digest == digest_of(data)


async def test_uploads_keep_their_rules(stub: StorageServiceStub) -> None:
    async def code(*requests: pb.WriteRequest) -> grpc.StatusCode:
        return (await refused(stub.Write(iter(requests), metadata=ALICE))).code()

    one = pb.WriteRequest(upload_id="u", data=b"abc", spec=pb.WriteSpec(size_bytes=6))
    assert await code() is Code.ABORTED
    assert await code(pb.WriteRequest(data=b"abc")) is Code.INVALID_ARGUMENT
    assert await code(one, pb.WriteRequest(offset=4, data=b"x")) is Code.OUT_OF_RANGE
    assert await code(one, pb.WriteRequest(offset=3, finish=True)) is Code.OUT_OF_RANGE
    assert await code(one, pb.WriteRequest(offset=3, data=b"defg")) is Code.INVALID_ARGUMENT
    assert await code(one, pb.WriteRequest(offset=2, data=b"X")) is Code.INVALID_ARGUMENT
    assert await code(one, pb.WriteRequest(upload_id="v")) is Code.INVALID_ARGUMENT
    assert await code(one, pb.WriteRequest(spec=pb.WriteSpec())) is Code.INVALID_ARGUMENT
    assert (
        await code(pb.WriteRequest(upload_id="u", spec=pb.WriteSpec(size_bytes=7))) is Code.INVALID_ARGUMENT
    )
    assert await code(pb.WriteRequest(upload_id="../x")) is Code.INVALID_ARGUMENT
    assert await code(pb.WriteRequest(upload_id="u", data=bytes(2**20 + 1))) is Code.INVALID_ARGUMENT
    end = pb.WriteRequest(offset=3, data=b"def", finish=True)
    response = await stub.Write(iter([pb.WriteRequest(upload_id="u"), end]), metadata=ALICE)
    assert response.asset.digest == digest_of(b"abcdef")


async def test_an_upload_has_one_writer_and_one_owner(stub: StorageServiceStub) -> None:
    first = stub.Write(metadata=ALICE)
    await first.write(pb.WriteRequest(upload_id="u", data=b"abc"))
    query = pb.QueryWriteStatusRequest(upload_id="u")
    while await code_of(stub.QueryWriteStatus(query, metadata=ALICE)) is not Code.OK:
        pass  # until the first Write has begun
    busy = await refused(stub.Write(iter([pb.WriteRequest(upload_id="u")]), metadata=ALICE))
    assert busy.code() is Code.ABORTED
    assert (await refused(stub.QueryWriteStatus(query, metadata=BOB))).code() is Code.NOT_FOUND
    assert (await write(stub, b"of bob", "u", who=BOB)).asset.digest == digest_of(b"of bob")
    await first.write(pb.WriteRequest(offset=3, data=b"def", finish=True))
    assert (await first).asset.digest == digest_of(b"abcdef")


async def test_a_caller_that_hangs_up_loses_nothing(stub: StorageServiceStub) -> None:
    call = stub.Write(metadata=ALICE)
    await call.write(pb.WriteRequest(upload_id="u", data=b"a" * 1000))
    await call.write(pb.WriteRequest(offset=1000, data=b"b" * 1000))
    query = pb.QueryWriteStatusRequest(upload_id="u")
    while await code_of(stub.QueryWriteStatus(query, metadata=ALICE)) is not Code.OK:
        pass  # until the Write has begun
    call.cancel()
    data = b"a" * 1000 + b"b" * 1000
    while (code := await code_of(write(stub, data, "u", declare=False))) is not Code.OK:
        assert code is Code.ABORTED  # the server has not noticed yet
    status = await stub.QueryWriteStatus(query, metadata=ALICE)
    assert status.asset.digest == digest_of(data)


async def test_a_full_disk_takes_nothing(sockets: Path, tmp_path: Path) -> None:
    async with storage(sockets / "s", root=tmp_path / "store", low_space_bytes=2**60) as stub:
        error = await refused(write(stub, b"one too many"))
        assert error.code() is Code.RESOURCE_EXHAUSTED
        retry = error_details_pb2.RetryInfo()
        assert any(detail.Unpack(retry) for detail in rpc_status.from_call(error).details)
        assert retry.retry_delay.seconds > 0
        assert str(tmp_path) not in error.details()
    async with storage(sockets / "t", root=tmp_path / "store") as stub:
        huge = pb.WriteRequest(upload_id="h", spec=pb.WriteSpec(size_bytes=2**40))
        assert (await refused(stub.Write(iter([huge]), metadata=ALICE))).code() is Code.RESOURCE_EXHAUSTED
        assert (await write(stub, b"one too many")).asset.size_bytes == 12


async def test_pages_are_in_order_and_complete(stub: StorageServiceStub) -> None:
    digests = [
        (await write(stub, f"blob {n}".encode(), media_type="image/png")).asset.digest for n in range(7)
    ]
    other = (await write(stub, b"a sound", media_type="audio/wav")).asset.digest
    await write(stub, b"of bob", who=BOB)
    assert [asset.digest for asset in await listed(stub, page_size=3)] == sorted([*digests, other])
    pictures = await listed(stub, page_size=2, media_type_prefix="image/")
    assert [asset.digest for asset in pictures] == sorted(digests)
    for token in ("nonsense", "../..", digests[0]):
        error = await refused(stub.List(pb.ListRequest(page_token=token), metadata=ALICE))
        assert error.code() is Code.INVALID_ARGUMENT


async def test_deleting_takes_the_reference_and_only_that(stub: StorageServiceStub) -> None:
    digest = (await write(stub, b"shared")).asset.digest
    await write(stub, b"shared", who=BOB)
    deleted = await stub.Delete(pb.DeleteRequest(digests=[digest, digest]), metadata=ALICE)
    assert deleted.deleted == 1
    assert (await stub.Delete(pb.DeleteRequest(digests=[digest]), metadata=ALICE)).deleted == 0
    assert (await refused(read(stub, digest))).code() is Code.NOT_FOUND
    assert await read(stub, digest, who=BOB) == b"shared"
    # The upload of the same name was for a blob that has been deleted since.
    assert (await write(stub, b"shared")).asset.digest == digest
    assert await read(stub, digest) == b"shared"


async def test_who_cleans_up_leaves_what_a_lease_holds(stub: StorageServiceStub, tmp_path: Path) -> None:
    held, free = [(await write(stub, data)).asset.digest for data in (b"held", b"free")]
    os.utime(tmp_path / "store" / "leases" / free[:2] / free[2:], (0, 0))  # it has ended
    request = pb.DeleteRequest(digests=[held, free], keep_leased=True)
    response = await stub.Delete(request, metadata=ALICE)
    assert (response.deleted, list(response.leased)) == (1, [held])
    assert await read(stub, held) == b"held"
    assert (await refused(read(stub, free))).code() is Code.NOT_FOUND


@pytest.mark.parametrize("damage", ["flipped", "cut"])
async def test_damage_is_told_and_can_be_mended(
    stub: StorageServiceStub, tmp_path: Path, damage: str
) -> None:
    data = os.urandom(5_000_000)
    digest = (await write(stub, data, "first")).asset.digest
    path = BlobFolder(tmp_path / "store").blob_path(digest)
    path.chmod(0o644)
    with path.open("r+b") as file:
        if damage == "cut":
            file.truncate(4_999_999)
        else:
            file.seek(4_999_999)
            file.write(bytes([data[-1] ^ 1]))
    assert (await refused(read(stub, digest))).code() is Code.DATA_LOSS
    missing = await stub.FindMissing(pb.FindMissingRequest(digests=[digest]), metadata=ALICE)
    assert list(missing.missing) == [digest]
    await write(stub, data, "second")
    assert await read(stub, digest) == data


async def test_reading_behind_the_end_is_out_of_range(stub: StorageServiceStub) -> None:
    digest = (await write(stub, b"abc")).asset.digest
    assert (await refused(read(stub, digest, 4))).code() is Code.OUT_OF_RANGE
    assert await read(stub, digest, 1, 2**40) == b"bc"


async def test_links_say_which_setting_is_in_the_way(sockets: Path, tmp_path: Path) -> None:
    for options, setting in (
        ({"links": False}, "storage.links"),
        ({"http_listen": "0.0.0.0:0"}, "storage.http_public_url"),
    ):
        async with storage(sockets / setting[-4:], root=tmp_path / "store", **options) as stub:
            digest = (await write(stub, b"abc")).asset.digest
            error = await refused(stub.Sign(pb.SignRequest(digest=digest), metadata=ALICE))
            assert error.code() is Code.FAILED_PRECONDITION
            failure = error_details_pb2.PreconditionFailure()
            assert any(detail.Unpack(failure) for detail in rpc_status.from_call(error).details)
            assert failure.violations[0].subject == setting


async def test_a_caller_in_the_middle_of_sending_gets_the_status(stub: StorageServiceStub) -> None:
    data = os.urandom(20 << 20)
    cuts = range(0, len(data), 1 << 20)
    sent = list(messages(data, "u", cuts=cuts))
    sent[2].crc32 ^= 1
    assert await code_of(stub.Write(iter(sent), metadata=ALICE)) is Code.DATA_LOSS
    assert (await write(stub, data, "u", cuts=cuts)).asset.digest == digest_of(data)
    assert (await write(stub, data, "u", cuts=cuts)).asset.digest == digest_of(data)


async def test_a_caller_that_waits_gets_the_status_too(stub: StorageServiceStub) -> None:
    call = stub.Write(metadata=ALICE)
    await call.write(pb.WriteRequest(upload_id="u", data=b"abc", crc32=1))
    assert await code_of(call) is Code.DATA_LOSS
