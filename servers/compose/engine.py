"""The engine "ffmpeg": pictures under a moving camera, text by libass, H.264 by x264."""

from __future__ import annotations

import functools
import importlib.metadata
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from reelmesh.common.v1.engine_pb2 import MISSING_KIND_FONT, MISSING_KIND_PROGRAM, Missing
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.compose.v1.compose_pb2 import ComposeRequest, ComposeResult, ConvertRequest, ConvertResult
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.errors import FailedPrecondition
from servers.chassis.media import commands
from servers.chassis.media.fonts import (
    Font,
    FontStack,
    companions_fingerprint,
    default_font,
    find_font,
    font_stack,
)
from servers.chassis.media.probe import Prober
from servers.chassis.worker import Returned, WorkerPool, relay
from servers.compose.codecs import CODECS
from servers.compose.convert import convert
from servers.compose.defaults import fill, fill_conversion, seconds, set_seconds
from servers.compose.film import Tools, make
from servers.compose.hardware import SOFTWARE, Hardware
from servers.compose.timeline import Change

_FORMULA = "4"
"""Raised whenever the same request would give another film for reasons of our own."""
_LIBRARIES = ("av", "opencv-python-headless", "budoux", "rjieba")
"""Those that shape pixels or lines."""
_CAPABILITIES = (
    *("avatar", "bilingual-subtitles", "burned-subtitles", "chroma-key", "convert", "ducking", "end-card"),
    *("ken-burns", "loudness", "overlays", "progress-bar", "soft-subtitles", "sound-effects"),
)
_RENDERER_BYTES = 4 * 1024**3
_MIXER_BYTES = 2 * 1024**3
_IDLE_SECONDS = 0.5
"""Processes that a film needs only once are ended soon: their memory is not there beside the encoders'."""
_KEPT_BYTES = 4 * 1024**3
_PIXELS_A_SECOND = 40e6
"""About how many pixels one core draws and encodes with the preset veryfast."""
_SLOWER = {"ultrafast": 0.6, "superfast": 0.8, "veryfast": 1.0, "faster": 1.5, "fast": 2.0, "medium": 2.4}
_SLOWEST = 5.0


