"""Films published to a bucket, against a server that speaks S3's protocol."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import opendal
import pytest

import reelmesh
from reelmesh import buckets, errors
from reelmesh.cli import run
from reelmesh.publishing import Published
from tests.unit.clients.conftest import Toys
from tests.unit.clients.toy_batches import submitted
from tests.unit.clients.toy_storage import outputs

KEY_ID, SECRET = "AKIDNOBODYSHOULDSEE", "s3cr3t-nobody-should-see"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A bucket of the test's own, whose keys the environment names."""
    name = "b" + hashlib.sha256(str(tmp_path).encode()).hexdigest()[:20]
    httpx.put(f"{s3}/{name}", trust_env=False).raise_for_status()
    monkeypatch.setenv("REELMESH_PUBLISH__S3__ENDPOINT", s3)
    monkeypatch.setenv("REELMESH_PUBLISH__S3__DISABLE_CONFIG_LOAD", "true")
    monkeypatch.setenv("REELMESH_PUBLISH__S3__ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("REELMESH_PUBLISH__S3__SECRET_ACCESS_KEY", SECRET)
    return name


@pytest.fixture
def inside(bucket: str) -> Any:
    """The bucket as others see it."""
    return opendal.AsyncOperator("s3", bucket=bucket, region="us-east-1", **buckets.from_environment("s3"))


async def _published(
    client: reelmesh.Client, to: str, *jobs: str, name: str = "{title}", include: str = ""
) -> list[Published]:
    return [one async for one in client.publish(jobs, to, name=name, include=include.split())]


async def _keys(inside: Any) -> set[str]:
    return {one.path async for one in await inside.list("/", recursive=True) if not one.path.endswith("/")}


async def test_films_stand_in_the_bucket_under_readable_keys(toys: Toys, bucket: str, inside: Any) -> None:
    jobs, store, client = toys
    await submitted(client, "狐狸/葡萄: 一个 故事?", "Same", "same")
    for number, film in enumerate(("fox", "one", "two")):
        jobs.end(number, *outputs(store, film))
    told = await _published(
        client, f"s3://{bucket}/films/2026/", "job-0", "job-1", "job-2", include="cover subtitles info"
    )
    stems = ("狐狸-葡萄- 一个 故事", "Same", "same-2")
    wanted = {
        f"films/2026/{stem}{end}" for stem in stems for end in (".mp4", ".jpg", ".srt", ".vtt", ".json")
    }
    assert await _keys(inside) == wanted
    assert {file.address for one in told for file in one.files} == {f"s3://{bucket}/{key}" for key in wanted}
    assert await inside.read("films/2026/same-2.mp4") == b"two"
    types = {key: (await inside.stat(key)).content_type for key in wanted}
    assert {key.rpartition(".")[2]: kind for key, kind in types.items()} == {
        "mp4": "video/mp4",
        "jpg": "image/jpeg",
        "srt": "application/x-subrip",
        "vtt": "text/vtt",
        "json": "application/json",
    }

    reads = len(store.reads)
    again = await _published(client, f"s3://{bucket}/films/2026", "job-0", "job-1", "job-2", include="cover")
    assert not any(file.written for one in again for file in one.files)
    assert len(store.reads) == reads
    assert await _keys(inside) == wanted


async def test_what_others_put_there_is_never_overwritten(toys: Toys, bucket: str, inside: Any) -> None:
    jobs, store, client = toys
    await submitted(client, "Fox", "Wolf")
    jobs.end(0, *outputs(store, "fox"))
    jobs.end(1, *outputs(store, "wolf"))
    await inside.write("Fox.mp4", b"his")  # of the same size as ours
    await inside.write("Wolf.mp4", b"wolf")  # the very film, put there by another tool
    told = await _published(client, f"s3://{bucket}", "job-0", "job-1")
    assert [(str(file.name), file.written) for one in told for file in one.files] == [
        ("Fox-2.mp4", True),
        ("Wolf.mp4", False),
    ]
    assert await inside.read("Fox.mp4") == b"his"


async def test_a_large_film_is_sent_in_parts_and_one_that_breaks_off_leaves_nothing(
    toys: Toys, bucket: str, inside: Any
) -> None:
    jobs, store, client = toys
    await submitted(client, "Long")
    film = "0123456789abcdef" * (2 * buckets.PART_BYTES // 16) + "end"
    jobs.end(0, *outputs(store, film))
    store.lies = True
    with pytest.raises(errors.DataLoss):
        await _published(client, f"s3://{bucket}", "job-0")
    assert await _keys(inside) == set()
    store.lies = False
    await _published(client, f"s3://{bucket}", "job-0")
    assert bytes(await inside.read("Long.mp4")) == film.encode()
    (again,) = await _published(client, f"s3://{bucket}", "job-0")
    assert not again.files[0].written


async def test_a_bucket_complains_in_its_own_words_and_without_secrets(
    toys: Toys, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, client = toys
    with pytest.raises(errors.FailedPrecondition) as caught:
        await _published(client, "s3://not-there-at-all", "job-0")
    assert caught.value.message.startswith(
        "s3://not-there-at-all: NoSuchBucket: The specified bucket does not exist - look at "
    )
    monkeypatch.setenv("REELMESH_PUBLISH__S3__ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(errors.FailedPrecondition) as caught:
        await _published(client, f"s3://{bucket}", "job-0")
    assert "Connection refused" in caught.value.message
    assert SECRET not in caught.value.message
    assert KEY_ID not in caught.value.message
    with pytest.raises(
        errors.FailedPrecondition, match=r"oss://films: endpoint is empty.*PUBLISH__OSS__ENDPOINT"
    ):
        await _published(client, "oss://films", "job-0")
    with (
        pytest.raises(errors.FailedPrecondition) as caught,
        buckets._complaints(buckets.parsed("s3://films"), {"access_key_id": KEY_ID}),
    ):
        raise opendal.exceptions.PermissionDenied(
            f'PermissionDenied (permanent) at list => S3Error {{ code: "AccessDenied", message: "{KEY_ID} '
            f'may not list", resource: "", request_id: "" }}\n\nContext:\n uri: http://x?sig={SECRET}'
        )
    assert caught.value.message.startswith("s3://films: AccessDenied: ... may not list - look at")


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("ftp://films", "ftp:// is no bucket; give a folder, or one of s3://"),
        (f"s3://{KEY_ID}:{SECRET}@films/2026", "must not hold credentials"),
        ("s3://", "is no bucket's name; give s3://BUCKET/PREFIX"),
        ("s3://a b/c", "is no bucket's name"),
        ("s3://films/../other", "must not hold '//', '.' or '..'"),
        ("s3://films//other", "must not hold '//'"),
    ],
)
def test_an_address_that_is_none_is_refused_before_anything_is_fetched(
    address: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(errors.InvalidArgument) as caught:
        buckets.parsed(address)
    assert told in caught.value.message
    assert SECRET not in caught.value.message
    assert run(["publish", "last", "--to", address]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("reelmesh: --to: ")
    assert told in shown
    assert SECRET not in shown


async def test_a_key_that_no_bucket_takes_is_refused(toys: Toys, bucket: str, inside: Any) -> None:
    jobs, store, client = toys
    await submitted(client, "长" * 100)
    jobs.end(0, *outputs(store, "fox"))
    with pytest.raises(errors.InvalidArgument, match="bytes; a bucket takes 850: shorten"):
        await _published(client, f"s3://{bucket}", "job-0", name="/".join(["{title}"] * 6))
    assert await _keys(inside) == set()


def test_without_opendal_it_says_what_to_install_and_nothing_else_needs_it() -> None:
    code = (
        "import sys; sys.modules['opendal'] = None\n"
        "import asyncio, reelmesh.publishing\n"
        "from reelmesh import buckets, errors\n"
        "try: asyncio.run(buckets.connected(buckets.parsed('s3://films'), {}))\n"
        "except errors.FailedPrecondition as error: print(error.message)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == (
        'publishing to a bucket needs the package opendal: pip install "reelmesh[buckets]"'
    )
