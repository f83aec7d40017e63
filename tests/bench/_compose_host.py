"""A process that composes films for the benchmark: the engine as the server runs it, and nothing else.

Reads one JSON line for each film from stdin: {"request": file, "assets": {digest: path}, "out": folder}.
Answers with {"seconds", "first_preview_seconds", "film", "script", "pieces", "reused"}. Its memory, and that
of the processes below it, is what composing takes.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from reelmesh.common.v1.asset_pb2 import Asset, MediaFacts
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.compose.v1.compose_pb2 import SUBTITLE_FORMAT_ASS, ComposeRequest
from servers.compose.engine import FfmpegEngine


class Desk:
    """A WorkContext over a plain folder."""

    owner = "bench"
    request_id = "bench"

    def __init__(self, folder: Path, assets: dict[str, str]) -> None:
        self.scratch = folder / "scratch"
        self.kept = folder / "kept"
        self._folder = folder
        self._assets = assets
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True)

    async def path(self, asset: Asset, field: str) -> Path:
        """See WorkContext.path."""
        return Path(self._assets[asset.digest])

    async def store(self, path: Path, media_type: str, facts: MediaFacts | None = None) -> Asset:
        """See WorkContext.store."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        path.replace(self._folder / digest)
        return Asset(digest=digest, media_type=media_type, facts=facts)


async def _main() -> None:
    engine = FfmpegEngine(json.loads(sys.argv[1]))
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await _compose(engine, json.loads(line))), flush=True)
    await engine.close()


async def _compose(engine: FfmpegEngine, call: dict[str, Any]) -> dict[str, Any]:
    request = ComposeRequest.FromString(Path(call["request"]).read_bytes())
    desk = Desk(Path(call["out"]), call["assets"])
    begin = time.perf_counter()
    answer: dict[str, Any] = {}
    result = None
    async for message in engine.run(engine.resolve(request).request, desk):
        if not isinstance(message, Progress):
            result = message
        elif message.HasField("preview") and "first_preview_seconds" not in answer:
            answer["first_preview_seconds"] = time.perf_counter() - begin
    answer["seconds"] = time.perf_counter() - begin
    answer["film"] = str(desk._folder / result.film.digest)
    scripts = [file for file in result.subtitle_files if file.format == SUBTITLE_FORMAT_ASS]
    answer["script"] = str(desk._folder / scripts[0].asset.digest)
    answer["pieces"], answer["reused"] = result.work.pieces, result.work.reused_pieces
    return answer


if __name__ == "__main__":
    asyncio.run(_main())
