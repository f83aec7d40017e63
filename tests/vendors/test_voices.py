"""Speech by other makers' voices: every word is there with its time, however the text had to be cut."""

from __future__ import annotations

import contextlib
import statistics
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

from reelmesh.common.v1 import speech_pb2
from reelmesh.tts.v1 import tts_pb2, tts_pb2_grpc
from servers.chassis import serve
from servers.chassis.context import DEFAULT_OWNER
from servers.chassis.settings import Settings
from servers.tts.__main__ import SERVER
from servers.tts.chunks import chunks_of
from tests.vendors.http import Reply
from tests.vendors.voices import Azure, Edge, SeedVC, Speech, letters, spoken

ENGLISH = "A hungry fox came to a vineyard. The grapes were ripe, round and full of juice! He jumped twice."
CHINESE = "一只饥饿的狐狸来到葡萄园。葡萄又大又甜，他跳了两次。"


class Talking:
    """A TTS server that runs."""

    def __init__(self, running: serve.Running, channel: grpc.aio.Channel) -> None:
        self.running = running
        self.stub: Any = tts_pb2_grpc.TTSServiceStub(channel)

    async def speak(self, **fields: Any) -> tts_pb2.SynthesizeResult:
        request = tts_pb2.SynthesizeRequest(**fields)
        return [event async for event in self.stub.Synthesize(request)][-1].result  # type: ignore[no-any-return]

    async def samples(self, result: tts_pb2.SynthesizeResult) -> tuple[Any, int]:
        path = await self.running.resources.assets.path(DEFAULT_OWNER, result.audio, "audio")
        with wave.open(str(path), "rb") as file:
            return np.frombuffer(file.readframes(file.getnframes()), "<i2"), file.getframerate()

    async def refusal(self, **fields: Any) -> grpc.aio.AioRpcError:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await self.speak(**fields)
        return refused.value


@contextlib.asynccontextmanager
async def talking(sockets: Path, name: str, options: dict[str, Any]) -> AsyncIterator[Talking]:
    settings = Settings(tts={"engines": [name, "espeak"], "options": {name: options}})  # type: ignore[arg-type]
    running = await serve.start(SERVER, settings, f"unix:{sockets}/tts")
    try:
        async with grpc.aio.insecure_channel(running.address) as channel:
            yield Talking(running, channel)
    finally:
        await running.stop(0)


@pytest.fixture
def speech() -> Iterator[Speech]:
    with Speech() as simulator:
        yield simulator


@pytest.fixture
def azure() -> Iterator[Azure]:
    with Azure() as simulator:
        yield simulator


@pytest.fixture
def edge(monkeypatch: pytest.MonkeyPatch) -> Iterator[Edge]:
    with Edge() as simulator:
        simulator.redirect(monkeypatch)
        yield simulator


def account(simulator: Any, **more: Any) -> dict[str, Any]:
    return {"key": simulator.KEY, "base_url": simulator.url, **more}


def check_words(result: tts_pb2.SynthesizeResult, source: str) -> None:
    """Every letter and digit is in a word, in order, within the sound."""
    covered: set[int] = set()
    edges = []
    for word in result.words:
        assert word.text == source[word.char_start : word.char_end]
        covered |= set(range(word.char_start, word.char_end))
        edges += [word.start.ToNanoseconds(), word.end.ToNanoseconds()]
    assert {at for at, char in enumerate(source) if char.isalnum()} <= covered
    assert edges == sorted(edges)
    assert edges[-1] <= result.duration.ToNanoseconds()


def errors(result: tts_pb2.SynthesizeResult, text: str, shift: float = 0.0) -> list[float]:
    """How far each word's start is from where it truly is, seconds."""
    said = spoken(text).words
    assert len(said) == len(result.words)
    return [
        abs(word.start.ToNanoseconds() / 1e9 - shift - start)
        for word, (_, start, _) in zip(result.words, said, strict=True)
    ]


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["en", "zh"])
async def test_words_are_found_where_the_service_tells_no_times(
    speech: Speech, sockets: Path, text: str
) -> None:
    async with talking(sockets, "openai", account(speech)) as server:
        result = await server.speak(text=text, style="whispering", speed=1.0, seed=3)
    check_words(result, text)
    assert result.timing_source == speech_pb2.TIMING_SOURCE_ALIGNMENT
    assert not result.needs_alignment
    assert statistics.median(errors(result, text)) < 0.04
    assert result.duration.ToNanoseconds() / 1e9 == pytest.approx(spoken(text).seconds, abs=0.02)
    (body,) = speech.bodies
    assert body == {
        "model": "gpt-4o-mini-tts",
        "input": text,
        "voice": "alloy",
        "response_format": "wav",
        "instructions": "whispering",
    }
    assert (result.provenance.engine, result.provenance.model) == ("openai", "gpt-4o-mini-tts")
    assert (result.provenance.seed, list(result.provenance.warnings)) == (3, [])


