"""What a request's output asks for, as encodings: which codec, at what rate for a size."""

from __future__ import annotations

from fractions import Fraction

from reelmesh.common.v1.engine_pb2 import MISSING_KIND_PROGRAM, Missing
from reelmesh.compose.v1 import timeline_pb2 as parts
from servers.chassis.errors import FailedPrecondition, InvalidArgument
from servers.chassis.media import commands
from servers.compose.encoding import AV1, AV1_WEBM, H264, H265, VP9, Codec, Encoding

CODECS = {
    parts.VIDEO_CODEC_H264: H264,
    parts.VIDEO_CODEC_H265: H265,
    parts.VIDEO_CODEC_AV1: AV1,
    parts.VIDEO_CODEC_VP9: VP9,
    parts.VIDEO_CODEC_AV1_WEBM: AV1_WEBM,
}
_LEAST_BITS = 40_000
"""Fewest bits per second of pictures that can be called so."""
_FOR_PICTURES = 0.95
"""Share of a size that is planned for: encoders overshoot, and the container needs some."""


def codec(output: parts.Output) -> Codec:
    """The codec of an output whose defaults are filled in.

    Raises:
        FailedPrecondition: the ffmpeg here has no encoder for it.
    """
    found = CODECS[output.codec]
    lacking = [name for name in (found.encoder, found.sound_encoder) if name not in commands.encoders()]
    if lacking:
        what = " and ".join(lacking)
        missing = Missing(kind=MISSING_KIND_PROGRAM, name=what, remedy=commands.REMEDY)
        raise FailedPrecondition(f"the ffmpeg here has no encoder {what}", missing=[missing])
    return found


def encoding(output: parts.Output, seconds: Fraction) -> Encoding:
    """How the pictures of a film of a length are encoded.

    Raises:
        InvalidArgument: the size that is asked for is too small for the length.
    """
    bits = 0
    if output.target_size_bytes:
        least = float(_LEAST_BITS + output.audio_bits_per_second) * float(seconds) / 8 / _FOR_PICTURES
        if output.target_size_bytes < least:
            rule = f"must be at least {int(least) + 1:,} for {float(seconds):.1f} s with this sound"
            raise InvalidArgument(("output.target_size_bytes", rule))
        whole = output.target_size_bytes * 8 * _FOR_PICTURES / float(seconds)
        bits = int(whole - output.audio_bits_per_second)
    return Encoding(CODECS[output.codec].encoder, output.preset, output.crf, output.max_bits_per_second, bits)


def too_large(output: parts.Output, size: int) -> list[str]:
    """A warning where a film is larger than was asked for."""
    if not output.target_size_bytes or size <= output.target_size_bytes:
        return []
    return [
        f"output.target_size_bytes: the film has {size:,} bytes, {output.target_size_bytes:,} were asked for"
    ]
