"""Step graphs for the tests: made by hand, made at random, and a driver that walks them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from google.protobuf.message import Message
from google.rpc import code_pb2
from google.rpc.status_pb2 import Status
from hypothesis import strategies as st

from orchestrator.pure.graph import CompiledGraph
from orchestrator.pure.instances import ENDED, READY, RUNNING
from orchestrator.pure.rules import broken
from orchestrator.pure.walk import (
    Approve,
    AttemptFailed,
    Begin,
    Cancel,
    CancelCall,
    Cancelled,
    Changed,
    Decided,
    Dispatch,
    Event,
    ExecutionChanged,
    Failed,
    Key,
    Output,
    Pause,
    Planned,
    Remembered,
    Restored,
    Resume,
    Started,
    Succeeded,
    Unconfirmed,
    Walk,
    Withdraw,
)
from reelmesh.asr.v1.asr_pb2 import AlignResult, TranscribeResult
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.compose.v1.compose_pb2 import ComposeResult, ConvertResult
from reelmesh.imagegen.v1.imagegen_pb2 import GenerateResult as Pictures
from reelmesh.imagegen.v1.imagegen_pb2 import UpscaleResult
from reelmesh.orchestrator.v1 import job_pb2, job_service_pb2
from reelmesh.orchestrator.v1.graph_pb2 import ON_FAILURE_CONTINUE, Step, StepGraph
from reelmesh.script.v1.script_pb2 import PlanResult
from reelmesh.tts.v1.tts_pb2 import SynthesizeResult
from reelmesh.video.v1.video_pb2 import GenerateResult as Clip


def asset(name: str, media_type: str = "") -> Asset:
    """An asset whose digest is that of its name."""
    return Asset(digest=hashlib.sha256(name.encode()).hexdigest(), media_type=media_type)


def bind(step: Step, **sources: str) -> Step:
    """Binds each target to a source; `__` stands for '[*].' in a target."""
    for to, source in sources.items():
        step.bindings.add(to=to.replace("__", "[*]."), **{"from": source})
    return step


def plan_of(flags: Iterable[tuple[bool, bool, bool]]) -> PlanResult:
    """A plan with one scene for each (narrate, illustrate, animate)."""
    plan = PlanResult(title="A title", language="en")
    for index, (narrate, illustrate, animate) in enumerate(flags):
        plan.scenes.add(
            id=f"s{index}",
            text=f"Sentence {index}.",
            image_prompt=f"picture {index}",
            motion_prompt=f"motion {index}",
            narrate=narrate,
            illustrate=illustrate,
            animate=animate,
            seed=index,
        )
    return plan


def result_of(key: Key, request: Message, plan: PlanResult) -> Message:
    """What the fake servers give: it depends on the step and the request alone."""
    name = f"{key}:{hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest()}"
    match type(request).DESCRIPTOR.full_name.removeprefix("reelmesh."):
        case "script.v1.PlanRequest":
            return plan
        case "tts.v1.SynthesizeRequest":
            spoken = SynthesizeResult(audio=asset(name), needs_alignment=(key.index or 0) % 2 == 0)
            spoken.words.add(text="word")
            return spoken
        case "imagegen.v1.GenerateRequest":
            pictures = Pictures()
            image = pictures.images.add(asset=asset(name))
            if request.layers:  # type: ignore[attr-defined]
                image.layers.add(picture=asset(f"{name} far"), depth=1.0)
                image.layers.add(picture=asset(f"{name} near"), depth=0.2)
            return pictures
        case "imagegen.v1.UpscaleRequest":  # what there is nothing of can not be enlarged
            given = request.HasField("asset")
            return UpscaleResult(asset=asset(name)) if given else UpscaleResult()
        case "video.v1.GenerateRequest":
            return Clip(clip=asset(name))
        case "asr.v1.TranscribeRequest":
            heard = TranscribeResult(language="en")
            heard.segments.add(text="heard")
            return heard
        case "asr.v1.AlignRequest":
            aligned = AlignResult()
            aligned.words.add(text="aligned")
            return aligned
        case "compose.v1.ComposeRequest":
            return ComposeResult(film=asset(name, "video/mp4"), cover=asset(f"{name} cover"))
        case _:
            return ConvertResult(film=asset(name, "video/mp4"))


# -- at random ---------------------------------------------------------------------------------------------


GATES = ("plan", "pictures")


@st.composite
def step_graphs(draw: st.DrawFn) -> tuple[StepGraph, PlanResult]:
    """A graph without faults over real contracts, and the plan that its plan step gives."""
    plan = plan_of(draw(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=4)))
    steps = [Step(id="plan")]
    if draw(st.booleans()):
        steps[0].given_plan.CopyFrom(plan)
    else:
        steps[0].plan.text = "A text."
    for number in range(draw(st.integers(1, 7))):
        step = _random_step(draw, f"s{number}", steps)
        step.after.extend(draw(st.lists(st.sampled_from([one.id for one in steps]), max_size=2, unique=True)))
        if draw(st.booleans()):
            step.on_failure = ON_FAILURE_CONTINUE
        step.gates.extend(draw(st.lists(st.sampled_from(GATES), max_size=2, unique=True)))
        steps.append(step)
    return StepGraph(steps=draw(st.permutations(steps))), plan


def _random_step(draw: st.DrawFn, id: str, before: list[Step]) -> Step:
    """A step that reads from some of those before it."""

    def of(call: str, *, fan: bool) -> list[str]:
        return [one.id for one in before if one.WhichOneof("call") == call and bool(one.for_each) is fan]

    fans, singles, films = of("synthesize", fan=True), of("synthesize", fan=False), of("compose", fan=False)
    pictures = of("generate_image", fan=True)
    kinds: dict[str, Callable[[], Step]] = {
        "narrate": lambda: bind(
            Step(id=id, for_each="plan.scenes", when=draw(st.sampled_from(["", "item.narrate"]))),
            text="item.text",
        ),
        "illustrate": lambda: bind(
            Step(id=id, for_each="plan.scenes", when="item.illustrate"),
            prompt="item.image_prompt",
            seed="item.seed",
        ),
        "animate": lambda: bind(
            Step(id=id, for_each="plan.scenes", when="item.animate"),
            prompt="item.motion_prompt",
            **({"first_frame": f"{draw(st.sampled_from(pictures))}.images[0].asset"} if pictures else {}),
        ),
        "speak": lambda: bind(Step(id=id), text="plan.title"),
        "compose": lambda: bind(
            Step(id=id),
            scenes__id="plan.scenes[*].id",
            **({"scenes__narration": f"{draw(st.sampled_from(fans))}[*].audio"} if fans else {}),
            **(
                {"scenes__picture": f"{draw(st.sampled_from(pictures))}[*].images[0].asset"}
                if pictures
                else {}
            ),
        ),
    }
    calls = {
        "narrate": "synthesize",
        "illustrate": "generate_image",
        "animate": "generate_video",
        "speak": "synthesize",
    }
    if fans:
        other = draw(st.sampled_from(fans))
        kinds["align"] = lambda: bind(
            Step(id=id, for_each="plan.scenes", when=f"{other}.needs_alignment"),
            audio=f"{other}.audio",
            text="item.text",
        )
    if singles:
        kinds["transcribe"] = lambda: bind(Step(id=id), audio=f"{draw(st.sampled_from(singles))}.audio")
    if films:
        kinds["convert"] = lambda: bind(Step(id=id), film=f"{draw(st.sampled_from(films))}.film")
    kind = draw(st.sampled_from(sorted(kinds)))
    step = kinds[kind]()
    getattr(step, calls.get(kind, kind)).SetInParent()
    return step


# -- walked ------------------------------------------------------------------------------------------------

FAILURE = Status(code=code_pb2.INTERNAL, message="it broke")


class Driving:
    """A driver that does as the walk says, and holds it to what it promises.

    `failing`: instances whose call fails for good. What it stores is what a real driver would: the outputs.
    """

    def __init__(
        self,
        graph: CompiledGraph,
        plan: PlanResult,
        *,
        spec: Message | None = None,
        failing: Callable[[Key], bool] = lambda key: False,
    ) -> None:
        self.graph, self.plan, self.spec, self.failing = graph, plan, spec, failing
        self.walk = Walk(graph, spec)
        self.states: dict[Key, int] = {key: instance.state for key, instance in self.walk.instances.items()}
        self.execution = self.walk.state
        self.waiting: dict[Key, Message] = {}  # dispatched, not yet begun
        self.running: dict[Key, Message] = {}
        self.ending: set[Key] = set()  # CancelCall came
        self.unconfirmed: set[Key] = set()
        self.approved: set[str] = set()
        self.dispatched: dict[Key, int] = {}
        self.outputs: list[Output] = []

    def apply(self, event: Event) -> list[Output]:
        """Feeds an event and does the bookkeeping of what follows."""
        if isinstance(event, Approve):
            self.approved.add(event.gate)
        outputs = self.walk.apply(event)
        self._take(outputs)
        return outputs

    def _take(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            self.outputs.append(output)
            match output:
                case Planned(step, count, _):
                    assert not any(key.step == step for key in self.states)
                    self.states.update(
                        {Key(step, index): job_pb2.STEP_STATE_PENDING for index in range(count)}
                    )
                case Changed(key, state, _):
                    assert self.states.get(key) not in ENDED
                    self.states[key] = state
                    if state != RUNNING:
                        self.running.pop(key, None)
                    if state in ENDED:
                        assert key not in self.waiting
                case Dispatch(key, request):
                    self._check_dispatch(key, request)
                    self.waiting[key] = request
                    self.dispatched[key] = self.dispatched.get(key, 0) + 1
                case Withdraw(key):
                    del self.waiting[key]
                case CancelCall(key):
                    assert self.states[key] == RUNNING
                    self.ending.add(key)
                case ExecutionChanged(state):
                    self.execution = state
        assert self.states == {key: instance.state for key, instance in self.walk.instances.items()}
        assert self.execution == self.walk.state

    def _check_dispatch(self, key: Key, request: Message) -> None:
        """Nothing is dispatched twice at a time, while held, with a broken request, or before its inputs."""
        assert key not in self.waiting
        assert key not in self.running
        assert self.states[key] == READY
        assert self.execution == job_pb2.EXECUTION_STATE_RUNNING
        assert broken(request) == []
        step = self.graph.steps[key.step]
        assert set(step.message.gates) <= self.approved
        for other, state in self.states.items():
            if other.step in step.waits_for or (other.step in step.pairs_with and other.index == key.index):
                assert state in ENDED
        for id in step.depends_on:
            if self.graph.steps[id].for_each is None:
                assert self.states[Key(id)] in ENDED

    def start(self, key: Key) -> None:
        """The call begins."""
        request = self.waiting.pop(key)
        self.apply(Started(key))
        self.running[key] = request

    def end(self, key: Key) -> None:
        """The call ends: as it was told to, or for good."""
        request = self.running[key]
        if key in self.ending:
            self.ending.discard(key)
            self.apply(Cancelled(key))
        elif self.failing(key):
            self.apply(Failed(key, FAILURE))
        else:
            self.apply(Succeeded(key, result_of(key, request, self.plan)))

    def remember(self, key: Key) -> None:
        """A stored result is found."""
        request = self.waiting.pop(key)
        if self.failing(key):
            self.apply(Failed(key, FAILURE))
        else:
            self.apply(Remembered(key, result_of(key, request, self.plan)))

    def crash(self) -> None:
        """All that is not stored is lost; a new walk is given what is."""
        old = self.walk
        rows = [
            Restored(key, one.state, one.result, one.error, one.attempts, one.scene_id)
            for key, one in old.instances.items()
        ]
        random.Random(0).shuffle(rows)
        self.walk = Walk(self.graph, self.spec)
        calls, self.waiting, self.running, self.ending = self.running, {}, {}, set()
        outputs = self.walk.restore(rows, self.execution)
        if self.execution == job_pb2.EXECUTION_STATE_QUEUED:
            assert outputs == []
        for output in outputs:  # in an execution that ends, the calls are still there to be ended
            if isinstance(output, CancelCall):
                self.running[output.key] = calls[output.key]
        self._take(outputs)

    def run(self) -> Driving:
        """The straight run: every call at once, in order; a review as soon as nothing else can be done."""
        self.apply(Begin())
        while self.waiting or self.running or self.walk.gates:
            if not self.waiting and not self.running:
                self.apply(Approve(self.walk.gates[0]))
            for key in list(self.waiting):
                if key in self.waiting:
                    self.start(key)
            for key in list(self.running):
                if key in self.running:
                    self.end(key)
        return self

    def run_at_random(self, chance: random.Random, *, cancel: bool = False) -> Driving:
        """Any order of calls, with attempts that fail, pauses, crashes and doubts, and perhaps a cancel."""
        begun = False
        for _ in range(2000):
            if self.walk.finished:
                break
            if not begun and chance.random() < 0.7:
                begun = True
                self.apply(Begin())
            elif chance.random() < 0.05:
                self.apply(Pause() if chance.random() < 0.5 else Resume())
            elif chance.random() < 0.05:
                self.crash()
            elif chance.random() < 0.03:
                self.apply(Approve(chance.choice(GATES)))
            elif cancel and chance.random() < 0.1:
                self.apply(Cancel())
            elif self.unconfirmed:
                key = self.unconfirmed.pop()
                if self.states[key] == job_pb2.STEP_STATE_UNCONFIRMED:
                    self.apply(Decided(key, chance.choice(AGAIN)))
            elif self.waiting and (not self.running or chance.random() < 0.5):
                key = chance.choice(sorted(self.waiting))
                chance.choice([self.start, self.start, self.remember])(key)
            elif self.running:
                self._call_on(chance.choice(sorted(self.running)), chance)
            elif begun:
                self.apply(chance.choice([Resume(), *map(Approve, GATES)]))
        return self

    def _call_on(self, key: Key, chance: random.Random) -> None:
        turn = chance.random()
        if key in self.ending or turn > 0.3:
            self.end(key)
        elif turn > 0.1:
            self.waiting[key] = self.running[key]  # to be tried again, unless it is withdrawn
            self.apply(AttemptFailed(key, FAILURE))
        else:
            self.unconfirmed.add(key)
            self.apply(Unconfirmed(key, FAILURE))

    @property
    def final(self) -> Mapping[Key, Any]:
        """How everything ended: state (remembered or not) and result."""
        succeeded = {job_pb2.STEP_STATE_SUCCEEDED, job_pb2.STEP_STATE_REMEMBERED}
        return {
            key: ("done" if one.state in succeeded else one.state, one.result)
            for key, one in self.walk.instances.items()
        }


AGAIN = (
    job_service_pb2.UNCONFIRMED_DECISION_CHECK_AGAIN,
    job_service_pb2.UNCONFIRMED_DECISION_RESUBMIT,
)
