"""Settings of the local diffusion provider: `video.options.diffusers`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from servers.chassis.models.options import PipelineOptions
from servers.chassis.settings import Section


class ClipOptions(PipelineOptions):
    """A model and how its clips are made."""

    frames: int = Field(0, ge=0, le=200, description="Frames of one run. 0: what the model was trained for.")
    frames_per_second: float = Field(7, gt=0, le=60, description="Rate at which it makes them.")
    steps: int = Field(25, ge=1, le=500, description="Denoising steps.")
    guidance: float = Field(3.0, ge=1, le=50, description="Guidance at the last frame; it begins at 1.")
    motion: int = Field(127, ge=0, le=255, description="How much moves: the motion bucket.")
    noise: float = Field(
        0.02, ge=0, le=10, description="Noise on the picture: more moves it farther from it."
    )
    decode_chunk: int = Field(8, ge=1, description="Frames that are decoded at once: fewer take less memory.")
    most_pixels: int = Field(1024 * 576, ge=64 * 64, description="Pixels of a frame as the model makes it.")
    interpolation: Literal["motion", "blend", "none"] = Field(
        "motion", description="How the frames between are made: along the motion, by blending, or not at all."
    )


class DiffusersOptions(Section):
    """What the provider may load."""

    models: dict[str, ClipOptions] = Field(
        default_factory=dict, description="Models by the names that requests use, the default first."
    )
    named_only: bool = Field(
        False,
        description="Refuse models that are not named here: a request could name a folder or a hub name.",
    )
