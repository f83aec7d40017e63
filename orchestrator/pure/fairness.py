"""Who goes next: limits that are never exceeded, priorities, and fair shares among owners.

It knows no clock but the time it is told, and waits for nothing. Whoever wants to make a call asks; `admit`
says who may go. An ask counts against several limits, by their names; the first is its pool (a service).

- Nobody who could go waits: `admit` goes on until every ask left is held back by a limit of its own. Those
  behind it who are not held back go past it.
- 9 goes before 0, whoever the owner is.
- Within a priority the owner goes first who has had the least of the pool's time for its weight (start-time
  fair queueing). A call is charged what such calls take when it begins, and what it took when it ends; one
  that takes longer is charged as it goes on, so running work counts. Who comes anew begins where the others
  are. A thousand asks of one owner so hold back another's first one until the next call ends, and no longer.
  Where pools compete for a limit that they share, the same is said of the time in all of them.
- Within an owner the oldest job goes first, then the first to ask.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from orchestrator.pure.shares import Call, Share

FOREVER = float("inf")
LEAST_SECONDS = 1e-3
"""What a call is charged at least, or calls that take no time would not take turns."""
SMOOTHING = 0.1
"""Weight of the latest call in what calls of a pool take."""


@dataclass(frozen=True)
class Limit:
    """How much may go on under one name. Whatever is None is not limited."""

    at_once: int | None = None
    """Calls under way together."""
    per_second: float | None = None
    """Calls begun, on average."""
    burst: int = 1
    """Calls that may begin together after a quiet time, where `per_second` is given."""
    paused: bool = False
    """True: none begins."""
    drawn: bool = False
    """Whether calls a second are granted one by one (`Scheduler.grant`): replicas share the limit."""


NONE = Limit()


@dataclass(eq=False)
class Ask:
    """Someone who wants to make a call."""

    owner: str
    names: tuple[str, ...]
    """Limits that it counts against, in the same order in all asks; the first is its pool."""
    priority: int = 5
    """0 to 9; 9 first."""
    age: str = ""
    """The job's id: ids sort by the time they were made."""
    ticket: int = 0
    """Set by the scheduler: the order of asking."""


@dataclass
class _Bucket:
    """What one name has under way and what it may still begin."""

    limit: Limit = NONE
    running: int = 0
    tokens: float = 0.0
    filled_at: float = 0.0
    closed_until: float = 0.0

    def fill(self, now: float) -> None:
        rate = self.limit.per_second
        if rate is not None and not self.limit.drawn and now > self.filled_at:
            self.tokens = min(float(self.limit.burst), self.tokens + (now - self.filled_at) * rate)
            self.filled_at = now

    @property
    def is_full(self) -> bool:
        """Whether as many calls are under way as may be at once."""
        return self.limit.at_once is not None and self.running >= self.limit.at_once

    def opens_at(self, now: float) -> float:
        """When another call may begin: now, later, or FOREVER where waiting alone does not help."""
        if self.limit.paused or self.is_full:
            return FOREVER
        at = max(now, self.closed_until)
        if self.limit.per_second is not None:
            self.fill(now)
            # A call costs one whole token; what is missing for rounding alone is not waited for.
            missing = 1.0 - self.tokens
            if missing > 1e-9:
                at = FOREVER if self.limit.drawn else max(at, now + missing / self.limit.per_second)
        return at


@dataclass
class _Flow:
    """Asks that count against the same limits: if the first may not go, none may."""

    names: tuple[str, ...]
    owner: str
    heap: list[tuple[int, str, int, Ask]] = field(default_factory=list)


@dataclass
class Want:
    """What waits under one name, and could go if there were more to have of limits."""

    waiting: int = 0
    blocked: bool = False
    """Whether it is this name's limit that holds some back."""
    tokens: int = 0
    """Calls that are held back by nothing but rates."""


@dataclass(frozen=True)
class Usage:
    """How much is going on under one name."""

    limit: Limit
    running: int
    waiting: int
    closed_until: float
    """No call begins before this time."""


