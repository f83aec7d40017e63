"""What calls usually take: the weights of progress, and where an ETA comes from."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.store.appending import SMOOTHING

FIRST_GUESS_SECONDS: Mapping[str, float] = {
    "plan": 1.0,
    "synthesize": 2.0,
    "generate_image": 4.0,
    "generate_video": 30.0,
    "transcribe": 20.0,
    "align": 3.0,
    "compose": 40.0,
    "convert": 20.0,
    "upscale": 4.0,
    "given_plan": 0.0,
}
"""By `Method.name`, until something has been measured."""


class Usual:
    """What calls have taken of late, by method and engine."""

    def __init__(self, known: Mapping[tuple[str, str], float] | None = None) -> None:
        """`known`: (method, engine) -> seconds, as stored."""
        self._known = dict(known or {})

    def learn(self, method: str, engine: str, seconds: float) -> None:
        """Takes in what a call took."""
        before = self._known.get((method, engine), seconds)
        self._known[method, engine] = before * (1 - SMOOTHING) + seconds * SMOOTHING

    def seconds(self, method: str, engine: str = "") -> float:
        """What a call usually takes; over all engines where none is named or nothing is known of it."""
        if (method, engine) in self._known:
            return self._known[method, engine]
        known = [seconds for (of_method, _), seconds in self._known.items() if of_method == method]
        return sum(known) / len(known) if known else FIRST_GUESS_SECONDS.get(method, 1.0)
