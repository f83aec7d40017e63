"""pocketsphinx: English on any machine, transcribed roughly or aligned well, with the time of every word."""

from __future__ import annotations

import copy
import importlib.metadata
import importlib.util
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from google.protobuf.message import Message

from reelmesh.asr.v1 import asr_pb2
from reelmesh.common.v1.engine_pb2 import MISSING_KIND_EXTRA, MISSING_KIND_MODEL, Missing
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.common.v1.speech_pb2 import (
    TIMING_SOURCE_ALIGNMENT,
    TIMING_SOURCE_ESTIMATE,
    TimedSegment,
    TimedWord,
)
from servers.asr.recording import FIELD, Recording, decoded
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.errors import FailedPrecondition, InvalidArgument
from servers.chassis.media.probe import Prober
from servers.chassis.text import guess_language, speakable
from servers.chassis.worker import Returned, WorkerPool, relay

PACKAGE = "pocketsphinx"
OUR_VERSION = 1
"""Raised whenever this engine would give other words or times for the same recording."""

OTHER_LANGUAGES = Missing(
    kind=MISSING_KIND_MODEL,
    name="speech recogniser",
    remedy='install a package with an engine for it (entry points "reelmesh.asr.engines")',
)
_WORK_PER_SECOND = 3.0
"""Most seconds of work allowed for a second of sound."""
_MEMORY_BYTES = 4 * 1024**3

Request = asr_pb2.TranscribeRequest | asr_pb2.AlignRequest


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
        return _is_english(_language(request))

    def resolve(self, request: Request) -> Resolved[Request]:
        """See `Engine.resolve`."""
        language = _language(request)
        if not _is_english(language):
            raise FailedPrecondition(
                f'{self.name} knows English only, not "{language}": {OTHER_LANGUAGES.remedy}',
                reason="LANGUAGE_NOT_SUPPORTED",
                missing=(OTHER_LANGUAGES,),
            )
        _check(request)
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
            yield _alignment(request, heard)
        else:
            yield _transcript(request, heard, recording)

    async def close(self) -> None:
        """Ends the worker processes."""
        await self._workers.close()
        await self._prober.close()


def _language(request: Request) -> str:
    if request.language:
        return request.language
    return guess_language(request.text) if isinstance(request, asr_pb2.AlignRequest) else "en"


def _is_english(language: str) -> bool:
    return language.lower().split("-")[0] == "en"


def _check(request: Request) -> None:
    if request.model:
        raise InvalidArgument(("model", "must be empty: this engine has no choice of models"))
    if not request.audio.digest:
        raise InvalidArgument((FIELD, "is required"))
    if isinstance(request, asr_pb2.AlignRequest):
        if not speakable(request.text):
            raise InvalidArgument(("text", "must hold a letter or a digit: there is nothing to find"))
        return
    if request.speakers:
        raise InvalidArgument(("speakers", "must be false: this engine can not tell speakers apart"))


def _transcript(
    request: asr_pb2.TranscribeRequest, heard: Mapping[str, Any], recording: Recording
) -> asr_pb2.TranscribeResult:
    result = asr_pb2.TranscribeResult(language=request.language)
    result.duration.FromNanoseconds(_nanoseconds(recording.seconds))
    for words in heard["segments"]:
        segment = TimedSegment(text=" ".join(word for word, *_ in words))
        segment.start.FromNanoseconds(_nanoseconds(words[0][1]))
        segment.end.FromNanoseconds(_nanoseconds(words[-1][2]))
        for text, start, end, confidence in words:
            segment.words.append(_word(TimedWord(text=text, confidence=confidence), start, end))
        result.segments.append(segment)
    if request.hotwords:
        result.provenance.warnings.append(f"hotwords were passed over: {PACKAGE} does not know them")
    return result


def _alignment(request: asr_pb2.AlignRequest, heard: Mapping[str, Any]) -> asr_pb2.AlignResult:
    result = asr_pb2.AlignResult(timing_source=TIMING_SOURCE_ALIGNMENT)
    for first, last, start, end, confidence in heard["words"]:
        word = TimedWord(
            text=request.text[first:last], char_start=first, char_end=last, confidence=confidence
        )
        result.words.append(_word(word, start, end))
    if not heard["found"]:
        result.timing_source = TIMING_SOURCE_ESTIMATE
        result.provenance.warnings.append(
            "the text was not found in the recording: its words are spread evenly over it"
        )
    return result


def _word(word: TimedWord, start: float, end: float) -> TimedWord:
    word.start.FromNanoseconds(_nanoseconds(start))
    word.end.FromNanoseconds(_nanoseconds(end))
    return word


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)
