"""Media arrives whole and as it was, or not at all, however the connection breaks."""

from __future__ import annotations

import hashlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from reelmesh import Asset, Client, errors, transfer
from reelmesh.storage.v1.storage_pb2_grpc import add_StorageServiceServicer_to_server
from tests.unit.clients.toy_storage import ToyStorage

BYTES = random.Random(7).randbytes(9_500)
DIGEST = hashlib.sha256(BYTES).hexdigest()


@pytest.fixture(autouse=True)
def small_and_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small chunks, and little waiting between two attempts."""
    monkeypatch.setattr(transfer, "CHUNK_BYTES", 1000)
    monkeypatch.setattr(transfer, "FIRST_DELAY_SECONDS", 0.001)
    monkeypatch.setattr(transfer, "LONGEST_DELAY_SECONDS", 0.01)


@pytest.fixture
def store() -> ToyStorage:
    """What the tests talk to."""
    return ToyStorage()


@pytest.fixture
async def client(store: ToyStorage, sockets: Path) -> AsyncIterator[Client]:
    """A client of the store."""
    server = grpc.aio.server()
    add_StorageServiceServicer_to_server(store, server)
    address = f"unix:{sockets / 'storage.sock'}"
    server.add_insecure_port(address)
    await server.start()
    async with Client("unix:/nowhere", storage_address=address) as made:
        yield made
    await server.stop(None)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A file to send."""
    path = tmp_path / "a film.mp4"
    path.write_bytes(BYTES)
    return path


async def test_an_upload_goes_on_where_it_broke_off(client: Client, store: ToyStorage, film: Path) -> None:
    store.cuts = [3, 4]
    told: list[tuple[int, int]] = []
    asset = await client.upload(film, on_bytes=lambda done, size: told.append((done, size)))
    assert (asset.digest, asset.size_bytes, asset.media_type) == (DIGEST, 9500, "video/mp4")
    assert store.blobs[DIGEST] == BYTES
    assert store.writes == [0, 3000, 7000]
    assert told[-1] == (9500, 9500)


async def test_what_the_store_has_is_not_sent_again(client: Client, store: ToyStorage, film: Path) -> None:
    first = await client.upload(film)
    assert (await client.upload(film)).digest == first.digest
    assert store.writes == [0]


async def test_an_empty_file_is_a_file_too(client: Client, store: ToyStorage, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    asset = await client.upload(tmp_path / "empty.txt")
    assert store.blobs[asset.digest] == b""
    target = await client.download(asset, tmp_path / "again.txt")
    assert target.read_bytes() == b""


async def test_an_upload_that_gets_nowhere_is_given_up(client: Client, store: ToyStorage, film: Path) -> None:
    store.cuts = [0] * 100
    with pytest.raises(errors.Unavailable):
        await client.upload(film)
    assert len(store.writes) == transfer.ATTEMPTS


async def test_a_download_goes_on_where_it_broke_off(
    client: Client, store: ToyStorage, tmp_path: Path
) -> None:
    store.blobs[DIGEST] = BYTES
    store.cuts = [2, 0, 5]
    store.damaged = 1
    target = tmp_path / "out.mp4"
    target.write_bytes(b"an older film")
    await client.download(Asset(digest=DIGEST, size_bytes=9500), target)
    assert target.read_bytes() == BYTES
    assert store.reads[0] == 0
    assert store.reads == sorted(store.reads)
    assert list(tmp_path.iterdir()) == [target]


async def test_what_is_not_what_the_digest_names_never_appears(
    client: Client, store: ToyStorage, tmp_path: Path
) -> None:
    store.blobs[DIGEST] = BYTES
    store.lies = True
    with pytest.raises(errors.DataLoss, match="has the digest"):
        await client.download(DIGEST, tmp_path / "out.mp4")
    assert list(tmp_path.iterdir()) == []


async def test_a_store_that_only_damages_is_given_up(
    client: Client, store: ToyStorage, tmp_path: Path
) -> None:
    store.blobs[DIGEST] = BYTES
    store.damaged = 1000
    with pytest.raises(errors.DataLoss, match="arrived damaged"):
        await client.download(DIGEST, tmp_path / "out.mp4")
    assert list(tmp_path.iterdir()) == []


async def test_an_asset_that_is_not_there_is_told(client: Client, tmp_path: Path) -> None:
    with pytest.raises(errors.NotFound):
        await client.download("0" * 64, tmp_path / "out.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("offset", "limit"), [(0, 0), (0, 10), (2500, 0), (2500, 3000), (9499, 1), (9500, 0)]
)
async def test_a_part_is_read_through_cuts(
    client: Client, store: ToyStorage, offset: int, limit: int
) -> None:
    store.blobs[DIGEST] = BYTES
    store.cuts = [1, 1]
    read = b"".join([chunk async for chunk in client.read(DIGEST, offset=offset, limit=limit)])
    assert read == (BYTES[offset : offset + limit] if limit else BYTES[offset:])


def test_media_types_are_found_from_endings() -> None:
    endings = {
        "a.WAV": "audio/wav",
        "b.mp3": "audio/mpeg",
        "c.png": "image/png",
        "d": "application/octet-stream",
    }
    assert {name: transfer.media_type_of(Path(name)) for name in endings} == endings


def test_a_stream_that_the_other_side_ended_is_told_as_a_broken_connection() -> None:
    """gRPC says INTERNAL where a chunk was being sent in that very moment."""
    nothing = grpc.aio.Metadata()
    broken = grpc.aio.AioRpcError(grpc.StatusCode.INTERNAL, nothing, nothing, "Internal error from Core")
    told = errors.from_call(broken, "the store")
    assert isinstance(told, errors.Unavailable)
    assert told.retryable
    assert told.message == "the store can not be reached (the connection broke off)"
