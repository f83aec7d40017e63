"""How pictures are encoded: which encoder, and its options for the quality, speed and size asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from reelmesh.compose.v1 import timeline_pb2 as parts
from servers.chassis.errors import InvalidArgument
from servers.compose.codecs import CODECS
from servers.compose.render_settings import group

_PRESETS = (
    *("ultrafast", "superfast", "veryfast", "faster", "fast"),
    *("medium", "slow", "slower", "veryslow"),
)
_SVT = dict(zip(_PRESETS, (12, 11, 10, 9, 8, 7, 6, 4, 2), strict=True))
_VPX = dict(zip(_PRESETS, (8, 7, 6, 5, 4, 3, 2, 1, 0), strict=True))
_STEADY, _BURST = 0.8, 0.5
"""A limit of the bit rate as the encoder is told it: every piece begins with a full buffer, so that of two
seconds it may use the limit and no more, the steady part is less, and the buffer holds half a second."""
_RATES = ("b", "maxrate", "bufsize")
_LEAST_BITS = 40_000
"""Fewest bits per second of pictures that can be called so."""
_PLANNED = 0.95
"""Share of a size that is planned for: encoders overshoot, and the container needs some."""


@dataclass(frozen=True)
class Encoding:
    """An encoder and its options, by the names that libavcodec has for them."""

    codec: str
    options: Mapping[str, str]

    def tightened(self, share: float) -> Encoding:
        """The same at a share of the bit rate."""
        rates = {
            name: str(max(1000, int(int(self.options[name]) * share)))
            for name in _RATES
            if name in self.options
        }
        return Encoding(self.codec, {**self.options, **rates})

    def arguments(self) -> list[str]:
        """The same as ffmpeg's arguments."""
        options = [part for name, value in self.options.items() for part in (f"-{name}:v", value)]
        return ["-c:v", self.codec, *options]


def encoding(output: parts.Output, fps: Fraction, seconds: Fraction, *, alone: bool = False) -> Encoding:
    """The encoder for a film.

    Args:
        output: with every default filled in.
        fps: frames per second.
        seconds: length of the film.
        alone: whether nothing else is encoded at the same time, so that it may use all cores.

    Raises:
        InvalidArgument: the size that is asked for is too small for the length.
    """
    codec = CODECS[output.codec].encoder
    options = {
        **_speed(codec, output.preset, group(fps), alone),
        **_rate(codec, output, _bits(output, seconds)),
        "g": str(group(fps)),
        # One thread for each piece: many pieces at once are faster than many threads on one, and the bytes
        # do not depend on how many cores a machine has.
        "threads": "0" if alone else "1",
        "flags": "+cgop+bitexact",
    }
    return Encoding(codec, options)


def too_large(output: parts.Output, size: int) -> list[str]:
    """A warning where a film is larger than was asked for."""
    if not output.target_size_bytes or size <= output.target_size_bytes:
        return []
    asked = f"{output.target_size_bytes:,} were asked for"
    return [f"output.target_size_bytes: the film has {size:,} bytes, {asked}"]


def _speed(codec: str, preset: str, frames: int, alone: bool) -> dict[str, str]:
    if codec == "libx265":
        closed = f"open-gop=0:keyint={frames}:log-level=none:info=0"
        return {"preset": preset, "x265-params": closed if alone else f"{closed}:pools=1:frame-threads=1"}
    if codec == "libsvtav1":
        return {"preset": str(_SVT[preset]), "svtav1-params": f"lp={0 if alone else 1}"}
    if codec == "libvpx-vp9":
        speed = _VPX[preset]
        deadline = "realtime" if speed > 5 else "good"
        return {"deadline": deadline, "cpu-used": str(speed), "auto-alt-ref": "0", "row-mt": str(int(alone))}
    return {"preset": preset}


def _rate(codec: str, output: parts.Output, bits: int) -> dict[str, str]:
    most = output.max_bits_per_second
    if codec == "libvpx-vp9":
        # With a crf, the bit rate is the most it may use.
        limit = min(filter(None, (bits, most)), default=0)
        return {"b": str(limit), **({} if bits else {"crf": str(output.crf)})}
    made = {"b": str(bits)} if bits else {"crf": str(output.crf)}
    if most:
        made |= {"maxrate": str(round(_STEADY * most)), "bufsize": str(round(_BURST * most))}
    return made


def _bits(output: parts.Output, seconds: Fraction) -> int:
    """Bits per second of pictures that make a film of the size asked for; 0 where none is."""
    size, sound = output.target_size_bytes, output.audio_bits_per_second
    if not size:
        return 0
    least = (_LEAST_BITS + sound) * float(seconds) / 8 / _PLANNED
    if size < least:
        rule = f"must be at least {int(least) + 1:,} for {float(seconds):.1f} s with this sound"
        raise InvalidArgument(("output.target_size_bytes", rule))
    return int(size * 8 * _PLANNED / float(seconds)) - sound
