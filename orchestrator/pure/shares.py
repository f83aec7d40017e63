"""What an owner has had of a pool, with what its calls under way have taken by now.

A call is charged at its begin for as long as such calls usually take. Those that take longer count as they go
on, and knowing how much they all have taken costs nothing for each of them.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field


@dataclass(eq=False)
class Call:
    """A call under way."""

    begin: float
    charged: float
    """What it was charged when it began, seconds."""
    ended: bool = False
    """Whether it is under way no more."""
    late_in: list[Share] = field(default_factory=list)
    """Shares that know that it takes longer than it was charged for."""

    @property
    def due(self) -> float:
        """When what it was charged is used up."""
        return self.begin + self.charged


@dataclass(eq=False)
class Share:
    """What one owner has had of a pool, seconds over its weight, and what it has under way there."""

    had: float = 0.0
    calls: int = 0
    """How many it has under way."""
    _due: list[tuple[float, int, Call]] = field(default_factory=list)
    """A heap of when what they were charged is used up."""
    _late: int = 0
    _late_due: float = 0.0
    """Sum of those times, of the calls of which it is."""

    def begin(self, call: Call, ticket: int) -> None:
        """One of its calls begins. `ticket`: no other call has it."""
        self.calls += 1
        heapq.heappush(self._due, (call.due, ticket, call))

    def end(self, call: Call) -> None:
        """One of its calls has ended."""
        self.calls -= 1
        if self in call.late_in:
            self._late -= 1
            self._late_due = self._late_due - call.due if self._late else 0.0
        call.ended = True  # its entry in the heap is passed over

    def so_far(self, now: float, weight: float) -> float:
        """What it has had, with what calls under way have taken beyond their charge."""
        while self._due and (self._due[0][2].ended or self._due[0][0] <= now):
            call = heapq.heappop(self._due)[2]
            if not call.ended:
                call.late_in.append(self)
                self._late += 1
                self._late_due += call.due
        return self.had + (self._late * now - self._late_due) / weight
