"""From a request to the words that a model reads."""

from __future__ import annotations

from collections.abc import Sequence

from reelmesh.imagegen.v1.imagegen_pb2 import GenerateRequest


def prompt(request: GenerateRequest, triggers: Sequence[str] = ()) -> str:
    """The prompt with all that the contract adds to it, the most telling first: encoders cut at the end.

    `triggers` are the words that LoRAs want to hear.
    """
    setting = request.scene_settings
    parts = (
        *triggers,
        request.prompt,
        request.character if request.character not in request.prompt else "",
        setting.camera,
        setting.lighting,
        setting.mood,
        f"{request.style} style" if request.style else "",
    )
    return ", ".join(part.strip().rstrip(".,") for part in parts if part.strip())
