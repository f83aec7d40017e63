"""A small HTTP/1.1 endpoint that serves signed links: GET and HEAD with one Range.

For stores that can not presign. It listens on loopback unless told otherwise; off it, put a proxy that
speaks TLS in front and set `storage.http_public_url`. Source of the semantics: RFC 9110, RFC 9112.
"""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import re
from collections.abc import Sequence

import h11

from servers.chassis.errors import Fault
from servers.storage.backend import Backend
from servers.storage.links import Link, Links, Refused, disposition

IDLE_SECONDS = 30.0
"""A client has so long to send its request."""
STALL_SECONDS = 60.0
"""A client that takes nothing for so long is let go."""
CONNECTIONS = 256
RECEIVE_BYTES = 1 << 16

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_Headers = list[tuple[str, str]]

# A blob is whatever somebody uploaded: a browser must not take a page or a picture in it for one of ours.
_ALWAYS: _Headers = [
    ("X-Content-Type-Options", "nosniff"),
    (
        "Content-Security-Policy",
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'",
    ),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "Content-Range, ETag"),
]


class LinkEndpoint:
    """The endpoint. `start` makes it listen."""

    def __init__(self, backend: Backend, links: Links) -> None:
        self._backend = backend
        self._links = links
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listens; port 0 is a free one. Returns where.

        Raises:
            OSError: the address can not be had.
        """
        self._server = await asyncio.start_server(self._connected, host, port, limit=RECEIVE_BYTES)
        name = self._server.sockets[0].getsockname()
        return str(name[0]), int(name[1])

    async def close(self) -> None:
        """Stops listening and ends what is under way."""
        if self._server is not None:
            self._server.close()
            for task in self._open:
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)
            await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # asyncio runs this in a task of its own
        self._open.add(task)
        try:
            if len(self._open) <= CONNECTIONS:
                await _Conversation(self._backend, self._links, reader, writer).run()
        except (OSError, TimeoutError, asyncio.CancelledError, h11.ProtocolError):
            writer.transport.abort()  # the peer sees that the body is not whole
        finally:
            self._open.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


class _Conversation:
    """One connection."""

    def __init__(
        self, backend: Backend, links: Links, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._backend = backend
        self._links = links
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER)

    async def run(self) -> None:
        """Answers requests until the client or an error ends the connection."""
        while True:
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    request = await self._request()
            except h11.RemoteProtocolError as error:
                if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                    await self._answer_text(error.error_status_hint, "malformed request", close=True)
                return
            if request is None:
                return
            try:
                await self._answer(request)
            except Refused as refusal:
                await self._answer_text(refusal.status, refusal.message)
            if self._http.our_state is h11.MUST_CLOSE or self._http.their_state is not h11.DONE:
                return
            self._http.start_next_cycle()

    async def _request(self) -> h11.Request | None:
        """The next request, its (ignored) body read; None when the client is done."""
        request: h11.Request | None = None
        body = 0
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                self._http.receive_data(await self._reader.read(RECEIVE_BYTES))
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body += len(event.data)
                if body > RECEIVE_BYTES:
                    raise h11.RemoteProtocolError("a body is not wanted", error_status_hint=413)
            elif isinstance(event, h11.EndOfMessage):
                return request
            elif isinstance(event, h11.ConnectionClosed):
                return None

    async def _answer(self, request: h11.Request) -> None:
        if request.method not in (b"GET", b"HEAD"):
            await self._answer_text(405, "only GET and HEAD", extra=[("Allow", "GET, HEAD")])
            return
        link = self._links.check(request.target.decode("ascii"))
        try:
            size = await self._backend.size(link.digest)
        except Fault:
            raise Refused(503, "the store can not be reached") from None
        if size is None:
            raise Refused(404, "the blob is gone")
        sent = {name.decode("ascii"): value.decode("latin-1") for name, value in request.headers}
        tag = f'"{link.digest}"'
        headers = _headers(link, tag)
        if tag in [one.strip().removeprefix("W/") for one in sent.get("if-none-match", "").split(",")]:
            await self._answer_bare(304, headers)
            return
        whole = sent.get("if-range", tag) != tag
        span = (0, size) if whole else wanted_range(sent.get("range", ""), size)
        if span is None:
            await self._answer_text(
                416, "range outside the blob", extra=[("Content-Range", f"bytes */{size}")]
            )
            return
        begin, end = span
        headers.append(("Content-Length", str(end - begin)))
        status = 200
        if end - begin != size:
            status = 206
            headers.append(("Content-Range", f"bytes {begin}-{end - 1}/{size}"))
        await self._send(h11.Response(status_code=status, headers=headers, reason=_reason(status)))
        if request.method == b"GET":
            await self._send_blob(link.digest, begin, end - begin)
        await self._send(h11.EndOfMessage())

    async def _send_blob(self, digest: str, begin: int, length: int) -> None:
        sent = 0
        try:
            async with contextlib.aclosing(self._backend.read(digest, begin, length)) as pieces:
                async for piece in pieces:
                    await self._send(h11.Data(data=piece))
                    sent += len(piece)
        except Fault as fault:
            raise OSError("the store failed") from fault
        if sent != length:
            raise OSError("the blob is shorter than it was")

    async def _answer_text(
        self, status: int, message: str, *, extra: Sequence[tuple[str, str]] = (), close: bool = False
    ) -> None:
        body = f"{message}\n".encode()
        headers: _Headers = [
            *_ALWAYS,
            ("Date", email.utils.formatdate(usegmt=True)),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            *extra,
        ]
        if close:
            headers.append(("Connection", "close"))
        await self._send(h11.Response(status_code=status, headers=headers, reason=_reason(status)))
        await self._send(h11.Data(data=body))
        await self._send(h11.EndOfMessage())

    async def _answer_bare(self, status: int, headers: _Headers) -> None:
        await self._send(h11.Response(status_code=status, headers=headers, reason=_reason(status)))
        await self._send(h11.EndOfMessage())

    async def _send(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data:
            self._writer.write(data)
            async with asyncio.timeout(STALL_SECONDS):
                await self._writer.drain()


def wanted_range(header: str, size: int) -> tuple[int, int] | None:
    """Which bytes a Range header asks for: begin and end (exclusive); None when there are none.

    Several ranges, or a unit that is not bytes, may be answered with the whole. Source: RFC 9110, 14.2.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.group(0) == "bytes=-":
        return 0, size
    first, last = match.groups()
    if not first:
        begin, end = max(0, size - int(last)), size
    else:
        begin, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < int(first):
            return 0, size  # malformed: ignored
    return (begin, end) if begin < end else None


def _headers(link: Link, tag: str) -> _Headers:
    headers: _Headers = [
        *_ALWAYS,
        ("Date", email.utils.formatdate(usegmt=True)),
        ("Content-Type", link.media_type),
        ("Accept-Ranges", "bytes"),
        ("ETag", tag),
        ("Cache-Control", "private, immutable, max-age=31536000"),
    ]
    if link.file_name:
        headers.append(("Content-Disposition", disposition(link.file_name)))
    return headers


def _reason(status: int) -> bytes:
    from http import HTTPStatus

    return HTTPStatus(status).phrase.encode()
