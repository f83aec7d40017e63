"""The camera of a shot: always inside of every sheet, near before far, and back again in a loop."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.video.shot import KINDS, Shot

SHOTS = st.builds(
    Shot,
    st.sampled_from(KINDS),
    st.floats(0, 0.4),
    st.floats(0.5, 120),
    st.integers(-(2**31), 2**31),
    st.booleans(),
)
SHARES = st.floats(0, 1)


@given(SHOTS, SHARES, SHARES)
def test_a_view_lies_inside_the_sheet(shot: Shot, t: float, nearness: float) -> None:
    view = shot.view(t, nearness)
    room = 0.5 - 0.5 / view.scale + 1e-9
    assert 1.0 <= view.scale <= shot.closest + 1e-9
    assert abs(view.cx - 0.5) <= room
    assert abs(view.cy - 0.5) <= room


@given(SHOTS, SHARES)
def test_what_is_far_away_stands_still_unless_the_camera_goes_around(shot: Shot, t: float) -> None:
    if shot.kind != "orbit":
        assert shot.view(t, 0.0) == shot.view(0.0, 0.0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("nearness", [0.0, 0.4, 1.0])
def test_a_loop_comes_back(kind: str, nearness: float) -> None:
    shot = Shot(kind, 0.2, 3.0, 7, loop=True)
    first, last = shot.view(0.0, nearness), shot.view(1.0, nearness)
    assert (first.cx, first.cy, first.scale) == pytest.approx((last.cx, last.cy, last.scale))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("still", "handheld")])
def test_a_move_begins_and_ends_softly(kind: str) -> None:
    shot = Shot(kind, 0.2, 3.0, 7, loop=False)

    def step(t: float) -> float:
        one, other = shot.view(t, 1.0), shot.view(t + 0.01, 1.0)
        return abs(other.cx - one.cx) + abs(other.cy - one.cy) + abs(other.scale - one.scale)

    assert max(step(0.0), step(0.99)) < step(0.5) / 10
