"""Clips in their scenes: trimmed, looped, slowed, held, whatever their rate, and wherever pieces are cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.chassis.errors import InvalidArgument
from servers.compose.defaults import set_seconds
from tests.unit.servers.compose.studio import Desk, Stage, canvas, film_of

FPS = 10


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def rising(desk: Desk, rate: int = 10, seconds: int = 1, *more: str) -> Asset:
    """A clip whose light rises evenly by 80 levels a second."""
    source = f"color=black:s=64x64:r={rate}:d={seconds}"
    return desk.clip(source, "-vf", "geq=lum='40+80*T':cb=128:cr=128", "-crf", "2", *more)


def shown(
    desk: Desk, stage: Stage, clip: Asset, seconds: float, fit: parts.ClipFit.ValueType, **times: float
) -> NDArray[np.float64]:
    """The light of each frame."""
    made = ComposeRequest(canvas=canvas(64, 64, FPS))
    made.output.preset, made.output.crf = "ultrafast", 4
    scene = made.scenes.add(clip_fit=fit)
    scene.clip.CopyFrom(clip)
    set_seconds(scene.duration, seconds)
    for field, value in times.items():
        set_seconds(getattr(scene, field), value)
    return film_of(desk, stage.shoot(made, desk).film).luma().mean(axis=(1, 2))


def test_a_looped_clip_begins_again(desk: Desk, stage: Stage) -> None:
    light = shown(desk, stage, rising(desk), 2.5, parts.CLIP_FIT_LOOP)
    assert light == pytest.approx([40 + 8 * (n % 10) for n in range(25)], abs=2)


def test_a_frozen_clip_holds_its_last_frame(desk: Desk, stage: Stage) -> None:
    light = shown(desk, stage, rising(desk), 2.0, parts.CLIP_FIT_FREEZE)
    assert light == pytest.approx([40 + 8 * min(n, 9) for n in range(20)], abs=2)


def test_a_slowed_clip_lasts_the_scene_and_has_frames_between_its_own(desk: Desk, stage: Stage) -> None:
    light = shown(desk, stage, rising(desk), 2.5, parts.CLIP_FIT_SLOW)
    assert light == pytest.approx([40 + 8 * min(0.4 * n, 9) for n in range(25)], abs=2)


def test_a_clip_is_slowed_to_a_quarter_at_most_and_then_held(desk: Desk, stage: Stage) -> None:
    light = shown(desk, stage, rising(desk), 6.0, parts.CLIP_FIT_SLOW)
    assert light == pytest.approx([40 + 8 * min(0.25 * n, 9) for n in range(60)], abs=2)


def test_a_clip_is_trimmed_at_both_ends(desk: Desk, stage: Stage) -> None:
    clip = rising(desk, 10, 2)
    light = shown(desk, stage, clip, 1.5, parts.CLIP_FIT_LOOP, clip_start=0.5, clip_end=1.2)
    assert light == pytest.approx([40 + 8 * (5 + n % 7) for n in range(15)], abs=2)


@pytest.mark.parametrize("rate", [6, 25])
def test_a_clip_of_another_rate_goes_on_evenly_where_pieces_are_cut(
    desk: Desk, stage: Stage, rate: int
) -> None:
    """Pieces are two seconds long: each but the first begins in the middle of the clip."""
    light = shown(desk, stage, rising(desk, rate, 6), 5.0, parts.CLIP_FIT_PING_PONG)
    steps = np.diff(light[: round(2.1 * FPS)])
    whole = light[:21].copy()
    again = shown(desk, stage, rising(desk, rate, 6), 2.1, parts.CLIP_FIT_PING_PONG)
    assert whole == pytest.approx(again, abs=1.5), "a frame does not depend on where its piece begins"
    assert steps.min() > -1.0
    assert light[20:23] == pytest.approx([40 + 80 * n / FPS for n in (20, 21, 22)], abs=80 / rate)


def test_a_clip_is_read_whatever_its_codec(desk: Desk, stage: Stage) -> None:
    clip = rising(desk, 10, 1, "-c:v", "libvpx-vp9", "-f", "webm")
    light = shown(desk, stage, clip, 1.0, parts.CLIP_FIT_LOOP)
    assert light == pytest.approx([40 + 8 * n for n in range(10)], abs=5)


def test_a_start_behind_the_end_is_refused(desk: Desk, stage: Stage) -> None:
    with pytest.raises(InvalidArgument, match=r"scenes\[0\]\.clip_start: must be before the clip's end"):
        shown(desk, stage, rising(desk), 1.0, parts.CLIP_FIT_LOOP, clip_start=3.0)
    with pytest.raises(InvalidArgument, match=r"scenes\[0\]\.clip_end: must be after clip_start"):
        shown(desk, stage, rising(desk), 1.0, parts.CLIP_FIT_LOOP, clip_start=0.5, clip_end=0.5)


@pytest.mark.parametrize(
    ("fit", "wanted"),
    [
        (parts.CLIP_FIT_LOOP, [1, 0, 1, 0]),
        (parts.CLIP_FIT_PING_PONG, [1, 0, 0, 0]),
        (parts.CLIP_FIT_SLOW, [1, 1, 0, 0]),
    ],
)
def test_a_clips_own_sound_goes_with_its_pictures(
    desk: Desk, stage: Stage, fit: parts.ClipFit.ValueType, wanted: list[int]
) -> None:
    """A tone in the first half of the clip, heard by half seconds of a scene of twice its length."""
    clip = desk.clip(
        "color=gray:s=64x64:r=10:d=1",
        *("-f", "lavfi", "-i", "aevalsrc='0.5*sin(2*PI*440*t)*lt(t,0.5)':s=48000:d=1", "-c:a", "aac"),
    )
    made = ComposeRequest(canvas=canvas(64, 64, FPS), keep_loudness=True)
    made.output.preset = "ultrafast"
    made.scenes.add(clip=clip, clip_fit=fit, clip_gain_db=0.0)
    set_seconds(made.scenes[0].duration, 2.0)
    heard = film_of(desk, stage.shoot(made, desk).film).samples()[:, 0]
    levels = [float(np.sqrt((heard[n * 24000 + 4000 : n * 24000 + 20000] ** 2).mean())) for n in range(4)]
    assert [int(level > 0.1) for level in levels] == wanted
    if fit == parts.CLIP_FIT_SLOW:
        spectrum = np.abs(np.fft.rfft(heard[4800:43200]))
        assert abs(np.fft.rfftfreq(38400, 1 / 48_000)[spectrum.argmax()] - 440) < 8, "at its own pitch"
