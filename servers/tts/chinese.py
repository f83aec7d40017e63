"""How Chinese is read where the speech engine would read it badly."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from servers.tts import numerals, web
from servers.tts.rules import NOT_GOING_ON, NOT_WITHIN, NUMBER, Rule, plain

_COINS: Mapping[str, str] = {
    "￥": "元",
    "¥": "元",
    "$": "美元",
    "＄": "美元",
    "€": "欧元",
    "£": "英镑",
    "￡": "英镑",
    "₹": "卢比",
    "₩": "韩元",
}
_UNITS: Mapping[str, str] = {
    unit: said
    for units, said in (
        ("km/h kmh kph", "公里每小时"),
        ("m/s", "米每秒"),
        ("mph", "英里每小时"),
        ("km² km2", "平方公里"),
        ("m² m2 ㎡", "平方米"),
        ("cm²", "平方厘米"),
        ("m³ m3", "立方米"),
        ("km KM", "公里"),
        ("m", "米"),
        ("cm", "厘米"),
        ("mm", "毫米"),
        ("μm µm", "微米"),
        ("nm", "纳米"),
        ("kg KG", "公斤"),
        ("g", "克"),
        ("mg", "毫克"),
        ("ml mL", "毫升"),
        ("L l", "升"),
        ("h", "小时"),
        ("min", "分钟"),
        ("s", "秒"),
        ("ms", "毫秒"),
        ("Hz", "赫兹"),
        ("kHz", "千赫兹"),
        ("MHz", "兆赫兹"),
        ("GHz", "吉赫兹"),
        ("W", "瓦"),
        ("kW", "千瓦"),
        ("kWh", "千瓦时"),
        ("V", "伏"),
        ("kcal", "千卡"),
        ("dB", "分贝"),
        ("℃ °C", "摄氏度"),
        ("℉ °F", "华氏度"),
        ("°", "度"),
    )
    for unit in units.split()
}
_SHARES = {"%": "百分之", "％": "百分之", "‰": "千分之"}

_COUNTED = (
    "个|只|位|次|天|本|张|条|件|匹|棵|种|名|步|层|座|家|群|双|杯|碗|瓶|辆|把|块|句|头|朵|根|颗|片|间|场|年(?!级)|周|岁"
    "|千|万|亿|倍|小时|分钟|公里|千米|米|公斤|千克|吨|斤|元|点(?!\\d)|点钟"
)
"""What is counted with 两 where there are two of it."""


def _date(match: re.Match[str], language: str) -> str | None:
    return numerals.date(int(match["y"]), int(match["m"]), int(match["d"]), language)


def _until(match: re.Match[str], language: str) -> str:
    number = match["number"]
    is_year = match["year"] is not None and len(number) == 4
    return f"到{numerals.year(int(number), language) if is_year else number}"


def _year(match: re.Match[str], language: str) -> str | None:
    # 1000年 and 3000年 are mostly how long something took.
    return None if int(match["said"]) in (1000, 3000) else numerals.year(int(match["said"]), language)


def _clock(match: re.Match[str], language: str) -> str:
    hours, minutes = int(match["h"]), int(match["m"])
    said = f"{_count(str(hours))}点"
    if not minutes:
        return said if hours else "零点"
    return f"{said}{'零' if minutes < 10 else ''}{minutes}分"


def _hours(match: re.Match[str], language: str) -> str:
    ends = [
        f"{_count(str(int(match[hour])))}点" + (f"{int(match[minute])}分" if int(match[minute]) else "")
        for hour, minute in ((1, 2), (3, 4))
    ]
    return f"{ends[0]}到{ends[1]}"


def _timed(match: re.Match[str], language: str) -> str:
    return f"{_count(str(int(match[1])))}点{int(match[2])}分{int(match[3])}秒"


def _money(match: re.Match[str], language: str) -> str:
    scale = match["scale"] or ""
    upper = f"到{_price(match['upper'])}" if match["upper"] else ""
    number = _price(match["number"])
    return f"{number if upper else _count(number)}{upper}{scale}{_COINS[match['sign']]}"


def _price(number: str) -> str:
    """A price without the zeros at the end of its decimals."""
    return plain(number).rstrip("0").rstrip(".") if "." in number else plain(number)


def _count(number: str) -> str:
    """A number before what it counts: two is 两 there."""
    return "两" if number == "2" else number


def _unit(match: re.Match[str], language: str) -> str:
    below = match["sign"] and "摄氏" in _UNITS[match["unit"]]
    sign = "零下" if below else "负" if match["sign"] else ""
    upper = f"到{plain(match['upper'])}" if match["upper"] else ""
    number = plain(match["number"])
    return f"{sign}{number if upper or sign else _count(number)}{upper}{_UNITS[match['unit']]}"


def _share(match: re.Match[str], language: str) -> str:
    upper = f"到{_SHARES[match['of']]}{plain(match['upper'])}" if match["upper"] else ""
    return f"{'负' if match['sign'] else ''}{_SHARES[match['of']]}{plain(match['number'])}{upper}"


def _fraction(match: re.Match[str], language: str) -> str | None:
    above, below = int(match["above"]), int(match["below"])
    return f"{below}分之{above}" if 0 < above < below else None


def _telephone(match: re.Match[str], language: str) -> str:
    return numerals.digit_by_digit(match[0], language, telephone=True)


def _digits(match: re.Match[str], language: str) -> str:
    return numerals.digit_by_digit(match["said"], language, telephone=True)


def _spelled(match: re.Match[str], language: str) -> str:
    """The number of a flight, a train or an aircraft is told digit by digit."""
    number = match["number"] or ""
    if len(number) > 2 and number.isdigit():
        number = numerals.digit_by_digit(number, language, telephone=True)
    return f"{numerals.spelled(match['letters'], 'en')} {number}"


def _by_name(match: re.Match[str], language: str) -> str:
    return numerals.spelled(match[0], language)


def _years(match: re.Match[str], language: str) -> str:
    return "到".join(numerals.year(int(each), language) for each in match.group(1, 2)) + "年"


_SIGNS: Mapping[str, str] = {
    "+": "加",
    "-": "减",
    "−": "减",
    "×": "乘",
    "x": "乘",
    "*": "乘",
    "÷": "除以",
    "/": "除以",
    "=": "等于",
    "<": "小于",
    ">": "大于",
    "≤": "小于等于",
    "≥": "大于等于",
    "≈": "约等于",
    "~": "约",
    "～": "约",
    "±": "正负",
}


def _sign(match: re.Match[str], language: str) -> str:
    return _SIGNS[match["said"].strip()]


def _sum(match: re.Match[str], language: str) -> str:
    return "".join(_SIGNS.get(char, char) for char in plain(match[0]) if not char.isspace())


def _in_words(
    spoken: Callable[[re.Match[str], str], str | None],
) -> Callable[[re.Match[str], str], str | None]:
    """The same with its numbers in Chinese words: the engine reads 12345 as twelve thousands."""

    def said(match: re.Match[str], language: str) -> str | None:
        told = spoken(match, language)
        return None if told is None else _PLAIN.sub(lambda number: numerals.han(number[0]), told)

    return said


_PLAIN = re.compile(r"(?<![A-Za-z0-9])\d+(?:\.\d+)?(?![A-Za-z0-9])")


_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_MONEY = re.escape("".join(_COINS))
_TO = r"\s?[-–—~～]\s?"

RULES = tuple(
    Rule(re.compile(pattern), _in_words(spoken))
    for pattern, spoken in (
        (
            r"(?<![A-Za-z0-9_/.-])(?P<y>\d{4})(?P<by>[-/.])(?P<m>\d{1,2})(?P=by)(?P<d>\d{1,2})(?![A-Za-z0-9_/-]|\.\d)",
            _date,
        ),
        (web.ADDRESS, web.spoken),
        (rf"(?<!\d)([12]\d{{3}}){_TO}([12]\d{{3}})\s?年", _years),
        (r"(?<=[日号月年时点分])\s?[-–—~～]\s?(?P<number>\d+)(?P<year>(?=年))?", _until),
        (rf"{NOT_WITHIN}(?P<said>[12]\d{{3}}|3000)(?=\s?年(?!历史|的历史|之久))", _year),
        (r"(?<![A-Za-z0-9_-])1[3-9]\d{9}(?![A-Za-z0-9_-])", _telephone),
        (r"(?<![A-Za-z0-9-])(?:0\d{2,3}-\d{7,8}|[48]00-?\d{3,4}-?\d{3,4})(?![A-Za-z0-9-])", _telephone),
        (r"(?:拨打|拨|打|呼叫)\s?(?P<said>\d{3,5})(?![\d.个])", _digits),
        (r"(?<!\d)(?P<said>1[12]\d|119)(?=报警|急救|火警|热线|电话|指挥中心)", _digits),
        (
            r"(?:号码|房间号?|邮编|密码|验证码|尾号|工号|学号|编号|群号|QQ号?)[:：是为]?\s?(?P<said>\d{3,})(?![\d.])",
            _digits,
        ),
        (r"(?<![A-Za-z0-9.])(?P<said>\d{3,4})(?=房间|室(?![内外温])|国道|次列车|航班)", _digits),
        (r"(?<!\d)(?P<said>985|211|996|[0-9]0(?=后))(?=后(?!面)|高校|大学|院校|工程|工作制)", _digits),
        (
            rf"(?<![A-Za-z0-9:.])(\d{{1,2}})[:：]([0-5]\d){_TO}(\d{{1,2}})[:：]([0-5]\d)(?![:：]?\d|[A-Za-z])",
            _hours,
        ),
        (r"(?<![A-Za-z0-9:.])(\d{1,2})[:：]([0-5]\d)[:：]([0-5]\d)(?![:：]?\d|[A-Za-z])", _timed),
        (r"(?<![A-Za-z0-9_:.])(?P<h>[01]?\d|2[0-4])[:：](?P<m>[0-5]\d)(?![:：]?\d|[A-Za-z])", _clock),
        (
            r"(?<![A-Za-z0-9_:.])(\d{1,3})[:：](\d{1,3})(?![:：]?\d|[A-Za-z])",
            lambda match, _: f"{match[1]}比{match[2]}",
        ),
        (
            rf"(?P<sign>[{_MONEY}])\s?(?P<number>{NUMBER})(?:{_TO}(?P<upper>{NUMBER}))?(?P<scale>[百千万亿]+)?(?!\d)",
            _money,
        ),
        (
            rf"{NOT_WITHIN}(?P<sign>[-−])?(?P<number>{NUMBER})(?:{_TO}(?P<upper>{NUMBER}))?\s?(?P<unit>{_UNIT})"
            r"(?![A-Za-z0-9_²³/])",
            _unit,
        ),
        (
            rf"{NOT_WITHIN}(?P<sign>[-−])?(?P<number>{NUMBER})[%％‰]?(?:{_TO}(?P<upper>{NUMBER}))?\s?(?P<of>[%％‰])",
            _share,
        ),
        (r"(?<![A-Za-z0-9_/.])(?P<above>\d{1,3})/(?P<below>\d{1,4})(?![A-Za-z0-9_/]|\.\d)", _fraction),
        (
            rf"{NOT_WITHIN}(?P<low>\d{{1,6}}){_TO}(?P<high>\d{{1,6}})(?=\s?[\u4e00-\u9fff，。、；！？]|$)(?![-–—~～])",
            lambda match, _: f"{match['low']}到{match['high']}",
        ),
        (rf"(?<!第)(?<!第\s){NOT_WITHIN}(?P<said>2)(?=\s?(?:{_COUNTED}))", lambda *_: "两"),
        (
            rf"(?:^|(?<=[\s，。、；：！？（(:到至为是约达]))[-−](?P<number>{NUMBER}){NOT_GOING_ON}",
            lambda match, _: f"负{plain(match['number'])}",
        ),
        (r"(?<![A-Za-z0-9_])No\.\s?(?P<number>\d+)", lambda match, _: f"{match['number']}号"),
        (rf"{NOT_WITHIN}{NUMBER}(?:\s?[-+−×x*÷/]\s?{NUMBER})+\s?=\s?{NUMBER}(?![A-Za-z0-9_])", _sum),
        (rf"{NOT_WITHIN}{NUMBER}(?:\s?[+×x*÷]\s?{NUMBER})+(?![A-Za-z0-9_])", _sum),
        (r"(?<=[\u4e00-\u9fff])\s?(?P<said>[×x])\s?(?=\d)", _sign),
        (r"(?<=[约大])[~～](?=\d)", lambda *_: ""),
        (r"(?<=[℃℉度%％元米])\s?[~～—–-]\s?(?=\d)", lambda *_: "到"),
        (r"(?<![A-Za-z0-9~～<>])(?P<said>[<>≤≥≈~～±])\s?(?=\d)", _sign),
        (r"(?<![A-Za-z0-9+])(?P<said>C\+\+)(?![A-Za-z0-9+])", lambda *_: "C 加加"),
        (r"(?<![A-Za-z0-9_-])(?P<letters>PM)(?P<number>2\.5|10)(?![A-Za-z0-9_.])", _spelled),
        (
            r"(?<![A-Za-z0-9_-])(?P<said>H\d{1,2}N\d{1,2})(?![A-Za-z0-9_])",
            lambda match, _: numerals.spelled(match["said"], "zh"),
        ),
        (
            r"(?<![A-Za-z0-9_-])(?!TOP)(?P<letters>[A-Z]{1,3}|mp)(?P<number>\d{1,4})(?![A-Za-z0-9_]|\.\d)",
            _spelled,
        ),
        (
            r"(?<![A-Za-z0-9_-])(?P<letters>WHO|LED|VIP|MIT|FAQ)(?P<number>\d+)?(?![A-Za-z0-9_])",
            _spelled,
        ),
        (r"(?<![A-Za-z0-9_])(?P<said>\d{3,4})(?=[Pp](?![A-Za-z0-9]))", _digits),
        (rf"{NOT_WITHIN}{NUMBER}(?![A-Za-z0-9_])(?![.,:/\-–][0-9])", lambda match, _: plain(match[0])),
    )
)
