"""The outcome: the film, what stands among the outputs, what was warned of, and the scenes."""

from __future__ import annotations

from google.protobuf import text_format
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from orchestrator.pure.graph import compile
from orchestrator.pure.outcome import job_result, scene_views
from orchestrator.pure.recipe import narrated_video
from orchestrator.pure.signals import Key
from reelmesh.common.v1.asset_pb2 import MediaFacts
from reelmesh.common.v1.engine_pb2 import Provenance
from reelmesh.compose.v1.compose_pb2 import ComposeResult, ConvertResult
from reelmesh.imagegen.v1.imagegen_pb2 import GenerateResult as Pictures
from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
from reelmesh.orchestrator.v1.job_pb2 import JobResult, JobSpec
from reelmesh.orchestrator.v1.job_service_pb2 import EditSceneRequest
from reelmesh.orchestrator.v1.narrated_video_pb2 import NarratedVideo
from reelmesh.tts.v1.tts_pb2 import SynthesizeResult
from reelmesh.video.v1.video_pb2 import GenerateResult as Clip
from tests.unit.orchestrator.graphs import asset, plan_of

ALL = (True, True, True)
PLAN = plan_of([ALL, (True, False, False)])
PLAN.description = "A description."
PLAN.tags.extend(["fox", "grapes"])


def composed() -> ComposeResult:
    result = ComposeResult(
        film=asset("film", "video/mp4"), cover=asset("cover", "image/jpeg"), duration=Duration(seconds=9)
    )
    result.subtitle_files.add(asset=asset("srt"))
    result.subtitle_files.add(asset=asset("vtt"))
    for index in range(2):
        place = result.scenes.add(id=f"s{index}", duration=Duration(seconds=4))
        place.start.seconds = 4 * index
    return result


RESULTS: dict[Key, Message] = {
    Key("plan"): PLAN,
    Key("narrate", 0): SynthesizeResult(audio=asset("n0")),
    Key("narrate", 1): SynthesizeResult(audio=asset("n1")),
    Key("illustrate", 0): Pictures(images=[{"asset": asset("p0")}, {"asset": asset("p1")}]),  # type: ignore[list-item]
    Key("animate", 0): Clip(clip=asset("c0")),
    Key("compose"): composed(),
}


def outcome(**fields: object) -> JobResult:
    video = NarratedVideo(text="A text.", **fields)  # type: ignore[arg-type]
    return job_result(compile(narrated_video(video)), RESULTS, JobSpec(narrated_video=video), ["first"])


def test_the_film_and_what_belongs_to_it() -> None:
    made = outcome()
    assert made.film == asset("film", "video/mp4")
    assert made.cover == asset("cover", "image/jpeg")
    assert made.duration == Duration(seconds=9)
    assert [one.path for one in made.assets] == [
        "compose.film",
        "compose.cover",
        "compose.subtitle_files[0].asset",
        "compose.subtitle_files[1].asset",
    ]
    assert made.assets[3].asset == asset("vtt")


def test_words_for_publishing() -> None:
    made = outcome()
    assert (made.title, made.description, list(made.tags)) == ("A title", "A description.", ["fox", "grapes"])
    made = outcome(title="Mine", description="Mine too")
    assert (made.title, made.description) == ("Mine", "Mine too")
    assert outcome(title="Mine", publish_title="Out there").title == "Out there"


def test_warnings_name_their_step() -> None:
    results = dict(RESULTS)
    for index in range(2):
        results[Key("narrate", index)] = SynthesizeResult(provenance=Provenance(warnings=["too fast"]))
    results[Key("animate", 0)] = Clip(provenance=Provenance(warnings=["mute"]))
    video = NarratedVideo(text="A text.")
    made = job_result(compile(narrated_video(video)), results, JobSpec(narrated_video=video), ["first"])
    assert list(made.warnings) == ["first", "narrate (2 times): too fast", "animate[0]: mute"]


def custom(text: str, results: dict[Key, Message]) -> JobResult:
    graph = text_format.Parse('steps { id: "plan" plan { text: "A" } }' + text, StepGraph())
    compiled = compile(graph)
    theirs = {key: result for key, result in results.items() if key.step in compiled.steps}
    return job_result(compiled, theirs, JobSpec(display_name="A job", graph=graph), [])


