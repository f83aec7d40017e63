"""Makes a plan of a text, of ready scenes, or of a transcript. Pure: the same request, the same plan."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.duration_pb2 import Duration

from reelmesh.common.v1.speech_pb2 import TimedSegment
from reelmesh.script.v1 import script_pb2
from reelmesh.script.v1.script_pb2 import PlanRequest, PlanResult, Scene, SceneDraft
from servers.chassis.errors import InvalidArgument
from servers.chassis.notes import Spoken, without_notes
from servers.chassis.text import speakable
from servers.script import prompts, publishing
from servers.script.choosing import cast_clips, seed_of, spread
from servers.script.grouping import Piece, divide
from servers.script.markup import Reading
from servers.script.paragraphs import Span, heading_text, paragraphs, title_of
from servers.script.profiles import Profiles
from servers.script.publishing import joined
from servers.script.scenes import LONGEST_TEXT, atoms, gather, stable_id
from servers.script.sentences import pauses, split
from servers.script.speakers import speakers
from servers.script.stage import Stage

MOST_SCENES = 1000
_SEGMENT_CUT = 0.02


class Division:
    """A text as scenes are made of it: what of it is spoken, and the units that no scene divides."""

    def __init__(self, request: PlanRequest) -> None:
        """Reads `text` of a resolved request."""
        self.spoken = Spoken(request.text)
        self.text = self.spoken.text
        blocks = paragraphs(self.text)
        self.title = title_of(self.text, blocks)
        self.sentences = split(self.text, blocks if self.title is None else blocks[1:])
        self.reading = Reading(self.text, pauses(self.text, self.sentences))
        self.target = _seconds(request.target_scene_duration)
        self.most = request.max_scenes or MOST_SCENES

    def units(self) -> list[Span]:
        """The sentences, long ones as their clauses, in order: scenes may end behind any of them."""
        return atoms(self.text, self.sentences, self.target)

    def by_rules(self) -> list[Span]:
        """The scenes that the rules make."""
        return gather(self.text, self.sentences, self.target, self.most)


def plan(request: PlanRequest, spans: Sequence[Span] | None = None) -> PlanResult:
    """The plan of a resolved request. Its provenance holds nothing but what was passed over.

    `spans` are the scenes of its `text`, in place of those that the rules make.

    Raises:
        InvalidArgument: nothing in the text can be spoken, or it does not fit into so few scenes.
    """
    if request.text:
        return _of_text(request, spans)
    if request.scenes:
        return _of_drafts(request)
    return _of_segments(request)


def _of_text(request: PlanRequest, spans: Sequence[Span] | None) -> PlanResult:
    division = Division(request)
    text, title, sentences = division.text, division.title, division.sentences
    spoken, reading = division.spoken, division.reading
    spans = division.by_rules() if spans is None else spans
    if not spans:
        raise InvalidArgument(("text", "has no letter or digit that could be spoken"))
    if len(spans) > division.most:
        raise _too_long("max_scenes")
    if any(span.end - span.start > LONGEST_TEXT for span in spans):
        raise InvalidArgument(("text", "holds thousands of characters in a row without a letter or digit"))
    heads = {one.start: Span(one.start, one.end) for one in sentences if one.heading}
    taken: set[str] = set()
    scenes = []
    for span in spans:
        said, place = reading.of(span), spoken.source(span)
        scenes.append(
            Scene(
                id=stable_id(said, taken),
                text=said,
                title=heading_text(reading.of(heads[span.start]))[:300] if span.start in heads else "",
                language=request.language,
                narrate=True,
                illustrate=True,
                char_start=place.start,
                char_end=place.end,
            )
        )
    told = [
        reading.of(Span(one.start, one.end))
        for one in sentences
        if not one.heading and speakable(text[one.start : one.end])
    ]
    return _completed(request, scenes, told, heading_text(title.of(text)) if title is not None else "")


def _of_drafts(request: PlanRequest) -> PlanResult:
    # An id the user chose must not be taken by one that is made.
    given = [draft.id for draft in request.scenes if draft.id]
    for at, draft in enumerate(request.scenes):
        if draft.id and given.count(draft.id) > 1:
            raise InvalidArgument((f"scenes[{at}].id", f'"{draft.id}" is used by more than one scene'))
    taken = set(given)
    scenes = [_of_draft(draft, request.language, taken) for draft in request.scenes]
    return _completed(request, scenes, _sentences(scenes), drafts=request.scenes)


def _of_draft(draft: SceneDraft, language: str, taken: set[str]) -> Scene:
    text = without_notes(draft.text)
    source = text or draft.picture.digest or draft.clip.digest
    scene = Scene(
        id=draft.id or stable_id(source, taken),
        text=text,
        image_prompt=draft.image_prompt,
        motion_prompt=draft.motion_prompt,
        title=draft.title,
        language=language,
        narrate=speakable(text),
        illustrate=not draft.HasField("picture") and not draft.HasField("clip"),
    )
    for name in ("duration", "picture", "clip"):
        if draft.HasField(name):
            getattr(scene, name).CopyFrom(getattr(draft, name))
    if not scene.narrate and not draft.HasField("duration"):
        scene.duration.FromSeconds(5)
    return scene


def _of_segments(request: PlanRequest) -> PlanResult:
    """Scenes of whole segments. Each is shown until the next begins, the first from the recording's start."""
    segments = [segment for segment in request.segments if speakable(segment.text)]
    if not segments:
        raise InvalidArgument(("segments", "have no letter or digit"))
    over = max(segment.end.ToNanoseconds() for segment in request.segments)
    pieces = [
        Piece(_length(a, b), _SEGMENT_CUT) for a, b in zip(segments, [*segments[1:], None], strict=True)
    ]
    target = _seconds(request.target_scene_duration)
    groups = divide(pieces, target)
    while len(groups) > (request.max_scenes or MOST_SCENES):
        target *= 1.2
        groups = divide(pieces, target)
    taken: set[str] = set()
    scenes = []
    for number, group in enumerate(groups):
        inside = [segments[at] for at in group]
        begin = 0 if number == 0 else inside[0].start.ToNanoseconds()
        last = groups[number + 1].start if number + 1 < len(groups) else None
        end = segments[last].start.ToNanoseconds() if last is not None else over
        text = joined([segment.text for segment in inside])
        if len(text) > LONGEST_TEXT:
            raise _too_long("max_scenes" if request.max_scenes else "target_scene_duration")
        scene = Scene(id=stable_id(text, taken), text=text, language=request.language, illustrate=True)
        scene.duration.FromNanoseconds(max(end - begin, 1))
        _place_words(scene, inside, begin)
        scenes.append(scene)
    return _completed(request, scenes, _sentences(scenes))


