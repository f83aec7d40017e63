"""Which models lie in a device's memory, and which go to make room."""

from __future__ import annotations

import dataclasses
import sys

from servers.chassis.models.spec import ModelSpec


@dataclasses.dataclass
class Held:
    """A model that is loaded."""

    spec: ModelSpec
    footprint_bytes: int
    """Measured when it was loaded."""
    working_bytes: int = 0
    """Most that a run has needed beside it, so far."""
    last_use: int = 0
    in_use: bool = False


class Cache:
    """The models of one device, by their keys."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}
        self._clock = 0

    def __contains__(self, key: str) -> bool:
        return key in self._held

    def all(self) -> list[Held]:
        """What is held, the most recently used first."""
        return sorted(self._held.values(), key=lambda held: -held.last_use)

    @property
    def footprint_bytes(self) -> int:
        """What all of them take."""
        return sum(held.footprint_bytes for held in self._held.values())

    @property
    def evictable_bytes(self) -> int:
        """What those take that could go."""
        return sum(held.footprint_bytes for held in self._evictable())

    @property
    def pinned(self) -> bool:
        """Whether one of them is to stay."""
        return any(held.spec.pinned for held in self._held.values())

    def add(self, spec: ModelSpec, footprint_bytes: int) -> None:
        """A model has been loaded."""
        self._held[spec.key] = Held(spec, footprint_bytes)
        self.use(spec.key)

    def use(self, key: str) -> Held:
        """The model, which counts as used now."""
        self._clock += 1
        held = self._held[key]
        held.last_use = self._clock
        return held

    def remove(self, key: str) -> None:
        """A model has been let go."""
        del self._held[key]

    def clear(self) -> None:
        """All are gone, with the process that held them."""
        self._held.clear()

    def victims(self, need_bytes: int, free_bytes: int, most: int = sys.maxsize) -> list[Held]:
        """The least recently used models that must go until `need_bytes` are free and at most `most` stay.

        All that may, if those are too few.
        Never one that is in use or pinned.
        """
        going: list[Held] = []
        for held in self._evictable():
            if free_bytes >= need_bytes and len(self._held) - len(going) <= most:
                break
            going.append(held)
            free_bytes += held.footprint_bytes
        return going

    def _evictable(self) -> list[Held]:
        return [held for held in reversed(self.all()) if not held.in_use and not held.spec.pinned]
