"""From a request to the words that a model reads."""

from __future__ import annotations

from reelmesh.imagegen.v1.imagegen_pb2 import GenerateRequest


def prompt(request: GenerateRequest) -> str:
    """The prompt with all that the contract adds to it, the most telling first."""
    setting = request.scene_settings
    parts = (
        request.prompt,
        request.character if request.character not in request.prompt else "",
        setting.camera,
        setting.lighting,
        setting.mood,
        f"{request.style} style" if request.style else "",
    )
    return ", ".join(part.strip().rstrip(".,") for part in parts if part.strip())
