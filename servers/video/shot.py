"""The camera of one clip: what it sees of a sheet at some depth, at any time.

The moves of `servers.chassis.media.camera`, and two that only a picture with depth can show: "orbit" (the
camera swings around the middle distance, so that near and far slide against each other) and "handheld" (it
hangs in the hand and never quite rests).
What is near follows the camera wholly, what is far away stands still; in between it is in proportion.
"""

from __future__ import annotations

import dataclasses
import math
import random

from servers.chassis.media import camera
from servers.chassis.media.camera import View

KINDS = (*camera.KINDS, "orbit", "handheld")
"""Moves that a shot knows."""

_AROUND = 0.5
"""Nearness of what an orbit goes around."""
_HAND = (0.31, 0.53, 0.89)
"""How often a second a hand sways: three rhythms that never fall together."""


@dataclasses.dataclass(frozen=True)
class Shot:
    """One move of the camera."""

    kind: str
    """One of `KINDS`."""
    amount: float
    """How far the nearest moves, as a fraction of the frame, 0 to 1."""
    seconds: float
    """Length of the clip."""
    seed: int
    """Draws where a zoom aims, and how a hand sways."""
    loop: bool
    """The camera comes back to where it began."""

    @property
    def closest(self) -> float:
        """The largest scale at which anything is seen."""
        return 1.0 + self.amount

    @property
    def still(self) -> bool:
        """Whether nothing moves with the camera."""
        return self.kind == "still" or self.amount == 0

    def view(self, t: float, nearness: float) -> View:
        """What is seen of a sheet.

        Args:
            t: time, 0 to 1 of the clip.
            nearness: 0 (so far that it stands still) to 1 (at the lens): one less the depth.

        Returns:
            A view that lies inside of the sheet.
        """
        if self.kind == "orbit":
            return self._orbit(t, nearness)
        if self.kind == "handheld":
            return scaled(self._hand(t), nearness)
        start, end = camera.path(self.kind, self.amount, self.seed)
        return scaled((camera.loop_at if self.loop else camera.view_at)(start, end, t), nearness)

    def _orbit(self, t: float, nearness: float) -> View:
        turn = random.Random(f"orbit {self.seed}").choice((-1.0, 1.0))
        swing = math.sin(2.0 * math.pi * t) if self.loop else 1.0 - 2.0 * t * t * (3.0 - 2.0 * t)
        scale = 1.0 + self.amount * _AROUND
        room = 0.5 - 0.5 / scale
        aside = (nearness - _AROUND) / max(_AROUND, 1.0 - _AROUND)
        return View(0.5 + turn * swing * room * aside, 0.5, scale)

    def _hand(self, t: float) -> View:
        draw = random.Random(f"hand {self.seed}")
        room = 0.5 - 0.5 / self.closest
        sways = []
        for _ in ("across", "down"):
            sway = 0.0
            for share, rhythm in zip((0.5, 0.3, 0.2), _HAND, strict=True):
                turns = rhythm * self.seconds
                turns = max(1, round(turns)) if self.loop else turns
                sway += share * math.sin(2.0 * math.pi * (turns * t + draw.random()))
            sways.append(0.55 * room * sway)
        return View(0.5 + sways[0], 0.5 + sways[1], self.closest)


def scaled(view: View, nearness: float) -> View:
    """The part of a move that something follows: all of it at 1, none at 0; inside the sheet if `view` is."""
    aside, down = view.cx - 0.5, view.cy - 0.5
    return View(0.5 + aside * nearness, 0.5 + down * nearness, 1.0 + (view.scale - 1.0) * nearness)
