"""What moves in a sheet by itself: clouds drift, water ripples, trees sway, figures breathe, lights glow.

Every movement is a smooth function of time, 0 to 1 of the clip, and in a loop goes round a whole number of
times. It says where the content of a place comes from: a place shows what lies at the place less the shift.
Lengths are in pixels of the canvas that the sheets lie on; `unit` is its shorter side.
"""

from __future__ import annotations

import dataclasses
import math
import random
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

UNCHANGED = 200
"""The gain, in 8 bits, that leaves a channel as it is."""

_DRIFT_A_SECOND = 0.007
_DRIFT_MOST = 0.09


@dataclasses.dataclass(frozen=True)
class Time:
    """The clip's time, as movements count it."""

    seconds: float
    """Length of the clip."""
    loop: bool
    """Everything comes back to where it began."""

    def turns(self, a_second: float) -> float:
        """How often something that goes round so often in a second goes round in the clip."""
        turns = a_second * self.seconds
        return max(1.0, round(turns)) if self.loop else turns


@dataclasses.dataclass(frozen=True)
class Extent:
    """Where a sheet's content is on the canvas, in pixels."""

    left: float
    top: float
    right: float
    bottom: float
    unit: float
    """The canvas' shorter side."""
    held_above: bool = False
    """It hangs, e.g. a vine, and does not stand."""


class Movement:
    """Nothing: the base of all movements."""

    reach = 0.0
    """The farthest that anything is shifted, in pixels of the canvas."""
    fades = False
    """It is not always wholly there: what is behind it shows through."""

    def affine(self, t: float) -> tuple[float, ...]:
        """The shift as (xx, xy, x0, yx, yy, y0): dx = xx * x + xy * y + x0, dy = yx * x + yy * y + y0."""
        return (0.0,) * 6

    def gain(self, t: float) -> float:
        """How strong the whole sheet is, 0 to 1."""
        return 1.0


class Field(Movement, ABC):
    """A movement that is not the same everywhere."""

    @abstractmethod
    def shift(self, x: Array, y: Array, t: float) -> tuple[Any, Any]:
        """The shift (dx, dy) at places of the canvas."""

    def gains(self, x: Array, y: Array, t: float) -> Array | None:
        """The gain of luma, blue, red and cover at places of the canvas; None where it is everywhere 1."""
        return None


class Drift(Movement):
    """Goes with the wind: steadily; in a loop out and back, since a sheet has an end."""

    def __init__(self, extent: Extent, time: Time, seed: int, part: int, share: float = 1.0) -> None:
        """`share`: how far of what is usual."""
        wind = random.Random(f"wind {seed}").choice((-1.0, 1.0))
        pace = random.Random(f"drift {seed} {part}").uniform(0.7, 1.3)
        far = min(_DRIFT_A_SECOND * time.seconds, _DRIFT_MOST) * share * pace * extent.unit
        self._way, self._loop = wind * far, time.loop
        self.reach = abs(far)

    def affine(self, t: float) -> tuple[float, ...]:
        """See `Movement.affine`."""
        share = 0.5 * math.sin(2.0 * math.pi * t) if self._loop else t
        return (0.0, 0.0, self._way * share, 0.0, 0.0, 0.0)


class Breathe(Movement):
    """Rises, sinks and leans a little over a foot that stands."""

    def __init__(self, extent: Extent, time: Time, seed: int, part: int) -> None:
        draw = random.Random(f"breathe {seed} {part}")
        self._breath = time.turns(draw.uniform(0.28, 0.38)), draw.random()
        self._lean = time.turns(draw.uniform(0.11, 0.17)), draw.random()
        self._foot = ((extent.left + extent.right) / 2, extent.bottom)
        high = max(1.0, extent.bottom - extent.top)
        # A small figure's breath would not be seen; a large one's must not stretch.
        self._rise = min(0.016, 0.006 * extent.unit / high + 0.003)
        self._tilt = min(0.02, 0.008 * extent.unit / high + 0.003)
        self.reach = high * (self._rise + self._tilt) + (extent.right - extent.left) * self._rise

    def affine(self, t: float) -> tuple[float, ...]:
        """See `Movement.affine`."""
        (breaths, b), (leans, c) = self._breath, self._lean
        rise = self._rise * math.sin(2.0 * math.pi * (breaths * t + b))
        tilt = self._tilt * math.sin(2.0 * math.pi * (leans * t + c))
        x, y = self._foot
        return (-0.4 * rise, -tilt, 0.4 * rise * x + tilt * y, 0.0, rise, -rise * y)


