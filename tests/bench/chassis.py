"""What the chassis costs: the same stream of messages through it and through a bare grpc.aio server.

The two take turns, so that a machine that slows down slows both. A third row shows whole short pieces of work
(joined by id, queued, run by an engine, stored) beside bare streaming calls of two messages.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import grpc

from reelmesh.tts.v1 import tts_pb2, tts_pb2_grpc
from tests.bench import report

TEXTS = {"bare": "2", "chassis": "2", "work": "nothing"}
"""What makes each kind of server answer with about two messages."""


@contextmanager
def _server(kind: str, folder: str) -> Iterator[str]:
    address = f"unix:{folder}/{kind}.sock"
    environment = {
        **os.environ,
        "REELMESH_MESH__HOME": f"{folder}/home",
        "REELMESH_MESH__LOG_LEVEL": "warning",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench._chassis_server", kind, address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield address
    finally:
        process.kill()
        process.wait()


async def _messages_per_second(address: str, messages: int) -> float:
    async with grpc.aio.insecure_channel(address) as channel:
        stub = tts_pb2_grpc.TTSServiceStub(channel)
        async for _ in stub.Synthesize(tts_pb2.SynthesizeRequest(text="100")):
            pass
        begin = time.perf_counter()
        count = 0
        async for _ in stub.Synthesize(tts_pb2.SynthesizeRequest(text=str(messages))):
            count += 1
        assert count == messages
        return messages / (time.perf_counter() - begin)


async def _calls_per_second(address: str, text: str, calls: int, at_once: int) -> float:
    async with grpc.aio.insecure_channel(address) as channel:
        stub = tts_pb2_grpc.TTSServiceStub(channel)
        numbers = iter(range(calls))

        async def caller() -> None:
            for number in numbers:
                request = tts_pb2.SynthesizeRequest(text=text, request_id=f"{number}-{time.time_ns()}")
                async for _ in stub.Synthesize(request):
                    pass

        begin = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(at_once)))
        return calls / (time.perf_counter() - begin)


def main(quick: bool) -> dict[str, float]:
    """Figures: chassis_over_bare (rate of a stream's messages) and work_over_bare (rate of whole calls)."""
    rounds, messages, calls = (5, 20_000, 1_000) if quick else (15, 50_000, 4_000)
    kinds = ("bare", "chassis", "work")
    stream: dict[str, list[float]] = {kind: [] for kind in kinds[:2]}
    call: dict[str, list[float]] = {kind: [] for kind in kinds}
    with tempfile.TemporaryDirectory(prefix="rm-") as folder, _server("bare", folder) as bare:
        with _server("chassis", folder) as chassis, _server("work", folder) as work:
            at = dict(zip(kinds, (bare, chassis, work), strict=True))
            for _ in range(rounds):
                for kind in kinds[:2]:
                    stream[kind].append(asyncio.run(_messages_per_second(at[kind], messages)))
                for kind in kinds:
                    call[kind].append(asyncio.run(_calls_per_second(at[kind], TEXTS[kind], calls, 32)))
    rows = [
        [
            kind,
            report.number(statistics.median(stream[kind])) if kind in stream else "",
            report.number(statistics.median(call[kind])),
        ]
        for kind in kinds
    ]
    print(report.table(rows, ["median", "messages/s of one stream", "calls/s, 32 at once"]))
    return {
        "chassis_over_bare": _ratio(stream["chassis"], stream["bare"]),
        "calls_over_bare": _ratio(call["chassis"], call["bare"]),
        "work_over_bare": _ratio(call["work"], call["bare"]),
    }


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(mine / peer for mine, peer in zip(ours, theirs, strict=True))
