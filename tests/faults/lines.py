"""Lines between processes that can be cut, or held up, as a network's can."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

CHUNK_BYTES = 65536


class Line:
    """A unix socket behind which another one is reached."""

    def __init__(self, path: Path, target: Path) -> None:
        self.path = path
        self._target = target
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._whole = True

    async def open(self) -> None:
        """Begins to take connections."""
        self._server = await asyncio.start_unix_server(self._connected, self.path)

    async def close(self) -> None:
        """Ends it, with every connection."""
        self.cut()
        if self._server is not None:
            self._server.close()

    def cut(self) -> None:
        """Ends every connection and lets none through until `mend`."""
        self._whole = False
        self._flows.set()
        for end in tuple(self._ends):
            end.transport.abort()

    def hold(self) -> None:
        """Lets no byte through until `mend`: neither end notices."""
        self._flows.clear()

    def mend(self) -> None:
        """Lets everything through again."""
        self._whole = True
        self._flows.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        other = None
        with contextlib.suppress(OSError):
            if self._whole:
                back, other = await asyncio.open_unix_connection(self._target)
                self._ends.add(other)
                await asyncio.gather(self._pump(reader, other), self._pump(back, writer))
        for end in (writer, other):
            if end is not None:
                self._ends.discard(end)
                end.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(CHUNK_BYTES):
                await self._flows.wait()
                if not self._whole:
                    raise ConnectionResetError
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()
