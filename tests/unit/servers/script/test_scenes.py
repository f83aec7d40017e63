"""How a text becomes scenes: what a scene may cut, which ids an edit leaves alone, how long scenes are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servers.chassis.text import speakable
from servers.script.grouping import Piece, divide
from servers.script.pace import seconds
from servers.script.paragraphs import paragraphs, title_of
from servers.script.scenes import gather, stable_id
from servers.script.sentences import split
from tests.unit.servers.script.asking import FOX, TIGER, planned
from tests.unit.servers.script.test_sentences import TEXTS

IDS = re.compile(r"[A-Za-z0-9_-]{1,64}")
SENTENCES = st.lists(
    st.sampled_from(
        [
            *("He ran. ", "Yes! ", "“Why?” ", "- item\n", "Title\n\n", "他走了。", "\n\n"),
            "The fox jumped over the wall, and the crow laughed. ",
            "狐狸看见一串葡萄，葡萄很高，够不着。",
            "So long a sentence goes on and on, " * 9 + "until it ends. ",
            "没有标点的一句话" * 12 + "。",
            "word" * 200 + ". ",
        ]
    ),
    min_size=1,
    max_size=25,
).map("".join)


@settings(max_examples=60)
@given(st.one_of(SENTENCES, TEXTS), st.floats(1, 30), st.integers(1, 50))
def test_scenes_cover_the_text_and_cut_only_sentences_that_are_too_long(
    text: str, target: float, most: int
) -> None:
    found = split(text, paragraphs(text))
    scenes = gather(text, found, target, most)
    assert len(scenes) <= most
    covered = {at for scene in scenes for at in range(scene.start, scene.end)}
    starts = [scene.start for scene in scenes]
    assert starts == sorted(starts)
    assert sum(scene.end - scene.start for scene in scenes) == len(covered), "scenes overlap"
    for sentence in found:
        said = text[sentence.start : sentence.end]
        if not speakable(said):
            continue
        assert {at for at in range(sentence.start, sentence.end) if not text[at].isspace()} <= covered
        if seconds(said) <= 2 * target:
            assert not any(sentence.start < start < sentence.end for start in starts), said
    for scene in scenes:
        assert speakable(text[scene.start : scene.end])


@pytest.mark.parametrize("text", [FOX, TIGER], ids=["fox", "tiger"])
def test_the_samples_make_films_of_about_a_minute(text: str) -> None:
    plan = planned(text=text)
    assert 8 <= len(plan.scenes) <= 14
    assert 60 <= sum(seconds(scene.text) for scene in plan.scenes) <= 90
    assert plan.title == text.split("\n", 1)[0]


def test_scenes_are_about_as_long_as_asked() -> None:
    text = FOX * 3
    for target in (4.0, 7.0, 15.0):
        lengths = [seconds(scene.text) for scene in planned(text=text, target=target).scenes]
        assert 0.5 * target < sum(lengths) / len(lengths) < 1.6 * target


def test_a_sentence_that_is_too_long_is_cut_at_its_commas() -> None:
    text = (
        "狐狸走过了一片很大很大的草地，又走过了一条很长很长的山路，还走过了一座很高很高的石桥，最后到了家。"
    )
    scenes = planned(text=text, target=3).scenes
    assert len(scenes) > 1
    assert "".join(scene.text for scene in scenes) == text
    assert all(scene.text[-1] in "，。" for scene in scenes)


def test_words_stay_whole_where_there_are_spaces() -> None:
    text = "word " * 200
    scenes = planned(text=text, target=5).scenes
    assert len(scenes) > 5
    assert all(set(scene.text.split()) == {"word"} for scene in scenes)


def paragraph(number: int, extra: str = "") -> str:
    return (
        f"The fox number {number} walked over the long hill to the river. {extra}"
        f"There she saw {number} grapes, and she thought about them all day long. Then she walked on."
    )


@settings(max_examples=20)
@given(st.integers(2, 8), st.data(), st.sampled_from(["It rained. ", "She was so very tired of it. "]))
def test_an_edit_in_one_paragraph_leaves_the_scenes_of_the_others(
    count: int, data: st.DataObject, extra: str
) -> None:
    edited = data.draw(st.integers(0, count - 1))
    before = [paragraph(number) for number in range(count)]
    after = [paragraph(number, extra if number == edited else "") for number in range(count)]
    old, new = planned(text="\n\n".join(before)), planned(text="\n\n".join(after))
    kept = [(one.id, one.seed) for one in old.scenes if one.text not in before[edited]]
    assert kept == [(one.id, one.seed) for one in new.scenes if one.text not in after[edited]]
    assert len(kept) >= count - 1


def test_a_paragraph_put_first_moves_the_others_but_changes_neither_id_nor_seed() -> None:
    text = "\n\n".join(paragraph(number) for number in range(3))
    old = {(one.id, one.seed) for one in planned(text=text).scenes}
    new = {(one.id, one.seed) for one in planned(text=f"{paragraph(9)}\n\n{text}").scenes}
    assert old < new


def test_the_seed_changes_seeds_and_no_id() -> None:
    one, two = planned(text=FOX, seed=1), planned(text=FOX, seed=2)
    assert [scene.id for scene in one.scenes] == [scene.id for scene in two.scenes]
    assert not {scene.seed for scene in one.scenes} & {scene.seed for scene in two.scenes}
    assert all(0 <= scene.seed < 2**63 for scene in one.scenes)


def test_wrapping_lines_anew_changes_no_id() -> None:
    text = paragraph(1)
    wrapped = text.replace(" to ", "\nto ")
    assert [one.id for one in planned(text=text).scenes] == [one.id for one in planned(text=wrapped).scenes]


@given(st.lists(st.sampled_from(["a", "b", "a ", "é", "e\u0301", "狐狸", ""]), max_size=12))
def test_ids_are_unique_and_hang_on_the_text_alone(texts: list[str]) -> None:
    taken: set[str] = set()
    made = [stable_id(text, taken) for text in texts]
    assert len(set(made)) == len(made)
    assert all(IDS.fullmatch(one) for one in made)
    for text, one in zip(texts, made, strict=True):
        assert one.startswith(stable_id(text, set()))


@given(
    st.lists(st.builds(Piece, st.floats(0, 30), st.floats(0, 0.3), st.booleans()), min_size=1, max_size=60)
)
def test_groups_hold_every_piece_and_are_bounded(pieces: list[Piece]) -> None:
    groups = divide(pieces, 7.0)
    assert [at for group in groups for at in group] == list(range(len(pieces)))
    for group in groups:
        length = sum(pieces[at].seconds for at in group)
        assert len(group) == 1 or length <= 14.0 + max(pieces[at].seconds for at in group)


@pytest.mark.parametrize("most", [1, 2, 5, 11])
def test_no_more_scenes_than_asked(most: int) -> None:
    plan = planned(text=TIGER, max_scenes=most)
    assert 1 <= len(plan.scenes) <= most
    body = TIGER.split("\n", 1)[1]
    assert "".join("".join(scene.text.split()) for scene in plan.scenes) == "".join(body.split())


def test_the_text_has_a_title_only_once() -> None:
    text = "The Fox\n\nHe ran far away."
    assert title_of(text, paragraphs(text)) is not None
    assert [scene.text for scene in planned(text=text).scenes] == ["He ran far away."]