NARRATE = """
    steps {
      id: "narrate" synthesize {} for_each: "plan.scenes" bindings { to: "text" from: "item.text" }
    }
"""


def test_an_output_may_be_a_list() -> None:
    made = custom(NARRATE + 'outputs: "narrate[*].audio" outputs: "narrate[1].audio"', RESULTS)
    assert [one.path for one in made.assets] == ["narrate[0].audio", "narrate[1].audio"]
    assert not made.HasField("film")


def test_without_outputs_the_last_results_are_the_outcome() -> None:
    made = custom(NARRATE, RESULTS)
    assert [one.path for one in made.assets] == ["narrate[0].audio", "narrate[1].audio"]
    assert made.title == "A title"


def test_what_was_skipped_is_not_among_the_outputs() -> None:
    results = {key: result for key, result in RESULTS.items() if key != Key("narrate", 0)}
    assert [one.path for one in custom(NARRATE, results).assets] == ["narrate[1].audio"]


def test_a_converted_film_keeps_the_cover() -> None:
    text = """
        steps {
          id: "compose" compose {} bindings { to: "scenes[*].id" from: "plan.scenes[*].id" }
        }
        steps { id: "wide" convert {} bindings { to: "film" from: "compose.film" } }
        outputs: "wide.film"
    """
    wide = asset("wide", "video/mp4")
    wide.facts.CopyFrom(MediaFacts(duration=Duration(seconds=8)))
    made = custom(text, {**RESULTS, Key("wide"): ConvertResult(film=wide)})
    assert made.film == wide
    assert made.cover == asset("cover", "image/jpeg")
    assert made.duration == Duration(seconds=8)


# -- scenes ------------------------------------------------------------------------------------------------


def test_scenes_with_what_was_made_for_each() -> None:
    first, second = scene_views(PLAN, RESULTS)
    assert first.scene == PLAN.scenes[0]
    assert (first.index, second.index) == (0, 1)
    assert first.narration == asset("n0")
    assert list(first.pictures) == [asset("p0"), asset("p1")]
    assert first.clip == asset("c0")
    assert second.start == Duration(seconds=4)
    assert second.duration == Duration(seconds=4)
    assert not second.pictures
    assert not first.edited


def test_edits_that_wait_are_shown() -> None:
    edits = {"s0": EditSceneRequest(picture=asset("p1"), locked=True), "s1": EditSceneRequest(text="New.")}
    first, second = scene_views(PLAN, RESULTS, edits)
    assert first.edited
    assert first.locked
    assert list(first.pictures) == [asset("p1"), asset("p0")]
    assert second.scene.text == "New."
    assert second.edited


def test_pictures_made_before_can_still_be_chosen() -> None:
    plan = plan_of([(True, False, False)])
    plan.scenes[0].picture.CopyFrom(asset("p1"))
    [view] = scene_views(plan, {}, pictures={"s0": [asset("p0"), asset("p1")]})
    assert list(view.pictures) == [asset("p1"), asset("p0")]


def test_clips_to_choose_from_are_told_apart_from_the_presenter_s() -> None:
    made = {
        **RESULTS,
        Key("animate_2", 0): Clip(clip=asset("c1")),
        Key("present", 0): Clip(clip=asset("speaks")),
    }
    first, second = scene_views(PLAN, made, clips={"s0": [asset("c0"), asset("old")]})
    assert list(first.clips) == [asset("c0"), asset("c1"), asset("old")]
    assert first.clip == asset("c0")
    assert first.presenter_clip == asset("speaks")
    assert not second.clips
    [chosen, _] = scene_views(PLAN, made, {"s0": EditSceneRequest(clip=asset("c1"))})
    assert list(chosen.clips) == [asset("c1"), asset("c0")]
    assert chosen.clip == asset("c1")


def test_locking_alone_is_no_edit() -> None:
    first, _ = scene_views(PLAN, RESULTS, {"s0": EditSceneRequest(locked=True)})
    assert first.locked
    assert not first.edited
