"""The walk: any order of what happens ends as the straight run, and nothing runs before its time."""

from __future__ import annotations

import random
import zlib

import pytest
from google.protobuf.message import Message
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import BadRequest
from google.rpc.status_pb2 import Status
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.pure.graph import check, compile
from orchestrator.pure.instances import ENDED
from orchestrator.pure.recipe import narrated_video
from orchestrator.pure.walk import (
    AttemptFailed,
    Begin,
    Cancel,
    CancelCall,
    Cancelled,
    Changed,
    Decided,
    Dispatch,
    ExecutionChanged,
    Failed,
    Key,
    Pause,
    Planned,
    Restored,
    Resume,
    Started,
    Succeeded,
    Unconfirmed,
    Walk,
    Withdraw,
)
from reelmesh.asr.v1.asr_pb2 import AlignResult
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from reelmesh.orchestrator.v1 import job_pb2, job_service_pb2
from reelmesh.orchestrator.v1.graph_pb2 import ON_FAILURE_CONTINUE, Step, StepGraph
from reelmesh.orchestrator.v1.job_pb2 import JobSpec
from reelmesh.orchestrator.v1.narrated_video_pb2 import NarratedVideo
from reelmesh.script.v1.script_pb2 import PlanResult
from reelmesh.tts.v1.tts_pb2 import SynthesizeRequest, SynthesizeResult
from tests.unit.orchestrator.graphs import FAILURE, Driving, asset, bind, plan_of, result_of, step_graphs

ALL = (True, True, True)


def fails(seed: int, key: Key) -> bool:
    """About one instance in five, always the same ones."""
    return zlib.crc32(f"{seed} {key}".encode()) % 5 == 0


# -- laws --------------------------------------------------------------------------------------------------


@given(step_graphs())
def test_random_graphs_have_no_faults(made: tuple[StepGraph, PlanResult]) -> None:
    assert check(made[0]) == []


@given(step_graphs(), st.integers(0, 2**32), st.booleans())
def test_any_order_ends_as_the_straight_run(
    made: tuple[StepGraph, PlanResult], seed: int, failing: bool
) -> None:
    graph, plan = made
    compiled = compile(graph)

    def may_fail(key: Key) -> bool:
        return failing and compiled.steps[key.step].continues and fails(seed, key)

    straight = Driving(compiled, plan, failing=may_fail).run()
    other = Driving(compiled, plan, failing=may_fail).run_at_random(random.Random(seed))
    assert straight.walk.finished
    assert other.walk.finished
    # A request that breaks a rule may fail the execution; which others it still catches is a matter of order.
    assert other.execution == straight.execution
    if straight.execution == job_pb2.EXECUTION_STATE_SUCCEEDED:
        assert other.final == straight.final
        assert other.walk.warnings == straight.walk.warnings
        assert all(state in ENDED for state in other.states.values())


@given(step_graphs(), st.integers(0, 2**32))
def test_an_execution_that_fails_ends_with_nothing_running(
    made: tuple[StepGraph, PlanResult], seed: int
) -> None:
    graph, plan = made
    walked = Driving(compile(graph), plan, failing=lambda key: fails(seed, key)).run_at_random(
        random.Random(seed)
    )
    assert walked.walk.finished
    assert all(state in ENDED for state in walked.states.values())
    fatal = {
        key
        for key, one in walked.walk.instances.items()
        if one.state == job_pb2.STEP_STATE_FAILED and not walked.graph.steps[key.step].continues
    }
    if fatal:
        assert walked.execution == job_pb2.EXECUTION_STATE_FAILED
        assert Key.parse(walked.walk.failed_step) in fatal
    else:
        assert walked.execution == job_pb2.EXECUTION_STATE_SUCCEEDED


@given(step_graphs(), st.integers(0, 2**32))
def test_cancel_always_ends(made: tuple[StepGraph, PlanResult], seed: int) -> None:
    graph, plan = made
    walked = Driving(compile(graph), plan).run_at_random(random.Random(seed), cancel=True)
    assert walked.walk.finished
    assert all(state in ENDED for state in walked.states.values())
    asked = any(
        isinstance(output, ExecutionChanged) and output.state == job_pb2.EXECUTION_STATE_CANCELLING
        for output in walked.outputs
    )
    assert (walked.execution == job_pb2.EXECUTION_STATE_CANCELLED) == asked


