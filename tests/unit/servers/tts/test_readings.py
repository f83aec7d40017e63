"""Numbers, dates, money, units and acronyms are said as people say them, in their places."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servers.chassis.words import words_of
from servers.tts import numerals
from servers.tts.utterance import of_text

ENGLISH = {
    "$3.50": "3 dollars and 50 cents",
    "$1": "1 dollar",
    "$0.99": "99 cents",
    "It cost $1,250.": "It cost 1250 dollars.",
    "$3.5 million more": "3.5 million dollars more",
    "$5bn": "5 billion dollars",
    "$20-30": "20 to 30 dollars",
    "€20": "20 euros",
    "20 €": "20 euros",
    "£5.01": "5 pounds and 1 penny",
    "3:45 pm": "three forty five PM",
    "10:05am": "ten oh five AM",
    "at 10:00": "at ten o'clock",
    "4:3": "4:3",
    "2026-11-23": "November twenty third twenty twenty six",
    "2026-13-45": "2026-13-45",
    "11/23/2026": "November twenty third twenty twenty six",
    "23/11/2026": "November twenty third twenty twenty six",
    "50%": "50%",
    "10–20%": "10 to 20 percent",
    "12 km/h": "12 kilometers per hour",
    "1 km": "1 kilometer",
    "5kg": "5 kilograms",
    "5-10 km": "5 to 10 kilometers",
    "20°C": "20 degrees Celsius",
    "5G": "5G",
    "NASA": "NASA",
    "GPT-4": "GPT-4",
    "the WHO says": "the W H O says",
    "WHO DID IT": "WHO DID IT",
    "CO2": "C O 2",
    "No. 5": "number 5",
    "No. He left.": "No. He left.",
    "Jan. 5": "January 5",
    "pp. 5-7": "pages 5 to 7",
    "1/2": "one half",
    "2 3/4 cups": "2 and three quarters cups",
    "2½": "2 and one half",
    "9/8": "9/8",
    "in 1999": "in nineteen ninety nine",
    "in 1905, he": "in nineteen oh five, he",
    "1914-1918": "nineteen fourteen to nineteen eighteen",
    "the 1990s": "the nineteen nineties",
    "in her 30s": "in her thirties",
    "1500 people": "1500 people",
    "#1": "number 1",
    "555-1234": "five five five, one two three four",
    "1920x1080": "1920 by 1080",
    "cats vs. dogs": "cats versus dogs",
    "3.14.2": "3.14.2",
}
CHINESE = {
    "￥25.8": "25.8元",
    "$3.50": "3.5美元",
    "€2": "两欧元",
    "$3.5亿": "3.5亿美元",
    "下午3:45": "下午 3点45分",
    "2:05": "两点零5分",
    "比分2:1": "比分 2比1",
    "2026-11-23": "二零二六年11月23日",
    "2026年": "二零二六年",
    "5000年历史": "5000年历史",
    "2000年历史": "2000年历史",
    "50%": "百分之50",
    "10%-20%": "百分之10到百分之20",
    "12 km/h": "12公里每小时",
    "3.5公里": "3.5公里",
    "2km": "两公里",
    "第3名": "第3名",
    "1/2": "2分之1",
    "No. 5": "5号",
    "-5℃": "零下5摄氏度",
    "5-10岁": "5到10 岁",
    "2025年-2026年": "二零二五年到二零二六年",
    "3日-5日": "3日到5 日",
    "2个": "两个",
    "12个": "12个",
    "第2个": "第2个",
    "2月2日": "2月2日",
    "是-5": "是负5",
    "13812345678": "幺三八幺二三四五六七八",
    "NASA": "NASA",
    "GPT-4": "GPT-4",
    "VIP": "V I P",
}


@pytest.mark.parametrize(
    ("text", "language", "spoken"),
    [(text, "en", spoken) for text, spoken in ENGLISH.items()]
    + [(text, "zh", spoken) for text, spoken in CHINESE.items()],
)
def test_readings(text: str, language: str, spoken: str) -> None:
    assert " ".join(of_text(text, language).text.split()) == " ".join(spoken.split())


def test_dates_follow_the_countrys_order() -> None:
    assert of_text("5/11/2026", "en-GB").text.startswith("November fifth")
    assert of_text("5/11/2026", "en-US").text.startswith("May eleventh")


def test_other_languages_are_left_to_the_engine() -> None:
    assert of_text("Es kostet $3.50 am 2026-11-23", "de").text == "Es kostet $3.50 am 2026-11-23"


def test_a_written_word_said_in_several_words_is_one_word() -> None:
    text = "Pay $3.50 at 3:45 pm."
    words = of_text(text, "en").words
    assert [[text[place.start : place.end] for place in word.written] for word in words] == [
        ["Pay"],
        ["$3.50"],
        ["at"],
        ["3:45", "pm"],
    ]


NUMBERISH = st.lists(
    st.sampled_from(
        [*ENGLISH, *CHINESE, " ", "-", "/", ".", "2", "19", "年", "km", "a", "$", "%", "½", "\n"]
    ),
    max_size=12,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(NUMBERISH, st.sampled_from(["en", "en-GB", "zh"]))
def test_every_written_word_is_said_once_in_order(text: str, language: str) -> None:
    utterance = of_text(text, language)
    written = [place for word in utterance.words for place in word.written]
    assert written == words_of(text)
    spoken = [word.spoken for word in utterance.words]
    assert all(a.end <= b.start for a, b in itertools.pairwise(spoken))
    assert all(span.start < span.end <= len(utterance.text) for span in spoken)


@given(st.integers(0, 10**12 - 1))
def test_cardinals_name_every_number(number: int) -> None:
    scales = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9}
    total = part = 0
    for word in numerals.cardinal(number).split():
        if word == "hundred":
            part *= 100
        elif word in scales:
            total, part = total + part * scales[word], 0
        else:
            part += next(each for each in range(100) if numerals.cardinal(each) == word)
    assert total + part == number
