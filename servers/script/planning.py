"""Makes a plan of a text, of ready scenes, or of a transcript. Pure: the same request, the same plan."""

from __future__ import annotations

import hashlib
import math
import unicodedata
from collections.abc import Iterable, Sequence

from google.protobuf.duration_pb2 import Duration

from reelmesh.common.v1.speech_pb2 import TimedSegment
from reelmesh.script.v1.script_pb2 import PlanRequest, PlanResult, Scene, SceneDraft
from servers.chassis.errors import InvalidArgument
from servers.chassis.text import is_cjk, speakable
from servers.script import prompts
from servers.script.grouping import Piece, divide
from servers.script.notes import Spoken, without_notes
from servers.script.paragraphs import Span, heading_text, paragraphs, title_of
from servers.script.scenes import LONGEST_TEXT, gather, stable_id
from servers.script.sentences import split, split_paragraph

MOST_SCENES = 1000
_TITLE_CHARACTERS = 60
_DESCRIPTION_CHARACTERS = 240
_SEGMENT_CUT = 0.02
_QUOTES = "\"'”’」』"


def plan(request: PlanRequest) -> PlanResult:
    """The plan of a resolved request, its provenance empty.

    Raises:
        InvalidArgument: nothing in the text can be spoken, or it does not fit into so few scenes.
    """
    if request.text:
        return _of_text(request)
    if request.scenes:
        return _of_drafts(request)
    return _of_segments(request)


def _of_text(request: PlanRequest) -> PlanResult:
    spoken = Spoken(request.text)
    text = spoken.text
    blocks = paragraphs(text)
    title = title_of(text, blocks)
    if title is not None:
        blocks = blocks[1:]
    most = request.max_scenes or MOST_SCENES
    spans = gather(text, split(text, blocks), _seconds(request.target_scene_duration), most)
    if not spans:
        raise InvalidArgument(("text", "has no letter or digit that could be spoken"))
    if len(spans) > most:
        raise _too_long("max_scenes")
    if any(span.end - span.start > LONGEST_TEXT for span in spans):
        raise InvalidArgument(("text", "holds thousands of characters in a row without a letter or digit"))
    taken: set[str] = set()
    scenes = []
    for span in spans:
        said, place = span.of(text), spoken.source(span)
        scenes.append(
            Scene(
                id=stable_id(said, taken),
                text=said,
                language=request.language,
                narrate=True,
                illustrate=True,
                char_start=place.start,
                char_end=place.end,
            )
        )
    return _completed(request, scenes, heading_text(title.of(text)) if title is not None else "")


def _of_drafts(request: PlanRequest) -> PlanResult:
    # An id the user chose must not be taken by one that is made.
    given = [draft.id for draft in request.scenes if draft.id]
    for at, draft in enumerate(request.scenes):
        if draft.id and given.count(draft.id) > 1:
            raise InvalidArgument((f"scenes[{at}].id", f'"{draft.id}" is used by more than one scene'))
    taken = set(given)
    scenes = [_of_draft(draft, request.language, taken) for draft in request.scenes]
    return _completed(request, scenes, "", request.scenes)


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
        text = _joined([segment.text for segment in inside])
        if len(text) > LONGEST_TEXT:
            raise _too_long("max_scenes" if request.max_scenes else "target_scene_duration")
        scene = Scene(id=stable_id(text, taken), text=text, language=request.language, illustrate=True)
        scene.duration.FromNanoseconds(max(end - begin, 1))
        _place_words(scene, inside, begin)
        scenes.append(scene)
    return _completed(request, scenes, "")


def _too_long(field: str) -> InvalidArgument:
    return InvalidArgument((field, f"a scene would hold more than {LONGEST_TEXT:,} characters"))


def _joined(parts: Iterable[str]) -> str:
    """The parts as one text, with a space between them where their script has spaces."""
    whole = ""
    for part in (part.strip() for part in parts):
        apart = whole and part and not _unspaced(whole.rstrip(_QUOTES)[-1:]) and not _unspaced(part[:1])
        whole += f" {part}" if apart else part
    return whole


def _unspaced(char: str) -> bool:
    """True for a character beside which no space stands: of Chinese, Japanese or Thai, or a wide mark."""
    return is_cjk(char) or unicodedata.east_asian_width(char) in "WF" or "\u0e00" <= char <= "\u0eff"


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


def _completed(
    request: PlanRequest, scenes: list[Scene], title: str, drafts: Sequence[SceneDraft] = ()
) -> PlanResult:
    """Fills in what all plans have: seeds, prompts, who is animated, and the words for publishing."""
    for scene in scenes:
        scene.seed = scene_seed(request.seed, scene.id)
    texts = [scene.text for scene in scenes]
    written = prompts.write(texts, request.language, request.prompt_parts, [scene.seed for scene in scenes])
    for scene, prompt in zip(scenes, written, strict=True):
        scene.image_prompt = scene.image_prompt or prompt.image
        scene.motion_prompt = scene.motion_prompt or prompt.motion
        scene.negative_prompt = request.prompt_parts.negative
    _animate(scenes, drafts, request.animate_share, request.seed)
    whole = without_notes(request.text) or "\n".join(texts)
    spoken = _joined(" ".join(line.split()) for text in texts for line in text.splitlines())
    return PlanResult(
        scenes=scenes,
        title=title or _untitled(spoken),
        description=_cut(spoken, _DESCRIPTION_CHARACTERS),
        tags=prompts.tags(whole, request.language),
        language=request.language,
    )


def _animate(scenes: list[Scene], drafts: Sequence[SceneDraft], share: float, seed: int) -> None:
    """Spreads the animated scenes evenly; the seed says where the first one stands."""
    phase = (scene_seed(seed, "animate") % 1000) / 1000
    open_to_choice = []
    for at, scene in enumerate(scenes):
        if scene.HasField("clip"):
            continue
        if drafts and drafts[at].HasField("animate"):
            scene.animate = drafts[at].animate
        else:
            open_to_choice.append(scene)
    for at, scene in enumerate(open_to_choice):
        scene.animate = math.floor((at + 1) * share + phase) > math.floor(at * share + phase)


def scene_seed(seed: int, scene_id: str) -> int:
    """A scene's own seed, 63 bits: it hangs on the scene's id, not on its position."""
    digest = hashlib.sha256(f"{seed}:{scene_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def _untitled(text: str) -> str:
    """The first sentence, or the beginning of it, without its full stop."""
    ends = _sentence_ends(text, 2 * _TITLE_CHARACTERS)
    return _cut(text[: ends[0]] if ends else "", _TITLE_CHARACTERS).rstrip(".。")


def _sentence_ends(text: str, most: int) -> list[int]:
    return [sentence.end for sentence in split_paragraph(text[:most], Span(0, len(text[:most])))]


def _cut(text: str, most: int) -> str:
    """The text, or its beginning up to a sentence's or else a word's end."""
    if len(text) <= most:
        return text
    ends = [end for end in _sentence_ends(text, 2 * most) if most // 4 < end <= most]
    if ends:
        return text[: ends[-1]]
    head = text[:most]
    space = head.rfind(" ")
    return (head[:space] if space > most // 2 else head).rstrip(" ,，;；:：") + "…"


def _length(segment: TimedSegment, after: TimedSegment | None) -> float:
    end = after.start if after is not None else segment.end
    return max(0.0, _seconds(end) - _seconds(segment.start))


def _seconds(duration: Duration) -> float:
    return duration.ToNanoseconds() / 1e9
