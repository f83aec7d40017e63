"""Streams of chance: one for each concern, so that a tree more does not move every cloud."""

from __future__ import annotations

import dataclasses
import random


@dataclasses.dataclass(frozen=True)
class Streams:
    """The seeds of a picture. What belongs to a place is drawn from the place's own seed, and so stands
    alike in all pictures of it; likewise for the looks of people."""

    seed: int
    place_seed: int
    character_seed: int

    def scene(self, concern: str) -> random.Random:
        """For what happens in this picture alone."""
        return random.Random(f"{self.seed} {concern}")

    def place(self, concern: str) -> random.Random:
        """For what stands there in every picture of the place."""
        return random.Random(f"{self.place_seed} {concern}")

    def looks(self, concern: str) -> random.Random:
        """For the clothes and colours of people."""
        return random.Random(f"{self.character_seed} {concern}")


def fork(draw: random.Random) -> random.Random:
    """A stream of its own for one thing: however much that draws, what comes after stays as it is."""
    return random.Random(draw.getrandbits(64))
