"""How these tests ask for a plan: as the server does, resolved first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reelmesh.common.v1.speech_pb2 import TimedSegment
from reelmesh.script.v1.script_pb2 import PlanRequest, PlanResult
from servers.chassis.errors import InvalidArgument
from servers.script.planning import plan
from servers.script.rules import RulesEngine

ENGINE = RulesEngine({})
_EXAMPLES = Path(__file__).parents[4] / "examples"
FOX = (_EXAMPLES / "the-fox-and-the-grapes.txt").read_text(encoding="utf-8")
TIGER = (_EXAMPLES / "狐假虎威.txt").read_text(encoding="utf-8")


def resolved(**fields: Any) -> PlanRequest:
    """The request with its defaults. `target` is seconds."""
    target = fields.pop("target", None)
    request = PlanRequest(**fields)
    if target is not None:
        request.target_scene_duration.FromNanoseconds(int(target * 1e9))
    return ENGINE.resolve(request).request


def planned(**fields: Any) -> PlanResult:
    """The plan of a request."""
    return plan(resolved(**fields))


def refusal(**fields: Any) -> str:
    """The field that is named when a request is refused; "" when it is planned."""
    try:
        planned(**fields)
    except InvalidArgument as fault:
        return fault.violations[0][0]
    return ""


def segment(text: str, start: float, end: float, *words: tuple[str, float, float]) -> TimedSegment:
    """A segment of a transcript, times in seconds."""
    made = TimedSegment(text=text)
    made.start.FromNanoseconds(int(start * 1e9))
    made.end.FromNanoseconds(int(end * 1e9))
    for said, begins, ends in words:
        word = made.words.add(text=said)
        word.start.FromNanoseconds(int(begins * 1e9))
        word.end.FromNanoseconds(int(ends * 1e9))
    return made
