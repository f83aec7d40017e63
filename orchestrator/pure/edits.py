"""Edits of scenes, laid over a plan that is kept: no scene changes but those that were edited.

An edit is an EditSceneRequest whose `picture_index` and `clip_index` the caller has replaced by that picture
and clip. The edits of a
scene are merged into one as they come. Laying an edit over a plan that has it already changes nothing.

What an edit means for the scene's steps, by what is present in it:

    text                  the speech is made anew, without notes ("#@#...#@#"); the id and the prompts stay
    image_prompt, seed    the picture is made anew, in place of a given one
    variants              likewise, and others with it to choose from
    motion_prompt         the clip is made anew, in place of a given one
    picture               given: none is made; a clip is made from it where the scene is animated
    clip                  given: neither a picture nor a clip is made
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reelmesh.common.v1.speech_pb2 import TimedWord
from reelmesh.orchestrator.v1.job_service_pb2 import EditSceneRequest
from reelmesh.script.v1.script_pb2 import PlanResult, Scene
from servers.chassis.notes import without_notes
from servers.chassis.text import speakable
from servers.chassis.words import words_of


def merge(earlier: EditSceneRequest, later: EditSceneRequest) -> EditSceneRequest:
    """One edit that does what the two do in turn."""
    merged = EditSceneRequest()
    merged.CopyFrom(earlier)
    if _remakes_picture(later):
        merged.ClearField("picture")
    if _remakes_picture(later) or later.HasField("picture") or later.HasField("motion_prompt"):
        merged.ClearField("clip")
    if later.HasField("picture"):
        merged.picture.CopyFrom(later.picture)
    if later.HasField("clip"):
        merged.clip.CopyFrom(later.clip)
    for field in ("text", "image_prompt", "motion_prompt", "seed", "variants", "locked"):
        if later.HasField(field):
            setattr(merged, field, getattr(later, field))
    for field in ("job_id", "scene_id"):
        setattr(merged, field, getattr(later, field) or getattr(earlier, field))
    merged.ClearField("picture_index")
    merged.ClearField("clip_index")
    return merged


def lay_over(plan: PlanResult, edits: Mapping[str, EditSceneRequest]) -> PlanResult:
    """A copy of the plan with the edits, by scene id, laid over it. Edits of other scenes are passed over."""
    edited = PlanResult()
    edited.CopyFrom(plan)
    for scene in edited.scenes:
        if scene.id in edits:
            _lay_over_scene(scene, edits[scene.id])
    return edited


def scene_with(scene: Scene, edit: EditSceneRequest) -> Scene:
    """A copy of one scene with an edit laid over it."""
    edited = Scene()
    edited.CopyFrom(scene)
    _lay_over_scene(edited, edit)
    return edited


def _remakes_picture(edit: EditSceneRequest) -> bool:
    return any(edit.HasField(field) for field in ("image_prompt", "seed", "variants"))


def _lay_over_scene(scene: Scene, edit: EditSceneRequest) -> None:
    if edit.HasField("text") and (text := without_notes(edit.text).strip()) != scene.text:
        _lay_over_text(scene, text)
    for field in ("image_prompt", "motion_prompt", "seed", "variants"):
        if edit.HasField(field):
            setattr(scene, field, getattr(edit, field))
    if edit.HasField("picture"):
        scene.picture.CopyFrom(edit.picture)
        scene.illustrate = False
        scene.ClearField("clip")
    elif _remakes_picture(edit) and scene.image_prompt:
        scene.ClearField("picture")
        scene.illustrate = True
        scene.ClearField("clip")
    if edit.HasField("clip"):
        scene.clip.CopyFrom(edit.clip)
        scene.illustrate = scene.animate = False
    elif edit.HasField("motion_prompt"):
        scene.ClearField("clip")
        scene.animate = True
    if not scene.HasField("clip") and not scene.HasField("picture") and scene.image_prompt:
        scene.illustrate = True


def _lay_over_text(scene: Scene, text: str) -> None:
    scene.text = text
    scene.ClearField("char_start")
    scene.ClearField("char_end")
    if scene.words:  # the user's own recording: it says what it says, only the subtitles change
        words = list(_placed(scene.words, text))
        del scene.words[:]
        scene.words.extend(words)
    else:
        scene.narrate = speakable(text)
        scene.present = scene.present and scene.narrate


def _placed(spoken: Iterable[TimedWord], text: str) -> Iterable[TimedWord]:
    """The words of a corrected text in the times of those that were recognised.

    As many words as before keep their times one by one; otherwise they share the whole time by their length.
    """
    before, spans = list(spoken), words_of(text)
    if len(before) != len(spans):
        begin, end = before[0].start.ToNanoseconds(), before[-1].end.ToNanoseconds()
        letters = sum(span.end - span.start for span in spans)
        edges, count = [begin], 0
        for span in spans:
            count += span.end - span.start
            edges.append(begin + (end - begin) * count // letters)
        before = [TimedWord() for _ in spans]
        for word, start, stop in zip(before, edges, edges[1:], strict=False):
            word.start.FromNanoseconds(start)
            word.end.FromNanoseconds(stop)
    for word, span in zip(before, spans, strict=True):
        placed = TimedWord(text=text[span.start : span.end], char_start=span.start, char_end=span.end)
        placed.start.CopyFrom(word.start)
        placed.end.CopyFrom(word.end)
        yield placed
