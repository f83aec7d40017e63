"""The contracts are the reference: everything in them is explained where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.descriptor import FieldDescriptor as _FieldDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto

# Field numbers of descriptor.proto, of which paths in a file's source info are made.
FILE_MESSAGE, FILE_ENUM, FILE_SERVICE = 4, 5, 6
MESSAGE_FIELD, MESSAGE_NESTED, MESSAGE_ENUM = 2, 3, 4
ENUM_VALUE, SERVICE_METHOD = 2, 2

Path_ = tuple[int, ...]


def elements(file: FileDescriptorProto) -> Iterator[tuple[Path_, str]]:
    """Everything that needs a comment: its path in the source info, and its name."""
    for index, message in enumerate(file.message_type):
        yield from message_elements(message, (FILE_MESSAGE, index), message.name)
    for index, enum in enumerate(file.enum_type):
        yield from enum_elements(enum, (FILE_ENUM, index), enum.name)
    for index, service in enumerate(file.service):
        yield (FILE_SERVICE, index), service.name
        for number, method in enumerate(service.method):
            yield (FILE_SERVICE, index, SERVICE_METHOD, number), f"{service.name}.{method.name}"


def message_elements(message: DescriptorProto, path: Path_, name: str) -> Iterator[tuple[Path_, str]]:
    if message.options.map_entry:
        return
    yield path, name
    for index, field in enumerate(message.field):
        yield (*path, MESSAGE_FIELD, index), f"{name}.{field.name}"
    for index, nested in enumerate(message.nested_type):
        yield from message_elements(nested, (*path, MESSAGE_NESTED, index), f"{name}.{nested.name}")
    for index, enum in enumerate(message.enum_type):
        yield from enum_elements(enum, (*path, MESSAGE_ENUM, index), f"{name}.{enum.name}")


def enum_elements(enum: EnumDescriptorProto, path: Path_, name: str) -> Iterator[tuple[Path_, str]]:
    yield path, name
    for index, value in enumerate(enum.value):
        yield (*path, ENUM_VALUE, index), f"{name}.{value.name}"


def test_everything_has_a_comment(ours: list[FileDescriptorProto]) -> None:
    bare = []
    for file in ours:
        comments = {tuple(place.path): place.leading_comments for place in file.source_code_info.location}
        bare += [f"{file.name}: {name}" for path, name in elements(file) if not comments.get(path)]
    assert bare == []


def test_rpcs_of_our_services_name_their_errors(ours: list[FileDescriptorProto]) -> None:
    silent = []
    for file in ours:
        comments = {tuple(place.path): place.leading_comments for place in file.source_code_info.location}
        for path, name in elements(file):
            if path[0] == FILE_SERVICE and len(path) > 2 and "Errors:" not in comments.get(path, ""):
                silent.append(f"{file.name}: {name}")
    assert silent == []


def test_at_least_half_of_what_a_contract_says_is_comment(root: Path) -> None:
    """Not counted: the head (syntax, package, imports), closing braces, the rest of a wrapped rule."""
    thin = []
    for path in root.glob("protos/reelmesh/**/*.proto"):
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
        comments = sum(line.startswith("//") for line in lines)
        code = [line for line in lines if not line.startswith(("//", "syntax", "package", "import"))]
        depth = declarations = 0
        for line in code:
            declarations += depth == 0 and re.search(r"\w", line) is not None
            depth += line.count("[") - line.count("]")
        if comments < declarations:
            thin.append(f"{path.name}: {comments} lines of comment to {declarations} declarations")
    assert thin == []


def test_durations_and_sides_carry_their_unit(ours: list[FileDescriptorProto]) -> None:
    """A bare number never means time, and a number of pixels says so in its name."""
    vague = []
    for file in ours:
        for message in file.message_type:
            for field in message.field:
                number = field.type not in (_FieldDescriptor.TYPE_MESSAGE, _FieldDescriptor.TYPE_STRING)
                if number and re.search(r"(^|_)(time|duration|timeout|delay|age|width|height)$", field.name):
                    vague.append(f"{file.name}: {message.name}.{field.name}")
    assert vague == []
