"""Text laid out as captions: nothing is lost, no line begins with what closes, times never go back."""

from __future__ import annotations

import itertools
import re

from hypothesis import given
from hypothesis import strategies as st

from servers.chassis.media.fonts import default_font
from servers.compose.lines import Caption, captions, line_text
from servers.compose.words import Word, pieces

LETTERS = "abcXYZ0129狐假虎威的，。！？、“”「」（）\"'.,;:!?()-—… \n\té😀"
TEXTS = st.text(st.sampled_from(LETTERS), min_size=1, max_size=120)
CLOSING = "，。！？、”」）.,;:!?)…"


def spoken(text: str, skip: int = 0) -> list[Word]:
    """Words as an engine gives them: in order, some of them missed."""
    found = list(re.finditer(r"[A-Za-z0-9é]+|[\u4e00-\u9fff]", text))
    kept = [match for index, match in enumerate(found) if not skip or index % skip != skip - 1]
    return [Word(m.group(), i * 0.4, i * 0.4 + 0.3, m.start(), m.end()) for i, m in enumerate(kept)]


def laid(text: str, width: float = 12.0) -> list[Caption]:
    return captions(pieces(text, spoken(text)), default_font().width, width)


@given(TEXTS, st.integers(min_value=0, max_value=4))
def test_every_character_is_shown_once_and_in_order(text: str, skip: int) -> None:
    if not spoken(text, skip):
        return
    shown = "".join(piece.text for piece in pieces(text, spoken(text, skip)))
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", text)


@given(TEXTS, st.integers(min_value=0, max_value=4))
def test_times_never_go_back(text: str, skip: int) -> None:
    made = pieces(text, spoken(text, skip))
    for piece, following in itertools.pairwise(made):
        assert piece.start <= piece.end <= following.start + 1e-9


@given(TEXTS, st.floats(min_value=4, max_value=30))
def test_captions_have_at_most_two_lines_and_keep_the_order(text: str, width: float) -> None:
    made = laid(text, width)
    assert all(1 <= len(caption.lines) <= 2 for caption in made)
    flat = [piece for caption in made for line in caption.lines for piece in line]
    assert flat == pieces(text, spoken(text))


@given(TEXTS, st.floats(min_value=4, max_value=30))
def test_a_line_is_wider_than_its_room_only_where_one_piece_is(text: str, width: float) -> None:
    for caption in laid(text, width):
        for line in caption.lines:
            assert default_font().width(line_text(line)) <= width + 1e-6 or len(line) == 1


def test_no_line_begins_with_closing_punctuation() -> None:
    text = (
        "狐狸说：“你不敢吃我！天帝派我做百兽的首领，如果你不信，就跟在我后面走一走（看一看）……”老虎想：有道理。"
        * 3
    )
    for width in range(4, 24):
        for caption in laid(text, width):
            for line in caption.lines:
                assert line_text(line)[0] not in CLOSING, line_text(line)


def test_opening_quotes_stand_with_what_they_open() -> None:
    first, *_ = laid('He said, "Come in," and "sit (please) down."', 100.0)
    assert first.text == 'He said, "Come in," and "sit (please) down."'
    [quoted] = [piece for piece in first.lines[0] if "Come" in piece.text]
    assert quoted.text == '"Come'


def test_chinese_is_broken_between_clauses() -> None:
    [caption] = laid("天帝派我做百兽的首领，如果你不信就跟着我走。", 14.3)
    assert caption.text == "天帝派我做百兽的首领，\n如果你不信就跟着我走。"


def test_chinese_is_rather_broken_into_three_lines_than_within_a_word() -> None:
    made = laid("我是天帝派来管理百兽的，你吃了我，就是违抗天帝的命令！", 13.0)
    assert [caption.text for caption in made] == [
        "我是天帝派来管理百兽的，\n你吃了我，",
        "就是违抗天帝的命令！",
    ]


def test_a_dash_between_words_stays_with_the_former() -> None:
    [caption] = laid("He took a run and a jump — and just missed it.", 14.3)
    assert caption.text == "He took a run and a jump —\nand just missed it."


def test_decimals_and_abbreviations_within_a_word_end_no_sentence() -> None:
    assert [caption.text for caption in laid("It is 3.5 m high. Next.", 40.0)] == [
        "It is 3.5 m high.",
        "Next.",
    ]


def test_words_without_a_place_are_found_in_the_text() -> None:
    words = [Word("狐狸", 0.0, 0.5), Word("老虎", 0.6, 1.0)]
    made = pieces("狐狸和老虎。", words)
    assert [piece.text for piece in made] == ["狐狸", "和", "老虎。"]
    assert made[2].start == 0.6


def test_words_alone_are_shown_with_spaces_where_their_script_has_them() -> None:
    made = pieces("", [Word("the", 0, 1), Word("fox", 1, 2), Word("狐", 2, 3), Word("狸", 3, 4)])
    assert line_text(made) == "the fox 狐狸"


def test_text_that_no_word_covers_shares_the_time_between_its_neighbours() -> None:
    text = "one two three four"
    made = pieces(text, [Word("one", 0.0, 1.0, 0, 3), Word("four", 4.0, 5.0, 14, 18)])
    assert [piece.text for piece in made] == ["one", "two", "three", "four"]
    assert 1.0 <= made[1].start < made[1].end <= made[2].start < made[2].end <= 4.0


def test_chinese_and_japanese_words_are_not_broken() -> None:
    for text, words in (
        (
            "人工智能正在改变我们的日常生活方式和工作习惯以及思考方式",
            ("人工智能", "改变", "日常生活", "习惯"),
        ),
        ("狐假虎威的故事告诉我们不要轻易相信别人说的话", ("狐假虎威", "故事", "告诉", "轻易", "相信")),
        (
            "今日は天気がとても良いので友達と一緒に公園へ散歩に行きました",
            ("今日は", "友達と", "公園へ", "行きました"),
        ),
    ):
        spoken_words = [Word(char, i * 0.2, i * 0.2 + 0.2, i, i + 1) for i, char in enumerate(text)]
        for width in range(8, 16):
            made = captions(pieces(text, spoken_words), default_font().width, width)
            lines = [line_text(line) for caption in made for line in caption.lines]
            assert "".join(lines) == text
            for word in words:
                assert any(word in line for line in lines), (word, lines)
            assert not any(line[0] in "的了" for line in lines)


def test_two_latin_lines_are_balanced() -> None:
    [caption] = laid("The quick brown fox jumps over the lazy dog today", 16.0)
    widths = [default_font().width(line_text(line)) for line in caption.lines]
    assert len(widths) == 2
    assert min(widths) > 0.7 * max(widths)
