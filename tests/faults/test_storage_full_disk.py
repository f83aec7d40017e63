"""A disk that fills up while an upload is under way: a clear status, and the upload goes on later."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from reelmesh.storage.v1 import storage_pb2 as pb
from tests.unit.servers.storage.caller import ALICE, code_of, digest_of, messages, read, storage, write

MIB = 1 << 20
Code = grpc.StatusCode


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 40 MiB, where we may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("mounting a small disk needs root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("watermark", [0, 4 * MIB])
async def test_a_disk_fills_up_in_the_middle(sockets: Path, small_disk: Path, watermark: int) -> None:
    data = os.urandom(30 * MIB)
    cuts = range(0, len(data), MIB)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(20 * MIB))
    async with storage(sockets / "s", root=small_disk / "store", low_space_bytes=watermark) as stub:
        small = (await write(stub, b"small")).asset
        sent = messages(data, "film", cuts=cuts, declare=False)
        assert await code_of(stub.Write(iter(list(sent)), metadata=ALICE)) is Code.RESOURCE_EXHAUSTED
        assert [path.parent.name + path.name for path in (small_disk / "store/blobs").glob("*/*")] == [
            small.digest
        ]
        assert await read(stub, small.digest) == b"small"
        declared = messages(data, "other", cuts=cuts)
        assert await code_of(stub.Write(iter(list(declared)), metadata=ALICE)) is Code.RESOURCE_EXHAUSTED
        ballast.unlink()
        query = pb.QueryWriteStatusRequest(upload_id="film")
        persisted = (await stub.QueryWriteStatus(query, metadata=ALICE)).persisted_bytes
        assert 0 < persisted < len(data)
        await write(stub, data, "film", offset=persisted, cuts=cuts, declare=False)
        assert await read(stub, digest_of(data)) == data
