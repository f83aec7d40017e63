"""The calls a step can make: which RPC of which service each member of `Step.call` stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from google.protobuf.message import Message

from reelmesh.asr.v1 import asr_pb2
from reelmesh.compose.v1 import compose_pb2
from reelmesh.imagegen.v1 import imagegen_pb2
from reelmesh.script.v1 import script_pb2
from reelmesh.tts.v1 import tts_pb2
from reelmesh.video.v1 import video_pb2


@dataclass(frozen=True)
class Method:
    """One RPC that does work, or GIVEN: the step's literal is its result and nothing is called."""

    name: str
    """Name of the member of `Step.call`, e.g. "synthesize"."""
    service: str
    """Full name of the service, e.g. "reelmesh.tts.v1.TTSService". Empty when nothing is called."""
    rpc: str
    """Name of the RPC, e.g. "Synthesize". Empty when nothing is called."""
    request: type[Message]
    """Class of the request. For GIVEN that of the literal, which is also the result."""
    result: type[Message]
    """Class of the result: what the stream's last response carries."""

    @property
    def called(self) -> bool:
        """Whether a server is called."""
        return bool(self.rpc)

    @property
    def path(self) -> str:
        """The RPC's full name as gRPC writes it, e.g. "/reelmesh.tts.v1.TTSService/Synthesize"."""
        return f"/{self.service}/{self.rpc}"


_SCRIPT = script_pb2.DESCRIPTOR.services_by_name["ScriptService"].full_name
_TTS = tts_pb2.DESCRIPTOR.services_by_name["TTSService"].full_name
_IMAGEGEN = imagegen_pb2.DESCRIPTOR.services_by_name["ImageGenService"].full_name
_VIDEO = video_pb2.DESCRIPTOR.services_by_name["VideoProviderService"].full_name
_ASR = asr_pb2.DESCRIPTOR.services_by_name["ASRService"].full_name
_COMPOSE = compose_pb2.DESCRIPTOR.services_by_name["ComposeService"].full_name

GIVEN = Method("given_plan", "", "", script_pb2.PlanResult, script_pb2.PlanResult)

_CALLS = (
    Method("plan", _SCRIPT, "Plan", script_pb2.PlanRequest, script_pb2.PlanResult),
    Method("synthesize", _TTS, "Synthesize", tts_pb2.SynthesizeRequest, tts_pb2.SynthesizeResult),
    Method(
        "generate_image", _IMAGEGEN, "Generate", imagegen_pb2.GenerateRequest, imagegen_pb2.GenerateResult
    ),
    Method("generate_video", _VIDEO, "Generate", video_pb2.GenerateRequest, video_pb2.GenerateResult),
    Method("transcribe", _ASR, "Transcribe", asr_pb2.TranscribeRequest, asr_pb2.TranscribeResult),
    Method("align", _ASR, "Align", asr_pb2.AlignRequest, asr_pb2.AlignResult),
    Method("compose", _COMPOSE, "Compose", compose_pb2.ComposeRequest, compose_pb2.ComposeResult),
    Method("convert", _COMPOSE, "Convert", compose_pb2.ConvertRequest, compose_pb2.ConvertResult),
    Method("upscale", _IMAGEGEN, "Upscale", imagegen_pb2.UpscaleRequest, imagegen_pb2.UpscaleResult),
)

METHODS: Mapping[str, Method] = MappingProxyType({method.name: method for method in (*_CALLS, GIVEN)})
"""By the name of the member of `Step.call`."""
