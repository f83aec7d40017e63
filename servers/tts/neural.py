"""What engines with voices of other makers have in common: one call a chunk, put together into one speech.

An engine says what it can do and makes the call; the checks, the cutting of long texts, the joining and the
times of the words are done here.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import structlog
from google.protobuf.message import Message

from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.tts.v1 import tts_pb2
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.errors import Fault, InvalidArgument
from servers.chassis.media.espeak.voices import catalogue, data_folder
from servers.chassis.text import guess_language, speakable
from servers.chassis.words import words_of
from servers.tts.assembly import Assembler, Script, Sound, result_of
from servers.tts.chunks import chunks_of
from servers.tts.ssml import language_of, of_ssml
from servers.tts.ssml_rules import Malformed, check

OUR_VERSION = 1
"""Raised whenever the same sounds would be put together into other speech."""
_LEARNT_SECONDS = 24 * 3600.0
_UNLEARNT_SECONDS = 60.0
_log = structlog.get_logger("reelmesh.tts")


@dataclass(frozen=True)
class Call:
    """What one call is to speak."""

    text: str
    """Plain text; empty where `ssml` is spoken."""
    request: tts_pb2.SynthesizeRequest
    """The whole request, resolved."""
    number: int
    """Of the call, from 0."""


class NeuralEngine(Engine):
    """An engine that speaks a text in one call for each chunk of it."""

    longest: ClassVar[int] = 2000
    """Most that one call takes, as `size` counts."""
    able: ClassVar[frozenset[str]] = frozenset()
    """Capabilities."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._assembler = Assembler()
        self._voices: tuple[tts_pb2.Voice, ...] = ()
        self._next_lesson = 0.0

    @abstractmethod
    async def speak(self, call: Call, work: WorkContext) -> Sound:
        """Speaks one chunk into a file of the work's scratch folder.

        Raises:
            Fault: whatever goes wrong.
        """

    @abstractmethod
    def voice_for(self, language: str) -> str:
        """The name of the voice that speaks a language where a request names none.

        Raises:
            InvalidArgument: none does.
        """

    @abstractmethod
    def version_of(self, request: tts_pb2.SynthesizeRequest) -> str:
        """The engine's part of `Resolved.version`."""

    def size(self, text: str) -> int:
        """How much of `longest` a text takes: its characters."""
        return len(text)

    def known_voices(self) -> Sequence[tts_pb2.Voice]:
        """The voices that are known without asking."""
        return ()

    async def ask_voices(self) -> Sequence[tts_pb2.Voice] | None:
        """The voices as the vendor tells them; None where it has no list."""
        return None

    def check_voice(self, voice: str) -> None:
        """Refuses a voice that certainly is none.

        Raises:
            InvalidArgument: so.
        """

    def models(self) -> Sequence[str]:
        """Models that a request may name, the default first; none where there is no choice."""
        return ()

    def voices(self) -> Sequence[tts_pb2.Voice]:
        """The voices as far as they are known."""
        found = self._voices or tuple(self.known_voices())
        for voice in found:
            voice.engine = self.name
        return found

    async def learn_voices(self) -> None:
        """Asks the vendor for its voices, at most once a day."""
        if time.monotonic() < self._next_lesson:
            return
        self._next_lesson = time.monotonic() + _UNLEARNT_SECONDS
        try:
            told = await self.ask_voices()
        except Fault as fault:
            _log.warning("voices can not be listed", engine=self.name, message=fault.message)
            return
        self._next_lesson = time.monotonic() + _LEARNT_SECONDS
        if told:
            self._voices = tuple(told)

    def serves(self, request: Message) -> bool:
        """Whatever it can: SSML and a voice to imitate are for those that say so."""
        assert isinstance(request, tts_pb2.SynthesizeRequest)
        if request.ssml and "ssml" not in self.able:
            return False
        return not request.HasField("reference_audio") or "cloning" in self.able

    def resolve(self, request: tts_pb2.SynthesizeRequest) -> Resolved[tts_pb2.SynthesizeRequest]:
        """See `Engine.resolve`."""
        self._check(request)
        filled = tts_pb2.SynthesizeRequest()
        filled.CopyFrom(request)
        if request.voice:
            self.check_voice(request.voice)
        spoken_by = next((one for one in self.voices() if one.name == request.voice), None)
        own = spoken_by.languages[0] if spoken_by is not None and len(spoken_by.languages) == 1 else ""
        filled.language = request.language or own or _language(request)
        filled.voice = request.voice or self.voice_for(filled.language)
        if not request.HasField("speed"):
            filled.speed = 1.0
        filled.format = request.format or tts_pb2.AUDIO_FORMAT_WAV
        if "seed" not in self.able:
            filled.ClearField("seed")
        filled.model = request.model or next(iter(self.models()), "")
        text = request.text or request.ssml
        return Resolved(
            filled,
            version=f"{self.version_of(filled)}/{OUR_VERSION}",
            model=filled.model,
            cacheable="seed" not in self.able or request.HasField("seed"),
            expected_seconds=1.0 + len(text) / 200.0,
        )

    async def run(self, request: tts_pb2.SynthesizeRequest, work: WorkContext) -> AsyncIterator[Message]:
        """See `Engine.run`."""
        yield Progress(stage="synthesizing")
        script = self._script(request)
        sounds: list[Sound] = []
        for number, chunk in enumerate(script.chunks):
            text = "" if request.ssml else request.text[chunk.span.start : chunk.span.end]
            sounds.append(await self.speak(Call(text, request, number), work))
            yield Progress(stage="synthesizing", fraction=0.9 * (number + 1) / len(script.chunks))
        yield Progress(stage="timing", fraction=0.9)
        speech = await self._assembler.assemble(
            script, sounds, language=request.language, speed=request.speed, folder=work.scratch
        )
        speech.warnings += self._passed_over(request)
        result = await result_of(request, speech, work)
        if "seed" in self.able and request.HasField("seed"):
            result.provenance.seed = request.seed
        yield result

    def _script(self, request: tts_pb2.SynthesizeRequest) -> Script:
        if not request.ssml:
            written = [(word, (word,)) for word in words_of(request.text)]
            return Script(request.text, chunks_of(request.text, self.longest, self.size), written)
        folder = data_folder()
        assert folder is not None
        known = catalogue(folder)
        said = of_ssml(request.ssml, known=known, voice=known.for_language("en"), language=request.language)
        if len(request.ssml) > self.longest or not said.words:
            raise InvalidArgument(
                ("ssml", f"must hold something to say in at most {self.longest} characters")
            )
        # Markup is not cut: it is spoken in one call.
        return Script(
            said.text, chunks_of(said.text, len(said.text)), [(one.spoken, one.written) for one in said.words]
        )

    def _check(self, request: tts_pb2.SynthesizeRequest) -> None:
        if request.text and not speakable(request.text):
            raise InvalidArgument(("text", "must hold a letter or a digit: there is nothing to speak"))
        if request.HasField("reference_audio") and "cloning" not in self.able:
            raise InvalidArgument(("reference_audio", "must be unset: this engine can not imitate a voice"))
        if request.model and not self.models():
            raise InvalidArgument(("model", "must be empty: this engine has no models"))
        if request.ssml:
            if "ssml" not in self.able:
                raise InvalidArgument(("ssml", "must be empty: this engine speaks plain text"))
            try:
                speaks = check(request.ssml)
            except Malformed as malformed:
                raise InvalidArgument(("ssml", str(malformed))) from None
            if not speaks:
                raise InvalidArgument(("ssml", "must hold a letter or a digit: there is nothing to speak"))
            if len(request.ssml) > self.longest:
                raise InvalidArgument(("ssml", f"must have at most {self.longest} characters: it is not cut"))

    def _passed_over(self, request: tts_pb2.SynthesizeRequest) -> list[str]:
        asked = {"pitch": bool(request.pitch_semitones), "styles": bool(request.style)}
        fields = {"pitch": "pitch_semitones", "styles": "style"}
        return [
            f"{fields[able]} was passed over: {self.name} has no such thing"
            for able, given in asked.items()
            if given and able not in self.able
        ]

    async def close(self) -> None:
        """Ends its worker processes."""
        await self._assembler.close()


def _language(request: tts_pb2.SynthesizeRequest) -> str:
    return language_of(request.ssml) if request.ssml else guess_language(request.text)
