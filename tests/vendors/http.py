"""A small HTTP/1.1 server for simulators: real sockets, and full control over how badly an answer comes."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import h11


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def form(self) -> dict[str, str]:
        """The body as form fields, urlencoded or multipart; files are in `files`."""
        if self.headers.get("content-type", "").startswith("multipart/form-data"):
            return {
                name: content.decode() for name, (file, content, _) in self._parts().items() if file is None
            }
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def files(self) -> dict[str, tuple[str, bytes, str]]:
        """The files of a multipart body: (file name, content, media type) by field."""
        return {
            name: (file, content, kind)
            for name, (file, content, kind) in self._parts().items()
            if file is not None
        }

    def _parts(self) -> dict[str, tuple[str | None, bytes, str]]:
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        message = email.message_from_bytes(head + self.body, policy=email.policy.HTTP)
        found = {}
        for part in message.iter_parts():  # type: ignore[attr-defined]
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            found[str(name)] = (part.get_filename(), content, part.get_content_type())
        return found


@dataclass(frozen=True)
class Reply:
    """What is answered."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    cut_after: int | None = None
    """Closes the connection after so many bytes of the body, though its whole length was told."""
    drop: bool = False
    """Closes the connection without any answer."""

    @classmethod
    def of(cls, value: Any, status: int = 200, **headers: str) -> Reply:
        """JSON."""
        told = {"content-type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return cls(status, json.dumps(value, ensure_ascii=False).encode(), told)


Handler = Callable[[Request], Reply | Awaitable[Reply]]


class Server:
    """Serves one handler in a thread of its own, whatever the tests do. A context manager."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Server:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        assert self._server is not None
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http = h11.Connection(h11.SERVER)
        try:
            while True:
                request = await _read(http, reader)
                if request is None or not await self._answer(http, writer, request):
                    return
                if http.our_state is h11.MUST_CLOSE:
                    return
                http.start_next_cycle()
        except (OSError, h11.ProtocolError, asyncio.CancelledError):
            return
        finally:
            writer.transport.abort()

    async def _answer(self, http: h11.Connection, writer: asyncio.StreamWriter, request: Request) -> bool:
        found = self._handler(request)
        reply = found if isinstance(found, Reply) else await found
        if reply.delay_seconds:
            await asyncio.sleep(reply.delay_seconds)
        if reply.drop:
            return False
        headers = {"content-length": str(len(reply.body)), **reply.headers}
        writer.write(http.send(h11.Response(status_code=reply.status, headers=list(headers.items()))) or b"")
        if reply.cut_after is not None:
            writer.write(reply.body[: reply.cut_after])
            await writer.drain()
            return False
        if request.method != "HEAD" and reply.body:
            writer.write(http.send(h11.Data(data=reply.body)) or b"")
        writer.write(http.send(h11.EndOfMessage()) or b"")
        await writer.drain()
        return True


async def _read(http: h11.Connection, reader: asyncio.StreamReader) -> Request | None:
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            http.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            break
        else:
            return None
    assert head is not None
    parts = urlsplit(head.target.decode())
    headers = {name.decode(): value.decode() for name, value in head.headers}
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Request(head.method.decode(), parts.path, query, headers, bytes(body))
