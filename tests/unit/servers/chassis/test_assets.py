"""Assets are local files, from a shared folder and from a Storage server on another machine alike."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from reelmesh.common.v1.asset_pb2 import Asset
from servers.chassis import serve
from servers.chassis.assets import Assets, RemoteAssets, SharedAssets
from servers.chassis.blobs import BlobFolder
from servers.chassis.errors import FailedPrecondition, NotFound
from servers.chassis.settings import Settings, StorageSettings
from servers.storage.__main__ import SERVER as STORAGE


@pytest.fixture(params=["shared", "remote"])
async def assets(request: pytest.FixtureRequest, tmp_path: Path, sockets: Path) -> AsyncIterator[Assets]:
    if request.param == "shared":
        yield SharedAssets(BlobFolder(tmp_path / "store", low_space_bytes=0))
        return
    storage = await serve.start(STORAGE, Settings(), f"unix:{sockets}/storage")
    channel = grpc.aio.insecure_channel(storage.address)
    remote = RemoteAssets(channel, BlobFolder(tmp_path / "elsewhere", low_space_bytes=0), cache_bytes=1 << 20)
    yield remote
    await remote.close()
    await storage.stop(0)


async def stored(assets: Assets, content: bytes, owner: str = "ann") -> Asset:
    async with assets.scratch("test") as scratch:
        path = scratch / "file"
        path.write_bytes(content)
        return await assets.store(owner, path, "image/png")


@pytest.mark.parametrize("content", [b"", b"a picture", b"x" * 3_000_000])
async def test_what_was_stored_is_read_again(assets: Assets, content: bytes) -> None:
    asset = await stored(assets, content)
    assert asset.digest == hashlib.sha256(content).hexdigest()
    assert (asset.size_bytes, asset.media_type) == (len(content), "image/png")
    path = await assets.path("ann", asset, "picture")
    assert path.read_bytes() == content


async def test_storing_the_same_twice_is_fine(assets: Assets) -> None:
    assert await stored(assets, b"same") == await stored(assets, b"same")


async def test_the_asset_of_another_owner_is_not_there_even_when_its_bytes_are_at_hand(
    assets: Assets,
) -> None:
    asset = await stored(assets, b"ann's", owner="ann")
    await assets.path("ann", asset, "picture")
    with pytest.raises(NotFound, match=r"scenes\[0\]\.picture"):
        await assets.path("bob", asset, "scenes[0].picture")


async def test_scratch_is_empty_and_goes(assets: Assets) -> None:
    async with assets.scratch("test") as scratch:
        assert list(scratch.iterdir()) == []
        (scratch / "left").write_text("over")
    assert not scratch.exists()


def test_an_object_store_is_reached_through_its_server_alone() -> None:
    settings = Settings(storage=StorageSettings(backend="s3"))
    with pytest.raises(FailedPrecondition, match=r"mesh\.storage_address"):
        serve.open_assets("tts", settings)
