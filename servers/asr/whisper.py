"""Whisper by faster-whisper, on CPU or GPU: nearly a hundred languages, with the time of every word.

The package is an extra, and is imported by a worker process alone. Models are folders or names of the hub,
which the settings name: nothing is downloaded that nobody asked for.
"""

from __future__ import annotations

import copy
import hashlib
import importlib.metadata
import importlib.util
import json
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from typing import Any

from google.protobuf.message import Message
from pydantic import Field

from reelmesh.asr.v1 import asr_pb2
from reelmesh.common.v1.engine_pb2 import MISSING_KIND_EXTRA, MISSING_KIND_MODEL, Missing
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.progress_pb2 import Progress
from servers.asr.listening import DECODED, listen
from servers.asr.messages import Request, check_audio, is_english, language_of, transcript
from servers.asr.recording import decoded
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.errors import FailedPrecondition, InvalidArgument
from servers.chassis.media.probe import Prober
from servers.chassis.settings import Section
from servers.chassis.worker import WorkerPool
from servers.chassis.worker_main import Report

PACKAGE = "faster-whisper"
OUR_VERSION = 1
"""Raised whenever this engine would give other words or times for the same recording."""
_IDLE_SECONDS = 600.0
_LOADING_SECONDS = 900.0
_WORK_PER_SECOND = 10.0
"""Most seconds of work allowed for a second of sound."""


class WhisperSettings(Section):
    """Options of the engine "faster-whisper" of ASR."""

    models: dict[str, str] = Field(
        default_factory=dict,
        description='Folders, or names such as "large-v3", by a name of one\'s own; the default first.',
    )
    device: str = Field("cpu", pattern="^(cpu|cuda|auto)$", description="cpu, cuda or auto.")
    compute_type: str = Field("default", description='Precision, e.g. "int8" or "float16".')
    beam_size: int = Field(5, ge=1, le=50, description="How many ways of understanding are followed.")
    temperatures: list[float] = Field(
        default_factory=lambda: [0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
        min_length=1,
        description="Tried in turn while what was heard is improbable.",
    )
    vad: bool = Field(True, description="Leave out where nobody speaks.")


class WhisperEngine(Engine):
    """Transcribes by faster-whisper."""

    name = "faster-whisper"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._options = WhisperSettings.model_validate(dict(settings))
        self._workers = WorkerPool("servers.asr.whisper_worker", idle_seconds=_IDLE_SECONDS)
        self._prober = Prober()

    def describe(self) -> Description:
        """See `Engine.describe`."""
        return Description(
            description="faster-whisper: Whisper's models, nearly a hundred languages",
            version=_version() or "none",
            models=list(self._options.models),
            capabilities=("hotwords", "punctuation", "transcribe"),
            license="MIT",
        )

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`: the package, and a model."""
        found = []
        if importlib.util.find_spec("faster_whisper") is None:
            remedy = 'pip install "reelmesh[whisper]"'
            found.append(Missing(kind=MISSING_KIND_EXTRA, name=PACKAGE, remedy=remedy))
        if not self._options.models:
            remedy = "set asr.options.faster-whisper.models to a folder or a name, by a name of your own"
            found.append(Missing(kind=MISSING_KIND_MODEL, name="models", remedy=remedy))
        return found

    def serves(self, request: Message) -> bool:
        """Transcripts; where all models are of English, of English alone."""
        if not isinstance(request, asr_pb2.TranscribeRequest):
            return False
        return self._model_for(request) is not None and not request.speakers

    def resolve(self, request: Request) -> Resolved[Request]:
        """See `Engine.resolve`."""
        if not isinstance(request, asr_pb2.TranscribeRequest):
            raise FailedPrecondition(
                f'engine "{self.name}" transcribes and does not align: engine "warp" aligns any language',
                reason="CAN_NOT_ALIGN",
            )
        check_audio(request)
        if request.speakers:
            raise InvalidArgument(("speakers", "must be false: this engine can not tell speakers apart"))
        if request.model and request.model not in self._options.models:
            known = ", ".join(self._options.models)
            raise InvalidArgument(("model", f'"{request.model[:100]}" is not one of the settings ({known})'))
        name = self._model_for(request)
        if name is None:
            raise InvalidArgument(("language", f'no model of the settings knows "{request.language}"'))
        filled = copy.deepcopy(request)
        filled.language, filled.model = language_of(request), name
        told = self._options.model_dump(include={"beam_size", "vad", "compute_type", "temperatures"})
        told["model"] = self._options.models[name]
        digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]
        return Resolved(filled, version=f"{PACKAGE}-{_version()}-{digest}/{OUR_VERSION}", model=name)

    def _model_for(self, request: asr_pb2.TranscribeRequest) -> str | None:
        english = is_english(language_of(request))
        for name, path in self._options.models.items():
            if request.model in ("", name) and (english or not path.endswith(".en")):
                return name
        return None

    async def run(self, request: asr_pb2.TranscribeRequest, work: WorkContext) -> AsyncIterator[Message]:
        """See `Engine.run`."""
        yield Progress(stage="decoding")
        recording = await decoded(request.audio, work, self._prober)
        yield Progress(stage="listening", fraction=DECODED)
        arguments = {
            "path": str(recording.path),
            "model": self._options.models[request.model],
            "language": request.language.partition("-")[0].lower(),
            "hotwords": list(request.hotwords),
            **self._options.model_dump(exclude={"models"}),
        }
        seconds = _LOADING_SECONDS + recording.seconds * _WORK_PER_SECOND

        def transcribe(report: Report) -> Awaitable[dict[str, Any]]:
            return self._workers.call("transcribe", arguments, timeout_seconds=seconds, on_progress=report)

        async for item in listen(transcribe):
            if isinstance(item, Progress):
                yield item
            else:
                yield transcript(item["segments"], request.language, recording.seconds)

    async def close(self) -> None:
        """Ends the worker processes."""
        await self._workers.close()
        await self._prober.close()


def _version() -> str:
    try:
        return importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return ""
