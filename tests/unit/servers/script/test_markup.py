"""What of a text's layout is not read out, and where a voice pauses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.script.markup import Reading
from servers.script.paragraphs import Span
from tests.unit.servers.script.asking import planned


def read(text: str) -> str:
    return Reading(text).of(Span(0, len(text)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# One\nIt began.", "One\nIt began."),
        ("## One ##", "One"),
        ("- one\n* two\n• three\n+ four", "one\ntwo\nthree\nfour"),
        ("- [ ] wash\n- [x] eat", "wash\neat"),
        ("1. Wash.\n2) Eat.", "1. Wash.\n2) Eat."),
        ("A **bold** word, an *odd* one, `code` and __more__.", "A bold word, an odd one, code and more."),
        ("2 * 3 * 4 = 24 and a_b_c", "2 * 3 * 4 = 24 and a_b_c"),
        ("See [the map](https://a.b/c) now.", "See the map now."),
        ("He [1] saw (it).", "He [1] saw (it)."),
        ("> It was so.", "It was so."),
        ("One.\n\n* * *\n\nTwo.", "One.\n\n\n\nTwo."),
        ("-5 degrees", "-5 degrees"),
        ("Anna: Hi!\nBen: Hi.\nBen: Well?", "Anna: Hi!\nBen: Hi.\nWell?"),
        ("小明：你好！\n小明：在吗？\n妈妈：在。", "小明：你好！\n在吗？\n妈妈：在。"),
        ("Note: one.\nNote: two.", "Note: one.\nNote: two."),
        ("", ""),
        ("#", "#"),
    ],
)
def test_what_is_read(text: str, said: str) -> None:
    assert read(text) == said


MARKS = st.lists(
    st.sampled_from(
        [
            "#",
            "*",
            "**",
            "_",
            "`",
            "[",
            "](https://a)",
            ">",
            "- ",
            "A: ",
            "小：",
            "a",
            "B",
            " ",
            "\n",
            "狐",
            ".",
        ]
    ),
    max_size=40,
).map("".join)


@given(MARKS, st.data())
def test_a_range_is_read_as_part_of_the_whole(text: str, data: st.DataObject) -> None:
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    reading = Reading(text)
    whole = "".join(reading.of(Span(0, len(text))).split())
    parts = [reading.of(Span(a, b)) for a, b in ((0, start), (start, end), (end, len(text)))]
    assert "".join("".join(part.split()) for part in parts) == whole


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("第一章\n从前有座山，山里有座庙。", "第一章\n\n从前有座山，山里有座庙。"),
        ("细雨落山村\n炊烟出竹门", "细雨落山村\n\n炊烟出竹门"),
        ("What we need:\n- 2 eggs\n- milk", "What we need:\n2 eggs\n\nmilk"),
        ("Roses are red,\nviolets are blue.", "Roses are red,\nviolets are blue."),
    ],
)
def test_a_voice_pauses_where_a_line_ends_unmarked(text: str, said: str) -> None:
    [scene] = planned(text=text, target=60).scenes
    assert scene.text == said


LONG = "The fox ran over the hill and saw the grapes. She sat down and thought about them for a while."


@pytest.mark.parametrize(
    "heading",
    [
        "## The Hill",
        "Chapter 2",
        "2. The hill",
        "The hill",
        "What she saw:\n- a long row of grapes\n- a crow that laughed at her all day",
    ],
)
def test_a_heading_begins_a_scene_and_is_its_title(heading: str) -> None:
    plan = planned(text=f"A title\n\n{LONG}\n\n{heading}\n\n{LONG}")
    [headed] = [scene for scene in plan.scenes if scene.title]
    first = heading.split("\n")[0]
    assert headed.title == first.lstrip("# ").rstrip(":")
    assert headed.text.startswith(first.lstrip("# "))
    assert plan.title == "A title"


def test_headings_too_close_together_share_a_scene() -> None:
    text = "\n\n".join(f"## Part {number}\n\nIt was so." for number in range(40))
    assert len(planned(text=text, max_scenes=5).scenes) <= 5


def test_the_first_of_several_chapters_is_no_title() -> None:
    first, second = "他走到海边，坐上小船。" * 3, "大风吹来，海浪打翻了小船。" * 3
    plan = planned(text=f"第一章 出发\n\n{first}\n\n第二章 风暴\n\n{second}")
    assert [scene.title for scene in plan.scenes if scene.title] == ["第一章 出发", "第二章 风暴"]
    assert plan.title == "他走到海边，坐上小船"


def test_a_dialogue_s_lines_stay_whole_and_show_who_speaks() -> None:
    text = "Anna: Where are we going? It is late.\nBen: To the lighthouse.\nAnna: I see.\nAnna: Let us run!"
    plan = planned(text=text, target=3)
    assert plan.scenes[0].text.startswith("Anna: Where are we going?")
    assert all("Ben: To" in one.text or "Ben" not in one.text for one in plan.scenes)
    assert plan.scenes[-1].text.endswith("Let us run!")
    assert "Anna: Let" not in plan.scenes[-1].text
    assert plan.title == "Where are we going?"
