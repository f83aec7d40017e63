"""Any message of a type, made at random from its descriptor."""

from __future__ import annotations

from typing import Any, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hypothesis import strategies as st

from orchestrator.pure.paths import descriptor_of, is_map

MessageT = TypeVar("MessageT", bound=Message)

_FLOATS = (FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT)
_UNSIGNED = (FieldDescriptor.TYPE_UINT32, FieldDescriptor.TYPE_UINT64)


def messages(kind: type[MessageT], depth: int = 3) -> st.SearchStrategy[MessageT]:
    """Messages with any of their fields set, to values that need not keep the contract's rules."""

    @st.composite
    def build(draw: st.DrawFn) -> MessageT:
        message = kind()
        _fill(draw, message, depth)
        return message

    return build()


def _fill(draw: st.DrawFn, message: Message, depth: int) -> None:
    fields = list(descriptor_of(message).fields)
    for field in draw(st.lists(st.sampled_from(fields), max_size=5, unique=True)) if fields else ():
        if is_map(field):
            getattr(message, field.name).update(
                draw(st.dictionaries(st.text(max_size=3), st.text(max_size=3)))
            )
        elif field.message_type is not None:
            _fill_message(draw, message, field, depth)
        elif field.is_repeated:
            getattr(message, field.name).extend(draw(st.lists(_scalars(field), max_size=3)))
        else:
            setattr(message, field.name, draw(_scalars(field)))


def _fill_message(draw: st.DrawFn, message: Message, field: FieldDescriptor, depth: int) -> None:
    if depth == 0:
        return
    if field.is_repeated:
        for _ in range(draw(st.integers(0, 2))):
            _fill(draw, getattr(message, field.name).add(), depth - 1)
    else:
        getattr(message, field.name).SetInParent()
        _fill(draw, getattr(message, field.name), depth - 1)


def _scalars(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    if field.type == FieldDescriptor.TYPE_STRING:
        return st.text(max_size=4)
    if field.type == FieldDescriptor.TYPE_BOOL:
        return st.booleans()
    if field.enum_type is not None:
        return st.sampled_from([value.number for value in field.enum_type.values])
    if field.type in _FLOATS:
        return st.sampled_from([0.0, -0.0, 0.5, -1.5, 2.0**20])
    return st.integers(0 if field.type in _UNSIGNED else -3, 3)
