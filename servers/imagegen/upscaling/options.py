"""Settings of the engine "spandrel" of ImageGen."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from servers.chassis.settings import Section

ENDINGS = (".safetensors", ".pth", ".pt", ".ckpt")


class UpscaleModel(Section):
    """One model."""

    path: Path = Field(description=f"Its weights: a file ({', '.join(ENDINGS)}).")
    tile: int = Field(
        256, ge=32, le=2048, description="Side of the squares that it is given one after the other, pixels."
    )
    overlap: int = Field(
        32, ge=0, le=256, description="Pixels around each square that it sees too, so that no seam shows."
    )
    license: str = Field("", description="Licence of the weights, for people.")
    description: str = Field("", description="What it is for, for people.")
    pinned: bool = Field(False, description="Stay in memory once there.")
    warm: bool = Field(False, description="Load when the server starts.")


class SpandrelOptions(Section):
    """Options of the engine."""

    models: dict[str, UpscaleModel] = Field(
        default_factory=dict, description="Models that requests may name, the default first."
    )
