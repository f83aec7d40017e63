"""The embedded engine of Script: sentences, scenes and prompts by rules, with no model and no key."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator

from google.protobuf.message import Message

from reelmesh.common.v1.engine_pb2 import MISSING_KIND_SETTING, Missing
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.script.v1.script_pb2 import PlanRequest
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.errors import FailedPrecondition, InvalidArgument
from servers.chassis.notes import without_notes
from servers.chassis.text import guess_language, speakable
from servers.script import profiles
from servers.script.lexicon import LEXICON
from servers.script.planning import plan

OUR_VERSION = 5
"""Raised whenever the rules would make another plan of the same request."""
TARGET_SECONDS = 7
WRITER = Missing(
    kind=MISSING_KIND_SETTING,
    name="language model",
    remedy='set script.options.openai.key and put "openai" into script.engines',
)
"""What is missing where no engine writes stories."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CHARACTERS_PER_SECOND = 60_000


class RulesEngine(Engine):
    """Plans by rules for Latin and CJK scripts; its nouns are English and Chinese."""

    name = "rules"

    def describe(self) -> Description:
        """See `Engine.describe`."""
        return Description(
            description="sentence rules for Latin and CJK scripts, prompts from English and Chinese nouns",
            version=_version(),
            capabilities=["ready-scenes", "seed", "segments"],
            license="MIT",
        )

    def serves(self, request: Message) -> bool:
        """Everything but a topic: rules write no stories."""
        assert isinstance(request, PlanRequest)
        return not request.topic

    def resolve(self, request: PlanRequest) -> Resolved[PlanRequest]:
        """Fills in language, target length (7 s), share of animated scenes (1) and seed (0).

        Raises:
            InvalidArgument: there is nothing to speak or to show, a text holds control characters, or
                segments are out of order.
        """
        filled = PlanRequest()
        filled.CopyFrom(request)
        _check(filled)
        said = _spoken(filled)
        if not filled.language:
            filled.language = guess_language(said)
        if not filled.HasField("target_scene_duration"):
            filled.target_scene_duration.FromSeconds(TARGET_SECONDS)
        if not filled.HasField("animate_share"):
            filled.animate_share = 1.0
        if not filled.HasField("seed"):
            filled.seed = 0
        return Resolved(
            filled, version=_version(), expected_seconds=0.05 + len(said) / _CHARACTERS_PER_SECOND
        )

    async def run(self, request: PlanRequest, work: WorkContext) -> AsyncIterator[Message]:
        """Plans in a thread, so that the server keeps answering while a long text is read."""
        yield Progress(stage="planning")
        yield await asyncio.to_thread(plan, request)


def _check(request: PlanRequest) -> None:
    if request.topic:
        raise FailedPrecondition(
            'the engine "rules" writes no stories about a topic', reason="CAN_NOT_WRITE", missing=(WRITER,)
        )
    for field, text in _texts(request):
        found = _CONTROL.search(text)
        if found:
            code = f"U+{ord(found.group()):04X}"
            raise InvalidArgument((field, f"holds the control character {code} at position {found.start()}"))
    if request.text and not speakable(without_notes(request.text)):
        raise InvalidArgument(("text", "has no letter or digit that could be spoken"))
    for at, scene in enumerate(request.scenes):
        text = without_notes(scene.text)
        shown = scene.HasField("picture") or scene.HasField("clip")
        if not shown and not speakable(text) and not (text.strip() and scene.image_prompt.strip()):
            raise InvalidArgument(
                (f"scenes[{at}].text", "has no letter or digit, and nothing says what is to be seen")
            )
    profiles.check(request.characters)
    _check_order(request)


def _check_order(request: PlanRequest) -> None:
    before = 0
    for at, segment in enumerate(request.segments):
        start, end = segment.start.ToNanoseconds(), segment.end.ToNanoseconds()
        if start < before:
            raise InvalidArgument((f"segments[{at}].start", "is before the start of the segment before it"))
        if end < start:
            raise InvalidArgument((f"segments[{at}].end", "is before the segment's start"))
        before = start


def _texts(request: PlanRequest) -> Iterator[tuple[str, str]]:
    """Every text of a request that is spoken, shown or put into a prompt, by its field."""
    yield "text", request.text
    for at, scene in enumerate(request.scenes):
        for name in ("text", "image_prompt", "motion_prompt", "title"):
            yield f"scenes[{at}].{name}", getattr(scene, name)
    for at, segment in enumerate(request.segments):
        yield f"segments[{at}].text", segment.text
        for number, word in enumerate(segment.words):
            yield f"segments[{at}].words[{number}].text", word.text
    for at, profile in enumerate(request.characters):
        yield from profiles.names_of(at, profile)
        yield f"characters[{at}].description", profile.description
    for name in ("prefix", "suffix", "negative", "setting"):
        yield f"prompt_parts.{name}", getattr(request.prompt_parts, name)


def _spoken(request: PlanRequest) -> str:
    said = [
        without_notes(request.text),
        *(without_notes(scene.text) for scene in request.scenes),
        *(part.text for part in request.segments),
    ]
    return "\n".join(text for text in said if text)


def _version() -> str:
    return f"rules-{OUR_VERSION}-{LEXICON.digest}"