def _too_long(field: str) -> InvalidArgument:
    return InvalidArgument((field, f"a scene would hold more than {LONGEST_TEXT:,} characters"))


def _place_words(scene: Scene, segments: Sequence[TimedSegment], begin: int) -> None:
    """Copies the words with times from the scene's start and places in the scene's text."""
    # Characters whose small form is longer would shift all that follows.
    text = "".join(char.lower() if len(char.lower()) == 1 else char for char in scene.text)
    cursor = 0
    for word in (word for segment in segments for word in segment.words):
        at = text.find(word.text.lower(), cursor)
        placed = scene.words.add()
        placed.CopyFrom(word)
        placed.start.FromNanoseconds(max(0, word.start.ToNanoseconds() - begin))
        placed.end.FromNanoseconds(max(0, word.end.ToNanoseconds() - begin))
        placed.char_start = placed.char_end = 0
        if at >= 0:
            placed.char_start, placed.char_end = at, at + len(word.text)
            cursor = placed.char_end


def _sentences(scenes: Sequence[Scene]) -> list[str]:
    return [
        scene.text[one.start : one.end]
        for scene in scenes
        for one in split(scene.text, paragraphs(scene.text))
        if speakable(scene.text[one.start : one.end])
    ]


def _completed(
    request: PlanRequest,
    scenes: list[Scene],
    told: Sequence[str],
    title: str = "",
    drafts: Sequence[SceneDraft] = (),
) -> PlanResult:
    """Fills in what all plans have: seeds, prompts, who is animated, and the words for publishing.

    `told` are the sentences, without headings.
    """
    spoken = "\n".join(scene.text for scene in scenes)
    profiles = Profiles(request.characters, speakers(spoken))
    _picture(request, scenes, profiles)
    warnings = [*profiles.warnings, *_choose(request, scenes, drafts)]
    _present(request, scenes)
    result = PlanResult(
        scenes=scenes,
        title=title or publishing.title(told),
        description=publishing.description(told, request.language),
        tags=publishing.tags("\n".join(scene.text for scene in scenes), request.language, profiles.reader),
        language=request.language,
    )
    result.provenance.warnings.extend(warnings)
    return result


