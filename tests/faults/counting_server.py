"""A server with the real contract whose engine does next to nothing and notes every run in a file.

`python -m tests.faults.counting_server NAME FILE --listen ADDRESS`. A line of the file is "REQUEST_ID TIME",
in seconds of the machine's monotonic clock. How long work takes, up to a bound, is drawn from its text.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

from google.protobuf.message import Message

from servers.chassis import serve
from servers.chassis.engine import WorkContext
from tests.unit.orchestrator.fake_servers import Toy, saying, server_with

LONGEST_SECONDS = 0.2


class Counting(Toy):
    """A toy that notes its runs."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self._file = os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)

    async def run(self, request: Any, work: WorkContext) -> AsyncIterator[Message]:
        os.write(self._file, f"{work.request_id} {time.monotonic():.4f}\n".encode())
        share = hashlib.sha256(saying(request).encode()).digest()[0] / 255
        await asyncio.sleep(share**3 * LONGEST_SECONDS)
        async for message in super().run(request, work):
            yield message


if __name__ == "__main__":
    name, file, *arguments = sys.argv[1:]
    serve.main(server_with(name, Counting(file)), arguments)
