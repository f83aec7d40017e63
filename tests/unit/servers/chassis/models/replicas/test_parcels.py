"""Files between hosts: named by content, kept within a bound, never outside of their folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from servers.chassis.models.replicas.parcels import Parcel, Shelf, pack, unpack


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    made = Shelf(most_bytes=10)
    yield made
    made.close()


def packed(folder: Path, name: str, content: bytes) -> Parcel:
    (folder / name).write_bytes(content)
    return pack(folder / name, bytes)


async def fetch(part: bytes) -> bytes:
    return part


def test_a_parcel_is_named_by_what_is_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "lora"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.safetensors").write_bytes(b"weights")
    (folder / "deep" / "b").write_bytes(b"more")
    first = pack(folder, bytes)
    assert (first.name, first.size_bytes) == ("lora", 11)
    assert first.parts == {"a.safetensors": b"weights", "deep/b": b"more"}
    assert pack(shutil.copytree(folder, tmp_path / "other" / "lora"), bytes) == first
    (folder / "deep" / "b").write_bytes(b"else")
    assert pack(folder, bytes).digest != first.digest
    with pytest.raises(FileNotFoundError):
        pack(tmp_path / "nothing", bytes)


async def test_a_folder_arrives_as_it_was_and_travels_once(tmp_path: Path, shelf: Shelf) -> None:
    folder = tmp_path / "lora"
    folder.mkdir()
    (folder / "a").write_bytes(b"one")
    (folder / "b").write_bytes(b"two")
    parcel, fetched = pack(folder, bytes), 0

    async def count(part: bytes) -> bytes:
        nonlocal fetched
        fetched += 1
        return part

    for _ in range(2):
        async with shelf.lent([parcel], count) as (path,):
            assert path.name == "lora"
            assert {file.name: file.read_bytes() for file in path.iterdir()} == {"a": b"one", "b": b"two"}
    assert fetched == 2


async def test_the_least_recently_used_goes_but_nothing_that_is_lent(tmp_path: Path, shelf: Shelf) -> None:
    one, two, three = (packed(tmp_path, name, name.encode() * 4) for name in "abc")
    async with shelf.lent([one], fetch) as (first,):
        async with shelf.lent([two], fetch) as (second,):
            pass
        async with shelf.lent([three], fetch) as (third,):
            pass
        assert [path.exists() for path in (first, second, third)] == [True, False, True]
    async with shelf.lent([two], fetch):
        pass
    assert [path.exists() for path in (first, second, third)] == [False, True, True]


async def test_what_could_not_be_received_is_received_anew(tmp_path: Path, shelf: Shelf) -> None:
    parcel = packed(tmp_path, "one", b"one")

    async def fail(_: bytes) -> bytes:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        async with shelf.lent([parcel], fail):
            raise AssertionError
    async with shelf.lent([parcel], fetch) as (path,):
        assert path.read_bytes() == b"one"


def test_what_killed_replicas_left_is_removed_and_nothing_of_living_ones(temporary: Path) -> None:
    living = Shelf(10)
    left = temporary / "reelmesh-replica-left"
    left.mkdir()
    (left / "lock").touch()
    before = set(temporary.iterdir())
    other = Shelf(10)
    assert before - set(temporary.iterdir()) == {left}
    living.close()
    other.close()
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("name", ["../out", "/etc/out", "a/../../out"])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="leads out"):
        unpack(tmp_path / "in", name, b"")
    unpack(tmp_path / "in", "deep/in.png", b"x")
    assert (tmp_path / "in" / "deep" / "in.png").read_bytes() == b"x"
