"""Blobs in an object store, against a server that speaks S3's protocol."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import opendal
import pytest

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.storage.v1 import storage_pb2 as pb
from reelmesh.storage.v1.storage_pb2_grpc import StorageServiceStub
from servers.chassis.blobs import BlobFolder, owner_key
from servers.chassis.errors import FailedPrecondition, Unavailable
from servers.storage import objects
from servers.storage.objects import ObjectBackend
from tests.unit.servers.storage.caller import (
    ALICE,
    BOB,
    code_of,
    digest_of,
    listed,
    messages,
    read,
    storage,
    write,
)

Code = grpc.StatusCode


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def make_bucket(endpoint: str, name: str) -> None:
    httpx.put(f"{endpoint}/{name}", trust_env=False).raise_for_status()


@pytest.fixture
def options(s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """A bucket of the test's own; the secret is a reference."""
    bucket = "b" + hashlib.sha256(str(tmp_path).encode()).hexdigest()[:20]
    make_bucket(s3, bucket)
    monkeypatch.setenv("OUR_S3_SECRET", "not really")
    return {
        "bucket": bucket,
        "endpoint": s3,
        "region": "us-east-1",
        "root": "/films",
        "access_key_id": "us",
        "secret_access_key": "${OUR_S3_SECRET}",
        "disable_config_load": "true",
    }


@pytest.fixture
async def stub(sockets: Path, tmp_path: Path, options: dict[str, str]) -> AsyncIterator[StorageServiceStub]:
    async with storage(sockets / "s", root=tmp_path / "a", backend="s3", backend_options=options) as made:
        yield made


@pytest.fixture
def backend(tmp_path: Path, options: dict[str, str]) -> ObjectBackend:
    return ObjectBackend.connect("s3", options, folder_at(tmp_path / "a"))


@pytest.fixture
def bucket(options: dict[str, str]) -> Any:
    return opendal.AsyncOperator("s3", **options)


def folder_at(root: Path) -> BlobFolder:
    return BlobFolder(root, low_space_bytes=0, low_space_fraction=0)


async def stored_in(bucket: Any, folder: str) -> list[str]:
    entries = [entry async for entry in await bucket.list(folder, recursive=True)]
    return [entry.path for entry in entries if not entry.path.endswith("/")]


async def keep(backend: ObjectBackend, tmp_path: Path, data: bytes, owner: str, until: float = 0) -> Asset:
    path = tmp_path / f"file-{owner}-{time.monotonic_ns()}"
    path.write_bytes(data)
    asset = Asset(digest=digest_of(data), size_bytes=len(data), media_type="video/mp4")
    await backend.keep(path, owner, asset, until)
    assert not path.exists()
    return asset