@given(step_graphs(), st.integers(0, 2**32), st.data())
def test_an_edit_makes_anew_only_what_depends_on_it(
    made: tuple[StepGraph, PlanResult], seed: int, data: st.DataObject
) -> None:
    graph, plan = made
    if not plan.scenes:
        return
    compiled, chance = compile(graph), random.Random(seed)
    first = Driving(compiled, plan).run_at_random(chance)
    kept = {asked(key, first.walk.request(key)) for key in first.walk.results}
    edited = PlanResult.FromString(plan.SerializeToString())
    index = data.draw(st.integers(0, len(plan.scenes) - 1))
    setattr(
        edited.scenes[index], data.draw(st.sampled_from(["text", "image_prompt", "motion_prompt"])), "New."
    )
    second = Driving(compiled, edited).run_at_random(chance)
    for key in second.walk.results:
        if asked(key, second.walk.request(key)) not in kept:
            assert key.index in (None, index)
            assert key.step != "plan" or graph.steps[0].WhichOneof("call") == "given_plan"


def asked(key: Key, request: Message) -> tuple[Key, bytes]:
    """What a step is remembered by."""
    return key, request.SerializeToString(deterministic=True)


@given(step_graphs(), st.integers(0, 2**32))
def test_a_review_holds_what_is_behind_it_and_nothing_else(
    made: tuple[StepGraph, PlanResult], seed: int
) -> None:
    """Without an approval, all that is behind no gate ends, and what is behind one waits or can not begin."""
    graph, plan = made
    walked = Driving(compile(graph), plan)
    walked.apply(Begin())
    chance = random.Random(seed)
    while walked.waiting or walked.running:
        key = chance.choice(sorted({*walked.waiting, *walked.running}))
        (walked.start if key in walked.waiting else walked.end)(key)
    if walked.walk.finished:
        return
    reviewed = [key for key, state in walked.states.items() if state == job_pb2.STEP_STATE_WAITING_FOR_REVIEW]
    assert reviewed
    for key, state in walked.states.items():
        step = walked.graph.steps[key.step]
        if state in ENDED:
            assert not step.message.gates or state != job_pb2.STEP_STATE_SUCCEEDED
        else:
            assert state in (job_pb2.STEP_STATE_WAITING_FOR_REVIEW, job_pb2.STEP_STATE_PENDING)
            assert (state == job_pb2.STEP_STATE_WAITING_FOR_REVIEW) <= bool(step.message.gates)


@given(step_graphs())
def test_without_mishap_everything_is_dispatched_once(made: tuple[StepGraph, PlanResult]) -> None:
    walked = Driving(compile(made[0]), made[1]).run()
    assert all(count == 1 for count in walked.dispatched.values())


@given(step_graphs(), st.integers(0, 2**32))
def test_the_fraction_never_falls_and_ends_at_one(made: tuple[StepGraph, PlanResult], seed: int) -> None:
    walked = Driving(compile(made[0]), made[1])
    chance = random.Random(seed)
    last = 0.0
    walked.apply(Begin())
    while walked.waiting or walked.running:
        if walked.waiting:
            walked.start(min(walked.waiting))
        now = walked.walk.fraction(
            dict.fromkeys(walked.running, chance.random()), lambda method: float(len(method))
        )
        assert last <= now <= 1
        last = now
        walked.end(min(walked.running))
    if walked.execution == job_pb2.EXECUTION_STATE_SUCCEEDED:
        assert walked.walk.fraction({}, lambda method: 1.0) == 1


# -- the recipe, by hand -----------------------------------------------------------------------------------


def film(*flags: tuple[bool, bool, bool], **fields: object) -> Driving:
    spec = JobSpec(narrated_video=NarratedVideo(text="A text.", **fields))  # type: ignore[arg-type]
    return Driving(compile(narrated_video(spec.narrated_video)), plan_of(flags), spec=spec)


