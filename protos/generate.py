"""Generate Python messages, gRPC stubs and type stubs from the contracts.

    python protos/generate.py           generate what is stale
    python protos/generate.py --check   exit 1 if the generated code is stale

Reads protos/reelmesh/**/*.proto and writes beside the SDK's sources, in clients/python/reelmesh, and into
protos/.build: `include/` (the contracts of others that ours import, read by protoc and buf alike) and
`reelmesh.binpb` (one descriptor image of everything, comments included). None of it is committed.

The build hook calls `generate` in an environment that has the pinned tools of pyproject.toml's build-system.
Run as a script elsewhere, it makes such an environment in protos/.build/tools first.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path

PROTOS = Path(__file__).resolve().parent
ROOT = PROTOS.parent
TARGET = ROOT / "clients" / "python"
BUILD = PROTOS / ".build"
INCLUDE = BUILD / "include"
IMAGE = BUILD / "reelmesh.binpb"
STAMP = BUILD / "stamp.json"
RULES = "buf/validate/validate.proto"

_IMPORT = re.compile(r'^import\s+(?:public\s+)?"([^"]+)"', re.MULTILINE)

# Generated code imports the rules as `buf.validate`. Our copy lives inside our own package, so that it can
# not meet another distribution's package `buf` in site-packages.
_RULES_IMPORT = re.compile(r"^(from|import) buf\.validate\b", re.MULTILINE)


def contracts() -> list[str]:
    """Our .proto files, relative to protos/, in a fixed order."""
    return sorted(path.relative_to(PROTOS).as_posix() for path in PROTOS.glob("reelmesh/**/*.proto"))


def tools() -> list[str]:
    """The pinned requirements that generation needs, e.g. "grpcio-tools==1.80.0"."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [str(requirement) for requirement in project["build-system"]["requires"]]


def staleness() -> str | None:
    """Why the generated code does not match the contracts, or None if it does."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "it was never generated here"
    if stamp["inputs"] != _inputs():
        return "the contracts or their tools have changed since"
    for name, digest in stamp["outputs"].items():
        path = ROOT / name
        if not path.is_file():
            return f"{name} is missing"
        if _digest(path.read_bytes()) != digest:
            return f"{name} was edited by hand"
    return None


def generate() -> None:
    """Write all generated files, removing those of contracts that are gone. Needs the pinned tools."""
    inputs = _inputs()
    before = _recorded_outputs()
    _write_include()
    with tempfile.TemporaryDirectory(dir=BUILD) as scratch:
        out = Path(scratch)
        _run_protoc(out)
        made = {path.relative_to(out): _relocated(path) for path in sorted(out.rglob("*")) if path.is_file()}
    outputs: dict[str, str] = {}
    for relative, data in made.items():
        path = TARGET / relative
        if not path.is_file() or path.read_bytes() != data:
            _write(path, data)
        outputs[path.relative_to(ROOT).as_posix()] = _digest(data)
    for name in before.keys() - outputs.keys():
        (ROOT / name).unlink(missing_ok=True)
    _write(STAMP, json.dumps({"inputs": inputs, "outputs": outputs}, indent=1).encode())


def main(arguments: list[str] | None = None) -> int:
    """Run as a command; see the module's docstring."""
    parser = argparse.ArgumentParser(description="Generate Python code from the contracts.")
    parser.add_argument("--check", action="store_true", help="only say whether the generated code is stale")
    options = parser.parse_args(arguments)
    reason = staleness()
    if options.check:
        if reason:
            print(f"generated code is stale: {reason}. Run: python protos/generate.py", file=sys.stderr)
        return 1 if reason else 0
    if reason and _tools_missing():
        return subprocess.run([_tools_python(), __file__], check=False).returncode
    if reason:
        try:
            generate()
        except subprocess.CalledProcessError:  # protoc has said what is wrong
            return 1
        print(f"generated code from {len(contracts())} contracts")
    return 0


def _inputs() -> str:
    digest = hashlib.sha256(json.dumps(tools()).encode())
    for name in [*contracts(), "generate.py", "descriptor_text.py"]:
        digest.update(f"\n{name}\n".encode())
        digest.update((PROTOS / name).read_bytes())
    return digest.hexdigest()


