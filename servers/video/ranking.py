"""Who is asked first: the providers that can serve a request, in the order of a strategy. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reelmesh.video.v1 import video_pb2


@dataclass(frozen=True)
class Candidate:
    """One provider that can serve a request."""

    provider: str
    position: int
    """Its place in the settings."""
    priority: int
    quality: float
    cost: int
    """Expected, nano units."""
    load: float
    """Tasks under way by tasks that may be."""
    seconds: float | None
    """What a clip usually takes there; None: nothing is known."""
    last_intent: float
    """When it was asked last."""
    open: bool = True
    """False: its circuit breaker is open; it is asked after all others."""


_Key = Callable[[Candidate], tuple[float, ...]]

_KEYS: dict[int, _Key] = {
    video_pb2.ROUTING_STRATEGY_PRIORITY: lambda one: (),
    video_pb2.ROUTING_STRATEGY_ROUND_ROBIN: lambda one: (one.last_intent,),
    video_pb2.ROUTING_STRATEGY_LEAST_LOADED: lambda one: (one.load,),
    video_pb2.ROUTING_STRATEGY_CHEAPEST: lambda one: (one.cost,),
    # One that was never asked is tried before any that is known to be slow: else it would never be known.
    video_pb2.ROUTING_STRATEGY_FASTEST: lambda one: (one.seconds or 0.0,),
    video_pb2.ROUTING_STRATEGY_BEST: lambda one: (-one.quality,),
}


def rank(candidates: Sequence[Candidate], strategy: int) -> list[Candidate]:
    """Best first. Ties go to the higher priority, then to the place in the settings.

    Whatever the strategy, those whose circuit is open come last.
    """
    key = _KEYS.get(strategy, _KEYS[video_pb2.ROUTING_STRATEGY_PRIORITY])
    return sorted(candidates, key=lambda one: (not one.open, *key(one), -one.priority, one.position))
