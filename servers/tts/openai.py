"""Speech by any API like OpenAI's /audio/speech: OpenAI's own voices, or those of a server of one's own.

Source: openai-python's types. It tells no times, so words are found by alignment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.engine_pb2 import Missing
from reelmesh.tts.v1 import tts_pb2
from servers.chassis.engine import WorkContext
from servers.chassis.openai import BASE_URL, trouble
from servers.chassis.remote import Account, RemoteSettings
from servers.chassis.settings import Section
from servers.tts.assembly import Sound
from servers.tts.neural import Call, NeuralEngine

_FEMALE, _MALE, _NEUTRAL = (
    tts_pb2.VOICE_GENDER_FEMALE,
    tts_pb2.VOICE_GENDER_MALE,
    tts_pb2.VOICE_GENDER_NEUTRAL,
)
_LANGUAGES = "en zh ja ko de fr es pt it ru ar hi nl pl sv tr uk vi id th".split()
_OWN = {
    "alloy": _NEUTRAL,
    "ash": _MALE,
    "ballad": _MALE,
    "coral": _FEMALE,
    "echo": _MALE,
    "fable": _NEUTRAL,
    "nova": _FEMALE,
    "onyx": _MALE,
    "sage": _FEMALE,
    "shimmer": _FEMALE,
    "verse": _MALE,
}
_INSTRUCTED = "gpt-"
"""How the names of models begin that take words for a style."""
_MOST_SOUND_BYTES = 256 * 2**20


class VoiceSettings(Section):
    """A voice of a server of one's own."""

    languages: list[str] = Field(default_factory=lambda: ["en"], description="BCP-47, its own first.")
    gender: str = Field("", pattern="^(female|male|neutral)?$", description="female, male or neutral.")


class SpeechSettings(RemoteSettings):
    """Options of the engine "openai" of TTS."""

    models: list[str] = Field(
        default_factory=lambda: ["gpt-4o-mini-tts", "tts-1", "tts-1-hd"],
        min_length=1,
        description="Models that requests may name, the default first.",
    )
    voice: str = Field("alloy", min_length=1, description="Voice of requests that name none.")
    voices: dict[str, VoiceSettings] = Field(
        default_factory=dict, description="Voices of a server of one's own, by name; in place of OpenAI's."
    )


class OpenAIEngine(NeuralEngine):
    """One account. OpenAI does not say what its models' seeds are, so a result is remembered by the request's
    seed alone."""

    name = "openai"
    longest: ClassVar[int] = 4096
    able: ClassVar[frozenset[str]] = frozenset({"seed", "styles"})

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._options = SpeechSettings.model_validate(dict(settings))
        self._account = Account(
            "tts.options.openai", self._options, base_url=BASE_URL, field="text", trouble=trouble
        )

    def describe(self) -> Description:
        """See `Engine.describe`."""
        return Description(
            description="speech behind an API like OpenAI's",
            version="1",
            models=self._options.models,
            languages=sorted({tag for voice in self.voices() for tag in voice.languages}),
            capabilities=sorted(self.able),
            remote=True,
        )

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`."""
        return self._account.missing()

    def models(self) -> Sequence[str]:
        """See `NeuralEngine.models`."""
        return self._options.models

    def known_voices(self) -> Sequence[tts_pb2.Voice]:
        """OpenAI's voices, or those of the settings."""
        if self._options.voices:
            return [
                tts_pb2.Voice(
                    name=name,
                    display_name=name,
                    languages=told.languages,
                    gender=f"VOICE_GENDER_{told.gender.upper() or 'UNSPECIFIED'}",  # type: ignore[arg-type]
                )
                for name, told in self._options.voices.items()
            ]
        return [
            tts_pb2.Voice(name=name, display_name=name.title(), languages=_LANGUAGES, gender=gender)
            for name, gender in _OWN.items()
        ]

    def voice_for(self, language: str) -> str:
        """The first of the settings' voices whose own language it is, or the default."""
        primary = language.partition("-")[0].lower()
        for name, told in self._options.voices.items():
            if told.languages and told.languages[0].partition("-")[0].lower() == primary:
                return name
        return self._options.voice

    def version_of(self, request: tts_pb2.SynthesizeRequest) -> str:
        """See `NeuralEngine.version_of`."""
        return f"openai-1-{request.model}"

    async def speak(self, call: Call, work: WorkContext) -> Sound:
        """See `NeuralEngine.speak`."""
        request = call.request
        body: dict[str, Any] = {
            "model": request.model,
            "input": call.text,
            "voice": request.voice,
            "response_format": "wav",
        }
        if request.speed != 1.0:
            body["speed"] = request.speed
        if request.style and request.model.startswith(_INSTRUCTED):
            body["instructions"] = request.style
        account = self._account
        answer = await account.call(
            "POST", "audio/speech", headers=account.bearer, json=body, most_bytes=_MOST_SOUND_BYTES
        )
        path = work.scratch / f"call-{call.number}.sound"
        path.write_bytes(answer.content)
        return Sound(path)

    def _passed_over(self, request: tts_pb2.SynthesizeRequest) -> list[str]:
        told = super()._passed_over(request)
        if request.style and not request.model.startswith(_INSTRUCTED):
            told.append(f"style was passed over: {request.model} takes no instructions")
        return told

    async def close(self) -> None:
        """Closes its connections and worker processes."""
        await self._account.close()
        await super().close()
