"""Kokoro by kokoro-onnx: one small model with many voices, on a CPU. The package is an extra.

It is imported by a worker process alone. It tells no times, so words are found by alignment.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

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

_PACKAGE = "kokoro-onnx"
_IDLE_SECONDS = 300.0
_CALL_SECONDS = 300.0
_LANGUAGES = {
    "a": ("en-US", "en-us"),
    "b": ("en-GB", "en-gb"),
    "e": ("es", "es"),
    "f": ("fr-FR", "fr-fr"),
    "h": ("hi", "hi"),
    "i": ("it", "it"),
    "j": ("ja", "ja"),
    "p": ("pt-BR", "pt-br"),
    "z": ("zh", "cmn"),
}
"""By the first letter of a voice's name: BCP-47, and espeak-ng's name. Source: Kokoro's list of voices."""
_GENDERS = {"f": tts_pb2.VOICE_GENDER_FEMALE, "m": tts_pb2.VOICE_GENDER_MALE}


class KokoroSettings(Section):
    """Options of the engine "kokoro" of TTS."""

    model: Path | None = Field(None, description="The model's .onnx file.")
    voices: Path | None = Field(None, description="The file with the voices, e.g. voices-v1.0.bin.")
    voice: str = Field("", description="Voice of requests that name none. Empty: the first of the language.")


class KokoroEngine(NeuralEngine):
    """Speaks by Kokoro."""

    name = "kokoro"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._options = KokoroSettings.model_validate(dict(settings))
        self._workers = WorkerPool("servers.tts.kokoro_worker", idle_seconds=_IDLE_SECONDS)

    def describe(self) -> Description:
        """See `Engine.describe`."""
        return Description(
            description="Kokoro: one small model with many voices, on a CPU",
            version=_version() or "none",
            languages=sorted({voice.languages[0] for voice in self.voices()}),
            license="MIT AND Apache-2.0",
        )

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`: the package, the model and its voices."""
        found = []
        if importlib.util.find_spec("kokoro_onnx") is None:
            remedy = 'pip install "reelmesh[kokoro]"'
            found.append(Missing(kind=MISSING_KIND_EXTRA, name=_PACKAGE, remedy=remedy))
        for name, path in (("model", self._options.model), ("voices", self._options.voices)):
            if path is None or not path.expanduser().is_file():
                remedy = f"set tts.options.kokoro.{name} to Kokoro's file"
                found.append(Missing(kind=MISSING_KIND_MODEL, name=name, remedy=remedy))
        return found

    def known_voices(self) -> Sequence[tts_pb2.Voice]:
        """The voices of the file whose names tell a language."""
        path = self._options.voices
        try:
            names = zipfile.ZipFile(path.expanduser()).namelist() if path is not None else []
        except (OSError, zipfile.BadZipFile):
            names = []
        return [
            tts_pb2.Voice(
                name=name,
                display_name=name.partition("_")[2].title(),
                languages=[_LANGUAGES[name[0]][0]],
                gender=_GENDERS.get(name[1:2], tts_pb2.VOICE_GENDER_UNSPECIFIED),
            )
            for name in sorted(one.removesuffix(".npy") for one in names)
            if name[:1] in _LANGUAGES and name[2:3] == "_"
        ]

    def check_voice(self, voice: str) -> None:
        """See `NeuralEngine.check_voice`."""
        if all(one.name != voice for one in self.voices()):
            raise InvalidArgument(("voice", f'"{voice[:100]}" is no voice of this engine'))

    def voice_for(self, language: str) -> str:
        """See `NeuralEngine.voice_for`."""
        if self._options.voice:
            return self._options.voice
        primary = language.partition("-")[0].lower()
        found = [one for one in self.voices() if one.languages[0].partition("-")[0].lower() == primary]
        exact = [one for one in found if one.languages[0].lower() == language.lower()]
        if not found:
            raise InvalidArgument(("language", f'no voice of this engine speaks "{language}"'))
        return (exact or found)[0].name

    def version_of(self, request: tts_pb2.SynthesizeRequest) -> str:
        """See `NeuralEngine.version_of`: the files count by their sizes and times."""
        assert self._options.model is not None
        assert self._options.voices is not None
        states = [path.expanduser().stat() for path in (self._options.model, self._options.voices)]
        told = "\0".join(f"{one.st_size}\0{one.st_mtime_ns}" for one in states)
        return f"kokoro-{_version()}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"

    async def speak(self, call: Call, work: WorkContext) -> Sound:
        """See `NeuralEngine.speak`."""
        assert self._options.model is not None
        assert self._options.voices is not None
        path = work.scratch / f"call-{call.number}.wav"
        arguments = {
            "text": call.text,
            "model": str(self._options.model.expanduser()),
            "voices": str(self._options.voices.expanduser()),
            "voice": call.request.voice,
            "language": _LANGUAGES[call.request.voice[0]][1],
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
