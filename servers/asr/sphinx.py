"""pocketsphinx: English on any machine, transcribed roughly or aligned well, with the time of every word."""

from __future__ import annotations

import copy
import importlib.metadata
import importlib.util
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from google.protobuf.message import Message

from reelmesh.asr.v1 import asr_pb2
from reelmesh.common.v1.engine_pb2 import MISSING_KIND_EXTRA, Missing
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.common.v1.speech_pb2 import TimedSegment, TimedWord
from servers.asr.messages import (
    RECOGNISER,
    Request,
    alignment,
    check,
    is_english,
    language_of,
    nanoseconds,
    placed_at,
)
from servers.asr.recording import Recording, decoded
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.errors import FailedPrecondition, InvalidArgument
from servers.chassis.media.probe import Prober
from servers.chassis.worker import Returned, WorkerPool, relay

PACKAGE = "pocketsphinx"
OUR_VERSION = 1
"""Raised whenever this engine would give other words or times for the same recording."""

_WORK_PER_SECOND = 3.0
"""Most seconds of work allowed for a second of sound."""
_MEMORY_BYTES = 4 * 1024**3


class PocketsphinxEngine(Engine):
    """CMU Sphinx with the American English model that comes in its wheel."""

    name = "pocketsphinx"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._workers = WorkerPool("servers.asr.sphinx_worker", memory_bytes=_MEMORY_BYTES)
        self._prober = Prober()

    def describe(self) -> Description:
        """See `Engine.describe`."""
        return Description(
            description="pocketsphinx: small English recogniser; aligns well, transcribes roughly",
            version="" if self.missing() else importlib.metadata.version(PACKAGE),
            languages=("en",),
            capabilities=("align", "transcribe"),
            license="BSD-2-Clause",
        )

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`."""
        if importlib.util.find_spec(PACKAGE) is not None:
            return ()
        return (Missing(kind=MISSING_KIND_EXTRA, name=PACKAGE, remedy='pip install "reelmesh[mesh]"'),)

    def serves(self, request: Message) -> bool:
        """English."""
        assert isinstance(request, asr_pb2.TranscribeRequest | asr_pb2.AlignRequest)
        return is_english(language_of(request))

    def resolve(self, request: Request) -> Resolved[Request]:
        """See `Engine.resolve`."""
        language = language_of(request)
        if not is_english(language):
            aligning = isinstance(request, asr_pb2.AlignRequest)
            remedy = 'engine "warp" aligns those that espeak-ng speaks' if aligning else RECOGNISER.remedy
            raise FailedPrecondition(
                f'{self.name} knows English only, not "{language}": {remedy}',
                reason="LANGUAGE_NOT_SUPPORTED",
                missing=() if aligning else (RECOGNISER,),
            )
        check(request)
        if isinstance(request, asr_pb2.TranscribeRequest) and request.speakers:
            raise InvalidArgument(("speakers", "must be false: this engine can not tell speakers apart"))
        filled = copy.deepcopy(request)
        filled.language = language
        return Resolved(filled, version=f"{PACKAGE}-{importlib.metadata.version(PACKAGE)}/{OUR_VERSION}")

    async def run(self, request: Request, work: WorkContext) -> AsyncIterator[Message]:
        """See `Engine.run`."""
        yield Progress(stage="decoding")
        recording = await decoded(request.audio, work, self._prober)
        aligning = isinstance(request, asr_pb2.AlignRequest)
        stage = "aligning" if aligning else "listening"
        yield Progress(stage=stage, fraction=0.05)
        arguments = {"path": str(recording.path)}
        if isinstance(request, asr_pb2.AlignRequest):
            arguments["text"] = request.text
        heard: dict[str, Any] = {}
        async for item in relay(
            lambda report: self._workers.call(
                "align" if aligning else "transcribe",
                arguments,
                timeout_seconds=60.0 + recording.seconds * _WORK_PER_SECOND,
                on_progress=report,
            )
        ):
            if isinstance(item, Returned):
                heard = item.value
            else:
                yield Progress(stage=stage, fraction=0.05 + 0.95 * item["fraction"])
        if isinstance(request, asr_pb2.AlignRequest):
            yield alignment(request, heard)
        else:
            yield _transcript(request, heard, recording)

    async def close(self) -> None:
        """Ends the worker processes."""
        await self._workers.close()
        await self._prober.close()


def _transcript(
    request: asr_pb2.TranscribeRequest, heard: Mapping[str, Any], recording: Recording
) -> asr_pb2.TranscribeResult:
    result = asr_pb2.TranscribeResult(language=request.language)
    result.duration.FromNanoseconds(nanoseconds(recording.seconds))
    for words in heard["segments"]:
        segment = TimedSegment(text=" ".join(word for word, *_ in words))
        segment.start.FromNanoseconds(nanoseconds(words[0][1]))
        segment.end.FromNanoseconds(nanoseconds(words[-1][2]))
        for text, start, end, confidence in words:
            segment.words.append(placed_at(TimedWord(text=text, confidence=confidence), start, end))
        result.segments.append(segment)
    if request.hotwords:
        result.provenance.warnings.append(f"hotwords were passed over: {PACKAGE} does not know them")
    return result
