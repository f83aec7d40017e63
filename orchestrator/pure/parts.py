"""Parts of a limit: how replicas that share one divide it, so that together they never exceed it.

Each replica holds a number of slots, and makes no more calls at once than that. It takes what is free, keeps
what nobody else wants, and gives up what others lack beyond its fair part, as its calls end. Where there are
fewer slots than replicas they go round: who gives one up wants the next one later than those who waited.

Knows no clock but the time it is told, and no database. One replica at a time settles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


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
    target: int = 0
    """How many calls it is to have under way: it begins none beyond that, so that it can give slots up."""
    lacked: bool = False
    """Whether others want more: what it needs no more it gives up."""
    contested: bool = False
    """Whether it has more than its fair part while others want more: it settles again at every call."""
    tells: bool = False
    """Whether others are to be told: there is more to take, or somebody wants more."""


def settle(
    at_once: int, had: Settled, others: Sequence[Part], running: int, waiting: int, now: int
) -> Settled:
    """What a replica is to have that has calls under way, and waiting ones.

    `had`: what it had. `running` may be more than that where it lost its part, or the limit was lowered.
    """
    mine = had.part if had.part.short else replace(had.part, since=now)
    wanted = running + waiting
    lacking = sum(other.short for other in others)
    there = 1 + sum(bool(other.slots or other.short) for other in others)
    fair = at_once // there
    if there == 1:
        target = at_once
    else:
        kept = min(had.target, mine.slots)
        target = max(kept, min(wanted, kept + _open(at_once, mine, others)))
        # Others lack some: what is idle goes, and of what calls use, when they end, what is beyond fair.
        # What it has just got it may use once.
        spare = max(0, target - wanted) + min(running, max(0, min(target, wanted) - fair))
        target -= min(spare, max(0, lacking - (mine.slots - kept)))
    target = max(0, min(target, at_once - sum(other.slots for other in others)))
    slots = max(target, min(running, mine.slots))
    short = max(0, wanted - target)
    since = mine.since if short and target <= had.target else now
    return Settled(
        Part(mine.holder, slots, short, since),
        target,
        lacked=bool(lacking),
        contested=bool(lacking) and slots > fair,
        tells=slots < mine.slots or bool(short and not had.part.short),
    )


def _open(at_once: int, mine: Part, others: Sequence[Part]) -> int:
    """How many free slots it may take: those before it who want some are left one each at least."""
    free = at_once - mine.slots - sum(other.slots for other in others)
    me = (mine.since, mine.holder)
    before = [other for other in others if other.short and (other.since, other.holder) < me]
    fair = max(1, at_once // (1 + len(others)))
    return max(0, free - sum(min(other.short, max(0, fair - other.slots)) for other in before))
