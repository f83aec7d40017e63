"""Frame rates and counts of a request for a clip."""

from __future__ import annotations

from fractions import Fraction

from reelmesh.video.v1.video_pb2 import GenerateRequest


def rate(request: GenerateRequest) -> Fraction:
    """Frames a second as a fraction; 29.97 and its like become what they stand for."""
    for whole in (24, 30, 60, 120):
        if abs(request.frames_per_second - whole * 1000 / 1001) < 0.005:
            return Fraction(whole * 1000, 1001)
    return Fraction(request.frames_per_second).limit_denominator(1000)


def frames(request: GenerateRequest) -> int:
    """How many frames its duration holds, at least one."""
    return max(1, round(request.duration.ToNanoseconds() * rate(request) / 1_000_000_000))
