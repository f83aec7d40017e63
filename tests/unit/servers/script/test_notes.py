"""Notes for people are neither spoken nor shown, and change nothing else."""

from __future__ import annotations

import pytest

from servers.chassis.notes import without_notes
from tests.unit.servers.script.asking import FOX, TIGER, planned, refusal


@pytest.mark.parametrize("text", [FOX, TIGER])
def test_notes_change_no_scene(text: str) -> None:
    noted = text.replace("。", "。#@#慢镜头。#@#").replace(". ", ". #@#Slow here! A volcano, a ship.#@# ")
    assert noted != text
    plain, found = planned(text=text), planned(text=f"#@#For Mr. Li: read this.#@#\n{noted}")
    assert [scene.text for scene in found.scenes] == [scene.text for scene in plain.scenes]
    assert [scene.id for scene in found.scenes] == [scene.id for scene in plain.scenes]
    assert [scene.image_prompt for scene in found.scenes] == [scene.image_prompt for scene in plain.scenes]
    assert (found.title, found.tags) == (plain.title, plain.tags)


def test_places_count_the_notes() -> None:
    text = "#@#one#@#\nThe fox ran. #@#two#@# Then it #@#three#@# slept."
    scene = planned(text=text, target=100).scenes[0]
    assert scene.text == "The fox ran. Then it slept."
    place = text[scene.char_start : scene.char_end]
    assert place == text.removeprefix("#@#one#@#\n")
    assert without_notes(place) == scene.text


def test_notes_in_ready_scenes_are_left_out() -> None:
    scene = planned(scenes=[{"text": "#@#slowly#@# The fox ran."}]).scenes[0]
    assert scene.text.strip() == "The fox ran."
    assert scene.id == planned(scenes=[{"text": "The fox ran."}]).scenes[0].id


def test_notes_alone_are_refused() -> None:
    assert refusal(text="#@# nothing else #@#") == "text"
    assert refusal(scenes=[{"text": "#@#a#@#", "image_prompt": "a fox"}]) == "scenes[0].text"
