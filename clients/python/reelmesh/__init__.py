"""Text to narrated, subtitled short videos: the Python SDK and the contracts of the mesh.

    import asyncio, reelmesh

    async def main():
        async with reelmesh.Client() as client:
            job = await client.submit(reelmesh.NarratedVideo(text=open("story.txt").read()))
            async for event in client.watch(job):
                print(event)
            await client.download((await client.get(job)).result.film, "film.mp4")

    asyncio.run(main())

`reelmesh.sync.Client` is the same without asyncio. The messages are the contracts' own: every field is
described in protos/reelmesh/*/v1/*.proto.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reelmesh import sync
    from reelmesh.client import Client
    from reelmesh.common.v1.asset_pb2 import Asset
    from reelmesh.errors import (
        JobCancelled,
        JobFailed,
        MeshNotRunning,
        ReelmeshError,
    )
    from reelmesh.mesh import local_mesh
    from reelmesh.orchestrator.v1.events_pb2 import Event
    from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
    from reelmesh.orchestrator.v1.job_pb2 import Job, JobSpec
    from reelmesh.orchestrator.v1.narrated_video_pb2 import NarratedVideo

__all__ = [
    "Asset",
    "Client",
    "Event",
    "Job",
    "JobCancelled",
    "JobFailed",
    "JobSpec",
    "MeshNotRunning",
    "NarratedVideo",
    "ReelmeshError",
    "StepGraph",
    "local_mesh",
    "sync",
]

_PLACES = {
    "Asset": "reelmesh.common.v1.asset_pb2",
    "Client": "reelmesh.client",
    "Event": "reelmesh.orchestrator.v1.events_pb2",
    "Job": "reelmesh.orchestrator.v1.job_pb2",
    "JobCancelled": "reelmesh.errors",
    "JobFailed": "reelmesh.errors",
    "JobSpec": "reelmesh.orchestrator.v1.job_pb2",
    "MeshNotRunning": "reelmesh.errors",
    "NarratedVideo": "reelmesh.orchestrator.v1.narrated_video_pb2",
    "ReelmeshError": "reelmesh.errors",
    "StepGraph": "reelmesh.orchestrator.v1.graph_pb2",
    "local_mesh": "reelmesh.mesh",
}


def __getattr__(name: str) -> Any:
    """Imports a name when it is first used: every server imports this package for its contracts alone."""
    if name == "sync":
        return importlib.import_module("reelmesh.sync")
    if name not in _PLACES:
        raise AttributeError(f"module 'reelmesh' has no attribute {name!r}")
    value = getattr(importlib.import_module(_PLACES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