class Scheduler:
    """Decides who goes next."""

    def __init__(
        self,
        limit: Callable[[str], Limit] = lambda name: NONE,
        weight: Callable[[str], float] = lambda owner: 1.0,
    ) -> None:
        """`limit` by name, `weight` (more than 0) by owner. Call `change` when their answers do."""
        self._limit, self._weight = limit, weight
        self._buckets: dict[str, _Bucket] = {}
        self._flows: dict[tuple[tuple[str, ...], str], _Flow] = {}  # that have somebody waiting
        self._waiting: set[Ask] = set()
        self._running: dict[Ask, Call] = {}
        self._shares: dict[tuple[str, str], Share] = {}  # by (pool, or "" for all of them, and owner)
        self._turn: defaultdict[str, float] = defaultdict(float)  # by pool: what the latest owner had had
        self._usual: defaultdict[str, float] = defaultdict(lambda: 1.0)  # by pool: seconds that calls take
        self._tickets = itertools.count(1)

    # -- asking --------------------------------------------------------------------------------------------

    def go(self, ask: Ask, now: float) -> bool:
        """Lets somebody go at once, if nobody waits and no limit holds it back."""
        if self._waiting or self._opens_at(ask.names, now) > now:
            return False
        self._arrive(ask)
        self._begin(ask, now)
        return True

    def add(self, ask: Ask) -> None:
        """Somebody waits."""
        self._arrive(ask)
        self._push(ask)

    def _arrive(self, ask: Ask) -> None:
        ask.ticket = next(self._tickets)
        for pool in (ask.names[0], ""):
            share = self._shares.get((pool, ask.owner))
            if share is None:
                share = self._shares[pool, ask.owner] = Share()
            if not share.calls:  # who was away can not catch up
                share.had = max(share.had, self._turn[pool])

    def remove(self, ask: Ask, now: float) -> bool:
        """Somebody waits no more, or has ended. True: the call was under way."""
        call = self._running.pop(ask, None)
        if call is not None:
            for name in ask.names:
                self._buckets[name].running -= 1
            self._end(ask, call, now)
            return True
        self._waiting.discard(ask)  # its entry in the heap is passed over
        return False

    def admit(self, now: float) -> list[Ask]:
        """Everybody who may go now, in order."""
        admitted = []
        while self._waiting and (ask := self._next(now)) is not None:
            self._begin(ask, now)
            admitted.append(ask)
        return admitted

    def due(self, now: float) -> float | None:
        """When time alone lets somebody go that may not go now; None: it never does."""
        times = [self._opens_at(flow.names, now) for flow in self._live_flows()]
        at = min(times, default=FOREVER)
        return None if at == FOREVER else at

    # -- what changes it -----------------------------------------------------------------------------------

    def close_until(self, name: str, time: float) -> None:
        """Lets no call begin under a name before a time: a server said that it is full."""
        bucket = self._bucket(name, 0.0)
        bucket.closed_until = max(bucket.closed_until, time)

    def change(self, now: float) -> None:
        """Asks for every limit anew. Calls under way go on; a lower limit holds for those after them."""
        for name, bucket in self._buckets.items():
            bucket.fill(now)
            new = self._limit(name)
            if bucket.limit.per_second is None and new.per_second is not None:
                bucket.tokens, bucket.filled_at = 0.0 if new.drawn else float(new.burst), now
            bucket.limit = new
            bucket.tokens = min(bucket.tokens, float(new.burst))

    def grant(self, name: str, tokens: int) -> None:
        """Lets so many calls begin under a name whose rate is drawn. What is not used by the next `admit` is
        lost: kept, it could be used together with what others are granted later."""
        bucket = self._buckets.get(name)
        if bucket is not None:
            bucket.tokens = float(tokens)

    def wants(self, now: float) -> dict[str, Want]:
        """What waits, by name. What is paused, or closed for a while, wants nothing.

        Limits are wanted in the order of their names in the ask, each when those before it are there: of two
        who divide several, one never has what the other waits for while it waits for what that one has.
        """
        wants: defaultdict[str, Want] = defaultdict(Want)
        for flow in self._live_flows():
            buckets = {name: self._bucket(name, now) for name in flow.names}
            if any(bucket.limit.paused or bucket.closed_until > now for bucket in buckets.values()):
                continue
            waiting = sum(entry[3] in self._waiting for entry in flow.heap)
            for name, bucket in buckets.items():
                wants[name].waiting += waiting
                if bucket.is_full:
                    wants[name].blocked = True
                    break
            else:
                for name, bucket in buckets.items():
                    wants[name].tokens += waiting if bucket.opens_at(now) > now else 0
        return wants

    def reprioritize(self, age: str, priority: int) -> None:
        """Gives the asks of one job that wait a new priority."""
        for ask in [ask for ask in self._waiting if ask.age == age]:
            self._waiting.discard(ask)
            ask.priority = priority
            self._flows[ask.names, ask.owner].heap = [
                entry for entry in self._flows[ask.names, ask.owner].heap if entry[3] is not ask
            ]
            heapq.heapify(self._flows[ask.names, ask.owner].heap)
            self._push(ask)

    # -- how it stands -------------------------------------------------------------------------------------

    def usage(self) -> dict[str, Usage]:
        """What goes on under every name that was asked for."""
        waiting = Counter(name for ask in self._waiting for name in ask.names)
        return {
            name: Usage(bucket.limit, bucket.running, waiting[name], bucket.closed_until)
            for name, bucket in self._buckets.items()
        }

    def could_go(self, ask: Ask, now: float) -> bool:
        """Whether no limit holds an ask back."""
        return self._opens_at(ask.names, now) <= now

    # ------------------------------------------------------------------------------------------------------

    def _push(self, ask: Ask) -> None:
        flow = self._flows.setdefault((ask.names, ask.owner), _Flow(ask.names, ask.owner))
        heapq.heappush(flow.heap, (-ask.priority, ask.age, ask.ticket, ask))
        self._waiting.add(ask)

    def _live_flows(self) -> Iterable[_Flow]:
        """Flows in which somebody waits. Those that are empty go."""
        for key, flow in list(self._flows.items()):
            while flow.heap and flow.heap[0][3] not in self._waiting:
                heapq.heappop(flow.heap)
            if flow.heap:
                yield flow
            else:
                del self._flows[key]

    def _next(self, now: float) -> Ask | None:
        open_flows = [flow for flow in self._live_flows() if self._opens_at(flow.names, now) <= now]
        best: dict[str, Ask] = {}
        for flow in open_flows:
            ask, pool = flow.heap[0][3], flow.names[0]
            if pool not in best or self._order(ask, pool, now) < self._order(best[pool], pool, now):
                best[pool] = ask
        if len(best) < 2:
            return next(iter(best.values()), None)
        return min(best.values(), key=lambda ask: self._order(ask, "", now))

    def _order(self, ask: Ask, pool: str, now: float) -> tuple[float, float, str, int]:
        share = self._shares[pool, ask.owner]
        return (-ask.priority, share.so_far(now, self._weight(ask.owner)), ask.age, ask.ticket)

    def _begin(self, ask: Ask, now: float) -> None:
        self._waiting.discard(ask)
        for name in ask.names:
            bucket = self._bucket(name, now)
            bucket.running += 1
            if bucket.limit.per_second is not None:
                bucket.tokens -= 1.0
        weight = self._weight(ask.owner)
        call = self._running[ask] = Call(now, max(self._usual[ask.names[0]], LEAST_SECONDS))
        for pool in (ask.names[0], ""):
            share = self._shares[pool, ask.owner]
            self._turn[pool] = max(self._turn[pool], share.so_far(now, weight))
            share.had += call.charged / weight
            share.begin(call, ask.ticket)

    def _end(self, ask: Ask, call: Call, now: float) -> None:
        pool, took = ask.names[0], now - call.begin
        self._usual[pool] += SMOOTHING * (took - self._usual[pool])
        for place in (pool, ""):
            share = self._shares[place, ask.owner]
            share.end(call)
            share.had += (max(took, LEAST_SECONDS) - call.charged) / self._weight(ask.owner)

    def _opens_at(self, names: Iterable[str], now: float) -> float:
        latest = now
        for name in names:
            at = self._bucket(name, now).opens_at(now)
            latest = max(latest, at)
        return latest

    def _bucket(self, name: str, now: float) -> _Bucket:
        bucket = self._buckets.get(name)
        if bucket is None:
            limit = self._limit(name)
            tokens = 0.0 if limit.drawn else float(limit.burst)
            bucket = self._buckets[name] = _Bucket(limit, tokens=tokens, filled_at=now)
        return bucket


def limits_of(given: Mapping[str, Limit]) -> Callable[[str], Limit]:
    """Limits by name. "owner/*" is for every owner that has none of its own, and so with every kind."""

    def limit(name: str) -> Limit:
        found = given.get(name)
        if found is None:
            found = given.get(name.rpartition("/")[0] + "/*", NONE)
        return found

    return limit
