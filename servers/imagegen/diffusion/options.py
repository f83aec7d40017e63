"""Settings of the diffusers engine: `imagegen.options.diffusers`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from servers.chassis.models.options import PipelineOptions
from servers.chassis.settings import Section


class AdapterOptions(Section):
    """An IP-Adapter: pictures that resemble a reference, rather than start from it."""

    path: str = Field(..., description="Folder, or name on the hub.")
    subfolder: str = Field("", description="Folder within it.")
    file: str = Field(..., description="Its weights, a .safetensors file.")
    image_encoder: str = Field(
        "image_encoder", description="Folder of the image encoder. Empty: the pipeline's own."
    )

    @field_validator("file")
    @classmethod
    def _safe(cls, value: str) -> str:
        if not value.endswith(".safetensors"):
            raise ValueError("must be a .safetensors file: other weights can run code when they are read")
        return value


class ModelOptions(PipelineOptions):
    """A model and how its pictures are made."""

    description: str = Field("", description="What it is, one line for people.")
    steps: int = Field(
        0, ge=0, le=500, description="Steps where a request names none. 0: the pipeline's own."
    )
    guidance: float | None = Field(None, ge=0, le=50, description="Guidance where a request names none.")
    true_guidance: float | None = Field(
        None,
        ge=1,
        le=50,
        description="Guidance away from the negative prompt, for distilled models like Flux.",
    )
    text_tokens: int = Field(
        0, ge=0, le=4096, description="Longest prompt in tokens, where the model lets one say. 0: its own."
    )
    batch: int = Field(4, ge=1, le=64, description="Most pictures that are made in one run.")
    preview_steps: int = Field(5, ge=0, description="Steps between two previews. 0: none.")
    ip_adapter: AdapterOptions | None = Field(None, description="Used for reference images, where given.")


class LoraOptions(Section):
    """A LoRA that requests can name."""

    path: str = Field("", description="File, folder, or name on the hub. Empty: the LoRA's name.")
    file: str = Field("", description="Its weights in the folder. Empty: the usual name.")
    models: list[str] = Field(default_factory=list, description="Models that it fits. Empty: all.")
    characters: list[str] = Field(
        default_factory=list, description="Characters that it draws: used whenever one of them is asked for."
    )
    weight: float = Field(1.0, ge=-4, le=4, description="Weight where a request names none.")
    trigger: str = Field("", description="Words that call it, added to the prompt.")

    def weights(self, name: str) -> dict[str, Any]:
        """Where its weights are, {"path", "file"}: file or folder of this host, else a name on the hub."""
        source = self.path or name
        path = Path(source)
        if self.file and path.is_dir():
            return {"path": path / self.file, "file": ""}
        return {"path": path if path.exists() else source, "file": self.file}


class DiffusersOptions(Section):
    """What the engine may load."""

    models: dict[str, ModelOptions] = Field(
        default_factory=dict, description="Models by the names that requests use, the default first."
    )
    loras: dict[str, LoraOptions] = Field(
        default_factory=dict, description="LoRAs by the names that requests use."
    )
    named_only: bool = Field(
        False,
        description="Refuse models that are not named here: a request could name a folder or a hub name.",
    )
    loras_kept: int = Field(4, ge=0, description="LoRAs that stay loaded beside a model.")
