"""Generated code matches the contracts, and the packages we build carry it."""

from __future__ import annotations

import importlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

RULES = "buf/validate/validate.proto"


def check(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "protos/generate.py", "--check"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_generated_code_is_not_stale(root: Path) -> None:
    done = check(root)
    assert (done.returncode, done.stderr) == (0, "")


def test_stale_code_is_noticed_and_the_remedy_named(root: Path, tmp_path: Path) -> None:
    for name in ["pyproject.toml", "protos/generate.py", "protos/descriptor_text.py"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((root / name).read_bytes())
    done = check(tmp_path)
    assert done.returncode == 1
    assert "it was never generated here" in done.stderr
    assert "python protos/generate.py" in done.stderr


def test_each_contract_imports_with_its_messages(ours: list[FileDescriptorProto]) -> None:
    for file in ours:
        module = importlib.import_module(file.name.removesuffix(".proto").replace("/", ".") + "_pb2")
        names = [message.name for message in file.message_type]
        assert list(module.DESCRIPTOR.message_types_by_name) == names


def test_rules_written_as_text_are_the_rules_that_validation_enforces(image: FileDescriptorSet) -> None:
    from protovalidate._gen.buf.validate import validate_pb

    written = next(file for file in image.file if file.name == RULES)
    written = descriptor_pb2.FileDescriptorProto.FromString(written.SerializeToString())
    written.ClearField("source_code_info")
    assert written == descriptor_pb2.FileDescriptorProto.FromString(validate_pb.desc().proto.to_binary())


@pytest.mark.slow
def test_wheel_carries_generated_code_and_its_types(root: Path, tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--wheel-dir", str(tmp_path), "."], cwd=root, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in root.glob("protos/reelmesh/**/*.proto"):
        module = path.relative_to(root / "protos").as_posix().removesuffix(".proto")
        assert {f"{module}_pb2.py", f"{module}_pb2.pyi"} <= names
    assert {"reelmesh/tts/v1/tts_pb2_grpc.py", "reelmesh/tts/v1/tts_pb2_grpc.pyi"} <= names
    assert {"reelmesh/py.typed", "reelmesh/buf/validate/validate_pb2.py"} <= names
    assert {"servers/__init__.py", "orchestrator/__init__.py"} <= names
    assert not [name for name in names if name.startswith(("protos/", "tests/", "buf/", "google/"))]
