"""Paths: what is well-formed, what a path's type is, what it reads and where it writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.pure.paths import (
    UNSET,
    Field,
    Index,
    LengthMismatchError,
    Path,
    PathError,
    Spread,
    Type,
    parse,
    read,
    type_of,
    write,
)
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from reelmesh.orchestrator.v1.job_pb2 import JobSpec
from reelmesh.script.v1.script_pb2 import PlanRequest, PlanResult
from reelmesh.tts.v1.tts_pb2 import SynthesizeRequest
from tests.unit.orchestrator.graphs import asset, plan_of

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
PARTS = st.one_of(NAMES.map(Field), st.integers(0, 999_999_999).map(Index))


@given(NAMES, st.lists(PARTS, max_size=5), st.none() | st.integers(0, 5))
def test_a_path_reads_back_as_it_was_written(
    root: str, parts: list[Field | Index | Spread], at: int | None
) -> None:
    if at is not None:
        parts.insert(at, Spread())
    path = Path(root, tuple(parts))
    assert parse(str(path)) == path


@given(st.text(max_size=30))
def test_any_text_is_a_path_or_is_refused(text: str) -> None:
    try:
        path = parse(text)
    except PathError:
        return
    assert str(path) == text


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "must begin with a name"),
        (".a", "must begin with a name"),
        ("a.", "character 3"),
        ("a[", "character 3"),
        ("a[-1]", "character 3"),
        ("a[01]", "character 3"),
        ("a b", "character 2"),
        ("a..b", "character 3"),
        ("a[*].b[*]", "more than once"),
        ("a[9999999999]", "character 3"),
    ],
)
def test_a_malformed_path_tells_where(text: str, where: str) -> None:
    with pytest.raises(PathError, match=where):
        parse(text)


def typed(path: str) -> Type:
    return type_of(parse(f"plan.{path}").parts, PlanResult.DESCRIPTOR)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("title", "string"),
        ("scenes", "list of reelmesh.script.v1.Scene"),
        ("scenes[0]", "reelmesh.script.v1.Scene"),
        ("scenes[*].seed", "list of int64"),
        ("scenes[*].words", "list of list of reelmesh.common.v1.TimedWord"),
        ("scenes[*].words[0].text", "list of string"),
        ("tags[3]", "string"),
        ("scenes[2].duration", "google.protobuf.Duration"),
    ],
)
def test_types(path: str, name: str) -> None:
    assert str(typed(path)) == name


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("titel", "did you mean 'title'"),
        ("title.x", "string has no field"),
        ("title[0]", "needs a list"),
        ("scenes.id", r"index it with \[0\] or spread it"),
        ("scenes[0][0]", "needs a list"),
    ],
)
def test_what_is_not_there_is_refused(path: str, rule: str) -> None:
    with pytest.raises(PathError, match=rule):
        typed(path)


def test_maps_are_not_addressable() -> None:
    with pytest.raises(PathError, match="map"):
        type_of(parse("spec.labels").parts, JobSpec.DESCRIPTOR)


# -- reading -----------------------------------------------------------------------------------------------

PLAN = plan_of([(True, False, False), (True, True, False)])
PLAN.scenes[1].picture.CopyFrom(asset("p"))


def value(path: str) -> object:
    return read(PLAN, parse(f"plan.{path}").parts)


def test_values() -> None:
    assert value("title") == "A title"
    assert value("scenes[1].text") == "Sentence 1."
    assert value("scenes[*].id") == ["s0", "s1"]
    assert value("scenes[*].picture") == [UNSET, asset("p")]


@pytest.mark.parametrize(
    "path", ["description", "tags", "tags[0]", "scenes[2]", "scenes[2].text", "scenes[0].picture.digest"]
)
def test_what_is_unset(path: str) -> None:
    assert value(path) is UNSET


def test_numbers_and_bools_are_always_set() -> None:
    assert value("scenes[0].seed") == 0
    assert value("scenes[0].illustrate") is False


def test_a_spread_list_keeps_its_length() -> None:
    assert read([UNSET, PLAN, UNSET], parse("plan[*].title").parts) == [UNSET, "A title", UNSET]
    assert read(PlanResult(), parse("plan.scenes[*].id").parts) == []


# -- writing -----------------------------------------------------------------------------------------------


def test_unset_leaves_the_target_as_it_is() -> None:
    request = SynthesizeRequest(text="before")
    write(request, parse("text").as_target(), UNSET)
    assert request == SynthesizeRequest(text="before")


def test_scalars_messages_and_lists_are_written() -> None:
    request = ComposeRequest()
    write(request, parse("title").as_target(), "A title")
    write(request, parse("canvas.width_pixels").as_target(), 720)
    write(request, parse("narration").as_target(), asset("n"))
    assert request.title == "A title"
    assert request.canvas.width_pixels == 720
    assert request.narration == asset("n")
    plan = PlanRequest()
    write(plan, parse("scenes").as_target(), [UNSET])
    assert plan == PlanRequest()


def test_a_zero_is_written_where_there_is_presence() -> None:
    request = SynthesizeRequest()
    write(request, parse("seed").as_target(), 0)
    assert request.HasField("seed")


def test_lists_are_zipped() -> None:
    request = ComposeRequest()
    write(request, parse("scenes[*].id").as_target(), ["a", "b"])
    write(request, parse("scenes[*].picture").as_target(), [UNSET, asset("p")])
    assert [scene.id for scene in request.scenes] == ["a", "b"]
    assert not request.scenes[0].HasField("picture")
    assert request.scenes[1].picture == asset("p")


def test_a_list_of_unset_elements_keeps_its_length() -> None:
    request = ComposeRequest()
    write(request, parse("scenes[*].picture").as_target(), [UNSET, UNSET])
    assert len(request.scenes) == 2


def test_one_value_goes_to_every_element() -> None:
    request = ComposeRequest()
    write(request, parse("scenes[*].id").as_target(), ["a", "b"])
    write(request, parse("scenes[*].title").as_target(), "T", each=True)
    assert [scene.title for scene in request.scenes] == ["T", "T"]


def test_a_literal_and_a_list_must_have_the_same_length() -> None:
    request = ComposeRequest()
    request.scenes.add()
    with pytest.raises(LengthMismatchError, match="2 values for 1 elements"):
        write(request, parse("scenes[*].id").as_target(), ["a", "b"])


def test_one_element_of_a_literal_is_written() -> None:
    request = ComposeRequest()
    request.scenes.add(id="a")
    request.scenes.add(id="b")
    write(request, parse("scenes[1].text").as_target(), "T")
    assert [scene.text for scene in request.scenes] == ["", "T"]


def test_a_repeated_field_of_every_element_is_replaced() -> None:
    plan = plan_of([(True, True, True)])
    plan.scenes[0].words.add(text="word")
    request = ComposeRequest()
    request.scenes.add().words.add(text="old")
    words = read(plan, parse("plan.scenes[*].words").parts)
    write(request, parse("scenes[*].words").as_target(), words)
    assert [word.text for word in request.scenes[0].words] == ["word"]
