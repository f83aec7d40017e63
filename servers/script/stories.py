"""A story written about a topic."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from reelmesh.script.v1.script_pb2 import PlanRequest
from servers.chassis.text import speakable
from servers.script.chat import Chat, Wrong
from servers.script.pace import clock
from servers.script.templates import TOPIC, Templates

_CHARACTERS_PER_SECOND = 4.2
_WORDS_PER_SECOND = 2.5
"""What a narrator reads, pauses included: Chinese characters, words of other languages."""
_LONGEST_FACTOR = 3.0
"""A story that takes more times its length is asked for again."""
_MOST_CHARACTERS = 60_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_TEXT = {"type": "string"}
_SCHEMA = {
    "type": "object",
    "properties": {
        "title": _TEXT,
        "outline": {"type": "array", "items": _TEXT},
        "paragraphs": {"type": "array", "items": _TEXT},
    },
    "required": ["title", "outline", "paragraphs"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Story:
    """A text that was written."""

    title: str
    text: str


async def write(chat: Chat, templates: Templates, request: PlanRequest) -> Story:
    """A story about the topic of a resolved request, in its language and of about its length.

    Raises:
        Fault: the model wrote none. Nothing stands in for it.
    """
    seconds = request.story_duration.ToNanoseconds() / 1e9
    counted = request.language.partition("-")[0].lower() in ("zh", "ja")
    amount = seconds * (_CHARACTERS_PER_SECOND if counted else _WORDS_PER_SECOND)
    values = {"words": str(round(amount)), "unit": "characters" if counted else "words"}
    said = {"topic": request.topic, "language": request.language, "seconds": round(seconds)}
    return await chat.ask(
        templates.filled(TOPIC, values), said, _SCHEMA, lambda answer: _read(answer, seconds)
    )


def _read(told: Any, seconds: float) -> Story:
    paragraphs = told.get("paragraphs") if isinstance(told, dict) else None
    if not isinstance(paragraphs, list) or not all(isinstance(one, str) for one in paragraphs):
        raise Wrong('"paragraphs" must be a list of texts')
    lines = [" ".join(_CONTROL.sub(" ", one).split()) for one in paragraphs]
    text = "\n\n".join(line for line in lines if speakable(line))
    if not text:
        raise Wrong('"paragraphs" is empty')
    spoken = clock(text)[-1]
    if spoken > max(_LONGEST_FACTOR * seconds, 30.0) or len(text) > _MOST_CHARACTERS:
        raise Wrong(f"it takes {spoken:.0f} s to read instead of {seconds:.0f} s")
    title = told.get("title")
    return Story(" ".join(str(title if isinstance(title, str) else "").split())[:120], text)
