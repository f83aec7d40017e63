"""What a motion prompt asks for."""

from __future__ import annotations

import pytest

from servers.chassis.media.camera import KINDS
from servers.video.wording import atmosphere, camera_move


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
        ("a train leaves", ""),
        ("brainstorming", ""),
    ],
)
def test_what_is_in_the_air(prompt: str, air: str) -> None:
    assert atmosphere(prompt) == air
