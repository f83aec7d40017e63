"""Several clips for one shot: the same picture and words, each with a seed of its own."""

from __future__ import annotations

import hashlib

from reelmesh.video.v1.video_pb2 import GenerateRequest


def settle(request: GenerateRequest) -> None:
    """Puts the variant's own seed in place of `seed` and `variant`. Without a seed there is none to put."""
    if request.variant and request.HasField("seed"):
        drawn = hashlib.sha256(f"variant {request.variant} of {request.seed}".encode()).digest()
        request.seed = int.from_bytes(drawn[:4]) & 0x7FFFFFFF
    request.variant = 0
