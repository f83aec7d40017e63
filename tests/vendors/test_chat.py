"""Plans by a language model: no word is changed, wrong answers are mended, and the rules stand in."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.script.v1 import script_pb2, script_pb2_grpc
from servers.chassis import serve
from servers.chassis.settings import Settings
from servers.script.__main__ import SERVER
from servers.script.templates import PLAN, Templates
from tests.unit.servers.script.asking import FOX, TIGER, segment
from tests.vendors.chat import Chat, completion, error, storyboard, usual
from tests.vendors.http import Reply


@pytest.fixture
def chat() -> Iterator[Chat]:
    with Chat() as simulator:
        yield simulator


@contextlib.asynccontextmanager
async def script(chat: Chat, sockets: Path, **options: Any) -> AsyncIterator[Any]:
    """A Script server with the engine as its default; settings over what suits a near simulator."""
    given = {"key": chat.KEY, "base_url": chat.url, **options}
    settings = Settings(script={"engines": ["openai", "rules"], "options": {"openai": given}})  # type: ignore[arg-type]
    running = await serve.start(SERVER, settings, f"unix:{sockets}/script")
    try:
        async with grpc.aio.insecure_channel(running.address) as channel:
            yield script_pb2_grpc.ScriptServiceStub(channel)
    finally:
        await running.stop(0)


async def planned(server: Any, **fields: Any) -> script_pb2.PlanResult:
    request = script_pb2.PlanRequest(**{"seed": 1, **fields})
    return [event async for event in server.Plan(request)][-1].result  # type: ignore[no-any-return]


def letters(text: str) -> str:
    """What of a text is spoken, however it is laid out."""
    return "".join(char for char in text if char.isalnum())


def said(result: script_pb2.PlanResult) -> str:
    return letters("".join(scene.text for scene in result.scenes))


@pytest.mark.parametrize("story", [FOX, TIGER], ids=["en", "zh"])
async def test_the_model_picks_boundaries_and_pictures_and_no_words(
    chat: Chat, sockets: Path, story: str
) -> None:
    async with script(chat, sockets, price_per_million_input=1, price_per_million_output=2) as server:
        parts = script_pb2.PromptParts(prefix="watercolour of", suffix="soft light", negative="letters")
        result = await planned(server, text=story, prompt_parts=parts)
        by_rules = await planned(server, text=story, engine="rules")
    assert said(result) == said(by_rules)
    assert len(result.scenes) != len(by_rules.scenes)
    scene = result.scenes[0]
    assert scene.image_prompt.startswith("watercolour of, Reynard leaps for grapes")
    assert scene.image_prompt.endswith(", soft light")
    assert scene.negative_prompt == "letters"
    assert (scene.setting, scene.character) == (
        "a walled vineyard",
        "Reynard: a lean red fox with a torn ear",
    )
    assert len({one.place_seed for one in result.scenes}) == 1
    assert len({one.character_seed for one in result.scenes}) == 1
    assert scene.character_seed
    assert (result.title, list(result.tags)) == ("Sour", ["fox", "grapes"])
    provenance = result.provenance
    assert (provenance.engine, provenance.model, list(provenance.warnings)) == ("openai", "gpt-4o-mini", [])
    assert Templates().digest in provenance.version
    assert provenance.cost.nanos == 2_000_000
    assert chat.refused == 0


async def test_a_long_text_is_asked_for_in_parts_that_know_what_came_before(
    chat: Chat, sockets: Path
) -> None:
    async with script(chat, sockets, characters_per_call=300) as server:
        result = await planned(server, text=FOX)
    assert len(chat.questions) > 2
    first, second = chat.questions[:2]
    assert first["characters"] == []
    assert [one["name"] for one in second["characters"]] == ["Reynard"]
    assert second["summary_so_far"] == f"up to piece {first['pieces'][-1]['number']}"
    assert [first["more_follows"], chat.questions[-1]["more_follows"]] == [True, False]
    numbers = [piece["number"] for question in chat.questions for piece in question["pieces"]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert all("Reynard" in scene.image_prompt for scene in result.scenes)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda question: "no JSON at all",
        lambda question: {"scenes": []},
        lambda question: {**usual(question), "scenes": [{"last": 1}]},
        lambda question: storyboard(question, [3, 2]),
        lambda question: storyboard(question, [1, 99]),
        lambda question: {**usual(question), "characters": "Reynard"},
    ],
)
async def test_a_wrong_answer_is_asked_for_again_with_what_is_wrong(
    chat: Chat, sockets: Path, wrong: Any
) -> None:
    chat.replies.append(wrong)
    async with script(chat, sockets) as server:
        result = await planned(server, text=FOX)
    assert len(chat.bodies) == 2
    assert "is wrong" in chat.bodies[1]["messages"][-1]["content"]
    assert result.provenance.engine == "openai"
    assert not result.provenance.warnings


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (error(401, "Incorrect API key provided", "invalid_api_key"), "Incorrect API key"),
        (error(429, "You exceeded your current quota", "insufficient_quota"), "exceeded your current quota"),
        (Reply(drop=True), "no whole answer"),
        (Reply(504, b"upstream timed out"), "504"),
        (Reply(500, b"<html>"), "<html>"),
        (Reply.of({"choices": []}), "holds no message"),
        (completion("m", "", refusal="I can not help with that"), "I can not help"),
        (completion("m", '{"scenes": [', finish="length"), "cut off"),
    ],
)
async def test_the_rules_stand_in_for_a_model_that_fails(
    chat: Chat, sockets: Path, reply: Reply, told: str
) -> None:
    chat.replies.append(reply)
    async with script(chat, sockets, key="chat-key", repairs=0) as server:
        result = await planned(server, text=FOX)
        by_rules = await planned(server, text=FOX, engine="rules")
        resolved = await server.ResolvePlan(
            script_pb2.ResolvePlanRequest(request=script_pb2.PlanRequest(text=FOX, seed=1))
        )
    assert list(result.scenes) == list(by_rules.scenes)
    assert result.provenance.engine == "rules"
    assert result.provenance.version != resolved.resolution.version
    assert "the rules made the plan, since the model failed" in result.provenance.warnings[-1]
    assert told in result.provenance.warnings[-1]
    assert "chat-key" not in str(result)


async def test_the_rules_stand_in_for_a_part(chat: Chat, sockets: Path) -> None:
    chat.replies += [usual, Reply(500)]
    async with script(chat, sockets, characters_per_call=300) as server:
        result = await planned(server, text=FOX)
        by_rules = await planned(server, text=FOX, engine="rules")
    assert said(result) == said(by_rules)
    pictured = ["Reynard" in scene.image_prompt for scene in result.scenes]
    assert pictured[0]
    assert pictured[-1]
    assert not all(pictured)
    assert all(scene.image_prompt for scene in result.scenes)
    assert "the rules took over for a part" in result.provenance.warnings[-1]
    assert result.provenance.engine == "openai"


async def test_too_many_requests_are_made_again_when_the_vendor_says(chat: Chat, sockets: Path) -> None:
    chat.replies.append(error(429, "Rate limit reached", "rate_limit_exceeded", retry_after="0.05"))
    async with script(chat, sockets) as server:
        result = await planned(server, text=FOX)
    assert result.provenance.engine == "openai"


async def test_what_the_user_wrote_stays(chat: Chat, sockets: Path) -> None:
    drafts = [
        script_pb2.SceneDraft(id="a", text="A fox ran. It was late.", image_prompt="my own picture"),
        script_pb2.SceneDraft(id="b", text="It slept.", motion_prompt="my own motion"),
        script_pb2.SceneDraft(id="c", picture=Asset(digest="a" * 64)),
    ]
    fox = script_pb2.CharacterProfile(name="Fox", aliases=["Reynard"], description="a grey fox", seed=7)
    chat.replies.append(lambda question: storyboard(question, [1, 2, 3]))
    async with script(chat, sockets) as server:
        result = await planned(server, scenes=drafts, characters=[fox])
    assert [scene.id for scene in result.scenes] == ["a", "b", "c"]
    assert [scene.text for scene in result.scenes] == [draft.text for draft in drafts]
    assert result.scenes[0].image_prompt == "my own picture"
    assert result.scenes[1].motion_prompt == "my own motion"
    assert result.scenes[1].image_prompt.startswith("Reynard leaps")
    assert not result.scenes[2].illustrate
    assert {(scene.character, scene.character_seed) for scene in result.scenes} == {("Fox: a grey fox", 7)}
    assert chat.questions[0]["characters"] == [{"name": "Fox", "looks": "a grey fox"}]


async def test_scenes_of_a_transcript_keep_their_times(chat: Chat, sockets: Path) -> None:
    segments = [segment(f"Sentence number {at}.", at * 4.0, at * 4.0 + 3.0) for at in range(4)]
    chat.replies.append(
        lambda question: storyboard(question, [piece["number"] for piece in question["pieces"]])
    )
    async with script(chat, sockets) as server:
        result = await planned(server, segments=segments)
        by_rules = await planned(server, segments=segments, engine="rules")
    assert [scene.duration for scene in result.scenes] == [scene.duration for scene in by_rules.scenes]
    assert all(scene.image_prompt.startswith("Reynard") for scene in result.scenes)


async def test_no_more_scenes_than_asked_for(chat: Chat, sockets: Path) -> None:
    async with script(chat, sockets) as server:
        result = await planned(server, text=FOX, max_scenes=2)
    assert len(result.scenes) <= 2
    assert all("Reynard" in scene.image_prompt for scene in result.scenes)


async def test_a_story_is_written_of_a_topic(chat: Chat, sockets: Path) -> None:
    async with script(chat, sockets) as server:
        result = await planned(server, topic="why the sea is salt")
        assert result.title == "Why the Sea Is Salt"
        assert letters("".join(scene.text for scene in result.scenes)).startswith("Theseawassweetonce")
        assert all((scene.char_start, scene.char_end) == (0, 0) for scene in result.scenes)
        assert chat.questions[0] == {"topic": "why the sea is salt", "language": "en", "seconds": 60}
        chat.replies.append(Reply(500))
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await planned(server, topic="why the sea is salt")
        assert failed.value.code() == grpc.StatusCode.UNAVAILABLE
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await planned(server, topic="why the sea is salt", engine="rules")
        assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION


async def test_a_lost_answer_about_a_topic_is_not_asked_for_again(chat: Chat, sockets: Path) -> None:
    chat.replies.append(Reply(drop=True))
    async with script(chat, sockets) as server:
        with pytest.raises(grpc.aio.AioRpcError) as lost:
            await planned(server, topic="why the sea is salt")
    assert lost.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert "may have been paid" in str(lost.value.details())
    assert len(chat.bodies) == 1


async def test_servers_without_strict_schemas_and_templates_of_ones_own(
    chat: Chat, sockets: Path, tmp_path: Path
) -> None:
    (tmp_path / PLAN).write_text("Answer in JSON. $boundaries Draw it all in chalk.")
    chat.replies.append(lambda question: f"```json\n{json.dumps(usual(question))}\n```")
    async with script(
        chat, sockets, answers="json_object", templates=str(tmp_path), temperature=0.5
    ) as server:
        result = await planned(server, text=FOX)
    assert result.provenance.engine == "openai"
    assert chat.bodies[0]["response_format"] == {"type": "json_object"}
    assert chat.bodies[0]["messages"][0]["content"].endswith("Draw it all in chalk.")
    assert Templates(tmp_path).digest in result.provenance.version
    assert Templates(tmp_path).digest != Templates().digest


async def test_without_a_key_it_says_what_to_set_and_is_never_chosen_by_itself(sockets: Path) -> None:
    running = await serve.start(SERVER, Settings(), f"unix:{sockets}/script")
    async with grpc.aio.insecure_channel(running.address) as channel:
        stub: Any = script_pb2_grpc.ScriptServiceStub(channel)
        engines = (await stub.ListEngines(script_pb2.ListEnginesRequest())).engines
        assert [(one.name, one.ready, one.is_default) for one in engines] == [
            ("rules", True, True),
            ("openai", False, False),
        ]
        assert "script.options.openai.key" in engines[1].missing[0].remedy
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await planned(stub, topic="the sea")
        assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    await running.stop(0)


async def test_options_that_break_a_rule_are_named_without_their_values(
    sockets: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"openai": {"kye": "sk-very-secret", "temperature": 9}}
    settings = Settings(script={"options": options})  # type: ignore[arg-type]
    running = await serve.start(SERVER, settings, f"unix:{sockets}/script")
    async with grpc.aio.insecure_channel(running.address) as channel:
        stub: Any = script_pb2_grpc.ScriptServiceStub(channel)
        engines = (await stub.ListEngines(script_pb2.ListEnginesRequest())).engines
    await running.stop(0)
    (told,) = [one for one in engines if one.name == "openai"]
    assert "options.kye: Extra inputs are not permitted" in told.missing[0].remedy
    assert "options.temperature: " in told.missing[0].remedy
    assert "sk-very-secret" not in str(engines) + caplog.text + "".join(capsys.readouterr())
