"""Rain, snow and motes: laid over frames, in step with time alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from servers.video.atmosphere import Atmosphere

SIZE = (96, 160)
KINDS = ["rain", "snow", "motes"]


def frame() -> NDArray[np.uint8]:
    return np.full(SIZE[0] * SIZE[1] * 3 // 2, 90, dtype=np.uint8)


def drawn(air: Atmosphere, t: float) -> NDArray[np.uint8]:
    row = frame()
    air.draw(row, t)
    return row


@pytest.mark.parametrize("kind", KINDS)
def test_something_is_drawn_and_it_moves(kind: str) -> None:
    air = Atmosphere(kind, SIZE, 3.0, 1, loop=False)
    assert drawn(air, 0.3).max() > 110
    assert not np.array_equal(drawn(air, 0.3), drawn(air, 0.4))


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_and_time_give_the_same_frame(kind: str) -> None:
    first, second = (Atmosphere(kind, SIZE, 3.0, 8, loop=False) for _ in range(2))
    assert np.array_equal(drawn(first, 0.7), drawn(second, 0.7))


@pytest.mark.parametrize("kind", KINDS)
def test_a_loop_ends_where_it_begins(kind: str) -> None:
    air = Atmosphere(kind, SIZE, 3.0, 2, loop=True)
    difference = np.abs(drawn(air, 0.0).astype(int) - drawn(air, 1.0).astype(int))
    assert difference.max() <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_frames_of_any_size_take_it(kind: str) -> None:
    for size in ((64, 64), (4096, 64), (64, 4096)):
        row = np.full(size[0] * size[1] * 3 // 2, 16, dtype=np.uint8)
        Atmosphere(kind, size, 1.0, -5, loop=False).draw(row, 0.5)
