"""What a recogniser's worker process hears, told as it goes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from reelmesh.common.v1.progress_pb2 import Progress
from servers.chassis.worker import Returned, relay
from servers.chassis.worker_main import Report

DECODED = 0.05
"""Share of the whole that is done when the recording is decoded."""


async def listen(
    transcribe: Callable[[Report], Awaitable[dict[str, Any]]],
) -> AsyncIterator[Progress | dict[str, Any]]:
    """Has a worker process transcribe: its progress, then what it heard.

    Args:
        transcribe: the call to it, given where to report to.

    Raises:
        Fault: as the call.
    """
    async for item in relay(transcribe):
        if isinstance(item, Returned):
            yield item.value
        else:
            yield Progress(stage=item["stage"], fraction=DECODED + (1.0 - DECODED) * item["fraction"])
