"""Write a protobuf file descriptor back as .proto text.

The validation rules (buf/validate/validate.proto) reach us only as a descriptor inside the protovalidate
wheel, while protoc, buf and generators of other languages read text. The text written here compiles to the
same descriptor; comments are lost, since descriptors in wheels carry none.
Covers what such files use: proto2 and proto3, nesting, maps, oneofs, extensions, defaults and custom options.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

_Field = descriptor_pb2.FieldDescriptorProto
_INDENT = "  "
_LABELS = {
    _Field.LABEL_OPTIONAL: "optional ",
    _Field.LABEL_REQUIRED: "required ",
    _Field.LABEL_REPEATED: "repeated ",
}


def render(files: Iterable[bytes], name: str) -> str:
    """The text of the file called `name`, given the serialised descriptors of it and of all it imports."""
    pool = descriptor_pool.DescriptorPool()
    target = None
    for data in files:
        descriptor = descriptor_pb2.FileDescriptorProto.FromString(data)
        pool.Add(descriptor)
        if descriptor.name == name:
            target = descriptor
    if target is None:
        raise ValueError(f"no descriptor of {name} among the files given")
    return _Writer(pool, target).text()


class _Writer:
    def __init__(
        self, pool: descriptor_pool.DescriptorPool, file: descriptor_pb2.FileDescriptorProto
    ) -> None:
        self._pool = pool
        self._file = file
        self._proto3 = file.syntax == "proto3"
        pool.FindFileByName(file.name)  # links it, so that its own extensions can be read in its options

    def text(self) -> str:
        if self._file.syntax == "editions":
            raise ValueError(f"{self._file.name}: editions are not written; give a proto2 or proto3 file")
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        file = self._file
        yield f'syntax = "{file.syntax or "proto2"}";'
        yield ""
        yield f"package {file.package};"
        yield ""
        for index, path in enumerate(file.dependency):
            public = "public " if index in file.public_dependency else ""
            yield f'import {public}"{path}";'
        for option in self._options(file.options):
            yield f"option {option};"
        yield from self._extensions(file.extension, "")
        for message in file.message_type:
            yield ""
            yield from self._message(message, "")
        for enum in file.enum_type:
            yield ""
            yield from self._enum(enum, "")
        if file.service:
            raise ValueError(f"{file.name}: services are not written")

    def _message(self, message: descriptor_pb2.DescriptorProto, indent: str) -> Iterator[str]:
        inner = indent + _INDENT
        maps = {nested.name: nested for nested in message.nested_type if nested.options.map_entry}
        yield f"{indent}message {message.name} {{"
        for option in self._options(message.options):
            yield f"{inner}option {option};"
        for nested in message.nested_type:
            if nested.name not in maps:
                yield from self._message(nested, inner)
        for enum in message.enum_type:
            yield from self._enum(enum, inner)
        open_oneof = None
        for field in message.field:
            oneof = field.oneof_index if field.HasField("oneof_index") and not field.proto3_optional else None
            if oneof != open_oneof:
                if open_oneof is not None:
                    yield f"{inner}}}"
                if oneof is not None:
                    yield f"{inner}oneof {message.oneof_decl[oneof].name} {{"
                    for option in self._options(message.oneof_decl[oneof].options):
                        yield f"{inner}{_INDENT}option {option};"
                open_oneof = oneof
            where = inner + (_INDENT if open_oneof is not None else "")
            yield where + self._field(field, maps, in_oneof=open_oneof is not None)
        if open_oneof is not None:
            yield f"{inner}}}"
        for span in message.extension_range:
            yield f"{inner}extensions {span.start} to {_end(span.end)}{self._bracketed(span.options)};"
        for reserved in message.reserved_range:
            yield f"{inner}reserved {reserved.start} to {_end(reserved.end)};"
        if message.reserved_name:
            yield f"{inner}reserved {_names(message.reserved_name)};"
        yield from self._extensions(message.extension, inner)
        yield f"{indent}}}"

    def _extensions(self, extensions: Iterable[_Field], indent: str) -> Iterator[str]:
        for field in extensions:
            yield f"{indent}extend {field.extendee} {{"
            yield indent + _INDENT + self._field(field, {}, in_oneof=False)
            yield f"{indent}}}"

    def _field(
        self, field: _Field, maps: dict[str, descriptor_pb2.DescriptorProto], *, in_oneof: bool
    ) -> str:
        entry = maps.get(field.type_name.rpartition(".")[2]) if field.label == _Field.LABEL_REPEATED else None
        if entry is not None:
            label, kind = "", f"map<{_type(entry.field[0])}, {_type(entry.field[1])}>"
        else:
            label, kind = _LABELS[field.label], _type(field)
            implicit = self._proto3 and field.label == _Field.LABEL_OPTIONAL and not field.proto3_optional
            if in_oneof or implicit:
                label = ""
        options = self._bracketed(field.options, *_attributes(field))
        return f"{label}{kind} {field.name} = {field.number}{options};"

    def _enum(self, enum: descriptor_pb2.EnumDescriptorProto, indent: str) -> Iterator[str]:
        inner = indent + _INDENT
        yield f"{indent}enum {enum.name} {{"
        for option in self._options(enum.options):
            yield f"{inner}option {option};"
        for value in enum.value:
            yield f"{inner}{value.name} = {value.number}{self._bracketed(value.options)};"
        for reserved in enum.reserved_range:  # both ends inclusive here, unlike in messages
            yield f"{inner}reserved {reserved.start} to {_end(reserved.end + 1)};"
        if enum.reserved_name:
            yield f"{inner}reserved {_names(enum.reserved_name)};"
        yield f"{indent}}}"

    def _bracketed(self, options: Message, *attributes: str) -> str:
        entries = [*attributes, *self._options(options)]
        return f" [{', '.join(entries)}]" if entries else ""

    def _options(self, options: Message) -> Iterator[str]:
        """Each set option as `name = value`, custom ones found through the file's own pool."""
        descriptor = self._pool.FindMessageTypeByName(options.DESCRIPTOR.full_name)
        known = message_factory.GetMessageClass(descriptor).FromString(options.SerializeToString())
        for field, value in known.ListFields():
            name = f"({field.full_name})" if field.is_extension else field.name
            for one in value if field.is_repeated else [value]:
                yield f"{name} = {_value(field, one)}"


def _type(field: _Field) -> str:
    return field.type_name or _Field.Type.Name(field.type).removeprefix("TYPE_").lower()


def _attributes(field: _Field) -> Iterator[str]:
    if field.HasField("default_value"):
        quoted = field.type in (_Field.TYPE_STRING, _Field.TYPE_BYTES)
        yield f'default = "{field.default_value}"' if quoted else f"default = {field.default_value}"
    head, *rest = field.name.split("_")
    if field.json_name and field.json_name != head + "".join(part.capitalize() for part in rest):
        yield f'json_name = "{field.json_name}"'


def _value(field: FieldDescriptor, value: object) -> str:
    if isinstance(value, Message):
        return "{ " + text_format.MessageToString(value, as_one_line=True) + " }"
    if field.enum_type is not None and isinstance(value, int):
        return str(field.enum_type.values_by_number[value].name)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return str(value).lower() if isinstance(value, bool) else str(value)


def _end(exclusive: int) -> str:
    return "max" if exclusive >= 536870912 else str(exclusive - 1)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
