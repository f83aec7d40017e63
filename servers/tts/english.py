"""How English is read where the speech engine would read it badly."""

from __future__ import annotations

import re
from collections.abc import Mapping

from servers.tts import english_money, english_names, numerals, web
from servers.tts.rules import NOT_GOING_ON, NOT_WITHIN, NUMBER, Rule, plain

_UNITS: Mapping[str, tuple[str, str]] = {
    unit: (one, many)
    for units, one, many in (
        ("km/h kmh kph", "kilometer per hour", "kilometers per hour"),
        ("m/s", "meter per second", "meters per second"),
        ("mph", "mile per hour", "miles per hour"),
        ("km² km2", "square kilometer", "square kilometers"),
        ("m² m2", "square meter", "square meters"),
        ("cm²", "square centimeter", "square centimeters"),
        ("m³ m3", "cubic meter", "cubic meters"),
        ("km", "kilometer", "kilometers"),
        ("m", "meter", "meters"),
        ("cm", "centimeter", "centimeters"),
        ("mm", "millimeter", "millimeters"),
        ("µm μm", "micrometer", "micrometers"),
        ("nm", "nanometer", "nanometers"),
        ("ft", "foot", "feet"),
        ("mi", "mile", "miles"),
        ("yd", "yard", "yards"),
        ("kg", "kilogram", "kilograms"),
        ("g", "gram", "grams"),
        ("mg", "milligram", "milligrams"),
        ("lb lbs", "pound", "pounds"),
        ("oz", "ounce", "ounces"),
        ("ml mL", "milliliter", "milliliters"),
        ("cl cL", "centiliter", "centiliters"),
        ("l L", "liter", "liters"),
        ("ha", "hectare", "hectares"),
        ("h hr hrs", "hour", "hours"),
        ("min mins", "minute", "minutes"),
        ("s sec secs", "second", "seconds"),
        ("ms", "millisecond", "milliseconds"),
        ("Hz", "hertz", "hertz"),
        ("kHz", "kilohertz", "kilohertz"),
        ("MHz", "megahertz", "megahertz"),
        ("GHz", "gigahertz", "gigahertz"),
        ("kB KB", "kilobyte", "kilobytes"),
        ("MB", "megabyte", "megabytes"),
        ("GB", "gigabyte", "gigabytes"),
        ("TB", "terabyte", "terabytes"),
        ("W", "watt", "watts"),
        ("kW", "kilowatt", "kilowatts"),
        ("MW", "megawatt", "megawatts"),
        ("kWh", "kilowatt hour", "kilowatt hours"),
        ("V", "volt", "volts"),
        ("kcal", "kilocalorie", "kilocalories"),
        ("dB", "decibel", "decibels"),
        ("°C ℃", "degree Celsius", "degrees Celsius"),
        ("°F ℉", "degree Fahrenheit", "degrees Fahrenheit"),
    )
    for unit in units.split()
}
_WRITTEN_OUT: Mapping[str, str] = {
    "no.": "number",
    "nos.": "numbers",
    "p.": "page",
    "pp.": "pages",
    "fig.": "figure",
    "figs.": "figures",
    "vol.": "volume",
    "ch.": "chapter",
    "sec.": "section",
    "art.": "article",
    "eq.": "equation",
    "approx.": "approximately",
    "ca.": "about",
    "jan.": "January",
    "feb.": "February",
    "mar.": "March",
    "apr.": "April",
    "jun.": "June",
    "jul.": "July",
    "aug.": "August",
    "sep.": "September",
    "sept.": "September",
    "oct.": "October",
    "nov.": "November",
    "dec.": "December",
}
"""Abbreviations before a number."""
_VULGAR = {
    "½": (1, 2),
    "⅓": (1, 3),
    "⅔": (2, 3),
    "¼": (1, 4),
    "¾": (3, 4),
    "⅕": (1, 5),
    "⅛": (1, 8),
    "⅜": (3, 8),
    "⅝": (5, 8),
    "⅞": (7, 8),
}
_DENOMINATORS = {2: "half", 4: "quarter"}
SPELLED = "WHO|LEDs?|VIPs?|MIT|FAQs?"
"""Acronyms that the engine would say as words."""
_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    "|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
)
_BEFORE_A_YEAR = (
    r"in|since|by|until|till|from|of|year|before|after|around|circa|during|early|late|mid|summer|spring"
    r"|autumn|fall|winter|between"
)


