"""The voices of Microsoft Edge, by the package edge-tts: free, unofficial, without any promise.

It tells when each word is spoken. The package is LGPL-3 and an extra; it is imported by the first request.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from xml.sax.saxutils import escape

from pydantic import Field

from reelmesh.common.v1.engine_pb2 import MISSING_KIND_EXTRA, Missing
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.tts.v1 import tts_pb2
from servers.chassis.engine import WorkContext
from servers.chassis.media.alignment.timed import Event
from servers.chassis.settings import Section
from servers.chassis.trouble import Kind, Trouble, fault_of, kind_of
from servers.tts import microsoft
from servers.tts.assembly import Sound
from servers.tts.neural import Call, NeuralEngine

_PACKAGE = "edge-tts"
_TICKS = 10_000_000
"""In a second."""
_HERTZ = {tts_pb2.VOICE_GENDER_FEMALE: 210.0, tts_pb2.VOICE_GENDER_MALE: 120.0}
_MIDDLE_HERTZ = 160.0
"""About where voices speak; Edge shifts by hertz, not by semitones."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class EdgeSettings(Section):
    """Options of the engine "edge" of TTS."""

    voice: str = Field("", description="Voice of requests that name none. Empty: one for the language.")
    proxy: str = Field("", description="HTTP proxy to go through. Empty: none.")
    timeout_seconds: int = Field(60, ge=1, description="Longest silence of the service within one call.")


class EdgeEngine(NeuralEngine):
    """Speaks by edge-tts."""

    name = "edge"
    longest: ClassVar[int] = 3800  # the package itself cuts at 4096, and not at sentences
    able: ClassVar[frozenset[str]] = frozenset({"pitch", "word-timings"})

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._options = EdgeSettings.model_validate(dict(settings))

    def describe(self) -> Description:
        """See `Engine.describe`."""
        return Description(
            description="the voices of Microsoft Edge's reader, with word times; unofficial and free",
            version=_version() or "none",
            languages=sorted({voice.languages[0] for voice in self.voices()}),
            capabilities=sorted(self.able),
            remote=True,
            license="LGPL-3.0-only",
        )

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`: the package."""
        if importlib.util.find_spec("edge_tts") is not None:
            return ()
        return (Missing(kind=MISSING_KIND_EXTRA, name=_PACKAGE, remedy='pip install "reelmesh[edge]"'),)

    def size(self, text: str) -> int:
        """Bytes of a text as it is sent."""
        return len(escape(text).encode())

    def known_voices(self) -> Sequence[tts_pb2.Voice]:
        """See `NeuralEngine.known_voices`."""
        return microsoft.some_voices()

    async def ask_voices(self) -> Sequence[tts_pb2.Voice] | None:
        """See `NeuralEngine.ask_voices`."""
        import aiohttp
        import edge_tts

        try:
            told = await edge_tts.list_voices(proxy=self._options.proxy or None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise fault_of(self.name, Trouble(Kind.OUTAGE, _said(error)), field="text") from error
        return microsoft.voices_of(dict(one) for one in told)

    def check_voice(self, voice: str) -> None:
        """See `NeuralEngine.check_voice`."""
        microsoft.check(voice, self._voices, whole=bool(self._voices))

    def voice_for(self, language: str) -> str:
        """See `NeuralEngine.voice_for`."""
        return self._options.voice or microsoft.voice_for(language, self.voices())

    def version_of(self, request: tts_pb2.SynthesizeRequest) -> str:
        """See `NeuralEngine.version_of`."""
        return f"edge-1-{_version()}"

    async def speak(self, call: Call, work: WorkContext) -> Sound:
        """See `NeuralEngine.speak`."""
        import aiohttp
        import edge_tts
        from edge_tts.exceptions import EdgeTTSException

        request = call.request
        path = work.scratch / f"call-{call.number}.sound"
        events: list[Event] = []
        try:
            spoken = edge_tts.Communicate(
                _CONTROL.sub(" ", call.text),
                request.voice,
                rate=microsoft.percent(request.speed),
                pitch=f"{self._hertz(request):+d}Hz",
                boundary="WordBoundary",
                proxy=self._options.proxy or None,
                receive_timeout=self._options.timeout_seconds,
            )
            with path.open("wb") as file:
                async for item in spoken.stream():
                    if item["type"] == "audio":
                        file.write(item["data"])
                    elif item["type"] == "WordBoundary":
                        start, end = item["offset"], item["offset"] + item["duration"]
                        events.append(Event(item["text"], start / _TICKS, end / _TICKS))
        except aiohttp.ClientResponseError as error:
            raise self._fault(kind_of(error.status), error) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._fault(Kind.OUTAGE, error) from error
        except EdgeTTSException as error:
            raise self._fault(Kind.BAD_OUTPUT, error) from error
        return Sound(path, events)

    def _hertz(self, request: tts_pb2.SynthesizeRequest) -> int:
        if not request.pitch_semitones:
            return 0
        voice = next((one for one in self.voices() if one.name == request.voice), None)
        base = _HERTZ.get(voice.gender, _MIDDLE_HERTZ) if voice is not None else _MIDDLE_HERTZ
        return round(base * (2 ** (request.pitch_semitones / 12) - 1))

    def _fault(self, kind: Kind, error: Exception) -> Exception:
        return fault_of(self.name, Trouble(kind, _said(error)), field="text")


def _said(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:300]


def _version() -> str:
    try:
        return importlib.metadata.version(_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return ""
