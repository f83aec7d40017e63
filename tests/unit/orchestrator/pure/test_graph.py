"""The check of a graph: every fault by its path, and none where there is none."""

from __future__ import annotations

import pytest
from google.protobuf import text_format
from hypothesis import given

from orchestrator.pure.graph import GIVEN, MAX_STEPS, METHODS, check, compile
from reelmesh.orchestrator.v1.graph_pb2 import Step, StepGraph
from reelmesh.script.v1.script_pb2 import PlanResult
from tests.unit.orchestrator.graphs import step_graphs

PLAN = 'steps { id: "plan" plan { text: "A text." } }'
NARRATE = """
    steps {
      id: "narrate" synthesize {} for_each: "plan.scenes" when: "item.narrate"
      bindings { to: "text" from: "item.text" }
    }
"""


def graph(text: str) -> StepGraph:
    return text_format.Parse(text, StepGraph())


def test_a_graph_without_faults() -> None:
    assert check(graph(PLAN + NARRATE)) == []


@pytest.mark.parametrize(
    ("text", "path", "rule"),
    [
        # ids
        (PLAN + PLAN, "graph.steps[1].id", "the same id"),
        ('steps { id: "item" plan { text: "A" } }', "graph.steps[0].id", "item"),
        ('steps { id: "Plan" plan { text: "A" } }', "graph.steps[0].id", "pattern"),
        ('steps { id: "plan" }', "graph.steps[0].call", "exactly one"),
        ("", "graph.steps", "at least 1"),
        (PLAN + "schema_version: 2", "graph.schema_version", "1"),
        # sources
        (
            'steps { id: "a" synthesize {} bindings { to: "text" from: "plam.title" } }',
            "graph.steps[0].bindings[0].from",
            "no step 'plam'",
        ),
        (
            PLAN + 'steps { id: "a" synthesize {} bindings { to: "text" from: "plan.titel" } }',
            "graph.steps[1].bindings[0].from",
            "did you mean 'title'",
        ),
        (
            PLAN + 'steps { id: "a" synthesize {} bindings { to: "text" from: "plan..x" } }',
            "graph.steps[1].bindings[0].from",
            "character",
        ),
        (
            PLAN + 'steps { id: "a" synthesize {} bindings { to: "text" from: "item.text" } }',
            "graph.steps[1].bindings[0].from",
            "only in a step with for_each",
        ),
        (
            PLAN
            + 'steps { id: "a" synthesize { text: "A" } for_each: "plan.scenes"'
            + ' bindings { to: "text" from: "index" } }',
            "graph.steps[1].bindings[0].from",
            "uint32",
        ),
        (
            PLAN + 'steps { id: "a" synthesize {} bindings { to: "text" from: "spec.labels" } }',
            "graph.steps[1].bindings[0].from",
            "map",
        ),
        # targets
        (
            PLAN + 'steps { id: "a" synthesize { text: "A" } bindings { to: "txt" from: "plan.title" } }',
            "graph.steps[1].bindings[0].to",
            "did you mean 'text'",
        ),
        (
            PLAN
            + 'steps { id: "a" synthesize { text: "A" } bindings { to: "request_id" from: "plan.title" } }',
            "graph.steps[1].bindings[0].to",
            "set by the orchestrator",
        ),
        (
            PLAN
            + 'steps { id: "a" compose { scenes {} } bindings { to: "scenes[1].text" from: "plan.title" } }',
            "graph.steps[1].bindings[0].to",
            "no element [1]",
        ),
        (
            PLAN
            + 'steps { id: "a" transcribe { audio { digest: "'
            + "0" * 64
            + '" } } bindings { to: "hotwords[*]" from: "plan.tags" } }',
            "graph.steps[1].bindings[0].to",
            "bind the list to 'hotwords' itself",
        ),
        # types and cardinality: both are named
        (
            PLAN + 'steps { id: "a" synthesize {} bindings { to: "text" from: "plan.scenes[0].seed" } }',
            "graph.steps[1].bindings[0].from",
            "is int64, but to 'text' takes string",
        ),
        (
            PLAN + 'steps { id: "a" synthesize {} bindings { to: "text" from: "plan.tags" } }',
            "graph.steps[1].bindings[0].from",
            "is list of string, but to 'text' takes string",
        ),
        (
            PLAN
            + 'steps { id: "a" compose {} bindings { to: "scenes[*].words" from: "plan.scenes[*].id" } }',
            "graph.steps[1].bindings[0].from",
            "takes list of list of reelmesh.common.v1.TimedWord",
        ),
        (
            PLAN + NARRATE + 'steps { id: "a" transcribe {} bindings { to: "audio" from: "narrate.audio" } }',
            "graph.steps[2].bindings[0].from",
            "write narrate[*]",
        ),
        (
            PLAN
            + NARRATE
            + 'steps { id: "a" transcribe {} bindings { to: "audio" from: "narrate[*].audio" } }',
            "graph.steps[2].bindings[0].from",
            "is list of reelmesh.common.v1.Asset, but",
        ),
        # fan-outs and conditions
        (
            PLAN + 'steps { id: "a" synthesize { text: "A" } for_each: "plan.tags" }',
            "graph.steps[1].for_each",
            "list of string",
        ),
        (
            PLAN + 'steps { id: "a" synthesize { text: "A" } for_each: "plan.scenes[*]" }',
            "graph.steps[1].for_each",
            "must be a repeated message field",
        ),
        (
            PLAN + NARRATE + 'steps { id: "a" synthesize { text: "A" } for_each: "narrate.words" }',
            "graph.steps[2].for_each",
            "do not nest",
        ),
        (
            PLAN + NARRATE + 'steps { id: "a" synthesize { text: "A" } for_each: "narrate[*].words" }',
            "graph.steps[2].for_each",
            "do not nest",
        ),
        (
            PLAN + 'steps { id: "a" synthesize { text: "A" } for_each: "item.words" }',
            "graph.steps[1].for_each",
            "must begin with a step",
        ),
        (
            PLAN + 'steps { id: "a" synthesize { text: "A" } when: "plan.title" }',
            "graph.steps[1].when",
            "must be a bool",
        ),
        # order
        ('steps { id: "a" plan { text: "A" } after: "b" }', "graph.steps[0].after[0]", "no step 'b'"),
        ('steps { id: "a" plan { text: "A" } after: "a" }', "graph.steps[0]", "a -> a"),
        (
            'steps { id: "a" plan { text: "A" } after: "c" } steps { id: "b" plan { text: "A" } after: "a" }'
            'steps { id: "c" plan { text: "A" } after: "b" }',
            "graph.steps[0]",
            "a -> c -> b -> a",
        ),
        # literals
        (
            'steps { id: "a" align { text: "A" } }',
            "graph.steps[0].align.audio",
            "neither set nor bound",
        ),
        (
            'steps { id: "a" generate_image {} }',
            "graph.steps[0].generate_image.prompt",
            "neither set nor bound",
        ),
        (
            'steps { id: "a" synthesize { text: "A" speed: 9 } }',
            "graph.steps[0].synthesize.speed",
            "less than or equal to 2",
        ),
        (
            'steps { id: "a" plan {} }',
            "graph.steps[0].plan",
            "exactly one of text, scenes, segments and topic",
        ),
        (
            PLAN
            + 'steps { id: "a" generate_image { width_pixels: 8192 height_pixels: 8192 }'
            + ' bindings { to: "prompt" from: "plan.title" } }',
            "graph.steps[1].generate_image",
            "at most 33177600",
        ),
        (
            PLAN
            + 'steps { id: "a" compose { overlays {} }'
            + ' bindings { to: "scenes[*].id" from: "plan.scenes[*].id" } }',
            "graph.steps[1].compose.overlays[0]",
            "exactly one of picture and text",
        ),
        # outputs
        (PLAN + 'outputs: "plan.film"', "graph.outputs[0]", "no field 'film'"),
        (PLAN + 'outputs: "spec.display_name"', "graph.outputs[0]", "must begin with a step"),
        (PLAN + NARRATE + 'outputs: "narrate.audio"', "graph.outputs[0]", "write narrate[*]"),
    ],
)
def test_one_fault_is_one_violation(text: str, path: str, rule: str) -> None:
    violations = check(graph(text))
    assert [where for where, _ in violations] == [path]
    assert rule in violations[0][1]


