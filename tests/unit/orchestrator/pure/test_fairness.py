"""Laws of the scheduler: limits hold, nobody who could go waits, shares are fair."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from orchestrator.pure.fairness import Ask, Limit, Scheduler, limits_of
from orchestrator.pure.shares import Call, Share

POOLS = ("service/tts", "service/video")
OWNERS = ("ann", "bob", "cat")


def ask(owner: str, pool: str = POOLS[0], priority: int = 5, age: str = "") -> Ask:
    return Ask(owner, (pool, "overall", f"owner/{owner}"), priority, age)


class Scheduling(RuleBasedStateMachine):
    """Anything may happen in any order; the laws hold at every moment."""

    def __init__(self) -> None:
        super().__init__()
        self.limits = {"overall": Limit(5), "service/tts": Limit(3), "owner/*": Limit(4)}
        self.scheduler = Scheduler(
            lambda name: limits_of(self.limits)(name), lambda owner: 1.0 + OWNERS.index(owner)
        )
        self.now = 0.0
        self.waiting: list[Ask] = []
        self.running: list[Ask] = []
        self.begun: dict[str, list[float]] = {}
        self.settled = True

    @rule(
        owner=st.sampled_from(OWNERS),
        pool=st.sampled_from(POOLS),
        priority=st.integers(0, 9),
        age=st.text("ab", max_size=1),
    )
    def asks(self, owner: str, pool: str, priority: int, age: str) -> None:
        new = ask(owner, pool, priority, age)
        if self.scheduler.go(new, self.now):
            assert not self.waiting
            self._begins(new, Counter(name for one in self.running for name in one.names))
            return
        self.scheduler.add(new)
        self.waiting.append(new)
        self.settled = False

    def _begins(self, one: Ask, running: Counter[str]) -> None:
        self.running.append(one)
        for name in one.names:
            self.begun.setdefault(name, []).append(self.now)
            limit = limits_of(self.limits)(name)
            running[name] += 1
            assert not limit.paused
            assert limit.at_once is None or running[name] <= limit.at_once

    @precondition(lambda self: self.waiting or self.running)
    @rule(data=st.data())
    def leaves(self, data: st.DataObject) -> None:
        gone = data.draw(st.sampled_from(self.waiting + self.running))
        assert self.scheduler.remove(gone, self.now) == (gone in self.running)
        (self.running if gone in self.running else self.waiting).remove(gone)
        self.settled = False

    @rule(seconds=st.floats(0, 3))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.settled = False

    @rule(name=st.sampled_from([*POOLS, "overall", "owner/ann"]), seconds=st.floats(0, 2))
    def closes(self, name: str, seconds: float) -> None:
        self.scheduler.close_until(name, self.now + seconds)
        self.settled = False

    @rule(
        name=st.sampled_from([*POOLS, "overall", "owner/bob"]),
        limit=st.builds(
            Limit,
            st.none() | st.integers(0, 4),
            st.none() | st.floats(0.5, 4),
            st.integers(1, 3),
            st.booleans(),
        ),
    )
    def changes(self, name: str, limit: Limit) -> None:
        self.limits[name] = limit
        self.scheduler.change(self.now)
        self.begun.pop(name, None)
        self.settled = False

    @rule(age=st.sampled_from(["a", "b"]), priority=st.integers(0, 9))
    def reprioritizes(self, age: str, priority: int) -> None:
        self.scheduler.reprioritize(age, priority)
        self.settled = False

    @rule()
    def admits(self) -> None:
        before = Counter(name for one in self.running for name in one.names)
        for admitted in self.scheduler.admit(self.now):
            assert admitted in self.waiting
            # Nobody of a higher priority was passed over who could have gone instead.
            better = [one for one in self.waiting if one.priority > admitted.priority]
            for one in better:
                assert one not in self.running
                assert not set(one.names) <= set(admitted.names) or one.priority <= admitted.priority
            self.waiting.remove(admitted)
            self._begins(admitted, before)
        self.settled = True

    @invariant()
    def rates_hold(self) -> None:
        for name, times in self.begun.items():
            limit = limits_of(self.limits)(name)
            if limit.per_second is None:
                continue
            for position, begin in enumerate(times):
                allowed = limit.burst + (times[-1] - begin) * limit.per_second + 1e-6
                assert len(times) - position <= allowed

    @invariant()
    def nobody_who_could_go_waits(self) -> None:
        if self.settled:
            assert not any(self.scheduler.could_go(one, self.now) for one in self.waiting)
            due = self.scheduler.due(self.now)
            assert due is None or due > self.now

    @invariant()
    def counts_what_there_is(self) -> None:
        running = Counter(name for one in self.running for name in one.names)
        waiting = Counter(name for one in self.waiting for name in one.names)
        for name, usage in self.scheduler.usage().items():
            assert (usage.running, usage.waiting) == (running[name], waiting[name])


TestScheduling = Scheduling.TestCase


@given(slots=st.integers(1, 8), crowd=st.integers(10, 200), priority=st.integers(0, 9))
def test_a_crowd_holds_back_another_owner_until_the_next_call_ends(
    slots: int, crowd: int, priority: int
) -> None:
    scheduler = Scheduler(limits_of({POOLS[0]: Limit(slots)}))
    for _ in range(crowd):
        scheduler.add(ask("ann", priority=priority))
    running = scheduler.admit(0.0)
    assert len(running) == min(slots, crowd)
    single = ask("bob", priority=priority)
    scheduler.add(single)
    assert scheduler.admit(0.0) == ([] if crowd >= slots else [single])
    if crowd >= slots:
        scheduler.remove(running[0], 1.0)
        assert scheduler.admit(1.0) == [single]


@given(weights=st.lists(st.integers(1, 5), min_size=2, max_size=4), slots=st.integers(1, 6))
def test_owners_who_always_want_more_are_served_by_their_weights(weights: list[int], slots: int) -> None:
    scheduler = Scheduler(limits_of({POOLS[0]: Limit(slots)}), lambda owner: float(weights[int(owner)]))
    rounds = 40 * sum(weights)
    for owner in range(len(weights)):
        for _ in range(rounds):
            scheduler.add(ask(str(owner)))
    served: Counter[str] = Counter()
    running = scheduler.admit(0.0)
    for call in range(rounds):
        now = 1.0 + call // slots + call % slots / slots  # each takes a second, one after the other
        served[running[0].owner] += 1
        scheduler.remove(running.pop(0), now)
        running += scheduler.admit(now)
    for owner, weight in enumerate(weights):
        fair = rounds * weight / sum(weights)
        assert abs(served[str(owner)] - fair) <= slots + len(weights)


def test_running_work_counts() -> None:
    """Who has long calls under way gets the free slots last, however rarely it was served."""
    scheduler = Scheduler(limits_of({POOLS[0]: Limit(3)}))
    for _ in range(2):
        scheduler.add(ask("ann"))
    scheduler.admit(0.0)  # both go on for long
    scheduler.add(ask("ann"))
    for _ in range(3):
        scheduler.add(ask("bob"))
    order = []
    while admitted := scheduler.admit(100.0):
        order += [one.owner for one in admitted]
        scheduler.remove(admitted[0], 100.0)
    assert order == ["bob", "bob", "bob", "ann"]


def test_a_full_pool_holds_back_nobody_else() -> None:
    scheduler = Scheduler(limits_of({POOLS[0]: Limit(0), POOLS[1]: Limit(1)}))
    scheduler.add(ask("ann", POOLS[0], priority=9))
    other = ask("ann", POOLS[1], priority=0)
    scheduler.add(other)
    assert scheduler.admit(0.0) == [other]


def test_a_rate_lets_one_go_when_its_time_has_come() -> None:
    scheduler = Scheduler(limits_of({POOLS[0]: Limit(per_second=2.0, burst=1)}))
    for _ in range(3):
        scheduler.add(ask("ann"))
    assert len(scheduler.admit(10.0)) == 1
    assert scheduler.due(10.0) == 10.5
    assert scheduler.admit(10.4) == []
    assert len(scheduler.admit(10.5)) == 1
    assert len(scheduler.admit(100.0)) == 1


@given(
    calls=st.lists(st.tuples(st.floats(0, 10), st.floats(0, 5), st.floats(0, 20)), max_size=20),
    times=st.lists(st.floats(0, 40), max_size=10),
)
def test_what_calls_take_beyond_their_charge_counts_while_they_run(
    calls: list[tuple[float, float, float]], times: list[float]
) -> None:
    """As each call's own sum says, whatever has ended. Calls: begin, charge, length."""
    share = Share()
    moments = sorted({*times, *(begin for begin, _, _ in calls), *(begin + took for begin, _, took in calls)})
    known = [Call(begin, charged) for begin, charged, _ in calls]
    for now in moments:
        for number, (call, (begin, _, took)) in enumerate(zip(known, calls, strict=True)):
            if begin == now:
                share.begin(call, number)
            if begin + took == now:
                share.end(call)
        under_way = [
            call for call, (begin, _, took) in zip(known, calls, strict=True) if begin <= now < begin + took
        ]
        expected = sum(max(0.0, now - call.begin - call.charged) for call in under_way) / 2
        assert share.calls == len(under_way)
        assert share.so_far(now, 2) == pytest.approx(expected, abs=1e-9)
