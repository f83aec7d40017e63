"""What `make test-models` installs is what the extras of the engines promise."""

from __future__ import annotations

import importlib.metadata

import pytest
import torch
from packaging.requirements import Requirement

EXTRAS = ("diffusers", "funasr", "kokoro", "ocr", "piper", "ray", "upscale", "whisper")


@pytest.mark.parametrize("extra", EXTRAS)
def test_what_an_extra_asks_for_is_there(extra: str) -> None:
    asked = [Requirement(line) for line in importlib.metadata.requires("reelmesh") or ()]
    wanted = [one for one in asked if one.marker is not None and one.marker.evaluate({"extra": extra})]
    assert wanted
    for one in wanted:
        found = importlib.metadata.version(one.name)
        assert one.specifier.contains(found, prereleases=True), (
            f"{one.name} {found}: {one.specifier} is wanted"
        )


def test_torch_computes() -> None:
    assert torch.ones(3).sum().item() == 3
