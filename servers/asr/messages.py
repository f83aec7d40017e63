"""What all engines of ASR read from a request and put into a result in the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reelmesh.asr.v1 import asr_pb2
from reelmesh.common.v1.engine_pb2 import MISSING_KIND_MODEL, Missing
from reelmesh.common.v1.speech_pb2 import TIMING_SOURCE_ALIGNMENT, TIMING_SOURCE_ESTIMATE, TimedWord
from servers.asr.recording import FIELD
from servers.chassis.errors import InvalidArgument
from servers.chassis.text import guess_language, speakable

Request = asr_pb2.TranscribeRequest | asr_pb2.AlignRequest

RECOGNISER = Missing(
    kind=MISSING_KIND_MODEL,
    name="speech recogniser",
    remedy="install a package that brings an engine for it, such as one on FunASR or Whisper (entry point "
    'group "reelmesh.asr.engines"); `reelmesh engines` lists what is there',
)
"""What is missing where no engine transcribes a language."""


def language_of(request: Request) -> str:
    """The language that a request is about, the default filled in."""
    if request.language:
        return request.language
    return guess_language(request.text) if isinstance(request, asr_pb2.AlignRequest) else "en"


def is_english(language: str) -> bool:
    """Whether a BCP-47 tag is of English."""
    return language.lower().split("-")[0] == "en"


def check(request: Request) -> None:
    """What engines without models ask of every request.

    Raises:
        InvalidArgument: a field breaks its rule.
    """
    if request.model:
        raise InvalidArgument(("model", "must be empty: this engine has no choice of models"))
    check_audio(request)
    if isinstance(request, asr_pb2.AlignRequest) and not speakable(request.text):
        raise InvalidArgument(("text", "must hold a letter or a digit: there is nothing to find"))


def check_audio(request: Request) -> None:
    """What every engine asks of every request.

    Raises:
        InvalidArgument: there is no recording.
    """
    if not request.audio.digest:
        raise InvalidArgument((FIELD, "is required"))


def transcript(
    segments: Sequence[Mapping[str, Any]], language: str, seconds: float
) -> asr_pb2.TranscribeResult:
    """The transcript of a recording of that length, from segments as `servers.asr.heard` has them."""
    result = asr_pb2.TranscribeResult(language=language)
    result.duration.FromNanoseconds(nanoseconds(seconds))
    for told in segments:
        segment = result.segments.add(text=told["text"], speaker=told["speaker"])
        segment.start.FromNanoseconds(nanoseconds(told["start"]))
        segment.end.FromNanoseconds(nanoseconds(told["end"]))
        for text, first, last, start, end in told["words"]:
            word = TimedWord(text=text, char_start=first, char_end=last)
            segment.words.append(placed_at(word, start, end))
    return result


def alignment(request: asr_pb2.AlignRequest, heard: Mapping[str, Any]) -> asr_pb2.AlignResult:
    """The result that a worker's answer tells.

    Its `words` are [char_start, char_end, start, end, confidence] with times in seconds; its `found` tells
    whether they were found or spread.
    """
    result = asr_pb2.AlignResult(timing_source=TIMING_SOURCE_ALIGNMENT)
    for first, last, start, end, confidence in heard["words"]:
        word = TimedWord(
            text=request.text[first:last], char_start=first, char_end=last, confidence=confidence
        )
        result.words.append(placed_at(word, start, end))
    if not heard["found"]:
        result.timing_source = TIMING_SOURCE_ESTIMATE
        result.provenance.warnings.append(
            "the text was not found in the recording: its words are spread evenly over it"
        )
    return result


def placed_at(word: TimedWord, start: float, end: float) -> TimedWord:
    """The word itself, with its times in seconds."""
    word.start.FromNanoseconds(nanoseconds(start))
    word.end.FromNanoseconds(nanoseconds(end))
    return word


def nanoseconds(seconds: float) -> int:
    """As protobuf's durations are set."""
    return round(seconds * 1e9)
