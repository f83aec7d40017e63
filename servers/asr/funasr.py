"""FunASR: Paraformer with voice activity, punctuation and speakers, or SenseVoice; models of one's choice.

The package and torch are an extra, and are imported by a worker process alone. Models are folders or names of
FunASR's hub, which the settings name: nothing is downloaded that nobody asked for.
"""

from __future__ import annotations

import copy
import hashlib
import importlib.metadata
import importlib.util
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from google.protobuf.message import Message
from pydantic import Field

from reelmesh.asr.v1 import asr_pb2
from reelmesh.common.v1.engine_pb2 import MISSING_KIND_EXTRA, MISSING_KIND_MODEL, Missing
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.progress_pb2 import Progress
from servers.asr.listening import DECODED, listen
from servers.asr.messages import Request, check_audio, language_of, transcript
from servers.asr.recording import decoded
from servers.chassis.engine import Resolved, WorkContext
from servers.chassis.errors import FailedPrecondition, InvalidArgument
from servers.chassis.media.probe import Prober
from servers.chassis.models.engine import Pooled
from servers.chassis.models.spec import ModelSpec
from servers.chassis.settings import Section

PACKAGE = "funasr"
OUR_VERSION = 1
"""Raised whenever this engine would give other words or times for the same answers of FunASR."""
RUNNER = "servers.asr.funasr_runner:FunASRRunner"


class ModelSettings(Section):
    """One recogniser with what stands before and behind it, each a folder or a name of FunASR's hub."""

    model: str = Field(min_length=1, description='The recogniser, e.g. "paraformer-zh".')
    vad_model: str = Field("", description='Finds speech, for long recordings, e.g. "fsmn-vad".')
    punc_model: str = Field("", description='Sets punctuation, e.g. "ct-punc". Empty: the recogniser does.')
    spk_model: str = Field("", description='Tells speakers apart, e.g. "cam++".')
    languages: list[str] = Field(default_factory=lambda: ["zh", "en"], description="What it knows.")
    timestamps: bool = Field(True, description="Whether it is asked for the time of every token.")
    license: str = Field("", description="Licence of its weights, for people.")


class FunASRSettings(Section):
    """Options of the engine "funasr" of ASR."""

    models: dict[str, ModelSettings] = Field(
        default_factory=dict, description="Models by a name of one's own, the default first."
    )
    hub: str = Field("ms", pattern="^(ms|hf)$", description="Where names are looked up: ms or hf.")
    batch_seconds: int = Field(
        60, ge=1, description="Seconds of sound recognised at once. It can be stopped between two such."
    )


class FunASREngine(Pooled):
    """Transcribes by FunASR."""

    name = "funasr"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._options = FunASRSettings.model_validate(dict(settings))
        self._prober = Prober()

    def describe(self) -> Description:
        """See `Engine.describe`."""
        models = self._options.models
        licenses = sorted({one.license for one in models.values() if one.license})
        able = {"hotwords", "punctuation", "transcribe"}
        if any(one.spk_model for one in models.values()):
            able.add("speakers")
        return Description(
            description="FunASR: Paraformer, SenseVoice and others, as the settings name them",
            version=_version() or "none",
            models=list(models),
            languages=sorted({tag for one in models.values() for tag in one.languages}),
            capabilities=sorted(able),
            license=" AND ".join(["MIT", *licenses]),
        )

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`: the package, and a model."""
        found: list[Missing] = []
        if importlib.util.find_spec(PACKAGE) is None:
            remedy = 'pip install "reelmesh[funasr]"'
            found += self.lacking([Missing(kind=MISSING_KIND_EXTRA, name=PACKAGE, remedy=remedy)])
        if not self._options.models:
            remedy = "set asr.options.funasr.models to a recogniser and its helpers, by a name of your own"
            found.append(Missing(kind=MISSING_KIND_MODEL, name="models", remedy=remedy))
        return found

    def serves(self, request: Message) -> bool:
        """Transcripts in a language of one of its models."""
        if not isinstance(request, asr_pb2.TranscribeRequest):
            return False
        return self._model_for(request) is not None

    def resolve(self, request: Request) -> Resolved[Request]:
        """See `Engine.resolve`."""
        if not isinstance(request, asr_pb2.TranscribeRequest):
            raise FailedPrecondition(
                f'engine "{self.name}" transcribes and does not align: engine "warp" aligns any language',
                reason="CAN_NOT_ALIGN",
            )
        check_audio(request)
        if request.model and request.model not in self._options.models:
            known = ", ".join(self._options.models)
            raise InvalidArgument(("model", f'"{request.model}" is not one of the settings ({known})'))
        language = language_of(request)
        name = self._model_for(request)
        if name is None:
            raise InvalidArgument(("language", f'no model of this engine knows "{language}"'))
        model = self._options.models[name]
        if request.speakers and not (model.spk_model and model.vad_model):
            raise InvalidArgument(
                ("speakers", f'must be false: model "{name}" has no vad_model and spk_model')
            )
        filled = copy.deepcopy(request)
        filled.language, filled.model = language, name
        told = json.dumps([model.model_dump(), self._options.hub], sort_keys=True)
        digest = hashlib.sha256(told.encode()).hexdigest()[:12]
        return Resolved(filled, version=f"{PACKAGE}-{_version()}-{digest}/{OUR_VERSION}", model=name)

    def _model_for(self, request: asr_pb2.TranscribeRequest) -> str | None:
        primary = language_of(request).partition("-")[0].lower()
        for name, model in self._options.models.items():
            knows = any(tag.partition("-")[0].lower() == primary for tag in model.languages)
            if request.model in ("", name) and knows:
                return name
        return None

    async def run(self, request: asr_pb2.TranscribeRequest, work: WorkContext) -> AsyncIterator[Message]:
        """See `Engine.run`."""
        yield Progress(stage="decoding")
        recording = await decoded(request.audio, work, self._prober)
        yield Progress(stage="listening", fraction=DECODED)
        given = self._options.models[request.model]
        arguments = {
            "path": recording.path,
            "timestamps": given.timestamps,
            "batch_seconds": self._options.batch_seconds,
            "language": request.language,
            "hotwords": list(request.hotwords),
        }
        spec = self._spec(request.model, speakers=request.speakers)
        async for item in listen(lambda report: self.pool.run(spec, arguments, report)):
            if isinstance(item, Progress):
                yield item
            else:
                language = item["language"] or request.language
                yield transcript(item["segments"], language, recording.seconds)

    def _spec(self, name: str, *, speakers: bool) -> ModelSpec:
        """The model as the pool is asked for it. What tells speakers apart is loaded where it is wanted."""
        models = self._options.models[name].model_dump(exclude={"languages", "license", "timestamps"})
        if not speakers:
            models["spk_model"] = ""
        return ModelSpec(name, self.name, RUNNER, load={"models": models, "hub": self._options.hub})

    async def close(self) -> None:
        """See `Engine.close`."""
        await super().close()
        await self._prober.close()


def _version() -> str:
    try:
        return importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return ""
