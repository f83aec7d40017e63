"""Tiny models, built once; and a studio in which an engine draws without a server."""

from __future__ import annotations

import os

# Before torch is imported, here and in every worker process.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ["HF_HUB_OFFLINE"] = "1"

from pathlib import Path

import pytest

from tests.models import tiny


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tiny models: flux, sd3, sdxl, svd, and what goes with them."""
    folder = tmp_path_factory.mktemp("models")
    tiny.flux(folder / "flux")
    tiny.sd3(folder / "sd3")
    tiny.sdxl(folder / "sdxl")
    tiny.svd(folder / "svd")
    tiny.lora(folder / "flux", folder / "flux-ink", seed=1)
    tiny.lora(folder / "flux", folder / "flux-oil", seed=2)
    tiny.lora(folder / "sdxl", folder / "sdxl-ink", seed=3)
    tiny.ip_adapter(folder / "sdxl", folder / "sdxl-adapter")
    return folder
