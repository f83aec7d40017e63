"""The digest of a step: the same for the same work, another for any other."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.pure.digest import digest
from orchestrator.pure.paths import is_map
from reelmesh.asr.v1.asr_pb2 import AlignRequest, TranscribeRequest
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from reelmesh.imagegen.v1.imagegen_pb2 import GenerateRequest as PictureRequest
from reelmesh.orchestrator.v1.job_pb2 import JobSpec
from reelmesh.tts.v1.tts_pb2 import SynthesizeRequest
from reelmesh.video.v1.video_pb2 import GenerateRequest as ClipRequest
from tests.unit.orchestrator.graphs import asset
from tests.unit.orchestrator.messages import messages

REQUESTS = st.one_of(messages(ComposeRequest), messages(ClipRequest), messages(SynthesizeRequest))


def normal(message: Message) -> Message:
    """A copy that holds only what the digest is of."""
    copy = type(message)()
    copy.CopyFrom(message)
    if "request_id" in copy.DESCRIPTOR.fields_by_name:
        copy.ClearField("request_id")
    _normalise(copy)
    return copy


def _normalise(message: Any) -> None:
    if isinstance(message, Asset):
        message.ClearField("facts")
        message.ClearField("size_bytes")
    for field, value in message.ListFields():
        if is_map(field):
            continue
        if field.message_type is not None:
            for inner in value if field.is_repeated else [value]:
                _normalise(inner)
        elif not field.is_repeated and value == 0 and not field.has_presence:
            message.ClearField(field.name)
        elif not field.is_repeated and value == 0 and isinstance(value, float):
            setattr(message, field.name, 0.0)


@given(REQUESTS, REQUESTS)
def test_equal_digests_are_equal_work(one: Message, other: Message) -> None:
    same = type(one) is type(other) and normal(one) == normal(other)
    assert (digest("me", one, "1") == digest("me", other, "1")) is same


@given(REQUESTS)
def test_what_does_not_count_does_not_count(request: Message) -> None:
    assert digest("me", request, "1") == digest("me", normal(request), "1")


@given(REQUESTS)
def test_it_outlives_the_wire(request: Message) -> None:
    again = type(request).FromString(request.SerializeToString())
    assert digest("me", again, "1") == digest("me", request, "1")


@given(messages(SynthesizeRequest), st.sampled_from(["voice", "text", "seed", "speed"]))
def test_any_change_changes_it(request: SynthesizeRequest, field: str) -> None:
    before = digest("me", request, "1")
    setattr(request, field, "another" if field in {"voice", "text"} else 1.75 if field == "speed" else 77)
    assert digest("me", request, "1") != before


@given(st.dictionaries(st.text(max_size=3), st.text(max_size=3), min_size=2), st.randoms())
def test_maps_have_no_order(params: dict[str, str], chance: random.Random) -> None:
    shuffled = list(params.items())
    chance.shuffle(shuffled)
    one, other = ClipRequest(provider_params=params), ClipRequest(provider_params=dict(shuffled))
    assert digest("me", one, "1") == digest("me", other, "1")


def test_scope() -> None:
    request = SynthesizeRequest(text="A text.")
    digests = {
        digest("me", request, "1"),
        digest("you", request, "1"),
        digest("me", request, "2"),
        digest("m", request, "e1"),
        digest("", request, "me1"),
    }
    assert len(digests) == 5


def test_methods_with_the_same_fields_are_told_apart() -> None:
    audio = asset("a")
    assert digest("me", AlignRequest(audio=audio), "1") != digest("me", TranscribeRequest(audio=audio), "1")


def test_what_is_unset_is_not_what_is_zero() -> None:
    assert digest("me", SynthesizeRequest(), "1") != digest("me", SynthesizeRequest(seed=0), "1")


def test_labels_of_the_request_itself_are_left_out() -> None:
    assert digest("me", JobSpec(labels={"a": "b"}), "1") == digest("me", JobSpec(), "1")


def test_every_nan_is_the_same_and_negative_zero_is_zero() -> None:
    def pitch(value: float) -> bytes:
        return digest("me", SynthesizeRequest(pitch_semitones=value), "1")

    assert pitch(math.nan) == pitch(-math.nan)
    assert pitch(math.nan) != pitch(0.0)
    assert pitch(-0.0) == digest("me", SynthesizeRequest(), "1")
    assert digest("me", SynthesizeRequest(speed=-0.0), "1") == digest("me", SynthesizeRequest(speed=0.0), "1")


@pytest.mark.parametrize("path", [(), ("reference_audio",)])
def test_unknown_fields_are_refused(path: tuple[str, ...]) -> None:
    unknown = JobSpec(labels={"a": "b"}).SerializeToString()  # field 5: a message, unknown to an Asset
    request = SynthesizeRequest(reference_audio=asset("a"))
    target: Any = request
    for name in path:
        target = getattr(target, name)
    target.MergeFromString(unknown if path else b"\xf2\x3f" + bytes([len(unknown)]) + unknown)
    with pytest.raises(ValueError, match="does not know"):
        digest("me", request, "1")


def test_version_one_stays_version_one() -> None:
    """What is remembered must be found by every later build: change this and all of it is lost."""
    request = PictureRequest(prompt="A fox.", seed=7, guidance=4.5, reference_image=asset("a", "image/png"))
    request.loras.add(name="ink", weight=-0.0)
    expected = "0fec9e61bd5342be55e084a63941143381b98f2818ab259f74783567378e4d86"
    assert digest("me", request, "painter-1").hex() == expected
