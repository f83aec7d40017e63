"""An engine at work without a server: requests in, progress and pictures out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.imagegen.v1.imagegen_pb2 import GenerateRequest, GenerateResult
from servers.chassis.assets import SharedAssets
from servers.chassis.blobs import BlobFolder
from servers.chassis.engine import Engine
from servers.chassis.models.executor import Executor
from servers.chassis.servicer import Desk

OWNER = "test"
Pixels = NDArray[np.int16]


@dataclasses.dataclass(frozen=True)
class Drawn:
    """What came of a request."""

    result: GenerateResult
    progress: list[Progress]
    pictures: list[Pixels]
    """Height x width x RGB."""

    @property
    def picture(self) -> Pixels:
        """The one picture."""
        (only,) = self.pictures
        return only

    @property
    def warnings(self) -> list[str]:
        """What the result says was passed over."""
        return list(self.result.provenance.warnings)


class Studio:
    """A store, a pool, and a way to have engines draw."""

    def __init__(self, folder: Path, pool: Executor) -> None:
        self.folder = folder
        self.assets = SharedAssets(BlobFolder(folder, low_space_bytes=0))
        self.pool = pool

    async def draw(
        self, engine: Engine, on_progress: Callable[[Progress], None] | None = None, **fields: Any
    ) -> Drawn:
        """Resolves and runs a request; small, seeded and quick where nothing else is said."""
        given = {"prompt": "a fox", "width_pixels": 64, "height_pixels": 64, "steps": 2, "seed": 1, **fields}
        resolved = engine.resolve(GenerateRequest(**given)).request
        desk, progress, results = Desk(OWNER, "test", self.assets), [], []
        try:
            async for item in engine.run(resolved, desk):
                if isinstance(item, Progress):
                    progress.append(item)
                    if on_progress is not None:
                        on_progress(item)
                else:
                    results.append(item)
        finally:
            await desk.clear()
        (result,) = results
        return Drawn(result, progress, [await self.pixels(image.asset) for image in result.images])

    async def pixels(self, asset: Asset) -> Pixels:
        """A stored picture."""
        with Image.open(await self.assets.path(OWNER, asset, "test")) as file:
            return np.asarray(file.convert("RGB")).astype(np.int16)

    async def stored(self, picture: Pixels) -> Asset:
        """A picture put into the store."""
        async with self.assets.scratch("test") as scratch:
            path = scratch / "picture.png"
            Image.fromarray(picture.astype(np.uint8)).save(path)
            return await self.assets.store(OWNER, path, "image/png")


def apart(one: Pixels, other: Pixels) -> int:
    """The largest difference of two pictures, 0 to 255."""
    return int(np.abs(one - other).max())