def _recorded_outputs() -> dict[str, str]:
    try:
        outputs: dict[str, str] = json.loads(STAMP.read_text(encoding="utf-8"))["outputs"]
    except (OSError, ValueError, KeyError):
        return {}
    return outputs


def _write_include() -> None:
    """Lay out what our contracts import: the rules from protovalidate's wheel, google.* from googleapis's."""
    wanted = set(_imports(PROTOS / name for name in contracts()))
    shutil.rmtree(INCLUDE, ignore_errors=True)
    _write(INCLUDE / RULES, _rules_text().encode())
    google = importlib.metadata.distribution("googleapis-common-protos")
    done: set[str] = set()
    elsewhere = ("reelmesh/", "google/protobuf/")  # beside this file, and inside every protoc
    while wanted := {name for name in wanted - done if not name.startswith(elsewhere)}:
        for name in wanted - {RULES}:
            _write(INCLUDE / name, Path(str(google.locate_file(name))).read_bytes())
        done |= wanted
        wanted = set(_imports(INCLUDE / name for name in wanted))


def _imports(paths: Iterator[Path]) -> Iterator[str]:
    for path in paths:
        yield from _IMPORT.findall(path.read_text(encoding="utf-8"))


def _rules_text() -> str:
    import descriptor_text
    from protovalidate._gen.buf.validate import validate_pb

    files: dict[str, bytes] = {}
    stack = [validate_pb.desc()]
    while stack:
        file = stack.pop()
        files.pop(file.name, None)  # seen again deeper down: keep imports before what imports them
        files[file.name] = file.proto.to_binary()
        stack.extend(file.dependencies)
    return descriptor_text.render(reversed(files.values()), RULES)


def _run_protoc(out: Path) -> None:
    plugins = [f"--plugin={name}={_script(name)}" for name in ("protoc-gen-mypy", "protoc-gen-mypy_grpc")]
    protoc = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTOS}", f"-I{INCLUDE}"]
    python = [f"--python_out={out}", *plugins, f"--mypy_out=quiet:{out}"]
    grpc = [f"--grpc_python_out={out}", f"--mypy_grpc_out=quiet,only_async:{out}"]
    image = [f"--descriptor_set_out={IMAGE}", "--include_imports", "--include_source_info"]
    subprocess.run([*protoc, *python, *grpc, *image, *contracts()], check=True)
    rules = [f"--python_out={out / 'reelmesh'}", *plugins, f"--mypy_out=quiet:{out / 'reelmesh'}", RULES]
    subprocess.run([*protoc, *rules], check=True)
    for stub in out.rglob("*_pb2_grpc.py*"):  # files without services get empty stubs: leave them out
        if "class " not in stub.read_text(encoding="utf-8"):
            stub.unlink()


def _script(name: str) -> str:
    """A command of the pinned tools. In a build, pip puts them on PATH and not beside the interpreter."""
    here = [sysconfig.get_path("scripts"), str(Path(sys.executable).parent)]
    found = shutil.which(name, path=os.pathsep.join([*here, os.environ.get("PATH", "")]))
    if found is None:
        raise FileNotFoundError(f"{name} is not installed: it comes with mypy-protobuf")
    return found


def _relocated(path: Path) -> bytes:
    return _RULES_IMPORT.sub(r"\1 reelmesh.buf.validate", path.read_text(encoding="utf-8")).encode()


def _tools_missing() -> bool:
    pins = (requirement.partition("==") for requirement in tools())
    try:
        return any(pin and importlib.metadata.version(name) != pin for name, _, pin in pins)
    except importlib.metadata.PackageNotFoundError:
        return True


def _tools_python() -> str:
    """The interpreter of an environment with the pinned tools, made anew when the pins have changed."""
    home = BUILD / "tools"
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    pins = home / "pins.json"
    if not pins.is_file() or json.loads(pins.read_text()) != tools():
        print("installing the generation tools into protos/.build/tools", flush=True)
        venv.create(home, clear=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *tools()], check=True)
        pins.write_text(json.dumps(tools()))
    return str(python)


def _write(path: Path, data: bytes) -> None:
    """Write by rename, so that a reader (or another build at the same time) never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_bytes(data)
    scratch.replace(path)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
