"""Speech put together from what an engine spoke in one call or several: decoded, joined, its words timed."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reelmesh.common.v1.asset_pb2 import MediaFacts
from reelmesh.common.v1.speech_pb2 import (
    TIMING_SOURCE_ALIGNMENT,
    TIMING_SOURCE_ENGINE,
    TIMING_SOURCE_ESTIMATE,
    TimingSource,
)
from reelmesh.tts.v1 import tts_pb2
from servers.chassis.engine import WorkContext
from servers.chassis.errors import Fault, Internal, InvalidArgument
from servers.chassis.media import commands, ffmpeg
from servers.chassis.media.alignment.spreading import spread
from servers.chassis.media.alignment.timed import Event, Timed, placed
from servers.chassis.media.espeak.pieces import Gap
from servers.chassis.media.espeak.voices import catalogue, data_folder
from servers.chassis.media.formats import sniff
from servers.chassis.words import Span, shared, words_of
from servers.chassis.worker import WorkerPool
from servers.tts import encoding
from servers.tts.chunks import Chunk

RATE = 24_000
"""Hertz; what neural voices speak at."""
_PAUSES = {Gap.NONE: 0.03, Gap.CLAUSE: 0.15, Gap.SENTENCE: 0.35, Gap.PARAGRAPH: 0.6}
"""Seconds of silence between two calls, at speed 1."""
_ALIGNER_MEMORY_BYTES = 6 * 1024**3
_ALIGNER_RATE = 16_000
_SOURCES = (TIMING_SOURCE_ENGINE, TIMING_SOURCE_ALIGNMENT, TIMING_SOURCE_ESTIMATE)
"""From the best to the least; the result names the least of its parts."""


@dataclass(frozen=True)
class Sound:
    """What one call gave."""

    path: Path
    """A file of any format that `formats.sniff` knows."""
    events: Sequence[Event] | None = None
    """The times of its words; None where the engine tells none."""


@dataclass(frozen=True)
class Script:
    """What is spoken, as it is cut for the engine, and the written words that it says."""

    text: str
    chunks: Sequence[Chunk]
    written: Sequence[tuple[Span, Sequence[Span]]]
    """Each word's place in `text`, and its places in the request."""


@dataclass
class Speech:
    """Speech with its words."""

    wav: Path
    rate: int
    samples: int
    words: list[Timed] = field(default_factory=list)
    """Places are those in the request."""
    source: TimingSource.ValueType = TIMING_SOURCE_ENGINE
    warnings: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.samples / self.rate


