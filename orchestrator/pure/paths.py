"""Paths into messages: parse them, type them against descriptors, read and write what they name.

    path      = root *( "." field / "[" number "]" / "[*]" )
    root      = step id / "item" / "index" / "spec"      in a source ("plan.scenes[*].text")
              / field                                    in a target, which lies in the step's own request

**Unset.** A source that is unset leaves its target as it is. Unset are: a field that has presence (message,
`optional`, member of a oneof) and is absent; an empty string, an empty list, and the enum value 0 (which the
contracts reserve for "unspecified"); an element past a list's end; and whatever lies inside something unset.
Numbers and bools without presence are always set: a seed of 0 is a seed, and false is an answer.

**Lists.** `[*]` spreads a repeated field and may stand once in a path: `scenes[*].picture` is a list of
pictures that is as long as `scenes`, with UNSET where a scene has none. A target with `[*]` takes a list of
the same length, element by element, or one value for every element. A repeated target takes a list; UNSET
elements can not be kept in one and are left out. Maps are not addressable.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")


class PathError(ValueError):
    """A path that is malformed, or that names nothing. The text is the rule it breaks."""


class LengthMismatchError(ValueError):
    """A list does not fit the elements it is to be zipped with. The text is the rule it breaks."""


class Unset:
    """The type of UNSET: a value that is not there."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()


@dataclass(frozen=True)
class Field:
    """`.name`"""

    name: str

    def __str__(self) -> str:
        return f".{self.name}"


@dataclass(frozen=True)
class Index:
    """`[number]`"""

    number: int

    def __str__(self) -> str:
        return f"[{self.number}]"


@dataclass(frozen=True)
class Spread:
    """`[*]`"""

    def __str__(self) -> str:
        return "[*]"


Part: TypeAlias = Field | Index | Spread


@dataclass(frozen=True)
class Path:
    """A parsed path: its root and what follows. `str` gives it back as it was written."""

    root: str
    parts: tuple[Part, ...] = ()

    def __str__(self) -> str:
        return self.root + "".join(map(str, self.parts))

    @property
    def spread(self) -> bool:
        """Whether `[*]` stands in it."""
        return Spread() in self.parts

    def as_target(self) -> tuple[Part, ...]:
        """The parts of a path whose root is a field of the request itself."""
        return (Field(self.root), *self.parts)


def parse(text: str) -> Path:
    """The path that is written in `text`.

    Raises:
        PathError: it is malformed; the message tells at which character, from 1.
    """
    root = _NAME.match(text)
    if root is None:
        raise PathError(f"{_quoted(text)} must begin with a name")
    parts: list[Part] = []
    at = root.end()
    while at < len(text):
        part, at = _part(text, at)
        parts.append(part)
    if parts.count(Spread()) > 1:
        raise PathError(f"{_quoted(text)} has [*] more than once")
    return Path(root[0], tuple(parts))


def _part(text: str, at: int) -> tuple[Part, int]:
    """The part that begins at `at`, and where the next one does."""
    if text[at] == ".":
        if name := _NAME.match(text, at + 1):
            return Field(name[0]), name.end()
        raise PathError(f"{_quoted(text)} needs a field name at character {at + 2}")
    if text.startswith("[*]", at):
        return Spread(), at + 3
    if text[at] == "[":
        number = _NUMBER.match(text, at + 1)
        if number is not None and text.startswith("]", number.end()):
            return Index(int(number[0])), number.end() + 1
        raise PathError(f"{_quoted(text)} needs a number or * and then ] at character {at + 2}")
    raise PathError(f"{_quoted(text)} needs a '.' or a '[' at character {at + 1}")


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:77]}...")


# -- types -------------------------------------------------------------------------------------------------

_SCALARS = {
    FieldDescriptor.TYPE_DOUBLE: "double",
    FieldDescriptor.TYPE_FLOAT: "float",
    FieldDescriptor.TYPE_INT64: "int64",
    FieldDescriptor.TYPE_UINT64: "uint64",
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_FIXED64: "fixed64",
    FieldDescriptor.TYPE_FIXED32: "fixed32",
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_BYTES: "bytes",
    FieldDescriptor.TYPE_UINT32: "uint32",
    FieldDescriptor.TYPE_SFIXED32: "sfixed32",
    FieldDescriptor.TYPE_SFIXED64: "sfixed64",
    FieldDescriptor.TYPE_SINT32: "sint32",
    FieldDescriptor.TYPE_SINT64: "sint64",
}


@dataclass(frozen=True)
class Type:
    """What a path names: a scalar, enum or message by name, and how many of them."""

    name: str
    """ "string", "bool", ..., or the full name of an enum or message."""
    spread: bool = False
    """True behind `[*]`: a list whose elements may be unset."""
    repeated: bool = False
    """True for a repeated field that is neither indexed nor spread."""
    message: Descriptor | None = None
    """The message's descriptor; None for scalars and enums."""

    @property
    def depth(self) -> int:
        """0 for one value, 1 for a list, 2 for a list of lists."""
        return int(self.spread) + int(self.repeated)

    def __str__(self) -> str:
        return "list of " * self.depth + self.name


