"""The command `metrics`: what the mesh does in numbers, once, or whenever a Prometheus asks."""

from __future__ import annotations

import argparse
import asyncio
import http.server
import sys
import threading

from reelmesh.cli.failures import OK, UsageError
from reelmesh.cli.follow import Output
from reelmesh.client import Client
from reelmesh.errors import ReelmeshError
from reelmesh.metrics import CONTENT_TYPE

_ANSWER_SECONDS = 60.0


async def metrics(options: argparse.Namespace, output: Output) -> int:
    """Writes the numbers, or serves them until it is told to stop."""
    if not options.listen:
        async with Client() as client:
            sys.stdout.write(await client.metrics())
        return OK
    server = _Server(_address(options.listen), asyncio.get_running_loop())
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    host, port = server.server_address[:2]
    where = f"http://{host!s}:{port}/metrics"
    output.result(f"metrics at {where}; Ctrl-C stops it", type="ready", address=where)
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()
    return OK


async def _asked() -> bytes:
    # Found anew each time: the mesh may have been started again since.
    async with Client() as client:
        return (await client.metrics()).encode()


class _Server(http.server.ThreadingHTTPServer):
    """Answers GET /metrics."""

    def __init__(self, address: tuple[str, int], loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(address, _Handler)
        self.loop = loop


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != "/metrics":
            self._answer(404, b"there is only /metrics\n")
            return
        asked = asyncio.run_coroutine_threadsafe(_asked(), self.server.loop)
        try:
            self._answer(200, asked.result(_ANSWER_SECONDS))
        except (ReelmeshError, TimeoutError, OSError) as error:
            asked.cancel()
            self._answer(503, f"{error or 'the mesh does not answer'}\n".encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """A scrape is worth no line."""


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65_535:
        raise UsageError(f"--listen: must be HOST:PORT, e.g. 127.0.0.1:9464; this is {text!r}")
    return host.strip("[]") or "127.0.0.1", int(port)
