"""espeak-ng: speech in about 100 languages on any machine, with the time of every word.

The library is GPL-3 and is loaded only by a worker process (`servers.tts.espeak_worker`); this module reads
nothing but its list of voices.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import threading
from array import array
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from reelmesh.common.v1.asset_pb2 import Asset, MediaFacts
from reelmesh.common.v1.engine_pb2 import MISSING_KIND_EXTRA, Missing
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.common.v1.speech_pb2 import TIMING_SOURCE_ENGINE
from reelmesh.tts.v1 import tts_pb2
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.errors import FailedPrecondition, InvalidArgument
from servers.chassis.media.espeak.pitch import within_reach
from servers.chassis.media.espeak.voices import Catalogue, catalogue, data_folder
from servers.chassis.text import guess_language, speakable
from servers.chassis.worker import Returned, WorkerPool, relay
from servers.tts import encoding
from servers.tts.ssml import language_of
from servers.tts.ssml_rules import Malformed, check

PACKAGE = "espeakng-loader"
OUR_VERSION = 3
"""Raised whenever this engine would give other sound or other times for the same request."""

WORDS_PER_MINUTE = 170.0
"""espeak-ng's rate at speed 1: an unhurried narrator."""

_CHARACTERS_PER_SECOND = 5_000.0
"""How much text it speaks in a second of work, on a slow core."""
_MEMORY_BYTES = 2 * 1024**3


