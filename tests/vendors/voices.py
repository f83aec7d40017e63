"""Services that speak: OpenAI's /audio/speech, Azure's REST, and Edge's reader over a web socket.

What they say is spoken by espeak-ng, in a voice and at a speed of their own, so that the true time of every
word is known here, whatever the engine makes of it.
"""

from __future__ import annotations

import asyncio
import functools
import json
import re
import subprocess
import tempfile
import threading
from array import array
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from aiohttp import WSMsgType, web

from servers.chassis.media import commands
from servers.tts.espeak_worker import speak
from tests.vendors.http import Reply, Request, Server

_VOICES = {"en": "en-gb+m3", "zh": "cmn+m3"}
_SPEAK = "{http://www.w3.org/2001/10/synthesis}"
_MSTTS = "{http://www.w3.org/2001/mstts}"
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Spoken:
    """A text as a service says it."""

    wav: bytes
    words: list[tuple[str, float, float]]
    """Each with its start and end in seconds."""
    seconds: float


@functools.cache
def spoken(text: str, speed: float = 1.15) -> Spoken:
    """A text in the voice of the services."""
    chinese = any("\u4e00" <= char <= "\u9fff" for char in text)
    with _LOCK, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        language = "zh" if chinese else "en"
        told = speak(
            {
                "text": text,
                "ssml": "",
                "language": language,
                "voice": _VOICES[language],
                "words_per_minute": 170.0 * speed,
                "speed": speed,
                "semitones": 0.0,
                "path": str(path),
            },
            lambda report: None,
        )
        numbers = iter(array("q", path.with_suffix(".words").read_bytes()))
        rate = told["rate"]
        words = [
            (text[first:last], start / rate, end / rate)
            for first, last, start, end in zip(numbers, numbers, numbers, numbers, strict=True)
        ]
        return Spoken(path.read_bytes(), words, told["samples"] / rate)


def coded(wav: bytes, *arguments: str) -> bytes:
    """A WAV file in another format."""
    command = [commands.executable(), "-v", "error", "-i", "pipe:0", *arguments, "pipe:1"]
    return subprocess.run(command, input=wav, check=True, capture_output=True).stdout