def test_a_violation_names_the_step() -> None:
    [(_, rule)] = check(graph('steps { id: "voice" synthesize { text: "A" speed: 9 } }'))
    assert "'voice'" in rule


def test_every_fault_is_told() -> None:
    text = """
        steps { id: "a" synthesize { speed: 9 } bindings { to: "text" from: "b.nothing" } after: "zz" }
        steps { id: "b" plan { text: "A" max_scenes: 2000 } }
    """
    assert {path for path, _ in check(graph(text))} == {
        "graph.steps[0].bindings[0].from",
        "graph.steps[0].after[0]",
        "graph.steps[0].synthesize.speed",
        "graph.steps[1].plan.max_scenes",
    }


def test_a_broken_fan_out_is_told_once() -> None:
    text = PLAN + NARRATE.replace("plan.scenes", "plan.scene")
    assert [path for path, _ in check(graph(text))] == ["graph.steps[1].for_each"]


def test_two_cycles_are_told_apart() -> None:
    text = "".join(
        f'steps {{ id: "{id}" plan {{ text: "A" }} after: "{other}" }}'
        for id, other in [("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")]
    )
    assert [rule.rpartition(": ")[2] for _, rule in check(graph(text))] == ["a -> b -> a", "c -> d -> c"]


def test_ten_thousand_steps_are_one_violation() -> None:
    steps = [Step(id=f"s{number}") for number in range(10_000)]
    assert check(StepGraph(steps=steps)) == [("graph.steps", "must have at most 100 steps, but has 10000")]
    with pytest.raises(ValueError, match="10000"):
        compile(StepGraph(steps=steps))


