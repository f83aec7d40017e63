"""Step graphs: checked when a job is submitted, compiled when it runs.

`check` finds every fault there is, each as (path of the field, rule); the rule names the step, the path and
both types. `compile` gives a graph without faults the form that the walk needs: paths parsed, dependencies
known, steps in topological order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from google.protobuf.message import Message

from orchestrator.pure.methods import GIVEN, METHODS, Method
from orchestrator.pure.paths import Part, PathError
from orchestrator.pure.rules import Violation, broken, broken_by_literal
from orchestrator.pure.scope import Node, Scope, Source, target
from reelmesh.orchestrator.v1 import graph_pb2
from reelmesh.orchestrator.v1.graph_pb2 import Step, StepGraph
from reelmesh.script.v1 import script_pb2

__all__ = [
    "GIVEN",
    "MAX_FAN_OUT",
    "MAX_STEPS",
    "METHODS",
    "CompiledBinding",
    "CompiledGraph",
    "CompiledStep",
    "Method",
    "Violation",
    "check",
    "compile",
]

MAX_STEPS = 100
"""Most steps in a graph; the contract's rule."""
MAX_REFERENCES = 100
"""Most bindings of a step, and most steps it comes `after`; the contract's rule."""
MAX_FAN_OUT = 1000
"""Most instances of a step. How many there are is known only in the walk, which fails the step."""


@dataclass(frozen=True)
class CompiledBinding:
    """One binding with its paths parsed and typed."""

    source: Source
    target: tuple[Part, ...]
    to: str
    """The target as it was written."""
    each: bool
    """True where one value goes to every element of a target with `[*]`."""


@dataclass(frozen=True)
class CompiledStep:
    """One step, ready to be walked."""

    id: str
    message: Step
    method: Method
    request: Message
    """The literal, without request_id. Not to be changed: copy it."""
    bindings: tuple[CompiledBinding, ...]
    for_each: Source | None
    over_scenes: bool
    """True where it fans out over scenes, which have ids."""
    when: Source | None
    waits_for: frozenset[str]
    """Steps all of whose instances must have ended before any instance of this one begins."""
    pairs_with: frozenset[str]
    """Steps with the same for_each whose instance with the same index must have ended."""
    continues: bool
    """True where a final failure does not fail the job."""

    @property
    def depends_on(self) -> frozenset[str]:
        """Every step that this one waits for."""
        return self.waits_for | self.pairs_with


@dataclass(frozen=True)
class CompiledGraph:
    """A graph without faults."""

    message: StepGraph
    steps: Mapping[str, CompiledStep]
    """By id, in topological order: a step stands behind all that it depends on."""
    outputs: tuple[Source, ...]
    """What the graph names as its outcome. Empty: the results of the `ends`."""
    reads_spec: bool
    """Whether a path begins with `spec`, so that the walk needs the job's spec."""

    @property
    def ends(self) -> tuple[str, ...]:
        """Ids of the steps that no other step depends on."""
        needed = frozenset[str]().union(*(step.depends_on for step in self.steps.values()))
        return tuple(id for id in self.steps if id not in needed)


def check(graph: StepGraph) -> list[Violation]:
    """Every fault of a graph. Empty when it can run. Never raises.

    The rules of the requests are checked too, as far as bindings leave them alone.
    """
    violations, examination = _examine(graph)
    for position, step in enumerate(graph.steps if examination else ()):
        if examination and (call := step.WhichOneof("call")):
            for path, rule in broken_by_literal(getattr(step, call), examination.targets[position]):
                where = f"graph.steps[{position}].{call}" + (f".{path}" if path else "")
                violations.append((where, f"step {step.id!r}: {rule}"))
    return violations


