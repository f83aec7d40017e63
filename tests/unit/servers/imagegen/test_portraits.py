"""Portraits: one person before a plain ground, as the words say, where a talking head is found."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from servers.imagegen.painter_worker import rasterised
from servers.imagegen.painting.composition import Picture, paint
from servers.imagegen.painting.palette import STYLES

ASKED = "portrait of {}, head and shoulders, facing the camera, plain background"


def painted(who: str, size: tuple[int, int] = (240, 320), style: str = "paper-cut", seed: int = 1) -> Picture:
    return paint(ASKED.format(who), "", style, *size, seed)


def pixels(picture: Picture) -> NDArray[np.int64]:
    return np.asarray(Image.open(io.BytesIO(rasterised(picture.svg))).convert("RGB")).astype(int)


@pytest.mark.parametrize("size", [(240, 240), (240, 320), (180, 320), (320, 180)])
@pytest.mark.parametrize("who", ["a woman", "a bald man with a beard", "an old man", "a nurse"])
def test_a_head_stands_out_in_the_middle_and_a_neck_below_it(who: str, size: tuple[int, int]) -> None:
    seen = pixels(painted(who, size))
    ground = seen[2, 2]
    assert np.abs(seen[: size[1] // 20] - ground).max() < 3
    wide = (np.abs(seen - ground).max(axis=2) > 30).sum(axis=1)
    top = int(np.flatnonzero(wide > 4)[0])
    middle = top + int(np.argmax(wide[top:] < 0.7 * np.maximum.accumulate(wide[top:])))
    head = wide[top:middle].max()
    assert 0.5 * head < wide[middle : middle + 4].mean() * 1.4  # a neck, not a gap
    assert wide[middle:].max() > 1.3 * head
    columns = np.flatnonzero((np.abs(seen[top:middle] - ground).max(axis=2) > 30).any(axis=0))
    assert abs(columns.mean() - size[0] / 2) < 0.03 * size[0]


@pytest.mark.parametrize(
    ("words", "colour"),
    [
        ("a woman in a red dress", (217, 64, 46)),
        ("a man in a blue suit", (63, 127, 184)),
        ("穿绿色西装的男士", (90, 154, 79)),
    ],
)
def test_clothes_have_the_colour_that_the_words_say(words: str, colour: tuple[int, int, int]) -> None:
    low = pixels(painted(words))[-20]
    assert (np.abs(low - np.array(colour)).max(axis=1) < 6).mean() > 0.3


@pytest.mark.parametrize(
    ("words", "ground"), [("plain green background", (31, 191, 75)), ("蓝色背景", (37, 70, 216))]
)
def test_a_ground_that_is_to_be_taken_away_has_the_colour_that_is_asked_for(
    words: str, ground: tuple[int, int, int]
) -> None:
    seen = pixels(paint(f"portrait of a man, {words}", "", "paper-cut", 240, 320, 1))
    assert np.abs(seen[:10].reshape(-1, 3) - np.array(ground)).max() < 3


@pytest.mark.parametrize("style", STYLES)
def test_the_same_words_and_seed_give_the_same_portrait(style: str) -> None:
    picture = painted("a teacher with glasses", style=style)
    ET.fromstring(picture.svg)
    assert picture == painted("a teacher with glasses", style=style)
    assert picture.depicts == ("teacher",)


def test_an_animal_s_portrait_is_a_picture_like_any_other() -> None:
    assert "fox" in painted("a fox").depicts
