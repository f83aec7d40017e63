"""The contracts' own rules (buf.validate), kept by a step's request as a literal and when it is dispatched.

A literal lacks what bindings will fill in. So a rule of the literal counts only where no binding has a say
in it: not for a field that is bound, nor for what lies in it or around it. A rule of a whole message (CEL)
is put off when it names a field that is bound. All rules are checked once more, on the whole request, when it
is dispatched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import protovalidate
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from orchestrator.pure.paths import Field, Part, descriptor_of
from reelmesh.buf.validate import validate_pb2

Violation: TypeAlias = tuple[str, str]
"""(field path, rule that it breaks)."""

_EMPTY = ("required", ".min_len", ".min_bytes", ".min_items")


def broken(request: Message) -> list[Violation]:
    """Every rule that a whole message breaks."""
    return [
        (_text(violation), violation.proto.message) for violation in protovalidate.collect_violations(request)
    ]


def broken_by_literal(literal: Message, targets: Iterable[Sequence[Part]]) -> list[Violation]:
    """Every rule that a literal breaks whatever its bindings, to `targets`, will fill in."""
    bound = [tuple(part.name for part in target if isinstance(part, Field)) for target in targets]
    violations = []
    for violation in protovalidate.collect_violations(literal):
        names = _names(violation)
        if any(names[: len(target)] == target for target in bound):
            continue
        inner = [target[len(names)] for target in bound if target[: len(names)] == names]
        if inner and _put_off(descriptor_of(literal), names, violation.proto.rule_id, inner):
            continue
        missing = violation.proto.rule_id.endswith(_EMPTY)
        note = " (it is neither set nor bound)" if missing else ""
        violations.append((_text(violation), violation.proto.message + note))
    return violations


def _put_off(root: Descriptor, names: Sequence[str], rule_id: str, bound: Sequence[str]) -> bool:
    """Whether a rule of the message at `names` must wait until its fields `bound` are filled in."""
    message: Descriptor | None = root
    for name in names:
        message = message.fields_by_name[name].message_type if message is not None else None
    rules = message.GetOptions().Extensions[validate_pb2.message].cel if message is not None else ()
    for rule in rules:
        if rule.id == rule_id:
            return any(re.search(rf"\bthis\.{name}\b", rule.expression) for name in bound)
    return True


def _names(violation: protovalidate.Violation) -> tuple[str, ...]:
    path = violation.proto.field
    return tuple(element.field_name for element in path.elements) if path is not None else ()


def _text(violation: protovalidate.Violation) -> str:
    """The violation's field as a path, e.g. `scenes[0].words[2].text` or `labels["a"]`."""
    path = violation.proto.field
    text = ""
    for element in path.elements if path is not None else ():
        text += f".{element.field_name}" if text else element.field_name
        if element.subscript is not None:
            key = element.subscript.value
            text += f"[{key}]" if isinstance(key, int) else f'["{key}"]'
    return text
