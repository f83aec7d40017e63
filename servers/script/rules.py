"""The embedded engine of Script: sentences, scenes and prompts by rules, with no model and no key."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

from google.protobuf.message import Message

from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.script.v1.script_pb2 import PlanRequest
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.errors import InvalidArgument
from servers.chassis.text import guess_language, speakable
from servers.script.lexicon import LEXICON
from servers.script.planning import plan

OUR_VERSION = 1
"""Raised whenever the rules would make another plan of the same request."""
TARGET_SECONDS = 7
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CHARACTERS_PER_SECOND = 150_000


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

    def resolve(self, request: PlanRequest) -> Resolved[PlanRequest]:
        """Fills in language, target length (7 s), share of animated scenes (1) and seed (0).

        Raises:
            InvalidArgument: there is nothing to speak, or the text holds control characters.
        """
        filled = PlanRequest()
        filled.CopyFrom(request)
        _check(filled)
        if not filled.language:
            filled.language = guess_language(_whole(filled))
        if not filled.HasField("target_scene_duration"):
            filled.target_scene_duration.FromSeconds(TARGET_SECONDS)
        if not filled.HasField("animate_share"):
            filled.animate_share = 1.0
        if not filled.HasField("seed"):
            filled.seed = 0
        return Resolved(
            filled, version=_version(), expected_seconds=0.05 + len(_whole(filled)) / _CHARACTERS_PER_SECOND
        )

    async def run(self, request: PlanRequest, work: WorkContext) -> AsyncIterator[Message]:
        """Plans in a thread, so that the server keeps answering while a long text is read."""
        yield Progress(stage="planning")
        yield await asyncio.to_thread(plan, request)


def _check(request: PlanRequest) -> None:
    for field, text in _texts(request):
        found = _CONTROL.search(text)
        if found:
            code = f"U+{ord(found.group()):04X}"
            raise InvalidArgument((field, f"holds the control character {code} at position {found.start()}"))
    if request.text and not speakable(request.text):
        raise InvalidArgument(("text", "has no letter or digit that could be spoken"))


def _texts(request: PlanRequest) -> list[tuple[str, str]]:
    return [
        ("text", request.text),
        *((f"scenes[{at}].text", scene.text) for at, scene in enumerate(request.scenes)),
        *((f"segments[{at}].text", segment.text) for at, segment in enumerate(request.segments)),
    ]


def _whole(request: PlanRequest) -> str:
    return "\n".join(text for _, text in _texts(request) if text)


def _version() -> str:
    return f"rules-{OUR_VERSION}-{LEXICON.digest}"
