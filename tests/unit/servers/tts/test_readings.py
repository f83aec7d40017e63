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
    "4:3": "4 to 3",
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
    # Telephones
    "(555) 123-4567": "five five five, one two three, four five six seven",
    "1-800-555-0199": "one, eight zero zero, five five five, zero one nine nine",
    "Dial 911 now": "Dial nine one one now",
    "They called 300 times": "They called 300 times",
    "They called 300 people": "They called 300 people",
    # Money
    "a $1.5bn deal": "a 1.5 billion dollar deal",
    "a $5 bill": "a 5 dollar bill",
    "$5/month": "5 dollars per month",
    "US$5": "5 US dollars",
    "20 USD": "20 US dollars",
    "CHF 1": "1 Swiss franc",
    # Units and signs
    "-5°C": "minus 5 degrees Celsius",
    "3 + 4 = 7": "3 plus 4 equals 7",
    "10 - 2 = 8": "10 minus 2 equals 8",
    "score 3-2": "score 3 to 2",
    "~5 minutes": "about 5 minutes",
    "<5": "less than 5",
    "5'10\" tall": "5 foot 10 tall",
    "5‰": "5 per mille",
    # Times
    "9:00-17:00": "nine o'clock to seventeen hundred",
    "10am-5pm": "ten AM to five PM",
    "1:05:30": "1 hour 5 minutes 30 seconds",
    "2024/25": "twenty twenty four twenty five",
    "2020-21": "twenty twenty to twenty one",
    "9/11": "nine eleven",
    # Names
    "Dr. Smith of Elm Dr. near St. Paul St.": "Doctor Smith of Elm Drive near Saint Paul Street.",
    "Mr. and Mrs. Jones": "Mister and Missus Jones",
    "Then Dr. J. Lee, Jr., spoke": "Then Doctor J. Lee, Junior, spoke",
    "Apple Inc. said": "Apple Incorporated said",
    "Henry VIII": "Henry the eighth",
    "Louis XIV": "Louis the fourteenth",
    "World War II": "World War two",
    "an IV drip": "an IV drip",
    "NASA in the U.S.": "NASA in the U.S.",
    "Covid-19": "Covid-19",
    "C++": "C++",
    # The web
    "jane.doe@example.com": "jane dot doe at example dot com",
    "https://www.example.com/path?x=1": "example dot com slash path",
    "e.g. this": "e.g. this",
    "192.168.1.1": "192 dot 168 dot 1 dot 1",
    "#hashtag": "hashtag hashtag",
    "and/or": "and or",
}
CHINESE = {
    "￥25.8": "二十五点八元",
    "¥1,299": "一千二百九十九元",
    "$3.50": "三点五美元",
    "€2": "两欧元",
    "$3.5亿": "三点五亿美元",
    "￥100-200": "一百到二百元",
    "下午3:45": "下午三点四十五分",
    "2:05": "两点零五分",
    "3:30，15:45": "三点三十分，十五点四十五分",
    "10:00-18:00": "十点到十八点",
    "2:30:15": "两点三十分十五秒",
    "比分2:1": "比分二比一",
    "2026-11-23": "二零二六年十一月二十三日",
    "2026年": "二零二六年",
    "1998-2003年": "一九九八到二零零三年",
    "2025年-2026年": "二零二五年到二零二六年",
    "5000年历史": "五千年历史",
    "2000年历史": "两千年历史",
    "90年代": "九十年代",
    "3日-5日": "三日到五日",
    "2月2日": "二月二日",
    "50%": "百分之五十",
    "10%-20%": "百分之十到百分之二十",
    "12 km/h": "十二公里每小时",
    "3.5公里": "三点五公里",
    "2km": "两公里",
    "-5℃": "零下五摄氏度",
    "3℃~5℃": "三摄氏度到五摄氏度",
    "1-3天": "一到三天",
    "5-10岁": "五到十岁",
    "第3章": "第三章",
    "第2个": "第二个",
    "2个": "两个",
    "12个": "十二个",
    "1/2": "二分之一",
    "3.14": "三点一四",
    "3.14，1/2": "三点一四，二分之一",
    "105": "一百零五",
    "12345": "一万两千三百四十五",
    "100,000人": "十万人",
    "1020305": "一百零二万零三百零五",
    "007": "零零七",
    "是-5": "是负五",
    ">10": "大于十",
    "约~5分钟": "约五分钟",
    "3+4=7": "三加四等于七",
    "3-2=1": "三减二等于一",
    "No. 5": "五号",
    "13812345678": "幺三八幺二三四五六七八",
    "010-12345678": "零幺零幺二三四五六七八",
    "拨打110报警": "拨打幺幺零报警",
    "房间号302": "房间号三零二",
    "80后": "八零后",
    "985高校": "九八五高校",
    "CA1234航班": "C eigh 幺二三四航班",
    "PM2.5": "P M 二点五",
    "H1N1": "H 一 N 一",
    "C++语言": "C 加加语言",
    "NASA": "NASA",
    "GPT-4": "GPT-4",
    "5G网络": "5G网络",
    "新冠Covid-19": "新冠Covid-19",
    "VIP": "V I P",
    "发到jane@example.com": "发到 jane at example 点 com",
    "网址www.example.com": "网址 example 点 com",
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


@given(st.integers(0, 10**16 - 1))
def test_chinese_numbers_name_every_number(number: int) -> None:
    assert _folded(numerals.han(str(number))) == number


def _folded(said: str) -> int:
    """The number of Chinese words, scale by scale."""
    for scale, size in (
        ("万亿", 10**12),
        ("亿", 10**8),
        ("万", 10**4),
        ("千", 1000),
        ("百", 100),
        ("十", 10),
    ):
        if scale in said:
            head, _, tail = said.partition(scale)
            return (_folded(head) if head.strip("零") else 1) * size + _folded(tail)
    plain = said.replace("两", "二").lstrip("零")
    return "零一二三四五六七八九".index(plain) if plain else 0
