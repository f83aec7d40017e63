"""What a step's paths can begin with, and the type of what they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from orchestrator.pure.methods import Method
from orchestrator.pure.paths import (
    Field,
    Index,
    Path,
    PathError,
    Spread,
    Type,
    descriptor_of,
    parse,
    read,
    type_of,
)
from reelmesh.orchestrator.v1.graph_pb2 import Step
from reelmesh.orchestrator.v1.job_pb2 import JobSpec

ITEM, INDEX, SPEC = "item", "index", "spec"
RESERVED = frozenset({ITEM, INDEX, SPEC})


@dataclass(frozen=True)
class Source:
    """A path that a step reads from, and how its root is seen from that step."""

    path: Path
    type: Type
    step: str = ""
    """The step it reads from; empty for `item`, `index` and `spec`."""
    same_index: bool = False
    """True where it reads from the instance with the reading instance's own index."""


@dataclass(frozen=True)
class Node:
    """A step as far as other steps' paths need to know it."""

    message: Step
    method: Method
    for_each: str
    """The path of its fan-out in one spelling; empty where it runs once."""


class Scope:
    """Types the paths of one graph. `nodes` are its steps by id."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self._nodes = nodes

    def fan_out(self, text: str) -> Source:
        """The list that `for_each` names: a repeated message field of a result.

        Raises:
            PathError: it names none, or one within another fan-out.
        """
        path = parse(text)
        if path.root in RESERVED:
            raise PathError(f"for_each {text!r} must begin with a step, not with {path.root!r}")
        node = self._nodes.get(path.root)
        if node is not None and node.for_each and not (path.parts and isinstance(path.parts[0], Index)):
            raise PathError(
                f"for_each {text!r}: step {path.root!r} has for_each itself, and fan-outs do not nest"
            )
        source = self._of_step(path)
        if source.type.spread or not source.type.repeated or source.type.message is None:
            raise PathError(f"for_each {text!r} is {source.type}, but must be a repeated message field")
        return source

    def condition(self, text: str, element: Descriptor | None, for_each: str) -> Source:
        """The bool that `when` names.

        Raises:
            PathError: it names none.
        """
        source = self.source(text, element, for_each)
        if source.type.name != "bool" or source.type.depth:
            raise PathError(f"when {text!r} is {source.type}, but must be a bool")
        return source

    def source(self, text: str, element: Descriptor | None = None, for_each: str = "") -> Source:
        """What a path names, seen from a step that fans out over `element`s of `for_each`.

        Raises:
            PathError: it is malformed, or names nothing.
        """
        path = parse(text)
        if path.root == SPEC:
            return Source(path, _typed(path, descriptor_of(JobSpec)))
        if path.root in RESERVED and not for_each:
            raise PathError(f"{text!r}: {path.root!r} is there only in a step with for_each")
        if path.root == INDEX:
            if path.parts:
                raise PathError(f"{text!r}: index is a uint32 and has no parts")
            return Source(path, Type("uint32"))
        if path.root == ITEM:
            if element is None:
                raise PathError(f"{text!r}: for_each names nothing, so there is no item")
            return Source(path, _typed(path, element))
        return self._of_step(path, for_each)

    def _of_step(self, path: Path, for_each: str = "") -> Source:
        node = self._nodes.get(path.root)
        if node is None:
            raise PathError(f"{str(path)!r}: there is no step {path.root!r}")
        result = descriptor_of(node.method.result)
        first = path.parts[0] if path.parts else None
        if not node.for_each:
            return Source(path, _typed(path, result), step=path.root)
        if isinstance(first, Index | Spread):
            within = Path(path.root, path.parts[1:])
            return Source(path, _typed(within, result, spread=isinstance(first, Spread)), step=path.root)
        if node.for_each == for_each:
            return Source(path, _typed(path, result), step=path.root, same_index=True)
        raise PathError(
            f"{str(path)!r}: step {path.root!r} has for_each {node.for_each!r}, so it is a list here: "
            f"write {path.root}[*] for all of it or {path.root}[0] for one"
        )


def _typed(path: Path, message: Descriptor, *, spread: bool = False) -> Type:
    try:
        return type_of(path.parts, message, spread=spread)
    except PathError as error:
        raise PathError(f"{str(path)!r}: {error}") from None


def target(text: str, literal: Message) -> tuple[tuple[Field | Index | Spread, ...], Type]:
    """The parts and the type of what a binding fills in, within a step's literal request.

    Raises:
        PathError: it is malformed, names nothing, or an element that the literal lacks.
    """
    path = parse(text)
    parts = path.as_target()
    try:
        named = type_of(parts, descriptor_of(literal))
    except PathError as error:
        raise PathError(f"{text!r}: {error}") from None
    if parts == (Field("request_id"),):
        raise PathError(f"{text!r} is set by the orchestrator and can not be bound")
    if isinstance(parts[-1], Spread):
        raise PathError(f"{text!r} ends with [*]: bind the list to {text[:-3]!r} itself")
    for position, part in enumerate(parts):
        if isinstance(part, Index):
            elements = read(literal, parts[:position]) if Spread() not in parts[:position] else ()
            if not hasattr(elements, "__len__") or part.number >= len(elements):
                raise PathError(f"{text!r}: the step's literal has no element {part}")
    return parts, named
