"""The real VideoProvider server over a real socket, with accounts at simulators."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import grpc
import numpy as np

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.video.v1 import video_pb2, video_pb2_grpc
from reelmesh.work.v1 import work_pb2_grpc
from servers.chassis import serve
from servers.chassis.assets import SharedAssets
from servers.chassis.blobs import BlobFolder
from servers.chassis.settings import Settings
from servers.storage.__main__ import SERVER as STORAGE
from servers.video.__main__ import SERVER

OWNER = "local"
FAST = {"poll_seconds": 0.02, "timeout_seconds": 30.0, "price_per_second": 0.1}
"""Settings of an account whose vendor is near."""


@dataclass
class Studio:
    """A server that runs."""

    running: serve.Running
    channel: grpc.aio.Channel
    assets: SharedAssets

    @property
    def video(self) -> Any:
        """Calls to the service."""
        return video_pb2_grpc.VideoProviderServiceStub(self.channel)

    @property
    def work(self) -> Any:
        """Calls to WorkService."""
        return work_pb2_grpc.WorkServiceStub(self.channel)

    async def picture(self, width: int = 480, height: int = 640) -> Asset:
        """A picture in the store."""
        noise = np.random.default_rng(1).integers(0, 255, (8, 6, 3), dtype=np.uint8)
        content = cv2.imencode(".png", cv2.resize(noise, (width, height)))[1].tobytes()
        return await self.store(content, "image/png")

    async def store(self, content: bytes, media_type: str) -> Asset:
        """Any file in the store."""
        async with self.assets.scratch("test") as scratch:
            path = scratch / "file"
            path.write_bytes(content)
            return await self.assets.store(OWNER, path, media_type)

    async def made(self, request: video_pb2.GenerateRequest) -> video_pb2.GenerateResult:
        """The result of a request."""
        return [response async for response in self.video.Generate(request)][-1].result  # type: ignore[no-any-return]


@contextlib.asynccontextmanager
async def studio(home: Path, sockets: Path, **providers: Mapping[str, Any]) -> AsyncIterator[Studio]:
    """A server with such accounts; settings of each over `FAST`."""
    async with _studio(home, sockets, {}, providers) as made:
        yield made


@contextlib.asynccontextmanager
async def linked_studio(home: Path, sockets: Path, **providers: Mapping[str, Any]) -> AsyncIterator[Studio]:
    """As `studio`, with a Storage server that makes links, which simulators can read."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        public = f"127.0.0.1:{free.getsockname()[1]}"
    storage = {"http_listen": public, "http_public_url": f"http://{public}"}
    settings = Settings(mesh={"home": home}, storage=storage)  # type: ignore[arg-type]
    running = await serve.start(STORAGE, settings, f"unix:{sockets}/storage")
    more = {"storage": storage, "orchestrator": {"servers": {"storage": running.address}}}
    try:
        async with _studio(home, sockets, more, providers) as made:
            yield made
    finally:
        await running.stop(0)


@contextlib.asynccontextmanager
async def _studio(
    home: Path, sockets: Path, more: Mapping[str, Any], providers: Mapping[str, Mapping[str, Any]]
) -> AsyncIterator[Studio]:
    given = {name: {**FAST, **told} for name, told in providers.items()}
    settings = Settings(mesh={"home": home}, video={"providers": given}, **more)  # type: ignore[arg-type]
    running = await serve.start(SERVER, settings, f"unix:{sockets}/video")
    assets = SharedAssets(BlobFolder(settings.store_root, low_space_bytes=0))
    try:
        async with grpc.aio.insecure_channel(running.address) as channel:
            yield Studio(running, channel, assets)
    finally:
        await running.stop(0)


def request(**fields: Any) -> video_pb2.GenerateRequest:
    """A small request of 5 s."""
    given = {
        "width_pixels": 96,
        "height_pixels": 160,
        "frames_per_second": 10,
        "seed": 4,
        "prompt": "a fox runs",
    }
    made = video_pb2.GenerateRequest(**{**given, **fields})
    if not made.HasField("duration"):
        made.duration.FromSeconds(5)
    return made
