"""The text check without a reader: what is asked for, what it may cost, and what is lacking."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.message import Message
from google.type.money_pb2 import Money

from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.imagegen.v1 import imagegen_pb2_grpc
from reelmesh.imagegen.v1.imagegen_pb2 import (
    TEXT_CHECK_OFF,
    TEXT_CHECK_REDO,
    TEXT_CHECK_UNSPECIFIED,
    TEXT_CHECK_WARN,
    FoundText,
    GenerateRequest,
    ListEnginesRequest,
    TextCheckOptions,
)
from servers.chassis import serve
from servers.chassis.engine import Engine, Resolved, WorkContext
from servers.chassis.settings import Settings, TextCheckSettings
from servers.imagegen.__main__ import SERVER
from servers.imagegen.lettering import reading
from servers.imagegen.lettering.checked import Checked
from servers.imagegen.lettering.reading import Reader, quoted, unasked


class Priced(Engine):
    """A remote engine with a price."""

    name = "priced"

    def describe(self) -> Description:
        return Description(description="a toy", capabilities=["seed"], remote=True)

    def resolve(self, request: GenerateRequest) -> Resolved[GenerateRequest]:
        full = GenerateRequest()
        full.CopyFrom(request)
        return Resolved(full, version="1", expected_cost=Money(currency_code="USD", nanos=500_000_000))

    def run(self, request: GenerateRequest, work: WorkContext) -> AsyncIterator[Message]:
        raise NotImplementedError


def checked(**settings: object) -> Checked:
    told = TextCheckSettings(**settings)  # type: ignore[arg-type]
    return Checked(Priced({}), Reader(told), told)


@pytest.fixture
def readable(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the reader's packages are installed."""
    monkeypatch.setattr(reading, "_PACKAGES", ("PIL",))


def found(*texts: str) -> list[FoundText]:
    return [FoundText(text=text, width_pixels=9, height_pixels=9, confidence=0.9) for text in texts]


def test_what_was_asked_for_is_no_fault() -> None:
    seen = found("GRAND HOTEL", "Sale!", "i", "欢迎光临", "—")
    assert [one.text for one in unasked(seen, [])] == ["GRAND HOTEL", "Sale!", "欢迎光临"]
    assert [one.text for one in unasked(seen, ["grand hotel", "SALE", "ignored"])] == ["欢迎光临"]
    assert [one.text for one in unasked(seen, ["hotel", "欢迎"])] == ["GRAND HOTEL", "Sale!", "欢迎光临"]
    prompt = 'a door with a sign "Grand Hotel", a shop 「欢迎光临」, and the fox\'s den'
    assert quoted(prompt) == ["Grand Hotel", "欢迎光临"]
    assert [one.text for one in unasked(seen, quoted(prompt))] == ["Sale!"]


@pytest.mark.usefixtures("readable")
def test_off_is_the_default_and_changes_nothing() -> None:
    plain = GenerateRequest(prompt="a fox", text_check_options=TextCheckOptions(most_redos=3))
    for asked in (TEXT_CHECK_UNSPECIFIED, TEXT_CHECK_OFF):
        plain.text_check = asked
        resolved = checked().resolve(plain)
        assert resolved.request == GenerateRequest(prompt="a fox")
        assert resolved.version == "1"
    # Where the settings ask for it, off has to be said, and stays said.
    plain.text_check = TEXT_CHECK_OFF
    assert checked(mode="warn").resolve(plain).request.text_check == TEXT_CHECK_OFF


@pytest.mark.usefixtures("readable")
def test_what_is_left_out_comes_from_the_settings_and_counts_in_the_version() -> None:
    engine = checked(mode="redo", redos=4)
    resolved = engine.resolve(GenerateRequest(prompt="a fox"))
    assert resolved.request.text_check == TEXT_CHECK_REDO
    assert resolved.request.text_check_options == TextCheckOptions(most_redos=4)
    assert resolved.version.startswith("1+text-")
    assert engine.resolve(resolved.request).request == resolved.request
    warned = engine.resolve(
        GenerateRequest(
            prompt="a fox",
            text_check=TEXT_CHECK_WARN,
            text_check_options=TextCheckOptions(most_redos=9, redo_paid=True, allowed_texts=["fox"]),
        )
    )
    assert warned.request.text_check_options == TextCheckOptions(allowed_texts=["fox"])


@pytest.mark.usefixtures("readable")
@pytest.mark.parametrize(("word", "units"), [(False, 0), (True, 2)])
def test_paid_redos_are_quoted_and_need_a_word(word: bool, units: int) -> None:
    asked = GenerateRequest(
        prompt="a fox",
        text_check=TEXT_CHECK_REDO,
        text_check_options=TextCheckOptions(most_redos=3, redo_paid=word),
    )
    cost = checked().resolve(asked).expected_cost
    assert cost == Money(currency_code="USD", units=units, nanos=0 if word else 500_000_000)


def test_a_bare_off_in_yaml_is_off() -> None:
    assert TextCheckSettings(mode=False).mode == "off"  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="mode"):
        TextCheckSettings(mode=True)  # type: ignore[arg-type]


async def test_without_the_extra_it_is_named_and_only_then(
    sockets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_PACKAGES", ("no_such_reader",))
    running = await serve.start(SERVER, Settings(imagegen={"engines": ["painter"]}), f"unix:{sockets}/i")  # type: ignore[arg-type]
    try:
        async with grpc.aio.insecure_channel(running.address) as channel:
            stub = imagegen_pb2_grpc.ImageGenServiceStub(channel)  # type: ignore[no-untyped-call]
            (listed,) = (await stub.ListEngines(ListEnginesRequest())).engines
            assert listed.ready
            assert "text-check" not in listed.capabilities
            asked = GenerateRequest(prompt="a fox", width_pixels=64, height_pixels=64, seed=1)
            events = [event async for event in stub.Generate(asked)]
            assert len(events[-1].result.images) == 1
            asked.text_check = TEXT_CHECK_WARN
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                _ = [event async for event in stub.Generate(asked)]
            assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION
            assert 'pip install "reelmesh[ocr]"' in str(refused.value.details())
    finally:
        await running.stop(0)
