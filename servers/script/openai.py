"""Scenes and prompts by a language model behind any API like OpenAI's; the rules take over where it fails.

A plan of the rules is made first. The model then says where scenes end and what they show; what it does not
say, or says wrongly however often it is asked, stays as the rules made it, and the result tells of it.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

from google.protobuf.message import Message

from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.engine_pb2 import Missing
from reelmesh.common.v1.progress_pb2 import Progress
from reelmesh.script.v1.script_pb2 import PlanRequest, PlanResult
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.errors import Fault, InvalidArgument
from servers.chassis.openai import BASE_URL, trouble
from servers.chassis.remote import Account
from servers.chassis.text import guess_language, speakable
from servers.script import stories, storyboard
from servers.script.chat import Chat, ChatSettings
from servers.script.pace import clock
from servers.script.paragraphs import Span
from servers.script.planning import Division, plan
from servers.script.rules import RulesEngine
from servers.script.scenes import cut
from servers.script.storyboard import Look, Storyboard
from servers.script.templates import PLAN, Templates

OUR_VERSION = 1
"""Raised whenever this engine would make another plan of the same answers."""
STORY_SECONDS = 60
_SECONDS_PER_CALL = 20.0
_FREE = "Let a picture stay for about $seconds seconds of reading, and change it where the view changes."
_EACH = "Here every piece is a picture of its own: one scene for each, in order."


@dataclasses.dataclass(frozen=True)
class _Piece:
    """What the model gets to read under one number."""

    text: str
    seconds: float


class OpenAIEngine(Engine):
    """Asks a chat model for scenes, prompts, characters, title, description and tags."""

    name = "openai"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._options = ChatSettings.model_validate(dict(settings))
        self._templates = Templates(self._options.templates)
        self._rules = RulesEngine({})
        self._account = Account(
            "script.options.openai", self._options, base_url=BASE_URL, field="text", trouble=trouble
        )

    def describe(self) -> Description:
        """See `Engine.describe`."""
        return Description(
            description="a language model behind an API like OpenAI's; the rules take over where it fails",
            version=str(OUR_VERSION),
            models=(self._options.model,),
            capabilities=("ready-scenes", "seed", "segments", "topic"),
            remote=True,
        )

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`."""
        return self._account.missing()

    def resolve(self, request: PlanRequest) -> Resolved[PlanRequest]:
        """As the rules do. A request without a seed stays without one and is not to be remembered."""
        if request.topic and not speakable(request.topic):
            raise InvalidArgument(("topic", "has no letter or digit: there is nothing to write about"))
        filled = PlanRequest()
        filled.CopyFrom(request)
        if request.topic:
            filled.text = filled.topic  # for the defaults alone
            filled.topic = ""
        by_rules = self._rules.resolve(filled)
        filled = by_rules.request
        if request.topic:
            filled.text, filled.topic = "", request.topic
            filled.language = request.language or guess_language(request.topic)
            if not filled.HasField("story_duration"):
                filled.story_duration.FromSeconds(STORY_SECONDS)
        if not request.HasField("seed"):
            filled.ClearField("seed")
        model = request.model or self._options.model
        return Resolved(
            filled,
            version=f"openai-{OUR_VERSION}-{model}-{self._templates.digest}-{by_rules.version}"[:200],
            model=model,
            cacheable=request.HasField("seed"),
            expected_seconds=_SECONDS_PER_CALL
            * (1 + len(filled.text) // self._options.characters_per_call + bool(filled.topic)),
        )

    async def run(self, request: PlanRequest, work: WorkContext) -> AsyncIterator[Message]:
        """See `Engine.run`."""
        chat = Chat(self._account, self._options, request.model or self._options.model)
        seeded = request.HasField("seed")
        asked = PlanRequest()
        asked.CopyFrom(request)
        title = ""
        if request.topic:
            yield Progress(stage="writing")
            story = await stories.write(chat, self._templates, request)
            asked.text, asked.topic, title = story.text, "", story.title
        yield Progress(stage="planning", fraction=0.1)
        result = await asyncio.to_thread(plan, asked)
        division = await asyncio.to_thread(Division, asked) if asked.text else None
        units = await asyncio.to_thread(division.units) if division is not None else None
        pieces = _pieces(division, units) if division is not None and units else _scenes(result)
        board = Storyboard(sheet={one.name.strip(): one.description for one in asked.characters}, title=title)
        failures: list[str] = []
        parts = list(_parts(pieces, self._options.characters_per_call))
        for number, part in enumerate(parts):
            yield Progress(stage="planning", fraction=0.1 + 0.9 * number / len(parts))
            try:
                await self._ask(chat, asked, board, pieces, part, each=units is None)
            except Fault as fault:
                failures.append(f"pieces {part.start + 1} to {part.stop}: {fault.message}")
                board.ends.append(part.stop - 1)
                if number == 0:  # what is wrong at once would be wrong again, part by part
                    break
        if board.looks:
            result = await asyncio.to_thread(_combined, asked, result, board, division, units)
        if request.topic:
            _no_places(result)
            result.title = title or result.title
        self._sign(result, chat, failures, whole=not board.looks)
        if seeded:
            result.provenance.seed = request.seed
        yield result

    async def _ask(
        self,
        chat: Chat,
        request: PlanRequest,
        board: Storyboard,
        pieces: Sequence[_Piece],
        part: range,
        *,
        each: bool,
    ) -> None:
        target = request.target_scene_duration.ToNanoseconds() / 1e9
        boundaries = _EACH if each else _FREE.replace("$seconds", f"{target:g}")
        first, last = part.start + 1, part.stop
        said = {
            "language": request.language,
            "style": request.prompt_parts.prefix,
            "setting": request.prompt_parts.setting,
            "characters": [{"name": name, "looks": looks} for name, looks in board.sheet.items()],
            "summary_so_far": board.summary,
            "pieces": [
                {"number": at + 1, "seconds": round(pieces[at].seconds, 1), "text": pieces[at].text}
                for at in part
            ],
            "more_follows": last < len(pieces),
        }
        told = await chat.ask(
            self._templates.filled(PLAN, {"boundaries": boundaries}),
            said,
            storyboard.schema(),
            lambda answer: storyboard.read(answer, first, last, board.sheet, each=each),
        )
        board.add(part.start, dataclasses.replace(told, ends=tuple(end - 1 for end in told.ends)))

    def _sign(self, result: PlanResult, chat: Chat, failures: Sequence[str], *, whole: bool) -> None:
        """Tells who made the plan. One that the rules had a part in is not remembered as the model's."""
        if chat.cost is not None:
            result.provenance.cost.CopyFrom(chat.cost)
        if not failures:
            return
        taken = "the rules made the plan" if whole else "the rules took over for a part"
        result.provenance.warnings.append(f"{taken}, since the model failed: {'; '.join(failures)}"[:1000])
        result.provenance.version = f"{self._rules.describe().version}-stood-in"
        if whole:
            result.provenance.engine = self._rules.name
            result.provenance.version = self._rules.describe().version

    async def close(self) -> None:
        """Closes its connections."""
        await self._account.close()


def _pieces(division: Division, units: Sequence[Span]) -> list[_Piece]:
    times = clock(division.text)
    return [_Piece(division.reading.of(span), times[span.end] - times[span.start]) for span in units]


def _scenes(result: PlanResult) -> list[_Piece]:
    return [
        _Piece(scene.text or f"(nothing is spoken) {scene.image_prompt}", clock(scene.text)[-1])
        for scene in result.scenes
    ]


def _parts(pieces: Sequence[_Piece], most: int) -> Iterator[range]:
    """The pieces in runs of at most `most` characters, one piece at least."""
    start = length = 0
    for at, piece in enumerate(pieces):
        if at > start and length + len(piece.text) > most:
            yield range(start, at)
            start, length = at, 0
        length += len(piece.text)
    yield range(start, len(pieces))


def _combined(
    request: PlanRequest,
    by_rules: PlanResult,
    board: Storyboard,
    division: Division | None,
    units: Sequence[Span] | None,
) -> PlanResult:
    """The plan with the model's scenes and prompts, the rules' where it has said nothing."""
    if division is None or units is None:
        looks = [board.looks.get(at) for at in range(len(by_rules.scenes))]
        storyboard.drawn(request, by_rules, looks, board, request.scenes)
        return by_rules
    spans = cut(division.text, units, _all_ends(board, len(units)), division.target)
    if len(spans) > division.most:
        spans = division.by_rules()
    shown: list[Look | None] = []
    at = 0
    for span in spans:
        while at + 1 < len(units) and units[at].end <= span.start:
            at += 1
        shown.append(board.looks.get(at))
    result = plan(request, spans)
    storyboard.drawn(request, result, shown, board)
    return result


def _all_ends(board: Storyboard, count: int) -> list[int]:
    return sorted({*board.ends, count - 1})


def _no_places(result: PlanResult) -> None:
    """A story that was written here has no place in the request."""
    for scene in result.scenes:
        scene.char_start = scene.char_end = 0