def compile(graph: StepGraph) -> CompiledGraph:
    """The graph in the form that the walk needs.

    Raises:
        ValueError: the graph has a fault that `check` tells of.
    """
    violations, examination = _examine(graph)
    if examination is None or violations:
        path, rule = violations[0]
        raise ValueError(f"{path}: {rule}")
    return CompiledGraph(
        message=graph,
        steps={step.id: step for step in examination.steps},
        outputs=tuple(examination.outputs),
        reads_spec=any(source.path.root == "spec" for step in examination.steps for source in _sources(step)),
    )


def _examine(graph: StepGraph) -> tuple[list[Violation], _Examination | None]:
    """What is wrong with a graph but for its literals. What is too long is not looked at any further."""
    if len(graph.steps) > MAX_STEPS:
        return [("graph.steps", f"must have at most {MAX_STEPS} steps, but has {len(graph.steps)}")], None
    violations = [(f"graph.{path}", _naming(graph, path, rule)) for path, rule in broken(graph)]
    if any(max(len(step.bindings), len(step.after)) > MAX_REFERENCES for step in graph.steps):
        return violations, None
    examination = _Examination(graph)
    told = {path for path, _ in violations}
    return violations + [fault for fault in examination.violations if fault[0] not in told], examination


def _sources(step: CompiledStep) -> Iterator[Source]:
    yield from (binding.source for binding in step.bindings)
    if step.when is not None:
        yield step.when


def _naming(graph: StepGraph, path: str, rule: str) -> str:
    """The rule with the step's id before it, for a path like `steps[3].id`."""
    if path.startswith("steps["):
        return f"step {graph.steps[int(path[6 : path.index(']')])].id!r}: {rule}"
    return rule


