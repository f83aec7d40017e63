"""Azure's speech service over REST: SSML in, WAV out. Source: Microsoft's rest-text-to-speech reference.

REST tells no times, so words are found by alignment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from xml.sax.saxutils import escape, quoteattr

from pydantic import Field

from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.engine_pb2 import Missing
from reelmesh.tts.v1 import tts_pb2
from servers.chassis.engine import WorkContext
from servers.chassis.remote import Account, RemoteSettings
from servers.tts import microsoft
from servers.tts.assembly import Sound
from servers.tts.neural import Call, NeuralEngine

_FORMAT = "riff-24khz-16bit-mono-pcm"
_MOST_SOUND_BYTES = 64 * 2**20
"""Ten minutes, which is where Azure cuts a sound off, have 29 MB."""
_ROOT = re.compile(r"<speak\b(?P<attributes>(?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
_NAMESPACES = (
    'version="1.0"',
    'xmlns="http://www.w3.org/2001/10/synthesis"',
    'xmlns:mstts="http://www.w3.org/2001/mstts"',
)


class AzureSettings(RemoteSettings):
    """Options of the engine "azure" of TTS."""

    region: str = Field(
        "", pattern="^[a-z0-9]*$", description='Region of the resource, e.g. "westeurope"; or give base_url.'
    )
    voice: str = Field("", description="Voice of requests that name none. Empty: one for the language.")


class AzureEngine(NeuralEngine):
    """One resource."""

    name = "azure"
    able: ClassVar[frozenset[str]] = frozenset({"pitch", "ssml", "styles"})

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._options = AzureSettings.model_validate(dict(settings))
        region = self._options.region
        domain = "azure.cn" if region.startswith("china") else "microsoft.com"
        base_url = f"https://{region}.tts.speech.{domain}" if region else ""
        self._account = Account("tts.options.azure", self._options, base_url=base_url, field="text")

    def describe(self) -> Description:
        """See `Engine.describe`."""
        return Description(
            description="Azure's neural voices over REST, with SSML and styles",
            version="1",
            languages=sorted({voice.languages[0] for voice in self.voices()}),
            capabilities=sorted(self.able),
            remote=True,
        )

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`."""
        return self._account.missing()

    def known_voices(self) -> Sequence[tts_pb2.Voice]:
        """See `NeuralEngine.known_voices`."""
        return microsoft.some_voices()

    async def ask_voices(self) -> Sequence[tts_pb2.Voice] | None:
        """See `NeuralEngine.ask_voices`."""
        answer = await self._account.call(
            "GET", "cognitiveservices/voices/list", headers=self._headers(), most_bytes=16 * 2**20
        )
        told = answer.json()
        return microsoft.voices_of(one for one in told if isinstance(one, dict)) if told else None

    def check_voice(self, voice: str) -> None:
        """See `NeuralEngine.check_voice`."""
        microsoft.check(voice, self._voices, whole=bool(self._voices))

    def voice_for(self, language: str) -> str:
        """See `NeuralEngine.voice_for`."""
        return self._options.voice or microsoft.voice_for(language, self.voices())

    def version_of(self, request: tts_pb2.SynthesizeRequest) -> str:
        """See `NeuralEngine.version_of`."""
        return f"azure-1-{_FORMAT}"

    async def speak(self, call: Call, work: WorkContext) -> Sound:
        """See `NeuralEngine.speak`."""
        headers = {
            **self._headers(),
            "Content-Type": "application/ssml+xml",
            "X-Microsoft-OutputFormat": _FORMAT,
        }
        request = call.request
        ssml = wrapped(request.ssml, request) if request.ssml else document(call.text, request)
        answer = await self._account.call(
            "POST",
            "cognitiveservices/v1",
            headers=headers,
            content=ssml.encode(),
            most_bytes=_MOST_SOUND_BYTES,
        )
        path = work.scratch / f"call-{call.number}.sound"
        path.write_bytes(answer.content)
        return Sound(path)

    def _headers(self) -> dict[str, str]:
        return {"Ocp-Apim-Subscription-Key": self._account.key, "User-Agent": "reelmesh"}

    async def close(self) -> None:
        """Closes its connections and worker processes."""
        await self._account.close()
        await super().close()


def document(text: str, request: tts_pb2.SynthesizeRequest) -> str:
    """A plain text as the SSML that Azure takes."""
    attributes = [*_NAMESPACES, f"xml:lang={quoteattr(request.language)}"]
    return f"<speak {' '.join(attributes)}>{_voiced(escape(text), request)}</speak>"


def wrapped(ssml: str, request: tts_pb2.SynthesizeRequest) -> str:
    """A user's document with what Azure wants around its content: a voice, unless it names its own."""
    root = _ROOT.search(ssml)
    end = ssml.rfind("</")
    if root is None or end < root.end():  # what was checked has both, if under another name of its namespace
        return ssml
    given = root["attributes"]
    attributes = [one for one in _NAMESPACES if f"{one.partition('=')[0]}=" not in given.replace(" =", "=")]
    if "xml:lang" not in given:
        attributes.append(f"xml:lang={quoteattr(request.language)}")
    content = ssml[root.end() : end]
    if not re.search(r"<voice\b", content):
        content = _voiced(content, request)
    return f"<speak{given.rstrip()} {' '.join(attributes)}>{content}</speak>"


def _voiced(content: str, request: tts_pb2.SynthesizeRequest) -> str:
    prosody = []
    if request.speed != 1.0:
        prosody.append(f'rate="{microsoft.percent(request.speed)}"')
    if request.pitch_semitones:
        prosody.append(f'pitch="{request.pitch_semitones:+g}st"')
    if prosody:
        content = f"<prosody {' '.join(prosody)}>{content}</prosody>"
    if request.style:
        content = f"<mstts:express-as style={quoteattr(request.style)}>{content}</mstts:express-as>"
    return f"<voice name={quoteattr(request.voice)}>{content}</voice>"