def test_a_hundred_thousand_bindings_are_one_violation() -> None:
    long = graph('steps { id: "a" plan { text: "A" } }')
    for _ in range(100_000):
        long.steps[0].bindings.add(to="title", **{"from": "nowhere.title"})
    assert [path for path, _ in check(long)] == ["graph.steps[0].bindings"]
    with pytest.raises(ValueError, match="bindings"):
        compile(long)


def test_a_hundred_steps_pass() -> None:
    chain = StepGraph()
    for number in range(MAX_STEPS):
        step = chain.steps.add(id=f"s{number}", after=[f"s{number + 1}"] if number + 1 < MAX_STEPS else [])
        step.plan.text = "A text."
    assert check(chain) == []
    assert next(iter(compile(chain).steps)) == "s99"


def test_bound_fields_are_not_held_against_the_literal() -> None:
    text = (
        PLAN
        + NARRATE
        + """
        steps {
          id: "film" compose {}
          bindings { to: "scenes[*].narration" from: "narrate[*].audio" }
          bindings { to: "scenes[*].text" from: "plan.title" }
          bindings { to: "scenes[*].words" from: "narrate[0].words" }
        }
        steps { id: "again" plan {} bindings { to: "segments" from: "heard.segments" } }
        steps { id: "heard" transcribe {} bindings { to: "audio" from: "film.film" } }
        outputs: "film.film" outputs: "narrate[*].audio" outputs: "plan"
    """
    )
    assert check(graph(text)) == []
    compiled = compile(graph(text))
    assert list(compiled.steps) == ["plan", "narrate", "film", "heard", "again"]
    assert compiled.steps["film"].depends_on == {"plan", "narrate"}
    assert [binding.each for binding in compiled.steps["film"].bindings] == [False, True, True]
    assert compiled.ends == ("again",)


def test_a_step_with_the_same_fan_out_is_paired() -> None:
    text = (
        PLAN
        + NARRATE
        + """
        steps {
          id: "align" align {} for_each: "plan.scenes" when: "narrate.needs_alignment"
          bindings { to: "audio" from: "narrate.audio" } bindings { to: "text" from: "item.text" }
        }
    """
    )
    step = compile(graph(text)).steps["align"]
    assert step.pairs_with == {"narrate"}
    assert step.waits_for == {"plan"}
    assert step.over_scenes


def test_a_literal_request_id_is_dropped() -> None:
    compiled = compile(graph('steps { id: "a" plan { text: "A" request_id: "mine" } }'))
    assert "request_id" not in {field.name for field, _ in compiled.steps["a"].request.ListFields()}


@given(step_graphs())
def test_compiling_puts_steps_behind_what_they_depend_on(made: tuple[StepGraph, PlanResult]) -> None:
    compiled = compile(made[0])
    seen: set[str] = set()
    for step in compiled.steps.values():
        assert step.depends_on <= seen
        seen.add(step.id)
    assert seen == {step.id for step in made[0].steps}


def test_every_call_of_a_step_has_a_method() -> None:
    assert set(METHODS) == {field.name for field in Step.DESCRIPTOR.oneofs_by_name["call"].fields}
    for name, method in METHODS.items():
        assert Step.DESCRIPTOR.fields_by_name[name].message_type is method.request.DESCRIPTOR
        assert method.called is (method is not GIVEN)
