"""A film of a quarter of an hour, decoded whole: nothing drifts, no frame is lost or doubled."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.compose.defaults import seconds, set_seconds
from tests.unit.servers.compose.studio import Desk, Stage, canvas, film_of

SCENES = 40
FPS = Fraction(8000, 1001)
RATE = 48_000
QUIET = 4_800
"""Samples before the click: a sound fades in."""
MOST_APART = 0.010
"""Seconds between what is seen and what is heard."""


def test_after_a_quarter_of_an_hour_what_is_heard_still_falls_on_what_is_seen(
    tmp_path: Path, stage: Stage
) -> None:
    """Every scene is black or white in turn and has a click, at a rate that no second divides."""
    desk = Desk(tmp_path)
    made = ComposeRequest(canvas=canvas(32, 32, float(FPS)), language="en", keep_loudness=True)
    made.output.preset = "ultrafast"
    made.transition.kind = parts.TRANSITION_KIND_CUT
    shades = [desk.picture((level, level, level), (32, 32)) for level in (0, 255)]
    click = desk.sound(np.concatenate([np.zeros(QUIET), np.full(48, 0.9), np.zeros(RATE)]))
    for index in range(SCENES):
        scene = made.scenes.add(id=f"s{index}", picture=shades[index % 2], narration=click)
        set_seconds(scene.duration, 23.0 + 0.013 * (index % 7))
    result = stage.shoot(made, desk)
    assert seconds(result.duration) > 15 * 60

    film = film_of(desk, result.film)
    with av.open(str(film.path)) as container:
        shown = [(f.pts * f.time_base, f.to_ndarray()[:32].mean() > 128) for f in container.decode(video=0)]
    assert [time for time, _ in shown] == [n / FPS for n in range(len(shown))], "evenly, and none twice"
    cuts = [float(after[0]) for before, after in pairwise(shown) if before[1] != after[1]]
    told = [seconds(scene.start) for scene in result.scenes]
    assert len(cuts) == SCENES - 1
    assert np.abs(np.array(cuts) - told[1:]).max() < 0.001

    heard = np.abs(film.samples()[:, 0])
    assert abs(len(heard) / RATE - len(shown) / float(FPS)) < 0.03, "within an AAC frame"
    apart = []
    for start in told:
        first = max(0, round((start - 0.5) * RATE))
        apart.append((first + int(np.argmax(heard[first : first + RATE] > 0.3)) - QUIET) / RATE - start)
    assert np.abs(apart).max() < MOST_APART
    assert abs(apart[-1] - apart[0]) < 2 / RATE, "and it does not drift at all"
