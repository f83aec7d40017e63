"""How a diffusion pipeline is loaded: the part of an engine's settings that every such engine shares."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from reelmesh.common.v1.engine_pb2 import MISSING_KIND_EXTRA, Missing
from servers.chassis.settings import Section

PACKAGES = ("torch", "diffusers", "transformers", "accelerate", "peft", "safetensors")
INDEX = "model_index.json"
"""The file that makes a folder a pipeline."""
_HUB_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")
_WEIGHTS = (".safetensors", ".bin", ".gguf")
LICENSES: Mapping[str, str] = {
    "black-forest-labs/FLUX.1-dev": "FLUX.1 [dev] Non-Commercial License",
    "black-forest-labs/FLUX.1-schnell": "Apache-2.0",
    "stabilityai/stable-diffusion-xl-base-1.0": "CreativeML Open RAIL++-M",
    "stabilityai/stable-diffusion-3.5-large": "Stability AI Community License",
    "stabilityai/stable-diffusion-3.5-medium": "Stability AI Community License",
    "Qwen/Qwen-Image": "Apache-2.0",
    "stabilityai/stable-video-diffusion-img2vid": "Stability AI Community License",
    "stabilityai/stable-video-diffusion-img2vid-xt": "Stability AI Community License",
}
"""Licences of well-known weights, by their hub names."""


class PipelineOptions(Section):
    """How a pipeline is loaded."""

    path: str = Field("", description="Folder, or name on the hub. Empty: the model's name.")
    revision: str = Field("", description="Revision on the hub. Empty: the newest.")
    variant: str = Field("", description='Variant of the weights, e.g. "fp16".')
    dtype: Literal["", "bfloat16", "float16", "float32"] = Field(
        "", description="Number type. Empty: bfloat16 on a GPU, float32 on the CPU."
    )
    quantization: Literal["", "8bit", "4bit"] = Field(
        "", description="Weights in 8 or 4 bits, by bitsandbytes. Empty: as they are."
    )
    quantize: list[str] = Field(
        default_factory=list, description="Parts to quantize. Empty: the denoiser and the large text encoder."
    )
    offload: Literal["", "model", "sequential", "group"] = Field(
        "",
        description="What waits in the computer's memory until needed: a part, a layer, a group of layers.",
    )
    tiling: bool = Field(False, description="Decode pictures in tiles: less memory, a little slower.")
    slicing: bool = Field(False, description="Decode the pictures of a batch one by one.")
    attention: str = Field(
        "",
        description='Attention: "slicing", or a backend of diffusers (native, flash, sage, xformers ...).',
    )
    compile: str = Field(
        "", description="Backend of torch.compile for the denoiser, e.g. inductor. Empty: not compiled."
    )
    tf32: bool = Field(True, description="Let a GPU multiply 32-bit numbers faster and less exactly.")
    pinned: bool = Field(False, description="Stay in memory once there.")
    warm: bool = Field(False, description="Load when the server starts.")
    license: str = Field("", description="Licence of the weights, for people. Empty: what is known of it.")

    def source(self, name: str) -> str:
        """Where the pipeline is: a folder or a hub name."""
        return self.path or name

    def license_of(self, name: str) -> str:
        """The licence of the weights; "" when nobody said."""
        return self.license or LICENSES.get(self.source(name), "")

    def loading(self, name: str) -> dict[str, Any]:
        """What decides how it is loaded, for `pipelines.load`."""
        told = self.model_dump(include=set(PipelineOptions.model_fields) - {"pinned", "warm", "license"})
        return {**told, "path": self.source(name)}


def missing_packages() -> Sequence[Missing]:
    """The packages that a diffusion engine lacks."""
    return tuple(
        Missing(kind=MISSING_KIND_EXTRA, name=package, remedy='pip install "reelmesh[diffusers]"')
        for package in PACKAGES
        if importlib.util.find_spec(package) is None
    )


@functools.cache
def libraries() -> str:
    """Versions of what decides the pictures beside the weights."""
    found = []
    for package in ("torch", "diffusers", "transformers"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found.append(f"{package} {importlib.metadata.version(package)}")
    return ", ".join(found)


def is_pipeline(source: str) -> bool:
    """Whether this may be a pipeline: a folder that is one, or what looks like a name on the hub."""
    folder = Path(source)
    if folder.is_dir():
        return (folder / INDEX).is_file()
    return _HUB_NAME.fullmatch(source) is not None


def size_bytes(source: str) -> int:
    """Bytes of a pipeline's weights on disk; 0 when it is not there yet."""
    return sum(file.stat().st_size for file in _files(source) if file.suffix in _WEIGHTS)


def identity(source: str, revision: str = "") -> str:
    """Changes with the model: names, sizes and times of a folder's files, or what the hub's cache holds.

    Asked for each request, and reading weights of many GB would take longer than the picture.
    """
    digest = hashlib.sha256(json.dumps([source, revision]).encode())
    for file in _files(source):
        told = file.stat()
        digest.update(f"{file} {told.st_size} {told.st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


def _files(source: str) -> Iterable[Path]:
    folder = Path(source)
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        folder = _snapshot(source)
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []


def _snapshot(name: str) -> Path:
    """The newest snapshot of a hub's name in the cache; it need not be there."""
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    cache = Path(os.environ.get("HF_HUB_CACHE") or home / "hub") / f"models--{name.replace('/', '--')}"
    main = cache / "refs" / "main"
    return cache / "snapshots" / main.read_text().strip() if main.is_file() else cache / "snapshots" / "none"