def test_a_film_is_made_of_what_its_scenes_became() -> None:
    walked = film(ALL, (True, False, False))
    walked.plan.scenes[1].picture.CopyFrom(asset("own"))
    walked.run()
    assert walked.execution == job_pb2.EXECUTION_STATE_SUCCEEDED
    assert walked.states[Key("illustrate", 1)] == job_pb2.STEP_STATE_SKIPPED
    assert walked.states[Key("align", 1)] == job_pb2.STEP_STATE_SKIPPED
    request = walked.walk.request(Key("compose"))
    assert isinstance(request, ComposeRequest)
    first, second = request.scenes
    assert (first.id, second.id) == ("s0", "s1")
    assert first.HasField("clip")
    assert first.HasField("picture")
    assert [word.text for word in first.words] == ["aligned"]
    assert [word.text for word in second.words] == ["word"]
    assert second.picture == asset("own")
    assert not second.HasField("clip")
    assert request.title == "A title"


def test_a_paired_step_goes_ahead_of_the_slowest() -> None:
    walked = film(ALL, ALL)
    walked.apply(Begin())
    walked.start(Key("plan"))
    walked.end(Key("plan"))
    walked.start(Key("illustrate", 1))
    walked.end(Key("illustrate", 1))
    assert Key("animate", 1) in walked.waiting
    assert Key("animate", 0) not in walked.waiting


def test_planned_tells_of_the_scenes() -> None:
    walked = film(ALL, ALL).run()
    assert Planned("narrate", 2, ("s0", "s1")) in walked.outputs
    assert walked.walk.instances[Key("narrate", 1)].scene_id == "s1"


def test_what_is_skipped_is_known_at_once() -> None:
    walked = film((True, True, False))
    walked.apply(Begin())
    walked.start(Key("plan"))
    walked.end(Key("plan"))
    assert walked.states[Key("animate", 0)] == job_pb2.STEP_STATE_SKIPPED


def test_where_failing_is_allowed_the_film_is_made_with_a_warning() -> None:
    walked = film(ALL)
    walked.failing = lambda key: key.step == "align"
    walked.run()
    assert walked.execution == job_pb2.EXECUTION_STATE_SUCCEEDED
    assert walked.walk.warnings == ["align[0] failed: it broke"]


def test_a_plan_without_scenes_fails_where_it_is_missed() -> None:
    walked = film().run()
    assert walked.execution == job_pb2.EXECUTION_STATE_FAILED
    assert walked.walk.failed_step == "compose"
    assert walked.walk.error is not None
    assert walked.walk.error.code == code_pb2.INVALID_ARGUMENT
    assert any("scenes" in one.field for one in _violations(walked.walk.error))


def _violations(status: Status) -> list[BadRequest.FieldViolation]:
    for detail in status.details:
        request = BadRequest()
        if detail.Unpack(request):
            return list(request.field_violations)
    return []


def test_a_seed_of_zero_is_bound() -> None:
    walked = film(ALL)
    walked.run()
    request = walked.walk.request(Key("narrate", 0))
    assert isinstance(request, SynthesizeRequest)
    assert request.HasField("seed")
    assert request.seed == 0


def test_the_spec_is_needed_where_it_is_read() -> None:
    video = NarratedVideo(text="A text.")
    video.picture.motion.amount = 0.5
    graph = compile(narrated_video(video))
    with pytest.raises(ValueError, match="spec"):
        Walk(graph)
    walked = Driving(graph, plan_of([ALL, ALL]), spec=JobSpec(narrated_video=video)).run()
    request = walked.walk.request(Key("compose"))
    assert isinstance(request, ComposeRequest)
    assert [scene.motion.amount for scene in request.scenes] == [0.5, 0.5]


# -- fan-outs ----------------------------------------------------------------------------------------------


def test_too_many_elements_fail_the_step() -> None:
    walked = film(*[(False, False, False)] * 1001)
    walked.run()
    assert walked.execution == job_pb2.EXECUTION_STATE_FAILED
    assert walked.walk.failed_step in {"narrate", "align", "illustrate", "animate"}
    assert walked.walk.error is not None
    assert "1001" in walked.walk.error.message


