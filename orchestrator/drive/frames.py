"""Answers of the watching RPCs as bytes: an event is encoded once, however many watch it.

WatchJobResponse and WatchJobsResponse hold an event as field 1; the latter a cursor as field 2. A message is
the encoding of its fields one after the other, so an answer is put together from bytes that are there
already, and those of a stored event are not even read.
"""

from __future__ import annotations

from google.protobuf.message import Message

from reelmesh.orchestrator.v1.events_pb2 import Event

_EVENT = b"\x0a"  # field 1, with its length in front
_CURSOR = b"\x12"


class News:
    """An event and its answer, which is made when it is first asked for and shared then."""

    __slots__ = ("_frame", "event")

    def __init__(self, event: Event) -> None:
        self.event = event
        self._frame: bytes | None = None

    @property
    def frame(self) -> bytes:
        """The WatchJobResponse."""
        if self._frame is None:
            self._frame = frame(self.event.SerializeToString())
        return self._frame


def frame(body: bytes, cursor: str = "") -> bytes:
    """The answer that holds an event: WatchJobResponse, or with a cursor WatchJobsResponse."""
    parts = [_EVENT, _varint(len(body)), body]
    if cursor:
        text = cursor.encode()
        parts += [_CURSOR, _varint(len(text)), text]
    return b"".join(parts)


def encode(answer: Message | bytes) -> bytes:
    """What goes over the wire: answers that are bytes go as they are."""
    return answer if isinstance(answer, bytes) else answer.SerializeToString()


def _varint(number: int) -> bytes:
    """Protobuf's variable-length number: seven bits a byte, the lowest first."""
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    digits.append(number)
    return bytes(digits)
