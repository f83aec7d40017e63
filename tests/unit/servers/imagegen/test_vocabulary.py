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
    ("text", "unseen"),
    [
        ("Where does the rest of it go?", "deer"),
        ("The tree bears fruit", "bear"),
        ("She can bear it", "bear"),
        ("He ducks under the rope", "duck"),
        ("They fish for trout", "fish"),
        ("We must book a room", "book"),
        ("He wants to book a table", "book"),
        ("She had to park the car", "park"),
        ("The moon rose over the hill", "flower"),
        ("The train leaves the station", "leaf"),
        ("The boy watches the sea", "watch"),
        ("They watch a film", "watch"),
        ("You ring the bell", "ring"),
        ("The workers crane their necks", "crane"),
        ("A well-known story", "well"),
        ("In general it is warm", "soldier"),
        ("Be patient", "hospital bed"),
        ("At this stage nothing is known", "stage"),
        ("On the bank of the river", "skyscraper"),
        ("No sign of rain", "sign"),
        ("It is a ball of grey rock", "ball"),
        ("A sea of flowers", "sea"),
        ("Not bread but cake", "bread"),
        ("The price drops again", "water drop"),
        ("The battery lasts long", "machine"),
        ("小火炒番茄", "fire"),
        ("锅里大火收汁", "fire"),
    ],
)
def test_a_word_that_is_a_verb_or_a_figure_of_speech_draws_nothing(text: str, unseen: str) -> None:
    assert unseen not in found(text)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("A doe in the forest", "deer"),
        ("a bear, a duck and a rose", "bear"),
        ("a red rose in the garden", "flower"),
        ("It rains", "rain"),
        ("He went to school", "school"),
        ("that fox", "fox"),
        ("a watch on a table", "watch"),
        ("小火炒番茄", "stove"),
        ("篝火旁的大火", "fire"),
        ("They cook fish over a campfire", "fire"),
    ],
)
def test_the_thing_itself_is_drawn(text: str, seen: str) -> None:
    assert seen in found(text)


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
        ("驼队", "camel", 3),
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
