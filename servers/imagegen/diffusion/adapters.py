"""LoRAs and IP-Adapters of a loaded pipeline, in the worker process: laid over it and taken off again.

Without any, a pipeline gives to the bit what it gave before the first was laid over it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from servers.chassis.models.pipelines import lacking
from servers.chassis.worker_main import Refused


class Loras:
    """The LoRAs of one pipeline. Those used last stay loaded, so that a swap is a change of weights."""

    def __init__(self, pipe: Any, kept: int) -> None:
        self._pipe = pipe
        self._kept = kept
        self._loaded: dict[str, None] = {}
        """Adapters by name, the least recently used first."""
        self._on = False

    def lay(self, wanted: Sequence[dict[str, Any]]) -> None:
        """Lays these over the pipeline and no others: {"name", "path", "file", "weight"}.

        Raises:
            Lacking: one can not be loaded.
            Refused: the pipeline takes none.
        """
        if not wanted:
            if self._on:
                self._pipe.disable_lora()
                self._on = False
            self._forget(self._kept)
            return
        if not hasattr(self._pipe, "load_lora_weights"):
            raise Refused("loras", "must be empty: this model takes none")
        names = [self._load(one) for one in wanted]
        if not self._on:
            self._pipe.enable_lora()
            self._on = True
        self._pipe.set_adapters(names, adapter_weights=[one["weight"] for one in wanted])
        self._forget(max(self._kept, len(names)))

    def _load(self, one: dict[str, Any]) -> str:
        """The adapter's name, loaded if it is not there."""
        told = f"{one['path']}\0{one['file']}"
        name = "lora_" + hashlib.sha256(told.encode()).hexdigest()[:12]
        if name not in self._loaded:
            path = Path(one["path"])
            folder, file = (str(path.parent), path.name) if path.is_file() else (one["path"], one["file"])
            with lacking(f'LoRA "{one["name"]}"'):
                self._pipe.load_lora_weights(
                    folder,
                    weight_name=file or None,
                    adapter_name=name,
                    use_safetensors=True,
                    local_files_only=Path(folder).is_dir(),
                )
        self._loaded.pop(name, None)
        self._loaded[name] = None
        return name

    def _forget(self, most: int) -> None:
        """Unloads the least recently used beyond a number."""
        old = list(self._loaded)[: max(0, len(self._loaded) - most)]
        if not old:
            return
        if len(old) == len(self._loaded):
            self._pipe.unload_lora_weights()
        else:
            self._pipe.delete_adapters(old)
        for name in old:
            del self._loaded[name]


class Adapter:
    """The IP-Adapter of one pipeline, if any."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe
        self._current: dict[str, Any] | None = None
        self._own = {part: getattr(pipe, part, None) for part in ("image_encoder", "feature_extractor")}

    def lay(self, wanted: dict[str, Any] | None, strength: float) -> None:
        """Lays an adapter over the pipeline, or takes it off: {"path", "subfolder", "file", "image_encoder"}.

        Raises:
            Lacking: it can not be loaded.
        """
        if wanted != self._current and self._current is not None:
            self._pipe.unload_ip_adapter()
            # Diffusers lets go of the encoder too, even of one that came with the pipeline.
            self._pipe.register_modules(**{k: v for k, v in self._own.items() if k in self._pipe.components})
            self._current = None
        if wanted is None:
            return
        if self._current is None:
            with lacking("the IP-Adapter"):
                self._pipe.load_ip_adapter(
                    wanted["path"],
                    subfolder=wanted["subfolder"],
                    weight_name=wanted["file"],
                    image_encoder_folder=wanted["image_encoder"] or None,
                    local_files_only=Path(wanted["path"]).is_dir(),
                )
            self._current = wanted
        self._pipe.set_ip_adapter_scale(strength)
