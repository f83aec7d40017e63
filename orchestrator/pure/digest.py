"""The digest of a step (version 1): the name under which its result is remembered.

It is the SHA-256 over, each with its length in front: the words "reelmesh.step.v1", the owner, the full name
of the request's type (which tells the method), the engine's version, and the resolved request in this form:

    message = for each field that is set, by number: number, type, value; then an end mark
    value   = numbers of fixed width, big-endian; strings and bytes with their length in front; messages
              nested; lists and maps with their count in front, maps sorted by their keys

Protobuf's own deterministic serialisation is stable only within one build of one library, and results are
remembered for longer than that. The request's own `request_id` and `labels` are left out. An asset counts by
digest and media type alone. Negative zero is zero, and every NaN is the same. A field without presence that
has its default value is the same as one that is not set.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from orchestrator.pure.paths import descriptor_of, is_map
from reelmesh.common.v1.asset_pb2 import Asset

_VERSION = b"reelmesh.step.v1"
_ASSET = Asset.DESCRIPTOR.full_name
_ASSET_FIELDS = frozenset({"digest", "media_type"})
_LEFT_OUT = frozenset({"request_id", "labels"})
_END = b"\x00"
_NAN = struct.pack(">d", math.nan)


def digest(owner: str, request: Message, version: str) -> bytes:
    """The 32 bytes that name what `request`, as resolved, gives this owner from an engine of this version.

    Raises:
        ValueError: the request holds fields that this build does not know, so it can not tell what they mean.
    """
    hashed = hashlib.sha256()
    for part in (
        _VERSION,
        owner.encode(),
        descriptor_of(request).full_name.encode(),
        version.encode(),
        b"".join(_message(request, leave_out=_LEFT_OUT)),
    ):
        hashed.update(_sized(part))
    return hashed.digest()


def _message(message: Message, leave_out: frozenset[str] = frozenset()) -> Iterator[bytes]:
    descriptor = descriptor_of(message)
    if len(UnknownFieldSet(message)):
        raise ValueError(f"{descriptor.full_name} holds fields that this version does not know")
    is_asset = descriptor.full_name == _ASSET
    for field, value in sorted(message.ListFields(), key=lambda item: item[0].number):
        if field.name in leave_out or (is_asset and field.name not in _ASSET_FIELDS):
            continue
        if _is_default(field, value):
            continue
        yield struct.pack(">IB", field.number, field.type)
        if is_map(field):
            yield from _map(field, value)
        elif field.is_repeated:
            yield struct.pack(">I", len(value))
            for element in value:
                yield from _value(field, element)
        else:
            yield from _value(field, value)
    yield _END


def _is_default(field: FieldDescriptor, value: Any) -> bool:
    """Whether a field that is listed as set is so only because a negative zero is not the default's bits."""
    return not field.is_repeated and not field.has_presence and value == 0 and isinstance(value, float)


def _map(field: FieldDescriptor, entries: Any) -> Iterator[bytes]:
    key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))  # type: ignore[union-attr]
    encoded = sorted((b"".join(_value(key, name)), name) for name in entries)
    yield struct.pack(">I", len(encoded))
    for text, name in encoded:
        yield text
        yield from _value(value, entries[name])


def _value(field: FieldDescriptor, value: Any) -> Iterator[bytes]:
    if isinstance(value, Message):
        yield from _message(value)
    elif isinstance(value, str):
        yield _sized(value.encode())
    elif isinstance(value, bytes):
        yield _sized(value)
    elif isinstance(value, float):
        yield _NAN if math.isnan(value) else struct.pack(">d", value + 0.0)
    else:  # bool, integers of all widths, enums
        yield int(value).to_bytes(9, "big", signed=True)


def _sized(data: bytes) -> bytes:
    return struct.pack(">Q", len(data)) + data
