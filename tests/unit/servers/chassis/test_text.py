"""What characters alone tell of a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.chassis.text import guess_language, is_cjk, speakable


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The fox saw the grapes.", "en"),
        ("Žluťoučký kůň pěl ódy.", "en"),
        ("狐狸说：“OK，跟我来！”", "zh"),
        ("他在 Beijing University 读书。", "zh"),
        ("The word 狐狸 means fox in Chinese.", "en"),
        ("キツネはブドウを見た。", "ja"),
        ("狐は葡萄を見上げた。", "ja"),
        ("这是台湾人爱写的の字，别的都是汉字，没有一个假名，所以它还是中文。", "zh"),
        ("여우가 포도를 보았다.", "ko"),
        ("Лиса увидела виноград.", "ru"),
        ("رأى الثعلب العنب.", "ar"),
        ("Η αλεπού είδε τα σταφύλια.", "el"),
        ("लोमड़ी ने अंगूर देखे।", "hi"),
        ("השועל ראה ענבים.", "he"),
        ("สุนัขจิ้งจอกเห็นองุ่น", "th"),
        ("", "en"),
        ("123 ... 🦊", "en"),
    ],
)
def test_the_characters_tell_the_language(text: str, language: str) -> None:
    assert guess_language(text) == language


@given(st.text(max_size=200))
def test_a_language_is_always_given_and_does_not_hang_on_the_order_of_characters(text: str) -> None:
    assert guess_language(text).isalpha()
    assert guess_language(text) == guess_language(text[::-1])


@pytest.mark.parametrize("char", ["狐", "々", "あ", "ア", "ー", "𠀀"])
def test_scripts_without_spaces_between_words_are_cjk(char: str) -> None:
    assert is_cjk(char)


@pytest.mark.parametrize("char", ["a", "é", "ж", "한", "。", "・", "，", "1", " ", "🦊"])
def test_other_letters_and_punctuation_are_not_cjk(char: str) -> None:
    assert not is_cjk(char)


@pytest.mark.parametrize("text", ["a", "狐", "7", "… 3 …", "ж", "“OK”"])
def test_a_letter_or_a_digit_can_be_spoken(text: str) -> None:
    assert speakable(text)


@pytest.mark.parametrize("text", ["", " \n", "...", "……", "🦊🍇", "“——”", "!?"])
def test_nothing_but_marks_can_not_be_spoken(text: str) -> None:
    assert not speakable(text)
