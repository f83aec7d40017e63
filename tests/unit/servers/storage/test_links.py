"""Signed links: what they allow, and nothing else. Asked over a real socket with an HTTP client."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from google.protobuf.duration_pb2 import Duration
from hypothesis import given
from hypothesis import strategies as st

from reelmesh.storage.v1 import storage_pb2 as pb
from reelmesh.storage.v1.storage_pb2_grpc import StorageServiceStub
from servers.chassis.blobs import BlobFolder
from servers.storage.endpoint import wanted_range
from servers.storage.links import KEY_FILE, Link, Links, Refused, disposition
from tests.unit.servers.storage.caller import ALICE, storage, write

DATA = os.urandom(9_000_001)


@pytest.fixture
async def stub(sockets: Path, tmp_path: Path) -> AsyncIterator[StorageServiceStub]:
    async with storage(sockets / "s", root=tmp_path / "store") as made:
        yield made


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


async def signed(stub: StorageServiceStub, data: bytes = DATA, name: str = "", seconds: int = 0) -> str:
    asset = (await write(stub, data, media_type="video/mp4")).asset
    request = pb.SignRequest(digest=asset.digest, file_name=name)
    if seconds:
        request.lifetime.CopyFrom(Duration(seconds=seconds))
    response = await stub.Sign(request, metadata=ALICE)
    assert abs(response.expire_time.ToSeconds() - time.time() - (seconds or 3600)) < 60
    return response.url


async def test_a_link_gives_the_blob(stub: StorageServiceStub, http: httpx.AsyncClient) -> None:
    url = await signed(stub)
    whole = await http.get(url)
    assert (whole.status_code, whole.content) == (200, DATA)
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in whole.headers["content-security-policy"]
    head = await http.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(DATA))
    same = await http.get(url, headers={"If-None-Match": f'"other", {whole.headers["etag"]}'})
    assert (same.status_code, same.content) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-8999999", 100, 9_000_000),
        ("bytes=9000000-", 9_000_000, 9_000_001),
        ("bytes=-5", 8_999_996, 9_000_001),
        ("bytes=5-99999999", 5, 9_000_001),
    ],
)
async def test_a_range_gives_a_part(
    stub: StorageServiceStub, http: httpx.AsyncClient, asked: str, begin: int, end: int
) -> None:
    url = await signed(stub)
    part = await http.get(url, headers={"Range": asked})
    assert part.status_code == 206
    assert part.content == DATA[begin:end]
    assert part.headers["content-range"] == f"bytes {begin}-{end - 1}/{len(DATA)}"
    stale = await http.get(url, headers={"Range": asked, "If-Range": '"another"'})
    assert (stale.status_code, len(stale.content)) == (200, len(DATA))


async def test_a_range_outside_is_told(stub: StorageServiceStub, http: httpx.AsyncClient) -> None:
    url = await signed(stub)
    for asked in (f"bytes={len(DATA)}-", "bytes=-0"):
        outside = await http.get(url, headers={"Range": asked})
        assert outside.status_code == 416
        assert outside.headers["content-range"] == f"bytes */{len(DATA)}"
    empty = await http.get(await signed(stub, b""))
    assert (empty.status_code, empty.content) == (200, b"")


async def test_a_file_name_is_offered(stub: StorageServiceStub, http: httpx.AsyncClient) -> None:
    url = await signed(stub, name="狐假虎威; a=b.mp4")
    offered = (await http.head(url)).headers["content-disposition"]
    assert offered.startswith(
        'attachment; filename="____; a_b.mp4"; '.replace(";_", "_").replace("; a", "_ a")
    )
    assert offered.endswith("filename*=UTF-8''%E7%8B%90%E5%81%87%E8%99%8E%E5%A8%81%3B%20a%3Db.mp4")


def test_a_link_ends() -> None:
    links = Links(b"key")
    for seconds, good in ((60, True), (-1, False)):
        url = links.sign("", Link("0" * 64, int(time.time()) + seconds, "video/mp4"))
        if good:
            links.check(url)
        else:
            with pytest.raises(Refused, match="expired"):
                links.check(url)


async def test_a_link_ends_with_its_blob(
    stub: StorageServiceStub, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    url = await signed(stub, b"to be deleted")
    digest = urlsplit(url).path.rpartition("/")[2]
    await stub.Delete(pb.DeleteRequest(digests=[digest]), metadata=ALICE)
    BlobFolder(tmp_path / "store").sweep(time.time() + 2 * 3600)
    assert (await http.get(url)).status_code == 404


async def test_nothing_in_a_link_can_be_changed(stub: StorageServiceStub, http: httpx.AsyncClient) -> None:
    url = await signed(stub, b"one", name="a.mp4")
    other = await signed(stub, b"two", name="a.mp4")
    assert (await http.get(url)).status_code == 200
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    base = f"{parts.scheme}://{parts.netloc}"
    changed = [
        {"expires": str(int(query["expires"]) + 1)},
        {"type": "text/html"},
        {"name": "b.mp4"},
        {"name": ""},
        {"signature": "0" * 64},
        {"signature": ""},
        {"signature": "é"},
        {"expires": "-1"},
        {"expires": ""},
    ]
    for change in changed:
        target = f"{base}{parts.path}?{urlencode(query | change)}"
        assert (await http.get(target)).status_code == 403, change
    assert (await http.get(f"{base}{urlsplit(other).path}?{parts.query}")).status_code == 403
    assert (await http.get(f"{url}&expires=99999999999")).status_code == 403
    for path in ("/", "/etc/passwd", "/v1/blobs/../../links.key", "/v1/blobs/" + "A" * 64, "//"):
        assert (await http.get(f"{base}{path}?{parts.query}")).status_code == 404
    assert (await http.post(url, content=b"x")).status_code == 405


async def test_garbage_on_the_wire_hurts_nobody(stub: StorageServiceStub, http: httpx.AsyncClient) -> None:
    url = await signed(stub, b"one")
    parts = urlsplit(url)
    for garbage in (
        b"\x16\x03\x01\x02\x00" * 50 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET " + b"/" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n" + bytes(100_000),
        b"GET / HTTP/1.1\r\nHost: x",
    ):
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(garbage)
        writer.write_eof()
        answer = await reader.read()
        assert answer == b"" or answer.split()[1] in (b"400", b"413", b"431", b"414")
        writer.close()
    assert (await http.get(url)).content == b"one"


async def test_many_requests_share_a_connection(stub: StorageServiceStub) -> None:
    parts = urlsplit(await signed(stub, b"one"))
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    request = f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    for _ in range(3):
        writer.write(request)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert await reader.readexactly(3) == b"one"
    writer.close()


async def test_the_key_is_kept_and_secret(tmp_path: Path) -> None:
    folder = BlobFolder(tmp_path / "store")
    link = Link("0" * 64, int(time.time()) + 60, "video/mp4", "a b&c.mp4")
    url = Links.open(folder.root).sign("https://example.org/media/", link)
    assert url.startswith("https://example.org/media/v1/blobs/")
    again = Links.open(folder.root)
    assert again.check(url.removeprefix("https://example.org")) == link
    assert (folder.root / KEY_FILE).stat().st_mode & 0o777 == 0o600
    with pytest.raises(Refused):
        Links(b"another key").check(url.removeprefix("https://example.org"))


@given(
    header=st.text(max_size=30) | st.from_regex(r"bytes=\d{0,5}-\d{0,5}", fullmatch=True),
    size=st.integers(0, 9999),
)
def test_a_range_lies_within_the_blob(header: str, size: int) -> None:
    span = wanted_range(header, size)
    assert span is None or 0 <= span[0] <= span[1] <= size


@given(name=st.text(max_size=50))
def test_a_file_name_never_leaves_its_header(name: str) -> None:
    value = disposition(name.encode("utf-8", "ignore").decode())
    assert value.isascii()
    assert value.isprintable()
    assert value.count('"') in (0, 2)