def _iso_date(match: re.Match[str], language: str) -> str | None:
    return numerals.date(int(match["y"]), int(match["m"]), int(match["d"]), language)


def _slashed_date(match: re.Match[str], language: str) -> str | None:
    month, day = int(match[1]), int(match[2])
    if month > 12 or (numerals.date_order(language) == "dmy" and day <= 12):
        month, day = day, month
    return numerals.date(int(match[3]), month, day, language)


def _clock(match: re.Match[str], language: str) -> str:
    hours, minutes, half = int(match["h"]), int(match["m"]), match["half"]
    said = numerals.cardinal(hours)
    if minutes:
        said += f" {'oh ' if minutes < 10 else ''}{numerals.cardinal(minutes)}"
    elif not half:
        said += " o'clock" if 0 < hours <= 12 else " hundred"
    return f"{said} {half.upper()}M" if half else said


def _hours(match: re.Match[str], language: str) -> str:
    """From one time of day to another."""
    ends = []
    for hours, minutes, half in (match.group("h1", "m1", "half1"), match.group("h2", "m2", "half2")):
        said = numerals.cardinal(int(hours))
        if int(minutes or 0):
            said += f" {'oh ' if int(minutes) < 10 else ''}{numerals.cardinal(int(minutes))}"
        elif not match["half2"]:
            said += " o'clock" if 0 < int(hours) <= 12 else " hundred"
        ends.append(said + (f" {half.upper()}M" if half else ""))
    return " to ".join(ends)


def _lasted(match: re.Match[str], language: str) -> str:
    parts = zip(match.groups(), ("hour", "minute", "second"), strict=True)
    said = [f"{int(number)} {unit}{'' if int(number) == 1 else 's'}" for number, unit in parts if int(number)]
    return " ".join(said) or "zero seconds"


def _attached_unit(match: re.Match[str], language: str) -> str:
    number = ("minus " if match["sign"] else "") + plain(match["number"])
    upper = f" to {plain(match['upper'])}" if match["upper"] else ""
    return f"{number}{upper} {_UNITS[match['unit']][number.removeprefix('minus ') != '1' or bool(upper)]}"


def _unit_apart(match: re.Match[str], language: str) -> str:
    return _UNITS[match["unit"]][match["number"] != "1"]


def _fraction(match: re.Match[str], language: str) -> str | None:
    above, below = int(match["above"]), int(match["below"])
    if not 0 < above < below or (below > 10 and below not in (12, 16, 20, 32, 64, 100)):
        return None
    after_a_number = match.start() > 1 and match.string[match.start() - 2].isdigit()
    return ("and " if after_a_number and match.string[match.start() - 1] == " " else "") + _parts(
        above, below
    )


def _vulgar(match: re.Match[str], language: str) -> str:
    said = _parts(*_VULGAR[match["part"]])
    return f"{match['whole']} and {said}" if match["whole"] else said


def _parts(above: int, below: int) -> str:
    part = _DENOMINATORS.get(below) or numerals.ordinal(below, "en") or ""
    if above == 1:
        return f"one {part}"
    return f"{numerals.cardinal(above)} {'halves' if below == 2 else part + 's'}"


def _range(match: re.Match[str], language: str) -> str | None:
    low, high = match["low"], match["high"]
    if (len(low), len(high)) == (3, 4) or (int(low) >= int(high) and max(len(low), len(high)) > 2):
        return None
    both_years = all(len(each) == 4 and 1100 <= int(each) < 2100 for each in (low, high))
    ends = [numerals.year(int(each), language) for each in (low, high)] if both_years else [low, high]
    return f"{ends[0]} to {ends[1]}{' percent' if match['percent'] else ''}"


def _year(match: re.Match[str], language: str) -> str:
    return numerals.year(int(match["said"]), language)


def _decade(match: re.Match[str], language: str) -> str:
    number = int(match["year"])
    said = numerals.year(number, language) if number >= 100 else numerals.cardinal(number)
    return f"{said[:-1]}ies" if said.endswith("y") else f"{said}s"


def _telephone(match: re.Match[str], language: str) -> str:
    groups = [numerals.digit_by_digit(group, language) for group in re.findall(r"\d+", match[0])]
    return ("plus " if match[0].startswith("+") else "") + ", ".join(groups)


