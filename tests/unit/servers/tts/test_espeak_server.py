"""The whole TTS server with its one engine, over a socket."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import numpy.typing as npt
import psutil
import pytest

from reelmesh.common.v1 import speech_pb2
from reelmesh.tts.v1 import tts_pb2, tts_pb2_grpc
from servers.chassis import serve
from servers.chassis.context import DEFAULT_OWNER
from servers.chassis.errors import FailedPrecondition
from servers.chassis.media import commands
from servers.chassis.media.audio import read_wav
from servers.chassis.media.probe import probe
from servers.chassis.settings import Settings
from servers.chassis.words import words_of
from servers.tts.__main__ import SERVER
from servers.tts.encoding import CODINGS
from servers.tts.espeak import EspeakEngine

Request = tts_pb2.SynthesizeRequest
MIXED = "The fox (狐狸) paid $5 for 1,000 grapes — well-known, isn't it? 😀 ２０ more.\n\n“Yes,” he said."
CHINESE = "从前，有一只狐狸👑，它说：“我是百兽之王！”\n老虎走了3.5米，OK？𠀀。"


class Server:
    def __init__(self, running: serve.Running, channel: grpc.aio.Channel) -> None:
        self.running = running
        self.stub = tts_pb2_grpc.TTSServiceStub(channel)

    async def speak(self, **fields: Any) -> tts_pb2.SynthesizeResult:
        messages = [message async for message in self.stub.Synthesize(Request(**fields))]
        assert [message.WhichOneof("event") for message in messages[:-1]] == ["progress"] * (
            len(messages) - 1
        )
        return messages[-1].result

    async def path(self, result: tts_pb2.SynthesizeResult) -> Path:
        return await self.running.resources.assets.path(DEFAULT_OWNER, result.audio, "audio")


@pytest.fixture
async def server(sockets: Path) -> AsyncIterator[Server]:
    running = await serve.start(SERVER, Settings(), f"unix:{sockets}/tts")
    async with grpc.aio.insecure_channel(running.address) as channel:
        yield Server(running, channel)
    await running.stop(0)


@pytest.mark.parametrize("text", [MIXED, CHINESE, "สวัสดีครับ ทุกคน", "مرحبا بالعالم", "Привет, мир 42"])
async def test_every_letter_and_digit_is_in_a_word_with_its_time(server: Server, text: str) -> None:
    result = await server.speak(text=text)
    covered: set[int] = set()
    edges: list[int] = []
    for word in result.words:
        assert word.text == text[word.char_start : word.char_end]
        covered |= set(range(word.char_start, word.char_end))
        edges += [word.start.ToNanoseconds(), word.end.ToNanoseconds()]
    assert {position for position, char in enumerate(text) if char.isalnum()} <= covered
    assert edges == sorted(edges)
    assert edges[-1] <= result.duration.ToNanoseconds()
    assert all(word.start.ToNanoseconds() < word.end.ToNanoseconds() for word in result.words)
    assert result.timing_source == speech_pb2.TIMING_SOURCE_ENGINE
    assert not result.needs_alignment
    assert not result.provenance.HasField("seed")


async def test_chinese_is_timed_by_the_character(server: Server) -> None:
    result = await server.speak(text=CHINESE)
    assert (result.language, result.voice) == ("zh", "cmn+f2")
    words = [word.text for word in result.words]
    assert words[:6] == ["从", "前", "有", "一", "只", "狐"]
    assert {"3.5", "OK", "𠀀"} <= set(words)
    assert list(result.provenance.warnings) == ["1 emoji in the text were not spoken"]


async def test_the_same_request_gives_the_same_bytes_whatever_was_spoken_before(server: Server) -> None:
    first = await server.speak(text=MIXED, request_id="one")
    await server.speak(text=CHINESE)
    again = await server.speak(text=MIXED, request_id="two")
    assert again.audio.digest == first.audio.digest
    assert again.words == first.words


@pytest.mark.parametrize(
    ("format_", "media_type", "codec"),
    [
        (tts_pb2.AUDIO_FORMAT_WAV, "audio/wav", "pcm_s16le"),
        (tts_pb2.AUDIO_FORMAT_MP3, "audio/mpeg", "mp3"),
        (tts_pb2.AUDIO_FORMAT_OPUS, "audio/ogg", "opus"),
        (tts_pb2.AUDIO_FORMAT_FLAC, "audio/flac", "flac"),
    ],
)
async def test_formats(server: Server, format_: Any, media_type: str, codec: str) -> None:
    result = await server.speak(text="The fox walked home.", format=format_)
    again = await server.speak(text="The fox walked home.", format=format_)
    assert again.audio.digest == result.audio.digest
    assert result.audio.media_type == media_type
    facts = result.audio.facts
    measured = await probe(await server.path(result))
    assert (facts.audio_codec, facts.channels, facts.sample_rate_hertz) == (
        codec,
        measured.channels,
        measured.sample_rate,
    )
    assert measured.audio_codec.removesuffix("float") == codec
    assert measured.duration == pytest.approx(result.duration.ToNanoseconds() / 1e9, abs=0.1)


async def test_word_times_hold_in_every_format(server: Server) -> None:
    """A decoder gives the sound as long as it is told, and at the same place as in WAV."""
    sounds = []
    for format_ in CODINGS:
        result = await server.speak(text="The fox walked home. It was late.", format=format_)
        sounds.append(_decoded(await server.path(result)))
        assert len(sounds[-1]) == pytest.approx(result.duration.ToNanoseconds() * 22.05e-6, abs=50)
    size = 2 * max(map(len, sounds))
    wav = np.conj(np.fft.rfft(sounds[0], size))
    for sound in sounds[1:]:
        shift = int(np.argmax(np.fft.irfft(np.fft.rfft(sound, size) * wav, size)))
        assert min(shift, size - shift) < 22  # a millisecond


def _decoded(path: Path) -> npt.NDArray[np.float64]:
    """The samples at 22,050 Hz as a player gets them."""
    command = [commands.executable(), "-v", "error", "-i", str(path)]
    command += ["-f", "s16le", "-ac", "1", "-ar", "22050", "-"]
    decoded = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(decoded, np.int16).astype(np.float64)


async def test_words_in_other_scripts_are_read_or_told_of(server: Server) -> None:
    """Another voice reads them, in as many sounds as they have; what nobody reads is silent and told."""
    told = {
        "He said مرحبا and left.": [],
        "他说Привет，又说hello。": [],
        "He wrote བཀྲ ཤིས there.": [
            "words in Tibetan letters were not spoken: espeak-ng has no voice that reads them"
        ],
        "これは世界です": [
            "Chinese characters in a Japanese text were read in Mandarin: espeak-ng reads only kana; "
            "write them in kana, or choose another engine"
        ],
    }
    for text, warnings in told.items():
        result = await server.speak(text=text)
        assert list(result.provenance.warnings) == warnings
        assert {word.text for word in result.words} == {text[one.start : one.end] for one in words_of(text)}
    alone = await server.speak(text="مرحبا", voice="ar+f2", language="ar")
    mixed = await server.speak(text="He said مرحبا and left.")
    (within,) = [word for word in mixed.words if word.text == "مرحبا"]
    (word,) = alone.words
    assert _seconds(within) == pytest.approx(_seconds(word), rel=0.25)


def _seconds(word: speech_pb2.TimedWord) -> float:
    return (word.end.ToNanoseconds() - word.start.ToNanoseconds()) / 1e9


async def test_speed_and_pitch_change_what_they_should(server: Server) -> None:
    text = "The quick brown fox jumps over the lazy dog, and then it does so again."
    normal, fast, slow, high = [
        await server.speak(text=text, voice="en-us", **fields)
        for fields in ({}, {"speed": 2.0}, {"speed": 0.5}, {"pitch_semitones": 12})
    ]
    seconds = {
        name: result.duration.ToNanoseconds() / 1e9
        for name, result in zip("nfs", (normal, fast, slow), strict=True)
    }
    assert seconds["n"] / seconds["f"] == pytest.approx(2, rel=0.2)
    assert seconds["s"] / seconds["n"] == pytest.approx(2, rel=0.2)
    assert high.audio.digest != normal.audio.digest
    assert list(high.provenance.warnings) == [
        "the pitch was shifted by 8.85 instead of 12 semitones: espeak-ng goes no further"
    ]


@pytest.mark.parametrize(
    ("fields", "field", "rule"),
    [
        ({"text": "😀 … !"}, "text", "nothing to speak"),
        ({"text": "hello", "voice": "en-uss"}, "voice", "did you mean en-us"),
        ({"text": "hello", "language": "tlh"}, "language", "no voice"),
        ({"text": "hello", "model": "big"}, "model", "no models"),
        ({"ssml": "<speak>hello", "engine": "espeak"}, "ssml", "line 1, column 13"),
        ({"ssml": "<!DOCTYPE speak [<!ENTITY a 'aa'>]><speak>&a;</speak>"}, "ssml", "document type"),
        ({"ssml": "<speak><break/></speak>"}, "ssml", "nothing to speak"),
        ({"ssml": "<speak><voice name='x'>hi</voice></speak>", "voice": "en-uss"}, "voice", "did you mean"),
        ({"text": "hello", "speed": 3.0}, "speed", ""),
        ({"text": "bell \x07"}, "text", ""),
        ({"text": "x" * 50_001}, "text", ""),
        ({"text": ""}, "", "exactly one"),
    ],
)
async def test_what_can_not_be_spoken_is_refused(
    server: Server, fields: dict[str, Any], field: str, rule: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await server.speak(**fields)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert field in (refused.value.details() or "")
    assert rule in (refused.value.details() or "")


async def test_ssml_is_spoken_as_it_is_marked(server: Server) -> None:
    ssml = (
        '<speak xml:lang="en-GB">\n<p>The <sub alias="World Wide Web Consortium">W3C</sub> met AT&amp;T.</p>'
        '<break time="2s"/><p><prosody rate="slow">It ended</prosody> <emphasis>well</emphasis>.</p></speak>'
    )
    result = await server.speak(ssml=ssml)
    assert (result.language, result.voice) == ("en-GB", "en-gb+f2")
    words = {word.text: word for word in result.words}
    assert list(words) == ["The", "W3C", "met", "AT&amp;T", "It", "ended", "well"]
    assert all(ssml[word.char_start : word.char_end] == word.text for word in result.words)
    edges = [edge.ToNanoseconds() for word in result.words for edge in (word.start, word.end)]
    assert edges == sorted(edges)
    assert edges[-1] <= result.duration.ToNanoseconds()
    alias = words["W3C"].end.ToNanoseconds() - words["W3C"].start.ToNanoseconds()
    assert alias > 1_200_000_000
    pause = words["It"].start.ToNanoseconds() - words["AT&amp;T"].end.ToNanoseconds()
    assert pause == pytest.approx(2e9, abs=5e7)
    assert not result.provenance.warnings


async def test_prosody_in_ssml_changes_length_and_level(server: Server) -> None:
    def marked(**how: str) -> str:
        attributes = " ".join(f'{name}="{value}"' for name, value in how.items())
        return f"<speak>The first. <prosody {attributes}>The quick brown fox walked.</prosody></speak>"

    async def length(**how: str) -> int:
        result = await server.speak(ssml=marked(**how), voice="en-us")
        return result.words[-1].end.ToNanoseconds() - result.words[2].start.ToNanoseconds()

    assert await length(rate="50%") / await length(rate="medium") == pytest.approx(2, rel=0.2)
    soft = await server.speak(ssml=marked(volume="-12dB"), voice="en-us")
    samples, rate = read_wav(await server.path(soft))
    first = samples[: soft.words[1].end.ToNanoseconds() * rate // 10**9].astype(float)
    rest = samples[soft.words[2].start.ToNanoseconds() * rate // 10**9 :].astype(float)
    assert rest.std() < first.std() / 2.5


async def test_what_is_not_known_of_ssml_is_spoken_with_a_warning(server: Server) -> None:
    ssml = (
        '<speak><glow>Red</glow> <voice name="nobody">fox</voice> <phoneme ph="ʘ">den</phoneme> '
        '<prosody contour="(0%,+20Hz)">runs</prosody></speak>'
    )
    result = await server.speak(ssml=ssml)
    assert [word.text for word in result.words] == ["Red", "fox", "den", "runs"]
    assert [
        key for key in ("glow", "nobody", "ʘ", "contour") if key in " ".join(result.provenance.warnings)
    ] == [
        "glow",
        "nobody",
        "ʘ",
        "contour",
    ]


async def test_what_the_markup_asks_beyond_the_engine_is_told(server: Server) -> None:
    ssml = '<speak>a <prosody rate="20%" pitch="+20st">b</prosody></speak>'
    told = " ".join((await server.speak(ssml=ssml)).provenance.warnings)
    assert "a rate in the SSML" in told
    assert "a pitch in the SSML" in told
    silent = '<speak><prosody volume="silent">nothing</prosody></speak>'
    with pytest.raises(grpc.aio.AioRpcError, match="nothing that this voice can say"):
        await server.speak(ssml=silent)


async def test_resolve_fills_in_every_default(server: Server) -> None:
    wrapped = tts_pb2.ResolveSynthesizeRequest(request=Request(text="你好", seed=7))
    answer = await server.stub.ResolveSynthesize(wrapped)
    request = answer.request
    assert (request.engine, request.language, request.voice, request.speed) == ("espeak", "zh", "cmn+f2", 1.0)
    assert request.format == tts_pb2.AUDIO_FORMAT_WAV
    assert not request.HasField("seed")
    assert answer.resolution.cacheable
    assert answer.resolution.version
    again = await server.stub.ResolveSynthesize(tts_pb2.ResolveSynthesizeRequest(request=request))
    assert again == answer


async def test_voices_come_in_pages_and_by_language_and_gender(server: Server) -> None:
    listed: list[tts_pb2.Voice] = []
    token = ""
    while True:
        page = await server.stub.ListVoices(tts_pb2.ListVoicesRequest(page_size=60, page_token=token))
        listed += page.voices
        token = page.next_page_token
        if not token:
            break
    order = [(voice.engine, voice.languages[0], voice.name) for voice in listed]
    assert order == sorted(set(order))
    asked = tts_pb2.ListVoicesRequest(language="zh", gender=tts_pb2.VOICE_GENDER_FEMALE)
    chinese = await server.stub.ListVoices(asked)
    assert {voice.name for voice in chinese.voices} == {"cmn+f2", "yue+f2"}
    with pytest.raises(grpc.aio.AioRpcError, match="page_token"):
        await server.stub.ListVoices(tts_pb2.ListVoicesRequest(page_token="!"))


async def test_a_long_chapter_is_spoken_in_level_memory_with_progress(server: Server) -> None:
    text = ("The fox jumped, and fell. 狐狸跳了！ " * 900)[:24_000]
    fractions: list[float] = []
    peak = 0
    async for message in server.stub.Synthesize(Request(text=text)):
        if message.HasField("progress"):
            fractions.append(message.progress.fraction)
            peak = max([peak, *(worker.memory_info().rss for worker in espeak_workers())])
        else:
            result = message.result
    assert fractions == sorted(fractions)
    assert len(fractions) > 3
    assert peak < 150 * 1024**2
    samples, rate = read_wav(await server.path(result))
    assert result.duration.ToNanoseconds() == len(samples) * 1_000_000_000 // rate
    assert result.duration.ToSeconds() > 1000


def espeak_workers() -> list[psutil.Process]:
    """The worker processes of this engine; other tests of this process may have left idle ones of others."""
    children = psutil.Process().children()
    return [child for child in children if "servers.tts.espeak_worker" in child.cmdline()]


async def test_cancelling_ends_the_worker(server: Server) -> None:
    call = server.stub.Synthesize(Request(text="The fox jumped. " * 3000))
    async for message in call:
        if message.progress.fraction > 0:
            break
    workers = espeak_workers()
    assert workers
    call.cancel()
    _, alive = await asyncio.to_thread(psutil.wait_procs, workers, timeout=10)
    assert not alive


async def test_the_server_process_loads_neither_numpy_nor_espeak() -> None:
    code = (
        "import sys, servers.tts.__main__, servers.tts.espeak as e\n"
        "engine = e.EspeakEngine({})\n"
        "engine.describe(), engine.voices()\n"
        "assert not {'numpy', 'espeakng_loader'} & set(sys.modules), sys.modules.keys()\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await process.wait() == 0


def test_an_absent_library_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servers.tts.espeak.data_folder", lambda: None)
    engine = EspeakEngine({})
    assert [item.remedy for item in engine.missing()] == ['pip install "reelmesh[mesh]"']
    with pytest.raises(FailedPrecondition, match="espeak-ng is not installed"):
        engine.resolve(Request(text="hello"))
