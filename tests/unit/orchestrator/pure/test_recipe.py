"""The recipe: for every spec that keeps the contract, a graph without faults that makes a film."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from hypothesis import assume, given
from hypothesis import strategies as st

from orchestrator.pure.edits import lay_over
from orchestrator.pure.graph import check, compile
from orchestrator.pure.recipe import narrated_video
from orchestrator.pure.rules import broken
from orchestrator.pure.signals import Dispatch, Key
from reelmesh.asr.v1.asr_pb2 import TranscribeRequest
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from reelmesh.compose.v1.timeline_pb2 import Music
from reelmesh.imagegen.v1.imagegen_pb2 import TEXT_CHECK_REDO, Lora, TextCheckOptions, UpscaleRequest
from reelmesh.imagegen.v1.imagegen_pb2 import GenerateRequest as PictureRequest
from reelmesh.imagegen.v1.imagegen_pb2 import GenerateResult as PictureResult
from reelmesh.orchestrator.v1 import job_pb2
from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
from reelmesh.orchestrator.v1.job_pb2 import JobSpec
from reelmesh.orchestrator.v1.job_service_pb2 import EditSceneRequest
from reelmesh.orchestrator.v1.narrated_video_pb2 import CoverSource, NarratedVideo
from reelmesh.script.v1.script_pb2 import CharacterProfile, PlanRequest, PlanResult, Scene
from reelmesh.tts.v1.tts_pb2 import SynthesizeRequest
from reelmesh.video.v1.video_pb2 import GenerateRequest as ClipRequest
from tests.unit.orchestrator.graphs import Driving, asset, plan_of
from tests.unit.orchestrator.messages import messages

ALL = (True, True, True)


@st.composite
def specs(draw: st.DrawFn) -> NarratedVideo:
    """Any NarratedVideo that keeps the contract: what breaks a rule is taken out again."""
    video = draw(messages(NarratedVideo, depth=2))
    for name in ("text", "scenes", "audio", "topic"):
        video.ClearField(name)
    match draw(st.sampled_from(["text", "scenes", "audio", "topic"])):
        case "text":
            video.text = "A text."
        case "topic":
            video.topic = "The sea."
        case "scenes":
            video.scenes.add(text="A scene.")
            video.scenes.add(picture=asset("p"), duration=Duration(seconds=3))
        case _:
            video.audio.CopyFrom(asset("a"))
    for path, _ in broken(video):
        name = path.partition(".")[0].partition("[")[0]
        assume(name)
        video.ClearField(name)  # type: ignore[arg-type]
    assume(not broken(JobSpec(narrated_video=video)))
    return video


@given(specs(), st.booleans())
def test_every_valid_spec_gives_a_graph_without_faults(video: NarratedVideo, given_plan: bool) -> None:
    graph = narrated_video(video, plan_of([ALL]) if given_plan else None)
    assert check(graph) == []
    compile(graph)


@given(specs(), st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=3))
def test_every_valid_spec_is_walked_to_a_film(
    video: NarratedVideo, flags: list[tuple[bool, bool, bool]]
) -> None:
    del video.review[:]  # nobody is there to look
    spec = JobSpec(narrated_video=video)
    walked = Driving(compile(narrated_video(video)), plan_of(flags), spec=spec).run()
    assert walked.execution == job_pb2.EXECUTION_STATE_SUCCEEDED
    request = walked.walk.request(Key("compose"))
    assert isinstance(request, ComposeRequest)
    assert [scene.id for scene in request.scenes] == [scene.id for scene in walked.plan.scenes]
    assert [bool(scene.narration.digest) for scene in request.scenes] == [
        narrate and not video.HasField("audio") for narrate, _, _ in flags
    ]


def steps(graph: StepGraph) -> dict[str, Any]:
    return {step.id: getattr(step, str(step.WhichOneof("call"))) for step in graph.steps}


def test_steps_from_a_text() -> None:
    graph = narrated_video(NarratedVideo(text="A text."))
    assert list(steps(graph)) == ["plan", "narrate", "align", "illustrate", "animate", "compose"]
    assert list(graph.outputs) == ["compose.film", "compose.cover", "compose.subtitle_files"]


def test_a_topic_is_planned_and_a_style_is_spoken() -> None:
    video = NarratedVideo(topic="the sea")
    video.plan.story_duration.FromSeconds(90)
    video.voice.style = "cheerful"
    made = steps(narrated_video(video))
    assert (made["plan"].topic, made["plan"].text, made["plan"].story_duration.seconds) == ("the sea", "", 90)
    assert made["narrate"].style == "cheerful"


def test_what_is_made_beside_the_film_is_an_output_where_it_is_asked_for() -> None:
    video = NarratedVideo(text="A text.")
    video.output.clean_copy = video.output.narration_file = True
    video.end_card.text, video.progress_bar.at_top, video.loudness_lufs = "Thanks", True, -14.0
    video.preview = True
    graph = narrated_video(video)
    assert list(graph.outputs)[3:] == ["compose.clean_film", "compose.narration"]
    compose = steps(graph)["compose"]
    assert compose.output.clean_copy
    assert compose.preview
    assert (compose.end_card.text, compose.progress_bar.at_top, compose.loudness_lufs) == (
        "Thanks",
        True,
        -14.0,
    )


def test_steps_from_a_recording() -> None:
    video = NarratedVideo(audio=asset("a"), asr_engine="ears", language="de")
    graph = narrated_video(video)
    made = steps(graph)
    assert list(made) == ["transcribe", "plan", "illustrate", "animate", "compose"]
    assert made["transcribe"] == TranscribeRequest(audio=asset("a"), engine="ears", language="de")
    assert made["compose"].narration == asset("a")


def test_a_given_plan_is_not_planned_again() -> None:
    plan = plan_of([ALL])
    for video in (NarratedVideo(text="A text."), NarratedVideo(audio=asset("a"))):
        made = steps(narrated_video(video, plan))
        assert made["plan"] == plan
        assert "transcribe" not in made


def test_defaults() -> None:
    made = steps(narrated_video(NarratedVideo(text="A text.")))
    plan, picture, clip, film = made["plan"], made["illustrate"], made["animate"], made["compose"]
    assert isinstance(plan, PlanRequest)
    assert plan.HasField("animate_share")
    assert plan.animate_share == 0
    assert plan.seed == 0
    assert (picture.width_pixels, picture.height_pixels, picture.count) == (1080, 1920, 1)
    assert (clip.width_pixels, clip.height_pixels, clip.frames_per_second) == (1080, 1920, 30)
    assert (film.canvas.width_pixels, film.canvas.height_pixels) == (1080, 1920)


def test_options_reach_their_steps() -> None:
    video = json_format.ParseDict(
        {
            "text": "A text.",
            "language": "zh-CN",
            "seed": "9",
            "canvas": {
                "widthPixels": 640,
                "heightPixels": 360,
                "framesPerSecond": 25,
                "background": "#102030",
            },
            "plan": {"engine": "pe", "model": "pm", "maxScenes": 4, "targetSceneDuration": "9s"},
            "voice": {"engine": "ve", "model": "vm", "voice": "vv", "speed": 1.5, "pitchSemitones": 2},
            "picture": {
                "engine": "ie",
                "model": "im",
                "style": "dusk",
                "variants": 3,
                "guidance": 7,
                "textCheck": "TEXT_CHECK_REDO",
                "textCheckOptions": {"mostRedos": 4, "redoPaid": True},
            },
            "clip": {"engine": "ce", "animateShare": 0.5, "duration": "3s", "providerParams": {"a": "b"}},
            "composeEngine": "fe",
            "title": "T",
            "showTitle": True,
        },
        NarratedVideo(),
    )
    made = steps(narrated_video(video))
    plan, voice, picture, clip, film = (
        made[name] for name in ("plan", "narrate", "illustrate", "animate", "compose")
    )
    assert plan == PlanRequest(
        text="A text.",
        language="zh-CN",
        engine="pe",
        model="pm",
        max_scenes=4,
        target_scene_duration=Duration(seconds=9),
        animate_share=0.5,
        seed=9,
    )
    assert voice == SynthesizeRequest(engine="ve", model="vm", voice="vv", speed=1.5, pitch_semitones=2)
    assert picture == PictureRequest(
        engine="ie",
        model="im",
        style="dusk",
        count=3,
        guidance=7,
        width_pixels=640,
        height_pixels=360,
        text_check=TEXT_CHECK_REDO,
        text_check_options=TextCheckOptions(most_redos=4, redo_paid=True),
    )
    assert clip == ClipRequest(
        engine="ce",
        duration=Duration(seconds=3),
        width_pixels=640,
        height_pixels=360,
        frames_per_second=25,
        provider_params={"a": "b"},
    )
    assert (film.engine, film.title, film.show_title, film.language) == ("fe", "T", True, "zh-CN")
    assert film.canvas.background == "#102030"


def test_a_title_of_ones_own_goes_over_the_planned_one() -> None:
    for video, title in (
        (NarratedVideo(text="A"), "A title"),
        (NarratedVideo(text="A", title="Mine"), "Mine"),
    ):
        walked = Driving(compile(narrated_video(video)), plan_of([ALL]))
        request = walked.run().walk.request(Key("compose"))
        assert isinstance(request, ComposeRequest)
        assert request.title == title


def test_the_users_own_picture_and_clip_are_used() -> None:
    plan = plan_of([(True, False, True), (True, False, False)])
    plan.scenes[0].picture.CopyFrom(asset("mine"))
    plan.scenes[1].clip.CopyFrom(asset("film of mine"))
    walked = Driving(compile(narrated_video(NarratedVideo(text="A"))), plan).run()
    clip = walked.walk.request(Key("animate", 0))
    film = walked.walk.request(Key("compose"))
    assert isinstance(clip, ClipRequest)
    assert isinstance(film, ComposeRequest)
    assert clip.first_frame == asset("mine")
    assert film.scenes[1].clip == asset("film of mine")


def test_a_scene_that_is_animated_is_painted_and_filmed_in_layers() -> None:
    plan = plan_of([(True, True, True), (True, True, False)])
    walked = Driving(compile(narrated_video(NarratedVideo(text="A"))), plan).run()
    pictures = [walked.walk.request(Key("illustrate", index)) for index in (0, 1)]
    clip = walked.walk.request(Key("animate", 0))
    assert [picture.layers for picture in pictures if isinstance(picture, PictureRequest)] == [True, False]
    made = walked.walk.instances[Key("illustrate", 0)].result
    assert isinstance(clip, ClipRequest)
    assert isinstance(made, PictureResult)
    assert clip.first_frame == made.images[0].asset
    assert list(clip.layers) == list(made.images[0].layers) != []


def test_a_chosen_picture_is_filmed_without_the_layers_of_the_one_before() -> None:
    video, plan = NarratedVideo(text="A text."), plan_of([ALL])
    id = plan.scenes[0].id
    edited = lay_over(plan, {id: EditSceneRequest(scene_id=id, picture=asset("chosen"))})
    clip = Driving(compile(narrated_video(video, edited)), edited).run().walk.request(Key("animate", 0))
    assert isinstance(clip, ClipRequest)
    assert clip.first_frame == asset("chosen")
    assert not clip.layers


def test_an_edited_scene_alone_asks_for_something_else() -> None:
    video = NarratedVideo(text="A text.")
    before = plan_of([ALL, ALL, ALL])
    after = PlanResult()
    after.CopyFrom(before)
    after.scenes[1].text = "Another sentence."
    one = asked(Driving(compile(narrated_video(video, before)), before).run())
    other = asked(Driving(compile(narrated_video(video, after)), after).run())
    assert one.keys() == other.keys()
    assert {str(key) for key in one if one[key] != other[key]} == {"narrate[1]", "compose"}


def asked(walked: Driving) -> dict[Key, Message]:
    """What the servers were asked for."""
    return {output.key: output.request for output in walked.outputs if isinstance(output, Dispatch)}


def test_music_lies_under_the_film() -> None:
    music = Music(audio=asset("m"), gain_db=-20)
    assert steps(narrated_video(NarratedVideo(text="A", music=music)))["compose"].music == music


@pytest.mark.parametrize("field", ["title", "description", "language"])
def test_what_the_spec_says_is_not_bound(field: str) -> None:
    text = {"title": "T", "description": "D", "language": "en"}[field]
    for video, bound in ((NarratedVideo(text="A"), True), (NarratedVideo(text="A", **{field: text}), False)):  # type: ignore[arg-type]
        compose = narrated_video(video).steps[-1]
        assert any(binding.to == field for binding in compose.bindings) is bound


def test_what_is_enlarged_is_made_smaller_and_takes_the_place_of_what_was_made() -> None:
    video = json_format.ParseDict(
        {
            "text": "A fox.",
            "canvas": {"widthPixels": 1080, "heightPixels": 1920},
            "picture": {"upscale": {"engine": "spandrel", "model": "real", "factor": 4}},
            "clip": {"animateShare": 1, "variants": 2, "upscale": {}},
        },
        NarratedVideo(),
    )
    graph = narrated_video(video)
    assert check(graph) == []
    made = steps(graph)
    size = {"width_pixels": 1080, "height_pixels": 1920}
    assert made["enlarge"] == UpscaleRequest(engine="spandrel", model="real", **size)
    assert made["enlarge_clip"] == UpscaleRequest(**size)
    assert (made["illustrate"].width_pixels, made["illustrate"].height_pixels) == (270, 480)
    assert (made["animate_2"].width_pixels, made["animate_2"].height_pixels) == (540, 960)
    bound = {step.id: [(one.to, getattr(one, "from")) for one in step.bindings] for step in graph.steps}
    assert bound["enlarge"] == [("asset", "illustrate.images[0].asset"), ("asset", "item.picture")]
    assert bound["enlarge_clip"] == [
        ("asset", "animate_2.clip"),
        ("asset", "animate.clip"),
        ("asset", "item.clip"),
    ]
    assert ("first_frame", "enlarge.asset") in bound["animate"]
    assert not [to for id in ("illustrate", "animate") for to, _ in bound[id] if to == "layers"]
    for field, id in (("picture", "enlarge"), ("clip", "enlarge_clip")):
        # The last that is set wins.
        assert [one for one in bound["compose"] if one[0] == f"scenes[*].{field}"][-1][1] == f"{id}[*].asset"


def bound_in(graph: StepGraph, id: str) -> dict[str, str]:
    """The last source of each target of a step."""
    (step,) = (step for step in graph.steps if step.id == id)
    return {one.to: getattr(one, "from") for one in step.bindings}


def test_a_cover_of_its_own_is_drawn_beside_the_scenes_and_given_to_the_film() -> None:
    video = NarratedVideo(text="A fox.", seed=3)
    video.picture.engine, video.picture.style, video.picture.text_check = "ie", "dusk", TEXT_CHECK_REDO
    video.cover.source = CoverSource.COVER_SOURCE_GENERATED
    graph = narrated_video(video)
    assert check(graph) == []
    assert steps(graph)["cover"] == PictureRequest(
        engine="ie",
        style="dusk",
        text_check=TEXT_CHECK_REDO,
        width_pixels=1080,
        height_pixels=1920,
        count=1,
        seed=3,
    )
    assert bound_in(graph, "cover")["prompt"] == "plan.scenes[0].image_prompt"
    bound = bound_in(graph, "compose")
    assert bound["cover.picture"] == "cover.images[0].asset"
    assert bound["cover.title"] == "plan.title"
    video.cover.prompt, video.title = "a fox in the moonlight", "T"
    graph = narrated_video(video)
    assert (steps(graph)["cover"].prompt, steps(graph)["compose"].cover.title) == (video.cover.prompt, "T")
    assert "prompt" not in bound_in(graph, "cover")
    video.cover.title = ""  # none, and none of the plan's
    graph = narrated_video(video)
    assert steps(graph)["compose"].cover.title == ""
    assert "cover.title" not in bound_in(graph, "compose")


def test_a_cover_that_can_not_be_drawn_costs_no_film() -> None:
    video = NarratedVideo(text="A fox.")
    video.cover.source = CoverSource.COVER_SOURCE_GENERATED
    plan = PlanResult(title="Fox", scenes=[Scene(id="a", text="One.", image_prompt="p", illustrate=True)])
    graph = compile(narrated_video(video, plan))
    walked = Driving(
        graph, plan, spec=JobSpec(narrated_video=video), failing=lambda key: key.step == "cover"
    ).run()
    assert walked.execution == job_pb2.EXECUTION_STATE_SUCCEEDED
    film = walked.walk.request(Key("compose"))
    assert isinstance(film, ComposeRequest)
    assert (film.cover.HasField("picture"), film.cover.title) == (False, "Fox")


def test_a_frame_is_the_cover_where_nothing_is_said_and_may_have_a_text() -> None:
    video = NarratedVideo(text="A fox.")
    graph = narrated_video(video)
    assert "cover" not in steps(graph)
    assert not steps(graph)["compose"].HasField("cover")
    video.cover.source, video.cover.title = CoverSource.COVER_SOURCE_FRAME, "Fox"
    graph = narrated_video(video)
    assert "cover" not in steps(graph)
    assert steps(graph)["compose"].cover.title == "Fox"


def pictures_of(video: NarratedVideo, *scenes: Scene) -> list[PictureRequest]:
    """What is asked of ImageGen for some scenes of a plan."""
    plan = PlanResult(scenes=scenes)
    walked = Driving(compile(narrated_video(video, plan)), plan, spec=JobSpec(narrated_video=video)).run()
    found = [walked.walk.request(Key("illustrate", at)) for at in range(len(scenes))]
    assert all(isinstance(one, PictureRequest) for one in found)
    return found  # type: ignore[return-value]


def test_characters_and_stock_reach_the_plan() -> None:
    mira = CharacterProfile(name="Mira", description="a girl")
    video = NarratedVideo(text="A text.", characters=[mira], stock_clips=[asset("s")], stock_share=0.25)
    plan = steps(narrated_video(video))["plan"]
    assert list(plan.characters) == [mira]
    assert list(plan.stock_clips) == [asset("s")]
    assert plan.stock_share == 0.25


def test_what_a_scene_knows_of_its_picture_goes_before_the_job_s() -> None:
    video = NarratedVideo(text="A text.", characters=[CharacterProfile(name="Mira")])
    video.picture.character = "a fox in a scarf"
    video.picture.loras.add(name="ink")
    own = Scene(
        id="a", text="One.", image_prompt="p", illustrate=True, seed=1, place_seed=2, character_seed=3
    )
    own.character = "Mira: a girl"
    own.reference_image.CopyFrom(asset("face"))
    own.loras.add(name="mira")
    plain = Scene(id="b", text="Two.", image_prompt="p", illustrate=True, seed=4, place_seed=2)
    one, two = pictures_of(video, own, plain)
    assert (one.seed, one.place_seed, one.character_seed, one.character) == (1, 2, 3, "Mira: a girl")
    assert one.reference_image == asset("face")
    assert list(one.loras) == [Lora(name="mira")]
    assert (two.seed, two.place_seed, two.character) == (4, 2, "a fox in a scarf")
    assert not two.HasField("reference_image")
    assert list(two.loras) == [Lora(name="ink")]


def test_the_job_s_character_is_kept_where_there_are_no_profiles() -> None:
    video = NarratedVideo(text="A text.")
    scene = Scene(id="a", text="One.", image_prompt="p", illustrate=True, character="crow")
    assert pictures_of(video, scene)[0].character == "crow"
    video.picture.character = "a fox in a scarf"
    assert pictures_of(video, scene)[0].character == "a fox in a scarf"