def test_a_thousand_scenes_are_walked() -> None:
    walked = film(*[ALL] * 1000)
    walked.apply(Begin())
    walked.walk.apply(Started(Key("plan")))
    outputs = walked.walk.apply(Succeeded(Key("plan"), walked.plan))
    asked = 1
    while not walked.walk.finished:
        queue = [output for output in outputs if isinstance(output, Dispatch)]
        assert queue
        asked += len(queue)
        outputs = []
        for dispatch in queue:
            result = result_of(dispatch.key, dispatch.request, walked.plan)
            outputs += walked.walk.apply(Started(dispatch.key))
            outputs += walked.walk.apply(Succeeded(dispatch.key, result))
    assert walked.walk.state == job_pb2.EXECUTION_STATE_SUCCEEDED
    assert asked == 1 + 1000 + 500 + 1000 + 1000 + 1


def test_what_fans_out_over_a_failed_step_has_no_instances() -> None:
    graph = StepGraph(steps=[Step(id="plan", on_failure=ON_FAILURE_CONTINUE), _narrate()])
    graph.steps[0].plan.text = "A text."
    walked = Driving(compile(graph), PlanResult(), failing=lambda key: True).run()
    assert walked.execution == job_pb2.EXECUTION_STATE_SUCCEEDED
    assert Planned("narrate", 0) in walked.outputs
    assert set(walked.states) == {Key("plan")}


def _narrate() -> Step:
    step = Step(id="narrate", for_each="plan.scenes")
    step.synthesize.SetInParent()
    return bind(step, text="item.text")


def test_lists_of_different_lengths_can_not_be_zipped() -> None:
    graph = StepGraph(steps=[Step(id="plan"), Step(id="join")])
    graph.steps[0].plan.text = "A text."
    join = graph.steps[1]
    for _ in range(3):
        join.compose.scenes.add()
    bind(join, scenes__text="plan.scenes[*].text")
    walked = Driving(compile(graph), plan_of([ALL, ALL])).run()
    assert walked.execution == job_pb2.EXECUTION_STATE_FAILED
    assert walked.walk.error is not None
    assert "2" in walked.walk.error.message
    assert "3" in walked.walk.error.message


# -- one at a time -----------------------------------------------------------------------------------------


def one_call() -> Walk:
    graph = StepGraph(steps=[Step(id="speak")])
    graph.steps[0].synthesize.text = "A text."
    return Walk(compile(graph))


SPEAK = Key("speak")
SPOKEN = SynthesizeResult(voice="someone")


def states(outputs: object) -> list[int]:
    assert isinstance(outputs, list)
    return [output.state for output in outputs if isinstance(output, Changed | ExecutionChanged)]


def test_pause_withdraws_what_has_not_begun_and_resume_dispatches_it() -> None:
    walk = one_call()
    walk.apply(Begin())
    assert Withdraw(SPEAK) in walk.apply(Pause())
    assert walk.state == job_pb2.EXECUTION_STATE_PAUSED
    assert walk.apply(Pause()) == []
    assert any(isinstance(output, Dispatch) for output in walk.apply(Resume()))


def test_an_attempt_that_fails_while_paused_is_held() -> None:
    walk = one_call()
    walk.apply(Begin())
    walk.apply(Started(SPEAK))
    walk.apply(Pause())
    assert Withdraw(SPEAK) in walk.apply(AttemptFailed(SPEAK, FAILURE))
    assert any(isinstance(output, Dispatch) for output in walk.apply(Resume()))


def test_a_job_can_be_paused_before_it_begins() -> None:
    walk = one_call()
    walk.apply(Pause())
    assert not any(isinstance(output, Dispatch) for output in walk.apply(Begin()))
    assert any(isinstance(output, Dispatch) for output in walk.apply(Resume()))
    assert walk.state == job_pb2.EXECUTION_STATE_RUNNING


def test_a_call_under_way_ends_before_a_cancelled_execution_does() -> None:
    walk = one_call()
    walk.apply(Begin())
    walk.apply(Started(SPEAK))
    assert CancelCall(SPEAK) in walk.apply(Cancel())
    assert walk.state == job_pb2.EXECUTION_STATE_CANCELLING
    assert states(walk.apply(Cancelled(SPEAK))) == [
        job_pb2.STEP_STATE_CANCELLED,
        job_pb2.EXECUTION_STATE_CANCELLED,
    ]


