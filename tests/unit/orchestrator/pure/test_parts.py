"""Laws of dividing a limit: it is never exceeded, and nobody waits for ever."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.pure.fairness import Ask, Limit, Scheduler
from orchestrator.pure.parts import Part, Settled, settle


class Replicas:
    """Some replicas that divide one limit, each with calls under way and waiting."""

    def __init__(self, at_once: int, waiting: list[int]) -> None:
        self.at_once = at_once
        self.have = [Settled(Part(holder)) for holder in range(len(waiting))]
        self.running = [0] * len(waiting)
        self.waiting = list(waiting)
        self.now = 0

    def settle(self, who: int) -> None:
        self.now += 1
        others = [one.part for other, one in enumerate(self.have) if other != who]
        self.have[who] = settle(
            self.at_once, self.have[who], others, self.running[who], self.waiting[who], self.now
        )

    def begin(self, who: int) -> None:
        if self.waiting[who] and self.running[who] < self.have[who].target:
            self.waiting[who] -= 1
            self.running[who] += 1

    def end(self, who: int) -> None:
        self.running[who] -= bool(self.running[who])

    def holds(self) -> None:
        assert sum(one.part.slots for one in self.have) <= self.at_once
        assert sum(self.running) <= self.at_once
        for one, running in zip(self.have, self.running, strict=True):
            assert running <= one.part.slots
            assert one.target <= one.part.slots


@given(st.integers(1, 6), st.lists(st.integers(0, 20), min_size=1, max_size=4), st.integers(0, 2**32))
def test_a_divided_limit_holds_and_everybody_is_served(at_once: int, waiting: list[int], seed: int) -> None:
    replicas, chance = Replicas(at_once, waiting), random.Random(seed)
    steps = 0
    while any(replicas.waiting) or any(replicas.running):
        who = chance.randrange(len(waiting))
        chance.choice([replicas.settle, replicas.begin, replicas.end])(who)
        replicas.holds()
        steps += 1
        assert steps < 10_000


@given(st.integers(1, 3), st.integers(2, 4))
def test_who_lacks_slots_gets_one_before_others_get_theirs_again(at_once: int, count: int) -> None:
    replicas = Replicas(at_once, [1000] * count)
    begun = [0] * count
    for _ in range(40):
        for who in range(count):
            replicas.settle(who)
            before = replicas.running[who]
            replicas.begin(who)
            begun[who] += replicas.running[who] - before
            replicas.settle(who)  # as at every change
        for who in range(count):
            replicas.end(who)
            replicas.settle(who)
    assert max(begun) <= 3 * min(begun) + 3


def test_what_nobody_else_wants_is_kept() -> None:
    alone = settle(8, Settled(Part(1)), [], 0, 1, 1)
    assert alone.target == alone.part.slots == 8
    idle = settle(8, Settled(Part(2)), [alone.part], 0, 0, 2)
    assert (idle.part.slots, idle.part.short) == (0, 0)
    assert not settle(8, alone, [idle.part], 8, 100, 3).contested


def test_a_lowered_limit_holds_for_calls_after_those_under_way() -> None:
    had = Settled(Part(1, slots=8), 8)
    lowered = settle(2, had, [], 5, 10, 1)
    assert lowered.target == 2
    assert lowered.part.slots == 5


@given(st.integers(1, 3), st.integers(1, 3), st.integers(2, 3), st.integers(0, 2**32))
def test_who_needs_two_limits_never_waits_for_ever(first: int, second: int, count: int, seed: int) -> None:
    """Each call counts against two limits; replicas settle one of them at a time, in any order."""
    limits, chance, now = {"service/tts": first, "overall": second}, random.Random(seed), 0.0
    have = [{name: Settled(Part(who)) for name in limits} for who in range(count)]
    schedulers = [
        Scheduler(lambda name, mine=mine: Limit(mine[name].target))  # type: ignore[misc]
        for mine in have
    ]
    for scheduler in schedulers:
        for _ in range(5):
            scheduler.add(Ask("ann", tuple(limits)))
    running: list[list[Ask]] = [[] for _ in range(count)]
    ended = 0
    for turn in range(20_000):
        who = chance.randrange(count)
        scheduler, name = schedulers[who], chance.choice(list(limits))
        if chance.random() < 0.7:
            others = [mine[name].part for other, mine in enumerate(have) if other != who]
            waiting = scheduler.wants(now)[name].waiting if scheduler.wants(now).get(name) else 0
            have[who][name] = settle(limits[name], have[who][name], others, len(running[who]), waiting, turn)
            scheduler.change(now)
            running[who] += scheduler.admit(now)
        elif running[who]:
            scheduler.remove(running[who].pop(), now)
            ended += 1
        assert sum(map(len, running)) <= min(first, second)
        if ended == 5 * count:
            return
    raise AssertionError(f"{ended} of {5 * count} calls were made")
