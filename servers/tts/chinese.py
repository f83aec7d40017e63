"""How Chinese is read where the speech engine would read it badly."""

from __future__ import annotations

import re
from collections.abc import Mapping

from servers.tts import numerals
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


def _spelled(match: re.Match[str], language: str) -> str:
    return f"{numerals.spelled(match['letters'], 'en')} {match['number'] or ''}"


_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_MONEY = re.escape("".join(_COINS))
_TO = r"\s?[-–—~～]\s?"

RULES = tuple(
    Rule(re.compile(pattern), spoken)
    for pattern, spoken in (
        (
            r"(?<![A-Za-z0-9_/.-])(?P<y>\d{4})(?P<by>[-/.])(?P<m>\d{1,2})(?P=by)(?P<d>\d{1,2})(?![A-Za-z0-9_/-]|\.\d)",
            _date,
        ),
        (r"(?<=[日号月年时点分])\s?[-–—~～]\s?(?P<number>\d+)(?P<year>(?=年))?", _until),
        (rf"{NOT_WITHIN}(?P<said>[12]\d{{3}}|3000)(?=\s?年(?!历史|的历史|之久))", _year),
        (r"(?<![A-Za-z0-9_-])1[3-9]\d{9}(?![A-Za-z0-9_-])", _telephone),
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
        (r"(?<=[\d\u4e00-\u9fff])\s?[×x]\s?(?=\d)", lambda *_: "乘"),
        (
            r"(?<![A-Za-z0-9_-])(?!TOP)(?P<letters>[A-Z]{1,3}|mp)(?P<number>\d{1,3})(?![A-Za-z0-9_.])",
            _spelled,
        ),
        (
            r"(?<![A-Za-z0-9_-])(?P<letters>WHO|LED|VIP|MIT|FAQ)(?P<number>\d+)?(?![A-Za-z0-9_])",
            _spelled,
        ),
    )
)