class FfmpegEngine(Engine):
    """Composes and converts films.

    Settings: `workers` (how many pieces are drawn and encoded at once; default: one for each core),
    `kept_bytes` (bound of the encoded pieces that are kept for later films; default 4 GiB, 0 keeps none),
    `encoder` of H.264 ("x264", the default; "nvenc", "qsv", "videotoolbox", "vaapi", or "auto" for the first
    of these that works; where the one that is named does not, x264 is used and the result says so) and
    `font_folders` (where fonts are looked for before the system's folders).
    """

    name = "ffmpeg"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._cores = int(settings.get("workers") or _cores())
        self._hardware = Hardware(str(settings.get("encoder", SOFTWARE)))
        self._kept_bytes = int(settings.get("kept_bytes", _KEPT_BYTES))
        self._folders = tuple(Path(folder).expanduser() for folder in settings.get("font_folders", ()))

    @functools.cached_property
    def _tools(self) -> Tools:
        renderers = WorkerPool(
            "servers.compose.render_worker", size=self._cores, memory_bytes=_RENDERER_BYTES
        )
        return Tools(
            prober=Prober(workers=renderers),
            renderers=renderers,
            mixers=WorkerPool(
                "servers.compose.mix_worker",
                size=1,
                idle_seconds=_IDLE_SECONDS,
                memory_bytes=_MIXER_BYTES,
            ),
            at_once=self._cores,
            kept_bytes=self._kept_bytes,
            hardware=self._hardware,
            font_folders=self._folders,
        )

    def describe(self) -> Description:
        """See `Engine.describe`."""
        try:
            version = commands.version()
        except FailedPrecondition:
            version = ""
        return Description(
            description="ffmpeg: moving pictures, many transitions, word-lit subtitles, ducked music",
            version=version,
            capabilities=_capabilities(),
            license="MIT AND GPL-3.0-or-later",
        )

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`: ffmpeg, or the font."""
        lacking: list[Missing] = []
        try:
            commands.version()
        except FailedPrecondition:
            lacking.append(Missing(kind=MISSING_KIND_PROGRAM, name="ffmpeg", remedy=commands.REMEDY))
        try:
            default_font()
        except FailedPrecondition:
            remedy = 'pip install "reelmesh[mesh]"'
            lacking.append(Missing(kind=MISSING_KIND_FONT, name="Noto Sans SC", remedy=remedy))
        return lacking

    def serves(self, request: Message) -> bool:
        """It serves every request."""
        return True

    def resolve(self, request: ComposeRequest | ConvertRequest) -> Resolved[Any]:
        """See `Engine.resolve`."""
        if isinstance(request, ConvertRequest):
            return Resolved(fill_conversion(request), version=_version())
        font = self._font(request)
        filled = fill(request, font.family)
        version = f"{_version()}/{font.fingerprint}/{companions_fingerprint()}"
        if self._hardware.wanted != SOFTWARE:
            version += f"/{self._hardware.wanted}"
        return Resolved(filled, version=version, expected_seconds=self._expected(filled))

    async def run(
        self, request: ComposeRequest | ConvertRequest, work: WorkContext
    ) -> AsyncIterator[Progress | ComposeResult | ConvertResult]:
        """See `Engine.run`."""

        async def call(report: Any) -> ComposeResult | ConvertResult:
            if isinstance(request, ConvertRequest):
                return await convert(request, work, self._tools.prober, self._stack, report)
            return await make(request, work, self._tools, self._font(request), _version(), report)

        highest, preview = 0.0, None
        async for item in relay(call):
            if isinstance(item, Returned):
                yield item.value
                continue
            highest = max(highest, item["fraction"])
            # Told again with every report: reports may be thinned out.
            preview = item.get("preview") or preview
            progress = Progress(stage=item["stage"], fraction=highest, preview=preview)
            if item.get("eta") is not None:
                set_seconds(progress.eta, item["eta"])
            yield progress

    async def close(self) -> None:
        """Ends the worker processes."""
        if "_tools" in self.__dict__:
            await self._tools.prober.close()
            await self._tools.renderers.close()
            await self._tools.mixers.close()

    def _stack(self, text: str) -> FontStack:
        """The fonts that a text is drawn with where none is named."""
        return font_stack(default_font(), text, self._folders)

    def _font(self, request: ComposeRequest) -> Font:
        return find_font(request.subtitles.font, self._folders)

    def _expected(self, request: ComposeRequest) -> float:
        """Seconds, from the scenes' lengths as far as they are told without measuring."""
        length = 0.0
        for scene in request.scenes:
            told = seconds(scene.narration.facts.duration) + seconds(scene.pause)
            length += max(told if scene.HasField("narration") else 0.0, seconds(scene.duration)) or 5.0
        canvas = request.canvas
        pixels = canvas.width_pixels * canvas.height_pixels * canvas.frames_per_second * length
        slower = _SLOWER.get(request.output.preset, _SLOWEST)
        return 1.5 + slower * pixels / (_PIXELS_A_SECOND * self._cores)


def _capabilities() -> list[str]:
    """What it can do, by the names in the contract, and the encoders that are found."""
    try:
        found = commands.encoders()
    except FailedPrecondition:
        found = frozenset()
    encoders = {codec.encoder for codec in CODECS.values()} & found
    return sorted({*_CAPABILITIES, *(change.value.replace("_", "-") for change in Change), *encoders})


def _version() -> str:
    """Of all that shapes pixels and samples, apart from fonts."""
    libraries = "/".join(importlib.metadata.version(name) for name in _LIBRARIES)
    return f"ffmpeg-{_FORMULA}/{commands.version()}/{libraries}"


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
