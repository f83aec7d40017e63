"""Texts of many kinds in both languages: all is spoken, and every scene can be painted and narrated."""

from __future__ import annotations

import pytest

from servers.chassis.text import is_han
from servers.script.pace import seconds
from servers.script.prompts import is_chinese
from tests.unit.servers.script.asking import planned
from tests.unit.servers.script.kinds import KINDS
from tests.unit.servers.script.test_planning import check_is_valid


@pytest.mark.parametrize("kind", KINDS)
def test_texts_of_many_kinds(kind: str) -> None:
    plan = planned(text=KINDS[kind])
    check_is_valid(plan)
    assert all(seconds(scene.text) <= 14 for scene in plan.scenes)
    assert sum(seconds(scene.text) for scene in plan.scenes) / len(plan.scenes) >= 3.5
    marks = ("**", "## ", "# ", "\n- ", "\n* ", "\n• ", "#@#")
    for said in (plan.title, plan.description, *(scene.text for scene in plan.scenes)):
        assert said
        assert not said.startswith(("- ", "* ", "• ", "#"))
        assert not any(mark in said for mark in marks)
    assert len(plan.tags) >= 2 or kind in ("诗",)
    chinese = is_chinese(plan.language)
    assert chinese == any(map(is_han, kind))
    for scene in plan.scenes:
        assert any(map(is_han, scene.motion_prompt)) == chinese


@pytest.mark.parametrize("kind", KINDS)
def test_all_of_a_text_is_spoken_but_its_title(kind: str) -> None:
    text = KINDS[kind]
    plan = planned(text=text)
    letters = [char for char in text if char.isalnum()]
    said = [char for scene in plan.scenes for char in scene.text if char.isalnum()]
    title = [char for char in plan.title if char.isalnum()]
    # A speaker who goes on is not named again.
    assert said in (letters, letters[len(title) :]) or kind == "dialogue"


@pytest.mark.parametrize("kind", KINDS)
def test_scenes_of_one_place_share_its_seed(kind: str) -> None:
    plan = planned(text=KINDS[kind])
    places = {(scene.setting, scene.place_seed) for scene in plan.scenes}
    assert len({setting for setting, _ in places}) == len({seed for _, seed in places}) == len(places)
