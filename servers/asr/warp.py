"""warp: when the words of a text are spoken, in any language that espeak-ng speaks, without a model.

The text is spoken by espeak-ng, which tells the time of every word, and the recording is warped onto that.
The library is GPL-3 and is loaded only by a worker process (`servers.chassis.media.alignment.worker`); this
module reads nothing but its list of voices.
"""

from __future__ import annotations

import copy
import importlib.metadata
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from google.protobuf.message import Message

from reelmesh.asr.v1 import asr_pb2
from reelmesh.common.v1.engine_pb2 import MISSING_KIND_EXTRA, Missing
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.progress_pb2 import Progress
from servers.asr.messages import RECOGNISER, Request, alignment, check, language_of
from servers.asr.recording import decoded
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.errors import FailedPrecondition, InvalidArgument
from servers.chassis.media.espeak.voices import Catalogue, catalogue, data_folder
from servers.chassis.media.probe import Prober
from servers.chassis.worker import Returned, WorkerPool, relay

PACKAGE = "espeakng-loader"
OUR_VERSION = 2
"""Raised whenever this engine would give other times for the same recording."""

_WORK_PER_SECOND = 3.0
"""Most seconds of work allowed for a second of sound."""
_WORK_PER_CHARACTER = 0.02
_MEMORY_BYTES = 6 * 1024**3


class WarpEngine(Engine):
    """Dynamic time warping onto a synthesis of the text."""

    name = "warp"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._workers = WorkerPool("servers.chassis.media.alignment.worker", memory_bytes=_MEMORY_BYTES)
        self._prober = Prober()

    def describe(self) -> Description:
        """See `Engine.describe`."""
        folder = data_folder()
        return Description(
            description="warp: aligns about 100 languages by laying the recording beside a synthesis",
            version=f"{OUR_VERSION} with espeak-ng {_version()}" if folder else "",
            languages=catalogue(folder).languages() if folder else (),
            capabilities=("align",),
            license="GPL-3.0-or-later",
        )

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`."""
        if data_folder() is not None:
            return ()
        return (Missing(kind=MISSING_KIND_EXTRA, name=PACKAGE, remedy='pip install "reelmesh[mesh]"'),)

    def serves(self, request: Message) -> bool:
        """Alignment of a language that espeak-ng speaks."""
        if not isinstance(request, asr_pb2.AlignRequest):
            return False
        folder = data_folder()
        return folder is None or _voice(catalogue(folder), language_of(request)) is not None

    def resolve(self, request: Request) -> Resolved[Request]:
        """See `Engine.resolve`."""
        if not isinstance(request, asr_pb2.AlignRequest):
            raise FailedPrecondition(
                f'engine "{self.name}" aligns a text that is known and does not transcribe: English is '
                f'transcribed by "pocketsphinx"; for other languages {RECOGNISER.remedy}',
                reason="CAN_NOT_TRANSCRIBE",
                missing=(RECOGNISER,),
            )
        check(request)
        language = language_of(request)
        if _voice(self._catalogue(), language) is None:
            raise FailedPrecondition(
                f'engine "{self.name}" aligns what espeak-ng speaks, and that has no voice for "{language}": '
                f"{RECOGNISER.remedy}",
                reason="LANGUAGE_NOT_SUPPORTED",
                missing=(RECOGNISER,),
            )
        filled = copy.deepcopy(request)
        filled.language = language
        return Resolved(filled, version=f"{PACKAGE}-{_version()}/{OUR_VERSION}")

    async def run(self, request: asr_pb2.AlignRequest, work: WorkContext) -> AsyncIterator[Message]:
        """See `Engine.run`."""
        yield Progress(stage="decoding")
        recording = await decoded(request.audio, work, self._prober)
        yield Progress(stage="aligning", fraction=0.05)
        known = self._catalogue()
        voice = known.for_language(request.language)
        base = voice.partition("+")[0]
        arguments = {
            "path": str(recording.path),
            "text": request.text,
            # A female and a male voice.
            "voices": [known.file_of(voice), known.file_of(base)],
            "language": base.partition("-")[0],
        }
        seconds = 60.0 + recording.seconds * _WORK_PER_SECOND + len(request.text) * _WORK_PER_CHARACTER
        heard: dict[str, Any] = {}
        async for item in relay(
            lambda report: self._workers.call("align", arguments, timeout_seconds=seconds, on_progress=report)
        ):
            if isinstance(item, Returned):
                heard = item.value
            else:
                yield Progress(stage="aligning", fraction=0.05 + 0.95 * item["fraction"])
        yield alignment(request, heard)

    async def close(self) -> None:
        """Ends the worker processes."""
        await self._workers.close()
        await self._prober.close()

    def _catalogue(self) -> Catalogue:
        folder = data_folder()
        if folder is None:
            missing = self.missing()
            raise FailedPrecondition(f"espeak-ng is not installed: {missing[0].remedy}", missing=missing)
        return catalogue(folder)


def _voice(known: Catalogue, language: str) -> str | None:
    """The voice for a language; None where no voice speaks it."""
    try:
        return known.for_language(language)
    except InvalidArgument:
        return None


def _version() -> str:
    return importlib.metadata.version(PACKAGE)
