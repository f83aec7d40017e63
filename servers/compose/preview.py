"""A preview while the film is being made: small, quick, and playable from its first pieces on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from fractions import Fraction
from pathlib import Path

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.chassis.media import commands, ffmpeg
from servers.compose.fragments import joined
from servers.compose.timeline import Piece

_CRF = 28
_TIMEOUT_SECONDS = 300.0


def as_preview(request: ComposeRequest) -> ComposeRequest:
    """The request as its preview is made; the same where none is asked for.

    Args:
        request: with every default filled in.
    """
    if not request.preview:
        return request
    made = ComposeRequest()
    made.CopyFrom(request)
    made.canvas.width_pixels = max(2, request.canvas.width_pixels // 4 * 2)
    made.canvas.height_pixels = max(2, request.canvas.height_pixels // 4 * 2)
    bits = request.output.audio_bits_per_second
    made.output.CopyFrom(
        parts.Output(codec=parts.VIDEO_CODEC_H264, crf=_CRF, preset="ultrafast", audio_bits_per_second=bits)
    )
    return made


class Growing:
    """The film's beginning as far as it is made, published when it has become twice as long.

    So all that is published is at most twice the film, and whoever misses one gets more with the next. Each
    beginning has a sound of its own: to wait for that of the whole film would take long for a long one.
    """

    def __init__(
        self,
        pieces: Sequence[Piece],
        fps: Fraction,
        folder: Path,
        heard: Callable[[Fraction], Awaitable[Path]],
        store: Callable[[Path], Awaitable[Asset]],
    ) -> None:
        """Prepares to publish.

        Args:
            pieces: what the film is cut into.
            fps: frames per second.
            folder: where the pieces lie.
            heard: makes the sound of the film's first seconds, as an .m4a.
            store: puts a file into the store.
        """
        self._pieces = pieces
        self._fps = fps
        self._folder = folder
        self._heard = heard
        self._store = store
        self._files: dict[int, Path] = {}
        self._grown = asyncio.Event()

    def made(self, index: int, file: Path) -> None:
        """Says that a piece is made."""
        self._files[index] = file
        self._grown.set()

    async def publish(self, told: Callable[[Asset], None]) -> None:
        """Publishes until all pieces are made; `told` is called with each beginning of the film.

        Raises:
            Internal: ffmpeg failed.
        """
        shown, frames = 0, self._frames()
        while frames < self._pieces[-1].end:
            if frames and frames >= 2 * shown:
                told(await self._store(await self._beginning(frames)))
                shown = frames
            else:
                await self._grown.wait()
            self._grown.clear()
            frames = self._frames()

    def _frames(self) -> int:
        """Length of the unbroken run of pieces from the film's beginning."""
        for index, piece in enumerate(self._pieces):
            if index not in self._files:
                return piece.first
        return self._pieces[-1].end

    async def _beginning(self, frames: int) -> Path:
        seen, out = self._folder / "preview-pieces.mp4", self._folder / f"preview-{frames}.mp4"
        first = [(index, piece) for index, piece in enumerate(self._pieces) if piece.end <= frames]
        whole = [(self._files[index], piece.end - piece.first) for index, piece in first]
        await asyncio.to_thread(joined, whole, self._fps, seen)
        arguments = [
            *commands.source(seen, "mov"),
            *commands.source(await self._heard(frames / self._fps), "mov"),
            *("-map", "0:v:0", "-map", "1:a:0", "-c", "copy"),
            *("-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-bitexact"),
            *("-f", "mp4", f"file:{out}"),
        ]
        await ffmpeg.run(arguments, timeout_seconds=_TIMEOUT_SECONDS)
        return out
