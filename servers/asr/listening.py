"""What a recogniser's worker process hears, told as it goes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from reelmesh.common.v1.progress_pb2 import Progress
from servers.chassis.worker import Returned, WorkerPool, relay

DECODED = 0.05
"""Share of the whole that is done when the recording is decoded."""


async def listen(
    workers: WorkerPool, arguments: Mapping[str, Any], seconds: float
) -> AsyncIterator[Progress | dict[str, Any]]:
    """Has a worker transcribe: its progress, then what it heard.

    Args:
        workers: its processes; their handler is "transcribe".
        arguments: for the handler.
        seconds: longest time that it may take.

    Raises:
        Fault: see `WorkerPool.call`.
    """
    async for item in relay(
        lambda report: workers.call("transcribe", arguments, timeout_seconds=seconds, on_progress=report)
    ):
        if isinstance(item, Returned):
            yield item.value
        else:
            yield Progress(stage=item["stage"], fraction=DECODED + (1.0 - DECODED) * item["fraction"])
