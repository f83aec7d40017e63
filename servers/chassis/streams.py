"""Streams that callers send: what is still coming when the answer is known already."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from google.protobuf.message import Message

DRAIN_BYTES = 256 * 2**20
DRAIN_SECONDS = 5.0
DRAIN_IDLE_SECONDS = 0.5


async def drain(requests: AsyncIterator[Message]) -> None:
    """Takes and drops what the caller still sends, within bounds, before it is answered early.

    grpc.aio's client reports INTERNAL in place of our status when the call ends while it is still sending
    (grpc issue 36066). Callers in other languages would see the status without this.
    """
    dropped = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while dropped < DRAIN_BYTES:
                async with asyncio.timeout(DRAIN_IDLE_SECONDS):
                    request = await anext(requests, None)
                if request is None:
                    return
                dropped += request.ByteSize()