def test_a_call_that_succeeds_all_the_same_is_recorded() -> None:
    walk = one_call()
    walk.apply(Begin())
    walk.apply(Started(SPEAK))
    walk.apply(Cancel())
    walk.apply(Succeeded(SPEAK, SPOKEN))
    assert walk.results == {SPEAK: SPOKEN}
    assert walk.state == job_pb2.EXECUTION_STATE_CANCELLED


def test_a_call_that_begins_too_late_is_told_to_end() -> None:
    walk = one_call()
    walk.apply(Begin())
    walk.apply(Cancel())
    assert walk.apply(Started(SPEAK)) == [CancelCall(SPEAK)]
    assert walk.apply(Cancelled(SPEAK)) == []


def test_an_unconfirmed_call_waits_for_a_person() -> None:
    walk = one_call()
    walk.apply(Begin())
    walk.apply(Started(SPEAK))
    walk.apply(Unconfirmed(SPEAK, FAILURE))
    assert not walk.finished
    again = walk.apply(Decided(SPEAK, job_service_pb2.UNCONFIRMED_DECISION_CHECK_AGAIN))
    assert any(isinstance(output, Dispatch) for output in again)
    walk.apply(Started(SPEAK))
    walk.apply(Unconfirmed(SPEAK, FAILURE))
    walk.apply(Decided(SPEAK, job_service_pb2.UNCONFIRMED_DECISION_GIVE_UP))
    assert walk.state == job_pb2.EXECUTION_STATE_FAILED
    assert walk.error == FAILURE


def test_cancelling_an_unconfirmed_call_keeps_the_doubt_on_record() -> None:
    walk = one_call()
    walk.apply(Begin())
    walk.apply(Started(SPEAK))
    walk.apply(Unconfirmed(SPEAK, FAILURE))
    assert Changed(SPEAK, job_pb2.STEP_STATE_CANCELLED, FAILURE) in walk.apply(Cancel())
    assert walk.state == job_pb2.EXECUTION_STATE_CANCELLED


def test_a_running_step_is_called_again_after_a_crash() -> None:
    outputs = (walk := one_call()).restore(
        [Restored(SPEAK, job_pb2.STEP_STATE_RUNNING, attempts=1)], job_pb2.EXECUTION_STATE_RUNNING
    )
    assert states(outputs) == [job_pb2.STEP_STATE_READY]
    assert isinstance(outputs[-1], Dispatch)
    walk.apply(Started(SPEAK))
    assert walk.instances[SPEAK].attempts == 2


def test_a_paused_execution_stays_paused_over_a_crash() -> None:
    walk = one_call()
    outputs = walk.restore([Restored(SPEAK, job_pb2.STEP_STATE_RUNNING)], job_pb2.EXECUTION_STATE_PAUSED)
    assert not any(isinstance(output, Dispatch) for output in outputs)
    assert any(isinstance(output, Dispatch) for output in walk.apply(Resume()))


def test_what_was_being_cancelled_goes_on_being_cancelled() -> None:
    walk = one_call()
    outputs = walk.restore([Restored(SPEAK, job_pb2.STEP_STATE_RUNNING)], job_pb2.EXECUTION_STATE_CANCELLING)
    assert outputs == [CancelCall(SPEAK)]
    walk.apply(Cancelled(SPEAK))
    assert walk.state == job_pb2.EXECUTION_STATE_CANCELLED


def test_a_result_of_another_type_is_refused() -> None:
    walk = one_call()
    walk.apply(Begin())
    with pytest.raises(ValueError, match="SynthesizeResult"):
        walk.apply(Succeeded(SPEAK, AlignResult()))


def test_an_instance_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="other"):
        one_call().apply(Failed(Key("other"), FAILURE))


@pytest.mark.parametrize("text", ["plan", "narrate[0]", "a_b[12]"])
def test_keys_are_read_back(text: str) -> None:
    assert str(Key.parse(text)) == text


@pytest.mark.parametrize("text", ["", "Plan", "plan[", "plan[-1]", "plan[01]", "plan[0].x"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Key.parse(text)