class Sway(Field):
    """Bends in the wind over a foot that is held: the higher, the farther, in gusts that pass along."""

    def __init__(self, extent: Extent, time: Time, seed: int, part: int, feet: Array | None = None) -> None:
        """`feet`: where each column of the canvas is held, in pixels; None: all at the extent's edge."""
        draw = random.Random(f"sway {seed} {part}")
        self._extent = extent
        self._feet = feet
        self._far = extent.unit * draw.uniform(0.008, 0.011)
        self._waves = [
            (share, time.turns(pace * draw.uniform(0.9, 1.1)), draw.random(), long)
            for share, pace, long in ((0.6, 0.24, 1.3), (0.28, 0.47, 0.6), (0.12, 0.83, 0.31))
        ]
        self.reach = self._far

    def shift(self, x: Array, y: Array, t: float) -> tuple[Any, Any]:
        """See `Field.shift`."""
        import numpy as np

        extent = self._extent
        foot: Any = extent.top if extent.held_above else extent.bottom
        if self._feet is not None:
            foot = np.interp(x, np.arange(len(self._feet)), self._feet)
        high = max(1.0, 0.7 * (extent.bottom - extent.top))
        height = np.clip(((y - foot) if extent.held_above else (foot - y)) / high, 0.0, 1.0)
        gust = sum(
            share * np.sin(2.0 * np.pi * (turns * t + phase - x / (long * extent.unit)))
            for share, turns, phase, long in self._waves
        )
        return self._far * height**1.5 * gust, 0.0


class Ripple(Field):
    """Water: waves that come nearer, larger the nearer they are, and the light on them. The shore holds."""

    def __init__(self, extent: Extent, time: Time, seed: int, part: int) -> None:
        draw = random.Random(f"ripple {seed} {part}")
        self._extent = extent
        self._far = extent.unit * 0.005
        self._waves = [
            (share, time.turns(pace * draw.uniform(0.9, 1.1)), draw.random(), rows, draw.uniform(-1, 1) * 2.5)
            for share, pace, rows in ((0.5, 0.45, 5.0), (0.3, 0.7, 9.0), (0.2, 1.1, 17.0))
        ]
        self.reach = self._far * 1.5

    def _wave(self, x: Any, y: Any, t: float) -> tuple[Any, Any, Any]:
        """Height of the water, -1 to 1, at two moments of its turn, and how near it is, 0 to 1."""
        import numpy as np

        extent = self._extent
        near = np.clip((y - extent.top) / max(1.0, extent.bottom - extent.top), 0.0, 1.0)
        # Waves of equal length lie the closer the farther they are: by the root, from the horizon on.
        rows, across = np.sqrt(near), x / extent.unit
        angles = [
            2.0 * np.pi * (count * rows + slant * across - turns * t + phase)
            for _, turns, phase, count, slant in self._waves
        ]
        shares = [wave[0] for wave in self._waves]
        height = sum(share * np.sin(angle) for share, angle in zip(shares, angles, strict=True))
        swing = sum(share * np.cos(angle) for share, angle in zip(shares, angles, strict=True))
        return height, swing, near

    def shift(self, x: Array, y: Array, t: float) -> tuple[Any, Any]:
        """See `Field.shift`."""
        height, swing, near = self._wave(x, y, t)
        size = self._far * near**0.7
        return size * swing, 0.5 * size * height

    def gains(self, x: Array, y: Array, t: float) -> Array | None:
        """See `Field.gains`: crests are lighter, and where crests meet they glint."""
        import numpy as np

        height, _, near = self._wave(x, y, t)
        cross, _, _ = self._wave(-1.7 * x, y, t)
        light = 0.05 * height + 0.16 * np.clip(height * cross - 0.18, 0.0, 1.0)
        gains = np.full((*np.shape(light), 4), UNCHANGED, dtype=np.uint8)
        edge = np.clip(near * 12.0, 0.0, 1.0)
        gains[..., 0] = np.clip(UNCHANGED * (1.0 + light * edge), 0, 255).astype(np.uint8)
        return gains


