"""Piper: neural voices on a CPU, each a file of the user's own. The package is GPL-3 and an extra.

It is imported by a worker process alone. It tells no times, so words are found by alignment.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from reelmesh.common.v1.engine_pb2 import MISSING_KIND_EXTRA, MISSING_KIND_MODEL, Missing
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.tts.v1 import tts_pb2
from servers.chassis.engine import WorkContext
from servers.chassis.errors import InvalidArgument
from servers.chassis.settings import Section
from servers.chassis.worker import WorkerPool
from servers.tts.assembly import Sound
from servers.tts.neural import Call, NeuralEngine

_PACKAGE = "piper-tts"
_IDLE_SECONDS = 300.0
_CALL_SECONDS = 300.0


class PiperVoiceSettings(Section):
    """One voice."""

    model: Path = Field(description="The voice's .onnx file; its .onnx.json lies beside it.")
    languages: list[str] = Field(min_length=1, description="BCP-47, its own first.")
    gender: str = Field("", pattern="^(female|male|neutral)?$", description="female, male or neutral.")
    speaker: int = Field(0, ge=0, description="Number of the speaker, for voices with several.")
    license: str = Field("", description="Licence of the voice, for people.")


class PiperSettings(Section):
    """Options of the engine "piper" of TTS."""

    voices: dict[str, PiperVoiceSettings] = Field(
        default_factory=dict, description="Voices by a name of one's own, the default first."
    )


class PiperEngine(NeuralEngine):
    """Speaks by Piper. It draws at random without a seed: a result is remembered by the request's seed."""

    name = "piper"
    able: ClassVar[frozenset[str]] = frozenset({"seed"})

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._options = PiperSettings.model_validate(dict(settings))
        self._workers = WorkerPool("servers.tts.piper_worker", idle_seconds=_IDLE_SECONDS)

    def describe(self) -> Description:
        """See `Engine.describe`."""
        voices = self._options.voices.values()
        licenses = sorted({one.license for one in voices if one.license})
        return Description(
            description="Piper: neural voices on a CPU, as the settings name them",
            version=_version() or "none",
            languages=sorted({tag for one in voices for tag in one.languages}),
            capabilities=sorted(self.able),
            license=" AND ".join(["GPL-3.0-or-later", *licenses]),
        )

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`: the package, and voices."""
        found = []
        if importlib.util.find_spec("piper") is None:
            remedy = 'pip install "reelmesh[piper]"'
            found.append(Missing(kind=MISSING_KIND_EXTRA, name=_PACKAGE, remedy=remedy))
        if not self._options.voices:
            remedy = "set tts.options.piper.voices to files of Piper's voices, by a name of your own"
            found.append(Missing(kind=MISSING_KIND_MODEL, name="voices", remedy=remedy))
        for name, voice in self._options.voices.items():
            if not voice.model.expanduser().is_file():
                remedy = f"tts.options.piper.voices.{name}.model must name a file"
                found.append(Missing(kind=MISSING_KIND_MODEL, name=name, remedy=remedy))
        return found

    def known_voices(self) -> Sequence[tts_pb2.Voice]:
        """The voices of the settings."""
        return [
            tts_pb2.Voice(
                name=name,
                display_name=name,
                languages=told.languages,
                gender=f"VOICE_GENDER_{told.gender.upper() or 'UNSPECIFIED'}",  # type: ignore[arg-type]
            )
            for name, told in self._options.voices.items()
        ]

    def check_voice(self, voice: str) -> None:
        """See `NeuralEngine.check_voice`."""
        if voice not in self._options.voices:
            raise InvalidArgument(("voice", f'"{voice[:100]}" is none of {", ".join(self._options.voices)}'))

    def voice_for(self, language: str) -> str:
        """See `NeuralEngine.voice_for`."""
        primary = language.partition("-")[0].lower()
        for name, told in self._options.voices.items():
            if any(tag.partition("-")[0].lower() == primary for tag in told.languages):
                return name
        raise InvalidArgument(("language", f'no voice of the settings speaks "{language}"'))

    def version_of(self, request: tts_pb2.SynthesizeRequest) -> str:
        """See `NeuralEngine.version_of`: the voice's file counts by its size and time."""
        told = self._options.voices[request.voice]
        state = told.model.expanduser().stat()
        name = f"{told.model.name}\0{told.speaker}\0{state.st_size}\0{state.st_mtime_ns}"
        return f"piper-{_version()}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"

    async def speak(self, call: Call, work: WorkContext) -> Sound:
        """See `NeuralEngine.speak`."""
        told = self._options.voices[call.request.voice]
        path = work.scratch / f"call-{call.number}.wav"
        arguments = {
            "text": call.text,
            "model": str(told.model.expanduser()),
            "speaker": told.speaker,
            "speed": call.request.speed,
            "path": str(path),
        }
        await self._workers.call("speak", arguments, timeout_seconds=_CALL_SECONDS)
        return Sound(path)

    async def close(self) -> None:
        """Ends its worker processes."""
        await self._workers.close()
        await super().close()


def _version() -> str:
    try:
        return importlib.metadata.version(_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return ""
