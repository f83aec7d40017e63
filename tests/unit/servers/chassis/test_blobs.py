"""The folder that all servers share: whole or not at all, and no reference ever loses its bytes."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from reelmesh.common.v1.asset_pb2 import Asset, MediaFacts
from servers.chassis.blobs import BlobFolder, checked_digest, full_disk, owner_key
from servers.chassis.durable import file_lock
from servers.chassis.errors import InvalidArgument, NotFound, ResourceExhausted

OWNERS = ("alice", "bob", "../../etc")


def folder_at(root: Path) -> BlobFolder:
    return BlobFolder(root, low_space_fraction=0, low_space_bytes=0)


@pytest.fixture
def folder(tmp_path: Path) -> BlobFolder:
    return folder_at(tmp_path / "store")


def put(folder: BlobFolder, data: bytes, owner: str = "alice", media_type: str = "", **more: float) -> Asset:
    path = folder.scratch("test") / "file"
    path.write_bytes(data)
    asset = folder.put_file(path, owner, media_type, **more)  # type: ignore[arg-type]
    assert not path.exists()
    path.parent.rmdir()
    return asset


def test_a_file_becomes_an_asset(folder: BlobFolder) -> None:
    facts = MediaFacts(width_pixels=640, height_pixels=360)
    path = folder.scratch("work") / "picture.png"
    path.write_bytes(b"pixels")
    asset = folder.put_file(path, "alice", "image/png", facts)
    assert asset.digest == hashlib.sha256(b"pixels").hexdigest()
    assert asset.size_bytes == 6
    kept = folder.path_of("alice", asset.digest)
    assert kept is not None
    assert kept.read_bytes() == b"pixels"
    assert kept.stat().st_mode & 0o777 == 0o444
    stored = folder.stat("alice", asset.digest)
    assert stored is not None
    assert stored.asset == asset
    assert stored.asset.facts == facts
    assert abs(stored.create_time - time.time()) < 60


def test_equal_bytes_are_kept_once_and_seen_by_their_owners_only(folder: BlobFolder) -> None:
    asset = put(folder, b"same", "alice", "image/png")
    assert folder.path_of("bob", asset.digest) is None
    assert folder.stat("bob", asset.digest) is None
    first = folder.stat("alice", asset.digest)
    assert put(folder, b"same", "bob", "image/x-other") == Asset(
        digest=asset.digest, size_bytes=4, media_type="image/x-other"
    )
    assert folder.stat("alice", asset.digest) == first
    assert len([path for path in (folder.root / "blobs").rglob("*") if path.is_file()]) == 1


def test_a_reference_can_be_given_to_what_is_there(folder: BlobFolder) -> None:
    asset = put(folder, b"film")
    held = folder.refer("bob", Asset(digest=asset.digest, media_type="video/mp4"))
    assert (held.size_bytes, held.media_type) == (4, "video/mp4")
    assert folder.path_of("bob", asset.digest) is not None
    with pytest.raises(NotFound):
        folder.refer("bob", Asset(digest="0" * 64))


def test_a_file_of_another_filesystem_is_taken_too(folder: BlobFolder) -> None:
    shm = Path("/dev/shm")
    if not shm.is_dir() or shm.stat().st_dev == folder.root.stat().st_dev:
        pytest.skip("there is no other filesystem here")
    with tempfile.NamedTemporaryFile(dir=shm, delete=False) as file:
        file.write(b"from afar")
    asset = folder.put_file(Path(file.name), "alice")
    assert not Path(file.name).exists()
    assert folder.path_of("alice", asset.digest) is not None
    assert os.listdir(folder.root / "temporary") == []  # noqa: PTH208


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n", "a/" * 32])
def test_a_digest_is_never_a_path(folder: BlobFolder, digest: str) -> None:
    for call in (
        lambda: checked_digest(digest),
        lambda: folder.path_of("alice", digest),
        lambda: folder.stat("alice", digest),
        lambda: folder.unrefer("alice", digest),
        lambda: folder.lease(digest, 0),
        lambda: folder.refer("alice", Asset(digest=digest)),
    ):
        with pytest.raises(InvalidArgument):
            call()


def test_an_owner_is_never_a_path(folder: BlobFolder) -> None:
    for owner in ("../../x", "/etc", "\x00", "é" * 500, "\udcff"):
        asset = put(folder, b"data", owner)
        assert folder.path_of(owner, asset.digest) is not None
    assert {len(path.name) for path in (folder.root / "refs").iterdir()} == {32}
    assert owner_key("a") != owner_key("b")


def test_lists_are_in_order_and_in_pages(folder: BlobFolder) -> None:
    pictures = sorted(put(folder, bytes([n]), media_type="image/png").digest for n in range(20))
    sound = put(folder, b"sound", media_type="audio/wav").digest
    put(folder, b"of another", "bob")
    found: list[str] = []
    while page := folder.list("alice", found[-1] if found else "", 6):
        assert len(page) <= 6
        found += [stored.asset.digest for stored in page]
    assert found == sorted([*pictures, sound])
    only = folder.list("alice", limit=100, media_type_prefix="image/")
    assert [stored.asset.digest for stored in only] == pictures
    assert folder.list("nobody") == []


def test_bytes_go_when_nobody_holds_them(folder: BlobFolder) -> None:
    now = time.time()
    digest = put(folder, b"data", "alice", lease_until=now + 100).digest
    put(folder, b"data", "bob")
    assert folder.unrefer("alice", digest)
    assert not folder.unrefer("alice", digest)
    assert folder.path_of("alice", digest) is None
    assert folder.sweep(now + 200).blobs == 0  # bob's
    folder.unrefer("bob", digest)
    assert folder.sweep(now + 50).blobs == 0  # leased
    assert folder.lease(digest, now + 150)
    assert folder.lease(digest, now + 10)  # a shorter lease takes nothing from a longer one
    assert folder.sweep(now + 149).blobs == 0
    swept = folder.sweep(now + 151)
    assert (swept.blobs, swept.blob_bytes) == (1, 4)
    assert not folder.lease(digest, now + 500)
    assert not folder.blob_path(digest).exists()


def test_what_was_left_lying_about_goes_when_it_is_old(folder: BlobFolder) -> None:
    old = time.time() - 2 * 86400
    work, fresh, upload, held = (
        folder.scratch("work"),
        folder.scratch("work"),
        folder.root / "uploads" / "u",
        folder.root / "uploads" / "held",
    )
    for place in (work, fresh, upload, held):
        place.mkdir(exist_ok=True)
        for name in ("data", "lock"):
            (place / name).write_bytes(b"")
            os.utime(place / name, (old, old))
        os.utime(place, (old, old))
    (fresh / "data").touch()
    with file_lock(held / "lock"):
        assert folder.sweep().folders == 2
    assert not work.exists()
    assert not upload.exists()
    assert fresh.exists()
    assert held.exists()


def test_names_for_scratch_are_only_hints(folder: BlobFolder) -> None:
    for name in ("../../../etc", "", "a/b", "x" * 500, "\x00"):
        path = folder.scratch(name)
        assert path.parent == folder.root / "scratch"
        shutil.rmtree(path)


def test_a_nearly_full_disk_takes_nothing(tmp_path: Path) -> None:
    folder = BlobFolder(tmp_path / "store", low_space_bytes=2**60)
    path = folder.scratch("work") / "file"
    path.write_bytes(b"data")
    with pytest.raises(ResourceExhausted, match="nearly full"):
        folder.put_file(path, "alice")
    assert path.exists()
    with pytest.raises(ResourceExhausted):
        folder_at(tmp_path / "other").require_room(2**60)
    folder_at(tmp_path / "other").require_room()
    assert 0 < folder.free_fraction() < 1
    for number in (errno.ENOSPC, errno.EDQUOT):
        with pytest.raises(ResourceExhausted), full_disk():
            raise OSError(number, "full")
    with pytest.raises(PermissionError), full_disk():
        raise PermissionError


def test_damage_is_set_aside_and_only_damage(folder: BlobFolder) -> None:
    digest = put(folder, b"data").digest
    assert not folder.set_aside_if_damaged(digest)
    path = folder.blob_path(digest)
    path.chmod(0o644)
    path.write_bytes(b"Data")
    assert folder.set_aside_if_damaged(digest)
    assert folder.path_of("alice", digest) is None
    assert folder.stat("alice", digest) is None
    assert put(folder, b"data").digest == digest
    assert folder.path_of("alice", digest) is not None
    assert not folder.set_aside_if_damaged("0" * 64)


def test_a_sweep_never_takes_what_is_being_stored(folder: BlobFolder) -> None:
    """One thread stores and deletes the same bytes, others sweep: a reference always has its bytes."""
    stop = threading.Event()

    def sweep() -> None:
        other = folder_at(folder.root)
        while not stop.is_set():
            other.sweep()

    sweepers = [threading.Thread(target=sweep) for _ in range(2)]
    for sweeper in sweepers:
        sweeper.start()
    try:
        for _ in range(60):
            digest = put(folder, b"data").digest
            path = folder.path_of("alice", digest)
            assert path is not None
            assert path.read_bytes() == b"data"
            folder.unrefer("alice", digest)
    finally:
        stop.set()
        for sweeper in sweepers:
            sweeper.join()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MiB, where we may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("mounting a small disk needs root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_that_fills_up_leaves_nothing_half_written(small_disk: Path, tmp_path: Path) -> None:
    folder = folder_at(small_disk / "store")
    kept = put(folder, b"kept").digest
    path = tmp_path / "big"
    path.write_bytes(bytes(6 << 20))
    (small_disk / "ballast").write_bytes(bytes(5 << 20))
    with pytest.raises(ResourceExhausted):
        folder.put_file(path, "alice")
    assert path.exists()
    assert [stored.asset.digest for stored in folder.list("alice")] == [kept]
    assert list((folder.root / "temporary").iterdir()) == []
    (small_disk / "ballast").unlink()
    assert folder.put_file(path, "alice").size_bytes == 6 << 20


class Model(RuleBasedStateMachine):
    """Any sequence of storing, referring, deleting, leasing and sweeping, against plain sets."""

    def __init__(self) -> None:
        super().__init__()
        self.temporary = tempfile.TemporaryDirectory(prefix="rm-")
        self.folder = folder_at(Path(self.temporary.name))
        self.held: set[tuple[str, str]] = set()
        self.here: set[str] = set()
        self.leases: dict[str, float] = {}
        self.now = time.time()

    contents = st.sampled_from([b"", b"a", b"b"])
    owners = st.sampled_from(OWNERS)

    @rule(data=contents, owner=owners)
    def store(self, data: bytes, owner: str) -> None:
        digest = put(self.folder, data, owner).digest
        self.held.add((owner, digest))
        self.here.add(digest)

    @rule(data=contents, owner=owners)
    def refer(self, data: bytes, owner: str) -> None:
        digest = hashlib.sha256(data).hexdigest()
        if digest in self.here:
            self.folder.refer(owner, Asset(digest=digest))
            self.held.add((owner, digest))
        else:
            with pytest.raises(NotFound):
                self.folder.refer(owner, Asset(digest=digest))

    @rule(data=contents, owner=owners)
    def delete(self, data: bytes, owner: str) -> None:
        digest = hashlib.sha256(data).hexdigest()
        assert self.folder.unrefer(owner, digest) == ((owner, digest) in self.held)
        self.held.discard((owner, digest))

    @rule(data=contents, seconds=st.integers(-50, 50))
    def lease(self, data: bytes, seconds: int) -> None:
        digest = hashlib.sha256(data).hexdigest()
        assert self.folder.lease(digest, self.now + seconds) == (digest in self.here)
        if digest in self.here:
            self.leases[digest] = max(self.leases.get(digest, 0), self.now + seconds)

    @rule(seconds=st.integers(0, 30))
    def sweep(self, seconds: int) -> None:
        self.now += seconds
        gone = {
            digest
            for digest in self.here
            if digest not in {held for _, held in self.held} and self.leases.get(digest, 0) <= self.now
        }
        assert self.folder.sweep(self.now).blobs == len(gone)
        self.here -= gone
        for digest in gone:
            self.leases.pop(digest, None)

    @invariant()
    def every_owner_sees_what_it_holds(self) -> None:
        for owner in OWNERS:
            found = [stored.asset.digest for stored in self.folder.list(owner)]
            assert found == sorted(digest for who, digest in self.held if who == owner)
        assert {digest for digest in self.here if self.folder.blob_path(digest).exists()} == self.here

    def teardown(self) -> None:
        self.temporary.cleanup()


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