class Assembler:
    """Puts speech together; holds the worker processes for it."""

    def __init__(self) -> None:
        self._joiner = WorkerPool("servers.tts.assembly_worker", size=2)
        self._aligner = WorkerPool(
            "servers.chassis.media.alignment.worker", memory_bytes=_ALIGNER_MEMORY_BYTES
        )

    async def wav(self, sound: Path, *, rate: int = RATE) -> Path:
        """A sound that an engine gave as a WAV file of one channel, beside it.

        Raises:
            Internal: it is none.
        """
        path = sound.with_suffix(".decoded.wav")
        try:
            demuxer = sniff(sound).demuxer
            mixed = ("-map", "0:a:0", "-ac", "1", "-ar", str(rate), "-c:a", "pcm_s16le", "-f", "wav")
            await ffmpeg.run(
                [*commands.source(sound, demuxer), *mixed, f"file:{path}"], timeout_seconds=120.0
            )
        except (InvalidArgument, Internal) as fault:
            raise Internal("the engine gave no sound that can be read", reason="BAD_SOUND") from fault
        return path

    def measured(self, wav: Path) -> Speech:
        """A WAV file as speech whose words are not known yet."""
        with wave.open(str(wav), "rb") as file:
            return Speech(wav, file.getframerate(), file.getnframes())

    async def assemble(
        self, script: Script, sounds: Sequence[Sound], *, language: str, speed: float, folder: Path
    ) -> Speech:
        """The speech of a script from the sounds of its chunks.

        Raises:
            InvalidArgument: there is nothing to hear in it.
        """
        parts = [await self.wav(sound.path) for sound in sounds]
        path = folder / "speech.wav"
        arguments = {
            "parts": [str(part) for part in parts],
            "pauses": [_PAUSES[chunk.gap] / speed for chunk in script.chunks[:-1]],
            "path": str(path),
        }
        joined = await self._joiner.call("join", arguments, timeout_seconds=120.0)
        speech = Speech(path, joined["rate"], joined["samples"])
        said: list[Timed] = []
        sources = [TIMING_SOURCE_ENGINE]
        ends = [*joined["starts"][1:], speech.samples]
        for chunk, sound, part, first, end in zip(
            script.chunks, sounds, parts, joined["starts"], ends, strict=True
        ):
            start, seconds = first / speech.rate, (end - first) / speech.rate
            text = script.text[chunk.span.start : chunk.span.end]
            words, source = await self._words(text, sound, part, seconds, language)
            sources.append(source)
            said += [
                Timed(_moved(word.place, chunk.span.start), start + word.start, start + word.end)
                for word in words
            ]
        speech.source = max(sources, key=_SOURCES.index)
        speech.words = _written(script, said)
        return speech

    async def _words(
        self, text: str, sound: Sound, wav: Path, seconds: float, language: str
    ) -> tuple[list[Timed], TimingSource.ValueType]:
        words = words_of(text)
        if sound.events:
            return placed(text, words, sound.events, seconds), TIMING_SOURCE_ENGINE
        aligned = await self.aligned(text, wav, language)
        if aligned is not None:
            return aligned, TIMING_SOURCE_ALIGNMENT
        spans = spread([word.end - word.start for word in words], {}, seconds)
        timed = [Timed(word, start, end) for word, (start, end, _) in zip(words, spans, strict=True)]
        return timed, TIMING_SOURCE_ESTIMATE

    async def aligned(self, text: str, wav: Path, language: str) -> list[Timed] | None:
        """The words found in the sound; None where they can not be found."""
        folder = data_folder()
        if folder is None:
            return None
        known = catalogue(folder)
        try:
            voice = known.for_language(language)
        except InvalidArgument:
            return None
        base = voice.partition("+")[0]
        raw = wav.with_suffix(".pcm")
        layout = ("-ac", "1", "-ar", str(_ALIGNER_RATE), "-c:a", "pcm_s16le", "-f", "s16le")
        try:
            await ffmpeg.run([*commands.source(wav, "wav"), *layout, f"file:{raw}"], timeout_seconds=120.0)
            arguments = {
                "path": str(raw),
                "text": text,
                "voices": [known.file_of(voice), known.file_of(base)],
                "language": base.partition("-")[0],
            }
            heard = await self._aligner.call("align", arguments, timeout_seconds=300.0)
        except Fault:  # the speech is there all the same
            return None
        if not heard["found"]:
            return None
        return [Timed(Span(first, last), start, end) for first, last, start, end, _ in heard["words"]]

    async def close(self) -> None:
        """Ends the worker processes."""
        await self._joiner.close()
        await self._aligner.close()


def _moved(place: Span, by: int) -> Span:
    return Span(place.start + by, place.end + by)


def _written(script: Script, said: Sequence[Timed]) -> list[Timed]:
    """The written words with the times of what is said for them."""
    found: list[Timed] = []
    at = 0
    for spoken, places in script.written:
        while at < len(said) and said[at].place.end <= spoken.start:
            at += 1
        last = at
        while last < len(said) and said[last].place.start < spoken.end:
            last += 1
        if last == at or not places:
            continue
        nanos = round(said[at].start * 1e9), round(said[last - 1].end * 1e9)
        found += [
            Timed(place, start / 1e9, end / 1e9)
            for place, (start, end) in zip(places, shared(places, *nanos), strict=True)
        ]
    return found


async def result_of(
    request: tts_pb2.SynthesizeRequest, speech: Speech, work: WorkContext
) -> tts_pb2.SynthesizeResult:
    """The result of a request that was spoken so."""
    coding = encoding.CODINGS[request.format]
    path = await encoding.encoded(speech.wav, coding)
    facts = MediaFacts(sample_rate_hertz=coding.rate or speech.rate, channels=1, audio_codec=coding.codec)
    facts.duration.FromNanoseconds(speech.samples * 1_000_000_000 // speech.rate)
    audio = await work.store(path, coding.media_type, facts)
    result = tts_pb2.SynthesizeResult(
        audio=audio,
        timing_source=speech.source,
        needs_alignment=speech.source == TIMING_SOURCE_ESTIMATE,
        voice=request.voice,
        language=request.language,
        duration=facts.duration,
    )
    await asyncio.to_thread(_tell, result, request.text or request.ssml, speech.words)
    result.provenance.warnings.extend(speech.warnings)
    return result


def _tell(result: tts_pb2.SynthesizeResult, source: str, words: Sequence[Timed]) -> None:
    longest = result.duration.ToNanoseconds()
    for one in words:
        place = one.place
        word = result.words.add(
            text=source[place.start : place.end], char_start=place.start, char_end=place.end
        )
        word.start.FromNanoseconds(min(round(one.start * 1e9), longest))
        word.end.FromNanoseconds(min(round(one.end * 1e9), longest))