class EspeakEngine(Engine):
    """Formant synthesis by espeak-ng 1.52."""

    name = "espeak"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        if folder := data_folder():
            # 250 small files: read aside, so that the first request does not hold up the others.
            threading.Thread(target=catalogue, args=(folder,), daemon=True).start()
        self._workers = WorkerPool("servers.tts.espeak_worker", size=2, memory_bytes=_MEMORY_BYTES)

    def describe(self) -> Description:
        """See `Engine.describe`."""
        folder = data_folder()
        return Description(
            description="espeak-ng: about 100 languages, small and quick, a plainly synthetic voice",
            version=_version() if folder else "",
            languages=catalogue(folder).languages() if folder else (),
            capabilities=("pitch", "ssml", "word-timings"),
            license="GPL-3.0-or-later",
        )

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`."""
        if data_folder() is not None:
            return ()
        return (Missing(kind=MISSING_KIND_EXTRA, name=PACKAGE, remedy='pip install "reelmesh[mesh]"'),)

    def serves(self, request: Message) -> bool:
        """Plain text and SSML, and no voice to imitate."""
        assert isinstance(request, tts_pb2.SynthesizeRequest)
        return not request.HasField("reference_audio")

    def voices(self) -> Sequence[tts_pb2.Voice]:
        """The voices worth choosing from; any other variant of espeak-ng's is accepted by name."""
        return self._catalogue().listed(self.name)

    def resolve(self, request: tts_pb2.SynthesizeRequest) -> Resolved[tts_pb2.SynthesizeRequest]:
        """See `Engine.resolve`."""
        _check(request)
        known = self._catalogue()
        filled = tts_pb2.SynthesizeRequest()
        filled.CopyFrom(request)
        if request.voice:
            filled.voice = known.named(request.voice)
            filled.language = request.language or known.language_of(filled.voice)
        else:
            filled.language = request.language or _language(request)
            filled.voice = known.for_language(filled.language)
        if not request.HasField("speed"):
            filled.speed = 1.0
        if request.ssml:
            _check_ssml(filled)
        filled.format = request.format or tts_pb2.AUDIO_FORMAT_WAV
        # Nothing is drawn at random: a seed must not make two equal requests differ.
        filled.ClearField("seed")
        return Resolved(
            filled,
            version=f"{PACKAGE}-{_version()}/{OUR_VERSION}",
            expected_seconds=0.2 + len(request.text or request.ssml) / _CHARACTERS_PER_SECOND,
        )

    async def run(self, request: tts_pb2.SynthesizeRequest, work: WorkContext) -> AsyncIterator[Message]:
        """See `Engine.run`."""
        yield Progress(stage="synthesizing")
        wav = work.scratch / "speech.wav"
        arguments = {
            "text": request.text,
            "ssml": request.ssml,
            "language": request.language,
            "voice": request.voice,
            "words_per_minute": WORDS_PER_MINUTE * request.speed,
            "speed": request.speed,
            "semitones": request.pitch_semitones,
            "path": str(wav),
        }
        seconds = 30.0 + len(request.text or request.ssml) / 100.0
        spoken: dict[str, Any] = {}
        async for item in relay(
            lambda report: self._workers.call("speak", arguments, timeout_seconds=seconds, on_progress=report)
        ):
            if isinstance(item, Returned):
                spoken = item.value
            else:
                yield Progress(stage="synthesizing", fraction=item["fraction"])
        if request.format != tts_pb2.AUDIO_FORMAT_WAV:
            yield Progress(stage="encoding", fraction=0.95)
        yield await _result(request, spoken, wav, work)

    async def close(self) -> None:
        """Ends the worker processes."""
        await self._workers.close()

    def _catalogue(self) -> Catalogue:
        folder = data_folder()
        if folder is None:
            missing = self.missing()
            raise FailedPrecondition(f"espeak-ng is not installed: {missing[0].remedy}", missing=missing)
        return catalogue(folder)


async def _result(
    request: tts_pb2.SynthesizeRequest, spoken: Mapping[str, Any], wav: Path, work: WorkContext
) -> tts_pb2.SynthesizeResult:
    rate, samples = spoken["rate"], spoken["samples"]
    coding = encoding.CODINGS[request.format]
    path = await encoding.encoded(wav, coding)
    facts = MediaFacts(sample_rate_hertz=coding.rate or rate, channels=1, audio_codec=coding.codec)
    facts.duration.FromNanoseconds(_nanoseconds(samples, rate))
    audio = await work.store(path, coding.media_type, facts)
    # A long chapter has tens of thousands of words: they are put together aside.
    return await asyncio.to_thread(_told, request, spoken, wav.with_suffix(".words"), audio)


def _told(
    request: tts_pb2.SynthesizeRequest, spoken: Mapping[str, Any], words: Path, audio: Asset
) -> tts_pb2.SynthesizeResult:
    rate = spoken["rate"]
    result = tts_pb2.SynthesizeResult(
        audio=audio,
        timing_source=TIMING_SOURCE_ENGINE,
        voice=request.voice,
        language=request.language,
        duration=audio.facts.duration,
    )
    source = request.text or request.ssml
    numbers = iter(array("q", words.read_bytes()))
    for char_start, char_end, first, end in zip(numbers, numbers, numbers, numbers, strict=True):
        word = result.words.add(text=source[char_start:char_end], char_start=char_start, char_end=char_end)
        word.start.FromNanoseconds(_nanoseconds(first, rate))
        word.end.FromNanoseconds(_nanoseconds(end, rate))
    if (reached := within_reach(request.pitch_semitones)) != request.pitch_semitones:
        result.provenance.warnings.append(
            f"the pitch was shifted by {reached:g} instead of {request.pitch_semitones:g} semitones: "
            "espeak-ng goes no further"
        )
    if request.style:
        result.provenance.warnings.append("style was passed over: espeak-ng has one way of speaking")
    result.provenance.warnings.extend(spoken["warnings"])
    if left_out := spoken["left_out"]:
        result.provenance.warnings.append(f"{left_out} emoji in the text were not spoken")
    return result


def _check(request: tts_pb2.SynthesizeRequest) -> None:
    if request.text and not speakable(request.text):
        raise InvalidArgument(("text", "must hold a letter or a digit: there is nothing to speak"))
    if request.HasField("reference_audio"):
        raise InvalidArgument(("reference_audio", "must be unset: this engine can not imitate a voice"))
    if request.model:
        raise InvalidArgument(("model", "must be empty: this engine has no models"))


def _language(request: tts_pb2.SynthesizeRequest) -> str:
    if not request.ssml:
        return guess_language(request.text)
    try:
        return language_of(request.ssml)
    except Malformed as malformed:
        raise InvalidArgument(("ssml", str(malformed))) from None


def _check_ssml(request: tts_pb2.SynthesizeRequest) -> None:
    try:
        speaks = check(request.ssml)
    except Malformed as malformed:
        raise InvalidArgument(("ssml", str(malformed))) from None
    if not speaks:
        raise InvalidArgument(("ssml", "must hold a letter or a digit: there is nothing to speak"))


def _version() -> str:
    return importlib.metadata.version(PACKAGE)


def _nanoseconds(samples: int, rate: int) -> int:
    return samples * 1_000_000_000 // rate