class Glow(Movement):
    """One light that grows stronger and weaker."""

    fades = True

    def __init__(self, time: Time, seed: int, part: int) -> None:
        draw = random.Random(f"glow {seed} {part}")
        self._turns = [(time.turns(pace), draw.random()) for pace in (draw.uniform(0.16, 0.22), 0.61)]

    def gain(self, t: float) -> float:
        """See `Movement.gain`."""
        (slow, a), (quick, b) = self._turns
        wave = 0.75 * math.sin(2.0 * math.pi * (slow * t + a)) + 0.25 * math.sin(
            2.0 * math.pi * (quick * t + b)
        )
        return 0.86 + 0.14 * wave


class Twinkle(Field):
    """Many lights, each by itself: stars, windows."""

    fades = True

    def __init__(self, extent: Extent, time: Time, seed: int, part: int) -> None:
        import numpy as np

        draw = np.random.default_rng([abs(seed), part, 7])
        self._cell = extent.unit / 24
        self._phases = draw.random((64, 64)).astype(np.float32)
        self._turns = np.array([time.turns(pace) for pace in (0.2, 0.27, 0.34, 0.45)], dtype=np.float32)

    def shift(self, x: Array, y: Array, t: float) -> tuple[Any, Any]:
        """See `Field.shift`."""
        return 0.0, 0.0

    def gains(self, x: Array, y: Array, t: float) -> Array | None:
        """See `Field.gains`."""
        import numpy as np

        column = np.floor(x / self._cell).astype(int) % 64
        row = np.floor(y / self._cell).astype(int) % 64
        phase = self._phases[row, column]
        turns = self._turns[(column * 7 + row * 3) % len(self._turns)]
        strength = 0.78 + 0.22 * np.sin(2.0 * np.pi * (turns * t + phase))
        return np.repeat(np.rint(UNCHANGED * strength).astype(np.uint8)[..., None], 4, axis=-1)


class Partly(Field):
    """Movements of parts of one sheet, each as strong as a field says."""

    def __init__(self, parts: Sequence[tuple[Array, Movement]], canvas: tuple[int, int]) -> None:
        """`parts`: fields of 0 to 1, stretched over the canvas, with their movements."""
        self._parts, self._canvas = parts, canvas
        self.reach = max(movement.reach for _, movement in parts)

    def shift(self, x: Array, y: Array, t: float) -> tuple[Any, Any]:
        """See `Field.shift`."""
        across: Any = 0.0
        down: Any = 0.0
        for field, movement in self._parts:
            strength = self._strength(field, x, y)
            if isinstance(movement, Field):
                dx, dy = movement.shift(x, y, t)
            else:
                xx, xy, x0, yx, yy, y0 = movement.affine(t)
                dx, dy = xx * x + xy * y + x0, yx * x + yy * y + y0
            across, down = across + strength * dx, down + strength * dy
        return across, down

    def gains(self, x: Array, y: Array, t: float) -> Array | None:
        """See `Field.gains`."""
        import numpy as np

        total: Any = None
        for field, movement in self._parts:
            gains = movement.gains(x, y, t) if isinstance(movement, Field) else None
            if gains is not None:
                strength = self._strength(field, x, y)[..., None]
                change = strength * (gains.astype(np.float32) - UNCHANGED)
                total = change if total is None else total + change
        return None if total is None else np.rint(UNCHANGED + total).clip(0, 255).astype(np.uint8)

    def _strength(self, field: Array, x: Array, y: Array) -> Array:
        return sampled(field, x / self._canvas[0], y / self._canvas[1])


def sampled(field: Array, x: Any, y: Any) -> Array:
    """A field's values at places, 0 to 1 of its width and height."""
    import cv2
    import numpy as np

    height, width = field.shape
    column = np.asarray(x * width - 0.5, np.float32)
    row = np.asarray(y * height - 0.5, np.float32)
    return np.asarray(
        cv2.remap(field, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
    )