class _Examination:
    """One look at a graph's references: what is wrong with them, and what was made of the rest."""

    def __init__(self, graph: StepGraph) -> None:
        self.violations: list[Violation] = []
        self.targets: defaultdict[int, list[tuple[Part, ...]]] = defaultdict(list)
        self._positions: dict[str, int] = {}
        nodes: dict[str, Node] = {}
        for position, step in enumerate(graph.steps):
            call = step.WhichOneof("call")
            if step.id in self._positions:
                rule = f"steps[{self._positions[step.id]}] has the same id"
                self._fault(position, step, "id", rule)
                continue
            self._positions[step.id] = position
            if call is not None:
                nodes[step.id] = Node(step, METHODS[call], step.for_each)
        self._scope = Scope(nodes)
        compiled = {
            id: self._step(self._positions[id], node.message, node.method) for id, node in nodes.items()
        }
        self.steps = self._in_order(compiled)
        self.outputs = list(self._outputs(graph))

    def _fault(self, position: int, step: Step, field: str, rule: str) -> None:
        self.violations.append((f"graph.steps[{position}].{field}", f"step {step.id!r}: {rule}"))

    def _step(self, position: int, step: Step, method: Method) -> CompiledStep:
        request = method.request()
        request.CopyFrom(getattr(step, method.name))
        if "request_id" in request.DESCRIPTOR.fields_by_name:
            request.ClearField("request_id")
        for_each = self._for_each(position, step)
        when = self._when(position, step, for_each)
        bindings = list(self._bindings(position, step, request, for_each))
        sources = [binding.source for binding in bindings] + ([when] if when else [])
        waits_for = {source.step for source in sources if source.step and not source.same_index}
        waits_for.update(
            id for number, id in enumerate(step.after) if self._known(position, step, number, id)
        )
        if for_each is not None:
            waits_for.add(for_each.step)
        element = for_each.type.message if for_each is not None else None
        return CompiledStep(
            id=step.id,
            message=step,
            method=method,
            request=request,
            bindings=tuple(bindings),
            for_each=for_each,
            over_scenes=element is not None and element.full_name == script_pb2.Scene.DESCRIPTOR.full_name,
            when=when,
            waits_for=frozenset(waits_for),
            pairs_with=frozenset(source.step for source in sources if source.same_index),
            continues=step.on_failure == graph_pb2.ON_FAILURE_CONTINUE,
        )

    def _for_each(self, position: int, step: Step) -> Source | None:
        if not step.for_each:
            return None
        try:
            return self._scope.fan_out(step.for_each)
        except PathError as error:
            self._fault(position, step, "for_each", str(error))
            return None

    def _when(self, position: int, step: Step, for_each: Source | None) -> Source | None:
        if not step.when or _lacks_item(step, step.when, for_each):
            return None
        try:
            return self._scope.condition(
                step.when, for_each.type.message if for_each else None, step.for_each
            )
        except PathError as error:
            self._fault(position, step, "when", str(error))
            return None

    def _bindings(
        self, position: int, step: Step, literal: Message, for_each: Source | None
    ) -> Iterator[CompiledBinding]:
        element = for_each.type.message if for_each else None
        for number, binding in enumerate(step.bindings):
            named = source = None
            field = f"bindings[{number}]"
            try:
                named = target(binding.to, literal)
                self.targets[position].append(named[0])
            except PathError as error:
                self._fault(position, step, f"{field}.to", f"to {error}")
            try:
                if not _lacks_item(step, getattr(binding, "from"), for_each):
                    source = self._scope.source(getattr(binding, "from"), element, step.for_each)
            except PathError as error:
                self._fault(position, step, f"{field}.from", f"from {error}")
            if named is None or source is None:
                continue
            parts, type_ = named
            each = type_.spread and source.type.depth == int(type_.repeated)
            if source.type.name == type_.name and (each or source.type.depth == type_.depth):
                yield CompiledBinding(source, parts, binding.to, each)
            else:
                rule = f"from {str(source.path)!r} is {source.type}, but to {binding.to!r} takes {type_}"
                self._fault(position, step, f"{field}.from", rule)

    def _known(self, position: int, step: Step, number: int, id: str) -> bool:
        if id in self._positions:
            return True
        self._fault(position, step, f"after[{number}]", f"there is no step {id[:80]!r}")
        return False

    def _in_order(self, steps: Mapping[str, CompiledStep]) -> list[CompiledStep]:
        """The steps in topological order, as near to the graph's own as that allows; cycles are faults."""
        waiting = dict(steps)
        order: list[CompiledStep] = []
        while waiting:
            ready = next((step for step in waiting.values() if step.depends_on.isdisjoint(waiting)), None)
            if ready is not None:
                order.append(waiting.pop(ready.id))
                continue
            cycle = _cycle(waiting)
            first = waiting[cycle[0]]
            rule = "waits for itself: " + " -> ".join([*cycle, cycle[0]])
            self.violations.append((f"graph.steps[{self._positions[first.id]}]", f"step {first.id!r} {rule}"))
            for id in cycle:
                del waiting[id]
        return order

    def _outputs(self, graph: StepGraph) -> Iterator[Source]:
        for number, text in enumerate(graph.outputs):
            try:
                source = self._scope.source(text)
                if not source.step:
                    raise PathError(f"{text!r} must begin with a step")
                yield source
            except PathError as error:
                self.violations.append((f"graph.outputs[{number}]", str(error)))


def _lacks_item(step: Step, path: str, for_each: Source | None) -> bool:
    """Whether a path speaks of an item that a faulty `for_each` can not give: one fault is enough."""
    return for_each is None and bool(step.for_each) and path.partition(".")[0] == "item"


def _cycle(waiting: Mapping[str, CompiledStep]) -> Sequence[str]:
    """Some cycle among steps each of which waits for another of them."""
    way: list[str] = []
    id = next(iter(waiting))
    while id not in way:
        way.append(id)
        id = min(other for other in waiting[id].depends_on if other in waiting)
    return way[way.index(id) :]


def onwards(compiled: CompiledGraph, id: str) -> frozenset[str]:
    """A step and all that depend on it; none where there is no step of that id."""
    found: set[str] = set()
    for step in compiled.steps.values():  # in topological order
        if step.id == id or not found.isdisjoint(step.depends_on):
            found.add(step.id)
    return frozenset(found)