@pytest.mark.parametrize("size", [0, 11, 8 << 20, (20 << 20) + 1])
async def test_what_was_written_can_be_read(stub: StorageServiceStub, size: int) -> None:
    data = os.urandom(size)
    asset = (await write(stub, data, media_type="video/mp4")).asset
    assert await read(stub, asset.digest) == data
    assert await read(stub, asset.digest, size // 3, size // 2) == data[size // 3 :][: size // 2 or None]
    stat = await stub.Stat(pb.StatRequest(digest=asset.digest), metadata=ALICE)
    assert stat.asset == asset
    missing = await stub.FindMissing(pb.FindMissingRequest(digests=["0" * 64, asset.digest]), metadata=ALICE)
    assert list(missing.missing) == ["0" * 64]


async def test_replicas_share_everything_but_uploads_under_way(
    sockets: Path, tmp_path: Path, options: dict[str, str]
) -> None:
    async with (
        storage(sockets / "a", root=tmp_path / "a", backend="s3", backend_options=options) as one,
        storage(sockets / "b", root=tmp_path / "b", backend="s3", backend_options=options) as two,
    ):
        data = os.urandom(1_000_000)
        half = messages(data, "u", cuts=[500_000], finish=False)
        assert await code_of(one.Write(iter([next(half)]), metadata=ALICE)) is Code.ABORTED
        query = pb.QueryWriteStatusRequest(upload_id="u")
        assert (await one.QueryWriteStatus(query, metadata=ALICE)).persisted_bytes == 500_000
        assert await code_of(two.QueryWriteStatus(query, metadata=ALICE)) is Code.NOT_FOUND
        assert await code_of(read(two, digest_of(data))) is Code.NOT_FOUND
        await write(one, data, "u", offset=500_000)
        assert await read(two, digest_of(data)) == data
        await two.Delete(pb.DeleteRequest(digests=[digest_of(data)]), metadata=ALICE)
        assert await code_of(read(one, digest_of(data))) is Code.NOT_FOUND


async def test_owners_see_their_own_in_pages(stub: StorageServiceStub) -> None:
    digests = [(await write(stub, f"{n}".encode(), media_type="image/png")).asset.digest for n in range(5)]
    sound = (await write(stub, b"sound", media_type="audio/wav")).asset.digest
    of_bob = (await write(stub, b"0", who=BOB)).asset.digest
    assert [asset.digest for asset in await listed(stub, page_size=2)] == sorted([*digests, sound])
    pictures = await listed(stub, page_size=2, media_type_prefix="image/")
    assert [asset.digest for asset in pictures] == sorted(digests)
    assert [asset.digest for asset in await listed(stub, who=BOB)] == [of_bob]
    assert (await stub.Delete(pb.DeleteRequest(digests=digests), metadata=ALICE)).deleted == 5
    assert (await stub.Delete(pb.DeleteRequest(digests=digests), metadata=ALICE)).deleted == 0
    assert await read(stub, of_bob, who=BOB) == b"0"


async def test_the_store_signs_links_itself(stub: StorageServiceStub) -> None:
    data = os.urandom(1000)
    digest = (await write(stub, data, media_type="video/mp4")).asset.digest
    response = await stub.Sign(pb.SignRequest(digest=digest, file_name="狐.mp4"), metadata=ALICE)
    assert "X-Amz-Signature" in response.url
    async with httpx.AsyncClient(trust_env=False) as http:
        whole = await http.get(response.url)
        assert (whole.status_code, whole.content) == (200, data)
        assert whole.headers["content-type"] == "video/mp4"
        assert "UTF-8''%E7%8B%90.mp4" in whole.headers["content-disposition"]
        part = await http.get(response.url, headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, data[10:20])


async def test_bytes_go_when_nobody_holds_them(backend: ObjectBackend, tmp_path: Path, bucket: Any) -> None:
    now = time.time()
    asset = await keep(backend, tmp_path, b"data", "alice", now + 1000)
    await keep(backend, tmp_path, b"data", "bob", now)
    assert await backend.unrefer("alice", [asset.digest]) == 1
    assert (await backend.sweep(now + 5000)).blobs == 0  # bob's
    assert await backend.unrefer("bob", [asset.digest]) == 1
    await backend._lease(asset.digest, now + 9000)
    assert (await backend.sweep(now + 8999)).blobs == 0  # leased
    swept = await backend.sweep(now + 9000 + objects.LEASE_GRAIN_SECONDS)
    assert (swept.blobs, swept.blob_bytes) == (1, 4)
    assert await stored_in(bucket, "/") == []
    assert not await backend.refer("alice", asset)


async def test_who_cleans_up_leaves_what_a_lease_holds(backend: ObjectBackend, tmp_path: Path) -> None:
    held = await keep(backend, tmp_path, b"held", "alice", time.time() + 1000)
    free = await keep(backend, tmp_path, b"free", "alice", time.time() - 2 * objects.LEASE_GRAIN_SECONDS)
    assert await backend.unrefer_unleased("alice", [held.digest, free.digest]) == (1, {held.digest})
    assert await backend.stat("alice", held.digest)
    assert await backend.stat("alice", free.digest) is None


async def test_a_sweep_and_a_writer_see_each_other(
    backend: ObjectBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writers and sweeps of several replicas, all at once: a reference always has its bytes."""
    done = asyncio.Event()

    async def sweep() -> None:
        while not done.is_set():
            await backend.sweep(time.time() + 2 * objects.LEASE_GRAIN_SECONDS)

    async def use(owner: str) -> None:
        for _ in range(6):
            asset = await keep(backend, tmp_path, b"data", owner)
            assert [piece async for piece in backend.read(asset.digest, 0, 4)] == [b"data"]
            await backend.unrefer(owner, [asset.digest])

    sweeps = [asyncio.create_task(sweep()) for _ in range(2)]
    try:
        await asyncio.gather(use("alice"), use("bob"))
    finally:
        done.set()
        await asyncio.gather(*sweeps)


async def test_a_writer_waits_for_a_sweep_but_not_for_a_dead_one(
    backend: ObjectBackend, tmp_path: Path, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = digest_of(b"data")
    monkeypatch.setattr(objects, "MARK_WAIT_SECONDS", 0.0)
    await bucket.write(f"marks/{digest}/{time.time():.0f}-live", b"")
    with pytest.raises(Unavailable):
        await keep(backend, tmp_path, b"data", "alice")
    for path in await stored_in(bucket, "marks/"):
        await bucket.delete(path)
    await bucket.write(f"marks/{digest}/{time.time() - objects.MARK_SECONDS - 1:.0f}-dead", b"")
    await keep(backend, tmp_path, b"data", "alice")
    assert await backend.stat("alice", digest) is not None
    monkeypatch.setattr(objects, "MARK_SECONDS", 0.0)
    await backend.sweep(time.time())
    assert await stored_in(bucket, "marks/") == []


async def test_what_a_crash_left_is_mended(backend: ObjectBackend, tmp_path: Path, bucket: Any) -> None:
    asset = await keep(backend, tmp_path, b"data", "alice")
    await bucket.write(
        f"blobs/{asset.digest[:2]}/{asset.digest[2:]}", b"da"
    )  # a store that lied about atomicity
    await keep(backend, tmp_path, b"data", "alice")
    assert [piece async for piece in backend.read(asset.digest, 0, 4)] == [b"data"]
    await bucket.delete(
        f"refs/{owner_key('alice')}/{asset.digest}"
    )  # died between the two halves of a deletion
    later = time.time() + objects.HOLDER_SECONDS
    assert (await backend.sweep(later - 100)).blobs == 0
    assert (await backend.sweep(later + 100)).blobs == 1


async def test_what_is_wrong_with_the_store_is_told(
    sockets: Path, tmp_path: Path, options: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fault(**changes: Any) -> FailedPrecondition:
        given = {"backend": "s3", "backend_options": options, "root": tmp_path / "a"} | changes
        with pytest.raises(FailedPrecondition) as told:
            async with storage(sockets / "x", **given):
                pass
        assert "not really" not in told.value.message
        return told.value

    assert "no such bucket" in (await fault(backend_options=options | {"bucket": "nowhere-at-all"})).message
    assert "'ftp' is not one of disk, s3" in (await fault(backend="ftp")).message
    assert "backend_options do not fit s3" in (await fault(backend_options={})).message
    monkeypatch.delenv("OUR_S3_SECRET")
    assert "${OUR_S3_SECRET}" in (await fault()).message


async def test_a_store_that_is_away_is_unavailable(
    sockets: Path, tmp_path: Path, options: dict[str, str]
) -> None:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    await asyncio.to_thread(make_bucket, endpoint, "films")
    own = options | {"endpoint": endpoint, "bucket": "films"}
    async with storage(sockets / "s", root=tmp_path / "a", backend="s3", backend_options=own) as stub:
        digest = (await write(stub, b"data")).asset.digest
        server.stop()
        assert await code_of(read(stub, digest)) is Code.UNAVAILABLE
        assert await code_of(write(stub, b"more", "u")) is Code.UNAVAILABLE
