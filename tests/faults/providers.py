"""The real VideoProvider server in processes of its own, what it is asked, and what must hold afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import grpc

from reelmesh.video.v1 import video_pb2, video_pb2_grpc
from tests.vendors.simulator import Simulator

AGAIN_CODES = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
}


class Server:
    """The real server in a process of its own, started again whenever it was killed."""

    def __init__(self, home: Path, sockets: Path, config: Path) -> None:
        self._home, self._sockets, self._config = home, sockets, config
        self._lives = 0
        self._address = ""
        self.process: asyncio.subprocess.Process | None = None

    @contextlib.asynccontextmanager
    async def stub(self) -> AsyncIterator[video_pb2_grpc.VideoProviderServiceStub]:
        """Calls to it as it runs now."""
        while self.process is None or self.process.returncode is not None:
            await self._start()
        async with grpc.aio.insecure_channel(self._address) as channel:
            yield video_pb2_grpc.VideoProviderServiceStub(channel)

    async def _start(self) -> None:
        """Starts it; it may be killed before it says where it listens, and then has to be started again."""
        self._lives += 1
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "servers.video", "--listen", f"unix:{self._sockets}/v{self._lives}"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=os.environ | {"REELMESH_CONFIG": str(self._config), "REELMESH_MESH__HOME": str(self._home)},
        )
        assert self.process.stdout is not None
        if line := await self.process.stdout.readline():
            self._address = json.loads(line)["address"]
        else:
            assert await self.process.wait() == -signal.SIGKILL

    def kill(self) -> None:
        """SIGKILL, from whichever thread."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)

    async def end(self) -> None:
        """Ends it."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


async def ask(server: Server, asked: video_pb2.GenerateRequest) -> str:
    """Calls until the call has ended for good: "clip", "unconfirmed" or the code."""
    for _ in range(20):
        try:
            async with server.stub() as stub:
                async for response in stub.Generate(asked):
                    if response.HasField("result"):
                        return "clip"
        except grpc.aio.AioRpcError as error:
            if error.code() not in AGAIN_CODES:
                return "unconfirmed" if "not known whether" in (error.details() or "") else error.code().name
        assert server.process is not None
        if server.process.returncode is None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(server.process.wait(), 0.2)
    raise AssertionError("the call never ended")


async def attempts_of(server: Server) -> list[video_pb2.Attempt]:
    """All attempts that the ledger knows, the newest first."""
    while True:
        try:
            async with server.stub() as stub:
                listed = await stub.ListAttempts(video_pb2.ListAttemptsRequest(page_size=1000))
                return list(listed.attempts)
        except grpc.aio.AioRpcError as error:  # a kill that was still on its way
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            assert server.process is not None
            await server.process.wait()


def promise(simulator: Simulator, attempts: list[video_pb2.Attempt], outcome: str) -> None:
    """What must hold, whatever happened."""
    assert simulator.accepted <= len(attempts)
    live = {
        video_pb2.ATTEMPT_STATE_INTENT,
        video_pb2.ATTEMPT_STATE_SUBMITTED,
        video_pb2.ATTEMPT_STATE_UNCONFIRMED,
        video_pb2.ATTEMPT_STATE_SUCCEEDED,
    }
    by_run = Counter(attempt.request_id for attempt in attempts if attempt.state in live)
    assert all(count == 1 for count in by_run.values())
    if outcome == "clip":
        assert sum(attempt.state == video_pb2.ATTEMPT_STATE_SUCCEEDED for attempt in attempts) == 1
    else:
        assert outcome in ("unconfirmed", "INVALID_ARGUMENT")
