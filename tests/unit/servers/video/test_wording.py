"""What a motion prompt asks for."""

from __future__ import annotations

import pytest

from servers.video.shot import KINDS
from servers.video.wording import STIRS, atmosphere, camera_move, stirs


@pytest.mark.parametrize(
    ("prompt", "move"),
    [
        ("slowly zoom in on the fox", "zoom_in"),
        ("the camera pulls back to show the valley", "zoom_out"),
        ("Zoom out", "zoom_out"),
        ("pan left across the vineyard", "pan_left"),
        ("the camera slides to the right", "pan_right"),
        ("tilt up to the sky", "rise"),
        ("crane down", "sink"),
        ("a static shot", "still"),
        ("push-in on her face", "zoom_in"),
        ("the camera orbits the tower", "orbit"),
        ("handheld, walking", "handheld"),
        ("镜头环绕古塔", "orbit"),
        ("手持镜头", "handheld"),
        ("镜头慢慢推近", "zoom_in"),
        ("镜头拉远", "zoom_out"),
        ("向左平移", "pan_left"),
        ("镜头上升", "rise"),
        ("a fox eats grapes", ""),
        ("", ""),
    ],
)
def test_the_camera_moves_as_the_words_say(prompt: str, move: str) -> None:
    assert camera_move(prompt) == move
    assert move == "" or move in KINDS


@pytest.mark.parametrize(
    ("prompt", "air"),
    [
        ("rain falls on the city", "rain"),
        ("下雪的村庄", "snow"),
        ("fireflies at dusk", "motes"),
        ("外面下雨了", "rain"),
        ("snow is falling", "snow"),
        ("a train leaves", ""),
        ("a rainbow over the hills", ""),
        ("brainstorming", ""),
    ],
)
def test_what_is_in_the_air(prompt: str, air: str) -> None:
    assert atmosphere(prompt) == air


@pytest.mark.parametrize(
    ("prompt", "moving"),
    [
        ("waves roll in, clouds drift by", {"water", "clouds"}),
        ("sunlight falls through the leaves", {"light"}),
        ("mist over the lake at dawn", {"fog", "water", "light"}),
        ("水波荡漾，云飘过", {"water", "clouds"}),
        ("光影流动，晨雾", {"light", "fog"}),
        ("slowly closer to the fox", set()),
        ("seated on Sunday", set()),
    ],
)
def test_what_stirs(prompt: str, moving: set[str]) -> None:
    assert stirs(prompt) == moving
    assert moving <= set(STIRS)
