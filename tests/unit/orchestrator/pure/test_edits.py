"""Edits: no scene changes but the one that was edited, and laying them on twice is laying them on once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.pure.edits import lay_over, merge, scene_with
from reelmesh.common.v1.speech_pb2 import TimedWord
from reelmesh.orchestrator.v1.job_service_pb2 import EditSceneRequest
from reelmesh.script.v1.script_pb2 import PlanResult, Scene
from tests.unit.orchestrator.graphs import asset, plan_of

TEXTS = st.sampled_from(["", "One.", "Two words.", "三个字", "..."])
ASSETS = st.sampled_from(["a", "b"]).map(asset)


@st.composite
def edits(draw: st.DrawFn) -> EditSceneRequest:
    fields = {
        "text": TEXTS,
        "image_prompt": TEXTS,
        "motion_prompt": TEXTS,
        "seed": st.integers(0, 2),
        "variants": st.integers(1, 8),
        "picture": ASSETS,
        "clip": ASSETS,
        "locked": st.booleans(),
    }
    return EditSceneRequest(scene_id="s0", **draw(st.fixed_dictionaries({}, optional=fields)))  # type: ignore[arg-type]


@st.composite
def plans(draw: st.DrawFn) -> PlanResult:
    plan = plan_of(
        draw(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=3))
    )
    scene = plan.scenes[0]
    if draw(st.booleans()):
        scene.picture.CopyFrom(asset("own"))
    if draw(st.booleans()):
        scene.clip.CopyFrom(asset("own clip"))
    if draw(st.booleans()):
        scene.words.add(text="Sentence")
        scene.words.add(text="0")
    return plan


@given(plans(), edits())
def test_laying_on_twice_is_laying_on_once(plan: PlanResult, edit: EditSceneRequest) -> None:
    once = lay_over(plan, {"s0": edit})
    assert lay_over(once, {"s0": edit}) == once


@pytest.mark.parametrize(
    ("typed", "spoken", "narrate"),
    [
        ("The fox #@#slowly#@# ran.", "The fox ran.", True),
        ("狐狸#@#慢镜头#@#跑了。", "狐狸跑了。", True),
        ("#@#for the cutter only#@#", "", False),
        ("a #@# b", "a #@# b", True),
    ],
)
def test_notes_in_an_edit_are_not_spoken(typed: str, spoken: str, narrate: bool) -> None:
    plan = plan_of([(True, True, True)])
    scene = scene_with(plan.scenes[0], EditSceneRequest(text=typed))
    assert (scene.text, scene.narrate) == (spoken, narrate)
    with_words = Scene(text="One.", words=[TimedWord(text="One", char_end=3)])
    assert scene_with(with_words, EditSceneRequest(text=typed)).text == spoken


@given(plans(), edits())
def test_no_other_scene_changes(plan: PlanResult, edit: EditSceneRequest) -> None:
    before = PlanResult()
    before.CopyFrom(plan)
    after = lay_over(plan, {"s0": edit})
    assert plan == before
    assert after.scenes[0].id == "s0"
    assert list(after.scenes[1:]) == list(plan.scenes[1:])


@given(plans(), edits(), edits())
def test_merged_edits_say_what_the_later_one_says(
    plan: PlanResult, earlier: EditSceneRequest, later: EditSceneRequest
) -> None:
    merged = merge(earlier, later)
    scene, alone = scene_with(plan.scenes[0], merged), scene_with(plan.scenes[0], later)
    if later.HasField("text"):
        assert scene.text == alone.text
    if later.HasField("image_prompt"):
        assert scene.image_prompt == later.image_prompt
    if later.HasField("motion_prompt"):
        assert scene.motion_prompt == later.motion_prompt
    if later.HasField("seed"):
        assert scene.seed == later.seed
    if later.HasField("picture"):
        assert scene.picture == later.picture
    if later.HasField("clip"):
        assert scene.clip == later.clip
    if later.HasField("locked"):
        assert merged.locked is later.locked


@given(plans(), edits())
def test_a_scene_has_a_picture_or_gets_one(plan: PlanResult, edit: EditSceneRequest) -> None:
    scene = lay_over(plan, {"s0": edit}).scenes[0]
    if edit != EditSceneRequest(scene_id="s0") and scene.image_prompt:
        assert scene.illustrate or scene.HasField("picture") or scene.HasField("clip")


def edited(**fields: object) -> Scene:
    scene = plan_of([(True, True, True)]).scenes[0]
    scene.char_end = 11
    return scene_with(scene, EditSceneRequest(**fields))  # type: ignore[arg-type]


def test_a_new_text_is_spoken_and_the_picture_stays() -> None:
    scene = edited(text="Another sentence.")
    assert (scene.id, scene.text, scene.narrate) == ("s0", "Another sentence.", True)
    assert (scene.image_prompt, scene.illustrate) == ("picture 0", True)
    assert scene.char_end == 0


@pytest.mark.parametrize("text", ["", "...", "—"])
def test_what_can_not_be_spoken_is_not(text: str) -> None:
    assert edited(text=text).narrate is False


def test_a_picture_that_is_given_is_not_made() -> None:
    scene = edited(picture=asset("p"))
    assert scene.picture == asset("p")
    assert not scene.illustrate
    assert scene.animate


def test_a_clip_that_is_given_is_not_made() -> None:
    scene = edited(clip=asset("c"))
    assert scene.clip == asset("c")
    assert not scene.illustrate
    assert not scene.animate


@pytest.mark.parametrize("fields", [{"image_prompt": "new"}, {"seed": 0}, {"variants": 2}])
def test_a_new_prompt_or_seed_makes_a_new_picture(fields: dict[str, object]) -> None:
    given_before = merge(EditSceneRequest(picture=asset("p")), EditSceneRequest(**fields))  # type: ignore[arg-type]
    plan = plan_of([(True, False, False)])
    plan.scenes[0].picture.CopyFrom(asset("own"))
    scene = lay_over(plan, {"s0": given_before}).scenes[0]
    assert not scene.HasField("picture")
    assert scene.illustrate


def test_a_new_motion_prompt_makes_a_new_clip() -> None:
    plan = plan_of([(True, True, False)])
    plan.scenes[0].clip.CopyFrom(asset("own"))
    scene = lay_over(plan, {"s0": EditSceneRequest(motion_prompt="leaps")}).scenes[0]
    assert not scene.HasField("clip")
    assert scene.animate


def recorded(text: str) -> Scene:
    scene = Scene(id="s0", text="The fux jumps")
    for position, word in enumerate(scene.text.split()):
        timed = scene.words.add(text=word)
        timed.start.seconds, timed.end.seconds = position, position + 1
    return scene_with(scene, EditSceneRequest(text=text))


def test_a_corrected_word_of_a_recording_keeps_its_time() -> None:
    scene = recorded("The fox jumps!")
    assert [word.text for word in scene.words] == ["The", "fox", "jumps"]
    assert [word.start.seconds for word in scene.words] == [0, 1, 2]
    assert [scene.text[word.char_start : word.char_end] for word in scene.words] == ["The", "fox", "jumps"]
    assert not scene.narrate


@given(st.sampled_from(["A fox", "The quick brown fox jumps", "狐狸跳", ""]))
def test_corrected_words_share_the_time_that_there_is(text: str) -> None:
    words = recorded(text).words
    times = [(word.start.ToNanoseconds(), word.end.ToNanoseconds()) for word in words]
    assert all(start < end for start, end in times)
    assert times == sorted(times)
    if times:
        assert times[0][0] == 0
        assert times[-1][1] == 3_000_000_000
