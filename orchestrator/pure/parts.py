"""Parts of a limit: how replicas that share one divide it, so that together they never exceed it.

Each replica holds a number of slots, and makes no more calls at once than that. It takes what is free, keeps
what nobody else wants, and gives up what others lack beyond its fair part, as its calls end. Where there are
fewer slots than replicas they go round: who gives one up wants the next one later than those who waited.

Knows no clock but the time it is told, and no database. One replica at a time settles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """What one replica has of a limit."""

    holder: int
    slots: int = 0
    """How many calls it may have under way."""
    short: int = 0
    """How many more it wants."""
    since: int = 0
    """When it came to want them."""


@dataclass(frozen=True)
class Settled:
    """What a replica has after it has settled."""

    part: Part
    target: int
    """How many calls it is to have under way: it begins none beyond that, so that it can give slots up."""
    contested: bool
    """Whether others want what it has: it settles again when a call ends."""
    tells: bool
    """Whether others are to be told: there is more to take, or somebody wants more."""


def settle(at_once: int, mine: Part, others: Sequence[Part], running: int, waiting: int, now: int) -> Settled:
    """What a replica is to have that has calls under way, and waiting ones.

    `mine`: what it had. `running` may be more than that where it lost its part, or the limit was lowered.
    """
    wanted = running + waiting
    lacking = sum(other.short for other in others)
    there = 1 + sum(bool(other.slots or other.short) for other in others)
    taken = sum(other.slots for other in others)
    target = max(mine.slots, min(wanted, mine.slots + _open(at_once, mine, others)))
    if there == 1:
        target = at_once
    if lacking and mine.slots:
        # Others lack some: what is idle goes at once, and of what is not, what is beyond the fair part.
        floor = min(wanted, at_once // there)
        target = max(floor, min(target, mine.slots - lacking)) if target > floor else target
    target = max(0, min(target, at_once - taken))
    slots = max(target, min(running, mine.slots))
    short = max(0, wanted - target)
    queued = mine.short and short and target <= mine.slots
    part = Part(mine.holder, slots, short, mine.since if queued else now)
    tells = slots < mine.slots or bool(short and not mine.short)
    return Settled(part, target, bool(lacking and slots), tells)


def _open(at_once: int, mine: Part, others: Sequence[Part]) -> int:
    """How many free slots it may take: those before it who want some are left one each at least."""
    free = at_once - mine.slots - sum(other.slots for other in others)
    before = [
        other for other in others if other.short and (other.since, other.holder) < (mine.since, mine.holder)
    ]
    fair = max(1, at_once // (1 + len(others)))
    return max(0, free - sum(min(other.short, max(0, fair - other.slots)) for other in before))
