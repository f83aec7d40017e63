"""What the painter understands of English and Chinese."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.imagegen.painting.vocabulary import GROUPS, mentions


def found(text: str) -> dict[str, int]:
    return {mention.name: mention.count for mention in mentions(text)}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("A hungry fox looked up at the grapes.", {"fox", "grapes", "up"}),
        ("狐狸走在老虎前面,森林里的百兽都跑了", {"fox", "tiger", "forest", "beasts", "walk", "run", "lead"}),
        ("Snow fell on the mountain village at midnight", {"snow", "mountain", "village", "night"}),
        ("葡萄藤下坐着一只狐狸", {"vine", "sit", "fox"}),
        ("An old man and an old woman", {"old man", "old woman"}),
    ],
)
def test_nouns_are_found(text: str, named: set[str]) -> None:
    assert set(found(text)) == named


@pytest.mark.parametrize(
    "text", ["The crowded wellknown", "他马上出发", "威风", "beard", "a catalogue", "foxglove"]
)
def test_a_word_within_another_is_not_found(text: str) -> None:
    assert found(text) == {}


@pytest.mark.parametrize(
    ("text", "name", "count"),
    [
        ("two foxes", "fox", 2),
        ("three hungry wolves", "wolf", 3),
        ("two foxes and a deer", "deer", 1),
        ("crows", "crow", 2),
        ("两只兔子", "rabbit", 2),
        ("一只兔子", "rabbit", 1),
        ("a flock of geese", "goose", 5),
    ],
)
def test_how_many(text: str, name: str, count: int) -> None:
    assert found(text)[name] == count


def test_every_word_names_its_thing() -> None:
    for group, things in GROUPS.items():
        for name, line in things.items():
            for word in line.split():
                assert (group, name) in {(m.group, m.name) for m in mentions(word.replace("_", " "))}, word


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    places = [mention.at for mention in mentions(text)]
    assert places == sorted(places)
