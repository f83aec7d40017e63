"""What a thing is to the painter: how it is drawn, called, how tall it is and where it is at home."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable

from servers.imagegen.painting.geometry import Figure
from servers.imagegen.painting.palette import LAMP, Palette


@dataclasses.dataclass(frozen=True)
class Look:
    """What a builder may go by."""

    draw: random.Random
    palette: Palette
    colour: str = ""
    """The colour that the words gave the thing; "" where they gave none."""

    def paint(self, *choices: str) -> str:
        """The thing's main colour: the one asked for, else one of the choices."""
        return self.colour or self.draw.choice(choices)

    @property
    def glass(self) -> str:
        """Windows: lit at night."""
        return LAMP if self.palette.dark else "#bcd7e2"


Builder = Callable[[Look], Figure]


@dataclasses.dataclass(frozen=True)
class Prop:
    """One kind of thing. Figures stand with their foot at (0, 0), y upwards, facing right."""

    build: Builder
    words: str
    """As in `vocabulary`: parted by blanks, an underscore standing for a blank."""
    tall: float
    """In life, centimetres."""
    home: str
    """A scene kind, or a place: where it is when the words name no place. "" where it tells nothing."""
    stands: str = "ground"
    """ground, wall, ceiling, water or air."""