def type_of(parts: Sequence[Part], message: Descriptor, *, spread: bool = False) -> Type:
    """The type of what `parts` name within a message of this type.

    Raises:
        PathError: there is no such field, or what is indexed is no list.
    """
    here = Type(message.full_name, spread=spread, message=message)
    for part in parts:
        if isinstance(part, Field):
            here = _type_of_field(here, part.name)
        elif not here.repeated:
            raise PathError(f"{part} needs a list, but stands behind {here}")
        else:
            spread = here.spread or isinstance(part, Spread)
            here = Type(here.name, spread=spread, message=here.message)
    return here


def _type_of_field(here: Type, name: str) -> Type:
    if here.repeated:
        raise PathError(f"field {name!r} stands behind a {here}: index it with [0] or spread it with [*]")
    if here.message is None:
        raise PathError(f"{here.name} has no field {name!r}")
    field = here.message.fields_by_name.get(name)
    if field is None:
        near = difflib.get_close_matches(name, here.message.fields_by_name, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise PathError(f"{here.message.full_name} has no field {name!r}{hint}")
    if is_map(field):
        raise PathError(f"{here.message.full_name}.{name} is a map, and maps are not addressable")
    if field.message_type is not None:
        type_name = field.message_type.full_name
    elif field.enum_type is not None:
        type_name = field.enum_type.full_name
    else:
        type_name = _SCALARS[field.type]
    return Type(type_name, spread=here.spread, repeated=field.is_repeated, message=field.message_type)


def descriptor_of(message: Message | type[Message]) -> Descriptor:
    """The descriptor of a message or of its class."""
    return cast(Descriptor, message.DESCRIPTOR)


def is_map(field: FieldDescriptor) -> bool:
    """Whether a field is a map."""
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


# -- values ------------------------------------------------------------------------------------------------


def read(value: Any, parts: Sequence[Part]) -> Any:
    """What `parts` name within `value`: a scalar, a message, a list, or UNSET.

    The parts were typed with `type_of` before. Messages are not copied.
    """
    for position, part in enumerate(parts):
        if value is UNSET:
            return UNSET
        if isinstance(part, Field):
            value = _read_field(value, part.name)
        elif isinstance(part, Index):
            value = value[part.number] if part.number < len(value) else UNSET
            if isinstance(value, str | bytes) and not value:
                value = UNSET
        else:
            rest = parts[position + 1 :]
            return [read(element, rest) for element in value]
    return UNSET if _is_list(value) and not value else value


def _read_field(message: Message, name: str) -> Any:
    field = descriptor_of(message).fields_by_name[name]
    if field.has_presence:
        return getattr(message, name) if message.HasField(name) else UNSET
    value = getattr(message, name)
    if field.is_repeated:
        return value
    if field.enum_type is not None or isinstance(value, str | bytes):
        return value or UNSET
    return value


def write(message: Message, parts: Sequence[Part], value: Any, *, each: bool = False) -> None:
    """Puts `value` where `parts` say. UNSET, as a whole or as an element, leaves the target as it is.

    `each`: the target has `[*]` and the value goes to every element there is; else it is a list of one value
    for each. Elements are added where the target list is still empty.

    Raises:
        LengthMismatchError: a list is longer or shorter than the elements it is to be zipped with.
    """
    if value is UNSET:
        return
    if Spread() in parts:
        at = parts.index(Spread())
        elements = _get(message, parts[:at])
        rest = parts[at + 1 :]
        for element, given in _zipped(elements, value, each=each):
            write(element, rest, given)
        return
    holder, last = _get(message, parts[:-1]), parts[-1]
    if isinstance(last, Field):
        _put_field(holder, last.name, value)
    elif isinstance(last, Index):
        _put_element(holder, last.number, value)


def _get(value: Any, way: Sequence[Part]) -> Any:
    """The message or list at the end of `way`; messages on it come into being when something is written."""
    for part in way:
        if isinstance(part, Field):
            value = getattr(value, part.name)
        elif isinstance(part, Index):
            value = value[part.number]
    return value


def _zipped(elements: Any, value: Any, *, each: bool) -> Iterator[tuple[Any, Any]]:
    if each:
        return ((element, value) for element in elements)
    if not elements:
        for _ in value:
            elements.add()
    if len(elements) != len(value):
        raise LengthMismatchError(
            f"{len(value)} values for {len(elements)} elements: both must have the same length"
        )
    return zip(elements, value, strict=True)


def _put_field(holder: Message, name: str, value: Any) -> None:
    if _is_list(value):
        present = [element for element in value if element is not UNSET]
        if present:
            target = getattr(holder, name)
            del target[:]
            target.extend(present)
    elif isinstance(value, Message):
        getattr(holder, name).CopyFrom(value)
    else:
        setattr(holder, name, value)


def _put_element(elements: Any, number: int, value: Any) -> None:
    if isinstance(value, Message):
        elements[number].CopyFrom(value)
    else:
        elements[number] = value


def _is_list(value: Any) -> bool:
    return not isinstance(value, Message | str | bytes | int | float)
