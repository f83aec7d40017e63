"""The recipe's presenter, variants of clips and sound effects."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration

from orchestrator.pure.edits import lay_over
from orchestrator.pure.graph import check, compile
from orchestrator.pure.recipe import narrated_video
from orchestrator.pure.rules import broken
from orchestrator.pure.signals import Dispatch
from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.orchestrator.v1.graph_pb2 import ON_FAILURE_CONTINUE, Step
from reelmesh.orchestrator.v1.job_pb2 import JobSpec
from reelmesh.orchestrator.v1.job_service_pb2 import EditSceneRequest
from reelmesh.orchestrator.v1.narrated_video_pb2 import NarratedVideo
from reelmesh.script.v1 import script_pb2
from reelmesh.script.v1.script_pb2 import PlanResult, Scene
from tests.unit.orchestrator.graphs import Driving, asset


def presented(**fields: Any) -> NarratedVideo:
    """A film of a text with a presenter."""
    video = NarratedVideo(text="A text.", seed=7)
    video.presenter.description = "a woman in a blue suit"
    for name, value in fields.items():
        setattr(video.presenter.shown, name, value)
    assert not broken(JobSpec(narrated_video=video))
    return video


def by_id(video: NarratedVideo) -> dict[str, Step]:
    graph = narrated_video(video)
    assert check(graph) == []
    return {step.id: step for step in graph.steps}


def scene(id: str, **fields: Any) -> Scene:
    return Scene(id=id, text=f"{id}.", narrate=True, illustrate=True, image_prompt="p", seed=3, **fields)


def asked(video: NarratedVideo, *scenes: Scene) -> dict[str, Any]:
    """Every request that is sent for a plan, by step instance."""
    plan = PlanResult(scenes=scenes)
    walked = Driving(compile(narrated_video(video, plan)), plan, spec=JobSpec(narrated_video=video)).run()
    return {str(output.key): output.request for output in walked.outputs if isinstance(output, Dispatch)}


def test_nobody_presents_where_nobody_is_asked_for() -> None:
    steps = by_id(NarratedVideo(text="A text."))
    assert {"portrait", "present"}.isdisjoint(steps)
    assert steps["plan"].plan.presented == script_pb2.PRESENTED_UNSPECIFIED
    assert not steps["compose"].compose.HasField("avatar")


def test_each_scene_that_is_presented_speaks_its_own_narration() -> None:
    sent = asked(presented(), scene("a", present=True), scene("b"), scene("c", present=True))
    assert "a woman in a blue suit" in sent["portrait"].prompt
    assert {key for key in sent if key.startswith("present[")} == {"present[0]", "present[2]"}
    for at in (0, 2):
        request = sent[f"present[{at}]"]
        assert request.driving_audio.digest
        assert request.first_frame.digest
        assert request.seed == 3
    assert sent["present[0]"].driving_audio != sent["present[2]"].driving_audio
    film = sent["compose"]
    assert [bool(one.avatar_clip.digest) for one in film.scenes] == [True, False, True]
    assert film.HasField("avatar")
    assert not film.avatar.HasField("clip")


@pytest.mark.parametrize(
    ("looks", "cut_out", "ground"),
    [
        ("a man", False, "plain background"),
        ("a man", True, "plain green background"),
        ("a man in a green coat", True, "plain blue background"),
    ],
)
def test_a_portrait_that_is_cut_out_stands_before_a_colour_that_is_not_its_own(
    looks: str, cut_out: bool, ground: str
) -> None:
    video = presented(remove_background=cut_out)
    video.presenter.description = looks
    assert by_id(video)["portrait"].generate_image.prompt.endswith(ground)


def test_a_portrait_that_is_given_is_not_drawn() -> None:
    video = presented()
    video.presenter.portrait.CopyFrom(asset("face"))
    assert broken(video) == [("presenter", "give exactly one of portrait and description")]
    video.presenter.ClearField("description")
    steps = by_id(video)
    assert "portrait" not in steps
    assert steps["present"].generate_video.first_frame == asset("face")


def test_options_reach_the_provider() -> None:
    video = presented(anchor=parts.ANCHOR_TOP_LEFT, size=0.5, shape=parts.AVATAR_SHAPE_ROUND)
    video.presenter.engine, video.presenter.model, video.presenter.prompt = "kling", "kling-avatar", "calm"
    video.presenter.provider_params["mode"] = "pro"
    video.presenter.routing.max_cost.units = 2
    video.picture.style = "flat"
    steps = by_id(video)
    call, drawn = steps["present"].generate_video, steps["portrait"].generate_image
    assert (call.engine, call.model, call.prompt) == ("kling", "kling-avatar", "calm")
    assert call.provider_params["mode"] == "pro"
    assert call.routing.max_cost.units == 2
    assert (call.width_pixels, call.height_pixels) == (540, 540)
    assert drawn.width_pixels == drawn.height_pixels
    assert drawn.style == "flat"
    avatar = steps["compose"].compose.avatar
    assert (avatar.anchor, avatar.size, avatar.shape) == (
        parts.ANCHOR_TOP_LEFT,
        0.5,
        parts.AVATAR_SHAPE_ROUND,
    )


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        (parts.AVATAR_SHAPE_FULL_SCREEN, (1080, 1920)),
        (parts.AVATAR_SHAPE_RECTANGLE, (324, 432)),
        (parts.AVATAR_SHAPE_SQUARE, (324, 324)),
    ],
)
def test_the_clip_is_as_large_as_it_is_shown(
    shape: parts.AvatarShape.ValueType, size: tuple[int, int]
) -> None:
    call = by_id(presented(shape=shape))["present"].generate_video
    assert (call.width_pixels, call.height_pixels) == size


@pytest.mark.parametrize(
    ("span", "scenes"),
    [
        (parts.AVATAR_SPAN_FIRST_SCENE, script_pb2.PRESENTED_FIRST),
        (parts.AVATAR_SPAN_LAST_SCENE, script_pb2.PRESENTED_LAST),
    ],
)
def test_scenes_without_the_presenter_cost_nothing(
    span: parts.AvatarSpan.ValueType, scenes: script_pb2.Presented.ValueType
) -> None:
    steps = by_id(presented(span=span))
    assert steps["plan"].plan.presented == scenes
    assert not steps["compose"].compose.avatar.span


def test_a_recording_is_spoken_in_one_clip_that_begins_with_the_film() -> None:
    video = presented()
    video.ClearField("text")
    video.audio.CopyFrom(asset("sound"))
    video.presenter.shown.start.FromSeconds(4)
    steps = by_id(video)
    assert steps["present"].generate_video.driving_audio == asset("sound")
    assert not steps["present"].for_each
    avatar = steps["compose"].compose.avatar
    assert not avatar.HasField("start")
    assert [one.start.seconds for one in avatar.ranges] == [4]
    video.presenter.shown.ClearField("start")
    video.presenter.shown.span = parts.AVATAR_SPAN_LAST_SCENE
    assert [path for path, _ in broken(video)] == [""]


def test_a_clip_of_ones_own_is_refused() -> None:
    video = presented()
    video.presenter.shown.clip.CopyFrom(asset("c"))
    assert broken(video) == [("presenter.shown", "clip must be unset: it is made")]


def test_an_edited_sentence_makes_its_own_clip_alone_anew() -> None:
    plan = [scene("a", present=True), scene("b", present=True)]
    before = asked(presented(), *plan)
    edited = lay_over(PlanResult(scenes=plan), {"b": EditSceneRequest(scene_id="b", text="Other words.")})
    after = asked(presented(), *edited.scenes)
    changed = {key for key in before if before[key] != after.get(key)}
    assert changed == {"narrate[1]", "present[1]", "compose"}
    silent = lay_over(PlanResult(scenes=plan), {"b": EditSceneRequest(scene_id="b", text="...")})
    assert "present[1]" not in asked(presented(), *silent.scenes)


def test_variants_share_picture_and_words_and_the_first_that_there_is_is_shown() -> None:
    video = NarratedVideo(text="A text.", seed=7)
    video.clip.variants = 3
    sent = asked(video, scene("a", animate=True, motion_prompt="it moves"))
    clips = [sent[f"{step}[0]"] for step in ("animate", "animate_2", "animate_3")]
    assert [one.variant for one in clips] == [0, 1, 2]
    assert len({one.first_frame.digest for one in clips}) == 1
    assert {(one.prompt, one.seed) for one in clips} == {("it moves", 3)}
    steps = by_id(video)
    assert all(steps[id].on_failure == ON_FAILURE_CONTINUE for id in ("animate", "animate_2", "animate_3"))
    shown = [
        getattr(one, "from") for one in steps["compose"].bindings if one.to == "scenes[*].clip"
    ]  # the last one that is set wins
    assert shown == ["animate_3[*].clip", "animate_2[*].clip", "animate[*].clip", "plan.scenes[*].clip"]


def test_one_variant_is_as_without() -> None:
    plain = NarratedVideo(text="A text.")
    one = NarratedVideo(text="A text.")
    one.clip.variants = 1
    assert narrated_video(plain) == narrated_video(one)


def test_sound_effects_reach_the_film() -> None:
    effect = parts.SoundEffect(audio=asset("door"), at=Duration(seconds=2), scene_id="a", gain_db=-3)
    video = NarratedVideo(text="A text.", sound_effects=[effect])
    assert list(by_id(video)["compose"].compose.sound_effects) == [effect]
