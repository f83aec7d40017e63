"""Seed-VC: a second stage behind any other engine, which gives its speech the voice of a recording.

Seed-VC has no HTTP API of its own. The shape spoken here is that of servers that people put around it: a form
with the speech, the reference and the text is posted, and sound comes back. Names and path are options.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.message import Message
from pydantic import Field

from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.engine_pb2 import Missing
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.common.v1.speech_pb2 import TIMING_SOURCE_ALIGNMENT, TIMING_SOURCE_ESTIMATE
from reelmesh.tts.v1 import tts_pb2
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.errors import InvalidArgument
from servers.chassis.media.alignment.timed import Timed
from servers.chassis.media.formats import Kind, sniff
from servers.chassis.remote import Account, RemoteSettings
from servers.chassis.words import Span
from servers.tts.assembly import Assembler, Speech, result_of

GROUP = "reelmesh.tts.engines"
_OUR_VERSION = 1
_STRETCH = 0.02
"""As long as the conversion changes the length by less than this share, the times are those of before."""
_MOST_REFERENCE_BYTES = 32 * 2**20
_MOST_SOUND_BYTES = 512 * 2**20


class SeedVCSettings(RemoteSettings):
    """Options of the engine "seed-vc" of TTS."""

    timeout_seconds: float = Field(900.0, gt=0, description="Longest silence of the server within one call.")
    engine: str = Field("espeak", min_length=1, description="Engine that speaks; its voice is converted.")
    engine_options: dict[str, Any] = Field(default_factory=dict, description="Its options.")
    path: str = Field("/synthesize/", pattern="^/", description="Path of the call.")
    text_field: str = Field("text", description="Name of the form's field with the text.")
    speech_field: str = Field("tts_audio_file", description="Name of the field with the speech.")
    reference_field: str = Field("audio_file", description="Name of the field with the recording.")
    fields: dict[str, str] = Field(
        default_factory=lambda: {
            "diffusion_steps": "30",
            "length_adjust": "1.0",
            "inference_cfg_rate": "0.7",
        },
        description="Further fields.",
    )


class SeedVCEngine(Engine):
    """Converts what another engine has spoken."""

    name = "seed-vc"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._options = SeedVCSettings.model_validate(dict(settings))
        self._account = Account("tts.options.seed-vc", self._options, keyed=False, field="text")
        self._assembler = Assembler()

    @functools.cached_property
    def _speaker(self) -> Engine:
        """The first stage. Made when it is first asked for.

        Raises:
            InvalidArgument: the settings name none that is there.
        """
        named = self._options.engine
        found = [point for point in importlib.metadata.entry_points(group=GROUP) if point.name == named]
        if not found or named == self.name:
            raise InvalidArgument(("engine", f'tts.options.seed-vc.engine: there is no engine "{named}"'))
        engine: Engine = found[0].load()(dict(self._options.engine_options))
        engine.name = named
        return engine

    def describe(self) -> Description:
        """See `Engine.describe`."""
        return Description(
            description=f'Seed-VC: gives the speech of "{self._options.engine}" the voice of a recording',
            version=str(_OUR_VERSION),
            capabilities=("cloning", "seed"),
            remote=True,
            license="GPL-3.0-only",
        )

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`: an address, and what the first stage lacks."""
        return self._account.missing() or self._speaker.missing()

    def serves(self, request: Message) -> bool:
        """Requests with a voice to imitate."""
        assert isinstance(request, tts_pb2.SynthesizeRequest)
        return request.HasField("reference_audio")

    def resolve(self, request: tts_pb2.SynthesizeRequest) -> Resolved[tts_pb2.SynthesizeRequest]:
        """See `Engine.resolve`: as the first stage does."""
        if not request.reference_audio.digest:
            raise InvalidArgument(("reference_audio", "is required: this engine imitates a voice"))
        before = self._speaker.resolve(self._first(request))
        filled = before.request
        filled.reference_audio.CopyFrom(request.reference_audio)
        filled.format = request.format or tts_pb2.AUDIO_FORMAT_WAV
        if request.HasField("seed"):
            filled.seed = request.seed
        told = json.dumps([self._options.path, self._options.fields], sort_keys=True)
        digest = hashlib.sha256(told.encode()).hexdigest()[:12]
        return Resolved(
            filled,
            version=f"seed-vc-{_OUR_VERSION}-{digest}/{self._options.engine}/{before.version}",
            model=before.model,
            cacheable=before.cacheable and request.HasField("seed"),
            expected_seconds=(before.expected_seconds or 0.0) + 5.0,
        )

    def _first(self, request: tts_pb2.SynthesizeRequest) -> tts_pb2.SynthesizeRequest:
        """The request as the first stage gets it."""
        first = tts_pb2.SynthesizeRequest()
        first.CopyFrom(request)
        first.ClearField("reference_audio")
        first.engine = self._options.engine
        first.format = tts_pb2.AUDIO_FORMAT_WAV
        return first

    async def run(self, request: tts_pb2.SynthesizeRequest, work: WorkContext) -> AsyncIterator[Message]:
        """See `Engine.run`."""
        reference = await work.path(request.reference_audio, "reference_audio")
        kind = sniff(reference, "reference_audio")
        if kind.kind is Kind.PICTURE or reference.stat().st_size > _MOST_REFERENCE_BYTES:
            raise InvalidArgument(("reference_audio", "must be a recording of at most 32 MiB"))
        spoken: Any = None
        async for item in self._speaker.run(self._first(request), work):
            if isinstance(item, Progress):
                item.fraction *= 0.5
                yield item
            else:
                spoken = item
        yield Progress(stage="converting", fraction=0.5)
        source = await work.path(spoken.audio, "audio")
        answer = await self._account.call(
            "POST",
            self._options.path,
            headers=self._account.bearer,
            data={**self._options.fields, self._options.text_field: request.text or "speech"},
            files={
                self._options.speech_field: ("speech.wav", source.read_bytes(), "audio/wav"),
                self._options.reference_field: (
                    f"reference.{kind.media_type.partition('/')[2]}",
                    reference.read_bytes(),
                    kind.media_type,
                ),
            },
            most_bytes=_MOST_SOUND_BYTES,
        )
        path = work.scratch / "converted.sound"
        path.write_bytes(answer.content)
        yield Progress(stage="timing", fraction=0.9)
        result = await result_of(request, await self._timed(request, spoken, path), work)
        result.needs_alignment = result.timing_source == TIMING_SOURCE_ESTIMATE
        result.voice, result.language = spoken.voice, spoken.language
        result.provenance.warnings.extend(spoken.provenance.warnings)
        if request.HasField("seed"):
            result.provenance.seed = request.seed
        yield result

    async def _timed(
        self, request: tts_pb2.SynthesizeRequest, spoken: tts_pb2.SynthesizeResult, converted: Path
    ) -> Speech:
        """The converted speech with the words of the first stage; found anew where it was stretched."""
        wav = await self._assembler.wav(converted)
        speech = self._assembler.measured(wav)
        before = spoken.duration.ToNanoseconds() / 1e9
        factor = speech.seconds / before if before else 1.0
        speech.source = spoken.timing_source
        if abs(factor - 1) > _STRETCH:
            found = (
                await self._assembler.aligned(request.text, wav, request.language) if request.text else None
            )
            if found is not None:
                speech.words, speech.source = found, TIMING_SOURCE_ALIGNMENT
                return speech
            speech.source = TIMING_SOURCE_ESTIMATE
        speech.words = [
            Timed(
                Span(word.char_start, word.char_end),
                word.start.ToNanoseconds() / 1e9 * factor,
                word.end.ToNanoseconds() / 1e9 * factor,
            )
            for word in spoken.words
        ]
        return speech

    async def close(self) -> None:
        """Closes its connections, and the first stage."""
        await self._account.close()
        await self._assembler.close()
        if "_speaker" in self.__dict__:
            await self._speaker.close()