def _spelled(match: re.Match[str], language: str) -> str:
    letters = numerals.spelled(match["letters"], language)
    return f"{letters} {match['number']}" if "number" in match.groupdict() else letters


def _seasons(match: re.Match[str], language: str) -> str:
    first, second = int(match["first"]), int(match["second"])
    return (
        f"{numerals.year(first, language)} {'to ' if match['by'] != '/' else ''}{numerals.cardinal(second)}"
    )


_SIGNS = {
    "+": " plus ",
    "-": " minus ",
    "−": " minus ",
    "–": " minus ",
    "×": " times ",
    "x": " times ",
    "*": " times ",
    "÷": " divided by ",
    "/": " divided by ",
    "=": " equals ",
}
_COMPARED = {"<": "less than", ">": "more than", "~": "about", "≈": "about", "≤": "at most", "≥": "at least"}


def _sum(match: re.Match[str], language: str) -> str:
    said = "".join(_SIGNS.get(char, char) for char in plain(match[0]))
    return " ".join(said.split())


def _written_out(match: re.Match[str], language: str) -> str:
    return _WRITTEN_OUT[match[0].lower().rstrip(".") + "."]


_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_BEFORE_A_NUMBER = "|".join(re.escape(short) for short in _WRITTEN_OUT if not short.startswith("no"))

