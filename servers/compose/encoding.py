"""How pictures are encoded: which encoder, and its options for what a request asks of quality and speed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from reelmesh.compose.v1 import timeline_pb2 as parts
from servers.compose.render_settings import group


@dataclass(frozen=True)
class Encoding:
    """An encoder and its options, by the names that libavcodec has for them."""

    codec: str
    options: Mapping[str, str]


def encoding(output: parts.Output, fps: Fraction) -> Encoding:
    """The encoder for a film.

    Args:
        output: with every default filled in.
        fps: frames per second.
    """
    options = {
        "preset": output.preset,
        "crf": str(output.crf),
        "g": str(group(fps)),
        # One thread for each piece: many pieces at once are faster than many threads on one, and the bytes
        # do not depend on how many cores a machine has.
        "threads": "1",
        "flags": "+cgop+bitexact",
    }
    return Encoding("libx264", options)