class Speech:
    """OpenAI's /v1/audio/speech. A context manager; `url` is its base URL, ending with /v1."""

    KEY = "speech-key"

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.replies: deque[Reply] = deque()
        """Each is used once, before the usual answers."""
        self._server = Server(self._handle)

    def __enter__(self) -> Speech:
        self._server.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.__exit__(*problem)

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"{self._server.url}/v1"

    def _handle(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {self.KEY}":
            return _error(401, "Incorrect API key provided", "invalid_api_key")
        if (request.method, request.path) != ("POST", "/v1/audio/speech"):
            return _error(404, "Invalid URL", "unknown_url")
        body = request.json()
        known = {"model", "input", "voice", "instructions", "response_format", "speed", "stream_format"}
        if not isinstance(body, dict) or set(body) - known or not {"model", "input", "voice"} <= set(body):
            return _error(400, "Invalid request", "invalid_request")
        if len(body["input"]) > 4096:
            return _error(400, "String should have at most 4096 characters", "string_too_long")
        if not 0.25 <= body.get("speed", 1.0) <= 4.0:
            return _error(400, "speed must be between 0.25 and 4", "invalid_value")
        if self.replies:
            return self.replies.popleft()
        self.bodies.append(body)
        said = spoken(body["input"], 1.15 * body.get("speed", 1.0)).wav
        if body.get("response_format") == "wav":
            return Reply(200, said, {"content-type": "audio/wav"})
        return Reply(200, coded(said, "-f", "mp3"), {"content-type": "audio/mpeg"})


def _error(status: int, message: str, code: str) -> Reply:
    told = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return Reply.of({"error": told}, status)


class Azure:
    """Azure's REST. A context manager; `url` is what a region's address would be."""

    KEY = "azure-key"
    VOICES = (
        ("en-US-AriaNeural", "en-US", "Female", ["cheerful", "sad"]),
        ("en-US-GuyNeural", "en-US", "Male", ["newscast"]),
        ("zh-CN-XiaoxiaoNeural", "zh-CN", "Female", []),
        ("is-IS-GudrunNeural", "is-IS", "Female", []),
    )

    def __init__(self) -> None:
        self.ssml: list[str] = []
        self.replies: deque[Reply] = deque()
        self.lists = 0
        self._server = Server(self._handle)

    def __enter__(self) -> Azure:
        self._server.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.__exit__(*problem)

    @property
    def url(self) -> str:
        """Its base URL."""
        return self._server.url

    def _handle(self, request: Request) -> Reply:
        headers = request.headers
        if headers.get("ocp-apim-subscription-key") != self.KEY:
            return Reply(401)
        if (request.method, request.path) == ("GET", "/cognitiveservices/voices/list"):
            self.lists += 1
            return Reply.of([_listed(*one) for one in self.VOICES])
        if (request.method, request.path) != ("POST", "/cognitiveservices/v1"):
            return Reply(404)
        if headers.get("content-type") != "application/ssml+xml":
            return Reply(415)
        if not headers.get("user-agent") or headers.get("x-microsoft-outputformat") not in (
            "riff-24khz-16bit-mono-pcm",
            "audio-24khz-48kbitrate-mono-mp3",
        ):
            return Reply(400, b"a header is missing")
        if self.replies:
            return self.replies.popleft()
        try:
            text = self._text(request.body.decode())
        except (ET.ParseError, ValueError) as error:
            return Reply(400, str(error).encode())
        self.ssml.append(request.body.decode())
        said = coded(spoken(text).wav, "-ar", "24000", "-f", "wav")
        return Reply(200, said, {"content-type": "audio/x-wav"})

    def _text(self, ssml: str) -> str:
        root = ET.fromstring(ssml)
        if root.tag != f"{_SPEAK}speak" or root.get("version") != "1.0":
            raise ValueError("not a speak element of version 1.0")
        if not root.get("{http://www.w3.org/XML/1998/namespace}lang"):
            raise ValueError("xml:lang is missing")
        voices = list(root)
        if not voices or any(one.tag != f"{_SPEAK}voice" for one in voices) or (root.text or "").strip():
            raise ValueError("only voice elements may stand in speak")
        styles = {name: kinds for name, _, _, kinds in self.VOICES}
        for voice in voices:
            name = voice.get("name", "")
            if name not in styles:
                raise ValueError(f"Unsupported voice {name}.")
            for inner in voice.iter():
                if inner.tag == f"{_MSTTS}express-as" and inner.get("style") not in styles[name]:
                    raise ValueError(f"{name} has no style {inner.get('style')}")
        return " ".join("".join(root.itertext()).split())


def _listed(name: str, locale: str, gender: str, styles: list[str]) -> dict[str, Any]:
    told = {"Name": f"Microsoft Server Speech ({name})", "DisplayName": name.split("-")[2][:-6]}
    told |= {"LocalName": told["DisplayName"], "ShortName": name, "Gender": gender, "Locale": locale}
    more = {"SampleRateHertz": "24000", "VoiceType": "Neural", "Status": "GA", "WordsPerMinute": "150"}
    return {**told, **more, **({"StyleList": styles} if styles else {})}


class Edge:
    """Edge's reader, as the package speaks to it. A context manager; `url` begins with ws://."""

    def __init__(self) -> None:
        self.ssml: list[str] = []
        self.refuse = 0
        """Status that connections are refused with; 0: none."""
        self.drop = False
        """Ends connections without a sound."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None
        self.port = 0

    def __enter__(self) -> Edge:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(self, *problem: object) -> None:
        assert self._runner is not None
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_get("/edge/v1", self._speak)
        app.router.add_get("/voices/list", self._list)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _list(self, request: web.Request) -> web.Response:
        return web.json_response([_listed(*one) | {"VoiceTag": {}} for one in Azure.VOICES])

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        if self.refuse:
            return web.Response(status=self.refuse)
        assert request.query.get("TrustedClientToken")
        assert request.query.get("Sec-MS-GEC")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        config = await socket.receive_str()
        assert '"wordBoundaryEnabled":"true"' in config
        message = await socket.receive()
        assert message.type is WSMsgType.TEXT
        if self.drop:
            await socket.close()
            return socket
        ssml = message.data.partition("\r\n\r\n")[2]
        self.ssml.append(ssml)
        text = " ".join("".join(ET.fromstring(ssml).itertext()).split())
        said = spoken(text)
        mp3 = coded(said.wav, "-ar", "24000", "-b:a", "48k", "-write_xing", "0", "-f", "mp3")
        head = "X-RequestId:1\r\nContent-Type:application/json; charset=utf-8\r\nPath:"
        await socket.send_str(f"{head}turn.start\r\n\r\n{{}}")
        for word, start, end in said.words:
            data = {"Offset": round(start * 1e7), "Duration": round((end - start) * 1e7)}
            data |= {"text": {"Text": word, "Length": len(word), "BoundaryType": "WordBoundary"}}  # type: ignore[dict-item]
            told = json.dumps({"Metadata": [{"Type": "WordBoundary", "Data": data}]})
            await socket.send_str(f"{head}audio.metadata\r\n\r\n{told}")
        header = b"X-RequestId:1\r\nContent-Type:audio/mpeg\r\nPath:audio\r\n"
        for at in range(0, len(mp3), 4000):
            await socket.send_bytes(len(header).to_bytes(2, "big") + header + mp3[at : at + 4000])
        await socket.send_str(f"{head}turn.end\r\n\r\n{{}}")
        await socket.close()
        return socket

    def redirect(self, monkeypatch: Any) -> None:
        """Lets the package speak to this server: it has its addresses as constants."""
        here = f"127.0.0.1:{self.port}"
        monkeypatch.setattr("edge_tts.communicate.WSS_URL", f"ws://{here}/edge/v1?TrustedClientToken=t")
        monkeypatch.setattr("edge_tts.voices.VOICE_LIST", f"http://{here}/voices/list?trustedclienttoken=t")


class SeedVC:
    """A server around Seed-VC: it gives the speech back as it is, `stretch` times as long."""

    KEY = ""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.stretch = 1.0
        self._server = Server(self._handle)

    def __enter__(self) -> SeedVC:
        self._server.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.__exit__(*problem)

    @property
    def url(self) -> str:
        """Its base URL."""
        return self._server.url

    def _handle(self, request: Request) -> Reply:
        if (request.method, request.path) != ("POST", "/synthesize/"):
            return Reply.of({"detail": "Not Found"}, 404)
        form, files = request.form(), request.files()
        if not form.get("text") or not {"tts_audio_file", "audio_file"} <= set(files):
            return Reply.of({"detail": "text, tts_audio_file and audio_file are required"}, 400)
        self.forms.append(form)
        speech = files["tts_audio_file"][1]
        slower = coded(speech, "-af", f"atempo={1 / self.stretch:.6f}", "-ar", "44100", "-f", "wav")
        return Reply(200, slower, {"content-type": "audio/wav"})


def letters(text: str) -> str:
    """What of a text is spoken."""
    return re.sub(r"\W", "", text)
