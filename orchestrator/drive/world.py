"""What the orchestrator's parts share: the store, the servers, the limits, those who watch."""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestrator.drive.flights import Flights
from orchestrator.drive.limiting import Limits
from orchestrator.drive.limits import Limiter
from orchestrator.drive.log import LiveLog
from orchestrator.drive.mesh import Mesh
from orchestrator.drive.retry import Policy
from orchestrator.drive.usual import Usual
from orchestrator.store.store import Store


@dataclass
class Rules:
    """What can be set, and changed while running."""

    policy: Policy = field(default_factory=Policy)
    """How failed calls are repeated where a step does not say."""
    remember: bool = True
    """Whether earlier results of the same requests are used."""
    active: int = 256
    """Executions of one priority, or a higher one, that a replica holds in memory at once."""
    idle_seconds: float = 15.0
    """Time between two idle marks in a quiet watch."""
    progress_seconds: float = 0.2
    """Least time between two reports of one step to watchers."""


@dataclass(frozen=True)
class World:
    """The parts. Made once, by `orchestrator.api.service`."""

    store: Store
    mesh: Mesh
    limiter: Limiter
    log: LiveLog
    usual: Usual
    rules: Rules
    limits: Limits
    flights: Flights = field(default_factory=Flights)