async def test_a_long_text_is_cut_at_sentences_and_joined_without_clicks(
    speech: Speech, sockets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servers.tts.openai.OpenAIEngine.longest", 60)
    async with talking(sockets, "openai", account(speech)) as server:
        result = await server.speak(text=ENGLISH)
        samples, rate = await server.samples(result)
    assert [body["input"] for body in speech.bodies] == [
        "A hungry fox came to a vineyard.",
        "The grapes were ripe, round and full of juice!",
        "He jumped twice.",
    ]
    check_words(result, ENGLISH)
    assert result.timing_source == speech_pb2.TIMING_SOURCE_ALIGNMENT
    # Each sentence's words stand as they do in the sentence alone, moved to where it begins.
    at = 0
    for body in speech.bodies:
        alone = spoken(body["input"]).words
        mine = result.words[at : at + len(alone)]
        shift = mine[0].start.ToNanoseconds() / 1e9 - alone[0][1]
        apart = [
            abs(one.start.ToNanoseconds() / 1e9 - shift - start)
            for one, (_, start, _) in zip(mine, alone, strict=True)
        ]
        assert statistics.median(apart) < 0.05
        at += len(alone)
    # No step between two samples is larger at the joins than the voice makes by itself.
    largest = max(np.abs(np.diff(_pcm(spoken(body["input"]).wav))).max() for body in speech.bodies)
    assert np.abs(np.diff(samples.astype(np.int64))).max() <= 1.5 * largest
    assert result.duration.ToNanoseconds() / 1e9 == pytest.approx(len(samples) / rate, abs=0.001)


def _pcm(wav: bytes) -> Any:
    return np.frombuffer(wav[44:], "<i2").astype(np.int64)


async def test_what_was_turned_away_is_tried_again_and_what_was_lost_is_not(
    speech: Speech, sockets: Path
) -> None:
    busy = Reply.of(
        {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, 429, retry_after="0.01"
    )
    async with talking(sockets, "openai", account(speech)) as server:
        speech.replies.append(busy)
        assert (await server.speak(text="He jumped.")).provenance.engine == "openai"
        speech.replies.append(Reply(drop=True))
        lost = await server.refusal(text="He jumped.", engine="openai")
        assert lost.code() == grpc.StatusCode.FAILED_PRECONDITION
        assert "may have been paid" in str(lost.details())
        speech.replies.append(Reply(200, b"<html>no sound</html>", {"content-type": "audio/wav"}))
        broken = await server.refusal(text="He jumped.", engine="openai")
        assert broken.code() == grpc.StatusCode.INTERNAL
    async with talking(sockets, "openai", account(speech, key="wrong-key")) as server:
        refused = await server.refusal(text="He jumped.", engine="openai")
        assert refused.code() == grpc.StatusCode.FAILED_PRECONDITION
        assert "wrong-key" not in str(refused)


async def test_azure_speaks_with_style_speed_and_pitch(azure: Azure, sockets: Path) -> None:
    text = 'Fox & crow: "1 < 2", he said.'
    async with talking(sockets, "azure", account(azure)) as server:
        result = await server.speak(text=text, style="cheerful", speed=1.2, pitch_semitones=-2)
        check_words(result, text)
        assert result.voice == "en-US-AriaNeural"
        assert '<mstts:express-as style="cheerful"><prosody rate="+20%" pitch="-2st">' in azure.ssml[0]
        assert result.timing_source == speech_pb2.TIMING_SOURCE_ALIGNMENT
        bad = await server.refusal(text=text, style="shouting")
        assert bad.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert "has no style shouting" in str(bad.details())
        unknown = await server.refusal(text=text, voice="Bob")
        assert "voice" in str(unknown.details())
        azure.replies.append(Reply(429, headers={"retry-after": "0"}))
        assert (await server.speak(text=CHINESE)).voice == "zh-CN-XiaoxiaoNeural"


async def test_azure_speaks_ssml_and_places_stay_those_of_the_document(azure: Azure, sockets: Path) -> None:
    ssml = (
        '<speak xml:lang="en-US">The <sub alias="World Wide Web Consortium">W3C</sub> &amp; '
        '<emphasis>friends</emphasis> met. <break time="200ms"/>They ate.</speak>'
    )
    async with talking(sockets, "azure", account(azure)) as server:
        result = await server.speak(ssml=ssml)
        own = await server.speak(
            ssml='<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-US">'
            '<voice name="en-US-GuyNeural">Hello there.</voice></speak>'
        )
    assert [word.text for word in result.words] == ["The", "W3C", "friends", "met", "They", "ate"]
    assert all(word.text == ssml[word.char_start : word.char_end] for word in result.words)
    assert '<voice name="en-US-AriaNeural">' in azure.ssml[0]
    assert [word.text for word in own.words] == ["Hello", "there"]
    assert "AriaNeural" not in azure.ssml[1]


async def test_the_catalogue_holds_all_voices_by_language_and_gender(azure: Azure, sockets: Path) -> None:
    async with talking(sockets, "azure", account(azure)) as server:

        async def listed(**fields: Any) -> list[str]:
            told = await server.stub.ListVoices(tts_pb2.ListVoicesRequest(page_size=1000, **fields))
            return [f"{one.engine}:{one.name}" for one in told.voices]

        everything = await listed()
        assert {one.partition(":")[0] for one in everything} == {"azure", "espeak"}
        assert await listed(language="is", engine="azure") == ["azure:is-IS-GudrunNeural"]
        male = await listed(language="en-US", gender=tts_pb2.VOICE_GENDER_MALE)
        assert "azure:en-US-GuyNeural" in male
        assert "azure:en-US-AriaNeural" not in male
        told = await server.stub.ListVoices(tts_pb2.ListVoicesRequest(engine="azure"))
        styles = {voice.name: list(voice.styles) for voice in told.voices}
        assert styles["en-US-AriaNeural"] == ["cheerful", "sad"]
        assert azure.lists == 1
        # Now that all are known, what is not among them is refused without asking.
        refused = await server.refusal(text="x", engine="azure", voice="en-US-NobodyNeural")
        assert refused.code() == grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["en", "zh"])
async def test_edge_tells_the_times_itself(edge: Edge, sockets: Path, text: str) -> None:
    async with talking(sockets, "edge", {}) as server:
        result = await server.speak(text=text, speed=1.1, pitch_semitones=2)
    check_words(result, text)
    assert result.timing_source == speech_pb2.TIMING_SOURCE_ENGINE
    assert max(errors(result, text)) < 0.001
    assert "rate='+10%'" in edge.ssml[0]
    assert "pitch='+26Hz'" in edge.ssml[0]


async def test_what_goes_wrong_at_edge_is_told(edge: Edge, sockets: Path) -> None:
    async with talking(sockets, "edge", {}) as server:
        edge.drop = True
        nothing = await server.refusal(text="He jumped.", engine="edge")
        assert nothing.code() == grpc.StatusCode.INTERNAL
        edge.refuse = 503
        away = await server.refusal(text="He jumped.", engine="edge")
        assert away.code() == grpc.StatusCode.UNAVAILABLE
        edge.refuse = 0
        edge.drop = False
        told = await server.stub.ListVoices(tts_pb2.ListVoicesRequest(engine="edge", language="is"))
        assert [one.name for one in told.voices] == ["is-IS-GudrunNeural"]


@pytest.mark.parametrize(
    ("stretch", "source"),
    [(1.0, speech_pb2.TIMING_SOURCE_ENGINE), (1.25, speech_pb2.TIMING_SOURCE_ALIGNMENT)],
)
async def test_seed_vc_converts_what_another_engine_spoke(sockets: Path, stretch: float, source: int) -> None:
    with SeedVC() as seed_vc:
        seed_vc.stretch = stretch
        async with talking(sockets, "seed-vc", {"base_url": seed_vc.url}) as server:
            reference = (await server.speak(text="My own voice.")).audio
            plain = await server.speak(text=ENGLISH)
            result = await server.speak(text=ENGLISH, reference_audio=reference, seed=1)
            assert plain.provenance.engine == "espeak"
            refused = await server.refusal(text=ENGLISH, engine="seed-vc")
            assert "reference_audio" in str(refused.details())
    check_words(result, ENGLISH)
    assert (result.provenance.engine, result.timing_source, result.voice) == ("seed-vc", source, plain.voice)
    assert result.duration.ToNanoseconds() == pytest.approx(
        plain.duration.ToNanoseconds() * stretch, rel=0.02
    )
    moved = [
        abs(one.start.ToNanoseconds() - other.start.ToNanoseconds() * stretch) / 1e9
        for one, other in zip(result.words, plain.words, strict=True)
    ]
    assert statistics.median(moved) < 0.05
    assert seed_vc.forms[-1]["diffusion_steps"] == "30"


@pytest.mark.parametrize("most", [1, 12, 40, 1000])
@pytest.mark.parametrize("text", [ENGLISH, CHINESE, "“Go!” he said. (So he went.)\n\nEnd", "a" * 50])
def test_chunks_hold_every_word_whole(text: str, most: int) -> None:
    found = chunks_of(text, most)
    parts = [text[one.span.start : one.span.end] for one in found]
    assert letters("".join(parts)) == letters(text)
    assert all(part == part.strip() for part in parts)
    assert all(len(part) <= most or len(part.split()) == 1 for part in parts if most > 12)
    if most == 1000:
        assert parts == [text]