RULES = tuple(
    Rule(re.compile(pattern), spoken)
    for pattern, spoken in (
        (web.ADDRESS, web.spoken),
        *english_names.PATTERNS,
        (r"(?<![\w/-])(?P<y>\d{4})(?P<by>[-/])(?P<m>\d{1,2})(?P=by)(?P<d>\d{1,2})(?![\w/-])", _iso_date),
        (r"(?<![\w/.])(\d{1,2})/(\d{1,2})/(\d{4})(?![\w/])", _slashed_date),
        (r"\+\d{1,3}(?:[ -]\d{2,4}){2,5}(?![\w-])", _telephone),
        (r"(?:\+?1[ -])?\(\d{3}\)\s?\d{3}[- ]\d{4}(?![\w-])", _telephone),
        (r"(?<![\w-])(?:(?:1-)?\d{3}-)?\d{3}-\d{4}(?![\w-])", _telephone),
        (
            r"(?i:\b(?:dial|call|called|dialed|ring|rang|phone|text))\s(?P<said>\d{3,6})(?![\w-])"
            r"(?! (?:people|men|women|children|\w+s)\b)",
            _telephone,
        ),
        (
            r"(?<![\w:.])(?P<h1>[01]?\d|2[0-3])(?::(?P<m1>[0-5]\d))?\s?"
            r"(?:(?P<half1>[AaPp])\.?[Mm]\.?)?\s?[-–—]\s?"
            r"(?P<h2>[01]?\d|2[0-3])(?::(?P<m2>[0-5]\d))?(?:\s?(?P<half2>[AaPp])(?:\.[Mm]|[Mm]))(?!\w)",
            _hours,
        ),
        (
            r"(?<![\w:.])(?P<h1>[01]?\d|2[0-3]):(?P<m1>[0-5]\d)(?P<half1>)\s?[-–—]\s?"
            r"(?P<h2>[01]?\d|2[0-3]):(?P<m2>[0-5]\d)(?P<half2>)(?![:\w])",
            _hours,
        ),
        (r"(?<![\w:.])(\d{1,2}):([0-5]\d):([0-5]\d)(?![:\w]|\.\d)", _lasted),
        (
            r"(?<![\w:.])(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?![:\d])"
            r"(?:\s?(?P<half>[AaPp])(?:\.[Mm]|[Mm]))?(?!\w)",
            _clock,
        ),
        *english_money.PATTERNS,
        (r"(?<![\w.,'’])(?P<said>(?P<year>(?:1[1-9]|20)\d0)['’]?s)(?!\w)", _decade),
        (
            r"(?:\b(?i:the|his|her|their|my|our|early|late|mid)[ -]|['’])"
            r"(?P<said>(?P<year>[2-9]0)['’]?s)(?!\w)",
            _decade,
        ),
        (
            rf"{NOT_WITHIN}(?P<sign>(?<![\w)])[-−])?(?P<number>{NUMBER})(?:[-–](?P<upper>{NUMBER}))?(?P<unit>{_UNIT})(?![\w²³])",
            _attached_unit,
        ),
        (
            rf"(?P<number>(?:(?<![\w.,])|(?<=-)){NUMBER})\s(?P<said>(?P<unit>{_UNIT}))(?![\w²³/])",
            _unit_apart,
        ),
        (r"(?<![\w/])9/11(?![\w/])", lambda *_: "nine eleven"),
        (r"(?<![\w/.-])(?P<first>(?:19|20)\d\d)(?P<by>/)(?P<second>\d\d)(?![\w/-])", _seasons),
        (r"(?<![\w/.-])(?P<first>20[012]\d)(?P<by>[-–])(?P<second>[012]\d)(?![\w/-])", _seasons),
        (rf"{NOT_WITHIN}{NUMBER}(?:\s?[-+−–×x*÷/]\s?{NUMBER})+\s?=\s?{NUMBER}(?!\w)", _sum),
        (rf"{NOT_WITHIN}{NUMBER}(?:\s?[+÷]\s?{NUMBER})+(?!\w)", _sum),
        (r"(?<!\S)(?P<said>[<>≤≥≈~])\s?(?=\$?\d)", lambda match, _: _COMPARED[match["said"]]),
        (
            r"(?<!\w)(?P<feet>[3-8])['′](?P<inches>\d|1[01])[\"″](?!\w)",
            lambda match, _: f"{match['feet']} foot {match['inches']}",
        ),
        (r"(?<![\w:.])(\d{1,3}):(\d{1,3})(?![:\w]|\.\d)", lambda match, _: f"{match[1]} to {match[2]}"),
        (r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)", lambda match, _: match[0].replace(".", " dot ")),
        (rf"{NOT_WITHIN}(?P<number>{NUMBER})\s?‰", lambda match, _: f"{plain(match['number'])} per mille"),
        (r"(?<!\w)#([A-Za-z]\w*)", lambda match, _: f"hashtag {match[1]}"),
        (r"\band/or\b", lambda *_: "and or"),
        (
            r"\b([Ss]?[Hh]e|[Hh]is|[Hh]im|[Hh]er)/(s?he|his|him|hers?)\b",
            lambda match, _: f"{match[1]} or {match[2]}",
        ),
        (r"(?<![\w/.])(?P<above>\d{1,2})/(?P<below>\d{1,3})(?![\w/]|\.\d)", _fraction),
        (rf"(?P<whole>(?<!\w)\d+)?(?P<part>[{''.join(_VULGAR)}])", _vulgar),
        (
            rf"{NOT_WITHIN}(?P<low>\d{{1,4}})[-–—](?P<high>\d{{1,4}})(?P<percent>\s?%)?(?![-–—\w/:]|[.,]\d)",
            _range,
        ),
        (
            rf"(?i:\b(?:{_BEFORE_A_YEAR}|{_MONTHS})\.?[ ,] ?(?:\d{{1,2}}(?:st|nd|rd|th)?, ?)?)"
            rf"(?P<said>1[1-9]\d\d|20[1-9]\d){NOT_GOING_ON}(?! ?%)",
            _year,
        ),
        (r"\bNos?\.(?=\s?\d)", _written_out),
        (rf"(?i:\b(?:{_BEFORE_A_NUMBER}))(?=\s?\d)", _written_out),
        (r"\b(?:Nov|Dec|Oct|Sept?|Aug|Jan|Feb)(?=\s\d)", _written_out),
        (r"\bvs\b\.?", lambda *_: "versus"),
        (r"(?<![\w&])#(?P<number>\d+)(?!\w)", lambda match, _: f"number {match['number']}"),
        (r"(?<![\w/])24/7(?![\w/])", lambda *_: "twenty four seven"),
        (r"(?<![\w.])(\d{2,5})\s?[x×]\s?(\d{2,5})(?![\w.])", lambda match, _: f"{match[1]} by {match[2]}"),
        (rf"(?<![\w-])(?<![A-Z] )(?P<letters>{SPELLED})(?![\w'’]| [A-Z]{{2}})", _spelled),
        (r"(?<![\w-])(?!TOP)(?P<letters>[A-Z]{1,3}|mp)(?P<number>\d{1,3})(?![\w.-])", _spelled),
    )
)
