"""Rain, snow and motes: laid over frames, in step with time alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from servers.video.atmosphere import KINDS, Atmosphere
from servers.video.movement import Time
from servers.video.shot import Shot
from tests.unit.servers.video.pictures import luma, slid

SIZE = (96, 160)


def air(
    kind: str, seed: int, *, seconds: float = 3.0, loop: bool = False, size: tuple[int, int] = SIZE
) -> Atmosphere:
    return Atmosphere(kind, size, Time(seconds, loop), Shot("still", 0.1, seconds, seed, loop), seed)


def frame() -> NDArray[np.uint8]:
    return np.full(SIZE[0] * SIZE[1] * 3 // 2, 90, dtype=np.uint8)


def drawn(kind_of_air: Atmosphere, t: float) -> NDArray[np.uint8]:
    row = frame()
    kind_of_air.draw(row, t)
    return row


@pytest.mark.parametrize("kind", KINDS)
def test_something_is_drawn_and_it_moves(kind: str) -> None:
    one = air(kind, 1)
    assert drawn(one, 0.3).max() > 110
    assert not np.array_equal(drawn(one, 0.3), drawn(one, 0.4))


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_and_time_give_the_same_frame(kind: str) -> None:
    first, second = air(kind, 8), air(kind, 8)
    assert np.array_equal(drawn(first, 0.7), drawn(second, 0.7))


@pytest.mark.parametrize("kind", KINDS)
def test_a_loop_ends_where_it_begins(kind: str) -> None:
    one = air(kind, 2, loop=True)
    difference = np.abs(drawn(one, 0.0).astype(int) - drawn(one, 1.0).astype(int))
    assert difference.max() <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_frames_of_any_size_take_it(kind: str) -> None:
    for size in ((64, 64), (4096, 64), (64, 4096)):
        row = np.full(size[0] * size[1] * 3 // 2, 16, dtype=np.uint8)
        air(kind, -5, seconds=1.0, size=size).draw(row, 0.5)


@pytest.mark.parametrize(("kind", "way"), [("rain", 1), ("snow", 1), ("motes", -1)])
def test_it_falls_and_light_rises(kind: str, way: int) -> None:
    size = (240, 240)
    one = air(kind, 3, seconds=4.0, size=size)

    def seen(t: float) -> NDArray[np.float32]:
        row = np.full(size[0] * size[1] * 3 // 2, 90, dtype=np.uint8)
        one.draw(row, t)
        return luma(row, size)

    step = 0.0015 if kind == "rain" else 0.01
    down = [slid(seen(t), seen(t + step), 0, 0, *size)[1] for t in (0.2, 0.5, 0.8)]
    assert way * np.median(down) > 0.1
