"""Who serves a request when the engine that was to serve it refuses or fails, and which is not asked for now.

The settings name the engines that stand in, in order. Another is asked only after a definite refusal or
failure: where it is not known whether paid work was done, nobody is. Each engine has a circuit breaker, the
one of the providers of clips.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from google.protobuf.message import Message

from servers.chassis import breaker
from servers.chassis.engine import Engine, Resolved
from servers.chassis.engines import Engines
from servers.chassis.errors import (
    UNCONFIRMED,
    DeadlineExceeded,
    FailedPrecondition,
    Fault,
    Internal,
    InvalidArgument,
    Unavailable,
)
from servers.chassis.trouble import Kind, Trouble

_PECULIAR = ("model", "voice", "style")
"""Fields whose values mean something to one engine alone: another takes its own default."""
_KINDS: tuple[tuple[type[Fault], Kind], ...] = (
    (Unavailable, Kind.OUTAGE),
    (DeadlineExceeded, Kind.OUTAGE),
    (FailedPrecondition, Kind.SETUP),
    (Internal, Kind.INTERNAL),
)
_log = structlog.get_logger("reelmesh.engines")
Attempt = Callable[[Engine, Resolved[Any]], Awaitable[Message]]


@dataclass
class _Standing:
    """How one engine stands."""

    row: dict[str, Any] | None = None
    """As `breaker.after` returns it."""
    under_way: int = 0


@dataclass
class Failover:
    """The order of one server's engines, and how each stands."""

    engines: Engines
    order: Sequence[str] = ()
    """Names of those that stand in, the first first."""
    _standing: dict[str, _Standing] = field(default_factory=dict)

    async def run(self, engine: Engine, resolved: Resolved[Any], attempt: Attempt) -> Message:
        """The result of the engine that was chosen, or of one that stands in; its warnings say so.

        Raises:
            Fault: that of the first engine, where none stands in for it.
        """
        told: list[str] = []
        first: Fault | None = None
        for candidate, request in self._candidates(engine, resolved, told):
            try:
                with self._watched(candidate.name):
                    result = await attempt(candidate, request)
            except Fault as fault:
                first = first or fault
                if trouble_of(fault) is None or not self.order:
                    raise
                _log.info("another engine may be asked", engine=candidate.name, message=fault.message)
                told.append(f"{candidate.name} failed: {fault.message}"[:400])
                continue
            if candidate is not engine:
                _warn(result, [*told, f'"{candidate.name}" stood in for "{engine.name}"'])
            return result
        assert first is not None
        raise first

    def _candidates(
        self, engine: Engine, resolved: Resolved[Any], told: list[str]
    ) -> Iterator[tuple[Engine, Resolved[Any]]]:
        """The engines to ask in turn; one whose circuit is open only where no other can serve."""
        others = list(self._others(engine, resolved.request, told)) if self.order else []
        queue = [(engine, resolved), *others]
        shut = [one for one in queue if self._shut(one[0].name) is not None]
        if len(shut) < len(queue):
            for candidate, _ in shut:
                told.append(f"{candidate.name} is not asked now: {self._why(candidate.name)}"[:400])
            queue = [one for one in queue if one not in shut]
        yield from queue

    def _others(
        self, engine: Engine, request: Any, told: list[str]
    ) -> Iterator[tuple[Engine, Resolved[Any]]]:
        known = {one.name: one for one in self.engines.ready()}
        for name in self.order:
            other = known.get(name)
            if other is None or other is engine or not other.serves(request):
                continue
            try:
                yield other, stand_in(other, request)
            except Fault as fault:
                told.append(f"{name} can not stand in: {fault.message}"[:400])

    def _shut(self, name: str) -> float | None:
        standing = self._standing.get(name)
        if standing is None or standing.row is None:
            return None
        return breaker.shut(standing.row, time.time(), standing.under_way)

    def _why(self, name: str) -> str:
        row = self._standing[name].row
        return str(row["message"]) if row is not None else ""

    @contextmanager
    def _watched(self, name: str) -> Iterator[None]:
        """Keeps the circuit breaker of an engine while it works."""
        standing = self._standing.setdefault(name, _Standing())
        standing.under_way += 1
        trouble: Trouble | None = None
        try:
            yield
        except Fault as fault:
            trouble = trouble_of(fault)
            if trouble is not None:
                standing.row = breaker.after(standing.row, trouble, time.time()) or standing.row
            raise
        else:
            standing.row = breaker.after(standing.row, None, time.time()) or standing.row
        finally:
            standing.under_way -= 1


def _warn(result: Any, lines: Sequence[str]) -> None:
    result.provenance.warnings.extend(lines)


def trouble_of(fault: Fault) -> Trouble | None:
    """What was wrong with the engine; None where another may not be asked: the fault is the request's, or it
    is not known whether paid work was done."""
    if fault.reason == UNCONFIRMED:
        return None
    if fault.trouble is not None:
        refused = fault.trouble.kind in (Kind.MODERATION, Kind.CANCELLED)
        return None if refused else fault.trouble
    if isinstance(fault, InvalidArgument):
        return None
    for kind, meaning in _KINDS:
        if isinstance(fault, kind):
            return Trouble(meaning, fault.message)
    return None


def stand_in(engine: Engine, request: Any) -> Resolved[Any]:
    """A request that was resolved for another engine, as this one serves it.

    Raises:
        Fault: it can not.
    """
    changed = type(request)()
    changed.CopyFrom(request)
    fields = [name for name in _PECULIAR if name in request.DESCRIPTOR.fields_by_name]
    changed.engine = engine.name
    changed.model = ""
    while True:
        try:
            resolved = engine.resolve(changed)
        except InvalidArgument as fault:
            wrong = fault.violations[0][0] if fault.violations else ""
            if wrong not in fields or not getattr(changed, wrong):
                raise
            changed.ClearField(wrong)
            continue
        resolved.request.engine = engine.name
        resolved.request.model = resolved.model
        return resolved