def _picture(request: PlanRequest, scenes: Sequence[Scene], profiles: Profiles) -> None:
    """Writes into each scene what is to be seen: prompts, place, characters and their seeds."""
    stage = Stage(profiles.reader)
    parts, chinese = request.prompt_parts, prompts.is_chinese(request.language)
    comma = "，" if chinese else ", "
    for scene in scenes:
        view = stage.next(scene.text)
        scene.seed = seed_of(request.seed, scene.id)
        prompt = prompts.write(scene.text, view, request.language, parts, scene.seed)
        scene.image_prompt = scene.image_prompt or prompt.image
        scene.motion_prompt = scene.motion_prompt or prompt.motion
        scene.negative_prompt = parts.negative
        scene.setting = parts.setting.strip() or comma.join(
            prompts.named(noun, chinese) for noun in view.setting
        )
        scene.place_seed = seed_of(request.seed, f"place:{scene.setting}")
        profiles.dress(scene, view.cast, [stage.look_of(noun, chinese) for noun in view.cast])
        if view.cast:
            lead = view.cast[0]
            seed = profiles.seed_of(lead)
            scene.character_seed = (
                seed_of(request.seed, f"character:{lead.english}") if seed is None else seed
            )


def _choose(request: PlanRequest, scenes: Sequence[Scene], drafts: Sequence[SceneDraft]) -> list[str]:
    """Decides which scenes show a stock clip and which are animated. Returns what was passed over."""
    wishes = {scene.id: draft for scene, draft in zip(scenes, drafts, strict=False)}
    free = [scene for scene in scenes if scene.illustrate and _is_free(wishes.get(scene.id))]
    if request.stock_clips and request.stock_share:
        chosen = [
            free[at] for at in spread([one.id for one in free], request.stock_share, request.seed, "stock")
        ]
        clips = cast_clips([one.id for one in chosen], request.stock_clips, request.seed)
        for scene, clip in zip(chosen, clips, strict=True):
            scene.clip.CopyFrom(clip)
            scene.illustrate = False
    open_to_choice = []
    for scene in scenes:
        draft = wishes.get(scene.id)
        if scene.HasField("clip"):
            continue
        if draft is not None and draft.HasField("animate"):
            scene.animate = draft.animate
        else:
            open_to_choice.append(scene)
    for at in spread([one.id for one in open_to_choice], request.animate_share, request.seed, "animate"):
        open_to_choice[at].animate = True
    if request.stock_share and not request.stock_clips:
        return ["stock_share was passed over: there are no stock_clips"]
    if request.stock_clips and not request.stock_share:
        return ["stock_clips were passed over: stock_share is 0"]
    return []


def _present(request: PlanRequest, scenes: Sequence[Scene]) -> None:
    """Says which scenes a presenter speaks."""
    narrated = [scene for scene in scenes if scene.narrate]
    places = {
        script_pb2.PRESENTED_ALL: slice(None),
        script_pb2.PRESENTED_FIRST: slice(1),
        script_pb2.PRESENTED_LAST: slice(-1, None),
    }
    for scene in narrated[places.get(request.presented, slice(0))]:
        scene.present = True


def _is_free(draft: SceneDraft | None) -> bool:
    """True for a scene of which the user has not said what is to be seen."""
    return draft is None or not (draft.image_prompt.strip() or draft.animate)


def _length(segment: TimedSegment, after: TimedSegment | None) -> float:
    end = after.start if after is not None else segment.end
    return max(0.0, _seconds(end) - _seconds(segment.start))


def _seconds(duration: Duration) -> float:
    return duration.ToNanoseconds() / 1e9
