"""What the contracts say, as one descriptor image made from them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def buf(root: Path) -> Path:
    """The buf command that `make setup` installs."""
    path = Path(sys.prefix) / "bin" / "buf"
    assert path.exists(), "buf is not installed here: run make setup"
    return path


@pytest.fixture(scope="session")
def image(root: Path) -> descriptor_pb2.FileDescriptorSet:
    """All contracts and what they import, with comments (test_generated.py: it is the newest)."""
    return descriptor_pb2.FileDescriptorSet.FromString((root / "protos/.build/reelmesh.binpb").read_bytes())


@pytest.fixture(scope="session")
def ours(image: descriptor_pb2.FileDescriptorSet) -> list[descriptor_pb2.FileDescriptorProto]:
    """Our own contracts."""
    return [file for file in image.file if file.name.startswith("reelmesh/")]
