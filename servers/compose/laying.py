"""Everything that is laid over a film's pictures but text: talking head, logos, progress bar."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.chassis.errors import InvalidArgument
from servers.chassis.worker import WorkerPool
from servers.compose.avatars import avatar_layers
from servers.compose.materials import Materials
from servers.compose.picturing import even, logo_layer
from servers.compose.timeline import Timeline


async def prepared_layers(
    request: ComposeRequest, found: Materials, timeline: Timeline, folder: Path, renderers: WorkerPool
) -> tuple[list[Mapping[str, Any]], list[str]]:
    """The layers in their order, each at its place, and what had to be left out."""
    layers: list[Mapping[str, Any]] = []
    warnings: list[str] = []
    if request.HasField("avatar"):
        heads, warnings = await avatar_layers(request, found, timeline, renderers)
        layers += heads
    for index, (overlay, logo) in enumerate(zip(request.overlays, found.logos, strict=True)):
        if logo is None:
            continue
        try:
            layers.append(
                await logo_layer(request, overlay, logo, timeline, folder / f"logo-{index}.npy", renderers)
            )
        except InvalidArgument as unreadable:
            warnings.append(f"left out: {unreadable.message}")
    if request.HasField("progress_bar"):
        layers.append(_bar(request, timeline))
    return layers, warnings


def _bar(request: ComposeRequest, timeline: Timeline) -> dict[str, Any]:
    bar, canvas = request.progress_bar, request.canvas
    height = even(bar.thickness * canvas.height_pixels + 1)
    return {
        "bar": {"color": bar.color, "opacity": bar.opacity, "height": height, "whole": timeline.frames},
        "lettering": True,
        "place": {
            "left": 0,
            "top": 0 if bar.at_top else canvas.height_pixels - height,
            "first": 0,
            "end": timeline.frames,
        },
    }
